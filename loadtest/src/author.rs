//! The publications of one connection: what waits, and what was sent and has no answer yet. Pure.
//!
//! What lost its line before its answer goes first on the next, with the same message id: the hub stores it once.

use std::collections::VecDeque;

use crate::arrivals::Due;

/// One publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    /// When it was intended.
    pub(crate) at_ns: u64,
    /// Its flow.
    pub(crate) flow: u32,
    /// Its channel's place in the flow.
    pub(crate) place: u32,
    /// Its number in the stream.
    pub(crate) sequence: u64,
    /// Whether it was sent before.
    pub(crate) is_repeated: bool,
}

impl From<Due> for Item {
    fn from(due: Due) -> Self {
        let place = u32::try_from(due.turn.place).unwrap_or(u32::MAX);
        Self { at_ns: due.at_ns, flow: due.flow, place, sequence: due.turn.sequence, is_repeated: false }
    }
}

/// Somebody who publishes.
#[derive(Debug, Default)]
pub(crate) struct Author {
    queue: VecDeque<Item>,
    sent: VecDeque<(u32, Item)>,
    next_id: u32,
}

impl Author {
    /// Something is to be published.
    pub(crate) fn push(&mut self, item: Item) {
        self.queue.push_back(item);
    }

    /// Whether something waits to be sent.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next to send, if fewer than `in_flight_max` have no answer, with the id that its answer will have.
    pub(crate) fn take(&mut self, in_flight_max: usize) -> Option<(u32, Item)> {
        if self.sent.len() >= in_flight_max {
            return None;
        }
        let item = self.queue.pop_front()?;
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        self.sent.push_back((id, item));
        Some((id, item))
    }

    /// What an answer answers.
    pub(crate) fn answered(&mut self, id: u32) -> Option<Item> {
        let place = self.sent.iter().position(|(sent, _)| *sent == id)?;
        self.sent.remove(place).map(|(_, item)| item)
    }

    /// What the next answer answers, where answers come in order.
    pub(crate) fn answered_next(&mut self) -> Option<Item> {
        self.sent.pop_front().map(|(_, item)| item)
    }

    /// The line is broken: what has no answer goes first on the next.
    pub(crate) fn broken(&mut self) {
        while let Some((_, item)) = self.sent.pop_back() {
            self.queue.push_front(Item { is_repeated: true, ..item });
        }
    }

    /// Gives up what was sent and has no answer.
    pub(crate) fn abandon_sent(&mut self) -> impl Iterator<Item = Item> {
        std::mem::take(&mut self.sent).into_iter().map(|(_, item)| item)
    }

    /// Gives up everything.
    pub(crate) fn abandon(&mut self) -> Vec<Item> {
        let mut items: Vec<Item> = self.abandon_sent().collect();
        items.extend(self.queue.drain(..));
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sequence: u64) -> Item {
        Item { at_ns: 0, flow: 0, place: 0, sequence, is_repeated: false }
    }

    #[test]
    fn no_more_are_in_flight_than_may_be() {
        let mut author = Author::default();
        (1..=5).for_each(|sequence| author.push(item(sequence)));
        let (first, _) = author.take(2).unwrap();
        author.take(2).unwrap();
        assert_eq!(author.take(2), None);
        assert_eq!(author.answered(first), Some(item(1)));
        assert_eq!(author.answered(first), None, "answered once");
        assert_eq!(author.take(2).unwrap().1, item(3));
    }

    #[test]
    fn what_has_no_answer_goes_first_on_the_next_line_in_order() {
        let mut author = Author::default();
        (1..=4).for_each(|sequence| author.push(item(sequence)));
        let ids: Vec<u32> = (0..3).map(|_| author.take(9).unwrap().0).collect();
        author.answered(ids[1]);
        author.broken();
        let again: Vec<(u64, bool)> = std::iter::from_fn(|| author.take(9))
            .map(|(_, item)| (item.sequence, item.is_repeated))
            .collect();
        assert_eq!(again, [(1, true), (3, true), (4, false)]);
        assert_eq!(author.abandon().len(), 3);
        assert!(author.abandon().is_empty());
    }
}
