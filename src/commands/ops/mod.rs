//! `preau ops`: an operator watches and runs a hub on this machine, over its own listener.

mod desk;
mod status;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::base::AccountId;
use desk::{Desk, DeskError};

/// Watch and run a hub: its seats, its limits, who comes in.
///
/// The hub's data folder says where it listens and holds the secret that opens it: whoever may read that folder is an
/// operator. What is changed takes effect at once and is written into the audit log, with who and why.
#[derive(Debug, Args)]
pub struct OpsArgs {
    /// The hub's data folder.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// The hub's configuration file, if it names another data folder.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Who asks, for the audit log; the name of the machine's user if not given.
    #[arg(long = "as", global = true, value_parser = AccountId::parse)]
    who: Option<AccountId>,
    /// The answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    errand: Errand,
}

#[derive(Debug, Subcommand)]
enum Errand {
    /// How the hub stands.
    Status,
}

/// Runs the command.
///
/// # Errors
/// See [`DeskError`]; each says what to do.
pub fn run(args: &OpsArgs, out: &mut dyn Write) -> Result<(), DeskError> {
    let desk = Desk::find(args)?;
    match &args.errand {
        Errand::Status => status::run(&desk, args.json, out),
    }
}
