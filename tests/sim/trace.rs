//! The last that was seen of a world that went wrong.

use std::collections::VecDeque;
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sight::{Seen, Sight};

/// How much of it is kept.
const LINES: usize = 30;
/// How many samples of those, which come four times a second.
const SAMPLES_EACH: usize = 20;

/// The last that was seen.
#[derive(Default)]
pub(crate) struct Trace {
    last: VecDeque<Seen>,
    samples: usize,
}

impl Trace {
    pub(crate) fn see(&mut self, seen: &Seen) {
        if matches!(seen.sight, Sight::Sampled(_)) {
            self.samples += 1;
            if !self.samples.is_multiple_of(SAMPLES_EACH) {
                return;
            }
        }
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back(*seen);
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = TimeZone::get("Europe/Paris").map_err(|_| fmt::Error)?;
        for seen in &self.last {
            let at = Timestamp::from_millisecond(seen.school.0).map_err(|_| fmt::Error)?;
            let at = at.to_zoned(zone.clone());
            writeln!(f, "  {} {:?}", at.strftime("%H:%M:%S%.3f%:z"), seen.sight)?;
        }
        Ok(())
    }
}
