//! `enrollments.csv`: who is what in which class. By far the longest file: nothing is kept per row but a hash.

use std::collections::HashSet;

use super::bundle::Bundle;
use super::field::{self, dangling, dates, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Code, Reading};
use crate::base::{Role, limits};
use crate::roster::builder::BuildError;
use crate::roster::kind::EnrolmentRole;
use crate::roster::text;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    Class = "classSourcedId" Required,
    School = "schoolSourcedId" Optional,
    User = "userSourcedId" Required,
    Role = "role" Required,
    Begin = "beginDate" Optional,
    End = "endDate" Optional,
}

static LAYOUT: Layout = Layout {
    file: "enrollments.csv",
    need: Need::Required,
    rows_max: limits::ROSTER_ENROLMENTS_MAX,
    columns: COLUMNS,
};

const ROLES: [(&str, EnrolmentRole); 4] = [
    ("student", EnrolmentRole::Student),
    ("teacher", EnrolmentRole::Teacher),
    ("administrator", EnrolmentRole::Administrator),
    ("proctor", EnrolmentRole::Proctor),
];

pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) {
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        return;
    };
    // Identifiers of enrolments are used nowhere else. Two of two million share a hash once in ten million files.
    let mut seen: HashSet<u64> = HashSet::new();
    while let Some(row) = table.next(&mut reading.report) {
        let Some(id) = row.required(Column::Id, &mut reading.report) else {
            continue;
        };
        // A row that is left out says so itself; nothing refers to it.
        if add(&row, reading).is_ok() && !seen.insert(text::hash(id)) {
            let expected = "a sourcedId that was not given before";
            reading.report.add(Code::IdDuplicate, row.at(Column::Id), expected);
        }
        reading.advance(table.progress());
    }
    reading.tell(table.progress());
}

fn add(row: &Row<'_>, reading: &mut Reading<'_>) -> Result<(), Absence> {
    field::active(row, Column::Status, reading)?;
    let report = &mut reading.report;
    let class = row.required(Column::Class, report);
    let user = row.required(Column::User, report);
    let (first, last) = dates(row, Column::Begin, Column::End, report).ok_or(Absence::Faulty)?;
    let role = word(row, Column::Role, &ROLES, report)?;
    let (class, user) = (class.ok_or(Absence::Faulty)?, user.ok_or(Absence::Faulty)?);
    let school = row.text(Column::School);
    if !school.is_empty() && reading.builder.org_kind(school).is_none() {
        dangling(school, &reading.absent_orgs, row.at(Column::School), "orgs.csv", report);
    }
    // Last year's rows refer to people who have left: their references are not judged.
    if !(first..=last).contains(&reading.today) {
        reading.skipped.outside_dates += 1;
        return Err(Absence::Inactive);
    }
    let Err(error) = reading.builder.enrol(class, user, role) else {
        return Ok(());
    };
    match error {
        BuildError::UnknownClass => {
            let at = row.at(Column::Class);
            dangling(class, &reading.absent_classes, at, "classes.csv", report);
        }
        BuildError::UnknownAccount => {
            let at = row.at(Column::User);
            dangling(user, &reading.absent_users, at, "users.csv", report);
        }
        BuildError::EnrolmentRole if is_adult_attending(reading.builder.role_of(user), role) => {
            let expected = "student, for accounts of students only";
            report.add(Code::EnrolmentIgnored, row.at(Column::Role), expected);
        }
        _ => reading.refused(error, row.at(Column::Role)),
    }
    Err(Absence::Faulty)
}

/// Somebody of the school's staff who takes part in a training: not wrong, and of no use here.
fn is_adult_attending(account: Option<Role>, role: EnrolmentRole) -> bool {
    let of_staff = matches!(account, Some(Role::Teacher | Role::Staff | Role::Operator));
    of_staff && role == EnrolmentRole::Student
}
