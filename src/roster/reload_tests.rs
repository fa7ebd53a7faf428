//! Reloads: what they change, and when they are refused.

use super::tests::{class, link, lycee, person};
use super::*;
use crate::base::{AccountId, limits};

fn changed(change: impl FnOnce(&mut RosterBuilder)) -> Vec<String> {
    let directory = Directory::new(lycee().build());
    let mut builder = lycee();
    change(&mut builder);
    match directory.replace(builder.build(), Shrink::Refused) {
        Ok(Changes::Accounts(ids)) => {
            let mut ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            ids.sort_unstable();
            ids
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reload_names_the_accounts_whose_rights_changed() {
    assert!(changed(|_| ()).is_empty());
    assert_eq!(changed(|b| b.enrol("2A-MATHS", "p1", EnrolmentRole::Student).unwrap()), ["p1"]);
    assert_eq!(changed(|b| b.link(link("g2", "p2", LinkKind::Parent)).unwrap()), ["g2", "p2"]);
    assert_eq!(changed(|b| b.link(link("g2", "p1", LinkKind::Other)).unwrap()), ["g2", "p1"]);
    assert!(changed(|b| b.account(person("p3", Role::Student, &["s1"], &[])).unwrap()).is_empty());
    let gone = Directory::new(lycee().build());
    let changes = gone.replace(Roster::default(), Shrink::Allowed).unwrap();
    let id = |id| AccountId::parse(id).unwrap();
    assert!(changes.concerns(&id("head")) && !changes.concerns(&id("p3")) && !changes.is_empty());
    assert!(gone.current().account("head").is_none());
}

#[test]
fn a_class_that_changes_its_grade_concerns_its_members() {
    let with = |grades: &'static [&'static str]| {
        let mut b = RosterBuilder::new();
        b.org(NewOrg { id: "s1", name: "", kind: OrgKind::School }).unwrap();
        b.account(person("t", Role::Teacher, &["s1"], &[])).unwrap();
        b.account(person("u", Role::Teacher, &["s1"], &[])).unwrap();
        b.class(NewClass { grades, ..class("c", ClassKind::Homeroom, "s1") }).unwrap();
        b.enrol("c", "t", EnrolmentRole::Teacher).unwrap();
        b.build()
    };
    let directory = Directory::new(with(&["2nde"]));
    let changes = directory.replace(with(&["1re"]), Shrink::Refused).unwrap();
    let id = |id| AccountId::parse(id).unwrap();
    assert!(changes.concerns(&id("t")) && !changes.concerns(&id("u")));
}

fn crowd(accounts: usize) -> Roster {
    let mut builder = RosterBuilder::new();
    for n in 0..accounts {
        builder.account(person(&format!("a{n}"), Role::Staff, &[], &[])).unwrap();
    }
    builder.build()
}

#[test]
fn beyond_the_bound_everybody_is_concerned() {
    let max = limits::ROSTER_CHANGES_MAX;
    let directory = Directory::new(crowd(max));
    let changes = directory.replace(crowd(0), Shrink::Allowed);
    assert!(matches!(changes, Ok(Changes::Accounts(ids)) if ids.len() == max));
    let directory = Directory::new(crowd(max + 1));
    let changes = directory.replace(crowd(0), Shrink::Allowed);
    assert_eq!(changes, Ok(Changes::Everybody));
    assert!(Changes::Everybody.concerns(&AccountId::parse("x").unwrap()) && !Changes::Everybody.is_empty());
}

#[test]
fn a_roster_that_lost_nine_tenths_is_refused_unless_that_is_allowed() {
    let directory = Directory::new(crowd(100));
    let refused = Refused::Shrunk { what: "accounts", old: 100, new: 10 };
    assert_eq!(directory.replace(crowd(10), Shrink::Refused), Err(refused));
    assert_eq!(directory.current().counts().accounts_total(), 100);
    assert!(directory.replace(crowd(11), Shrink::Refused).is_ok());
    assert!(directory.replace(crowd(0), Shrink::Allowed).is_ok());
    assert!(directory.replace(crowd(100), Shrink::Refused).is_ok());
}

#[test]
fn enrolments_and_links_are_guarded_too() {
    let bare = |links: bool| {
        let mut b = RosterBuilder::new();
        for account in lycee().build().accounts() {
            b.account(person(account.id(), account.role(), &[], &[])).unwrap();
        }
        b.org(NewOrg { id: "s1", name: "", kind: OrgKind::School }).unwrap();
        b.class(class("2A", ClassKind::Homeroom, "s1")).unwrap();
        if links {
            b.link(link("g1", "p1", LinkKind::Parent)).unwrap();
        } else {
            b.enrol("2A", "p1", EnrolmentRole::Student).unwrap();
        }
        b.build()
    };
    let directory = Directory::new(lycee().build());
    let shrunk = |what, old| Err(Refused::Shrunk { what, old, new: 0 });
    assert_eq!(directory.replace(bare(true), Shrink::Refused), shrunk("enrolments", 5));
    assert_eq!(directory.replace(bare(false), Shrink::Refused), shrunk("links", 3));
}

fn id(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// The children of a guardian, and the schools.
fn family(directory: &Directory, guardian: &str) -> (Vec<String>, Vec<String>) {
    let roster = directory.current();
    let account = roster.account(guardian).unwrap();
    let children = account.children().map(|link| link.account.id().to_owned());
    (children.collect(), account.schools().map(|school| school.id().to_owned()).collect())
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_cut_link_is_gone_on_both_sides_in_this_roster_and_the_next_until_it_is_restored() {
    let directory = Directory::new(lycee().build());
    let whole = (texts(&["p1", "p2"]), texts(&["s1", "s2"]));
    assert_eq!(family(&directory, "g1"), whole);
    let changes = directory.decide([Decision::Cut { guardian: id("g1"), child: id("p2") }]);
    assert!(changes.concerns(&id("g1")) && changes.concerns(&id("p2")) && !changes.concerns(&id("g2")));
    for _ in 0..2 {
        assert_eq!(family(&directory, "g1"), (texts(&["p1"]), texts(&["s1"])));
        assert_eq!(family(&directory, "g2"), (texts(&["p1"]), texts(&["s1"])));
        let roster = directory.current();
        assert_eq!(roster.account("p2").unwrap().guardians().count(), 0);
        assert_eq!(roster.account("p1").unwrap().guardians().count(), 2);
        assert!(roster.is_linked("g1", "p2") && directory.is_cut(&id("g1"), &id("p2")));
        assert!(directory.replace(lycee().build(), Shrink::Refused).unwrap().is_empty());
    }
    directory.decide([Decision::Restored { guardian: id("g1"), child: id("p2") }]);
    assert_eq!(family(&directory, "g1"), whole);
}

#[test]
fn a_student_of_age_leaves_the_family_its_schools_and_nothing_else() {
    let with = |adults: &[&str]| {
        let mut builder = lycee();
        for id in adults {
            builder.adult(id).unwrap();
        }
        builder.build()
    };
    let directory = Directory::new(with(&["p2"]));
    directory.decide([Decision::Stopped(id("p2")), Decision::Stopped(id("p1"))]);
    assert_eq!(family(&directory, "g1"), (texts(&["p1"]), texts(&["s1", "s2"])), "p1 is not of age");
    let roster = directory.current();
    assert!(roster.account("p2").unwrap().stops_family());
    let silent = |roster: &Roster| roster.account("g1").unwrap().silent_children().count();
    assert_eq!(silent(&roster), 1);
    directory.decide([Decision::Cut { guardian: id("g1"), child: id("p2") }]);
    assert_eq!(silent(&directory.current()), 0, "a cut is more than silence");
    directory.decide([Decision::Restored { guardian: id("g1"), child: id("p2") }]);
    directory.replace(with(&["p1"]), Shrink::Refused).unwrap();
    assert_eq!(family(&directory, "g1").0, ["p2"], "now p1 is, and p2 is not");
    directory.decide([Decision::Resumed(id("p1"))]);
    assert_eq!(family(&directory, "g1").0, ["p1", "p2"]);
    assert_eq!(lycee().adult("g1"), Err(BuildError::Adult));
}
