//! The school of the tests: two classes of a grade, four students, and guardians of every sort.

use std::collections::BTreeMap;

use preau::base::{Channel, Role};
use preau::calendar::{Calendar, CalendarConfig, Preset};
use preau::roster::{
    ClassKind, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind, Roster,
    RosterBuilder,
};

/// Each student with the classes they attend. `maths` is a group of both classes.
pub(crate) const STUDENTS: [(&str, &[&str]); 4] =
    [("s1", &["2a", "maths"]), ("s2", &["2b"]), ("s3", &["2a"]), ("s4", &["2b", "maths"])];

/// Each link, and whether the guardian is written to by it. `g2` has two children, `g3` and `g4` are separated parents of
/// one, `g5` is not written to.
pub(crate) const LINKS: [(&str, &str, bool); 7] = [
    ("g1", "s1", true),
    ("g2", "s1", true),
    ("g2", "s2", true),
    ("g3", "s3", true),
    ("g4", "s3", true),
    ("g4", "s4", true),
    ("g5", "s4", false),
];

/// The guardians of the links, each once.
pub(crate) const GUARDIANS: [&str; 5] = ["g1", "g2", "g3", "g4", "g5"];

/// Where things are published.
pub(crate) const PLACES: [&str; 6] =
    ["class:2a", "class:2b", "class:maths", "level:lycee/2nde", "school:lycee", "region"];

/// Those of [`PLACES`] in which work is given: the classes, which come first.
pub(crate) const CLASSES: usize = 3;

/// The roster without some of the links, by their place in [`LINKS`].
pub(crate) fn roster(cut: &[usize]) -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "Lycée", kind: OrgKind::School }).unwrap();
    for (id, kind) in
        [("2a", ClassKind::Homeroom), ("2b", ClassKind::Homeroom), ("maths", ClassKind::Scheduled)]
    {
        let new = NewClass { id, title: id, subject: "", kind, school: "lycee", grades: &["2nde"] };
        builder.class(new).unwrap();
    }
    let mut account = |id: &str, role| {
        let (given_name, family_name, email, orgs) = ("", "", "", &["lycee"][..]);
        let grades: &[&str] = if role == Role::Student { &["2nde"] } else { &[] };
        builder.account(NewAccount { id, role, given_name, family_name, email, orgs, grades }).unwrap();
    };
    account("teacher", Role::Teacher);
    account("operator", Role::Operator);
    for (id, _) in STUDENTS {
        account(id, Role::Student);
    }
    for id in GUARDIANS {
        account(id, Role::Guardian);
    }
    for class in ["2a", "2b", "maths"] {
        builder.enrol(class, "teacher", EnrolmentRole::Teacher).unwrap();
    }
    for (student, classes) in STUDENTS {
        for class in classes {
            builder.enrol(class, student, EnrolmentRole::Student).unwrap();
        }
    }
    for (number, (guardian, student, receives)) in LINKS.into_iter().enumerate() {
        let terms = LinkTerms { kind: LinkKind::Parent, legal: true, receives };
        if !cut.contains(&number) {
            builder.link(NewLink { guardian, student, terms }).unwrap();
        }
    }
    builder.build()
}

/// Whether a student's own channels hold this one: not those of the whole school.
pub(crate) fn concerns(student: &str, place: &str) -> bool {
    let classes = STUDENTS.iter().find(|(id, _)| *id == student).map_or(&[][..], |(_, classes)| classes);
    place == "level:lycee/2nde" || classes.iter().any(|class| place.strip_prefix("class:") == Some(class))
}

/// Whether a channel is for the whole school.
pub(crate) fn is_shared(place: &str) -> bool {
    matches!(place, "school:lycee" | "region")
}

/// Guardians come in from six on, nothing is delivered by night nor at weekends.
pub(crate) fn calendar() -> Calendar {
    let presets = vec![Preset::Parents8To18, Preset::National];
    Calendar::new(&CalendarConfig { presets, ..CalendarConfig::default() }, "Europe/Paris", &BTreeMap::new())
}

pub(crate) fn channel(place: &str) -> Channel {
    Channel::parse(place).unwrap()
}
