//! `preau calendar`: ask who may come in when, and why; check the files that say when holidays are.
//!
//! The rules are the configuration's. What operators have decided over them is asked of the hub that runs, if one does.

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use serde::Serialize;

use super::fail;
use super::ops::HubArgs;
use super::ops::desk::{Desk, DeskError};
use super::roster::table;
use crate::app::calendars;
use crate::base::{OrgId, Role, SchoolTime, limits};
use crate::calendar::{
    Calendar, Explanation, Holiday, Override, Reading, Report, SchoolRef, read_civil, read_holidays,
};
use crate::config::Config;

/// Ask the calendar who may come in when, or check its files.
#[derive(Debug, Args)]
pub struct CalendarArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether a role may come in, why, and when that changes.
    Explain(ExplainArgs),
    /// Read an iCalendar file and say everything that is wrong with it.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// Whose admission.
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
    /// What the school's clock shows, such as 2026-03-29T02:30; now if not given.
    #[arg(long)]
    at: Option<DateTime>,
    /// The school's identifier in the roster; a school without settings of its own if not given.
    #[arg(long)]
    school: Option<String>,
    #[command(flatten)]
    hub: HubArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The file.
    path: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

/// Runs the command. `now` is the school's time.
///
/// The exit code is 0, or 1 if there is no calendar to ask or the file has errors.
///
/// # Errors
/// Those of the two writers.
pub fn run(
    args: &CalendarArgs,
    now: SchoolTime,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<ExitCode> {
    match &args.command {
        Command::Explain(args) => match answers(args, now) {
            Ok(answers) => {
                answers.print(args.json, out)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => fail(err, &why),
        },
        Command::Check(args) => match calendars::bytes(&args.path) {
            Ok(bytes) => check(&bytes, args.json, out),
            Err(error) => fail(err, &error),
        },
    }
}

/// What `explain` prints.
#[derive(Serialize)]
struct Answers {
    role: Role,
    school: Option<OrgId>,
    zone: String,
    /// How often the clock shows the time that was asked for.
    clock: Shown,
    /// How many decisions of operators were laid over the rules; none if no hub could be asked.
    decisions: Option<usize>,
    /// One for each instant that it may mean.
    readings: Vec<Answered>,
    #[serde(skip)]
    note: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Shown {
    Once,
    Twice,
    Never,
}

/// The answers for one instant.
#[derive(Serialize)]
struct Answered {
    admission: Explanation,
    deliveries: Explanation,
    #[serde(skip)]
    note: &'static str,
}

fn answers(args: &ExplainArgs, now: SchoolTime) -> Result<Answers, String> {
    let config = Config::load(args.hub.config()).map_err(|error| error.to_string())?;
    let rules = calendars::load(&config).map_err(|error| error.to_string())?;
    let decided = decided(&args.hub)?;
    let calendar = rules.with_overrides(decided.as_deref().unwrap_or_default());
    let role = Role::ALL.into_iter().find(|role| role.as_str() == args.role);
    let role = role.ok_or("--role is none of the roles")?;
    let school = args.school.as_deref().map(OrgId::parse).transpose();
    let school = school.map_err(|error| format!("--school: {error}"))?;
    let place = school.as_ref().map_or(SchoolRef::NONE, SchoolRef::from);
    let zone = calendar.zone(place).iana_name().unwrap_or("UTC").to_owned();
    let (clock, instants, note) = instants(args.at, now, &calendar, place, &zone)?;
    let answered = |(at, note)| Answered {
        admission: calendar.explain_admission(role, place, at),
        deliveries: calendar.explain_quiet(place, at),
        note,
    };
    let readings = instants.into_iter().map(answered).collect();
    let decisions = decided.map(|decided| decided.len());
    Ok(Answers { role, school, zone, clock, decisions, readings, note })
}

/// What operators have decided at the hub that runs, the newest last; `None` if none does.
fn decided(hub: &HubArgs) -> Result<Option<Vec<Override>>, String> {
    let windows = match Desk::find(hub).and_then(|desk| desk.get("/v1/operator/windows")) {
        Ok(windows) => windows,
        Err(DeskError::NoHub(_) | DeskError::Silent { .. }) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let decided = windows.as_array().into_iter().flatten().map(|window| {
        let mut window = window.clone();
        if let Some(fields) = window.as_object_mut() {
            // What the list has besides, for people.
            fields.retain(|name, _| !matches!(name.as_str(), "number" | "from_clock" | "until_clock"));
        }
        serde_json::from_value(window)
    });
    decided
        .collect::<Result<_, _>>()
        .map(Some)
        .map_err(|error| format!("the hub speaks another language ({error})"))
}

/// What a time may mean, each with a word on it.
type Instants = (Shown, Vec<(SchoolTime, &'static str)>, Option<String>);

fn instants(
    at: Option<DateTime>,
    now: SchoolTime,
    calendar: &Calendar,
    place: SchoolRef<'_>,
    zone: &str,
) -> Result<Instants, String> {
    let Some(civil) = at else {
        return Ok((Shown::Once, vec![(now, "")], None));
    };
    let text = civil.strftime("%Y-%m-%dT%H:%M");
    Ok(match read_civil(civil, calendar.zone(place)).ok_or("--at is too far away")? {
        Reading::Once(at) => (Shown::Once, vec![(at, "")], None),
        Reading::Twice(first, second) => {
            let note = format!("{text} comes twice in {zone}: clocks go back. Both readings:");
            (Shown::Twice, vec![(first, ", the first time"), (second, ", the second time")], Some(note))
        }
        Reading::Never { from, to, before, after } => {
            let (from, to) = (from.strftime("%H:%M"), to.strftime("%H:%M"));
            let note =
                format!("{text} does not exist in {zone}: clocks go from {from} to {to}. Both readings:");
            let readings = vec![
                (before, ", as if clocks had not changed yet"),
                (after, ", as if they had changed before"),
            ];
            (Shown::Never, readings, Some(note))
        }
    })
}

impl Answers {
    fn print(&self, json: bool, out: &mut dyn Write) -> io::Result<()> {
        if json {
            serde_json::to_writer_pretty(&mut *out, self)?;
            return writeln!(out);
        }
        if let Some(note) = &self.note {
            writeln!(out, "{note}\n")?;
        }
        for Answered { admission, deliveries, note } in &self.readings {
            writeln!(out, "{}{note}", admission.at.civil)?;
            print(self.role.as_str(), admission, ["may come in", "may not come in"], out)?;
            print("deliveries", deliveries, ["are made", "wait"], out)?;
        }
        match self.decisions {
            Some(count) => {
                writeln!(out, "Decisions of operators at the running hub that were counted: {count}.")
            }
            None => writeln!(out, "No hub was asked: what its operators have decided is not counted."),
        }
    }
}

fn print(what: &str, told: &Explanation, [yes, no]: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    let verdict = if told.open { yes } else { no };
    match &told.changes_at {
        Some(change) => writeln!(out, "  {what}: {verdict} until {}", change.civil)?,
        None => writeln!(out, "  {what}: {verdict}; no change is in sight")?,
    }
    writeln!(out, "    {}", told.because)
}

/// What `check --json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    holidays: &'a [Holiday],
    #[serde(flatten)]
    report: &'a Report,
}

fn check(bytes: &[u8], json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let (holidays, report) = match read_holidays(bytes) {
        Ok(read) => read,
        Err(report) => (Vec::new(), report),
    };
    let ok = report.is_applicable();
    if json {
        serde_json::to_writer_pretty(&mut *out, &Checked { ok, holidays: &holidays, report: &report })?;
        writeln!(out)?;
    } else {
        print_report(&report, out)?;
        print_holidays(&holidays, out)?;
        let verdict = if ok { "The file can be used." } else { "The file can't be used." };
        writeln!(out, "{} errors, {} warnings. {verdict}", report.errors, report.warnings)?;
    }
    Ok(ExitCode::from(u8::from(!ok)))
}

fn print_report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    let mut table = table(["", "code", "line", "property", "expected"]);
    for diagnostic in &report.diagnostics {
        table.add_row([
            diagnostic.severity.as_str(),
            diagnostic.code.as_str(),
            &diagnostic.line.to_string(),
            diagnostic.property.unwrap_or(""),
            &diagnostic.expected,
        ]);
    }
    writeln!(out, "{table}")?;
    match report.unlisted() {
        0 => Ok(()),
        more => writeln!(out, "and {more} more: the list ends at {}", limits::CALENDAR_DIAGNOSTICS_MAX),
    }
}

fn print_holidays(holidays: &[Holiday], out: &mut dyn Write) -> io::Result<()> {
    if holidays.is_empty() {
        return Ok(());
    }
    let mut table = table(["from", "last day", "name"]);
    for holiday in holidays {
        let written = |date: jiff::civil::Date| date.strftime("%a %Y-%m-%d").to_string();
        let last = holiday.last.map_or_else(|| "not known yet".to_owned(), written);
        table.add_row([written(holiday.from), last, holiday.name.to_string()]);
    }
    writeln!(out, "{table}")
}
