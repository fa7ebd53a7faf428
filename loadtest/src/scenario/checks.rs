//! What a scenario must be before anything is started for it. Each fault names the key.

use super::{Assault, Attack, Author, Does, Event, Gate, Phase, Publish, Scenario, What, Where, Who};
use crate::limits::{
    ATTACK_LINES_MAX, ATTACKS_PER_SECOND_MAX, PATIENCE_SECONDS_MAX, PHASE_SECONDS_MAX, POST_CHARS_MAX,
    ROUNDS_MAX, TEXT_BYTES_MAX, WORKERS_MAX,
};
use crate::pass::{ARRIVALS, SEATS, SEATS_ALONE};

/// Characters of a text: the least holds the stream and number that the oracle reads, the most is what a class's post and
/// a region's announcement may be.
const BYTES_MIN: u32 = 48;
/// Seconds of a breath: what is on its way from one to the next is a small part of it.
const BREATH_SECONDS_MIN: f64 = 0.2;
/// People of a scenario; more than any one machine holds, and few enough for sums to stay exact.
const PEOPLE_MAX: u64 = 1_000_000;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{key}`: {problem}")]
pub(crate) struct Fault {
    /// Where it stands, such as `phase.1.publish.0.bytes`.
    pub(crate) key: String,
    /// What is wrong.
    pub(crate) problem: String,
}

/// All faults of a scenario, in the order of its keys.
pub(super) fn faults(scenario: &Scenario) -> Vec<Fault> {
    let mut found = Found(Vec::new());
    head(scenario, &mut found);
    found.check("phase", !scenario.phases.is_empty(), "at least one phase is needed");
    for (index, phase) in scenario.phases.iter().enumerate() {
        let key = format!("phase.{index}");
        let is_new = scenario.phases.iter().take(index).all(|other| other.name != phase.name);
        found.check(&format!("{key}.name"), is_new, "another phase has this name");
        check_phase(&key, phase, scenario, &mut found);
    }
    for (index, gate) in scenario.gates.iter().enumerate() {
        check_gate(&format!("gate.{index}"), gate, &mut found);
    }
    found.0
}

struct Found(Vec<Fault>);

impl Found {
    fn check(&mut self, key: &str, holds: bool, problem: &str) {
        if !holds {
            self.0.push(Fault { key: key.to_owned(), problem: problem.to_owned() });
        }
    }

    fn word(&mut self, key: &str, word: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let holds = !word.is_empty() && word.len() <= 40 && word.chars().all(fits);
        self.check(key, holds, "one word of a to z, 0 to 9 and `-` is needed");
    }

    fn within(&mut self, key: &str, value: f64, least: f64, greatest: f64) {
        let holds = (least..=greatest).contains(&value);
        self.check(key, holds, &format!("{value} is not between {least} and {greatest}"));
    }

    fn share(&mut self, key: &str, share: f64) {
        let holds = share > 0.0 && share <= 1.0;
        self.check(key, holds, &format!("{share} is not above 0 and at most 1"));
    }
}

fn head(scenario: &Scenario, found: &mut Found) {
    let school = &scenario.school;
    // A name may hold a number.
    found.word("name", &scenario.name.replace('.', "-"));
    found.check("about", !scenario.about.trim().is_empty(), "what the run asks must be said");
    found.within("rounds", f64::from(scenario.rounds), 1.0, f64::from(ROUNDS_MAX));
    found.within("procs", f64::from(scenario.procs), 0.0, f64::from(WORKERS_MAX));
    let taken = scenario.phases.iter().any(|phase| [ARRIVALS, SEATS, SEATS_ALONE].contains(&&*phase.name));
    found.check(
        "phase",
        !taken,
        "`arrivals`, `seats` and `seats_alone` are names of what comes before the first phase",
    );
    found.check("school.classes", school.classes > 0, "at least one class is needed");
    let students = u64::from(school.classes) * (u64::from(school.students_per_class) + 1);
    let people = students + u64::from(school.guardians) + u64::from(school.operators);
    found.check("school", people <= PEOPLE_MAX, &format!("{people} people are more than {PEOPLE_MAX}"));
    found.share("school.live_share", school.live_share);
    found.share("arrivals.share", scenario.arrivals.share);
    if let Some(patience_s) = scenario.arrivals.patience_s {
        found.within("arrivals.patience_s", patience_s, 0.0, PATIENCE_SECONDS_MAX);
    }
    if let Some(clock) = &scenario.clock {
        found.within("clock.speed", f64::from(clock.speed), 1.0, 3_600.0);
    }
    let rate = scenario.arrivals.per_second;
    found.check("arrivals.per_second", rate.is_finite() && rate > 0.0, "a rate above 0 is needed");
    found.check("arrivals.in_flight_max", scenario.arrivals.in_flight_max > 0, "at least 1 is needed");
}

fn check_phase(key: &str, phase: &Phase, scenario: &Scenario, found: &mut Found) {
    found.word(&format!("{key}.name"), &phase.name);
    found.within(&format!("{key}.seconds"), phase.seconds, 0.01, PHASE_SECONDS_MAX);
    if phase.breath_s != 0.0 {
        found.within(&format!("{key}.breath_s"), phase.breath_s, BREATH_SECONDS_MIN, phase.seconds / 2.0);
    }
    for (index, publish) in phase.publishes.iter().enumerate() {
        check_publish(&format!("{key}.publish.{index}"), publish, scenario, found);
    }
    for (index, deeds) in phase.deeds.iter().enumerate() {
        let key = format!("{key}.deed.{index}");
        let rate = deeds.per_second;
        let holds = rate.is_finite() && rate > 0.0;
        found.check(&format!("{key}.per_second"), holds, "a rate above 0 is needed");
        let school = &scenario.school;
        let is_live = school.teachers && school.live_share >= 1.0 && school.students_per_class > 0;
        found.check(&key, is_live, "every class needs students, and `teachers` who begin its lesson");
        let is_held = |publish: &Publish| publish.by == Author::Student;
        let is_free = deeds.what != Does::Propose || !phase.publishes.iter().any(is_held);
        found.check(&key, is_free, "whoever reads first reads all: no student publishes in such a phase");
    }
    for (index, attack) in phase.attacks.iter().enumerate() {
        check_attack(&format!("{key}.attack.{index}"), attack, phase, found);
    }
    for (index, event) in phase.events.iter().enumerate() {
        check_event(&format!("{key}.event.{index}"), event, phase, found);
    }
}

fn check_attack(key: &str, attack: &Attack, phase: &Phase, found: &mut Found) {
    found.within(&format!("{key}.at_s"), attack.at_s, 0.0, phase.seconds);
    found.within(&format!("{key}.per_second"), attack.per_second, 0.1, ATTACKS_PER_SECOND_MAX);
    let is_kept = matches!(attack.what, Assault::Unfinished | Assault::Sessions);
    let least = f64::from(u32::from(is_kept));
    let most = if is_kept { f64::from(ATTACK_LINES_MAX) } else { 0.0 };
    found.within(&format!("{key}.count"), f64::from(attack.count), least, most);
}

fn check_publish(key: &str, publish: &Publish, scenario: &Scenario, found: &mut Found) {
    found.word(&format!("{key}.kind"), &publish.kind);
    let own = ["connect", "seat", "publish", "deed", "late"].contains(&publish.kind.as_str());
    found.check(&format!("{key}.kind"), !own, "this tool uses the word itself");
    let rate = publish.per_second;
    found.check(
        &format!("{key}.per_second"),
        rate.is_finite() && rate >= 0.0,
        "a rate of 0 or more is needed",
    );
    let says = rate > 0.0 || publish.back_to_back > 0;
    found.check(key, says, "`per_second` or `back_to_back` must be above 0");
    // A student posts, and only posts.
    let bytes_max = if publish.by == Author::Student { POST_CHARS_MAX } else { TEXT_BYTES_MAX };
    found.within(&format!("{key}.bytes"), publish.bytes.into(), BYTES_MIN.into(), bytes_max.into());
    found.share(&format!("{key}.share"), publish.share);
    let fits = (publish.to == Where::Region) == (publish.by == Author::Operator);
    found.check(&format!("{key}.by"), fits, "operators publish to the region, and nobody else does");
    let (school, by) = (&scenario.school, publish.by);
    found.check(
        &format!("{key}.by"),
        by != Author::Operator || school.operators > 0,
        "the school has no operators",
    );
    let has_probe = publish.to != Where::Probe || school.probe_classes > 0;
    found.check(&format!("{key}.to"), has_probe, "the school has no `probe_classes`");
    let students = by != Author::Student || school.students_per_class > 0;
    found.check(&format!("{key}.by"), students, "the school has no students");
    let may_hide = !publish.teachers_only || by == Author::Teacher;
    found.check(&format!("{key}.teachers_only"), may_hide, "a teacher alone may choose who sees it");
}

fn check_event(key: &str, event: &Event, phase: &Phase, found: &mut Found) {
    found.within(&format!("{key}.at_s"), event.at_s, 0.0, phase.seconds);
    found.share(&format!("{key}.share"), event.share);
    let is_whose = event.what != What::Churn || event.who == Who::Students;
    found.check(&format!("{key}.who"), is_whose, "students alone leave and return by turns");
    let rate = event.rate;
    match event.what {
        What::Cut => found.within(&format!("{key}.rate"), rate, 0.0, PHASE_SECONDS_MAX),
        What::Churn | What::Arrive => {
            found.check(&format!("{key}.rate"), rate.is_finite() && rate > 0.0, "a rate above 0 is needed");
        }
        What::StopReading | What::ReadAgain => {
            found.check(&format!("{key}.rate"), rate == 0.0, "this event has no rate");
        }
    }
}

fn check_gate(key: &str, gate: &Gate, found: &mut Found) {
    for (name, figure) in [("figure", Some(&gate.figure)), ("over", gate.over.as_ref())] {
        let holds = figure.is_none_or(|figure| figure.contains('.'));
        found.check(&format!("{key}.{name}"), holds, "a figure is called PHASE.FIGURE");
    }
    found.check(key, gate.max.is_some() || gate.min.is_some(), "`max` or `min` is needed");
    found.check(&format!("{key}.why"), !gate.why.trim().is_empty(), "the number's reason must be said");
}
