//! What a load test does, as its file under `loadtest/scenarios/` says: a school, phases, and what happens in each.
//!
//! Pure data with its checks. Every rate of a run stands in the file; the command line may only scale the whole.

mod checks;
mod hostile;
mod reading;

pub(crate) use hostile::{Assault, Attack};
pub(crate) use reading::{ScenarioError, find, list, read};

use serde::{Deserialize, Serialize};

/// One scenario file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// One word, the file's name without its ending.
    pub(crate) name: String,
    /// What it asks and what its answer means, for the report's head.
    pub(crate) about: String,
    /// Runs of the whole; with a baseline each round runs both, one after the other. 1 to 9.
    #[serde(default = "one")]
    pub(crate) rounds: u32,
    /// Whether deliveries are told apart that were under way while a CPU stood still.
    #[serde(default)]
    pub(crate) witness: bool,
    /// The subject that every round runs too, to divide by: `floor`, if any. Who comes first changes with each round.
    #[serde(default)]
    pub(crate) baseline: Option<String>,
    /// Processes that the clients are spread over; 0 for as many as the open files ask for.
    #[serde(default)]
    pub(crate) procs: u32,
    /// What the hub is configured with beyond the tool's own, with the keys of `config/preau.toml`.
    #[serde(default)]
    pub(crate) hub: toml::Table,
    /// What the school's clock shows, if that matters: the hub then runs as a demo, whose clock may be set.
    #[serde(default)]
    pub(crate) clock: Option<Clock>,
    /// Who is there.
    pub(crate) school: School,
    /// How they come.
    pub(crate) arrivals: Arrivals,
    /// What follows when all are there, in order.
    #[serde(rename = "phase")]
    pub(crate) phases: Vec<Phase>,
    /// What decides the exit code.
    #[serde(default, rename = "gate")]
    pub(crate) gates: Vec<Gate>,
}

/// The school's clock, and how fast it goes. The hub then has the demo's preset, `parents-8-18`, in metropolitan France.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    /// What it shows when the hub starts, such as `2026-03-27T07:59`.
    pub(crate) school_time: String,
    /// School seconds per second: 1 to 3600.
    pub(crate) speed: u32,
}

/// The school that the tool makes up for the run, and who of it connects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct School {
    /// Classes, each with one teacher and a channel of its own.
    pub(crate) classes: u32,
    /// Students per class; each follows its class.
    pub(crate) students_per_class: u32,
    /// Whether teachers connect and follow their class. Those who publish connect anyhow.
    #[serde(default)]
    pub(crate) teachers: bool,
    /// With `teachers`: the part of the classes whose teacher comes, from 0 to 1, spread evenly. These are live.
    #[serde(default = "whole")]
    pub(crate) live_share: f64,
    /// Guardians who connect and follow their account and the region's bulletin.
    #[serde(default)]
    pub(crate) guardians: u32,
    /// Whether students and teachers also follow `region`.
    #[serde(default)]
    pub(crate) region: bool,
    /// Operators, who publish to `region`.
    #[serde(default)]
    pub(crate) operators: u32,
    /// The last so many classes connect from a process of their own: what they receive is read at once, not behind what
    /// this tool has yet to read for everybody else.
    #[serde(default)]
    pub(crate) probe_classes: u32,
}

/// Connections at their intended instants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrivals {
    /// Connections begun per second, all processes together.
    pub(crate) per_second: f64,
    /// Connections on their way at once. More: they wait, and their waiting counts into their latency.
    pub(crate) in_flight_max: u32,
    /// How many seconds after the last arrival the first phase begins, if not all are in by then: who is told to wait
    /// goes on asking. Without it everybody must be in.
    #[serde(default)]
    pub(crate) patience_s: Option<f64>,
    /// The part of the classes, and of the guardians, who come now; the others come with an event `arrive`.
    #[serde(default = "whole")]
    pub(crate) share: f64,
    /// Whether all seats are taken before the first upgrade, so that the cost of each can be told apart: one half on
    /// connections that are kept (the phase `seats`), then the other each on its own (`seats_alone`). Seats last 30 s.
    #[serde(default)]
    pub(crate) seats_first: bool,
    /// Whether clients of the hub follow nothing, so that a connection is its handshake alone. A peer's upgrade is its
    /// subscription.
    #[serde(default)]
    pub(crate) handshake_only: bool,
}

