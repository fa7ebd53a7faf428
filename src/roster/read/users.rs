//! `users.csv`: accounts, and who answers for whom.

use super::bundle::Bundle;
use super::field::{self, dangling, flag};
use super::relationships::Agents;
use super::roles::{self, Held, Roles};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Code, Reading, Report};
use crate::base::{Role, limits};
use crate::roster::kind::{LinkKind, OrgKind};
use crate::roster::new::NewAccount;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    Enabled = "enabledUser" Optional,
    Orgs = "orgSourcedIds" Optional,
    Role = "role" Optional,
    GivenName = "givenName" Required,
    FamilyName = "familyName" Required,
    Email = "email" Optional,
    Agents = "agentSourcedIds" Optional,
    Grades = "grades" Optional,
    Adult = "metadata.adult" Optional,
}

static LAYOUT: Layout = Layout {
    file: "users.csv",
    need: Need::Required,
    rows_max: limits::ROSTER_ACCOUNTS_MAX,
    columns: COLUMNS,
};

/// The roles of OneRoster 1.1. `None` is an administrator, whose bodies decide.
const ROLES: [(&str, Option<Role>); 8] = [
    ("administrator", None),
    ("aide", Some(Role::Staff)),
    ("guardian", Some(Role::Guardian)),
    ("parent", Some(Role::Guardian)),
    ("proctor", Some(Role::Staff)),
    ("relative", Some(Role::Guardian)),
    ("student", Some(Role::Student)),
    ("teacher", Some(Role::Teacher)),
];

/// What a row says about its user's place.
struct Place<'t> {
    role: Role,
    orgs: Vec<&'t str>,
    /// What the user is to a student, if the role's word says so.
    kind: Option<LinkKind>,
}

/// Adds the accounts. The links wait until all of them are known.
pub(super) fn read(bundle: &mut Bundle, roles: Option<Roles>, reading: &mut Reading<'_>) -> Agents {
    let mut agents = Agents::new(reading.bounds.agents_max);
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        reading.absent_users.set_incomplete(true);
        return agents;
    };
    let roles = roles.unwrap_or_default();
    while let Some(row) = table.next(&mut reading.report) {
        let Some(id) = row.required(Column::Id, &mut reading.report) else {
            reading.absent_users.set_incomplete(true);
            continue;
        };
        let held = roles.get(id).map_or(&[][..], Vec::as_slice);
        match add(&row, id, held, reading) {
            Ok(kind) => agents.note(id, kind, row.list(Column::Agents), row.at(Column::Agents)),
            Err(absence) => reading.absent_users.insert(id, absence),
        }
        reading.advance(table.progress());
    }
    reading.absent_users.set_incomplete(table.is_incomplete());
    roles::judge_users(&roles, reading);
    reading.tell(table.progress());
    agents
}

/// Adds one account; says what it is to a student if it is a guardian's.
fn add(
    row: &Row<'_>,
    id: &str,
    held: &[Held],
    reading: &mut Reading<'_>,
) -> Result<Option<LinkKind>, Absence> {
    field::active(row, Column::Status, reading)?;
    let enabled = flag(row, Column::Enabled, true, &mut reading.report).ok_or(Absence::Faulty)?;
    if !enabled {
        reading.skipped.disabled += 1;
        return Err(Absence::Inactive);
    }
    let place = place(row, id, held, reading)?;
    let given_name = field::name(row, Column::GivenName, &mut reading.report);
    let family_name = field::name(row, Column::FamilyName, &mut reading.report);
    let email = email(row, &mut reading.report);
    let grades = match place.role {
        Role::Student => field::grades(row, Column::Grades, &mut reading.report),
        _ => Some(Vec::new()),
    };
    let is_adult = flag(row, Column::Adult, false, &mut reading.report).ok_or(Absence::Faulty)?;
    let new = NewAccount {
        id,
        role: place.role,
        given_name: &given_name.ok_or(Absence::Faulty)?,
        family_name: &family_name.ok_or(Absence::Faulty)?,
        email,
        orgs: &place.orgs,
        grades: &grades.ok_or(Absence::Faulty)?,
    };
    let added = reading.builder.account(new);
    if added.is_ok() && is_adult && reading.builder.adult(id).is_err() {
        reading.report.add(
            Code::AdultIgnored,
            row.at(Column::Adult),
            "nothing, unless the user is a student",
        );
    }
    match added {
        Ok(()) => Ok(place.kind.filter(|_| place.role == Role::Guardian)),
        Err(error) => {
            reading.refused(error, row.at(Column::Id));
            Err(Absence::Faulty)
        }
    }
}

