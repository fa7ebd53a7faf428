//! What the door costs (P8): a whole admission, a first refusal, and a poll from the waiting room, in the server's CPU time.
//!
//! Each round starts a hub of its own. First seats are taken until none is left: a whole admission is the asking on a
//! kept line, the upgrade, and four subscriptions, two of which replay. Then others ask, each with a token that the hub has
//! not seen, and get tickets. At last they poll with these on the same lines. It is a closed loop: what is asked is the
//! CPU's time and not the clock's.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use serde::Serialize;

use crate::door::Word;
use crate::guest::{Guest, Line};
use crate::run::RunError;
use crate::sampler::Sampler;
use crate::scenario::Scenario;
use crate::school::{self, Part, Person};
use crate::subject::{self, OURS, Running, Setting};
use crate::token;
use crate::wire::{Body, ClientFrame, From, Kind, ServerFrame};

/// The school, and the hub's settings: whatever seats there are may be a student's, and the flow is no bound.
const SCHOOL: &str = r#"
name = "door"
about = "What does it cost to let somebody in, to refuse, and to be polled?"
phase = []
[school]
classes = 100
students_per_class = 40
region = true
operators = 1
[arrivals]
per_second = 1.0
in_flight_max = 1
[hub.admission]
seats_max = 2000
lendable = [1000, 1000, 1000, 1000, 1000, 1000]
[hub.admission.flow]
start = 100000
max = 1000000
"#;
/// Publications that each subscription with a replay brings.
const REPLAYED: u8 = 8;
/// Admissions that are measured; the seats that are left are taken before anybody is refused.
const ADMISSIONS: usize = 1_500;
/// People who are refused.
const REFUSALS: usize = 1_500;
/// Polls of each of them.
const POLLS_EACH: usize = 20;
/// People who ask at once, each on a line of its own.
const THREADS: usize = 8;
/// P8: polls per CPU second, of whole admissions per CPU second.
const POLLS_MIN: f64 = 10.0;
/// P8: a first refusal, of a whole admission.
const REFUSAL_MAX: f64 = 0.5;

/// What `door` is told.
#[derive(Debug, Args)]
pub(crate) struct DoorArguments {
    /// The hub's binary.
    #[arg(long, default_value = "target/release/preau")]
    hub: PathBuf,
    /// Rounds, each with a hub of its own; the median of each figure counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    rounds: u32,
    /// Where the figures go.
    #[arg(long, default_value = "target/loadtest")]
    out: PathBuf,
    /// The server on CPU 0.
    #[arg(long)]
    pin: bool,
}

/// What a round came to, in microseconds of the server's CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the unit, which stands last in every name")]
struct Toll {
    admission_us: f64,
    refusal_us: f64,
    poll_us: f64,
}

impl Toll {
    fn polls_per_admission(self) -> f64 {
        self.admission_us / self.poll_us
    }

    fn refusal_part(self) -> f64 {
        self.refusal_us / self.admission_us
    }
}

/// All rounds, and the medians that decide.
#[derive(Debug, Serialize)]
struct Tolls {
    rounds: Vec<Toll>,
    polls_per_admission: f64,
    refusal_part: f64,
    is_met: bool,
}

/// Signs tokens for people.
type Mint<'a> = dyn Fn(&[Person]) -> io::Result<Vec<Box<str>>> + 'a;

/// Measures, prints, and says whether P8 is met.
///
/// # Errors
/// [`RunError`]; nothing that was started still runs.
pub(crate) fn run(arguments: &DoorArguments) -> Result<bool, RunError> {
    let scenario: Scenario =
        toml::from_str(SCHOOL).map_err(|_| RunError::Usage("the door's own scenario can't be read"))?;
    fs::create_dir_all(&arguments.out).map_err(RunError::file(&arguments.out))?;
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        rounds.push(round(arguments, &scenario)?);
    }
    let tolls = tolls(rounds);
    let file = arguments.out.join("door.json");
    let written = serde_json::to_vec_pretty(&tolls).map_err(io::Error::from);
    written.and_then(|bytes| fs::write(&file, bytes)).map_err(RunError::file(&file))?;
    say(&tolls).map_err(RunError::file(Path::new("standard output")))?;
    Ok(tolls.is_met)
}

