//! In which order the digests of an evening are published: each at its guardian's own instant, so that they come at the rate
//! at which guardians are let in.
//!
//! A bounded number of turns is known at a time, always the next ones. When they are over the ledger is asked again who
//! still has one, which also finds those that were put off.

use std::collections::BinaryHeap;

use jiff::civil::Date;

use super::asking::Trouble;
use crate::base::{AccountId, SchoolTime, limits};
use crate::ledger::{Ledger, wait};

/// The next turns of one evening.
#[derive(Debug)]
pub(super) struct Turns {
    /// The last one first.
    next: Vec<(SchoolTime, AccountId)>,
}

impl Turns {
    /// Asks who still has a turn on an evening.
    pub(super) fn of(
        date: Date,
        ledger: &dyn Ledger,
        instant: impl Fn(&AccountId) -> SchoolTime,
    ) -> Result<Self, Trouble> {
        Self::up_to(limits::DIGEST_QUEUE_MAX, instant, |after| {
            Ok(wait(|answer| ledger.ready_digests(date, after, answer))?)
        })
    }

    fn up_to(
        max: usize,
        instant: impl Fn(&AccountId) -> SchoolTime,
        page: impl Fn(Option<AccountId>) -> Result<Vec<AccountId>, Trouble>,
    ) -> Result<Self, Trouble> {
        // The greatest leaves when there is one too many.
        let mut earliest: BinaryHeap<(SchoolTime, AccountId)> = BinaryHeap::with_capacity(max + 1);
        let mut after = None;
        loop {
            let page = page(after)?;
            after = page.last().cloned();
            if after.is_none() {
                return Ok(Self { next: earliest.into_sorted_vec().into_iter().rev().collect() });
            }
            for guardian in page {
                earliest.push((instant(&guardian), guardian));
                if earliest.len() > max {
                    drop(earliest.pop());
                }
            }
        }
    }

    /// Whether no turn is known.
    pub(super) fn is_empty(&self) -> bool {
        self.next.is_empty()
    }

    /// Whose turns have come, at most so many.
    pub(super) fn due(&mut self, now: SchoolTime, max: usize) -> Vec<AccountId> {
        let is_due = |(at, _): &&(SchoolTime, AccountId)| *at <= now;
        let count = self.next.iter().rev().take(max).take_while(is_due).count();
        self.next.split_off(self.next.len() - count).into_iter().rev().map(|(_, guardian)| guardian).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: i64) -> AccountId {
        AccountId::parse(&format!("g{number:03}")).unwrap()
    }

    /// The turns of a hundred guardians, the last by name first.
    fn turns(max: usize) -> Turns {
        let page = |after: Option<AccountId>| {
            let after = after.map_or(String::new(), |after| after.to_string());
            Ok((0..100).map(account).filter(|guardian| guardian.as_str() > after.as_str()).take(7).collect())
        };
        let instant = |guardian: &AccountId| SchoolTime(-guardian.as_str()[1..].parse::<i64>().unwrap());
        Turns::up_to(max, instant, page).unwrap()
    }

    #[test]
    fn the_earliest_are_known_and_come_in_order() {
        let mut turns = turns(10);
        assert_eq!(turns.next.len(), 10);
        assert_eq!(turns.due(SchoolTime(-100), 10), []);
        assert_eq!(turns.due(SchoolTime(-97), 10), [account(99), account(98), account(97)]);
        assert_eq!(turns.due(SchoolTime(0), 5).len(), 5);
        assert_eq!(turns.due(SchoolTime(0), 5), [account(91), account(90)]);
        assert!(turns.is_empty());
    }

    #[test]
    fn all_are_known_where_there_is_room() {
        assert_eq!(turns(100).next.len(), 100);
    }
}
