//! Where a replay begins: the rules of positions, apart from where the log is read from.

use crate::base::{Epoch, Offset, Position, limits};
use crate::store::End;

use super::super::Start;
use crate::base::{ReplayFrom, ResetWhy};

/// The place that a page begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// After an offset that the log has.
    After(Offset),
    /// Before the last so many publications.
    BeforeLast(usize),
}

/// Judges what was asked for against the log's end.
pub(super) fn begin(from: ReplayFrom, epoch: Epoch, end: End) -> (Start, Place) {
    let reset = |why| (Start::Reset(why), Place::BeforeLast(limits::LAST_MAX));
    match from {
        ReplayFrom::Now => (Start::Fresh, Place::BeforeLast(0)),
        ReplayFrom::Last(count) => (Start::Fresh, Place::BeforeLast(count.min(limits::LAST_MAX))),
        ReplayFrom::Position(Position { epoch: other, .. })
        | ReplayFrom::Next(Position { epoch: other, .. })
            if other != epoch =>
        {
            reset(ResetWhy::Epoch)
        }
        ReplayFrom::Position(Position { offset, .. }) | ReplayFrom::Next(Position { offset, .. })
            if offset > end.last =>
        {
            reset(ResetWhy::Ahead)
        }
        ReplayFrom::Position(Position { offset, .. }) if offset < end.trimmed_through => {
            reset(ResetWhy::Trimmed)
        }
        ReplayFrom::Position(Position { offset, .. }) | ReplayFrom::Next(Position { offset, .. }) => {
            (Start::Resumed, Place::After(offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(7);
    const END: End = End { last: Offset(9), trimmed_through: Offset(4) };

    fn at(offset: u64) -> Position {
        Position { epoch: EPOCH, offset: Offset(offset) }
    }

    #[test]
    fn a_position_is_resumed_only_within_what_is_left_of_the_log() {
        let resumed = |offset| (Start::Resumed, Place::After(Offset(offset)));
        let reset = |why| (Start::Reset(why), Place::BeforeLast(limits::LAST_MAX));
        assert_eq!(begin(ReplayFrom::Position(at(4)), EPOCH, END), resumed(4));
        assert_eq!(begin(ReplayFrom::Position(at(9)), EPOCH, END), resumed(9));
        assert_eq!(begin(ReplayFrom::Position(at(3)), EPOCH, END), reset(ResetWhy::Trimmed));
        assert_eq!(begin(ReplayFrom::Position(at(10)), EPOCH, END), reset(ResetWhy::Ahead));
        assert_eq!(begin(ReplayFrom::Position(at(5)), Epoch(8), END), reset(ResetWhy::Epoch));
    }

    #[test]
    fn a_replay_that_has_begun_goes_on_over_holes() {
        assert_eq!(begin(ReplayFrom::Next(at(3)), EPOCH, END), (Start::Resumed, Place::After(Offset(3))));
        let ahead = (Start::Reset(ResetWhy::Ahead), Place::BeforeLast(limits::LAST_MAX));
        assert_eq!(begin(ReplayFrom::Next(at(10)), EPOCH, END), ahead);
    }

    #[test]
    fn the_last_ones_are_at_most_a_hundred() {
        assert_eq!(begin(ReplayFrom::Now, EPOCH, END), (Start::Fresh, Place::BeforeLast(0)));
        assert_eq!(begin(ReplayFrom::Last(3), EPOCH, END), (Start::Fresh, Place::BeforeLast(3)));
        assert_eq!(
            begin(ReplayFrom::Last(1_000), EPOCH, END),
            (Start::Fresh, Place::BeforeLast(limits::LAST_MAX))
        );
    }
}
