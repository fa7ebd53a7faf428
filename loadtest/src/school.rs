//! Who is at the school that a scenario makes up: accounts, channels, and which of them connect from which worker.
//!
//! Pure: coordinator and workers come to the same names alike, without telling each other.

use crate::scenario::{Author, Scenario, Where};

/// The region's channel.
pub(crate) const REGION: &str = "region";
/// What everybody of the region may read.
pub(crate) const BULLETIN: &str = "bulletin:region";

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// A student of a class.
    Student,
    /// The teacher of a class.
    Teacher,
    /// Somebody's parent.
    Guardian,
    /// Who speaks to the region.
    Operator,
}

/// One person: a part, a class if the part has one, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    /// What they are.
    pub(crate) part: Part,
    /// Their class; 0 for guardians and operators.
    pub(crate) class: u32,
    /// Their number in the class, or among their like.
    pub(crate) number: u32,
}

impl Person {
    /// The account.
    pub(crate) fn account(self) -> String {
        let Self { part, class, number } = self;
        match part {
            Part::Student => format!("s-{class}-{number:02}"),
            Part::Teacher => format!("t-{class}"),
            Part::Guardian => format!("g-{number}"),
            Part::Operator => format!("o-{number}"),
        }
    }
}

/// An attacker's account: a student of the first class.
pub(crate) fn attacker(number: u32) -> String {
    format!("x-{number}")
}

/// The OneRoster id of a class, which is also a peer's channel.
pub(crate) fn class_id(class: u32) -> String {
    format!("c-{class}")
}

/// The channel of a class.
pub(crate) fn class_channel(class: u32) -> String {
    format!("class:c-{class}")
}

/// Whether number `index` of many is among a share of them; the share is spread evenly over all.
pub(crate) fn is_chosen(index: u64, share: f64) -> bool {
    let share = share.clamp(0.0, 1.0);
    // Numbers of pupils are exact in an f64; a little is added since 0.1 × 10 is not.
    (((index + 1) as f64) * share + 1e-9).floor() > ((index as f64) * share + 1e-9).floor()
}

/// The worker of `of` from which a class connects. Classes are shared in turns; those of the probe, the last ones, have
/// the last worker to themselves.
pub(crate) fn holder(class: u32, probe_from: u32, of: u32) -> u32 {
    match (class >= probe_from, of) {
        (_, 0 | 1) => 0,
        (true, of) => of - 1,
        (false, of) => class % crowd(probe_from, of),
    }
}

/// The first class of the probe; beyond all classes if there is none.
pub(crate) fn probe_from(scenario: &Scenario) -> u32 {
    match scenario.school.probe_classes {
        0 => u32::MAX,
        probe => scenario.school.classes.saturating_sub(probe),
    }
}

/// Workers that share the classes of no probe.
fn crowd(probe_from: u32, of: u32) -> u32 {
    if probe_from == u32::MAX { of } else { of - 1 }.max(1)
}

/// Everybody who connects from worker `index` of `of`.
pub(crate) fn cast(scenario: &Scenario, index: u32, of: u32) -> Vec<Person> {
    let school = &scenario.school;
    let probe_from = probe_from(scenario);
    let classes = (0..school.classes).filter(|class| holder(*class, probe_from, of) == index);
    let mut people = Vec::new();
    for class in classes {
        let student = |number| Person { part: Part::Student, class, number };
        people.extend((0..school.students_per_class).map(student));
        if is_live(scenario, class) || teaches(scenario, class) {
            people.push(Person { part: Part::Teacher, class, number: 0 });
        }
    }
    let guardians = (0..school.guardians).filter(|number| number % crowd(probe_from, of) == index);
    people.extend(guardians.map(|number| Person { part: Part::Guardian, class: 0, number }));
    if index == 0 {
        let operator = |number| Person { part: Part::Operator, class: 0, number };
        people.extend((0..school.operators).map(operator));
    }
    people
}

/// Whether a class's teacher comes to follow it.
pub(crate) fn is_live(scenario: &Scenario, class: u32) -> bool {
    let comes = || is_chosen(u64::from(class), scenario.school.live_share) || teaches(scenario, class);
    scenario.school.teachers && comes()
}

/// Whether somebody comes with the arrivals, and not with an event.
pub(crate) fn comes_first(scenario: &Scenario, person: Person) -> bool {
    let index = if person.part == Part::Guardian { person.number } else { person.class };
    person.part == Part::Operator || is_chosen(u64::from(index), scenario.arrivals.share)
}

/// Whether a class's teacher publishes in any phase.
fn teaches(scenario: &Scenario, class: u32) -> bool {
    let flows = scenario.phases.iter().flat_map(|phase| &phase.publishes);
    let is_probe = class >= probe_from(scenario);
    flows
        .filter(|flow| flow.by == Author::Teacher && is_probe == (flow.to == Where::Probe))
        .any(|flow| is_chosen(u64::from(class), flow.share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_met_and_spread() {
        for (count, share, chosen) in
            [(10_u64, 0.1, 1), (18_000, 0.05, 900), (3, 1.0, 3), (7, 0.0, 0), (10, 0.3, 3)]
        {
            let found = (0..count).filter(|index| is_chosen(*index, share)).count();
            assert_eq!(found, chosen, "{share} of {count}");
        }
        let half: Vec<u64> = (0..6).filter(|index| is_chosen(*index, 0.5)).collect();
        assert_eq!(half, [1, 3, 5]);
    }

    #[test]
    fn a_probe_has_the_last_worker_to_itself() {
        let held = |probe_from, of| (0..6).map(|class| holder(class, probe_from, of)).collect::<Vec<_>>();
        assert_eq!(held(u32::MAX, 2), [0, 1, 0, 1, 0, 1]);
        assert_eq!(held(5, 2), [0, 0, 0, 0, 0, 1]);
        assert_eq!(held(4, 3), [0, 1, 0, 1, 2, 2]);
        assert_eq!(held(5, 1), [0; 6], "without a second process there is no probe");
    }

    #[test]
    fn accounts_have_their_agreed_names() {
        let person = |part, class, number| Person { part, class, number }.account();
        assert_eq!(person(Part::Student, 12, 7), "s-12-07");
        assert_eq!(person(Part::Teacher, 12, 0), "t-12");
        assert_eq!(person(Part::Guardian, 0, 3), "g-3");
        assert_eq!(person(Part::Operator, 0, 1), "o-1");
        assert_eq!((class_id(12), class_channel(12)), ("c-12".into(), "class:c-12".into()));
    }
}
