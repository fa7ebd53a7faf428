//! The model and its builder, on a small lycée.

use super::*;
use crate::base::{IdError, limits};

/// Two schools of a district; class 2A with one group; a pupil in both schools; parents who live apart.
pub(super) fn lycee() -> RosterBuilder {
    let mut builder = RosterBuilder::new();
    for (id, kind) in [
        ("d1", OrgKind::District),
        ("s1", OrgKind::School),
        ("s2", OrgKind::School),
        ("s1-lettres", OrgKind::Department),
    ] {
        builder.org(NewOrg { id, name: "N", kind }).unwrap();
    }
    builder.org_parent("s1-lettres", "s1").unwrap();
    let people: [(&str, Role, &[&str], &[&str]); 8] = [
        ("op", Role::Operator, &["d1"], &[]),
        ("head", Role::Staff, &["s1"], &[]),
        ("t1", Role::Teacher, &["s1-lettres"], &[]),
        ("p1", Role::Student, &["s1"], &["2nde"]),
        ("p2", Role::Student, &["s1", "s2"], &["2nde", "UPE2A"]),
        ("g1", Role::Guardian, &["s2"], &[]),
        ("g2", Role::Guardian, &[], &[]),
        ("g3", Role::Guardian, &["s1"], &[]),
    ];
    for (id, role, orgs, grades) in people {
        builder.account(person(id, role, orgs, grades)).unwrap();
    }
    for (id, kind) in [("2A", ClassKind::Homeroom), ("2A-MATHS", ClassKind::Scheduled)] {
        builder.class(class(id, kind, "s1")).unwrap();
    }
    builder.enrol("2A", "p1", EnrolmentRole::Student).unwrap();
    builder.enrol("2A", "p2", EnrolmentRole::Student).unwrap();
    builder.enrol("2A-MATHS", "p2", EnrolmentRole::Student).unwrap();
    builder.enrol("2A", "t1", EnrolmentRole::Teacher).unwrap();
    builder.enrol("2A", "t1", EnrolmentRole::Teacher).unwrap();
    builder.enrol("2A", "head", EnrolmentRole::Administrator).unwrap();
    for (guardian, student) in [("g1", "p1"), ("g1", "p2"), ("g2", "p1")] {
        builder.link(link(guardian, student, LinkKind::Parent)).unwrap();
    }
    builder
}

pub(super) fn person<'a>(
    id: &'a str,
    role: Role,
    orgs: &'a [&'a str],
    grades: &'a [&'a str],
) -> NewAccount<'a> {
    NewAccount { id, role, given_name: "Léa", family_name: "Petit", email: "", orgs, grades }
}

pub(super) fn class<'a>(id: &'a str, kind: ClassKind, school: &'a str) -> NewClass<'a> {
    NewClass { id, title: "Seconde A", subject: "", kind, school, grades: &["2nde"] }
}

pub(super) fn link<'a>(guardian: &'a str, student: &'a str, kind: LinkKind) -> NewLink<'a> {
    NewLink { guardian, student, terms: LinkTerms::by_default(kind) }
}

fn names<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

#[test]
fn an_account_knows_its_schools_classes_and_levels() {
    let roster = lycee().build();
    let account = |id: &str| roster.account(id).unwrap();
    assert_eq!(account("p2").role(), Role::Student);
    assert_eq!(account("p2").given_name(), "Léa");
    assert_eq!(account("p2").family_name(), "Petit");
    assert_eq!(account("p2").email(), None);
    assert_eq!(names(account("p2").schools().map(|o| o.id())), ["s1", "s2"]);
    assert_eq!(names(account("p2").classes().map(|e| e.class.id())), ["2A", "2A-MATHS"]);
    assert!(account("p2").attends("2A-MATHS") && !account("p1").attends("2A-MATHS"));
    assert!(account("t1").teaches("2A") && !account("t1").teaches("2A-MATHS"));
    assert!(!account("t1").attends("2A") && !account("head").teaches("2A"));
    assert_eq!(account("p2").levels().count(), 4);
    assert!(account("p2").has_level("s2", "UPE2A") && !account("p1").has_level("s2", "2nde"));
    assert!(account("t1").has_level("s1", "2nde") && account("t1").levels().count() == 1);
    assert_eq!(account("head").levels().count(), 0);
    assert!(account("t1").belongs_to("s1"), "a department stands for its school");
    assert_eq!(account("op").schools().count(), 0);
    assert!(roster.account("nobody").is_none());
}

#[test]
fn a_guardian_belongs_where_the_linked_students_do_and_nowhere_else() {
    let roster = lycee().build();
    let account = |id: &str| roster.account(id).unwrap();
    assert_eq!(names(account("g1").schools().map(|o| o.id())), ["s1", "s2"]);
    assert!(account("g2").belongs_to("s1") && !account("g2").belongs_to("s2"));
    assert!(!account("g3").belongs_to("s1"), "without a link the row's own school does not count");
    assert_eq!(names(account("g1").children().map(|l| l.account.id())), ["p1", "p2"]);
    assert_eq!(names(account("p1").guardians().map(|l| l.account.id())), ["g1", "g2"]);
    assert_eq!(account("p1").children().count(), 0);
}

#[test]
fn the_last_link_of_a_pair_holds() {
    let mut builder = lycee();
    builder.link(link("g2", "p1", LinkKind::Relative)).unwrap();
    let roster = builder.build();
    let terms: Vec<_> = roster.account("g2").unwrap().children().map(|l| l.terms).collect();
    assert_eq!(terms, [LinkTerms::by_default(LinkKind::Relative)]);
    assert!(!terms[0].legal && !terms[0].receives);
}

