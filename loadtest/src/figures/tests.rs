//! Figures of a run whose every count is known.

use super::*;
use crate::door::Entries;
use crate::histograms::{Histograms, encoded};
use crate::orders::{Tally, Verdict};
use crate::pass::ARRIVALS;
use crate::sampler::Sample;

const SECOND: u64 = 1_000_000_000;

fn sample(at_s: u64, cpu_s: u64, rss_bytes: u64) -> Sample {
    let slab_bytes = 1_000_000 + rss_bytes * 2;
    Sample { at_ns: at_s * SECOND, cpu_ns: cpu_s * SECOND, rss_bytes, slab_bytes, ..Sample::default() }
}

fn pass() -> Pass {
    let arrivals = PhasePass {
        name: ARRIVALS.into(),
        ended_ns: 10 * SECOND,
        before: sample(0, 1, 1_000),
        after: sample(10, 3, 101_000),
        tallies: vec![
            Tally { connected: 60, failed: 2, ..Tally::default() },
            Tally { connected: 38, seats: 98, ..Tally::default() },
        ],
        standing: 98,
        ..PhasePass::default()
    };
    let mut latencies = Histograms::default();
    let late = BTreeMap::from([
        ("late/publish".to_owned(), encoded(&[5])),
        ("a/student".to_owned(), encoded(&[7; 9])),
        ("a_undisturbed/student".to_owned(), encoded(&[7; 6])),
        ("a_asked/student".to_owned(), encoded(&[7; 2])),
        ("entry/teacher".to_owned(), encoded(&[7; 6])),
    ]);
    latencies.add(&late).unwrap();
    let tally = Tally {
        published: 10,
        failed: 1,
        refused: 4,
        deliveries: 900,
        expected: 1_000,
        missing: 101,
        lost: 5,
        worker_cpu_ns: 5 * SECOND,
        last_delivery_ns: Some(19 * SECOND),
        ..Tally::default()
    };
    let lesson = PhasePass {
        name: "lesson".into(),
        began_ns: 10 * SECOND,
        ended_ns: 20 * SECOND,
        before: sample(10, 3, 101_000),
        after: sample(20, 4, 111_000),
        queued_before: 10,
        queued_after: 1_010,
        tallies: vec![tally],
        latencies,
        standing: 100,
        planned: 13,
        ..PhasePass::default()
    };
    let samples = (10..20).map(|second| sample(second, 3, 101_000 + (second - 10) * 1_000)).collect();
    let verdict = Verdict { gaps: 2, ..Verdict::default() };
    Pass { phases: vec![arrivals, lesson], samples, verdict, ..Pass::default() }
}

