//! `preau ops explain`: why somebody gets in, or does not.

use std::io::Write;

use clap::Args;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::desk::{Desk, DeskError};
use super::picture::{number, text, thousands};
use crate::base::AccountId;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The account's identifier in the roster.
    #[arg(value_parser = AccountId::parse)]
    account: AccountId,
}

/// Runs the command.
pub(super) fn run(
    desk: &Desk,
    args: &ExplainArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let account: String = byte_serialize(args.account.as_str().as_bytes()).collect();
    let explained = desk.get(&format!("/v1/operator/explain?account={account}"))?;
    if is_json { Ok(writeln!(out, "{explained}")?) } else { print(&explained, out) }
}

fn print(explained: &Value, out: &mut dyn Write) -> Result<(), DeskError> {
    let verdict = match explained["verdict"].as_str().unwrap_or_default() {
        "enters" => "would come in",
        "waits" => "would wait",
        "suspended" => "is outside its hours",
        "kicked" => "is kept out",
        "cool_down" => "would be asked to wait with a further session",
        "closed" => "would be refused for the load",
        _ => "would be refused, since the hub ends",
    };
    let (account, role, clock) =
        (text(&explained["account"]), text(&explained["role"]), text(&explained["school_clock"]));
    writeln!(out, "{account} ({role}) {verdict}, at school {clock}")?;
    writeln!(out, "  {}", text(&explained["because"]))?;
    if let Some(at) = explained["opens_at_clock"].as_str() {
        writeln!(out, "  it may come in at {at}, and is told so")?;
    }
    for hours in explained["hours"].as_array().into_iter().flatten() {
        let school = hours["school"].as_str().unwrap_or("no school");
        let verb = if hours["open"] == true { "open" } else { "closed" };
        let until = hours["changes_at"]["civil"].as_str().map_or(String::new(), |at| format!(" until {at}"));
        writeln!(out, "  {school}: {verb}{until}\n    {}", text(&hours["because"]))?;
    }
    let gate = &explained["gate"];
    Ok(writeln!(
        out,
        "  seats: it has {} of {}; {} are free for its class, about {} of it wait; load level {}",
        number(&gate["sessions"]),
        number(&gate["sessions_max"]),
        thousands(number(&gate["free"])),
        thousands(number(&gate["waiting"])),
        number(&gate["level"]),
    )?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_screen_says_why_and_until_when() {
        let hours = json!({"school": "lycee", "open": false, "because": "ada has decided.",
            "changes_at": {"civil": "2026-03-27T18:00"}});
        let gate = json!({"sessions": 0, "sessions_max": 2, "free": 1_200, "waiting": 3, "level": 1});
        let explained = json!({"account": "g-1", "role": "guardian", "school_clock": "Fri 08:10", "verdict": "suspended",
            "because": "It is outside its hours.", "opens_at_clock": "Fri 18:07", "hours": [hours], "gate": gate});
        let mut out = Vec::new();
        print(&explained, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "g-1 (guardian) is outside its hours, at school Fri 08:10\n  It is outside its hours.\n  \
             it may come in at Fri 18:07, and is told so\n  lycee: closed until 2026-03-27T18:00\n    ada has decided.\n  \
             seats: it has 0 of 2; 1,200 are free for its class, about 3 of it wait; load level 1\n"
        );
    }
}
