//! From a run's counts and samples to its figures, under the names that gates and reports use (see `outcome`).

use std::collections::BTreeMap;

use crate::gate;
use crate::histograms::{PERCENTILES, UNDISTURBED, is_delivery};
use crate::orders::Tick;
use crate::outcome::Figure;
use crate::pass::{Pass, PhasePass, seconds};
use crate::scenario::Gate;
use crate::status::Status;

/// What is divided by the baseline's.
const DIVIDED: [&str; 3] = [".cpu_us_per_delivery", ".cpu_us_per_connection", ".connections_per_cpu_second"];

/// The figures of one run by name.
pub(crate) type Figures = BTreeMap<String, f64>;

/// The figures of one run.
pub(crate) fn of(pass: &Pass) -> Figures {
    let mut figures = Figures::new();
    for phase in &pass.phases {
        let mut put = |name: &str, value: f64| {
            figures.insert(format!("{}.{name}", phase.name), value);
        };
        counts(phase, &mut put);
        costs(phase, &mut put);
        memory(pass, phase, &mut put);
        door(phase, &mut put);
        for (name, count) in &phase.attacks {
            put(&format!("attack.{name}"), *count as f64);
        }
        paces(pass, phase, &mut put);
        gate_of_hub(pass, phase, &mut put);
        lessons(phase, &mut put);
        latencies(phase, &mut put);
    }
    over_the_run(pass, &mut figures);
    figures
}

fn counts(phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let connected = phase.sum(|tally| tally.connected);
    put("connections", connected as f64);
    put("failed", phase.sum(|tally| tally.failed) as f64);
    put("seats", phase.sum(|tally| tally.seats) as f64);
    put("lost", phase.sum(|tally| tally.lost) as f64);
    put("published", phase.sum(|tally| tally.published) as f64);
    put("acknowledged", phase.sum(|tally| tally.acknowledged) as f64);
    put("refused", phase.sum(|tally| tally.refused) as f64);
    put("seconds", phase.seconds());
    let deliveries = phase.sum(|tally| tally.deliveries);
    put("deliveries", deliveries as f64);
    put("expected", phase.sum(|tally| tally.expected) as f64);
    put("missing", phase.sum(|tally| tally.missing) as f64);
    let last = phase.tallies.iter().filter_map(|tally| tally.last_delivery_ns).max();
    if let Some(last) = last.filter(|last| *last > phase.began_ns && deliveries > 0) {
        put("deliveries_per_second", deliveries as f64 / seconds(phase.began_ns, last));
    }
}

fn costs(phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let cpu_s = seconds(phase.before.cpu_ns, phase.after.cpu_ns);
    let sampled_s = seconds(phase.before.at_ns, phase.after.at_ns);
    put("cpu_s", cpu_s);
    if sampled_s > 0.0 {
        put("cpu_share", cpu_s / sampled_s);
        put("stolen_share", seconds(phase.before.stolen_ns, phase.after.stolen_ns) / sampled_s);
    }
    let mut per = |name: &str, count: u64| {
        if count > 0 {
            put(name, cpu_s * 1e6 / count as f64);
        }
    };
    per("cpu_us_per_delivery", phase.sum(|tally| tally.deliveries));
    let connected = phase.sum(|tally| tally.connected);
    per("cpu_us_per_connection", connected);
    if connected == 0 {
        // Where people also connect, the time is not the seats'.
        per("cpu_us_per_seat", phase.sum(|tally| tally.seats));
    } else if cpu_s > 0.0 {
        put("connections_per_cpu_second", connected as f64 / cpu_s);
    }
}

fn memory(pass: &Pass, phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let (before, after) = (phase.before, phase.after);
    put("rss_bytes", after.rss_bytes as f64);
    put("pss_bytes", after.pss_bytes as f64);
    put("kernel_socket_bytes", after.kernel_socket_bytes as f64);
    let rss_peak = pass.samples_of(phase).map(|sample| sample.rss_bytes).max().unwrap_or_default();
    let growth = rss_peak as f64 - before.rss_bytes as f64;
    put("memory_growth_bytes", growth + phase.queued_after as f64 - phase.queued_before as f64);
    let points: Vec<(f64, f64)> = pass
        .samples_of(phase)
        .map(|sample| (seconds(phase.before.at_ns, sample.at_ns), sample.rss_bytes as f64))
        .collect();
    if let Some(slope) = slope(&points) {
        put("rss_slope_bytes_per_second", slope);
    }
    let Some(empty) = pass.phases.first().map(|arrivals| arrivals.before).filter(|_| phase.standing > 0)
    else {
        return;
    };
    let per_connection = |now: u64, then: u64| (now as f64 - then as f64) / phase.standing as f64;
    let rss = per_connection(after.rss_bytes, empty.rss_bytes);
    let slab = per_connection(after.slab_bytes, empty.slab_bytes);
    put("rss_bytes_per_connection", rss);
    put("slab_bytes_per_connection", slab);
    // Half of the kernel's growth belongs to the clients, whose ends of the connections lie on this machine too.
    put("memory_bytes_per_connection", rss + slab / 2.0);
}

