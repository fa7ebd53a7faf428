//! The whole region: generate, load, hold (target P13: load ≤ 5 s, ≤ 300 bytes per account with its enrolments).
//!
//! `cargo bench --bench roster` prints the figures of three rounds. Bytes are counted by the roster's own lengths and,
//! for the first load, by what the process grew: later loads reuse what earlier ones gave back.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use jiff::civil::date;
use preau::base::clock::SystemClock;
use preau::base::{Clock, MachineTime};
use preau::roster::{
    BuildError, Directory, NewAccount, NewClass, NewOrg, Roster, RosterBuilder, Shrink, Spec, generate, read,
};

const ROUNDS: usize = 3;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let clock = SystemClock::start();
    let folder = tempfile::tempdir()?;
    let unpacked = folder.path().join("region");
    let zipped = folder.path().join("region.zip");
    for path in [&unpacked, &zipped] {
        let start = clock.machine();
        generate(Spec::default(), path, &mut |_| ()).map_err(io::Error::other)?;
        writeln!(out, "generate {}: {:.2} s", path_kind(path), seconds(&clock, start))?;
    }
    for round in 1..=ROUNDS {
        for path in [&unpacked, &zipped] {
            let before = memory_bytes("VmRSS:");
            let start = clock.machine();
            let roster = load(path)?;
            let load = seconds(&clock, start);
            let counts = roster.counts();
            let accounts = counts.accounts_total();
            let counted = roster.heap_bytes() as f64 / accounts as f64;
            writeln!(
                out,
                "round {round}, {}: load {load:.2} s; {accounts} accounts, {} enrolments, {} links; {counted:.1} B per \
                 account with its enrolments",
                path_kind(path),
                counts.enrolments,
                counts.links,
            )?;
            if round == 1 && path == &unpacked {
                let grown = memory_bytes("VmRSS:").saturating_sub(before) as f64 / accounts as f64;
                let peak = memory_bytes("VmHWM:") / (1024 * 1024);
                writeln!(out, "  by RSS growth: {grown:.1} B per account; at most {peak} MiB while loading")?;
            }
            look_up(&roster, &clock, &mut out)?;
            if path == &zipped {
                reload(roster, &unpacked, &clock, &mut out)?;
            }
        }
    }
    let long = with_long_ids(&load(&zipped)?).map_err(io::Error::other)?;
    let bytes = long.heap_bytes() as f64 / long.counts().accounts_total() as f64;
    writeln!(out, "with identifiers of 36 characters and an address for everybody: {bytes:.1} B per account")
}

/// The same roster as an export writes it that names everything by UUID.
fn with_long_ids(roster: &Roster) -> Result<Roster, BuildError> {
    let long = |id: &str| format!("{id:0>36}");
    let mut builder = RosterBuilder::new();
    for org in roster.orgs() {
        let (id, name, kind) = (&*long(org.id()), org.name(), org.kind());
        builder.org(NewOrg { id, name, kind })?;
    }
    for class in roster.classes() {
        builder.class(NewClass {
            id: &long(class.id()),
            title: class.title(),
            subject: class.subject(),
            kind: class.kind(),
            school: &long(class.school().id()),
            grades: &class.grades().collect::<Vec<_>>(),
        })?;
    }
    for account in roster.accounts() {
        let id = &*long(account.id());
        let school = account.schools().next().map(|school| long(school.id()));
        let grade = account.levels().next().map(|level| level.grade);
        builder.account(NewAccount {
            id,
            role: account.role(),
            given_name: account.given_name(),
            family_name: account.family_name(),
            email: &format!("{}@preau.example", account.id()),
            orgs: school.as_deref().as_slice(),
            grades: grade.as_slice(),
        })?;
        for enrolment in account.classes() {
            builder.enrol(&long(enrolment.class.id()), id, enrolment.role)?;
        }
    }
    Ok(builder.build())
}

fn load(path: &Path) -> io::Result<Roster> {
    let loaded = read(path, date(2026, 11, 22), &mut |_| ());
    let loaded = loaded.map_err(|report| io::Error::other(format!("{} errors", report.errors)))?;
    Ok(loaded.roster)
}

/// Every account by its identifier, and whether it teaches or attends its first class.
fn look_up(roster: &Roster, clock: &SystemClock, out: &mut impl Write) -> io::Result<()> {
    let ids: Vec<&str> = roster.accounts().map(|account| account.id()).collect();
    let start = clock.machine();
    let found = ids.iter().filter_map(|id| roster.account(id));
    let enrolled = found.filter(|account| {
        let first = account.classes().next().map(|enrolment| enrolment.class.id());
        first.is_some_and(|class| account.attends(class) || account.teaches(class))
    });
    let enrolled = enrolled.count();
    let nanos = seconds(clock, start) * 1e9 / ids.len() as f64;
    writeln!(out, "  look up and judge: {nanos:.0} ns per account ({enrolled} enrolled)")
}

/// The same files again: what it takes to find that nothing changed.
fn reload(roster: Roster, path: &Path, clock: &SystemClock, out: &mut impl Write) -> io::Result<()> {
    let again = load(path)?;
    let directory = Directory::new(roster);
    let start = clock.machine();
    let changes = directory.replace(again, Shrink::Refused).map_err(io::Error::other)?;
    let replace = seconds(clock, start);
    writeln!(out, "  compare and replace: {replace:.3} s (nothing changed: {})", changes.is_empty())
}

fn path_kind(path: &Path) -> &'static str {
    if path.is_dir() { "folder" } else { "zip" }
}

fn seconds(clock: &SystemClock, start: MachineTime) -> f64 {
    clock.machine().since(start).as_secs_f64()
}

/// A line of `/proc/self/status`, which counts in KiB; 0 where there is none.
fn memory_bytes(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = value.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
