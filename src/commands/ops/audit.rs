//! `preau ops audit`: who changed what, and why.

use std::io::Write;

use clap::Args;
use serde_json::Value;

use super::desk::{Desk, DeskError};
use super::picture::text;
use crate::commands::roster::table;

/// Read the audit log, the newest first.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Only what is older than this entry.
    #[arg(long)]
    before: Option<u64>,
    /// How many entries, 1 to 200.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Runs the command.
pub(super) fn run(
    desk: &Desk,
    args: &AuditArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let before = args.before.map_or(String::new(), |before| format!("&before={before}"));
    let page = desk.get(&format!("/v1/operator/audit?limit={}{before}", args.limit))?;
    if is_json {
        return Ok(writeln!(out, "{page}")?);
    }
    let mut table =
        table(["entry", "when (UTC)", "who", "what", "where", "outcome", "why", "before", "after"]);
    for entry in page["entries"].as_array().into_iter().flatten() {
        let code = entry["code"].as_str().map_or(String::new(), |code| format!(" ({code})"));
        table.add_row([
            text(&entry["id"]),
            when(&entry["machine_time"]),
            text(&entry["who"]),
            text(&entry["what"]),
            text(&entry["scope"]),
            text(&entry["outcome"]) + &code,
            text(&entry["why"]),
            value(&entry["before"]),
            value(&entry["after"]),
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}

fn when(ms: &Value) -> String {
    let time = ms.as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn value(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}
