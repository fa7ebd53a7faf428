//! One load process: clients, and a loop that gives each its turn. It reads orders and says news, one line each.
//!
//! One thread does all of it, since client and server share the machine: what is not spent here can be measured there.
//! Another thread reads the orders. It ends with the process, as nothing can wake it from its reading.

mod course;
mod deeds;
mod happening;
mod phase;
mod seats;

use std::io::{self, BufRead, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use mio::{Events, Poll, Token, Waker};

use crate::alarm::Alarm;
use crate::client::{Client, Place, Readiness};
use crate::desk::{self, Desk};
use crate::dialect::{self, Dialect};
use crate::door::Standing;
use crate::flows::{Flows, REGION};
use crate::limits;
use crate::orders::{News, Order, Plan};
use crate::publisher::{self, Publisher};
use crate::recorder::RecordError;
use crate::scene::{Scene, Setting, Speech};
use crate::school::{self, Part, Person};
use crate::token::{self, TokenError};
use course::Course;

const ORDERS: Token = Token(1 << 26);
const ALARM: Token = Token(1 << 27);

/// Why a worker can't go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    /// The system's words.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A line that is no order.
    #[error("an order can't be read: {0}")]
    Order(#[from] serde_json::Error),
    /// An order at the wrong time.
    #[error("an order came out of turn: {0}")]
    OutOfTurn(&'static str),
    /// The dialect.
    #[error("nobody here speaks `{0}`")]
    Dialect(String),
    /// The plan's key.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The key is missing.
    #[error("the plan has no key to sign tokens with")]
    NoKey,
    /// Too many clients.
    #[error("{0} clients are more than one process can hold")]
    TooMany(usize),
    /// Histograms.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Everything that a worker has.
struct Worker {
    index: u32,
    of: u32,
    scenario: crate::scenario::Scenario,
    clients: Vec<Client>,
    scene: Scene,
    desk: Desk,
    publisher: Option<Publisher>,
    /// Where clients of one class begin; students come first, then the teacher.
    roll: Roll,
    /// Who has something to say.
    speakers: Vec<u32>,
    buffer: Vec<u8>,
    poll: Poll,
    alarm: Alarm,
}

/// Finds clients by who they are.
#[derive(Debug, Default)]
struct Roll {
    classes: Vec<Option<u32>>,
    teachers: Vec<Option<u32>>,
    operators: Vec<u32>,
}

/// Works for whoever writes orders to `orders` until it is done or the orders end.
///
/// # Errors
/// What it also says as [`News::Failed`].
pub(crate) fn run(
    orders: impl BufRead + Send + 'static,
    mut news: impl Write,
    named: impl Fn(&str) -> Option<Box<dyn Dialect>>,
) -> Result<(), WorkerError> {
    let done = work(orders, &mut news, named);
    if let Err(error) = &done {
        tell(&mut news, &News::Failed { reason: error.to_string() })?;
    }
    done
}

/// The command: orders from standard input, news to standard output.
pub(crate) fn run_as_command() -> Result<(), WorkerError> {
    run(io::BufReader::new(io::stdin()), io::stdout(), dialect::named)
}

fn work(
    mut orders: impl BufRead + Send + 'static,
    news: &mut impl Write,
    named: impl Fn(&str) -> Option<Box<dyn Dialect>>,
) -> Result<(), WorkerError> {
    let mut line = String::new();
    orders.read_line(&mut line)?;
    let Order::Plan(plan) = serde_json::from_str(&line)? else {
        return Err(WorkerError::OutOfTurn("the first is a plan"));
    };
    let mut worker = Worker::new(*plan, named)?;
    let waker = Arc::new(Waker::new(worker.poll.registry(), ORDERS)?);
    let received = read_orders(orders, waker)?;
    tell(news, &News::Ready)?;
    worker.live(&received, news)
}

/// Reads orders in a thread of its own, and wakes the loop for each.
fn read_orders(
    orders: impl BufRead + Send + 'static,
    waker: Arc<Waker>,
) -> io::Result<Receiver<serde_json::Result<Order>>> {
    let (sender, receiver) = sync_channel(limits::ORDERS_MAX);
    let read = move || {
        for line in orders.lines().map_while(Result::ok) {
            // If the loop has ended, so does this.
            if sender.send(serde_json::from_str(&line)).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        // The loop learns from the wake that there is nobody left to work for.
        let _ = waker.wake();
    };
    thread::Builder::new().name("orders".to_owned()).spawn(read)?;
    Ok(receiver)
}

fn tell(news: &mut impl Write, what: &News) -> Result<(), WorkerError> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    news.write_all(&line)?;
    Ok(news.flush()?)
}

impl Worker {
    fn new(plan: Plan, named: impl Fn(&str) -> Option<Box<dyn Dialect>>) -> Result<Self, WorkerError> {
        let Plan { index, of, scenario, seed, target, sources, witnessed } = plan;
        let of = of.max(1);
        let peer: Option<Rc<dyn Dialect>> = match target.dialect.as_str() {
            "preau" => None,
            name => Some(named(name).ok_or_else(|| WorkerError::Dialect(name.to_owned()))?.into()),
        };
        let mut people = school::cast(&scenario, index, of);
        if peer.is_some() {
            // Publications have a connection of their own there; who only publishes is not needed.
            let teachers = scenario.school.teachers;
            people
                .retain(|person| person.part != Part::Operator && (teachers || person.part != Part::Teacher));
        }
        if people.len() > limits::CLIENTS_PER_WORKER_MAX as usize {
            return Err(WorkerError::TooMany(people.len()));
        }
        let speech = if let Some(dialect) = &peer {
            Speech::Peer(Rc::clone(dialect))
        } else {
            let key = target.tokens.as_ref().ok_or(WorkerError::NoKey)?;
            Speech::Preau(token::mint(key, people.iter().map(|person| person.account()))?.into())
        };
        let flows = Rc::new(Flows::of(&scenario));
        let name = if peer.is_some() { school::class_id } else { school::class_channel };
        let class_channels = (0..scenario.school.classes).map(|class| name(class).into()).collect();
        let poll = Poll::new()?;
        let random = fastrand::Rng::with_seed(seed ^ (u64::from(index) << 32));
        let setting = Setting {
            registry: poll.registry().try_clone()?,
            address: target.address,
            sources: sources.clone(),
            speech,
            flows: Rc::clone(&flows),
            class_channels,
            seed,
            random,
            witnessed,
            school_speed: scenario.clock.as_ref().map_or(1, |clock| clock.speed),
        };
        let scene = Scene::new(setting)?;
        let places = |person: &Person| places(&scenario, &flows, peer.is_some(), *person);
        let clients = people
            .iter()
            .map(|person| Client::new(*person, Standing::of(&scenario, *person), places(person)))
            .collect();
        let publish_address = target.publish_address.unwrap_or(target.address);
        let publisher = peer.map(|dialect| Publisher::new(dialect, publish_address));
        let alarm = Alarm::new(poll.registry(), ALARM)?;
        let roll = Roll::of(&people, scenario.school.classes);
        let buffer = vec![0; limits::READ_BYTES];
        let (desk, speakers) = (Desk::default(), Vec::new());
        Ok(Self { index, of, scenario, clients, scene, desk, publisher, roll, speakers, buffer, poll, alarm })
    }

    /// The loop.
    fn live(
        &mut self,
        orders: &Receiver<serde_json::Result<Order>>,
        news: &mut impl Write,
    ) -> Result<(), WorkerError> {
        let mut events = Events::with_capacity(limits::EVENTS_MAX);
        let mut course = Course::default();
        loop {
            match orders.try_recv() {
                Ok(order) => course.obey(self, order?)?,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            for told in course.advance(self)? {
                let is_last = matches!(told, News::Done(_));
                tell(news, &told)?;
                if is_last {
                    return Ok(());
                }
            }
            self.alarm.set(course.next_ns(self))?;
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                self.ready(event.token(), Readiness::from(event));
            }
        }
    }

    /// A socket has news.
    fn ready(&mut self, token: Token, readiness: Readiness) {
        let Self { clients, scene, desk, publisher, buffer, .. } = self;
        match token {
            ORDERS | ALARM => {}
            publisher::TOKEN => {
                if let Some(publisher) = publisher {
                    publisher.ready(scene, readiness, buffer);
                }
            }
            Token(place) if place >= desk::FIRST_TOKEN => {
                desk.ready(place - desk::FIRST_TOKEN, scene, clients, readiness, buffer);
            }
            Token(place) => {
                if let (Some(client), Ok(id)) = (clients.get_mut(place), u32::try_from(place)) {
                    client.ready(id, scene, readiness, buffer);
                }
            }
        }
    }
}

impl Roll {
    fn of(people: &[Person], classes: u32) -> Self {
        let none = vec![None; classes as usize];
        let mut roll = Self { classes: none.clone(), teachers: none, operators: Vec::new() };
        for (id, person) in (0..).zip(people) {
            match person.part {
                Part::Student if person.number == 0 => roll.classes[person.class as usize] = Some(id),
                Part::Teacher => roll.teachers[person.class as usize] = Some(id),
                Part::Operator => roll.operators.push(id),
                Part::Student | Part::Guardian => {}
            }
        }
        roll
    }

    fn student(&self, class: u32, number: u32) -> Option<u32> {
        self.classes.get(class as usize).copied().flatten().map(|first| first + number)
    }
}

/// What somebody follows.
fn places(
    scenario: &crate::scenario::Scenario,
    flows: &Flows,
    is_peer: bool,
    person: Person,
) -> [Option<Place>; 2] {
    let school = &scenario.school;
    let region = school.region.then_some(Place::Stream(REGION));
    let class = Some(Place::Stream(person.class));
    match person.part {
        Part::Operator => [None, None],
        Part::Guardian if is_peer => [Some(Place::Bulletin), None],
        Part::Guardian => [Some(Place::Account), Some(Place::Bulletin)],
        // A peer's client follows one channel: the one that the scenario is about.
        Part::Student | Part::Teacher if is_peer => {
            let is_region = school.region && !flows.reach_classes();
            [if is_region { region } else { class }, None]
        }
        _ if scenario.arrivals.handshake_only => [None, None],
        // Who comes only to speak follows nothing, so that as many hear as with a peer.
        Part::Teacher if !school.teachers => [None, None],
        Part::Student | Part::Teacher => [class, region],
    }
}

#[cfg(test)]
mod tests;
