//! One moment, as all watchers are told it: the status, and what a wall needs besides.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::Kept;
use super::beat::Beat;
use super::reading::{Reading, rounded};
use super::schools::StandingOut;
use super::vitals::MemorySum;
use crate::admission::{Pressures, Watermark, Watermarks};
use crate::base::limits;
use crate::http::edge::Edge;
use crate::http::operations::status::Standing;
use crate::report::{Day, Row};

/// The moment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Moment {
    /// What `GET /v1/operator/status` says.
    status: Standing,
    /// The same fields as a row of the last hour; rates are since the moment before.
    beat: Beat,
    /// What the load level is made of. The level follows the highest pressure.
    indicators: Vec<Indicator>,
    /// Answers that were no seat, by reason.
    refusals: BTreeMap<&'static str, Refusal>,
    /// What memory is made of; `null` if it was not measured in the last second.
    memory: Option<MemorySum>,
    /// Which part of the pupils got in at the first try.
    reliability: Reliability,
    /// Schools that somebody is connected from.
    schools_here: usize,
    /// Schools that stand out, whom it concerns most first; looked at each five seconds.
    schools_standing_out: Vec<StandingOut>,
    /// Streams such as this one.
    watchers: usize,
    /// How many there may be.
    watchers_max: usize,
}

/// One of the things that the load level is made of.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "on the wire the field stands alone")]
struct Indicator {
    /// `shard_lag_ms`, `fanout_lag_ms`, `queued_part`, `memory_part` or `psi_part`: as the watermarks are named.
    indicator: &'static str,
    /// The worst since the moment before; `null` if it was not measured or can't be.
    value: Option<f64>,
    /// Up to here there is no pressure.
    low: f64,
    /// From here on there is the highest.
    high: f64,
    /// The pressure that counts, 0 to 1: one sample alone does not move it.
    pressure_part: f64,
}

/// Answers that were no seat, for one reason.
#[derive(Debug, Serialize, ToSchema)]
struct Refusal {
    /// Since the hub's start.
    since_start: u64,
    /// Since the moment before; `null` in the first one.
    per_second: Option<f64>,
}

/// How many pupils got in at the first try.
#[derive(Debug, Serialize, ToSchema)]
struct Reliability {
    today: DayTries,
    /// The last day before, within a week, on which pupils came.
    before: Option<DayTries>,
}

/// The tries of one day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct DayTries {
    #[schema(value_type = String)]
    date: Date,
    pupils_tried: u32,
    pupils_at_first_try: u32,
    /// The second part of the first; `null` if nobody tried.
    reliability_part: Option<f64>,
}

impl DayTries {
    fn of(date: Date, row: &Row) -> Self {
        let reliability_part = row.reliability().map(rounded);
        let Row { pupils_tried, pupils_at_first_try, .. } = *row;
        Self { date, pupils_tried, pupils_at_first_try, reliability_part }
    }
}

/// The last day before today on which pupils came, read once a day.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    read_on: Option<Date>,
    tries: Option<DayTries>,
}

impl Earlier {
    /// Reads the days before, if today is another day than when they were read. What can't be read is tried again.
    pub(super) fn look(&mut self, edge: &Edge, today: Date) {
        if self.read_on == Some(today) {
            return;
        }
        let from = today.saturating_sub(Span::new().days(limits::EARLIER_DAYS_MAX));
        let until = today.saturating_sub(Span::new().days(1));
        let Ok(days) = edge.parts.office.instruments.archive.between(from, until) else { return };
        self.tries = last_with_pupils(&days);
        self.read_on = Some(today);
    }
}

fn last_with_pupils(days: &[Day]) -> Option<DayTries> {
    let day = days.iter().rev().find(|day| day.region.pupils_tried > 0)?;
    Some(DayTries::of(day.date, &day.region))
}

impl Moment {
    pub(super) fn of(
        edge: &Edge,
        reading: Reading,
        before: Option<&Reading>,
        beat: Beat,
        kept: &Kept,
        watchers: usize,
    ) -> Self {
        let marks = edge.parts.office.instruments.operate.settings().watermarks;
        let today = DayTries::of(reading.region.date, &reading.region.row);
        Self {
            beat,
            indicators: indicators(&reading, &marks),
            refusals: refusals(&reading, before),
            memory: reading.vitals.map(|vitals| vitals.memory),
            reliability: Reliability { today, before: kept.earlier.tries.clone() },
            schools_here: kept.schools.here,
            schools_standing_out: kept.schools.standing_out.clone(),
            watchers,
            watchers_max: limits::WATCHERS_MAX,
            status: Standing::of(edge, reading.gate, kept.windows.clone()),
        }
    }
}

fn indicators(reading: &Reading, marks: &Watermarks) -> Vec<Indicator> {
    let Pressures { shard_lag, fanout_lag, queued, memory, psi } = reading.gate.pressures;
    let vitals = reading.vitals;
    let rows: [(_, Option<f32>, Watermark, f32); 5] = [
        ("shard_lag_ms", vitals.map(|vitals| vitals.shard_lag_ms), marks.shard_lag_ms, shard_lag),
        ("fanout_lag_ms", vitals.map(|vitals| vitals.fanout_lag_ms), marks.fanout_lag_ms, fanout_lag),
        ("queued_part", vitals.map(|vitals| vitals.queued_part), marks.queued_part, queued),
        ("memory_part", vitals.and_then(|vitals| vitals.memory_part), marks.memory_part, memory),
        ("psi_part", vitals.and_then(|vitals| vitals.psi_part), marks.psi_part, psi),
    ];
    let row = |(indicator, value, mark, pressure): (_, Option<f32>, Watermark, f32)| Indicator {
        indicator,
        value: value.map(rounded),
        low: rounded(mark.low),
        high: rounded(mark.high),
        pressure_part: rounded(pressure),
    };
    rows.into_iter().map(row).collect()
}

fn refusals(reading: &Reading, before: Option<&Reading>) -> BTreeMap<&'static str, Refusal> {
    let refusal = |(reason, count): (&&'static str, &u64)| {
        let per_second = reading.rate(before, |one| one.refused.get(reason).copied().unwrap_or_default());
        (*reason, Refusal { since_start: *count, per_second })
    };
    reading.refused.iter().map(refusal).collect()
}
