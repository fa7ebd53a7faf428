//! How often one account may ask over HTTP, however many connections it uses: requests, and apart from them publications,
//! and polls from the waiting room, which whoever polls as told does not come near.
//!
//! Bounded by [`limits::HTTP_ACCOUNTS_RATED_MAX`](crate::base::limits::HTTP_ACCOUNTS_RATED_MAX): beyond it the account that
//! was seen first is forgotten, and has its whole burst again. It must not know what is asked for.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dashmap::{DashMap, Entry};

use crate::base::{AccountId, MachineTime, limits};
use crate::session::Rates;
use crate::session::budget::Budget;

/// What is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// Anything but a publication.
    Request,
    /// A publication.
    Publication,
    /// A poll from the waiting room.
    Poll,
}

/// The allowances of all accounts.
pub(super) struct Allowances {
    rates: Rates,
    spent: DashMap<AccountId, Spent>,
    /// Accounts in the order in which they were first seen.
    order: Mutex<VecDeque<AccountId>>,
    accounts_max: usize,
}

/// What one account has taken.
#[derive(Debug, Default)]
struct Spent {
    requests: Budget,
    publications: Budget,
    polls: Budget,
}

impl Spent {
    fn take(&mut self, errand: Errand, rates: Rates, now: MachineTime) -> Result<(), Duration> {
        match errand {
            Errand::Request => self.requests.take(now, rates.messages_per_second),
            Errand::Publication => self.publications.take(now, rates.publishes_per_second),
            Errand::Poll => self.polls.take(now, limits::POLLS_PER_SECOND),
        }
    }
}

impl Allowances {
    pub(super) fn new(rates: Rates, accounts_max: usize) -> Self {
        Self { rates, spent: DashMap::new(), order: Mutex::new(VecDeque::new()), accounts_max }
    }

    /// Takes one from an account's allowance.
    ///
    /// # Errors
    /// How long to wait until one can be taken; nothing was taken.
    pub(super) fn take(&self, account: &AccountId, errand: Errand, now: MachineTime) -> Result<(), Duration> {
        if let Some(mut spent) = self.spent.get_mut(account) {
            return spent.take(errand, self.rates, now);
        }
        let (taken, is_new) = match self.spent.entry(account.clone()) {
            Entry::Occupied(mut spent) => (spent.get_mut().take(errand, self.rates, now), false),
            Entry::Vacant(place) => (place.insert(Spent::default()).take(errand, self.rates, now), true),
        };
        if is_new {
            self.make_room(account);
        }
        taken
    }

    fn make_room(&self, newcomer: &AccountId) {
        let mut forgotten = Vec::new();
        {
            let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
            order.push_back(newcomer.clone());
            while order.len() > self.accounts_max {
                forgotten.extend(order.pop_front());
            }
        }
        // Outside the lock: no lock is held across the map.
        for account in forgotten {
            self.spent.remove(&account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: MachineTime = MachineTime(1_800_000_000_000);

    fn allowances(accounts_max: usize) -> Allowances {
        Allowances::new(Rates { messages_per_second: 4, publishes_per_second: 1 }, accounts_max)
    }

    fn take(
        allowances: &Allowances,
        account: &str,
        errand: Errand,
        now: MachineTime,
    ) -> Result<(), Duration> {
        allowances.take(&AccountId::parse(account).unwrap(), errand, now)
    }

    /// How many can be taken at once.
    fn burst(allowances: &Allowances, account: &str, errand: Errand) -> usize {
        (0..100).take_while(|_| take(allowances, account, errand, NOW).is_ok()).count()
    }

    #[test]
    fn each_account_has_its_own_and_publications_are_counted_apart() {
        let all = allowances(10);
        for account in ["u1", "u2"] {
            assert_eq!(burst(&all, account, Errand::Request), 8);
            assert_eq!(burst(&all, account, Errand::Publication), 2);
        }
        assert_eq!(take(&all, "u1", Errand::Publication, NOW), Err(Duration::from_secs(1)));
        let later = NOW.after(Duration::from_secs(1));
        assert_eq!(take(&all, "u1", Errand::Publication, later), Ok(()));
        assert_eq!(take(&all, "u1", Errand::Publication, later), Err(Duration::from_secs(1)));
    }

    #[test]
    fn beyond_the_bound_the_account_that_was_seen_first_is_forgotten() {
        let all = allowances(2);
        for account in ["u1", "u2", "u3"] {
            assert_eq!(burst(&all, account, Errand::Request), 8, "{account}");
        }
        assert_eq!((all.spent.len(), all.order.lock().unwrap().len()), (2, 2));
        // The later two are remembered, the first begins anew and displaces the second.
        assert_eq!(burst(&all, "u3", Errand::Request), 0);
        assert_eq!(burst(&all, "u2", Errand::Request), 0);
        assert_eq!(burst(&all, "u1", Errand::Request), 8);
        assert_eq!(burst(&all, "u2", Errand::Request), 8);
        assert_eq!((all.spent.len(), all.order.lock().unwrap().len()), (2, 2));
    }
}