fn tolls(rounds: Vec<Toll>) -> Tolls {
    let polls_per_admission = median(rounds.iter().map(|toll| toll.polls_per_admission()).collect());
    let refusal_part = median(rounds.iter().map(|toll| toll.refusal_part()).collect());
    let is_met = polls_per_admission >= POLLS_MIN && refusal_part <= REFUSAL_MAX;
    Tolls { rounds, polls_per_admission, refusal_part, is_met }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn say(tolls: &Tolls) -> io::Result<()> {
    let mut out = io::stdout();
    for Toll { admission_us, refusal_us, poll_us } in &tolls.rounds {
        writeln!(
            out,
            "admission {admission_us:.1} µs · first refusal {refusal_us:.1} µs · poll {poll_us:.1} µs"
        )?;
    }
    let Tolls { polls_per_admission, refusal_part, is_met, .. } = tolls;
    let verdict = if *is_met { "held" } else { "RED" };
    writeln!(
        out,
        "P8 {verdict}: {polls_per_admission:.1} polls for an admission ({POLLS_MIN} are wanted), \
         a first refusal for {refusal_part:.2} of one (at most {REFUSAL_MAX})"
    )
}

fn round(arguments: &DoorArguments, scenario: &Scenario) -> Result<Toll, RunError> {
    let folder = tempfile::Builder::new().prefix("door-").tempdir_in(&arguments.out);
    let folder = folder.map_err(RunError::file(&arguments.out))?;
    let setting = Setting {
        scenario,
        folder: folder.path().to_owned(),
        hub: arguments.hub.clone(),
        cpus: if arguments.pin { vec![0] } else { Vec::new() },
    };
    let running = subject::start(OURS, &setting)?;
    measure(scenario, &running).map_err(RunError::file(Path::new("the hub's door")))
}

fn measure(scenario: &Scenario, running: &Running) -> io::Result<Toll> {
    let address = running.address;
    let key =
        running.tokens.as_ref().ok_or_else(|| io::Error::other("there is no key to sign tokens with"))?;
    let mint = |people: &[Person]| {
        let tokens = token::mint(key, people.iter().map(|person| person.account()));
        tokens.map_err(io::Error::other)
    };
    let (classes, size) = (scenario.school.classes, scenario.school.students_per_class);
    prepare(address, classes, &mint)?;
    // Neighbours are of different classes.
    let student = |n: u32| Person { part: Part::Student, class: n % classes, number: n / classes };
    let students: Vec<Person> = (0..classes * size).map(student).collect();
    let people: Vec<(Person, Box<str>)> = students.iter().copied().zip(mint(&students)?).collect();
    let sampler = Sampler::new(running.pids());
    let cpu_us = || sampler.sample().map(|sample| sample.cpu_ns as f64 / 1e3).map_err(io::Error::other);

    let (first, others) = people.split_at(ADMISSIONS);
    let began = cpu_us()?;
    let guests = shared(address, first, |line, (person, token)| admit(address, line, *person, token))?;
    let admitted = cpu_us()?;
    if guests.iter().any(Option::is_none) {
        return Err(io::Error::other("not everybody was admitted who should be"));
    }
    let (rest, refused) = others.split_at(others.len() - REFUSALS);
    let rest = shared(address, rest, |line, (person, token)| admit(address, line, *person, token))?;
    if rest.iter().all(Option::is_some) {
        return Err(io::Error::other("there are more seats than there should be"));
    }
    let full = cpu_us()?;
    let tickets = shared(address, refused, |line, (_, token)| ticket(line, token, None))?;
    let turned_away = cpu_us()?;
    let waiting: Vec<(&str, Box<str>)> =
        refused.iter().map(|(_, token)| &**token).zip(tickets.into_iter().flatten()).collect();
    if waiting.len() < REFUSALS {
        return Err(io::Error::other("somebody was admitted who should wait"));
    }
    let asked = cpu_us()?;
    let polled = shared(address, &waiting, |line, (token, place)| poll(line, token, place))?;
    let ended = cpu_us()?;
    let polls: usize = polled.iter().sum();
    drop((guests, rest));
    Ok(Toll {
        admission_us: (admitted - began) / ADMISSIONS as f64,
        refusal_us: (turned_away - full) / REFUSALS as f64,
        poll_us: (ended - asked) / polls as f64,
    })
}

/// Fills the logs: every class, and the region.
fn prepare(address: SocketAddr, classes: u32, mint: &Mint<'_>) -> io::Result<()> {
    let teachers = (0..classes).map(|class| Person { part: Part::Teacher, class, number: 0 });
    let operator = Person { part: Part::Operator, class: 0, number: 0 };
    let people: Vec<Person> = teachers.chain([operator]).collect();
    let mut line = Line::open(address)?;
    for (person, token) in people.iter().zip(mint(&people)?) {
        let Some(Word::Seat(seat)) = line.ask(&token, None)?.word else {
            return Err(io::Error::other("who publishes gets no seat"));
        };
        let mut guest = Guest::sit(address, &seat)?;
        let said: Vec<ClientFrame> = (0..u32::from(REPLAYED)).map(|id| publication(*person, id)).collect();
        guest.say(&said)?;
        let mut answers = 0;
        while answers < said.len() {
            match guest.hear()? {
                ServerFrame::Published { .. } => answers += 1,
                ServerFrame::Error { code, .. } => return Err(io::Error::other(code)),
                _ => {}
            }
        }
    }
    Ok(())
}

fn publication(person: Person, id: u32) -> ClientFrame {
    let text = "x".repeat(200);
    let (channel, kind, body) = match person.part {
        Part::Operator => (school::REGION.to_owned(), Kind::Announcement, Body::announcement("t", text)),
        _ => (school::class_channel(person.class), Kind::Post, Body::post(text)),
    };
    let message_id = format!("{}-{id}", person.account());
    ClientFrame::Publish {
        id,
        channel,
        kind,
        message_id,
        audience: None,
        publish_at: None,
        urgent: None,
        body,
    }
}

/// A whole admission; `None` if there is no seat.
fn admit(address: SocketAddr, line: &mut Line, person: Person, token: &str) -> io::Result<Option<Guest>> {
    let seat = match line.ask(token, None)?.word {
        Some(Word::Seat(seat)) => seat,
        Some(Word::Wait { .. }) => return Ok(None),
        _ => return Err(io::Error::other("neither admitted nor told to wait")),
    };
    let mut guest = Guest::sit(address, &seat)?;
    let channels = [
        school::class_channel(person.class),
        school::REGION.to_owned(),
        school::BULLETIN.to_owned(),
        format!("account:{}", person.account()),
    ];
    let subscribe = |(id, channel)| ClientFrame::Subscribe { id, channel, from: From::Last(REPLAYED) };
    let said: Vec<ClientFrame> = (0..).zip(channels).map(subscribe).collect();
    guest.say(&said)?;
    let (mut answers, mut replayed) = (0, 0);
    while answers < said.len() || replayed < 2 * u32::from(REPLAYED) {
        match guest.hear()? {
            ServerFrame::Fresh { .. } | ServerFrame::Resumed { .. } => answers += 1,
            ServerFrame::Publication { .. } => replayed += 1,
            ServerFrame::Error { code, .. } => return Err(io::Error::other(code)),
            _ => {}
        }
    }
    Ok(Some(guest))
}

/// Asks where no seat is left; the ticket.
fn ticket(line: &mut Line, token: &str, place: Option<&str>) -> io::Result<Option<Box<str>>> {
    match line.ask(token, place)?.word {
        Some(Word::Wait { ticket, .. }) => Ok(Some(ticket)),
        _ => Ok(None),
    }
}

/// Polls again and again; how often.
fn poll(line: &mut Line, token: &str, place: &str) -> io::Result<usize> {
    let mut place: Box<str> = place.into();
    for _ in 0..POLLS_EACH {
        place = ticket(line, token, Some(&place))?
            .ok_or_else(|| io::Error::other("a poll was not told to wait on"))?;
    }
    Ok(POLLS_EACH)
}

/// Has some threads do something with all items, each on a line of its own that is kept; the answers in the items' order.
fn shared<T: Sync, A: Send>(
    address: SocketAddr,
    items: &[T],
    each: impl Fn(&mut Line, &T) -> io::Result<A> + Sync,
) -> io::Result<Vec<A>> {
    let each = &each;
    let parts = items.chunks(items.len().div_ceil(THREADS).max(1));
    thread::scope(|scope| {
        let work = parts.map(|part| {
            thread::Builder::new().spawn_scoped(scope, move || -> io::Result<Vec<A>> {
                let mut line = Line::open(address)?;
                part.iter().map(|item| each(&mut line, item)).collect()
            })
        });
        let threads = work.collect::<io::Result<Vec<_>>>()?;
        let done = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the measurement ended")))
        });
        Ok(done.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medians_decide() {
        let toll = |admission_us, refusal_us, poll_us| Toll { admission_us, refusal_us, poll_us };
        let good = toll(200.0, 80.0, 15.0);
        let met = tolls(vec![good, toll(200.0, 300.0, 100.0), good]);
        assert!(met.is_met && (met.refusal_part - 0.4).abs() < 1e-9, "{met:?}");
        assert!(
            !tolls(vec![toll(200.0, 101.0, 15.0)]).is_met,
            "a refusal for more than half of an admission"
        );
        assert!(!tolls(vec![toll(200.0, 80.0, 20.1)]).is_met, "fewer than ten polls for an admission");
        assert!(!tolls(Vec::new()).is_met, "what nobody measured is red");
    }

    #[test]
    fn the_school_of_the_door_is_one_and_holds_all_who_come() {
        let scenario: Scenario = toml::from_str(SCHOOL).unwrap();
        let students = scenario.school.classes * scenario.school.students_per_class;
        assert!(students as usize > ADMISSIONS + REFUSALS + 500);
    }
}