/// A part of a run, with figures of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phase {
    /// One word: the first part of its figures' names.
    pub(crate) name: String,
    /// How long things happen; the phase then ends when what is under way has arrived.
    pub(crate) seconds: f64,
    /// For how many seconds whoever is outside asks, attackers among them, before nobody does for as many, and so on; 0 if all
    /// may ask at any time. Deliveries of both are counted apart. Those who come with `arrive` do so at their rate while the
    /// door is asked; whoever was to ask again in the other seconds does so as much later as one such time is long.
    #[serde(default)]
    pub(crate) breath_s: f64,
    /// What is published.
    #[serde(default, rename = "publish")]
    pub(crate) publishes: Vec<Publish>,
    /// What happens to clients.
    #[serde(default, rename = "event")]
    pub(crate) events: Vec<Event>,
    /// What students do in their lessons.
    #[serde(default, rename = "deed")]
    pub(crate) deeds: Vec<Deeds>,
    /// Who wants the hub no good meanwhile.
    #[serde(default, rename = "attack")]
    pub(crate) attacks: Vec<Attack>,
}

/// Something that students do in lessons, in turns: all classes, and in each its students.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deeds {
    /// What.
    pub(crate) what: Does,
    /// How often a second over all classes, evenly spaced.
    pub(crate) per_second: f64,
}

/// What students do in lessons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    /// They react.
    React,
    /// They raise their hand, and lower it the next time.
    Hand,
    /// They vote, each time otherwise, in the poll that their teacher opened.
    Vote,
    /// They ask.
    Ask,
    /// They find the last question worth asking, and the next time no more.
    Upvote,
    /// They say something, and take it back as soon as it stands.
    Delete,
    /// They would say something, for their teacher reads first in such a phase, and lets every second one through.
    Propose,
}

/// A flow of publications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// The word under which its latencies are counted.
    pub(crate) kind: String,
    /// Where.
    pub(crate) to: Where,
    /// Who: the role whose accounts take turns.
    pub(crate) by: Author,
    /// Publications per second over all channels of this flow, evenly spaced; with `back_to_back`, ignored.
    #[serde(default)]
    pub(crate) per_second: f64,
    /// This many at the phase's beginning, with no pause between them, shared by the channels and authors in turns.
    #[serde(default)]
    pub(crate) back_to_back: u32,
    /// Bytes of each text. A class takes more than a post's 4,000 from its teacher, as an announcement; beyond 10,000 they
    /// are characters of three bytes.
    pub(crate) bytes: u32,
    /// The part of the classes that have this flow, from 0 to 1.
    #[serde(default = "whole")]
    pub(crate) share: f64,
    /// For teachers only: students must never see it.
    #[serde(default)]
    pub(crate) teachers_only: bool,
}

/// Where a flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Where {
    /// The classes, in turns, but for those of the probe.
    Class,
    /// The classes of the probe, in turns.
    Probe,
    /// The region's channel.
    Region,
}

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Author {
    /// The class's teacher.
    Teacher,
    /// Students of the class, in turns.
    Student,
    /// Operators, in turns.
    Operator,
}

/// What happens to some clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Seconds after the phase's beginning.
    #[serde(default)]
    pub(crate) at_s: f64,
    /// What.
    pub(crate) what: What,
    /// To whom. For `churn`: students alone.
    #[serde(default)]
    pub(crate) who: Who,
    /// The part of them that it happens to, from 0 to 1.
    #[serde(default = "whole")]
    pub(crate) share: f64,
    /// For `cut`: they return at random instants within this; for `churn`: how many leave and return per second.
    #[serde(default)]
    pub(crate) rate: f64,
}

