//! The comparison on a terminal.

use std::fmt::Write as _;

use comfy_table::{Table, presets};

use super::comparison::{Cell, Comparison};
use super::question::{Question, questions};
use crate::numbers;
use crate::outcome::Figure;

/// One table per scenario, and what is missing.
pub(crate) fn table(comparison: &Comparison) -> String {
    let mut text = String::new();
    for scenario in &comparison.scenarios {
        let questions = questions(scenario);
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(
            std::iter::once(scenario.name.clone()).chain(questions.iter().map(|q| q.title.clone())),
        );
        for subject in &comparison.subjects {
            let cell = comparison.cell(&scenario.name, &subject.name);
            let values = questions.iter().map(|question| entry(question, &cell, "\n"));
            table.add_row(std::iter::once(subject.name.clone()).chain(values));
        }
        let _ = writeln!(text, "{table}\n");
    }
    let _ = writeln!(
        text,
        "median [least–greatest] of {} rounds; × is the ratio to the floor in the same round",
        comparison.rounds
    );
    for run in comparison.failures() {
        let reason = run.failure.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "failed: {} on {} in round {}: {reason}",
            run.scenario,
            run.subject,
            run.round + 1
        );
    }
    for absent in &comparison.absent {
        let _ = writeln!(text, "missing: {}: {}", absent.name, absent.remedy);
    }
    text
}

/// A value with its spread, and its ratio to the floor with its spread.
pub(crate) fn entry(question: &Question, cell: &Cell, between: &str) -> String {
    let Some(value) = cell.value(&question.figure) else {
        return "–".to_owned();
    };
    let value = spread(value, |number| numbers::figure(&question.figure, number));
    match cell.over_floor(&question.figure) {
        Some(ratio) => {
            format!("{value}{between}{}", spread(ratio, |number| format!("{} ×", numbers::digits(number))))
        }
        None => value,
    }
}

fn spread(figure: Figure, words: impl Fn(f64) -> String) -> String {
    let (median, least, greatest) = (words(figure.median), words(figure.least), words(figure.greatest));
    if least == greatest { median } else { format!("{median} [{least}–{greatest}]") }
}
