//! `roles.csv` of OneRoster 1.2: what each user is, and where.
//!
//! A user may have several rows. The primary one decides what the account is; rows that say the same of other schools
//! add those schools.

use std::collections::HashMap;

use super::bundle::Bundle;
use super::field::{self, dates, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Reading};
use crate::base::{Role, limits};

columns! {
    Status = "status" Optional,
    User = "userSourcedId" Required,
    Precedence = "roleType" Optional,
    Role = "role" Required,
    Begin = "beginDate" Optional,
    End = "endDate" Optional,
    Org = "orgSourcedId" Required,
}

static LAYOUT: Layout = Layout {
    file: "roles.csv",
    need: Need::Optional,
    rows_max: limits::ROSTER_ACCOUNTS_MAX,
    columns: COLUMNS,
};

const ROLES: [(&str, Role); 12] = [
    ("aide", Role::Staff),
    ("counselor", Role::Staff),
    ("districtAdministrator", Role::Operator),
    ("guardian", Role::Guardian),
    ("parent", Role::Guardian),
    ("principal", Role::Staff),
    ("proctor", Role::Staff),
    ("relative", Role::Guardian),
    ("siteAdministrator", Role::Staff),
    ("student", Role::Student),
    ("systemAdministrator", Role::Operator),
    ("teacher", Role::Teacher),
];

/// A user's roles, by the user's identifier.
pub(super) type Roles = HashMap<Box<str>, Vec<Held>>;

/// One role at one body.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) role: Role,
    pub(super) primary: bool,
    pub(super) org: Box<str>,
    /// OneRoster's own word, which says what kind of guardian it is.
    pub(super) word: &'static str,
}

/// All roles that hold today; none if there is no such file.
pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) -> Option<Roles> {
    let mut table = reading.open(bundle, &LAYOUT)?;
    let mut roles = Roles::new();
    while let Some(row) = table.next(&mut reading.report) {
        let Some(user) = row.required(Column::User, &mut reading.report) else {
            reading.absent_users.set_incomplete(true);
            continue;
        };
        match held(&row, reading) {
            Ok(held) => roles.entry(user.into()).or_default().push(held),
            // So that its user is not told to have no role at all.
            Err(absence) => reading.absent_users.insert(user, absence),
        }
        reading.advance(table.progress());
    }
    reading.absent_users.set_incomplete(table.is_incomplete());
    reading.tell(table.progress());
    Some(roles)
}

fn held(row: &Row<'_>, reading: &mut Reading<'_>) -> Result<Held, Absence> {
    field::active(row, Column::Status, reading)?;
    let role = word(row, Column::Role, &ROLES, &mut reading.report);
    let precedences = [("primary", true), ("secondary", false)];
    let primary = match row.text(Column::Precedence) {
        "" => Ok(false),
        _ => word(row, Column::Precedence, &precedences, &mut reading.report),
    };
    let (first, last) = dates(row, Column::Begin, Column::End, &mut reading.report).ok_or(Absence::Faulty)?;
    let held = Held {
        role: role?,
        primary: primary?,
        org: row.text(Column::Org).into(),
        word: ROLES
            .iter()
            .find(|(word, _)| *word == row.text(Column::Role))
            .map_or("", |(word, _)| *word),
    };
    if (first..=last).contains(&reading.today) {
        Ok(held)
    } else {
        reading.skipped.outside_dates += 1;
        Err(Absence::Inactive)
    }
}
