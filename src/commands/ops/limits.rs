//! `preau ops limits`: which limits hold, who would have been refused by others, and others.

use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};

use super::desk::{Desk, DeskError};
use super::picture::{number, text, thousands};
use crate::commands::roster::table;

/// Show limits, or change them.
#[derive(Debug, Args)]
pub(super) struct LimitsArgs {
    /// A limit and its new value, such as `seats_max=15000`, `shares.student=350` or `flow.max=400`; `seats_max=default` gives
    /// it back to the configuration. May be given several times.
    #[arg(long, value_parser = assignment, requires = "why")]
    set: Vec<(String, Value)>,
    /// The reason, for the audit log.
    #[arg(long)]
    why: Option<String>,
    /// Only say who would have been refused. This too is written into the audit log.
    #[arg(long, requires = "set")]
    dry_run: bool,
}

fn assignment(text: &str) -> Result<(String, Value), String> {
    let (path, value) = text.split_once('=').ok_or("a limit and its value are joined by =")?;
    let value = match value {
        "default" => Value::Null,
        value => serde_json::from_str(value).map_err(|_| "a limit's value is a number, or default")?,
    };
    Ok((path.trim().to_owned(), value))
}

/// Runs the command.
pub(super) fn run(
    desk: &Desk,
    args: &LimitsArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let Some(why) = args.why.as_ref().filter(|_| !args.set.is_empty()) else {
        let limits = desk.get("/v1/operator/limits")?;
        return if is_json { Ok(writeln!(out, "{limits}")?) } else { show(&limits, out) };
    };
    let set: Map<String, Value> = args.set.iter().cloned().collect();
    let change = desk.order("limits", args.dry_run, &json!({ "why": why, "set": set }))?;
    if is_json {
        return Ok(writeln!(out, "{change}")?);
    }
    let done = if args.dry_run { "Nothing was changed." } else { "In force." };
    writeln!(out, "{done} Audit entry {}.", number(&change["entry"]))?;
    tell(&change["trial"], out)
}

fn show(limits: &Value, out: &mut dyn Write) -> Result<(), DeskError> {
    let mut rows = Vec::new();
    flatten(String::new(), &limits["limits"], &mut rows);
    let mut table = table(["limit", "value", ""]);
    for (path, value) in rows {
        let note = if limits["set"].get(&path).is_some() { "set by operators" } else { "" };
        table.add_row([path, value, note.to_owned()]);
    }
    Ok(writeln!(out, "{table}")?)
}

/// Every limit by its path, as `--set` takes it.
fn flatten(path: String, value: &Value, rows: &mut Vec<(String, String)>) {
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| flatten(within(name), value, rows));
        }
        Value::Array(classes) => {
            let names = crate::admission::Class::ALL.map(crate::admission::Class::as_str);
            names.into_iter().zip(classes).for_each(|(name, value)| flatten(within(name), value, rows));
        }
        value => rows.push((path, text(value))),
    }
}

/// Says who would have been refused.
fn tell(trial: &Value, out: &mut dyn Write) -> Result<(), DeskError> {
    writeln!(
        out,
        "With these limits there are {} seats. Refused would be, of those",
        thousands(number(&trial["seats"]))
    )?;
    let mut table = table(["class", "nominal", "who are here", "who wait", "of the last minute"]);
    for class in trial["classes"].as_array().into_iter().flatten() {
        let part = |all: &str| {
            let refused = number(&class[format!("{all}_refused")]);
            format!("{} of {}", thousands(refused), thousands(number(&class[all])))
        };
        table.add_row([
            text(&class["class"]),
            thousands(number(&class["nominal"])),
            part("held"),
            part("waiting"),
            part("asked"),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(writeln!(out, "Whoever is here stays: a change sends nobody away.")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Settings;

    #[test]
    fn a_limit_is_set_by_its_path() {
        assert_eq!(assignment("seats_max=15000"), Ok(("seats_max".into(), json!(15000))));
        assert_eq!(
            assignment("watermarks.psi_part.low=0.2"),
            Ok(("watermarks.psi_part.low".into(), json!(0.2)))
        );
        assert_eq!(assignment("seats_max=default"), Ok(("seats_max".into(), Value::Null)));
        assert!(assignment("seats_max").is_err() && assignment("seats_max=many").is_err());
    }

    #[test]
    fn every_limit_is_shown_by_the_path_that_sets_it() {
        let mut rows = Vec::new();
        flatten(String::new(), &json!(Settings::default()), &mut rows);
        let value = |path: &str| rows.iter().find(|(name, _)| name == path).map(|(_, value)| value.as_str());
        assert_eq!(value("shares.student_live"), Some("400"));
        assert_eq!(value("flow.max"), Some("2000"));
        assert_eq!(value("seats_max"), Some("0"));
    }
}
