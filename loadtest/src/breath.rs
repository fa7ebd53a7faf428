//! Turns in which the door is asked, and as many in which nobody asks there.
//!
//! What a crowd at the door does to those who are in shows in the difference: both kinds of turns lie side by side, on the same
//! machine with the same neighbours, with the same people in. What a neighbour does to the machine lasts for a part of a second at a
//! time: turns that are shorter than that share it.

use crate::moment::{SECOND_NS, seconds_ns};

/// How long a part of a second passes, after each turn, of which it is not said to which it belongs: what was asked in the one is
/// answered in the other.
const BETWEEN_NS: u64 = SECOND_NS / 20;

/// Which turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The door is asked.
    Asked,
    /// Nobody asks.
    Hushed,
}

/// The turns of a phase, the first of which asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Breath {
    begin_ns: u64,
    /// How long each is; 0 if there are none.
    length_ns: u64,
}

impl Breath {
    /// Turns of so many seconds from this instant on; none if that is 0.
    pub(crate) fn new(begin_ns: u64, seconds: f64) -> Self {
        Self { begin_ns, length_ns: seconds_ns(seconds) }
    }

    /// Whether there are any.
    pub(crate) fn has_turns(&self) -> bool {
        self.length_ns > 0
    }

    /// Whose turn something belongs to that began then; `None` if there are no turns, or if it is between two.
    pub(crate) fn turn(&self, at_ns: u64) -> Option<Turn> {
        let within_ns = at_ns.checked_sub(self.begin_ns)?;
        let number = within_ns.checked_div(self.length_ns)?;
        let is_between = within_ns % self.length_ns < BETWEEN_NS;
        (!is_between).then_some(if number % 2 == 0 { Turn::Asked } else { Turn::Hushed })
    }

    /// When somebody asks who would ask then.
    pub(crate) fn held(&self, at_ns: u64) -> u64 {
        let within_ns = at_ns.saturating_sub(self.begin_ns);
        let is_hushed = within_ns.checked_div(self.length_ns).is_some_and(|number| number % 2 == 1);
        if is_hushed { at_ns + self.length_ns } else { at_ns }
    }

    /// When the door will have been asked for so long since then.
    pub(crate) fn after(&self, from_ns: u64, asking_ns: u64) -> u64 {
        let length_ns = self.length_ns;
        let Some(within_ns) = from_ns.checked_sub(self.begin_ns).filter(|_| length_ns > 0) else {
            return from_ns + asking_ns;
        };
        let two_ns = 2 * length_ns;
        let asked_ns = within_ns / two_ns * length_ns + (within_ns % two_ns).min(length_ns) + asking_ns;
        self.begin_ns + asked_ns / length_ns * two_ns + asked_ns % length_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_would_ask_in_a_hushed_second_asks_in_the_next() {
        let breath = Breath::new(10 * SECOND_NS, 1.0);
        let half = SECOND_NS / 2;
        assert_eq!(breath.held(10 * SECOND_NS + half), 10 * SECOND_NS + half);
        assert_eq!(breath.held(11 * SECOND_NS + half), 12 * SECOND_NS + half);
        assert_eq!(breath.held(7 * SECOND_NS), 7 * SECOND_NS, "before the phase nobody holds");
        assert_eq!(Breath::default().held(7), 7);
        assert_eq!(Breath::default().after(7, 8), 15);
    }

    #[test]
    fn arrivals_keep_their_rate_while_the_door_is_asked() {
        let breath = Breath::new(10 * SECOND_NS, 1.0);
        let step = SECOND_NS / 4;
        let come: Vec<u64> = (0..9).map(|n| breath.after(10 * SECOND_NS, n * step) / step).collect();
        assert_eq!(come, [40, 41, 42, 43, 48, 49, 50, 51, 56]);
        assert_eq!(
            breath.after(11 * SECOND_NS + step, step),
            12 * SECOND_NS + step,
            "nobody comes in a hush"
        );
    }

    #[test]
    fn a_turn_is_told_but_for_its_first_moment() {
        let breath = Breath::new(10 * SECOND_NS, 1.0);
        let at = |ms: u64| breath.turn(10 * SECOND_NS + ms * (SECOND_NS / 1_000));
        assert_eq!([at(0), at(49), at(1_000), at(2_049)], [None; 4]);
        assert_eq!([at(50), at(999), at(2_500)], [Some(Turn::Asked); 3]);
        assert_eq!([at(1_050), at(1_999), at(3_500)], [Some(Turn::Hushed); 3]);
        assert_eq!(breath.turn(9 * SECOND_NS), None);
        assert_eq!(Breath::default().turn(9), None);
    }
}
