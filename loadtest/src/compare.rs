//! The same work on the hub and on its peers, in turns: in each round each scenario meets every subject, one after the
//! other, so that a noisy neighbour meets them all. What is printed and written is made of [`Comparison`] alone.

mod abilities;
mod comparison;
mod page;
mod picture;
mod question;
mod servers;
mod table;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::gate;
use crate::limits::ROUNDS_MAX;
use crate::machine::machine;
use crate::outcome::Outcome;
use crate::scenario::{Scenario, ScenarioError, find, read};
use comparison::{Absent, Comparison, Run};
pub(crate) use servers::Servers;

/// Part of the connections and rates that a quick comparison has.
const QUICK_SCALE: f64 = 0.28;
/// Seconds of a phase, which every server goes through in every round.
const PHASE_SECONDS_MAX: f64 = 6.0;
/// The picture, beside the page.
const PICTURE: &str = "pictures/benchmarks.svg";

/// What to compare, and where to write it.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArguments {
    /// A quarter of the connections, and one round unless `--rounds` says otherwise.
    #[arg(long)]
    quick: bool,
    /// Rounds; each meets every subject with every scenario.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(ROUNDS_MAX)))]
    rounds: Option<u32>,
    /// The subjects, in the order of the tables.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "floor,commit-floor,preau,nchan,ws,nats,axum,sockudo"
    )]
    subjects: Vec<String>,
    /// The scenarios.
    #[arg(long, value_delimiter = ',', default_value = "idle,fanout,burst,classroom")]
    scenarios: Vec<String>,
    /// The page to write; its picture goes into `pictures/` beside it.
    #[arg(long, default_value = "docs/BENCHMARKS.md")]
    out: PathBuf,
    /// Where to keep what was measured.
    #[arg(long, default_value = "target/comparison.json")]
    json: PathBuf,
    /// The hub's binary.
    #[arg(long, default_value = "target/release/preau")]
    hub: PathBuf,
    /// The server on CPU 0 and the clients on CPU 1.
    #[arg(long)]
    pin: bool,
    /// Measures nothing, and writes the page again from such a file.
    #[arg(long)]
    from: Option<PathBuf>,
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    /// A scenario can't be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file can't be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file holds no comparison.
    #[error("{}: {error}", path.display())]
    Shape {
        /// Which.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// Nothing can be told of it.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// Somebody asked it to end.
    #[error("interrupted")]
    Interrupted,
}

/// Why one subject has no figures for one scenario.
#[derive(Debug)]
pub(crate) enum Unmeasured {
    /// It is not on this machine; what to do about it.
    Missing(String),
    /// It was tried.
    Failed(String),
    /// Somebody asked the run to end.
    Interrupted,
}

/// Measures one scenario, once, on one subject.
pub(crate) trait Measure {
    /// One round without a baseline.
    fn measure(&mut self, subject: &str, scenario: &Scenario) -> Result<Outcome, Unmeasured>;
}

/// Compares, or reads what was compared, and writes the page; whether the hub and the floor have all their figures.
///
/// # Errors
/// [`CompareError`].
pub(crate) fn run(arguments: &CompareArguments, measure: &mut impl Measure) -> Result<bool, CompareError> {
    let comparison = match &arguments.from {
        Some(path) => load(path)?,
        None => compare(arguments, measure)?,
    };
    write(&arguments.out, &page::page(&comparison, PICTURE))?;
    let picture = arguments.out.with_file_name(PICTURE);
    write(&picture, &picture::picture(&comparison))?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", table::table(&comparison))?;
    writeln!(stdout, "page: {}", arguments.out.display())?;
    Ok(comparison.failures().all(|run| !matches!(run.subject.as_str(), comparison::FLOOR | comparison::OURS)))
}

