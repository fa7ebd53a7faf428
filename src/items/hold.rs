//! Holding edits back: an assignment that people have seen changes at most every five minutes, so that a teacher who mends a
//! typo and then another wakes a class once. What is due earlier than they think goes at once.

use std::time::Duration;

use crate::base::{SchoolTime, limits};
use crate::ledger::Held;

/// How an edit of an assignment goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Going {
    /// That it waits, and until when.
    pub(super) held: Option<Held>,
    /// Whether it is due earlier than people think.
    pub(super) is_earlier: bool,
}

/// How an edit goes out that changes the due date from one to another, after an earlier edit's hold if there was one.
pub(super) fn going(before: Option<&Held>, (old_due, new_due): (&str, &str), now: SchoolTime) -> Going {
    let before = before.filter(|held| held.until > now);
    let seen = before.map_or(old_due, |held| &held.due);
    if instant(new_due) < instant(seen) {
        return Going { held: None, is_earlier: true };
    }
    let since = before.map_or(now, |held| held.since);
    let until = after(now, limits::EDIT_HOLD).min(after(since, limits::EDIT_HOLD_MAX));
    Going { held: Some(Held { since, until, due: seen.to_owned() }), is_earlier: false }
}

fn after(at: SchoolTime, span: Duration) -> SchoolTime {
    SchoolTime(at.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
}

/// A due date in an order: a day is over after all of its hours.
fn instant(due: &str) -> (&str, &str) {
    due.split_once('T').unwrap_or((due, "24:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn edit(before: Option<&Held>, dues: (&str, &str), minute: i64) -> Going {
        going(before, dues, SchoolTime(minute * MINUTE))
    }

    fn until(going: &Going) -> Option<i64> {
        going.held.as_ref().map(|held| held.until.0 / MINUTE)
    }

    #[test]
    fn edits_within_the_hold_are_merged_for_half_an_hour_at_most() {
        let same = ("2026-11-30", "2026-11-30");
        let mut last = edit(None, same, 100);
        assert_eq!(until(&last), Some(105));
        for (minute, expected) in [(104, 109), (108, 113), (112, 117), (116, 121), (120, 125), (124, 129)] {
            last = edit(last.held.as_ref(), same, minute);
            assert_eq!(until(&last), Some(expected));
        }
        last = edit(last.held.as_ref(), same, 128);
        assert_eq!(until(&last), Some(130), "half an hour after the first");
        last = edit(last.held.as_ref(), same, 130);
        assert_eq!(until(&last), Some(135), "that one is out: a new hold");
    }

    #[test]
    fn what_is_due_earlier_than_people_think_goes_at_once() {
        for (old, new, is_earlier) in [
            ("2026-11-30", "2026-11-29", true),
            ("2026-11-30", "2026-11-30T18:00", true),
            ("2026-11-30T18:00", "2026-11-30T08:00", true),
            ("2026-11-30T18:00", "2026-11-30", false),
            ("2026-11-30", "2026-12-01T08:00", false),
        ] {
            let going = edit(None, (old, new), 100);
            assert_eq!((going.is_earlier, going.held.is_none()), (is_earlier, is_earlier), "{old} {new}");
        }
        // Moved later, which nobody has seen, and back: nothing became earlier.
        let later = edit(None, ("2026-11-30", "2026-12-04"), 100);
        let back = edit(later.held.as_ref(), ("2026-12-04", "2026-11-30"), 102);
        assert_eq!((back.is_earlier, until(&back)), (false, Some(107)));
        let earlier = edit(later.held.as_ref(), ("2026-12-04", "2026-11-29"), 102);
        assert!(earlier.is_earlier);
        // Once it is out, people think of the new date.
        let seen = edit(later.held.as_ref(), ("2026-12-04", "2026-11-30"), 106);
        assert!(seen.is_earlier);
    }
}