#[test]
fn a_class_knows_its_school_and_members() {
    let roster = lycee().build();
    let class = roster.class("2A").unwrap();
    assert_eq!((class.title(), class.subject(), class.kind()), ("Seconde A", "", ClassKind::Homeroom));
    assert_eq!((class.school().id(), class.school().name()), ("s1", "N"));
    assert_eq!(class.grades().collect::<Vec<_>>(), ["2nde"]);
    assert_eq!(class.members(), 4);
    assert_eq!(names(class.students().map(|a| a.id())), ["p1", "p2"]);
    assert_eq!(names(class.teachers().map(|a| a.id())), ["t1"]);
    assert!(roster.class("2B").is_none());
    assert_eq!(roster.org("d1").map(|o| o.kind()), Some(OrgKind::District));
    assert!(roster.org("s9").is_none());
    let counts = roster.counts();
    assert_eq!(counts.accounts, [1, 2, 3, 1, 1]);
    assert_eq!((counts.accounts_total(), counts.of(Role::Student)), (8, 2));
    assert_eq!((counts.orgs, counts.schools, counts.classes, counts.homerooms), (4, 2, 2, 1));
    assert_eq!((counts.enrolments, counts.links), (5, 3));
    assert_eq!((roster.accounts().count(), roster.classes().count(), roster.orgs().count()), (8, 2, 4));
}

#[test]
fn an_empty_roster_answers() {
    let roster = Roster::default();
    assert!(roster.account("a").is_none() && roster.class("a").is_none() && roster.org("a").is_none());
    assert_eq!(roster.counts(), Counts::default());
    assert_eq!(roster.heap_bytes(), 0);
}

#[test]
fn the_builder_refuses_what_would_not_hold_together() {
    let mut b = lycee();
    let org = |id| NewOrg { id, name: "", kind: OrgKind::School };
    let long = "x".repeat(limits::ROSTER_TEXT_BYTES_MAX + 1);
    let many = vec!["s1"; limits::ROSTER_LIST_MAX + 1];
    assert_eq!(b.org(org("a/b")), Err(BuildError::Id(IdError::Character)));
    assert_eq!(b.org(org("region")), Err(BuildError::Reserved));
    assert_eq!(b.org(org("s1")), Err(BuildError::Duplicate));
    assert_eq!(b.org(NewOrg { name: &long, ..org("s9") }), Err(BuildError::TextTooLong));
    assert_eq!(b.org_parent("s1", "s9"), Err(BuildError::UnknownOrg));
    assert_eq!(b.account(person("", Role::Staff, &[], &[])), Err(BuildError::Id(IdError::Empty)));
    assert_eq!(b.account(person("p1", Role::Staff, &[], &[])), Err(BuildError::Duplicate));
    assert_eq!(b.account(person("n", Role::Staff, &["s9"], &[])), Err(BuildError::UnknownOrg));
    assert_eq!(b.account(person("n", Role::Staff, &many, &[])), Err(BuildError::ListTooLong));
    assert_eq!(
        b.account(person("n", Role::Student, &["s1"], &["1 ère"])),
        Err(BuildError::Id(IdError::Character))
    );
    assert_eq!(b.build().counts(), lycee().build().counts(), "nothing was added");
}

#[test]
fn the_builder_refuses_references_and_roles_that_do_not_fit() {
    let mut b = lycee();
    let homeroom = ClassKind::Homeroom;
    assert_eq!(b.class(class("2A", homeroom, "s1")), Err(BuildError::Duplicate));
    assert_eq!(b.class(class("2B", homeroom, "s9")), Err(BuildError::UnknownOrg));
    assert_eq!(b.class(class("2B", homeroom, "d1")), Err(BuildError::NotASchool));
    assert_eq!(b.enrol("2B", "p1", EnrolmentRole::Student), Err(BuildError::UnknownClass));
    assert_eq!(b.enrol("2A", "p9", EnrolmentRole::Student), Err(BuildError::UnknownAccount));
    for (account, role) in [
        ("p1", EnrolmentRole::Teacher),
        ("g1", EnrolmentRole::Student),
        ("g1", EnrolmentRole::Proctor),
        ("t1", EnrolmentRole::Student),
    ] {
        assert_eq!(b.enrol("2A", account, role), Err(BuildError::EnrolmentRole));
    }
    assert_eq!(b.link(link("t1", "p1", LinkKind::Parent)), Err(BuildError::LinkRoles));
    assert_eq!(b.link(link("g1", "g2", LinkKind::Parent)), Err(BuildError::LinkRoles));
    assert_eq!(b.link(link("g1", "p9", LinkKind::Parent)), Err(BuildError::UnknownAccount));
    assert_eq!(b.build().counts(), lycee().build().counts(), "nothing of it was added");
}

#[test]
fn a_full_table_refuses_one_more() {
    let mut builder = RosterBuilder::new();
    let mut id = String::new();
    let outcome = (0..=limits::ROSTER_ORGS_MAX).try_for_each(|n| {
        id = format!("s{n}");
        builder.org(NewOrg { id: &id, name: "", kind: OrgKind::School })
    });
    let max = limits::ROSTER_ORGS_MAX;
    assert_eq!(outcome, Err(BuildError::Full { what: "orgs", max }));
    assert_eq!(id, format!("s{max}"));
}
