//! Latencies, each counted once: into its second, whose counts go into its phase when the second is over.
//!
//! Microseconds in three digits. A name is `kind/role`, and becomes a number once.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};

use crate::limits::LATENCY_US_MAX;

/// Why the recorder can't work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// It can't be made.
    #[error("no histogram: {0}")]
    Create(#[from] hdrhistogram::CreationError),
    /// It can't be told.
    #[error("a histogram can't be written: {0}")]
    Write(#[from] hdrhistogram::serialization::V2DeflateSerializeError),
}

/// A series by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line(u16);

#[derive(Debug)]
struct Counts {
    name: String,
    second: Histogram<u64>,
    phase: Histogram<u64>,
}

/// All series of a worker.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    lines: Vec<Counts>,
}

impl Recorder {
    /// The series of this name.
    pub(crate) fn line(&mut self, kind: &str, role: &str) -> Result<Line, RecordError> {
        let name = format!("{kind}/{role}");
        let known = self.lines.iter().position(|line| line.name == name);
        let place = if let Some(place) = known {
            place
        } else {
            let empty = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)?;
            self.lines.push(Counts { name, second: empty.clone(), phase: empty });
            self.lines.len() - 1
        };
        Ok(Line(u16::try_from(place).unwrap_or(u16::MAX)))
    }

    /// Counts one latency.
    pub(crate) fn record(&mut self, line: Line, ns: u64) {
        if let Some(counts) = self.lines.get_mut(usize::from(line.0)) {
            counts.second.saturating_record(ns / 1_000);
        }
    }

    /// What the last second held.
    pub(crate) fn take_second(&mut self) -> Result<BTreeMap<String, String>, RecordError> {
        let mut told = BTreeMap::new();
        for counts in self.lines.iter_mut().filter(|counts| !counts.second.is_empty()) {
            told.insert(counts.name.clone(), written(&counts.second)?);
            // Both have the same bounds, so that nothing can be lost in adding.
            let _ = counts.phase.add(&counts.second);
            counts.second.reset();
        }
        Ok(told)
    }

    /// What the phase held.
    pub(crate) fn take_phase(&mut self) -> Result<BTreeMap<String, String>, RecordError> {
        self.take_second()?;
        let mut told = BTreeMap::new();
        for counts in self.lines.iter_mut().filter(|counts| !counts.phase.is_empty()) {
            told.insert(counts.name.clone(), written(&counts.phase)?);
            counts.phase.reset();
        }
        Ok(told)
    }
}

fn written(histogram: &Histogram<u64>) -> Result<String, RecordError> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(histogram, &mut bytes)?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;

    fn read(text: &str) -> Histogram<u64> {
        let bytes = STANDARD.decode(text).unwrap();
        Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap()
    }

    #[test]
    fn a_latency_is_told_once_in_its_second_and_once_in_its_phase() {
        let mut recorder = Recorder::default();
        let line = recorder.line("post", "student").unwrap();
        assert_eq!(recorder.line("post", "student").unwrap(), line);
        recorder.record(line, 5_000_000);
        let second = recorder.take_second().unwrap();
        assert_eq!(read(&second["post/student"]).max(), 5_003, "three digits");
        assert!(recorder.take_second().unwrap().is_empty());
        recorder.record(line, u64::MAX);
        let phase = read(&recorder.take_phase().unwrap()["post/student"]);
        assert_eq!(phase.len(), 2);
        assert!(phase.max() >= LATENCY_US_MAX, "what is longer counts as the longest");
        assert!(recorder.take_phase().unwrap().is_empty());
    }
}
