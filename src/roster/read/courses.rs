//! `courses.csv`: a course's subjects and grades hold for those of its classes that have none of their own.

use std::collections::HashMap;

use super::bundle::Bundle;
use super::field::{self, Absent, dangling};
use super::sessions::Sessions;
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Code, Reading, Report};
use crate::base::limits;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    SchoolYear = "schoolYearSourcedId" Optional,
    Grades = "grades" Optional,
    Org = "orgSourcedId" Optional,
    Subjects = "subjects" Optional,
}

static LAYOUT: Layout = Layout {
    file: "courses.csv",
    need: Need::Expected,
    rows_max: limits::ROSTER_CLASSES_MAX,
    columns: COLUMNS,
};

/// What classes take from their course.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) subjects: Box<str>,
    pub(super) grades: Vec<Box<str>>,
}

/// The courses that classes may refer to.
#[derive(Debug, Default)]
pub(super) struct Courses {
    known: HashMap<Box<str>, Course>,
    absent: Absent,
}

impl Courses {
    /// All courses; none if there is no such file, and then references to them are not judged.
    pub(super) fn read(
        bundle: &mut Bundle,
        sessions: Option<&Sessions>,
        reading: &mut Reading<'_>,
    ) -> Option<Self> {
        let mut table = reading.open(bundle, &LAYOUT)?;
        let mut courses = Self::default();
        while let Some(row) = table.next(&mut reading.report) {
            let Some(id) = row.required(Column::Id, &mut reading.report) else {
                courses.absent.set_incomplete(true);
                continue;
            };
            let earlier = match course(&row, sessions, reading) {
                Ok(course) => courses.known.insert(id.into(), course).is_some(),
                Err(absence) => {
                    courses.absent.insert(id, absence);
                    false
                }
            };
            if earlier {
                let expected = "a sourcedId that was not given before";
                reading.report.add(Code::IdDuplicate, row.at(Column::Id), expected);
            }
        }
        courses.absent.set_incomplete(table.is_incomplete());
        reading.tell(table.progress());
        Some(courses)
    }

    /// The course that a field refers to; a diagnostic if it leads nowhere.
    pub(super) fn of(&self, row: &Row<'_>, column: impl Into<usize>, report: &mut Report) -> Option<&Course> {
        let column = column.into();
        let id = row.text(column);
        let course = self.known.get(id);
        if course.is_none() && !id.is_empty() {
            dangling(id, &self.absent, row.at(column), LAYOUT.file, report);
        }
        course
    }
}

fn course(row: &Row<'_>, sessions: Option<&Sessions>, reading: &mut Reading<'_>) -> Result<Course, Absence> {
    field::active(row, Column::Status, reading)?;
    let report = &mut reading.report;
    if let Some(sessions) = sessions {
        sessions.judge(row, Column::SchoolYear, report);
    }
    let org = row.text(Column::Org);
    if !org.is_empty() && reading.builder.org_kind(org).is_none() {
        dangling(org, &reading.absent_orgs, row.at(Column::Org), "orgs.csv", report);
    }
    let subjects = field::name(row, Column::Subjects, report);
    let grades = field::grades(row, Column::Grades, report).ok_or(Absence::Faulty)?;
    Ok(Course {
        subjects: subjects.ok_or(Absence::Faulty)?.into(),
        grades: grades.into_iter().map(Into::into).collect(),
    })
}
