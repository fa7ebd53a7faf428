//! What the hub's machine has to bear, as indicators: a simple model, and the loop that the gate's flow closes.
//!
//! Work comes from admissions, resumes, refusals and open connections, in milliseconds of processor time at the region's
//! size. What two processors can't do is left over, and makes the shards late; the pressure that the kernel reports is
//! a mean over ten seconds, so it lags. Memory follows the seats.

use preau::admission::Indicators;

use crate::region::Scale;

/// Processors.
const CORES: f64 = 2.0;
/// Milliseconds of one processor for an admission: the question, the handshake, the first replay.
const ADMISSION_MS: f64 = 1.6;
const RESUME_MS: f64 = 1.0;
/// The same for an answer that lets nobody in.
const REFUSAL_MS: f64 = 0.15;
/// The same for one connection and second, with what it says and hears.
const CONNECTION_MS: f64 = 0.016;
/// Over how many seconds the kernel's pressure is a mean.
const PSI_SECONDS: f64 = 10.0;
/// The part of the memory budget that is used with no seat taken, and with all.
const MEMORY: (f64, f64) = (0.45, 0.85);

/// What was done since the last sample.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Work {
    pub(crate) admissions: u32,
    pub(crate) resumes: u32,
    pub(crate) refusals: u32,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Burden {
    scale: f64,
    /// Milliseconds of work that are left over.
    late_ms: f64,
    psi: f64,
    pub(crate) work: Work,
    /// Part of the pool that slow readers use, before any was sent away.
    pub(crate) queued_part: f32,
}

impl Burden {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale: scale.0.into(), late_ms: 0.0, psi: 0.0, work: Work::default(), queued_part: 0.0 }
    }

    /// What the indicators show after so many seconds in which so many were connected, of so many seats.
    pub(crate) fn sample(&mut self, seconds: f64, connected: usize, seats: u32) -> Indicators {
        let Work { admissions, resumes, refusals } = std::mem::take(&mut self.work);
        let events_ms = f64::from(admissions) * ADMISSION_MS
            + f64::from(resumes) * RESUME_MS
            + f64::from(refusals) * REFUSAL_MS;
        let work_ms = self.scale * (events_ms + connected as f64 * CONNECTION_MS * seconds);
        let can_ms = CORES * 1_000.0 * seconds;
        let used = (work_ms + self.late_ms) / can_ms;
        self.late_ms = (work_ms + self.late_ms - can_ms).clamp(0.0, 2_000.0);
        let waited = ((used - 0.5) / 0.6).clamp(0.0, 1.0);
        self.psi += (waited - self.psi) * (1.0 - (-seconds / PSI_SECONDS).exp());
        let memory = MEMORY.0 + (MEMORY.1 - MEMORY.0) * connected as f64 / f64::from(seats.max(1));
        Indicators {
            shard_lag_ms: narrow(2.0 + self.late_ms / CORES),
            fanout_lag_ms: narrow(5.0 + self.late_ms),
            queued_part: self.queued_part,
            memory_part: narrow(memory),
            psi_part: narrow(self.psi),
        }
    }

    /// Whether nothing is left of what was done.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.late_ms < 1.0 && self.psi < 0.05 && self.queued_part == 0.0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an indicator needs no more digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}
