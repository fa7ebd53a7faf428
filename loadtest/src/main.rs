//! The load test: it knows the hub by its wire alone and never imports it, so that it notices when the wire drifts.

#![expect(dead_code, reason = "the contracts come first; what uses them follows")]

mod crew;
mod dialect;
mod drive;
mod figures;
mod gate;
mod golden;
mod histograms;
mod limits;
mod machine;
mod moment;
mod numbers;
mod orders;
mod outcome;
mod pass;
mod progress;
mod sampler;
mod scenario;
mod subject;
mod timeline;
mod wire;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Loads a hub as classes of pupils would.
#[derive(Parser)]
#[command(name = "preau-loadtest", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks that this program still speaks the wire that the golden frames hold.
    Golden {
        /// The folder of the golden frames.
        #[arg(default_value = "tests/fixtures/protocol")]
        folder: PathBuf,
    },
}

fn main() -> io::Result<ExitCode> {
    let Command::Golden { folder } = Arguments::parse().command;
    match golden::check(&folder) {
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