fn compare(arguments: &CompareArguments, measure: &mut impl Measure) -> Result<Comparison, CompareError> {
    let scenarios: Result<Vec<_>, _> =
        arguments.scenarios.iter().map(|name| find(name).and_then(|path| read(&path))).collect();
    let scenarios: Vec<Scenario> =
        scenarios?.into_iter().map(|scenario| work(scenario, arguments.quick)).collect();
    let rounds = arguments.rounds.unwrap_or(if arguments.quick { 1 } else { 3 });
    let mut comparison = Comparison {
        began_at: jiff::Timestamp::now().to_string(),
        quick: arguments.quick,
        rounds,
        machine: machine(),
        scenarios,
        subjects: Vec::new(),
        absent: Vec::new(),
        runs: Vec::new(),
    };
    for round in 0..rounds {
        for scenario in comparison.scenarios.clone() {
            for subject in turns(&arguments.subjects, round) {
                one(&mut comparison, round, &scenario, subject, measure)?;
            }
        }
        // Each round, so that what was measured outlives what follows.
        let text = serde_json::to_string_pretty(&comparison)
            .map_err(|error| CompareError::Shape { path: arguments.json.clone(), error })?;
        write(&arguments.json, &text)?;
    }
    comparison
        .subjects
        .sort_by_key(|subject| arguments.subjects.iter().position(|name| *name == subject.name));
    let text = serde_json::to_string_pretty(&comparison)
        .map_err(|error| CompareError::Shape { path: arguments.json.clone(), error })?;
    write(&arguments.json, &text)?;
    Ok(comparison)
}

/// One scenario on one subject.
fn one(
    comparison: &mut Comparison,
    round: u32,
    scenario: &Scenario,
    subject: &str,
    measure: &mut impl Measure,
) -> Result<(), CompareError> {
    if comparison.absent.iter().any(|absent| absent.name == subject) {
        return Ok(());
    }
    writeln!(io::stderr(), "round {} of {}: {} on {subject}", round + 1, comparison.rounds, scenario.name)?;
    let mut run = Run {
        round,
        scenario: scenario.name.clone(),
        subject: subject.to_owned(),
        figures: std::collections::BTreeMap::new(),
        doubts: Vec::new(),
        failure: None,
    };
    match measure.measure(subject, scenario) {
        Ok(outcome) => {
            if comparison.subjects.iter().all(|known| known.name != outcome.subject.name) {
                comparison.subjects.push(outcome.subject);
            }
            run.figures =
                outcome.figures.iter().map(|(name, figure)| (name.clone(), figure.median)).collect();
            run.doubts = outcome.doubts;
            run.failure = gate::fault(&run.figures);
        }
        Err(Unmeasured::Missing(remedy)) => {
            comparison.absent.push(Absent { name: subject.to_owned(), remedy });
            return Ok(());
        }
        Err(Unmeasured::Failed(reason)) => run.failure = Some(reason),
        Err(Unmeasured::Interrupted) => return Err(CompareError::Interrupted),
    }
    if let Some(failure) = &run.failure {
        writeln!(io::stderr(), "  failed: {failure}")?;
    }
    comparison.runs.push(run);
    Ok(())
}

/// The subjects in the order of a round: each round begins with the next, so that none is always first.
fn turns(subjects: &[String], round: u32) -> impl Iterator<Item = &String> {
    let first = round as usize % subjects.len().max(1);
    subjects.iter().cycle().skip(first).take(subjects.len())
}

/// What a scenario is for everybody: rounds and ratios are the comparison's, and peers have no gates.
fn work(mut scenario: Scenario, quick: bool) -> Scenario {
    scenario.rounds = 1;
    scenario.baseline = None;
    scenario.gates.clear();
    if quick {
        scenario = scenario.scaled(QUICK_SCALE);
    }
    for phase in &mut scenario.phases {
        phase.seconds = phase.seconds.min(PHASE_SECONDS_MAX);
    }
    scenario
}

fn load(path: &Path) -> Result<Comparison, CompareError> {
    let text = fs::read(path).map_err(|error| CompareError::File { path: path.to_owned(), error })?;
    serde_json::from_slice(&text).map_err(|error| CompareError::Shape { path: path.to_owned(), error })
}

fn write(path: &Path, text: &str) -> Result<(), CompareError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| CompareError::File { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests;
