//! What people and programs read of an outcome: JSON, text, and a page that needs nothing but a browser.

mod page;
mod plot;
mod text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use text::text;

use crate::outcome::Outcome;
use crate::run::RunError;

/// Writes the three files, named by the scenario (and the subject, if it is not ours); the page's path.
///
/// # Errors
/// [`RunError::File`].
pub(crate) fn write(outcome: &Outcome, folder: &Path) -> Result<PathBuf, RunError> {
    let stem = match outcome.subject.name.as_str() {
        crate::subject::OURS => outcome.scenario.clone(),
        peer => format!("{}-{peer}", outcome.scenario),
    };
    fs::create_dir_all(folder).map_err(RunError::file(folder))?;
    let save = |ending: &str, text: &str| {
        let path = folder.join(format!("{stem}.{ending}"));
        fs::write(&path, text).map_err(RunError::file(&path))?;
        Ok(path)
    };
    let json = serde_json::to_string_pretty(outcome).map_err(io::Error::from);
    save("json", &json.map_err(RunError::file(folder))?)?;
    save("txt", &text(outcome))?;
    save("html", &page::page(outcome))
}

/// Reads the JSON file.
///
/// # Errors
/// [`RunError::File`].
pub(crate) fn read(path: &Path) -> Result<Outcome, RunError> {
    let text = fs::read(path).map_err(RunError::file(path))?;
    serde_json::from_slice(&text).map_err(io::Error::from).map_err(RunError::file(path))
}

/// Who ran in each round, in order.
fn order(outcome: &Outcome) -> String {
    outcome.order.iter().map(|names| names.join(" ")).collect::<Vec<_>>().join(", ")
}

/// What kinds of things were delivered, as `KIND.ROLE`, with the phase; the arrivals' connections are one.
pub(crate) fn latencies(outcome: &Outcome) -> Vec<(&str, &str)> {
    let names = outcome.figures.keys().filter_map(|name| name.strip_suffix(".p99_us"));
    let mut rows: Vec<(&str, &str)> = names.filter_map(|name| name.split_once('.')).collect();
    let order = |phase: &str| outcome.phases.iter().position(|span| span.name == phase);
    rows.sort_by_key(|(phase, kind)| (order(phase), *kind));
    rows
}

#[cfg(test)]
mod tests;
