//! Opens the parts of a hub in their order. What fails says which part, and what was opened before is closed again.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::accounts::Accounts;
use super::calendars::CalendarFiles;
use super::capacity::Budget;
use super::digests::DigestRound;
use super::families;
use super::hooks::{self, Outgoing};
use super::journal::LedgerJournal;
use super::keys::Keys;
use super::lessons::{self, LastBell};
use super::letters::{self, DigestLetters, Mail};
use super::login;
use super::machine::Machine;
use super::opening::{
    accounts_of, calendar_of, clock_of, demo_of, level_of, open_gate, open_store, quiet_of, signers,
};
use super::operations::Operations;
use super::pressure::Pressure;
use super::provider::Workspace;
use super::reception::Reception;
use super::recovery::{self, Recovery};
use super::reloads::SignalledReloads;
use super::reports::Keeper;
use super::retention::{LastSweep, Retention};
use super::rosters::RosterFiles;
use super::schedule::Schedule;
use super::shards::{Layout, Shards};
use super::signs::Signs;
use super::suspension::Suspension;
use super::windows::CivilWindows;
use super::{AppError, Plan, system};
use crate::admission::Gate;
use crate::base::Clock;
use crate::base::drain::{Drain, DrainSignal};
use crate::base::metrics::Metrics;
use crate::broker::Broker;
use crate::broker::local::Local;
use crate::config::Config;
use crate::config::entropy;
use crate::digest::{self, Press};
use crate::http::demo::Demo;
use crate::http::edge::{Edge, Parts};
use crate::http::login::Login;
use crate::http::operations::{Instruments, Office, Secret};
use crate::http::unsubscribe::Unsubscribe;
use crate::http::windows::Windows;
use crate::identity::{Resumes, Seats, Verifier};
use crate::items::Publisher;
use crate::items::reminders::{self, Reminders};
use crate::ledger::{Ledger, Rendering};
use crate::lesson::Lessons;
use crate::outreach::hooks::Board;
use crate::report::Books;
use crate::roster::Directory;
use crate::session::{LinkHosts, Quiet, Shared, Stops, TokenCheck};

/// A hub that is open and does not listen yet.
pub(super) struct Started {
    pub(super) edge: Arc<Edge>,
    pub(super) shards: Shards,
    pub(super) broker: Arc<Local>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) gate: Arc<Gate>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) reloads: SignalledReloads,
    pub(super) keys: Keys,
    pub(super) retention: Retention,
    pub(super) recovery: Recovery,
    pub(super) schedule: Schedule,
    pub(super) pressure: Pressure,
    pub(super) suspension: Suspension,
    pub(super) reminders: Reminders,
    pub(super) last_bell: LastBell,
    pub(super) digests: DigestRound,
    /// How many connections of HTTP leave the other files alone.
    pub(super) http_connections: usize,
    pub(super) keeper: Keeper,
    pub(super) outgoing: Outgoing,
    /// Nothing where nobody logs in.
    pub(super) workspace: Option<Arc<Workspace>>,
}

/// What most parts share. Cheap to share further.
struct Ground {
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    verifier: Arc<Verifier>,
    directory: Arc<Directory>,
    windows: Arc<CivilWindows>,
    quiet: Arc<dyn Quiet>,
    gate: Arc<Gate>,
    resumes: Arc<Resumes>,
    stops: Arc<Stops>,
    books: Arc<Books>,
    lessons: Arc<Lessons>,
    links: Arc<LinkHosts>,
    broker: Arc<dyn Broker>,
    items: Arc<Publisher>,
    accounts: Arc<Accounts>,
    swept: LastSweep,
    signs: Arc<Signs>,
    board: Arc<Board>,
    zone: TimeZone,
    /// What withdrawals wait for.
    rendering: Rendering,
    ledger: Arc<dyn Ledger>,
    drain: DrainSignal,
}

