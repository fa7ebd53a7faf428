//! Whatever the bytes: the reader answers, and what it accepts holds together.

use std::fs;

use proptest::prelude::*;

use super::*;

const FILES: [&str; 9] = [
    "manifest.csv",
    "orgs.csv",
    "users.csv",
    "roles.csv",
    "academicSessions.csv",
    "courses.csv",
    "classes.csv",
    "enrollments.csv",
    "relationships.csv",
];

/// One change to one file of a fixture.
#[derive(Debug, Clone)]
enum Mutation {
    /// Bytes written over those at a place.
    Overwrite(Vec<u8>),
    /// Bytes put in at a place.
    Insert(Vec<u8>),
    /// So many bytes removed at a place.
    Remove(usize),
    /// A stretch of bytes from one place put in at another.
    Repeat(usize),
}

fn mutation() -> impl Strategy<Value = (usize, usize, Mutation)> {
    let telling = prop::sample::select(vec![
        ",",
        "\"",
        "\n",
        "\r\n",
        "g1",
        "p1",
        "s1",
        "2A",
        "tobedeleted",
        "student",
        "guardian",
        "\u{0}",
        "\u{feff}",
        "é",
    ]);
    let bytes = prop_oneof![
        telling.prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..8),
    ];
    let change = prop_oneof![
        bytes.clone().prop_map(Mutation::Overwrite),
        bytes.prop_map(Mutation::Insert),
        (1..200_usize).prop_map(Mutation::Remove),
        (1..200_usize).prop_map(Mutation::Repeat),
    ];
    (0..FILES.len(), 0..2_000_usize, change)
}

fn apply(text: &mut Vec<u8>, place: usize, mutation: &Mutation) {
    let place = place % (text.len() + 1);
    let to = |length: usize| (place + length).min(text.len());
    match mutation {
        Mutation::Overwrite(bytes) => {
            let end = to(bytes.len());
            text.splice(place..end, bytes.iter().copied());
        }
        Mutation::Insert(bytes) => {
            text.splice(place..place, bytes.iter().copied());
        }
        Mutation::Remove(length) => {
            let end = to(*length);
            text.drain(place..end);
        }
        Mutation::Repeat(length) => {
            let stretch = text[place..to(*length)].to_vec();
            text.splice(place..place, stretch);
        }
    }
}

/// What must hold of every roster.
fn hold_together(roster: &Roster) {
    let counts = roster.counts();
    assert_eq!(roster.accounts().count(), counts.accounts_total());
    let mut enrolments = 0;
    for account in roster.accounts() {
        assert_eq!(roster.account(account.id()).map(|a| a.role()), Some(account.role()));
        enrolments += account.classes().count();
        for child in account.children() {
            assert_eq!((account.role(), child.account.role()), (Role::Guardian, Role::Student));
            assert!(child.account.guardians().any(|g| g.account.id() == account.id()));
            assert!(child.account.schools().all(|school| account.belongs_to(school.id())));
        }
        assert!(account.role() == Role::Student || account.classes().all(|e| !account.attends(e.class.id())));
    }
    assert_eq!(enrolments, counts.enrolments);
    assert_eq!(roster.classes().map(|c| c.members()).sum::<usize>(), counts.enrolments);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_roster_is_read_or_refused(
        version in prop::sample::select(vec!["v1p1", "v1p2"]),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let folder = TempDir::new().unwrap();
        for (number, file) in FILES.iter().enumerate() {
            let Ok(mut text) = fs::read(fixture(version).join(file)) else {
                continue;
            };
            for (_, place, mutation) in mutations.iter().filter(|(at, ..)| *at == number) {
                apply(&mut text, *place, mutation);
            }
            fs::write(folder.path().join(file), text).unwrap();
        }
        match read_quietly(folder.path()) {
            Ok(loaded) => hold_together(&loaded.roster),
            Err(report) => prop_assert!(report.errors > 0 && !report.diagnostics.is_empty()),
        }
    }

    #[test]
    fn a_mutated_zip_is_read_or_refused(
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let copy = Copy::new();
        let path = copy.zip("");
        let mut bytes = fs::read(&path).unwrap();
        for (file, place, mutation) in &mutations {
            apply(&mut bytes, file * 2_000 + place, mutation);
        }
        fs::write(&path, bytes).unwrap();
        match read_quietly(&path) {
            Ok(loaded) => hold_together(&loaded.roster),
            Err(report) => prop_assert!(report.errors > 0 && !report.diagnostics.is_empty()),
        }
    }
}
