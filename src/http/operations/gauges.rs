//! What admission and the report know, as metrics: read from the gate and the books when somebody asks for them.
//!
//! Nothing here is counted twice: a scrape costs one snapshot. Schools are joined in groups, so that the labels are few
//! however many schools there are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::grouping::{Grouping, OTHER, SchoolGroups};
use super::office::Office;
use crate::admission::{ClassSnapshot, Snapshot};
use crate::base::{OrgId, Role};
use crate::report::{Books, ByRole, Day, Row};
use crate::roster::Directory;

/// The collector.
pub(in crate::http) struct Gauges {
    pub(in crate::http) office: Arc<Office>,
    pub(in crate::http) books: Arc<Books>,
    pub(in crate::http) directory: Arc<Directory>,
    pub(in crate::http) groups: SchoolGroups,
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauges").finish_non_exhaustive()
    }
}

type Labels<'a> = Vec<(&'a str, &'a str)>;

/// Writes one family of gauges.
fn gauges<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    rows: impl IntoIterator<Item = (Labels<'a>, f64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in rows {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

/// Writes one gauge.
fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

/// Writes one family of counters.
fn counters<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    rows: impl IntoIterator<Item = (Labels<'a>, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in rows {
        ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let instruments = &self.office.instruments;
        let gate = instruments.operate.snapshot(instruments.clock.machine());
        classes(&gate, &mut encoder)?;
        load(&gate, &mut encoder)?;
        groups(&gate, &mut encoder)?;
        self.decisions(&mut encoder)?;
        self.schools(&mut encoder)
    }
}

fn classes(gate: &Snapshot, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    type Of = fn(&ClassSnapshot) -> u32;
    let all: [(&str, &str, Of); 6] = [
        ("class_seats_nominal", "Seats that are a class's own", |class| class.nominal),
        ("class_seats_reserve", "Seats of a class that are never lent", |class| class.reserve),
        ("class_seats_taken", "Seats that a class has: taken, resting or reserved", |class| class.taken),
        ("class_seats_lent", "Seats of a class that others have", |class| class.lent),
        ("class_seats_borrowed", "Seats that a class has beyond its own", |class| class.borrowed),
        ("class_waiting", "People of a class who wait, estimated", |class| class.waiting),
    ];
    for (name, help, of) in all {
        let row = |class: &ClassSnapshot| (vec![("class", class.class.as_str())], f64::from(of(class)));
        gauges(encoder, name, help, gate.classes.iter().map(row))?;
    }
    let decisions = gate.classes.iter().flat_map(|class| {
        let row = |(reason, count): &(&'static str, u64)| {
            (vec![("class", class.class.as_str()), ("reason", *reason)], *count)
        };
        class.decisions.iter().map(row).collect::<Vec<_>>()
    });
    counters(encoder, "class_decisions", "Answers to requests for a seat, by class and reason", decisions)?;
    let evicted = gate.evicted.iter().map(|(step, count)| (vec![("step", *step)], *count));
    counters(encoder, "evicted", "Connections sent away so that the hub does not fail, by step", evicted)
}

fn load(gate: &Snapshot, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let pressures = gate.pressures;
    let pressures = [
        ("shard_lag", pressures.shard_lag),
        ("fanout_lag", pressures.fanout_lag),
        ("queued", pressures.queued),
        ("memory", pressures.memory),
        ("psi", pressures.psi),
    ];
    let rows = pressures.map(|(indicator, part)| (vec![("indicator", indicator)], f64::from(part)));
    gauges(encoder, "pressure", "How far an indicator is between its watermarks, from 0 to 1", rows)?;
    let live = u32::try_from(gate.live_classes).unwrap_or(u32::MAX);
    let single = [
        ("load_level", "The load level, from 0 to 4", f64::from(u8::from(gate.level))),
        ("admissions_per_second", "Admissions per second that are allowed", gate.rate),
        ("seats", "Seats that there are", f64::from(gate.seats)),
        ("seats_free", "Seats that nobody has", f64::from(gate.free)),
        ("seats_recalled", "Leases that were not renewed and still run", f64::from(gate.recalled)),
        ("live_classes", "Classes of schools that are live", f64::from(live)),
    ];
    single.into_iter().try_for_each(|(name, help, value)| gauge(encoder, name, help, value))
}

/// What of the gate is told by group of schools.
fn groups(gate: &Snapshot, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let lent = gate.groups.iter().map(|of| (vec![("group", of.group.as_str())], f64::from(of.lent)));
    let help = "Seats lent to people of a group of schools, in proportion to who is there";
    gauges(encoder, "school_seats_lent", help, lent)?;
    let evicted = gate.groups.iter().flat_map(|of| {
        of.evicted.iter().map(|(step, count)| (vec![("group", of.group.as_str()), ("step", *step)], *count))
    });
    let help = "Connections sent away so that the hub does not fail, by group of schools and step";
    counters(encoder, "school_evicted", help, evicted)
}

