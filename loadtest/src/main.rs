//! The load test: it knows the hub by its wire alone and never imports it, so that it notices when the wire drifts.

mod alarm;
mod apart;
mod arrivals;
mod attack;
mod author;
mod breath;
mod client;
mod clock;
mod compare;
mod counts;
mod crew;
mod desk;
mod dialect;
mod door;
mod doubts;
mod drive;
mod dues;
mod envelope;
mod figures;
mod floor;
mod flows;
mod follower;
mod frame;
mod gate;
mod golden;
mod guest;
mod histograms;
mod http;
mod lesson;
mod limits;
mod link;
mod machine;
mod moment;
mod numbers;
mod oracle;
mod orders;
mod outcome;
mod pass;
mod progress;
mod publisher;
mod pupil;
mod recorder;
mod report;
mod run;
mod sampler;
mod scenario;
mod scene;
mod school;
mod status;
mod subject;
mod timeline;
mod token;
mod toll;
mod wire;
mod witness;
mod worker;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Parser, Subcommand};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::compare::{CompareArguments, CompareError, Servers};
use crate::run::{RunArguments, RunError};
use crate::toll::DoorArguments;

/// Loads a hub as classes of pupils would.
#[derive(Parser)]
#[command(name = "preau-loadtest", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares the hub with other servers on the same work, and writes the page of benchmarks.
    Compare(CompareArguments),
    /// Runs a scenario; the exit code says whether its gates held.
    Run(RunArguments),
    /// Measures what the door costs: an admission, a refusal, a poll; the exit code says whether P8 is met.
    Door(DoorArguments),
    /// Lists the scenarios with what they ask.
    List,
    /// Writes the text and the page of a report again, from its JSON.
    Report {
        /// The JSON file.
        file: PathBuf,
    },
    /// Writes the school, the keys and the configuration of a scenario, for a hub that somebody starts elsewhere.
    Prepare {
        /// A name under loadtest/scenarios, or a path.
        scenario: String,
        /// The folder to write.
        folder: PathBuf,
    },
    /// Checks that this program still speaks the wire that the golden frames hold.
    Golden {
        /// The folder of the golden frames.
        #[arg(default_value = "tests/fixtures/protocol")]
        folder: PathBuf,
    },
    /// The raw send floor, which `compare` starts for itself: prints its port, serves until it is ended.
    #[command(hide = true)]
    Floor {
        /// A new file that everything is committed to before it is sent.
        #[arg(long)]
        journal: Option<PathBuf>,
    },
    /// One load process, which a run starts: reads orders on standard input and writes news to standard output.
    #[command(hide = true)]
    Worker,
}

fn main() -> io::Result<ExitCode> {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run(&arguments),
        Command::Door(arguments) => door(&arguments),
        Command::List => list(),
        Command::Report { file } => report(&file),
        Command::Prepare { scenario, folder } => prepare(&scenario, &folder),
        Command::Golden { folder } => return golden(&folder),
        Command::Floor { journal } => return serve_floor(journal.as_deref()),
        Command::Worker => return work(),
        Command::Compare(arguments) => return compare(&arguments),
    };
    done.or_else(|error| {
        writeln!(io::stderr(), "{error}")?;
        // 1 says that a gate is red; 2, as for a wrong command line, that there is no answer.
        Ok(ExitCode::from(2))
    })
}

fn serve_floor(journal: Option<&Path>) -> io::Result<ExitCode> {
    let mut floor = floor::Floor::bind(journal)?;
    writeln!(io::stdout(), "port {}", floor.address()?.port())?;
    loop {
        floor.turn(None)?;
    }
}

/// What turns true when somebody asks this program to end.
fn stop() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// 0 if the hub and the floor have all their figures, 1 if one of them failed, 2 if there is no comparison.
fn compare(arguments: &CompareArguments) -> io::Result<ExitCode> {
    let compared = stop()
        .map_err(CompareError::from)
        .and_then(|stop| compare::run(arguments, &mut Servers::new(arguments, stop)));
    match compared {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(error) => {
            writeln!(io::stderr(), "{error}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn work() -> io::Result<ExitCode> {
    match worker::run_as_command() {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            writeln!(io::stderr(), "{error}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn run(arguments: &RunArguments) -> Result<ExitCode, RunError> {
    let stop = stop().map_err(RunError::file(Path::new("signals")))?;
    let outcome = run::run(arguments, &stop)?;
    let page = report::write(&outcome, &arguments.out)?;
    say(&format!("{}\n{}", report::text(&outcome), page.display()))?;
    let red = outcome.gates.iter().any(|gate| !gate.held);
    Ok(if red { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn door(arguments: &DoorArguments) -> Result<ExitCode, RunError> {
    Ok(if toll::run(arguments)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list() -> Result<ExitCode, RunError> {
    for path in scenario::list()? {
        let scenario = scenario::read(&path)?;
        say(&format!("{:14} {}", scenario.name, scenario.about))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn report(file: &Path) -> Result<ExitCode, RunError> {
    let outcome = report::read(file)?;
    let page = report::write(&outcome, file.parent().unwrap_or(Path::new(".")))?;
    say(&format!("{}\n{}", report::text(&outcome), page.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn prepare(scenario: &str, folder: &Path) -> Result<ExitCode, RunError> {
    let scenario = scenario::read(&scenario::find(scenario)?)?;
    subject::prepare(&scenario, folder).map_err(RunError::file(folder))?;
    let key = folder.join(subject::KEY_FILE);
    say(&format!(
        "preau serve --config {}\npreau-loadtest run {} --target ADDRESS --pid PID --key {}",
        folder.join("preau.toml").display(),
        scenario.name,
        key.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> Result<(), RunError> {
    writeln!(io::stdout(), "{text}").map_err(RunError::file(Path::new("standard output")))
}

fn golden(folder: &Path) -> io::Result<ExitCode> {
    match golden::check(folder) {
        Ok(count) => {
            writeln!(io::stdout(), "{count} golden frames, no drift")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(drifts) => {
            for drift in drifts {
                writeln!(io::stderr(), "{drift}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
