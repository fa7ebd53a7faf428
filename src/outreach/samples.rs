//! A school, families and a digest for the tests of this module.

use crate::base::body::{ChildSection, Digest, DigestEntry};
use crate::base::{AccountId, Channel, ItemId, Kind, Language, ReceiptBy, Role, SchoolTime};
use crate::roster::{
    ClassKind, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind, Roster,
    RosterBuilder,
};

fn receives(receives: bool) -> LinkTerms {
    LinkTerms { receives, ..LinkTerms::by_default(LinkKind::Parent) }
}

/// Two schools. `ada` (2A) and `bob` (2B) are at one, `eve` at the other. `g-both` has the first two, `g-one` has `ada`,
/// `g-elsewhere` has `eve`, `g-silent` gets nothing about `ada`, and `g-none` has nobody.
pub(super) fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    for (id, name) in [("lycee", "Lycée Ada & Bob"), ("other", "Autre lycée")] {
        builder.org(NewOrg { id, name, kind: OrgKind::School }).unwrap();
    }
    for (id, title) in [("2a", "2nde A"), ("2b", "2nde B")] {
        let (subject, kind, school, grades) = ("", ClassKind::Homeroom, "lycee", &["2nde"] as &[&str]);
        builder.class(NewClass { id, title, subject, kind, school, grades }).unwrap();
    }
    let people = [
        ("t-maths", Role::Teacher, "Paul", "Dupont", "lycee", "p.dupont@lycee.test"),
        ("head", Role::Staff, "Anne", "Roux", "lycee", ""),
        ("ada", Role::Student, "Ada", "Petit", "lycee", ""),
        ("bob", Role::Student, "Bob", "Petit", "lycee", ""),
        ("eve", Role::Student, "Eve", "Blanc", "other", ""),
        ("g-both", Role::Guardian, "Marie", "Petit", "", "famille@maison.test"),
        ("g-one", Role::Guardian, "Jean", "Lenoir", "", "famille@maison.test"),
        ("g-elsewhere", Role::Guardian, "Luc", "Blanc", "", "luc@maison.test"),
        ("g-silent", Role::Guardian, "Rose", "Petit", "", "rose@maison.test"),
        ("g-none", Role::Guardian, "Max", "Seul", "", "max@maison.test"),
        ("g-unreached", Role::Guardian, "Zoé", "Petit", "", ""),
    ];
    for (id, role, given_name, family_name, org, email) in people {
        let orgs: &[&str] = if org.is_empty() { &[] } else { &[org] };
        let grades: &[&str] = if role == Role::Student { &["2nde"] } else { &[] };
        builder.account(NewAccount { id, role, given_name, family_name, email, orgs, grades }).unwrap();
    }
    for (class, student) in [("2a", "ada"), ("2b", "bob")] {
        builder.enrol(class, student, EnrolmentRole::Student).unwrap();
    }
    let links = [
        ("g-both", "ada", true),
        ("g-both", "bob", true),
        ("g-one", "ada", true),
        ("g-elsewhere", "eve", true),
        ("g-silent", "ada", false),
        ("g-unreached", "ada", true),
    ];
    for (guardian, student, is_told) in links {
        builder.link(NewLink { guardian, student, terms: receives(is_told) }).unwrap();
    }
    builder.build()
}

fn entry(item: &str, channel: &str, author: &str, title: &str, text: &str) -> DigestEntry {
    DigestEntry {
        item: Some(ItemId::parse(item).unwrap()),
        channel: Channel::parse(channel).unwrap(),
        kind: Kind::Announcement,
        author: AccountId::parse(author).unwrap(),
        published_at: SchoolTime(0),
        title: title.to_owned(),
        text: text.to_owned(),
        due: None,
        subject: None,
        links: Vec::new(),
        receipt: None,
    }
}

/// What there is to say of an evening, to a guardian of `ada` and `bob`.
pub(super) fn digest(language: &str) -> Digest {
    let thales = DigestEntry {
        kind: Kind::Assignment,
        due: Some("2026-12-03T08:00".to_owned()),
        subject: Some("Mathématiques".to_owned()),
        links: vec!["https://exercices.test/thales?page=1&sujet=\"2\"".to_owned()],
        ..entry("i-thales", "class:2a", "t-maths", "Thalès", "Exercices 3 et 4.\nRevoir la leçon.")
    };
    let museum = DigestEntry {
        receipt: Some(ReceiptBy::Student),
        ..entry("i-museum", "class:2b", "head", "Sortie au musée", "Départ à 8 h.\n\nPrévoir un pique-nique.")
    };
    let strike =
        entry("i-strike", "school:lycee", "head", "Grève jeudi", "Si x < y & z, <b>pas</b> de cantine.");
    let forum = entry("i-forum", "region", "operator", "Forum", "Samedi.");
    let section =
        |child: &str, entry| ChildSection { child: AccountId::parse(child).unwrap(), entries: vec![entry] };
    Digest {
        date: jiff::civil::date(2026, 11, 30),
        language: Language::parse(language).unwrap(),
        children: vec![section("ada", thales), section("bob", museum)],
        school: vec![strike, forum],
        left_out: 2,
    }
}
