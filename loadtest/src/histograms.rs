//! Latencies: HDR histograms as they come from workers, merged by kind and role.
//!
//! Merged are the counts, never percentiles: a percentile of percentiles is none.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{DeserializeError, Deserializer};

/// Significant digits of a latency.
const DIGITS: u8 = 3;
/// The percentiles that figures are called by.
pub(crate) const PERCENTILES: [(&str, f64); 4] =
    [("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999)];

/// Ends the kind of deliveries that were under way while all CPUs ran; they are counted with the others too.
pub(crate) const UNDISTURBED: &str = "_undisturbed";
/// Ends the kind of those that were published while the door was asked, in a phase that breathes.
pub(crate) const ASKED: &str = "_asked";
/// Ends the kind of those that were published while nobody asked there.
pub(crate) const HUSHED: &str = "_hushed";

/// Why a worker's histogram can't be counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistogramError {
    /// No base64.
    #[error("the histogram `{name}` is no base64: {error}")]
    Base64 {
        /// Whose latencies.
        name: String,
        /// Where it stops.
        error: base64::DecodeError,
    },
    /// No histogram.
    #[error("the histogram `{name}` can't be read: {error:?}")]
    Format {
        /// Whose latencies.
        name: String,
        /// Why.
        error: DeserializeError,
    },
    /// A value beyond what can be merged, or no memory for it.
    #[error("the histogram `{name}` can't be merged")]
    Range {
        /// Whose latencies.
        name: String,
    },
}

/// Histograms by `kind/role`, in microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histograms(BTreeMap<String, Histogram<u64>>);

impl Histograms {
    /// Counts what a worker sent.
    ///
    /// # Errors
    /// [`HistogramError`].
    pub(crate) fn add(&mut self, encoded: &BTreeMap<String, String>) -> Result<(), HistogramError> {
        for (name, text) in encoded {
            let bytes = STANDARD.decode(text);
            let bytes = bytes.map_err(|error| HistogramError::Base64 { name: name.clone(), error })?;
            let read: Result<Histogram<u64>, _> = Deserializer::new().deserialize(&mut bytes.as_slice());
            let read = read.map_err(|error| HistogramError::Format { name: name.clone(), error })?;
            self.merge(name, &read)?;
        }
        Ok(())
    }

    fn merge(&mut self, name: &str, counts: &Histogram<u64>) -> Result<(), HistogramError> {
        let range = || HistogramError::Range { name: name.to_owned() };
        if !self.0.contains_key(name) {
            // It grows by itself when a greater value comes.
            self.0.insert(name.to_owned(), Histogram::new(DIGITS).map_err(|_| range())?);
        }
        match self.0.get_mut(name) {
            Some(sum) => sum.add(counts).map_err(|_| range()),
            None => Err(range()),
        }
    }

    /// One of them.
    pub(crate) fn get(&self, name: &str) -> Option<&Histogram<u64>> {
        self.0.get(name).filter(|histogram| !histogram.is_empty())
    }

    /// All that hold anything, by `kind/role`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Histogram<u64>)> {
        self.0
            .iter()
            .filter(|(_, histogram)| !histogram.is_empty())
            .map(|(name, histogram)| (name.as_str(), histogram))
    }

    /// The 99th percentile, in microseconds, of all deliveries: everything but what this tool calls its own.
    pub(crate) fn deliveries_p99_us(&self) -> Option<u64> {
        let mut all: Option<Histogram<u64>> = None;
        for (_, counts) in self.iter().filter(|(name, _)| is_delivery(name)) {
            match &mut all {
                Some(all) => all.add(counts).ok()?,
                None => all = Some(counts.clone()),
            }
        }
        all.map(|all| all.value_at_quantile(0.99))
    }
}

/// Whether latencies of this name are deliveries, and not connections, entries, answers or lateness, nor a part of them.
pub(crate) fn is_delivery(name: &str) -> bool {
    let kind = name.split('/').next().unwrap_or_default();
    !["connect", "seat", "entry", "waited", "publish", "deed", "late"].contains(&kind)
        && ![UNDISTURBED, ASKED, HUSHED].into_iter().any(|part| kind.ends_with(part))
}

/// A histogram as workers send them.
#[cfg(test)]
pub(crate) fn encoded(values_us: &[u64]) -> String {
    use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
    let mut histogram: Histogram<u64> = Histogram::new(DIGITS).unwrap();
    for value in values_us {
        histogram.record(*value).unwrap();
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_several_workers_are_one_distribution() {
        let mut histograms = Histograms::default();
        let of = |values: &[u64]| BTreeMap::from([("class/student".to_owned(), encoded(values))]);
        histograms.add(&of(&[100; 98])).unwrap();
        histograms.add(&of(&[9_000_000, 100])).unwrap();
        histograms.add(&BTreeMap::from([("connect/student".to_owned(), encoded(&[70_000_000]))])).unwrap();
        let class = histograms.get("class/student").unwrap();
        assert_eq!((class.len(), class.value_at_quantile(0.99)), (100, 100));
        assert!(class.max() >= 9_000_000);
        assert_eq!(histograms.deliveries_p99_us(), Some(100));
        assert!(histograms.get("class/teacher").is_none());
    }

    #[test]
    fn what_is_no_histogram_is_told_by_name() {
        let mut histograms = Histograms::default();
        let mut add = |text: &str| histograms.add(&BTreeMap::from([("a/b".to_owned(), text.to_owned())]));
        assert!(matches!(add("?"), Err(HistogramError::Base64 { name, .. }) if name == "a/b"));
        assert!(matches!(add("AAAA"), Err(HistogramError::Format { name, .. }) if name == "a/b"));
    }
}
