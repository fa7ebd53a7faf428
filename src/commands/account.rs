//! `preau account`: all that a running hub keeps about one account, exported or erased.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ops::HubArgs;
use super::ops::desk::{Desk, DeskError};
use crate::base::AccountId;

/// Export or erase what is kept about one account.
///
/// The hub must be running; like `preau ops`, this takes whoever may read its data folder for an operator.
#[derive(Debug, Args)]
pub struct AccountArgs {
    #[command(flatten)]
    hub: HubArgs,
    #[command(subcommand)]
    errand: Errand,
}

#[derive(Debug, Subcommand)]
enum Errand {
    /// Everything about an account as JSON: what the roster says, publications, receipts, marks, preferences, links.
    Export {
        /// The account's identifier.
        #[arg(value_parser = AccountId::parse)]
        account: AccountId,
        /// The reason, for the audit log.
        #[arg(long)]
        why: String,
        /// The file to write; the terminal if not given.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Erase an account: publications keep their places without author and words, everything else goes.
    Erase {
        /// The account's identifier, in the roster or not any more.
        #[arg(value_parser = AccountId::parse)]
        account: AccountId,
        /// The reason, for the audit log. Name nobody.
        #[arg(long)]
        why: String,
        /// Only count what would go. This too is written into the audit log.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// See the errors of asking a hub; each says what to do.
pub fn run(args: &AccountArgs, out: &mut dyn Write) -> Result<(), DeskError> {
    let desk = Desk::find(&args.hub)?;
    match &args.errand {
        Errand::Export { account, why, out: file } => {
            let body = json!({ "account": account, "why": why });
            let change = desk.order("accounts/export", false, &body)?;
            let text = format!("{:#}\n", change["trial"]);
            match file {
                Some(file) => Ok(fs::write(file, text)?),
                None => Ok(out.write_all(text.as_bytes())?),
            }
        }
        Errand::Erase { account, why, dry_run } => {
            let body = json!({ "account": account, "why": why });
            let change = desk.order("accounts/erase", *dry_run, &body)?;
            let done = if *dry_run { "Nothing was changed. There is:" } else { "Erased:" };
            writeln!(out, "{done}")?;
            let counts = change["after"].as_object().into_iter().flatten();
            for (what, rows) in counts.filter(|(_, rows)| **rows != Value::Null) {
                writeln!(out, "  {rows} {what}")?;
            }
            Ok(writeln!(out, "Audit entry {}.", change["entry"])?)
        }
    }
}
