//! Reads a roster from OneRoster CSV files: version 1.1, with 1.2 tolerated.
//!
//! Everything that is wrong is said in one go; with a single error nothing is applied. `docs/ROSTER.md` is the page for
//! those who write such files.

mod bundle;
mod classes;
mod courses;
mod enrolments;
mod field;
mod manifest;
mod orgs;
mod relationships;
mod roles;
mod sessions;
mod table;
mod users;

#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::civil::Date;

use super::Roster;
use super::builder::{BuildError, RosterBuilder};
use super::diagnostic::{At, Code, Report};
use crate::base::limits;
use bundle::Bundle;
use courses::Courses;
use field::{Absence, Absent};
use sessions::Sessions;
use table::{Layout, Table};

/// A roster that was read without errors.
#[derive(Debug)]
pub struct Loaded {
    /// The roster.
    pub roster: Roster,
    /// Its warnings.
    pub report: Report,
    /// What was left out without a word.
    pub skipped: Skipped,
}

/// Rows that are as they should be and yet add nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Skipped {
    /// Rows whose status is `tobedeleted`.
    pub deleted: u64,
    /// Users with `enabledUser` false.
    pub disabled: u64,
    /// Enrolments and roles that have not begun or are over.
    pub outside_dates: u64,
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The file that is read.
    pub file: &'static str,
    /// Its rows so far.
    pub rows: u64,
}

/// Rows between two calls of a reader's progress.
const PROGRESS_ROWS: u64 = 65_536;

/// Bounds of a reading that a test lowers.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    file_bytes_max: u64,
    agents_max: usize,
}

const BOUNDS: Bounds =
    Bounds { file_bytes_max: limits::ROSTER_FILE_BYTES_MAX, agents_max: limits::ROSTER_LINKS_MAX };

/// What the readers of the files share.
struct Reading<'p> {
    builder: RosterBuilder,
    report: Report,
    skipped: Skipped,
    today: Date,
    bounds: Bounds,
    absent_orgs: Absent,
    absent_users: Absent,
    absent_classes: Absent,
    progress: &'p mut dyn FnMut(Progress),
}

/// Reads the files in a folder or at the root of a zip, as they hold on the day `today`.
///
/// `progress` is called now and then while a long file is read, and at the end of each file.
///
/// # Errors
/// A report with at least one error. Nothing of the roster may be used then.
pub fn read(path: &Path, today: Date, progress: &mut dyn FnMut(Progress)) -> Result<Loaded, Report> {
    read_within(BOUNDS, path, today, progress)
}

fn read_within(
    bounds: Bounds,
    path: &Path,
    today: Date,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, Report> {
    let mut reading = Reading {
        builder: RosterBuilder::new(),
        report: Report::default(),
        skipped: Skipped::default(),
        today,
        bounds,
        absent_orgs: Absent::default(),
        absent_users: Absent::default(),
        absent_classes: Absent::default(),
        progress,
    };
    if let Some(mut bundle) = Bundle::open(path, bounds.file_bytes_max, &mut reading.report) {
        reading.files(&mut bundle);
    }
    if !reading.report.is_applicable() {
        return Err(reading.report);
    }
    Ok(Loaded { roster: reading.builder.build(), report: reading.report, skipped: reading.skipped })
}

impl Reading<'_> {
    /// Each file once, those first that others refer to.
    fn files(&mut self, bundle: &mut Bundle) {
        manifest::read(bundle, self);
        orgs::read(bundle, self);
        let roles = roles::read(bundle, self);
        let agents = users::read(bundle, roles, self);
        let sessions = Sessions::read(bundle, self);
        let courses = Courses::read(bundle, sessions.as_ref(), self);
        classes::read(bundle, courses.as_ref(), sessions.as_ref(), self);
        drop((courses, sessions));
        enrolments::read(bundle, self);
        agents.link(self);
        relationships::read(bundle, self);
    }

    fn open<'b>(&mut self, bundle: &'b mut Bundle, layout: &'static Layout) -> Option<Table<'b>> {
        Table::open(bundle, layout, &mut self.report)
    }

    /// To be called after each row with how far the file has been read.
    fn advance(&mut self, (file, rows): (&'static str, u64)) {
        if rows.is_multiple_of(PROGRESS_ROWS) {
            (self.progress)(Progress { file, rows });
        }
    }

    /// To be called at the end of a file.
    fn tell(&mut self, (file, rows): (&'static str, u64)) {
        (self.progress)(Progress { file, rows });
    }

    /// Turns what the builder refuses into a diagnostic.
    fn refused(&mut self, error: BuildError, at: At) {
        self.report.add(Code::of(error), at, error.to_string());
    }
}
