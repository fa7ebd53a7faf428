//! `roles.csv` of OneRoster 1.2: what each user is, and where.
//!
//! A user may have several rows. The primary one decides what the account is; rows that say the same of other schools
//! add those schools.

use std::collections::HashMap;

use super::bundle::Bundle;
use super::field::{self, dangling, dates, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, At, Reading};
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
    /// Where it stands in its file.
    pub(super) row: u64,
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

/// Judges the users that roles refer to, once all users are known. Roles of users who are gone are nobody's business.
pub(super) fn judge_users(roles: &Roles, reading: &mut Reading<'_>) {
    let unknown = roles.iter().filter(|(user, _)| {
        reading.builder.role_of(user).is_none() && reading.absent_users.get(user).is_none()
    });
    let mut unknown: Vec<(u64, &str)> =
        unknown.flat_map(|(user, held)| held.iter().map(|held| (held.row, &**user))).collect();
    unknown.sort_unstable();
    for (row, user) in unknown {
        let at = At { row: Some(row), field: Some("userSourcedId"), ..At::file(LAYOUT.file) };
        dangling(user, &reading.absent_users, at, "users.csv", &mut reading.report);
    }
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
    let mut org = row.text(Column::Org);
    if !org.is_empty() && reading.builder.org_kind(org).is_none() {
        let (at, report) = (row.at(Column::Org), &mut reading.report);
        dangling(org, &reading.absent_orgs, at, "orgs.csv", report);
        org = "";
    }
    let text = row.text(Column::Role);
    let held = Held {
        role: role?,
        primary: primary?,
        org: org.into(),
        row: row.number(),
        word: ROLES.iter().find(|(word, _)| *word == text).map_or("", |(word, _)| *word),
    };
    if (first..=last).contains(&reading.today) {
        Ok(held)
    } else {
        reading.skipped.outside_dates += 1;
        Err(Absence::Inactive)
    }
}
