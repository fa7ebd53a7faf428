//! `preau serve`: a hub for real schools.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{fail, outcome};
use crate::app::{self, Addresses, Plan};
use crate::config::Config;

/// Run a hub for real schools.
///
/// SIGTERM or Ctrl-C drains it: clients are told when to come back, and what was acknowledged is stored.
/// SIGHUP reads the calendar and the roster again.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration file; `config/preau.toml` documents every key. Without one the defaults hold, and in either
    /// case the environment (`PREAU_ADDR`, `PREAU_HUB__SHARDS`, …) wins.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Known here only to be refused with a reason.
    #[arg(long, hide = true)]
    school_time: Option<String>,
    /// As above.
    #[arg(long, hide = true)]
    speed: Option<String>,
}

const CLOCK_REFUSED: &str = "`serve` goes by the machine's clock: real classes would see wrong dates, and publications \
                             would be removed at the wrong time. --school-time and --speed are for `preau demo`.";

/// Runs the command.
///
/// # Errors
/// Those of the two writers.
pub fn run(args: &ServeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    if args.school_time.is_some() || args.speed.is_some() {
        writeln!(err, "preau: {CLOCK_REFUSED}")?;
        return Ok(ExitCode::from(2));
    }
    let config = match Config::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return fail(err, &error),
    };
    app::log::start(config.log);
    let mut told = Ok(());
    let ended = app::run(Plan { config, demo: None }, |Addresses { public, .. }| {
        told = writeln!(out, "http://{public}").and_then(|()| out.flush());
    });
    told?;
    outcome(ended, err)
}
