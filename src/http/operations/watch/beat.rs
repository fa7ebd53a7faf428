//! One row of the last hour, and the hour as columns.
//!
//! Columns name each field once, and are what a plot takes. Both shapes come from one list, so they can't differ.

use serde::Serialize;
use utoipa::ToSchema;

use super::peaks::Peaks;
use super::reading::{Reading, WAITS, rounded};
use crate::protocol::ErrorCode;

macro_rules! beat {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty,)+) => {
        /// How the hub stood: the worst of its loads since the row before, and rates over that time.
        #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
        pub(super) struct Beat {
            $($(#[doc = $doc])+ pub(super) $name: $kind,)+
        }

        /// Rows as columns, the oldest first.
        #[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
        pub(super) struct Beats {
            $($(#[doc = $doc])+ $name: Vec<$kind>,)+
        }

        impl<'a> FromIterator<&'a Beat> for Beats {
            fn from_iter<I: IntoIterator<Item = &'a Beat>>(rows: I) -> Self {
                let mut beats = Self::default();
                for row in rows {
                    $(beats.$name.push(row.$name);)+
                }
                beats
            }
        }
    };
}

beat! {
    /// Machine time in milliseconds since 1970.
    machine_time_ms: u64,
    /// School time in milliseconds since 1970.
    school_time_ms: i64,
    /// The load level, 0 to 4.
    level: u8,
    /// The highest pressure, 0 to 1.
    pressure_part: f64,
    /// The pressure of the shards' lag.
    shard_lag_pressure: f64,
    /// The pressure of the fan-out's lag.
    fanout_lag_pressure: f64,
    /// The pressure of the pool for what waits.
    queued_pressure: f64,
    /// The pressure of memory.
    memory_pressure: f64,
    /// The pressure of processors; `null` where the kernel does not say.
    psi_pressure: Option<f64>,
    /// Milliseconds that the slowest shard's loop ran late.
    shard_lag_ms: Option<f64>,
    /// Milliseconds from a commit to its last write to a reader, on the slowest shard.
    fanout_lag_ms: Option<f64>,
    /// Connections of teachers.
    teacher_connections: u32,
    /// Connections of pupils.
    student_connections: u32,
    /// Connections of guardians.
    guardian_connections: u32,
    /// Connections of staff.
    staff_connections: u32,
    /// Connections of operators.
    operator_connections: u32,
    /// Seats that there are.
    seats: u32,
    /// Seats that somebody has: taken, resting or reserved for a handshake.
    seats_taken: u32,
    /// People who wait, estimated.
    waiting: u32,
    /// People who came in.
    admissions_per_second: Option<f64>,
    /// Admissions that are allowed.
    admissions_allowed_per_second: f64,
    /// Answers that gave a place in the waiting room.
    waits_per_second: Option<f64>,
    /// Answers to who is outside the window.
    suspended_per_second: Option<f64>,
    /// All other refusals.
    refused_per_second: Option<f64>,
    /// Connections that were sent away so that the hub does not fail.
    evicted_per_second: Option<f64>,
    /// Publications that were committed.
    publications_per_second: Option<f64>,
    /// Publications that were offered to connections.
    deliveries_per_second: Option<f64>,
    /// What the process has; `null` where it can't be read.
    resident_bytes: Option<u64>,
    /// What of the pool for what waits is used.
    queued_bytes: Option<u64>,
}

// What docs/LIMITS.md says of a row.
const _: () = assert!(size_of::<Beat>() <= 300);

impl Beat {
    /// A row from a reading, the one of the row before, and the worst in between.
    pub(super) fn between(before: Option<&Reading>, reading: &Reading, peaks: &Peaks) -> Self {
        let Reading { gate, region, vitals, .. } = reading;
        let suspended = ErrorCode::Suspended.as_str();
        let rate = |of: fn(&Reading) -> u64| reading.rate(before, of);
        let refused = |is_meant: &dyn Fn(&str) -> bool| reading.rate(before, |one| one.refused_for(is_meant));
        let measures_psi = vitals.is_some_and(|vitals| vitals.psi_part.is_some());
        Self {
            machine_time_ms: reading.at.0,
            school_time_ms: reading.school_time.0,
            level: u8::from(peaks.level),
            pressure_part: rounded(peaks.pressure),
            shard_lag_pressure: rounded(peaks.pressures.shard_lag),
            fanout_lag_pressure: rounded(peaks.pressures.fanout_lag),
            queued_pressure: rounded(peaks.pressures.queued),
            memory_pressure: rounded(peaks.pressures.memory),
            psi_pressure: measures_psi.then(|| rounded(peaks.pressures.psi)),
            shard_lag_ms: peaks.shard_lag_ms.map(rounded),
            fanout_lag_ms: peaks.fanout_lag_ms.map(rounded),
            teacher_connections: region.here.teacher,
            student_connections: region.here.student,
            guardian_connections: region.here.guardian,
            staff_connections: region.here.staff,
            operator_connections: region.here.operator,
            seats: gate.seats,
            seats_taken: gate.classes.iter().map(|class| class.taken).sum(),
            waiting: gate.classes.iter().map(|class| class.waiting).sum(),
            admissions_per_second: rate(|one| one.admitted),
            admissions_allowed_per_second: rounded(gate.rate),
            waits_per_second: refused(&|reason| reason == WAITS),
            suspended_per_second: refused(&|reason| reason == suspended),
            refused_per_second: refused(&|reason| reason != WAITS && reason != suspended),
            evicted_per_second: rate(|one| one.evicted),
            publications_per_second: rate(|one| one.publications),
            deliveries_per_second: rate(|one| one.deliveries),
            resident_bytes: vitals.and_then(|vitals| vitals.memory.resident_bytes),
            queued_bytes: vitals.map(|vitals| vitals.memory.queued_bytes),
        }
    }
}
