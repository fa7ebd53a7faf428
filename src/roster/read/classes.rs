//! `classes.csv`: classes and groups.

use super::bundle::Bundle;
use super::courses::Courses;
use super::field::{self, dangling, word};
use super::sessions::Sessions;
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Code, Reading};
use crate::base::limits;
use crate::roster::builder::BuildError;
use crate::roster::kind::ClassKind;
use crate::roster::new::NewClass;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    Title = "title" Required,
    Grades = "grades" Optional,
    Course = "courseSourcedId" Optional,
    Kind = "classType" Required,
    School = "schoolSourcedId" Required,
    Terms = "termSourcedIds" Optional,
    Subjects = "subjects" Optional,
}

static LAYOUT: Layout = Layout {
    file: "classes.csv",
    need: Need::Required,
    rows_max: limits::ROSTER_CLASSES_MAX,
    columns: COLUMNS,
};

const KINDS: [(&str, ClassKind); 2] =
    [("homeroom", ClassKind::Homeroom), ("scheduled", ClassKind::Scheduled)];

pub(super) fn read(
    bundle: &mut Bundle,
    courses: Option<&Courses>,
    sessions: Option<&Sessions>,
    reading: &mut Reading<'_>,
) {
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        reading.absent_classes.set_incomplete(true);
        return;
    };
    while let Some(row) = table.next(&mut reading.report) {
        let Some(id) = row.required(Column::Id, &mut reading.report) else {
            reading.absent_classes.set_incomplete(true);
            continue;
        };
        if let Err(absence) = add(&row, id, courses, sessions, reading) {
            reading.absent_classes.insert(id, absence);
        }
        reading.advance(table.progress());
    }
    reading.absent_classes.set_incomplete(table.is_incomplete());
    reading.tell(table.progress());
}

fn add(
    row: &Row<'_>,
    id: &str,
    courses: Option<&Courses>,
    sessions: Option<&Sessions>,
    reading: &mut Reading<'_>,
) -> Result<(), Absence> {
    field::active(row, Column::Status, reading)?;
    let report = &mut reading.report;
    let title = field::name(row, Column::Title, report);
    let subjects = field::name(row, Column::Subjects, report);
    let grades = field::grades(row, Column::Grades, report);
    let course = courses.and_then(|courses| courses.of(row, Column::Course, report));
    if let Some(sessions) = sessions {
        sessions.judge(row, Column::Terms, report);
    }
    let school = row.required(Column::School, report);
    let kind = word(row, Column::Kind, &KINDS, report)?;
    let (title, subjects) = (title.ok_or(Absence::Faulty)?, subjects.ok_or(Absence::Faulty)?);
    let mut grades = grades.ok_or(Absence::Faulty)?;
    if let Some(course) = course.filter(|_| grades.is_empty()) {
        grades.extend(course.grades.iter().map(|grade| &**grade));
    }
    let new = NewClass {
        id,
        title: &title,
        subject: match course {
            Some(course) if subjects.is_empty() => &course.subjects,
            _ => &subjects,
        },
        kind,
        school: school.ok_or(Absence::Faulty)?,
        grades: &grades,
    };
    let Err(error) = reading.builder.class(new) else {
        return Ok(());
    };
    let at_school = row.at(Column::School);
    match error {
        BuildError::UnknownOrg => {
            Err(dangling(new.school, &reading.absent_orgs, at_school, "orgs.csv", report))
        }
        BuildError::NotASchool => Err(reading.absent_orgs.get(new.school).unwrap_or_else(|| {
            report.add(Code::NotASchool, at_school, "a school, or a department of one");
            Absence::Faulty
        })),
        _ => {
            reading.refused(error, row.at(Column::Id));
            Err(Absence::Faulty)
        }
    }
}