fn close(figures: &Figures, name: &str, wanted: f64) {
    let value = figures.get(name).unwrap_or_else(|| panic!("no {name}"));
    assert!((value - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "{name}: {value}, not {wanted}");
}

#[test]
fn counts_costs_memory_and_latencies_have_their_names() {
    let figures = of(&pass());
    let wanted = [
        ("arrivals.connections", 98.0),
        ("arrivals.failed", 2.0),
        ("arrivals.cpu_us_per_connection", 2e6 / 98.0),
        ("arrivals.connections_per_cpu_second", 49.0),
        ("arrivals.seats", 98.0),
        ("lesson.missing", 101.0),
        ("lesson.deliveries_per_second", 100.0),
        ("lesson.cpu_share", 0.1),
        ("lesson.cpu_us_per_delivery", 1e6 / 900.0),
        ("lesson.rss_bytes_per_connection", 1_100.0),
        ("lesson.slab_bytes_per_connection", 2_200.0),
        ("lesson.memory_bytes_per_connection", 2_200.0),
        ("lesson.memory_growth_bytes", 11_000.0),
        ("lesson.rss_slope_bytes_per_second", 1_000.0),
        ("lesson.a.student.p99_us", 7.0),
        ("lesson.a.student.max_us", 7.0),
        ("lesson.undisturbed_share", 6.0 / 9.0),
        ("oracle.gaps", 2.0),
        ("run.missing", 101.0),
        ("run.failed", 3.0),
        ("run.lost", 5.0),
        ("run.refused", 4.0),
        ("run.unpublished", 3.0),
        ("tool.cpu_share_max", 0.5),
        ("tool.late_p99_us", 5.0),
    ];
    for (name, value) in wanted {
        close(&figures, name, value);
    }
    assert!(!figures.contains_key("arrivals.cpu_us_per_delivery"));
    assert!(!figures.contains_key("arrivals.cpu_us_per_seat"), "others had a part in that time");
}

#[test]
fn where_nobody_connects_the_time_is_the_seats() {
    let mut pass = pass();
    for tally in &mut pass.phases[0].tallies {
        tally.connected = 0;
    }
    let figures = of(&pass);
    close(&figures, "arrivals.cpu_us_per_seat", 2e6 / 98.0);
    assert!(!figures.contains_key("arrivals.connections_per_cpu_second"));
}

#[test]
fn who_publishes_and_counts_nothing_has_lost_an_unknown_number() {
    let mut pass = pass();
    pass.phases[1].tallies[0].expected = 0;
    assert!(!of(&pass).contains_key("run.missing"));
}

#[test]
fn ratios_are_taken_within_a_round() {
    let mut figures = of(&pass());
    let baseline = Figures::from([
        ("lesson.cpu_us_per_delivery".to_owned(), 1e6 / 1_800.0),
        ("arrivals.cpu_us_per_connection".to_owned(), 0.0),
        ("run.missing".to_owned(), 3.0),
        ("run.failed".to_owned(), 4.0),
    ]);
    let gate = Gate {
        figure: "lesson.a.student.p99_us".into(),
        over: Some("tool.late_p99_us".into()),
        max: Some(1.0),
        min: None,
        why: "because".into(),
    };
    relate(&mut figures, Some(&baseline), &[gate]);
    close(&figures, "lesson.cpu_us_per_delivery_over_baseline", 2.0);
    close(&figures, "lesson.a.student.p99_us / tool.late_p99_us", 1.4);
    close(&figures, "baseline.missing", 3.0);
    close(&figures, "baseline.failed", 4.0);
    assert!(!figures.contains_key("arrivals.cpu_us_per_connection_over_baseline"));
}

#[test]
fn rounds_have_a_median_and_ends_and_what_one_lacks_is_left_out() {
    let round = |value: f64| Figures::from([("a.b".to_owned(), value)]);
    let three = across(&[round(3.0), round(1.0), round(2.0)]);
    assert_eq!(three["a.b"], Figure { median: 2.0, least: 1.0, greatest: 3.0 });
    assert_eq!(across(&[round(1.0), round(2.0)])["a.b"], Figure { median: 1.5, least: 1.0, greatest: 2.0 });
    assert!(across(&[round(1.0), Figures::new()]).is_empty() && across(&[]).is_empty());
}

#[test]
fn what_happened_at_the_door_has_its_names_by_standing_and_in_sum() {
    let mut pass = pass();
    let refused = BTreeMap::from([("suspended".to_owned(), 2)]);
    let teacher = Entries { asked: 5, first_try: 4, waited: 1, outside: 1, ..Entries::default() };
    let guardian = Entries { asked: 3, refused, outside: 2, evicted_again: 1, ..Entries::default() };
    let door = BTreeMap::from([("teacher".to_owned(), teacher), ("guardian".to_owned(), guardian)]);
    for phase in &mut pass.phases {
        phase.tallies[0].door.clone_from(&door);
    }
    let status = |second: u64, taken| Status {
        at_ns: second * SECOND,
        seats: 10,
        seats_allowed: 10,
        taken,
        rate: 2.0,
        ..Status::default()
    };
    pass.statuses = vec![status(11, 8), status(12, 12), status(13, 9)];
    pass.phases[1].attacks.insert("handshakes.403".to_owned(), 9);
    let figures = of(&pass);
    let wanted = [
        ("lesson.door.teacher.asked", 5.0),
        ("lesson.door.all.first_try", 4.0),
        ("lesson.door.guardian.refused.suspended", 2.0),
        ("lesson.door.teacher.refusals", 0.0),
        ("run.door.teacher.waited", 2.0),
        ("run.door.guardian.refusals", 4.0),
        ("run.outside", 3.0),
        ("run.evicted_again", 2.0),
        ("run.seats_over", 2.0),
        ("run.status_missed", 0.0),
        ("lesson.gate.seats_taken_max", 12.0),
        ("lesson.announced_window_us", 1.3e6 * 8.0 / 2.0),
        ("lesson.attack.handshakes.403", 9.0),
    ];
    for (name, value) in wanted {
        close(&figures, name, value);
    }
    assert!(!figures.contains_key("run.door.all.outside"), "who is outside twice is not two");
}
