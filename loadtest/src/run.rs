//! A whole load test: rounds of baseline and subject, their figures, the gates, the report.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use jiff::{Timestamp, Unit};

use crate::crew::{CrewError, Launch, workers};
use crate::drive::{Course, DriveError, drive};
use crate::figures::{self, Figures};
use crate::gate;
use crate::histograms::HistogramError;
use crate::limits::ROUNDS_MAX;
use crate::machine;
use crate::orders::{Target, TokenKey, Verdict};
use crate::outcome::{Outcome, Subject};
use crate::pass::{Pass, add_verdict};
use crate::progress::Progress;
use crate::scenario::{self, Scenario, ScenarioError};
use crate::subject::{self, OURS, Setting, StartError};
use crate::{doubts, timeline};

/// What `run` is told.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// A name under loadtest/scenarios, or a path.
    pub(crate) scenario: String,
    /// The server: preau, or a peer.
    #[arg(long, default_value = OURS)]
    subject: String,
    /// The hub's binary.
    #[arg(long, default_value = "target/release/preau")]
    hub: PathBuf,
    /// A hub that runs already, on what `prepare` wrote: its address. It is not started and not ended.
    #[arg(long, requires_all = ["pid", "key"])]
    target: Option<SocketAddr>,
    /// That hub's process, which is measured.
    #[arg(long)]
    pid: Option<u32>,
    /// The key file that `prepare` wrote.
    #[arg(long)]
    key: Option<PathBuf>,
    /// Worker processes.
    #[arg(long)]
    procs: Option<u32>,
    /// A factor on people and rates, for quick runs.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Rounds, instead of the scenario's.
    #[arg(long)]
    rounds: Option<u32>,
    /// What is random is drawn from this.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the reports go.
    #[arg(long, default_value = "target/loadtest")]
    pub(crate) out: PathBuf,
    /// The server on CPU 0 and the clients on CPU 1.
    #[arg(long)]
    pin: bool,
}

