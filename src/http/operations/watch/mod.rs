//! What a watch team sees: `GET /v1/operator/stream` tells all watchers the same moment once a second, after the last hour.
//!
//! A moment is made and encoded once, however many watch, and not at all while nobody does; a reader that is slow skips
//! moments and holds none. The last hour is kept whether somebody watches or not, one row for each five seconds. What is
//! told was measured; what can't be known is absent. Bounds: `base/limits/watch.rs`.

mod beat;
mod moment;
mod peaks;
mod reading;
mod schools;
mod stream;
mod vitals;

pub(in crate::http) use stream::{__path_stream, stream};
pub use vitals::{MemorySum, Vitals};

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use beat::{Beat, Beats};
use moment::{Earlier, Moment};
use peaks::Peaks;
use reading::Reading;
use schools::Schools;

use super::openings::Numbered;
use crate::base::{MachineTime, limits};
use crate::http::edge::Edge;

/// What watchers are told.
#[derive(Debug, Clone)]
enum Told {
    /// Nothing yet.
    Nothing,
    /// A moment, as it goes out.
    Moment(Bytes),
    /// The hub ends.
    Over,
}

/// Who watches, and what they are told.
pub(in crate::http) struct Watch {
    told: watch::Sender<Told>,
    places: Arc<Semaphore>,
    kept: Mutex<Kept>,
}

/// What outlives a moment.
#[derive(Default)]
struct Kept {
    beats: VecDeque<Beat>,
    /// When the next row is due.
    beat_at: MachineTime,
    /// The reading of the last row, and that of the last moment.
    at_beat: Option<Reading>,
    at_moment: Option<Reading>,
    /// The worst since the last row.
    peaks: Peaks,
    schools: Schools,
    earlier: Earlier,
    /// Windows as they were listed last: while one is decided they can't be read.
    windows: Vec<Numbered>,
}

impl Default for Watch {
    fn default() -> Self {
        let (told, _) = watch::channel(Told::Nothing);
        Self { told, places: Arc::new(Semaphore::new(limits::WATCHERS_MAX)), kept: Mutex::default() }
    }
}

impl Watch {
    /// Looks around: once a second, and reads files at the beginning of a day.
    fn look(&self, edge: &Edge) {
        let now = edge.parts.clock.machine();
        let is_watched = self.told.receiver_count() > 0;
        let mut kept = self.kept();
        let is_due = now >= kept.beat_at;
        if !is_watched && !is_due {
            kept.at_moment = None;
            return;
        }
        let reading = Reading::take(edge, now);
        kept.peaks.take(&reading);
        if is_due {
            kept.keep(edge, &reading);
        }
        if is_watched {
            let moment = kept.moment(edge, reading, self.watchers());
            self.told.send_replace(event("moment", &moment).map_or(Told::Nothing, Told::Moment));
        }
    }

    fn watchers(&self) -> usize {
        limits::WATCHERS_MAX - self.places.available_permits()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last hour, as it goes out; of it what is later than what a reader has.
    fn history(&self, since: Option<MachineTime>) -> Option<Bytes> {
        let kept = self.kept();
        let later = kept.beats.iter().filter(|beat| since.is_none_or(|since| beat.machine_time_ms > since.0));
        let beats: Beats = later.collect();
        drop(kept);
        event("history", &beats)
    }
}

impl Kept {
    /// Puts down a row.
    fn keep(&mut self, edge: &Edge, reading: &Reading) {
        let now = reading.at;
        self.beat_at = now.after(limits::BEAT_INTERVAL);
        let peaks = std::mem::take(&mut self.peaks);
        if self.beats.len() >= limits::BEATS_MAX {
            self.beats.pop_front();
        }
        self.beats.push_back(Beat::between(self.at_beat.as_ref(), reading, &peaks));
        self.schools.look(edge, reading);
        self.earlier.look(edge, reading.region.date);
        self.at_beat = Some(reading.clone());
    }

    fn moment(&mut self, edge: &Edge, reading: Reading, watchers: usize) -> Moment {
        if let Some(windows) = edge.parts.office.windows_unless_deciding() {
            self.windows = windows;
        }
        let mut peaks = Peaks::default();
        peaks.take(&reading);
        let beat = Beat::between(self.at_moment.as_ref(), &reading, &peaks);
        let before = self.at_moment.replace(reading.clone());
        Moment::of(edge, reading, before.as_ref(), beat, self, watchers)
    }
}

impl Edge {
    /// Tells whoever watches how the hub stands, and remembers it. To be called once a second; it may read files.
    pub fn look_around(&self) {
        self.watch.look(self);
    }

    /// Ends every stream: the hub ends.
    pub fn watch_ends(&self) {
        self.watch.told.send_replace(Told::Over);
    }
}

/// One event of a stream (WHATWG HTML §9.2); nothing if it can't be written, which is logged.
fn event(name: &str, what: &impl Serialize) -> Option<Bytes> {
    match serde_json::to_string(what) {
        Ok(json) => Some(Bytes::from(format!("event: {name}\ndata: {json}\n\n"))),
        Err(error) => {
            tracing::error!(%error, name, "an event for watchers can't be written");
            None
        }
    }
}