/// Opens everything but the address.
///
/// # Errors
/// See [`AppError`].
pub(super) fn start(plan: Plan, signal: DrainSignal, end: Drain) -> Result<Started, AppError> {
    let Plan { config, demo } = plan;
    let (clock, metrics) = (clock_of(demo.as_ref()), Metrics::default());
    // What can be wrong is tried before any thread runs.
    let (mut keys, calendar) = (Keys::load(&config)?, calendar_of(&config, &clock)?);
    let files = RosterFiles::load(&config, Arc::clone(&clock), &metrics)?;
    let demo = demo.map(|plan| demo_of(plan, &config)).transpose()?;
    let (zone, machine) = (super::rosters::zone(&config), Machine::here());
    let keeper = Keeper::open(&config.data_dir, Arc::clone(&clock), zone.clone(), metrics.clone())?;
    let budget = Budget::here(&machine, config.memory_bytes(), config.queue_pool_share(1) as u64);
    let gate = Arc::new(open_gate(&config, &budget, &clock)?);
    let (seats, resumes, secret) = signers()?;
    let (broker, ledger, dossier, reader) = open_store(&config, &metrics)?;
    let (login, workspace) = login::open(&config, keys.take_login(), &ledger, (&clock, &metrics))?;
    let (directory, windows) = (Arc::clone(files.directory()), Arc::new(CivilWindows::new(calendar)));
    let (logs, rendering) = (Arc::clone(&broker) as Arc<dyn Broker>, Rendering::default());
    let (quiet, mail) = (quiet_of(&windows, &directory), (&rendering, config.mail.is_on()));
    let items = recovery::publisher((&clock, &directory), (&ledger, &logs), &quiet, mail);
    let lessons = lessons::open(shards_of(&config), (&gate, &clock), (&*broker, reader))?;
    let ground = Ground {
        clock,
        metrics,
        verifier: Arc::clone(keys.verifier()),
        windows,
        quiet,
        gate,
        resumes: Arc::new(resumes),
        stops: Arc::default(),
        books: Arc::clone(keeper.books()),
        lessons,
        links: Arc::new(LinkHosts::new(&config.lessons.link_hosts)),
        broker: logs,
        items,
        accounts: Arc::new(accounts_of(&broker, &ledger, &directory, dossier)),
        directory,
        swept: LastSweep::default(),
        signs: Arc::new(Signs::new(Machine::here(), budget)),
        board: Arc::default(),
        zone,
        rendering,
        ledger: Arc::clone(&ledger),
        drain: signal,
    };
    let opened = ground.open(&config, &keeper, end);
    let (office, shards, digests, (farewell, outgoing)) = opened.inspect_err(|_| broker.shut_down())?;
    let (rosters, ways) = (Arc::new(files.telling(shards.front())), (farewell, login, demo));
    let edge = ground.edge(&config, Arc::clone(&rosters), (seats, secret), (&office, &shards), ways);
    Ok(Started {
        edge,
        pressure: ground.pressure(&shards, machine, budget, config.queue_pool_share(1)),
        suspension: ground.suspension(&shards),
        reminders: ground.reminders(&config),
        last_bell: ground.last_bell(),
        digests,
        shards,
        keeper,
        outgoing,
        workspace,
        http_connections: budget.http_connections(),
        retention: ground.retention(&config),
        schedule: Schedule::new(ground.broker, Arc::clone(&ground.clock), level_of(&ground.gate)),
        recovery: Recovery::begin(&ground.items),
        broker,
        ledger,
        gate: ground.gate,
        clock: ground.clock,
        reloads: SignalledReloads::of(office, rosters),
        keys,
    })
}

/// How many threads own connections.
fn shards_of(config: &Config) -> usize {
    config.shards(std::thread::available_parallelism().map_or(1, usize::from))
}

/// The page that letters lead to, and what leaves the hub.
type Outward = (Box<dyn Unsubscribe>, Outgoing);

