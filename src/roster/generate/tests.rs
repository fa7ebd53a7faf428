//! What is generated can be read, is what was asked for, and is the same each time.

use std::fs;

use jiff::civil::date;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::base::Role;
use crate::roster::{ClassKind, Loaded, Report, read};

fn made(spec: Spec, name: &str) -> (TempDir, Loaded) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join(name);
    generate(spec, &out, &mut |_| ()).unwrap();
    let loaded = read(&out, date(2026, 11, 22), &mut |_| ()).unwrap();
    assert_eq!(loaded.report, Report::default());
    (folder, loaded)
}

fn small(seed: u64) -> Spec {
    Spec {
        seed,
        schools: 7,
        students: 2_003,
        teachers: 151,
        guardians: 400,
        staff: 20,
        operators: 2,
        naming: Naming::Numbered,
    }
}

#[test]
fn a_generated_roster_has_the_sizes_that_were_asked_for() {
    let (_folder, loaded) = made(small(3), "out.zip");
    let roster = &loaded.roster;
    let counts = roster.counts();
    assert_eq!(counts.accounts, [151, 2_003, 400, 20, 2]);
    assert_eq!(counts.schools, 7);
    assert_eq!(counts.classes, counts.homerooms * 5);
    assert_eq!(counts.enrolments, 2_003 * 5 + counts.classes);
    for class in roster.classes() {
        assert!(class.students().count() <= 60 && class.teachers().count() == 1, "{class:?}");
    }
    let students = || roster.accounts().filter(|account| account.role() == Role::Student);
    for student in students() {
        let homerooms = student.classes().filter(|e| e.class.kind() == ClassKind::Homeroom);
        assert_eq!((homerooms.count(), student.classes().count()), (1, 5), "{student:?}");
        assert_eq!(student.levels().count(), 1);
    }
    let guardians: Vec<_> = roster.accounts().filter(|a| a.role() == Role::Guardian).collect();
    let with_links = |n: usize| guardians.iter().filter(|g| g.children().count() == n).count();
    assert!((0..=3).all(|n| with_links(n) > 0));
    assert!(students().any(|s| s.guardians().count() == 2), "separated parents");
    assert!(guardians.iter().any(|g| g.children().any(|l| !l.terms.receives)));
    let adults = students().filter(crate::roster::Account::is_adult).count();
    assert!(adults > 0 && adults < 2_003 / 4, "{adults} of age");
    let mut emails: Vec<_> = guardians.iter().filter_map(crate::roster::Account::email).collect();
    emails.sort_unstable();
    emails.dedup();
    assert!(emails.len() < guardians.len(), "shared addresses");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let bytes = |seed: u64| {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("out.zip");
        generate(small(seed), &out, &mut |_| ()).unwrap();
        fs::read(out).unwrap()
    };
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
}

#[test]
fn the_demo_holds_the_accounts_that_it_promises() {
    let (_folder, loaded) = made(Spec::demo(), "demo");
    let roster = &loaded.roster;
    let account = |id: &str| roster.account(id).unwrap();
    assert_eq!(roster.org(DEMO.school).map(|org| org.name()), Some("Lycée du Préau"));
    assert!(account(DEMO.teacher).teaches(DEMO.class));
    assert!(account(DEMO.student).attends(DEMO.class));
    let neighbour = account(DEMO.neighbour);
    assert_eq!(neighbour.role(), Role::Student);
    assert!(account(DEMO.teacher).classes().all(|enrolment| !neighbour.attends(enrolment.class.id())));
    let mut children = account(DEMO.guardian).children();
    assert_eq!(children.next().map(|link| link.account.id()), Some(DEMO.student));
    assert!(account(DEMO.guardian).children().all(|link| link.terms.legal && link.terms.receives));
    assert_eq!(account(DEMO.staff).role(), Role::Staff);
    assert_eq!(account(DEMO.operator).role(), Role::Operator);
    assert_eq!(roster.class(DEMO.class).map(|class| class.students().count()), Some(35));
    assert_eq!(roster.counts().homerooms, 3);
}

#[test]
fn odd_sizes_are_fine() {
    for (schools, students, teachers, guardians) in
        [(1, 0, 0, 3), (3, 2, 1, 9), (2, 71, 0, 0), (40, 39, 41, 2)]
    {
        let spec = Spec { schools, students, teachers, guardians, ..small(1) };
        let (_folder, loaded) = made(spec, "out");
        assert_eq!(loaded.roster.counts().of(Role::Student), students);
    }
}

#[test]
fn what_can_t_be_made_says_why() {
    let folder = TempDir::new().unwrap();
    let attempt = |spec: Spec, name: &str| generate(spec, &folder.path().join(name), &mut |_| ());
    let none = Spec { schools: 0, ..small(1) };
    assert!(matches!(attempt(none, "a"), Err(GenerateError::NoSchool)));
    let many = Spec { students: limits::ROSTER_ACCOUNTS_MAX, ..small(1) };
    assert!(matches!(attempt(many, "a"), Err(GenerateError::TooMany { what: "accounts", .. })));
    let many = Spec { schools: limits::ROSTER_ORGS_MAX, ..small(1) };
    assert!(matches!(attempt(many, "a"), Err(GenerateError::TooMany { what: "schools", .. })));
    assert!(matches!(attempt(small(1), "no/such/folder.zip"), Err(GenerateError::Write(_))));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.div_ceil(6),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_generated_reads_without_a_diagnostic(
        seed in any::<u64>(),
        schools in 1..6_usize,
        people in (0..300_usize, 0..20_usize, 0..80_usize, 0..9_usize, 0..3_usize),
        naming in prop::sample::select(vec![Naming::Numbered, Naming::Friendly]),
    ) {
        let (students, teachers, guardians, staff, operators) = people;
        let spec = Spec { seed, schools, students, teachers, guardians, staff, operators, naming };
        let (_folder, loaded) = made(spec, "out.zip");
        let counts = loaded.roster.counts();
        prop_assert_eq!(counts.accounts, [teachers, students, guardians, staff, operators]);
        prop_assert_eq!(counts.schools, schools);
    }
}