/// What happened at the door: by standing and of all, and refusals by their code.
fn door(phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (word, entries) in phase.tallies.iter().flat_map(|tally| &tally.door) {
        let refused = entries.refused.iter().map(|(code, count)| (format!("refused.{code}"), *count));
        let named = entries.named().into_iter().map(|(name, count)| (name.to_owned(), count));
        for (name, count) in named.chain(refused) {
            *sums.entry(format!("door.{word}.{name}")).or_default() += count;
            *sums.entry(format!("door.all.{name}")).or_default() += count;
        }
        *sums.entry(format!("door.{word}.refusals")).or_default() += entries.refused.values().sum::<u64>();
    }
    for (name, sum) in sums {
        put(&name, sum as f64);
    }
}

/// The most that came in, or left for their window, between two ticks of each worker, which are a second apart.
fn paces(pass: &Pass, phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let within = |tick: &Tick| (phase.began_ns..=phase.ended_ns).contains(&tick.at_ns);
    let mut most: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for (worker, tick) in pass.ticks.iter().filter(|(_, tick)| within(tick)) {
        let (entered, suspended) = most.entry(*worker).or_default();
        *entered = tick.entered.max(*entered);
        *suspended = tick.suspended.max(*suspended);
    }
    put("entered_per_second_max", most.values().map(|(entered, _)| *entered as f64).sum());
    put("suspended_per_second_max", most.values().map(|(_, suspended)| *suspended as f64).sum());
}

/// What happened in lessons, if there were any.
fn lessons(phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let pulses = phase.sum(|tally| tally.lessons.pulses);
    if pulses == 0 {
        return;
    }
    put("lessons.pulses", pulses as f64);
    put("lessons.deeds", phase.sum(|tally| tally.lessons.deeds) as f64);
    put("lessons.refused", phase.sum(|tally| tally.lessons.refused) as f64);
    put("lessons.taken_back", phase.sum(|tally| tally.lessons.taken_back) as f64);
    put("lessons.proposed", phase.sum(|tally| tally.lessons.proposed) as f64);
    put("lessons.read_again", phase.sum(|tally| tally.lessons.read_again) as f64);
    put("lessons.stale", phase.sum(|tally| tally.lessons.stale) as f64);
    let most = phase.tallies.iter().map(|tally| tally.lessons.pulses_max).max().unwrap_or(0);
    put("lessons.pulses_per_second_max", f64::from(most) / phase.seconds().max(1.0));
    let owed = phase.sum(|tally| tally.lessons.reactions_owed);
    if owed > 0 {
        let told = phase.sum(|tally| tally.lessons.reactions_told);
        put("lessons.reactions_told_share", told as f64 / owed as f64);
    }
}

/// What the hub told its operators in a phase.
fn gate_of_hub(pass: &Pass, phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    let within = |status: &&Status| (phase.began_ns..=phase.ended_ns).contains(&status.at_ns);
    let statuses: Vec<&Status> = pass.statuses.iter().filter(within).collect();
    let greatest = |value: fn(&Status) -> f64| statuses.iter().map(|s| value(s)).max_by(f64::total_cmp);
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            put(name, value);
        }
    };
    // As the hub computes the window that it announces to those whom it sends away.
    let first = statuses.first().filter(|first| first.rate > 0.0);
    put("announced_window_us", first.map(|first| 1.3e6 * f64::from(first.taken) / first.rate));
    put("gate.seats_taken_max", greatest(|status| f64::from(status.taken)));
    put("gate.seats_over", greatest(|status| f64::from(status.taken.saturating_sub(status.seats_allowed))));
    put("gate.waiting_max", greatest(|status| f64::from(status.waiting)));
    put("gate.level_max", greatest(|status| f64::from(status.level)));
    put("gate.rate_max", greatest(|status| status.rate));
    put("gate.rate_min", greatest(|status| -status.rate).map(|least| -least));
}

/// The slope of a line through points, by least squares; nothing if there are too few to see one.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    const POINTS_MIN: usize = 8;
    if points.len() < POINTS_MIN {
        return None;
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let rise: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (spread > 0.0).then(|| rise / spread)
}

fn latencies(phase: &PhasePass, put: &mut impl FnMut(&str, f64)) {
    for (name, counts) in phase.latencies.iter() {
        let name = name.replace('/', ".");
        for (percentile, quantile) in PERCENTILES {
            put(&format!("{name}.{percentile}"), counts.value_at_quantile(quantile) as f64);
        }
        put(&format!("{name}.max_us"), counts.max() as f64);
    }
    let count = |is_meant: fn(&str) -> bool| -> u64 {
        phase.latencies.iter().filter(|(name, _)| is_meant(name)).map(|(_, counts)| counts.len()).sum()
    };
    let undisturbed = count(|name| name.contains(UNDISTURBED));
    if undisturbed > 0 {
        put("undisturbed_share", undisturbed as f64 / count(is_delivery) as f64);
    }
}

