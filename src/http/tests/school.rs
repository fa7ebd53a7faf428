//! The small school that the tests of the edge play in.

use super::desk::NOW;
use crate::base::{Channel, Role, SchoolTime};
use crate::roster::{
    ClassKind, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind, Roster,
    RosterBuilder,
};
use crate::session::Quiet;

/// One lycée with two classes: the teacher and a pupil of one, a pupil of the other with a parent; an operator besides.
pub(super) fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    let orgs = [("lycee", "Lycée A", OrgKind::School), ("region-ara", "Région", OrgKind::State)];
    for (id, name, kind) in orgs {
        builder.org(NewOrg { id, name, kind }).unwrap();
    }
    let accounts = [
        ("teacher", Role::Teacher, "lycee"),
        ("pupil", Role::Student, "lycee"),
        ("neighbour", Role::Student, "lycee"),
        ("parent", Role::Guardian, "lycee"),
        ("operator", Role::Operator, "region-ara"),
    ];
    for (id, role, org) in accounts {
        let account = NewAccount {
            id,
            role,
            given_name: "Ada",
            family_name: id,
            email: "ada@lycee.test",
            orgs: &[org],
            grades: &[],
        };
        builder.account(account).unwrap();
    }
    for (id, title) in [("2a", "2nde A"), ("2b", "2nde B")] {
        let (subject, kind) = ("", ClassKind::Homeroom);
        builder.class(NewClass { id, title, subject, kind, school: "lycee", grades: &["2nde"] }).unwrap();
    }
    builder.enrol("2a", "teacher", EnrolmentRole::Teacher).unwrap();
    builder.enrol("2a", "pupil", EnrolmentRole::Student).unwrap();
    builder.enrol("2b", "neighbour", EnrolmentRole::Student).unwrap();
    let terms = LinkTerms::by_default(LinkKind::Parent);
    builder.link(NewLink { guardian: "parent", student: "neighbour", terms }).unwrap();
    builder.build()
}

/// Quiet hours: from five minutes after now, for an hour.
pub(super) struct Night;

impl Quiet for Night {
    fn quiet(&self, _: &Channel, at: SchoolTime) -> Option<SchoolTime> {
        let [from, to] = [5, 65].map(|minutes| i64::try_from(NOW + minutes * 60_000).unwrap());
        (from..to).contains(&at.0).then_some(SchoolTime(to))
    }
}