/// To whom an event happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    /// The students.
    #[default]
    Students,
    /// The teachers.
    Teachers,
    /// Everybody.
    Everybody,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// They stop reading their sockets.
    StopReading,
    /// They read again, and catch up.
    ReadAgain,
    /// Their lines are cut without a word; they come back within `rate` seconds and resume.
    Cut,
    /// Who did not come with the arrivals comes now, `rate` per second.
    Arrive,
    /// `rate` clients per second leave politely and come back at once, from this instant to the phase's end.
    Churn,
}

/// A threshold on a figure of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// The figure's name, such as `paced.cpu_us_per_delivery_over_baseline`.
    pub(crate) figure: String,
    /// If named, what is judged is the first figure divided by this one, in each round.
    #[serde(default)]
    pub(crate) over: Option<String>,
    /// Red above this.
    #[serde(default)]
    pub(crate) max: Option<f64>,
    /// Red below this.
    #[serde(default)]
    pub(crate) min: Option<f64>,
    /// Why this number: the target's name.
    pub(crate) why: String,
}

impl Phase {
    /// Whether nothing happens in it.
    pub(crate) fn is_at_rest(&self) -> bool {
        let Self { publishes, events, deeds, attacks, .. } = self;
        publishes.is_empty() && events.is_empty() && deeds.is_empty() && attacks.is_empty()
    }
}

impl Scenario {
    /// The same with more or fewer people and rates: classes (students, if there is one class only), guardians, seats, arrivals,
    /// publications per second, churn. What comes back to back, and every length of time, stays.
    #[must_use]
    pub(crate) fn scaled(mut self, scale: f64) -> Self {
        let people = |count: u32| if count == 0 { 0 } else { rounded(f64::from(count) * scale).max(1) };
        match self.school.classes {
            1 => self.school.students_per_class = people(self.school.students_per_class),
            classes => self.school.classes = people(classes),
        }
        self.school.guardians = people(self.school.guardians);
        self.arrivals.per_second *= scale;
        if let Some(seats) = self.seats_max() {
            let count = seats.as_integer().and_then(|seats| u32::try_from(seats).ok()).unwrap_or(0);
            *seats = i64::from(people(count)).into();
        }
        for phase in &mut self.phases {
            phase.publishes.iter_mut().for_each(|publish| publish.per_second *= scale);
            phase.deeds.iter_mut().for_each(|deeds| deeds.per_second *= scale);
            let by_rate = |event: &&mut Event| matches!(event.what, What::Churn | What::Arrive);
            let churns = phase.events.iter_mut().filter(by_rate);
            churns.for_each(|event| event.rate *= scale);
        }
        self
    }

    /// The seats that the hub is configured with.
    fn seats_max(&mut self) -> Option<&mut toml::Value> {
        self.hub.get_mut("admission")?.as_table_mut()?.get_mut("seats_max")
    }

    /// Everybody who connects.
    pub(crate) fn population(&self) -> u32 {
        let school = &self.school;
        let mut flows = self.phases.iter().flat_map(|phase| &phase.publishes);
        let teachers = school.teachers || flows.any(|publish| publish.by == Author::Teacher);
        let per_class = school.students_per_class + u32::from(teachers);
        // Teachers who stay away are few enough to be counted with the others.
        school.classes * per_class + school.guardians + school.operators
    }

    /// Connections that begin over the whole run: arrivals, returns, and the exchange of who leaves and comes back.
    pub(crate) fn connections(&self) -> f64 {
        let population = f64::from(self.population());
        let returns = self.phases.iter().flat_map(|phase| {
            phase.events.iter().map(|event| match event.what {
                What::Cut => population * event.share,
                What::Churn => event.rate * (phase.seconds - event.at_s).max(0.0),
                What::StopReading | What::ReadAgain | What::Arrive => 0.0,
            })
        });
        population + returns.sum::<f64>()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of people, checked to be small"
)]
fn rounded(count: f64) -> u32 {
    count.round() as u32
}

fn one() -> u32 {
    1
}

fn whole() -> f64 {
    1.0
}