fn over_the_run(pass: &Pass, figures: &mut Figures) {
    let door: Vec<(String, f64)> = figures
        .iter()
        .filter_map(|(name, value)| Some((format!("run.door.{}", name.split_once(".door.")?.1), *value)))
        .collect();
    // Who is outside is outside at each phase's end; everything else adds up.
    for (name, value) in door.into_iter().filter(|(name, _)| !name.ends_with(".outside")) {
        *figures.entry(name).or_default() += value;
    }
    let mut put = |name: &str, value: f64| {
        figures.insert(name.to_owned(), value);
    };
    let verdict = &pass.verdict;
    put("oracle.judged", verdict.judged as f64);
    put("oracle.gaps", verdict.gaps as f64);
    put("oracle.duplicates", verdict.duplicates as f64);
    put("oracle.disorders", verdict.disorders as f64);
    put("oracle.leaks", verdict.leaks as f64);
    let expected: u64 = pass.phases.iter().map(|phase| phase.sum(|tally| tally.expected)).sum();
    let published: u64 = pass.phases.iter().map(|phase| phase.sum(|tally| tally.published)).sum();
    // Who published and expected nothing did not count, and must not pass as somebody who lost nothing.
    if expected > 0 || published == 0 {
        put("run.missing", pass.phases.iter().map(|phase| phase.sum(|tally| tally.missing) as f64).sum());
    }
    let over = pass.statuses.iter().map(|status| status.taken.saturating_sub(status.seats_allowed)).max();
    if let Some(over) = over {
        put("run.seats_over", f64::from(over));
        put("run.status_missed", pass.statuses_missed as f64);
    }
    let peak = pass.samples.iter().map(|sample| sample.rss_bytes).max();
    put("run.rss_bytes_max", peak.unwrap_or_default() as f64);
    if let Some(last) = pass.phases.last() {
        let outside = last.sum(|tally| tally.door.values().map(|entries| entries.outside).sum());
        put("run.outside", outside as f64);
    }
    let mut sum = |name: &str, count: fn(&PhasePass) -> f64| put(name, pass.phases.iter().map(count).sum());
    sum("run.evicted_again", |phase| {
        phase.sum(|tally| tally.door.values().map(|entries| entries.evicted_again).sum()) as f64
    });
    sum("run.lost", |phase| phase.sum(|tally| tally.lost) as f64);
    sum("run.failed", |phase| phase.sum(|tally| tally.failed) as f64);
    sum("run.refused", |phase| phase.sum(|tally| tally.refused) as f64);
    sum("run.unpublished", |phase| phase.planned as f64 - phase.sum(|tally| tally.published) as f64);
    let shares = pass.phases.iter().flat_map(|phase| {
        let seconds = phase.seconds();
        phase
            .tallies
            .iter()
            .filter(move |_| seconds > 0.0)
            .map(move |tally| tally.worker_cpu_ns as f64 / 1e9 / seconds)
    });
    if let Some(share) = shares.max_by(f64::total_cmp) {
        put("tool.cpu_share_max", share);
    }
    let late = pass.phases.iter().filter_map(|phase| phase.latencies.get("late/publish"));
    if let Some(late) = late.map(|late| late.value_at_quantile(0.99)).max() {
        put("tool.late_p99_us", late as f64);
    }
}

/// Adds what takes two figures: ratios to the baseline, and what gates divide.
pub(crate) fn relate(figures: &mut Figures, baseline: Option<&Figures>, gates: &[Gate]) {
    if let Some(baseline) = baseline {
        let is_divided = |name: &&String| DIVIDED.iter().any(|figure| name.ends_with(figure));
        let names: Vec<String> = figures.keys().filter(is_divided).cloned().collect();
        for name in names {
            if let Some(ratio) = ratio(figures.get(&name), baseline.get(&name)) {
                figures.insert(format!("{name}_over_baseline"), ratio);
            }
        }
        let over_the_run = baseline
            .iter()
            .filter_map(|(name, value)| Some((format!("baseline.{}", name.strip_prefix("run.")?), *value)));
        figures.extend(over_the_run);
    }
    for gate in gates {
        let over = gate.over.as_ref().and_then(|over| ratio(figures.get(&gate.figure), figures.get(over)));
        if let Some(ratio) = over {
            figures.insert(gate::name(gate), ratio);
        }
    }
}

fn ratio(figure: Option<&f64>, over: Option<&f64>) -> Option<f64> {
    let (figure, over) = (figure?, over?);
    (*over > 0.0).then(|| figure / over)
}

/// The median and the ends of several runs. A figure that one of them lacks is left out: the others would be a choice.
pub(crate) fn across(rounds: &[Figures]) -> BTreeMap<String, Figure> {
    let Some(first) = rounds.first() else {
        return BTreeMap::new();
    };
    let of_all =
        |name: &String| rounds.iter().map(|figures| figures.get(name).copied()).collect::<Option<Vec<f64>>>();
    first.keys().filter_map(|name| Some((name.clone(), figure(of_all(name)?)?))).collect()
}

fn figure(mut values: Vec<f64>) -> Option<Figure> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median =
        if values.len().is_multiple_of(2) { f64::midpoint(*values.get(middle - 1)?, upper) } else { upper };
    Some(Figure { median, least: *values.first()?, greatest: *values.last()? })
}

#[cfg(test)]
mod tests;
