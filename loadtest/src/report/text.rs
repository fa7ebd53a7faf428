//! The report as a terminal shows it.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::numbers::{bytes, count, figure};
use crate::outcome::{Judged, Outcome};

/// Figures of a phase that people look for first.
const FIGURES: [&str; 12] = [
    "cpu_us_per_seat",
    "connections",
    "cpu_us_per_connection",
    "connections_per_cpu_second_over_baseline",
    "failed",
    "deliveries",
    "missing",
    "deliveries_per_second",
    "cpu_us_per_delivery",
    "cpu_us_per_delivery_over_baseline",
    "cpu_share",
    "rss_bytes",
];

/// The whole report.
pub(crate) fn text(outcome: &Outcome) -> String {
    let red = outcome.gates.iter().filter(|gate| !gate.held).count();
    let verdict = match red {
        0 => "all gates held".to_owned(),
        1 => "1 gate is red".to_owned(),
        red => format!("{red} gates are red"),
    };
    let mut text = format!("{} · {}\n{}\n\n", outcome.scenario, verdict, outcome.about);
    subjects(outcome, &mut text);
    let _ = writeln!(text, "\n{}\n\n{}\n\n{}", gates(outcome), phases(outcome), latencies(outcome));
    let found = &outcome.verdict;
    let _ = writeln!(
        text,
        "\noracle: {} deliveries judged, {} gaps, {} duplicates, {} out of order, {} leaks",
        count(found.judged),
        count(found.gaps),
        count(found.duplicates),
        count(found.disorders),
        count(found.leaks)
    );
    for example in &found.examples {
        let _ = writeln!(text, "  {example}");
    }
    for (code, times) in &outcome.errors {
        let _ = writeln!(text, "error: {code} × {}", count(*times));
    }
    for doubt in &outcome.doubts {
        let _ = writeln!(text, "doubt: {doubt}");
    }
    text
}

fn subjects(outcome: &Outcome, text: &mut String) {
    let machine = &outcome.machine;
    for (word, subject) in [("subject ", Some(&outcome.subject)), ("baseline", outcome.baseline.as_ref())] {
        if let Some(subject) = subject {
            let _ = writeln!(text, "{word} {} {} ({})", subject.name, subject.version, subject.note);
        }
    }
    if outcome.baseline.is_some() {
        let _ = writeln!(text, "order    {}", super::order(outcome));
    }
    let _ = writeln!(
        text,
        "machine  {}, {} CPUs, {}, Linux {}, commit {}, seed {}, {}",
        machine.cpu,
        machine.cores,
        bytes(machine.memory_bytes as f64),
        machine.kernel,
        machine.commit,
        outcome.seed,
        outcome.began_at
    );
}

fn table(headers: &[&str], rows: impl Iterator<Item = Vec<String>>, left: usize) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(headers);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn gates(outcome: &Outcome) -> Table {
    let row = |gate: &Judged| {
        let held = if gate.held { "held" } else { "RED" };
        let value = gate.value.map_or("not measured".to_owned(), |value| figure(&gate.figure, value));
        vec![held.into(), gate.figure.clone(), value, threshold(gate), gate.why.clone()]
    };
    table(&["gate", "figure", "is", "may be", "why"], outcome.gates.iter().map(row), usize::MAX)
}

/// What a gate asks.
pub(super) fn threshold(gate: &Judged) -> String {
    let max = gate.max.map(|max| format!("≤ {}", figure(&gate.figure, max)));
    let min = gate.min.map(|min| format!("≥ {}", figure(&gate.figure, min)));
    [min, max].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The phases, with those of the figures that any of them has.
fn phases(outcome: &Outcome) -> Table {
    let value = |phase: &str, name: &str| {
        let name = format!("{phase}.{name}");
        outcome.figures.get(&name).map(|value| figure(&name, value.median))
    };
    let has = |name: &&str| outcome.phases.iter().any(|span| value(&span.name, name).is_some());
    let shown: Vec<&str> = FIGURES.into_iter().filter(has).collect();
    let headers: Vec<&str> = std::iter::once("phase").chain(shown.iter().copied()).collect();
    let rows = outcome.phases.iter().map(|span| {
        let values = shown.iter().map(|name| value(&span.name, name).unwrap_or_else(|| "–".to_owned()));
        std::iter::once(span.name.clone()).chain(values).collect()
    });
    table(&headers, rows, 1)
}

fn latencies(outcome: &Outcome) -> Table {
    const ENDS: [&str; 5] = ["p50_us", "p90_us", "p99_us", "p999_us", "max_us"];
    let rows = super::latencies(outcome).into_iter().map(|(phase, kind)| {
        let value = |end: &str| {
            let name = format!("{phase}.{kind}.{end}");
            outcome.figures.get(&name).map_or("–".to_owned(), |value| figure(&name, value.median))
        };
        [phase.to_owned(), kind.to_owned()].into_iter().chain(ENDS.map(value)).collect()
    });
    table(&["phase", "latency of", "p50", "p90", "p99", "p99.9", "max"], rows, 2)
}