/// What a comparison says of how to measure.
#[derive(Debug)]
pub(crate) struct MeasureOptions {
    /// The hub's binary.
    pub(crate) hub: PathBuf,
    /// Where the folders of the servers lie while they run.
    pub(crate) folder: PathBuf,
    /// What is random is drawn from this.
    pub(crate) seed: u64,
    /// The server on CPU 0 and the clients on CPU 1.
    pub(crate) pin: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The command line.
    #[error("{0}")]
    Usage(&'static str),
    /// The server.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The workers.
    #[error(transparent)]
    Crew(#[from] CrewError),
    /// A round.
    #[error("round {round}, {subject}: {error}")]
    Round {
        /// Which.
        round: u32,
        /// Against whom.
        subject: String,
        /// Why.
        error: Box<DriveError>,
    },
    /// The latencies.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// A file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl RunError {
    /// With the file that it is about.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::File { path: path.to_owned(), error }
    }
}

/// One round: the subject, and the baseline if there is one.
struct Round {
    own: Leg,
    base: Option<Leg>,
    /// Who ran, in order.
    order: Vec<String>,
}

/// One server in one round.
struct Leg {
    subject: Subject,
    pass: Pass,
    figures: Figures,
}

/// Runs a scenario to its outcome. `stop` ends it early.
///
/// # Errors
/// [`RunError`]; nothing that was started still runs.
pub(crate) fn run(arguments: &RunArguments, stop: &Arc<AtomicBool>) -> Result<Outcome, RunError> {
    outcome(arguments, &scenario_of(arguments)?, stop)
}

/// Runs a scenario that somebody made, on one subject, as it stands.
///
/// # Errors
/// [`RunError`]; nothing that was started still runs.
pub(crate) fn measure(
    subject: &str,
    scenario: &Scenario,
    options: &MeasureOptions,
    stop: &Arc<AtomicBool>,
) -> Result<Outcome, RunError> {
    let arguments = RunArguments {
        scenario: scenario.name.clone(),
        subject: subject.to_owned(),
        hub: options.hub.clone(),
        target: None,
        pid: None,
        key: None,
        procs: None,
        scale: 1.0,
        rounds: None,
        seed: options.seed,
        out: options.folder.clone(),
        pin: options.pin,
    };
    outcome(&arguments, scenario, stop)
}

fn outcome(
    arguments: &RunArguments,
    scenario: &Scenario,
    stop: &Arc<AtomicBool>,
) -> Result<Outcome, RunError> {
    let began_at = Timestamp::now().round(Unit::Second).unwrap_or_default().to_string();
    let load = machine::load();
    let machine = machine::machine();
    fs::create_dir_all(&arguments.out).map_err(RunError::file(&arguments.out))?;
    let (mut rounds, mut order, mut verdict) = (Vec::new(), Vec::new(), Verdict::default());
    let (mut last, mut baseline) = (None, None);
    for number in 1..=scenario.rounds {
        let round = round(arguments, scenario, number, stop)?;
        add_verdict(&mut verdict, &round.own.pass.verdict);
        rounds.push(round.own.figures.clone());
        order.push(round.order);
        baseline = round.base.map(|base| base.subject);
        last = Some(round.own);
    }
    let Some(last) = last else {
        return Err(RunError::Usage("at least one round is needed"));
    };
    let figures = figures::across(&rounds);
    let errors = last.pass.phases.iter().flat_map(|phase| {
        phase
            .errors()
            .into_iter()
            .map(|(code, count)| (format!("{}.{code}", phase.name), count))
            .collect::<Vec<_>>()
    });
    let errors = errors.collect();
    let doubts = doubts::of(
        &figures,
        &doubts::Conditions {
            scale: arguments.scale,
            rounds: scenario.rounds,
            load,
            cores: machine.cores,
            is_pinned: arguments.pin,
            has_witness: scenario.witness,
        },
    );
    Ok(Outcome {
        scenario: scenario.name.clone(),
        about: scenario.about.clone(),
        began_at,
        seed: arguments.seed,
        machine,
        subject: last.subject,
        gates: gate::judge(&scenario.gates, &figures, baseline.is_some()),
        baseline,
        order,
        phases: timeline::spans(&last.pass),
        series: timeline::series(&last.pass)?,
        figures,
        verdict,
        errors,
        doubts,
    })
}

/// The scenario as the command line wants it.
fn scenario_of(arguments: &RunArguments) -> Result<Scenario, RunError> {
    if !(arguments.scale > 0.0 && arguments.scale <= 100.0) {
        return Err(RunError::Usage("--scale is a factor above 0 and at most 100"));
    }
    if arguments.rounds.is_some_and(|rounds| !(1..=ROUNDS_MAX).contains(&rounds)) {
        return Err(RunError::Usage("--rounds is between 1 and 9"));
    }
    if arguments.target.is_some() && arguments.subject != OURS {
        return Err(RunError::Usage("--target is for préau: peers are started here"));
    }
    let mut scenario = scenario::read(&scenario::find(&arguments.scenario)?)?;
    if (arguments.scale - 1.0).abs() > f64::EPSILON {
        scenario = scenario.scaled(arguments.scale);
    }
    scenario.rounds = arguments.rounds.unwrap_or(scenario.rounds);
    Ok(scenario)
}

/// Runs the subject and its baseline, one after the other. The baseline comes first in every other round, so that neither
/// always meets the machine as the other left it.
fn round(
    arguments: &RunArguments,
    scenario: &Scenario,
    number: u32,
    stop: &Arc<AtomicBool>,
) -> Result<Round, RunError> {
    let base = scenario.baseline.as_deref().filter(|base| *base != arguments.subject);
    let order = turns(&arguments.subject, base, number);
    let (mut own, mut base) = (None, None);
    for name in &order {
        let leg = leg(arguments, scenario, number, name, stop)?;
        if *name == arguments.subject { own = Some(leg) } else { base = Some(leg) }
    }
    let mut own = own.ok_or(RunError::Usage("a subject is needed"))?;
    figures::relate(&mut own.figures, base.as_ref().map(|base| &base.figures), &scenario.gates);
    Ok(Round { own, base, order: order.into_iter().map(str::to_owned).collect() })
}

/// Who runs in a round, in order.
fn turns<'a>(subject: &'a str, baseline: Option<&'a str>, number: u32) -> Vec<&'a str> {
    let mut names: Vec<&str> = baseline.into_iter().chain([subject]).collect();
    if number.is_multiple_of(2) {
        names.reverse();
    }
    names
}

/// Starts a server, drives a run against it, and ends it.
fn leg(
    arguments: &RunArguments,
    scenario: &Scenario,
    round: u32,
    name: &str,
    stop: &Arc<AtomicBool>,
) -> Result<Leg, RunError> {
    let cpus = |cpu: usize| if arguments.pin { vec![cpu] } else { Vec::new() };
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&arguments.out);
    let folder = folder.map_err(RunError::file(&arguments.out))?;
    let mut running = None;
    let (subject, target, pids, operators) = match (arguments.target, arguments.pid, &arguments.key) {
        (Some(address), Some(pid), Some(key)) if name == OURS => {
            (there(address), target(address, key)?, vec![pid], None)
        }
        _ => {
            let setting = Setting {
                scenario,
                folder: folder.path().to_owned(),
                hub: arguments.hub.clone(),
                cpus: cpus(0),
            };
            let started = running.insert(subject::start(name, &setting)?);
            let version = started.version.clone();
            let subject = Subject { name: started.name.into(), version, note: started.note.into() };
            (subject, started.target(), started.pids(), started.operators.clone())
        }
    };
    let program = std::env::current_exe().map_err(RunError::file(Path::new("this program")))?;
    let launch = Launch { program, arguments: vec!["worker".into()], cpus: cpus(1) };
    let course = Course {
        scenario,
        target,
        pids,
        operators,
        seed: arguments.seed.wrapping_add(u64::from(round)),
        launch: &launch,
        workers: workers(scenario, arguments.procs)?,
        witnessed: if scenario.witness { (0..machine::machine().cores).collect() } else { Vec::new() },
        stop: Arc::clone(stop),
    };
    let head = format!("{} · {name} · round {round} of {}", scenario.name, scenario.rounds);
    let pass = drive(&course, &mut Progress::new(head, scenario.phases.len()));
    let pass =
        pass.map_err(|error| RunError::Round { round, subject: name.to_owned(), error: Box::new(error) })?;
    drop(running);
    Ok(Leg { subject, figures: figures::of(&pass), pass })
}

/// What is known of a hub that somebody else started.
fn there(address: SocketAddr) -> Subject {
    Subject {
        name: OURS.into(),
        version: format!("at {address}"),
        note: "started by somebody else, with settings of their own".into(),
    }
}

fn target(address: SocketAddr, key: &Path) -> Result<Target, RunError> {
    let text = fs::read(key).map_err(RunError::file(key))?;
    let tokens: TokenKey =
        serde_json::from_slice(&text).map_err(io::Error::from).map_err(RunError::file(key))?;
    Ok(Target { dialect: OURS.into(), address, publish_address: None, tokens: Some(tokens) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_changes_with_each_round() {
        let rounds: Vec<_> = (1..=3).map(|number| turns("preau", Some("floor"), number)).collect();
        assert_eq!(rounds, [["floor", "preau"], ["preau", "floor"], ["floor", "preau"]]);
        assert_eq!(turns("preau", None, 2), ["preau"]);
    }
}
