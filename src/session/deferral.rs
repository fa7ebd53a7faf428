//! When a publication is published: now, at the time that its sender asks for, or once quiet hours are over.
//!
//! The decision falls once, when it is sent, the same on a socket and over HTTP; the sender is told, and what was promised
//! stays. Posts and questions are always for now: they reach whoever is there. It must not know calendars: [`Quiet`] asks one.

use crate::base::{Channel, Kind, SchoolTime, limits};

/// Knows quiet hours: times in which announcements and assignments are kept until later.
pub trait Quiet: Send + Sync + 'static {
    /// When what is sent to a channel at an instant may be published, if that is not at once.
    fn quiet(&self, channel: &Channel, at: SchoolTime) -> Option<SchoolTime>;
}

/// No school has quiet hours.
#[derive(Debug, Clone, Copy)]
pub struct NeverQuiet;

impl Quiet for NeverQuiet {
    fn quiet(&self, _: &Channel, _: SchoolTime) -> Option<SchoolTime> {
        None
    }
}

/// Why a publication can't have the time that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeferError {
    /// Posts and questions are for now.
    #[error("publish_at is for announcements and assignments")]
    Post,
    /// What is urgent is for now.
    #[error("publish_at is not for what is urgent")]
    Urgent,
    /// The time is beyond [`limits::SCHEDULE_AHEAD_MAX`].
    #[error("publish_at is at most {} days ahead", limits::SCHEDULE_AHEAD_MAX.as_secs() / 86_400)]
    TooFar,
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent<'a> {
    /// Where to.
    pub channel: &'a Channel,
    /// The kind.
    pub kind: Kind,
    /// Whether it is urgent, which passes quiet hours.
    pub urgent: bool,
    /// The time that its sender asks for.
    pub publish_at: Option<SchoolTime>,
}

/// When a publication is published; `None` for now. A time that has passed is now, and one within
/// quiet hours is their end.
///
/// # Errors
/// See [`DeferError`].
pub fn deliver_at(
    quiet: &dyn Quiet,
    sent: Sent<'_>,
    now: SchoolTime,
) -> Result<Option<SchoolTime>, DeferError> {
    let Sent { channel, kind, urgent, publish_at } = sent;
    if matches!(kind, Kind::Post | Kind::Question) || urgent {
        let error = if urgent { DeferError::Urgent } else { DeferError::Post };
        return if publish_at.is_none() { Ok(None) } else { Err(error) };
    }
    let asked = publish_at.filter(|asked| *asked > now);
    let ahead_max_ms = i64::try_from(limits::SCHEDULE_AHEAD_MAX.as_millis()).unwrap_or(i64::MAX);
    if asked.is_some_and(|asked| asked.0.saturating_sub(now.0) > ahead_max_ms) {
        return Err(DeferError::TooFar);
    }
    let earliest = asked.unwrap_or(now);
    Ok(quiet.quiet(channel, earliest).filter(|over| *over > earliest).or(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quiet from 20:00 to 07:00 in the schools' channels, on a clock of 24 hours.
    struct Nights;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    impl Quiet for Nights {
        fn quiet(&self, channel: &Channel, at: SchoolTime) -> Option<SchoolTime> {
            let (day, hour) = (at.0.div_euclid(DAY_MS), at.0.rem_euclid(DAY_MS) / HOUR_MS);
            let over = match hour {
                0..7 => day * DAY_MS + 7 * HOUR_MS,
                7..20 => return None,
                _ => (day + 1) * DAY_MS + 7 * HOUR_MS,
            };
            matches!(channel, Channel::Class(_)).then_some(SchoolTime(over))
        }
    }

    fn at(day: i64, hour: i64) -> SchoolTime {
        SchoolTime(day * DAY_MS + hour * HOUR_MS)
    }

    fn decide(
        kind: Kind,
        asked: Option<SchoolTime>,
        now: SchoolTime,
    ) -> Result<Option<SchoolTime>, DeferError> {
        let channel = &Channel::parse("class:a").unwrap();
        deliver_at(&Nights, Sent { channel, kind, urgent: false, publish_at: asked }, now)
    }

    #[test]
    fn quiet_hours_keep_all_but_posts_until_they_end() {
        for kind in [Kind::Announcement, Kind::Assignment] {
            assert_eq!(decide(kind, None, at(5, 12)), Ok(None));
            assert_eq!(decide(kind, None, at(5, 20)), Ok(Some(at(6, 7))));
            assert_eq!(decide(kind, None, at(6, 6)), Ok(Some(at(6, 7))));
            assert_eq!(decide(kind, None, at(6, 7)), Ok(None));
        }
        assert_eq!(decide(Kind::Post, None, at(5, 20)), Ok(None));
        let channel = &Channel::Region;
        let region = Sent { channel, kind: Kind::Announcement, urgent: false, publish_at: None };
        assert_eq!(deliver_at(&Nights, region, at(5, 20)), Ok(None));
        let never = deliver_at(&NeverQuiet, region, at(5, 20));
        assert_eq!(never, Ok(None));
    }

    #[test]
    fn a_sender_may_ask_for_a_time_that_is_not_quiet() {
        let ask = |asked| decide(Kind::Assignment, Some(asked), at(5, 12));
        assert_eq!(ask(at(5, 18)), Ok(Some(at(5, 18))));
        assert_eq!(ask(at(5, 21)), Ok(Some(at(6, 7))));
        assert_eq!(ask(at(5, 12)), Ok(None));
        assert_eq!(ask(at(4, 21)), Ok(None), "a time that has passed is now");
        assert_eq!(decide(Kind::Assignment, Some(at(4, 12)), at(5, 21)), Ok(Some(at(6, 7))));
        assert_eq!(ask(at(5 + 366, 12)), Ok(Some(at(5 + 366, 12))));
        assert_eq!(ask(at(5 + 366, 13)), Err(DeferError::TooFar));
        assert_eq!(ask(SchoolTime(i64::MAX)), Err(DeferError::TooFar));
        assert_eq!(decide(Kind::Post, Some(at(5, 18)), at(5, 12)), Err(DeferError::Post));
    }

    #[test]
    fn what_is_urgent_passes_quiet_hours_and_has_no_other_time() {
        let channel = &Channel::parse("class:a").unwrap();
        let urgent = Sent { channel, kind: Kind::Announcement, urgent: true, publish_at: None };
        assert_eq!(deliver_at(&Nights, urgent, at(5, 20)), Ok(None));
        let later = Sent { publish_at: Some(at(6, 8)), ..urgent };
        assert_eq!(deliver_at(&Nights, later, at(5, 20)), Err(DeferError::Urgent));
    }
}
