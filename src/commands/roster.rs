//! `preau roster`: check a roster's files, or generate some.

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use jiff::civil::Date;
use serde::Serialize;

use crate::base::Role;
use crate::base::limits;
use crate::roster::{Counts, DEMO, Loaded, Progress, Report, Skipped, Spec, generate, read};

/// Check a roster's files, or generate some.
#[derive(Debug, Args)]
pub struct RosterArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read OneRoster files and say everything that is wrong with them.
    Check(CheckArgs),
    /// Write a made-up roster of any size.
    Generate(GenerateArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// A folder, or a zip with the files at its root.
    path: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// The day for which enrolments are judged, YYYY-MM-DD; today if not given.
    #[arg(long)]
    date: Option<Date>,
}

#[derive(Debug, Args)]
struct GenerateArgs {
    /// Where to write: a folder, or a file that ends in .zip.
    #[arg(long)]
    out: PathBuf,
    /// One small lycée with accounts that one can remember, instead of a region.
    #[arg(long)]
    demo: bool,
    /// What everything random is drawn from.
    #[arg(long)]
    seed: Option<u64>,
    /// Schools.
    #[arg(long)]
    schools: Option<usize>,
    /// Students of all schools.
    #[arg(long)]
    students: Option<usize>,
    /// Teachers of all schools.
    #[arg(long)]
    teachers: Option<usize>,
    /// Guardians of all schools.
    #[arg(long)]
    guardians: Option<usize>,
    /// Staff of all schools.
    #[arg(long)]
    staff: Option<usize>,
    /// Operators of the region.
    #[arg(long)]
    operators: Option<usize>,
}

/// Where a command prints.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Failures and progress.
    pub err: &'a mut dyn Write,
    /// Whether somebody watches `out`: only then are there colours.
    pub out_is_terminal: bool,
    /// Whether somebody watches `err`: only then is progress shown.
    pub err_is_terminal: bool,
}

/// Runs the command. `today` is the day on the school's clock.
///
/// The exit code is 0, or 1 if the roster has errors or could not be written.
///
/// # Errors
/// Those of the two writers.
pub fn run(args: &RosterArgs, today: Date, mut streams: Streams<'_>) -> io::Result<ExitCode> {
    match &args.command {
        Command::Check(args) => check(args, today, &mut streams),
        Command::Generate(args) => make(args, &mut streams),
    }
}

/// What `check --json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    counts: Option<Sizes>,
    skipped: Option<Skipped>,
    #[serde(flatten)]
    report: &'a Report,
}

/// [`Counts`] by name.
#[derive(Serialize)]
struct Sizes {
    schools: usize,
    classes: usize,
    homerooms: usize,
    accounts: usize,
    teachers: usize,
    students: usize,
    guardians: usize,
    staff: usize,
    operators: usize,
    enrolments: usize,
    links: usize,
}

impl From<Counts> for Sizes {
    fn from(counts: Counts) -> Self {
        Self {
            schools: counts.schools,
            classes: counts.classes,
            homerooms: counts.homerooms,
            accounts: counts.accounts_total(),
            teachers: counts.of(Role::Teacher),
            students: counts.of(Role::Student),
            guardians: counts.of(Role::Guardian),
            staff: counts.of(Role::Staff),
            operators: counts.of(Role::Operator),
            enrolments: counts.enrolments,
            links: counts.links,
        }
    }
}

fn check(args: &CheckArgs, today: Date, streams: &mut Streams<'_>) -> io::Result<ExitCode> {
    let day = args.date.unwrap_or(today);
    let outcome = read(&args.path, day, &mut |progress| streams.tell("reading", progress));
    streams.clear()?;
    let out = &mut *streams.out;
    let (report, loaded) = match &outcome {
        Ok(loaded) => (&loaded.report, Some(loaded)),
        Err(report) => (report, None),
    };
    if args.json {
        let checked = Checked {
            ok: report.is_applicable(),
            counts: loaded.map(|loaded| loaded.roster.counts().into()),
            skipped: loaded.map(|loaded| loaded.skipped),
            report,
        };
        serde_json::to_writer_pretty(&mut *out, &checked)?;
        writeln!(out)?;
    } else {
        print_report(report, out)?;
        if let Some(loaded) = loaded {
            print_loaded(loaded, out)?;
        }
        let verdict = if report.is_applicable() {
            "The roster can be applied."
        } else {
            "The roster can't be applied."
        };
        writeln!(out, "{} errors, {} warnings. {verdict}", report.errors, report.warnings)?;
    }
    Ok(ExitCode::from(u8::from(!report.is_applicable())))
}