impl Gauges {
    /// What operators have decided, and what asks for a decision.
    fn decisions(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        const DAY_MS: f64 = 24.0 * 3_600_000.0;
        let instruments = &self.office.instruments;
        let now = instruments.clock.school();
        let alarm = instruments.operate.alarm(now).is_some();
        gauge(encoder, "calendar_alarm", "1 if the calendar needs somebody", f64::from(alarm))?;
        if let Some(end) = instruments.operate.calendar().horizon() {
            #[expect(clippy::cast_precision_loss, reason = "days need few digits")]
            let days = (end.0 - now.0) as f64 / DAY_MS;
            gauge(encoder, "calendar_days", "Days until the calendar's files end", days)?;
        }
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let windows = count(self.office.windows().len());
        let stops = count(instruments.stops.list().len());
        let notices = f64::from(self.office.notice().is_some());
        let kicks = count(self.office.kept_out().len());
        let rows = [("window", windows), ("posting", stops), ("notice", notices), ("kick", kicks)];
        let rows = rows.map(|(kind, value)| (vec![("kind", kind)], value));
        gauges(encoder, "operator_decisions", "Decisions of operators that hold, by kind", rows)
    }

    /// Who is here and how it went today, by group of schools.
    fn schools(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let grouping = Grouping::of(&self.groups, &self.directory.current());
        let group = |school: &OrgId| grouping.group(Some(school));
        let mut here: BTreeMap<&str, ByRole<u32>> = BTreeMap::new();
        let by_school = self.books.by_school();
        for (school, counts) in &by_school {
            let sum = here.entry(group(school)).or_default();
            for role in Role::ALL {
                *sum.of_mut(role) += counts.of(role);
            }
        }
        let rows = here.iter().flat_map(|(group, counts)| {
            Role::ALL
                .map(|role| (vec![("group", *group), ("role", role.as_str())], f64::from(*counts.of(role))))
        });
        gauges(encoder, "school_connections", "Open connections, by group of schools and role", rows)?;
        self.waiting(&group, encoder)?;
        self.answers(&group, encoder)?;
        let Day { schools, .. } = self.books.today();
        let mut today: BTreeMap<&str, Row> = BTreeMap::new();
        for (school, row) in &schools {
            let sum = today.entry(group(school)).or_default();
            sum.pupils_tried += row.pupils_tried;
            sum.pupils_at_first_try += row.pupils_at_first_try;
            for (reason, count) in &row.refused {
                *sum.refused.entry(reason.clone()).or_default() += count;
            }
        }
        let of = |of: fn(&Row) -> u32| {
            today
                .iter()
                .map(move |(group, row)| (vec![("group", *group)], f64::from(of(row))))
                .collect::<Vec<_>>()
        };
        let (tried, first) = (of(|row| row.pupils_tried), of(|row| row.pupils_at_first_try));
        gauges(
            encoder,
            "today_pupils_tried",
            "Pupils who asked for a seat today, by group of schools",
            tried,
        )?;
        gauges(encoder, "today_pupils_at_first_try", "Those of them who had it at the first try", first)?;
        let refused = today.iter().flat_map(|(group, row)| {
            let labels = |reason| vec![("group", *group), ("reason", reason)];
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            let row = row.refused.iter().map(move |(reason, count)| (labels(reason.as_str()), *count as f64));
            row.collect::<Vec<_>>()
        });
        gauges(
            encoder,
            "today_refused",
            "Answers today that were no seat, by group of schools and reason",
            refused,
        )
    }

    /// Who waits, by group of schools and role.
    fn waiting<'a>(
        &self,
        group: &impl Fn(&OrgId) -> &'a str,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> fmt::Result {
        let mut sums: BTreeMap<(&str, Role), u32> = BTreeMap::new();
        for (school, counts) in self.books.waiting(self.office.instruments.clock.machine()) {
            let group = school.as_ref().map_or(OTHER, group);
            for role in Role::ALL {
                *sums.entry((group, role)).or_default() += counts.of(role);
            }
        }
        let rows = sums.into_iter().map(|((group, role), count)| {
            (vec![("group", group), ("role", role.as_str())], f64::from(count))
        });
        gauges(encoder, "school_waiting", "People who wait, by group of schools and role, about", rows)
    }

    /// How requests for a seat were answered, by group of schools and role: as many rows as were ever needed.
    fn answers<'a>(
        &self,
        group: &impl Fn(&OrgId) -> &'a str,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> fmt::Result {
        let mut sums: BTreeMap<(&str, Role, &str), u64> = BTreeMap::new();
        for (school, answers) in self.books.answers() {
            let group = school.as_ref().map_or(OTHER, group);
            for ((role, answer), count) in answers {
                *sums.entry((group, role, answer)).or_default() += count;
            }
        }
        let rows = sums.into_iter().map(|((group, role, answer), count)| {
            (vec![("group", group), ("role", role.as_str()), ("answer", answer)], count)
        });
        let help = "Answers to requests for a seat, by group of schools, role and answer";
        counters(encoder, "school_answers", help, rows)
    }
}
