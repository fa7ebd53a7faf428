//! `academicSessions.csv`: years and terms. Nothing of them is kept; courses and classes refer to them.

use std::collections::HashSet;

use super::bundle::Bundle;
use super::field::{self, Absent, dangling, dates, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Code, Reading, Report};
use crate::base::limits;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    Kind = "type" Required,
    Start = "startDate" Required,
    End = "endDate" Required,
}

static LAYOUT: Layout = Layout {
    file: "academicSessions.csv",
    need: Need::Expected,
    rows_max: limits::ROSTER_CLASSES_MAX,
    columns: COLUMNS,
};

const KINDS: [(&str, ()); 4] = [("gradingPeriod", ()), ("semester", ()), ("schoolYear", ()), ("term", ())];

/// The sessions that others may refer to.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: HashSet<Box<str>>,
    absent: Absent,
}

impl Sessions {
    /// All sessions; none if there is no such file, and then references to them are not judged.
    pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) -> Option<Self> {
        let mut table = reading.open(bundle, &LAYOUT)?;
        let mut sessions = Self::default();
        while let Some(row) = table.next(&mut reading.report) {
            let Some(id) = row.required(Column::Id, &mut reading.report) else {
                sessions.absent.set_incomplete(true);
                continue;
            };
            if let Err(absence) = check(&row, reading) {
                sessions.absent.insert(id, absence);
            } else if !sessions.known.insert(id.into()) {
                let expected = "a sourcedId that was not given before";
                reading.report.add(Code::IdDuplicate, row.at(Column::Id), expected);
            }
        }
        sessions.absent.set_incomplete(table.is_incomplete());
        reading.tell(table.progress());
        Some(sessions)
    }

    /// Judges the references in a comma-separated field.
    pub(super) fn judge(&self, row: &Row<'_>, column: impl Into<usize>, report: &mut Report) {
        let column = column.into();
        for id in row.list(column).filter(|id| !self.known.contains(*id)) {
            dangling(id, &self.absent, row.at(column), LAYOUT.file, report);
        }
    }
}

fn check(row: &Row<'_>, reading: &mut Reading<'_>) -> Result<(), Absence> {
    field::active(row, Column::Status, reading)?;
    let kind = word(row, Column::Kind, &KINDS, &mut reading.report);
    dates(row, Column::Start, Column::End, &mut reading.report).ok_or(Absence::Faulty)?;
    kind
}