fn print_report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    let mut table = table(["", "code", "file", "row", "field", "expected"]);
    for diagnostic in &report.diagnostics {
        let row = diagnostic.row.map(|row| row.to_string());
        table.add_row([
            diagnostic.severity.as_str(),
            diagnostic.code.as_str(),
            diagnostic.file.unwrap_or(""),
            row.as_deref().unwrap_or(""),
            diagnostic.field.unwrap_or(""),
            &diagnostic.expected,
        ]);
    }
    writeln!(out, "{table}")?;
    match report.unlisted() {
        0 => Ok(()),
        more => writeln!(out, "and {more} more: the list ends at {}", limits::ROSTER_DIAGNOSTICS_MAX),
    }
}

fn print_loaded(loaded: &Loaded, out: &mut dyn Write) -> io::Result<()> {
    let counts = loaded.roster.counts();
    let mut table = table(["what", "how many"]);
    for role in Role::ALL {
        table.add_row([format!("{} accounts", role.as_str()), counts.of(role).to_string()]);
    }
    let skipped = loaded.skipped;
    for (what, count) in [
        ("schools", counts.schools),
        ("homerooms", counts.homerooms),
        ("groups", counts.classes - counts.homerooms),
        ("enrolments", counts.enrolments),
        ("links of guardians", counts.links),
    ] {
        table.add_row([what.to_owned(), count.to_string()]);
    }
    for (what, count) in [
        ("left out: deleted", skipped.deleted),
        ("left out: disabled users", skipped.disabled),
        ("left out: not on this day", skipped.outside_dates),
    ] {
        table.add_row([what.to_owned(), count.to_string()]);
    }
    writeln!(out, "{table}")
}

/// An empty table in the form that all commands print.
pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

impl GenerateArgs {
    fn spec(&self) -> Spec {
        let base = if self.demo { Spec::demo() } else { Spec::default() };
        Spec {
            seed: self.seed.unwrap_or(base.seed),
            schools: self.schools.unwrap_or(base.schools),
            students: self.students.unwrap_or(base.students),
            teachers: self.teachers.unwrap_or(base.teachers),
            guardians: self.guardians.unwrap_or(base.guardians),
            staff: self.staff.unwrap_or(base.staff),
            operators: self.operators.unwrap_or(base.operators),
            naming: base.naming,
        }
    }
}

fn make(args: &GenerateArgs, streams: &mut Streams<'_>) -> io::Result<ExitCode> {
    let outcome = generate(args.spec(), &args.out, &mut |progress| {
        streams.tell("writing", progress);
    });
    streams.clear()?;
    if let Err(error) = outcome {
        writeln!(streams.err, "{error}")?;
        return Ok(ExitCode::FAILURE);
    }
    let out = &mut *streams.out;
    writeln!(out, "Wrote {}", args.out.display())?;
    if args.demo {
        writeln!(
            out,
            "Accounts to try: teacher {}, student {}, guardian {}",
            DEMO.teacher, DEMO.student, DEMO.guardian
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Streams<'_> {
    /// Shows how far it has come, in one line. That a terminal is gone is no reason to stop.
    fn tell(&mut self, doing: &str, Progress { file, rows }: Progress) {
        if self.err_is_terminal {
            let line = write!(self.err, "\r\x1b[K{doing} {file}: {rows} rows");
            drop(line.and_then(|()| self.err.flush()));
        }
    }

    /// Removes the line that shows progress.
    fn clear(&mut self) -> io::Result<()> {
        if !self.err_is_terminal {
            return Ok(());
        }
        write!(self.err, "\r\x1b[K")?;
        self.err.flush()
    }
}
