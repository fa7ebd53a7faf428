//! The subcommands of `preau`: one file each.
//!
//! A command parses its arguments, calls the modules that do the work, and prints. It prints through writers that it is
//! handed, so that a test reads what a user would.

pub mod account;
pub mod backup;
pub mod calendar;
pub mod config;
mod copying;
pub mod demo;
pub mod openapi;
pub mod ops;
pub mod report;
pub mod restore;
pub mod roster;
pub mod serve;
pub mod token;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::rosters;
use crate::base::Clock as _;
use crate::base::clock::SystemClock;
use crate::config::Config;
use roster::Streams;

/// A real-time classroom hub.
#[derive(Debug, Parser)]
#[command(name = "preau", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a hub for real schools.
    Serve(serve::ServeArgs),
    /// Run a hub with a made-up lycée, to look around.
    Demo(demo::DemoArgs),
    /// Mint a bearer token of the embedded issuer.
    Token(token::TokenArgs),
    /// Look at configuration files.
    Config(config::ConfigArgs),
    /// Check a roster's files, or generate some.
    Roster(roster::RosterArgs),
    /// Ask the calendar who may come in when, or check its files.
    Calendar(calendar::CalendarArgs),
    /// Watch and run a hub: its seats, its limits, who comes in.
    Ops(ops::OpsArgs),
    /// Report on a day or a week: reliability, peaks, visits, refusals.
    Report(report::ReportArgs),
    /// Export or erase what is kept about one account.
    Account(account::AccountArgs),
    /// Copy the store, while the hub runs or not.
    Backup(backup::Args),
    /// Make a store from a backup, with a new epoch.
    Restore(restore::Args),
    /// Print the OpenAPI document of the HTTP interface.
    Openapi,
}

impl Cli {
    /// Whether the command is a hub, which lives long and has many threads.
    pub fn runs_a_hub(&self) -> bool {
        matches!(self.command, Command::Serve(_) | Command::Demo(_))
    }
}

/// Runs a command: its result goes to `out`, progress and failures to `err`.
///
/// # Errors
/// Those of the two writers.
pub fn run(cli: Cli, streams: Streams<'_>) -> io::Result<ExitCode> {
    let Streams { out, err, out_is_terminal, .. } = streams;
    match cli.command {
        Command::Serve(args) => serve::run(&args, out, err),
        Command::Demo(args) => demo::run(&args, out, err),
        Command::Token(args) => token::run(&args, out, err),
        Command::Config(args) => config::run(&args, out, err),
        Command::Roster(args) => {
            let zone = rosters::zone(&Config::default());
            let today = rosters::today(SystemClock::start().school(), &zone);
            let streams = Streams { out, err, ..streams };
            roster::run(&args, today, streams)
        }
        Command::Calendar(args) => calendar::run(&args, SystemClock::start().school(), out, err),
        Command::Ops(args) => outcome(ops::run(&args, out, out_is_terminal), err),
        Command::Report(args) => outcome(report::run(&args, out), err),
        Command::Account(args) => outcome(account::run(&args, out), err),
        Command::Backup(args) => outcome(backup::run(&args, out), err),
        Command::Restore(args) => outcome(restore::run(&args, out), err),
        Command::Openapi => openapi::run(out, err),
    }
}

fn outcome<E: std::fmt::Display>(result: Result<(), E>, err: &mut dyn Write) -> io::Result<ExitCode> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => fail(err, &error),
    }
}

/// Says why a command failed; the exit code of a failure.
fn fail(err: &mut dyn Write, why: &dyn std::fmt::Display) -> io::Result<ExitCode> {
    writeln!(err, "preau: {why}")?;
    Ok(ExitCode::FAILURE)
}
