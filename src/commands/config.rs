//! `preau config check`: reads a configuration file and says everything that is wrong with it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::fail;
use crate::config::Config;

/// Look at configuration files.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say everything that is wrong with a file. The environment is left out of it.
    Check {
        /// The file.
        path: PathBuf,
    },
}

/// Runs the command. The exit code is 0, or 1 if the file is wrong.
///
/// # Errors
/// Those of the two writers.
pub fn run(args: &ConfigArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    let Command::Check { path } = &args.command;
    match Config::load_file(path) {
        Ok(_) => {
            writeln!(out, "{} is right.", path.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => fail(err, &error),
    }
}