/// What the user is and where: by `roles.csv`, or else by its own row.
fn place<'t>(
    row: &Row<'t>,
    id: &str,
    held: &'t [Held],
    reading: &mut Reading<'_>,
) -> Result<Place<'t>, Absence> {
    if let Some(first) = held.iter().find(|held| held.primary).or(held.first()) {
        let same = held.iter().filter(|held| held.role == first.role);
        let mut orgs: Vec<&str> = same.map(|held| &*held.org).filter(|org| !org.is_empty()).collect();
        orgs.sort_unstable();
        orgs.dedup();
        let orgs = known(orgs, row, reading)?;
        let role = if first.role == Role::Operator { administrator(&orgs, reading) } else { first.role };
        return Ok(Place { role, orgs, kind: LinkKind::parse(first.word) });
    }
    if let Some(absence) = reading.absent_users.get(id) {
        return Err(absence);
    }
    if row.text(Column::Role).is_empty() {
        let expected = "a role here, or a row in roles.csv";
        reading.report.add(Code::RoleMissing, row.at(Column::Role), expected);
        return Err(Absence::Faulty);
    }
    let role = field::word(row, Column::Role, &ROLES, &mut reading.report)?;
    let orgs = row.list(Column::Orgs).collect();
    let orgs = known(orgs, row, reading)?;
    let role = role.unwrap_or_else(|| administrator(&orgs, reading));
    Ok(Place { role, orgs, kind: LinkKind::parse(row.text(Column::Role)) })
}

/// What an administrator of these bodies is: whoever administers a school must not be an operator of the whole region.
fn administrator(orgs: &[&str], reading: &Reading<'_>) -> Role {
    let above = |org: &&str| reading.builder.org_kind(org).is_some_and(OrgKind::is_above_schools);
    if !orgs.is_empty() && orgs.iter().all(above) { Role::Operator } else { Role::Staff }
}

/// Those of the bodies that are in the roster; diagnostics for the others.
fn known<'t>(
    mut orgs: Vec<&'t str>,
    row: &Row<'_>,
    reading: &mut Reading<'_>,
) -> Result<Vec<&'t str>, Absence> {
    let at = row.at(Column::Orgs);
    if orgs.len() > limits::ROSTER_LIST_MAX {
        let expected = format!("at most {} entries", limits::ROSTER_LIST_MAX);
        reading.report.add(Code::ListTooLong, at, expected);
        return Err(Absence::Faulty);
    }
    let Reading { builder, absent_orgs, report, .. } = reading;
    orgs.retain(|org| {
        let known = builder.org_kind(org).is_some();
        if !known {
            dangling(org, absent_orgs, at, "orgs.csv", report);
        }
        known
    });
    Ok(orgs)
}

/// An address that could be one; others are left out, because a roster is not refused for an address.
fn email<'t>(row: &Row<'t>, report: &mut Report) -> &'t str {
    let text = row.text(Column::Email);
    let plausible = text.len() <= limits::ROSTER_TEXT_BYTES_MAX
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if text.is_empty() || plausible {
        return text;
    }
    report.add(Code::EmailInvalid, row.at(Column::Email), "name@host");
    ""
}