impl Ground {
    /// What runs, and what may fail to begin.
    fn open(
        &self,
        config: &Config,
        keeper: &Keeper,
        end: Drain,
    ) -> Result<(Arc<Office>, Shards, DigestRound, Outward), AppError> {
        let shards = self.shards(config)?;
        let office = self.office(config, keeper, &shards, end)?;
        Ok((office, shards, self.digests(config)?, self.outgoing(config)?))
    }

    fn shards(&self, config: &Config) -> Result<Shards, AppError> {
        let shared = Shared {
            directory: Arc::clone(&self.directory),
            tokens: Arc::clone(&self.verifier) as Arc<dyn TokenCheck>,
            stops: Arc::clone(&self.stops),
            reception: Arc::new(Reception {
                gate: Arc::clone(&self.gate),
                resumes: Arc::clone(&self.resumes),
                windows: Arc::clone(&self.windows),
                directory: Arc::clone(&self.directory),
                books: Arc::clone(&self.books),
            }),
            rates: config.rates(),
            quiet: Arc::clone(&self.quiet),
            lessons: Arc::clone(&self.lessons),
            links: Arc::clone(&self.links),
        };
        let count = shards_of(config);
        let layout = Layout { engine: config.hub.engine, count, pool_share: config.queue_pool_share(count) };
        let started = Shards::start(layout, &shared, &self.broker, &self.clock, &self.metrics);
        started.map_err(system("threads for connections"))
    }

    /// The office, with what operators decided before.
    fn office(
        &self,
        config: &Config,
        keeper: &Keeper,
        shards: &Shards,
        end: Drain,
    ) -> Result<Arc<Office>, AppError> {
        let journal = LedgerJournal::new(Arc::clone(&self.ledger));
        let decided = journal.settings().map_err(AppError::Journal)?;
        families::restore(&*self.ledger, &self.directory).map_err(AppError::Journal)?;
        let operations = Operations {
            gate: Arc::clone(&self.gate),
            calendar: Arc::clone(&self.windows),
            calendar_files: CalendarFiles::of(config),
            front: shards.front(),
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&self.accounts.ledger),
            accounts: Arc::clone(&self.accounts),
            swept: Arc::clone(&self.swept),
            board: Arc::clone(&self.board),
            signs: Arc::clone(&self.signs),
            rendering: self.rendering.clone(),
            books: Arc::clone(&self.books),
            clock: Arc::clone(&self.clock),
            school_groups: config.metrics.school_groups.clone(),
            end,
        };
        let instruments = Instruments {
            operate: Box::new(operations),
            journal: Box::new(journal),
            archive: Box::new(keeper.reports()),
            clock: Arc::clone(&self.clock),
            stops: Arc::clone(&self.stops),
            zone: self.zone.clone(),
        };
        Ok(Arc::new(Office::open(decided, instruments)))
    }

    fn edge(
        &self,
        config: &Config,
        rosters: Arc<RosterFiles>,
        (seats, operators): (Seats, Secret),
        (office, shards): (&Arc<Office>, &Shards),
        (unsubscribe, login, demo): (Box<dyn Unsubscribe>, Option<Box<Login>>, Option<Demo>),
    ) -> Arc<Edge> {
        Edge::new(Parts {
            clock: Arc::clone(&self.clock),
            directory: Arc::clone(&self.directory),
            verifier: Arc::clone(&self.verifier),
            seats,
            office: Arc::clone(office),
            school_groups: config.metrics.school_groups.clone(),
            books: Arc::clone(&self.books),
            gate: Box::new(Arc::clone(&self.gate)),
            stops: Arc::clone(&self.stops),
            windows: Arc::clone(&self.windows) as Arc<dyn Windows>,
            resumes: Arc::clone(&self.resumes),
            broker: Arc::clone(&self.broker),
            items: Arc::clone(&self.items),
            on_behalf: config.publish.on_behalf.clone(),
            ledger: Arc::clone(&self.ledger),
            entrance: Box::new(shards.front()),
            operators,
            reload: Box::new(rosters),
            zone: self.zone.clone(),
            metrics: self.metrics.clone(),
            drain: self.drain.clone(),
            allowed_origins: config.allowed_origins.clone(),
            nonce: || entropy::bytes().ok(),
            quiet: Arc::clone(&self.quiet),
            rates: config.rates(),
            lessons: Arc::clone(&self.lessons),
            links: Arc::clone(&self.links),
            unsubscribe,
            login,
            is_https: config.login.is_https(),
            demo,
        })
    }

    /// Who writes letters about digests, if there is a relay for them.
    fn digest_letters(&self, config: &Config) -> Box<dyn digest::Letters> {
        if !config.mail.is_on() {
            return Box::new(());
        }
        let (ledger, clock) = (Arc::clone(&self.ledger), Arc::clone(&self.clock));
        Box::new(DigestLetters { ledger, clock })
    }

    fn outgoing(&self, config: &Config) -> Result<Outward, AppError> {
        let ground = letters::Ground {
            broker: Arc::clone(&self.broker),
            ledger: Arc::clone(&self.ledger),
            quiet: Arc::clone(&self.quiet),
            directory: Arc::clone(&self.directory),
            clock: Arc::clone(&self.clock),
            zone: self.zone.clone(),
            metrics: self.metrics.clone(),
        };
        let couriers = hooks::open(config, &ground, &self.board)?;
        let Mail { farewell, post } = Mail::open(config, ground)?;
        Ok((farewell, Outgoing { post, couriers }))
    }

    fn pressure(&self, shards: &Shards, machine: Machine, budget: Budget, pool_bytes: usize) -> Pressure {
        let (gate, clock) = (Arc::clone(&self.gate), Arc::clone(&self.clock));
        let told = (self.metrics.clone(), Arc::clone(&self.signs));
        Pressure::new(gate, shards.front(), clock, (machine, budget), pool_bytes, told)
    }

    fn suspension(&self, shards: &Shards) -> Suspension {
        let (windows, gate) = (Arc::clone(&self.windows), Arc::clone(&self.gate));
        Suspension::new(windows, gate, shards.front(), Arc::clone(&self.clock))
    }

    fn reminders(&self, config: &Config) -> Reminders {
        let windows = Arc::clone(&self.windows);
        let ground = reminders::Ground {
            clock: Arc::clone(&self.clock),
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&self.ledger),
            broker: Arc::clone(&self.broker),
            calendar: Box::new(move || windows.calendar()),
            rendering: self.rendering.clone(),
        };
        Reminders::new(ground, config.reminders)
    }

    fn last_bell(&self) -> LastBell {
        let (lessons, broker) = (Arc::clone(&self.lessons), Arc::clone(&self.broker));
        LastBell { lessons, broker, clock: Arc::clone(&self.clock) }
    }

    fn digests(&self, config: &Config) -> Result<DigestRound, AppError> {
        let (windows, gate) = (Arc::clone(&self.windows), Arc::clone(&self.gate));
        let sources = digest::Sources {
            broker: Arc::clone(&self.broker),
            ledger: Arc::clone(&self.ledger),
            directory: Arc::clone(&self.directory),
            calendar: Box::new(move || windows.calendar()),
            turn: Box::new(move |guardian, opening| gate.opens_at(guardian, opening)),
            letters: self.digest_letters(config),
            rendering: self.rendering.clone(),
            clock: Arc::clone(&self.clock),
            metrics: self.metrics.clone(),
        };
        let press = Press::open(sources, config.digest.clone()).map_err(AppError::Digests)?;
        Ok(DigestRound::new(press, Arc::clone(&self.clock), self.metrics.clone()))
    }

    fn retention(&self, config: &Config) -> Retention {
        Retention {
            kept: config.retention,
            ages: config.login.ages(),
            accounts: Arc::clone(&self.accounts),
            clock: Arc::clone(&self.clock),
            swept: Arc::clone(&self.swept),
        }
    }
}
