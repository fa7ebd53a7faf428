//! Opens the parts of a hub in their order. What fails says which part, and what was opened before is closed again.

use std::sync::Arc;

use super::calendars;
use super::capacity::Budget;
use super::journal::LedgerJournal;
use super::keys::Keys;
use super::machine::Machine;
use super::operations::Operations;
use super::pressure::Pressure;
use super::reception::Reception;
use super::reports::Keeper;
use super::retention::Retention;
use super::rosters::RosterFiles;
use super::schedule::Schedule;
use super::secret;
use super::shards::{Layout, Shards};
use super::suspension::Suspension;
use super::windows::CivilWindows;
use super::{AppError, Plan, system};
use crate::admission::{Gate, Secrets};
use crate::base::Clock;
use crate::base::clock::SystemClock;
use crate::base::drain::{Drain, DrainSignal};
use crate::base::metrics::Metrics;
use crate::broker::Broker;
use crate::broker::local::Local;
use crate::config::Config;
use crate::config::entropy::{self, NoEntropy};
use crate::http::demo::Demo;
use crate::http::edge::{Edge, Parts};
use crate::http::operations::{Instruments, Office, Secret};
use crate::http::windows::Windows;
use crate::identity::{Resumes, Seats};
use crate::ledger::{self, Ledger};
use crate::session::{NeverQuiet, Quiet, Shared, Stops, TokenCheck};
use crate::store::{self, Store};

/// A hub that is open and does not listen yet.
pub(super) struct Started {
    pub(super) edge: Arc<Edge>,
    pub(super) shards: Shards,
    pub(super) broker: Arc<Local>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) gate: Arc<Gate>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rosters: Arc<RosterFiles>,
    pub(super) keys: Keys,
    pub(super) retention: Retention,
    pub(super) schedule: Schedule,
    pub(super) pressure: Pressure,
    pub(super) suspension: Suspension,
    /// How many connections of HTTP leave the other files alone.
    pub(super) http_connections: usize,
    pub(super) keeper: Keeper,
}

/// Opens everything but the address.
///
/// # Errors
/// See [`AppError`].
pub(super) fn start(plan: Plan, signal: DrainSignal, end: Drain) -> Result<Started, AppError> {
    let Plan { config, demo } = plan;
    let clock: Arc<dyn Clock> = match &demo {
        Some(demo) => Arc::clone(&demo.clock) as Arc<dyn Clock>,
        None => Arc::new(SystemClock::start()),
    };
    let metrics = Metrics::default();
    // What can be wrong is tried before any thread runs.
    let keys = Keys::load(&config)?;
    let verifier = Arc::clone(keys.verifier());
    let calendar = calendars::load(&config)?;
    calendars::warn(&calendar, clock.school());
    let windows = Arc::new(CivilWindows::new(calendar));
    let files = RosterFiles::load(&config, Arc::clone(&clock), &metrics)?;
    let directory = Arc::clone(files.directory());
    let seats = Seats::new(&entropy::bytes()?);
    let demo = demo.map(|plan| demo_of(plan, &config)).transpose()?;
    let (broker, ledger) = open_store(&config, &metrics)?;
    let machine = Machine::here();
    let budget = Budget::here(&machine, config.memory_bytes(), config.queue_pool_share(1) as u64);
    let gate = Arc::new(open_gate(&config, &budget, &clock)?);
    let zone = super::rosters::zone(&config);
    let journal = LedgerJournal::new(Arc::clone(&ledger));
    let keeper = Keeper::open(&config.data_dir, Arc::clone(&clock), zone.clone(), metrics.clone())?;
    let resumes = Arc::new(Resumes::new(&entropy::bytes()?));
    let stops = Arc::new(Stops::default());
    let quiet: Arc<dyn Quiet> = Arc::new(NeverQuiet);
    let shared = Shared {
        directory: Arc::clone(&directory),
        tokens: Arc::clone(&verifier) as Arc<dyn TokenCheck>,
        stops: Arc::clone(&stops),
        reception: Arc::new(Reception {
            gate: Arc::clone(&gate),
            resumes: Arc::clone(&resumes),
            windows: Arc::clone(&windows),
            directory: Arc::clone(&directory),
            books: Arc::clone(keeper.books()),
        }),
        rates: config.rates(),
        quiet: Arc::clone(&quiet),
    };
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let contract = Arc::clone(&broker) as Arc<dyn Broker>;
    let count = config.shards(cpus);
    let layout = Layout { engine: config.hub.engine, count, pool_share: config.queue_pool_share(count) };
    let shards = Shards::start(layout, &shared, &contract, &clock, &metrics).map_err(|error| {
        broker.shut_down();
        system("threads for connections")(error)
    })?;
    let rosters = Arc::new(files.telling(shards.front()));
    let operations = Operations {
        gate: Arc::clone(&gate),
        calendar: Arc::clone(&windows),
        front: shards.front(),
        books: Arc::clone(keeper.books()),
        end,
    };
    let office = Office::open(
        journal.settings().map_err(AppError::Journal)?,
        Instruments {
            operate: Box::new(operations),
            journal: Box::new(journal),
            archive: Box::new(keeper.reports()),
            clock: Arc::clone(&clock),
            stops: Arc::clone(&stops),
            zone: zone.clone(),
        },
    );
    let edge = Edge::new(Parts {
        clock: Arc::clone(&clock),
        directory,
        verifier: Arc::clone(&verifier),
        seats,
        office: Arc::new(office),
        books: Arc::clone(keeper.books()),
        gate: Box::new(Arc::clone(&gate)),
        stops,
        windows: Arc::clone(&windows) as Arc<dyn Windows>,
        resumes,
        broker: Arc::clone(&contract),
        entrance: Box::new(shards.front()),
        operators: Secret::of(&entropy::bytes()?),
        reload: Box::new(Arc::clone(&rosters)),
        zone,
        metrics,
        drain: signal,
        allowed_origins: config.allowed_origins.clone(),
        nonce: || entropy::bytes().ok(),
        quiet,
        rates: config.rates(),
        demo,
    });
    let pool_bytes = config.queue_pool_share(1);
    let pressure =
        Pressure::new(Arc::clone(&gate), shards.front(), Arc::clone(&clock), machine, budget, pool_bytes);
    let suspension = Suspension::new(windows, Arc::clone(&gate), shards.front(), Arc::clone(&clock));
    Ok(Started {
        edge,
        shards,
        pressure,
        keeper,
        suspension,
        http_connections: budget.http_connections(),
        retention: Retention::new(
            config.retention,
            (Arc::clone(&contract), Arc::clone(&ledger)),
            Arc::clone(&clock),
        ),
        schedule: Schedule::new(contract, Arc::clone(&clock)),
        broker,
        ledger,
        gate,
        clock,
        rosters,
        keys,
    })
}

/// The gate. A promised evening instant must survive a restart, so the secret behind the order lies in the data folder.
fn open_gate(config: &Config, budget: &Budget, clock: &Arc<dyn Clock>) -> Result<Gate, AppError> {
    let secrets = Secrets { tickets: entropy::bytes()?, order: secret::kept(&config.data_dir)? };
    let capacity = budget.capacity(crate::base::limits::SEAT_BYTES);
    tracing::info!(seats = capacity.seats, bound = ?capacity.bound, "seats");
    Ok(Gate::new(config.admission.clone(), capacity, &secrets, clock.machine()))
}

fn open_store(config: &Config, metrics: &Metrics) -> Result<(Arc<Local>, Arc<dyn Ledger>), AppError> {
    let settings =
        store::Settings { fresh_epoch: store::draw_epoch().map_err(|_| NoEntropy)?, pages_max: None };
    let store = Store::open(&config.data_dir, settings)
        .map_err(|error| AppError::Store { folder: config.data_dir.display().to_string(), error })?;
    let ledger = ledger::Local::start(&store).map_err(AppError::Ledger)?;
    let local = Local::start(&store, metrics.clone()).map_err(AppError::Broker)?;
    Ok((Arc::new(local), Arc::new(ledger)))
}

fn demo_of(plan: super::DemoPlan, config: &Config) -> Result<Demo, AppError> {
    Ok(Demo {
        clock: plan.clock,
        issuer: super::keys::embedded_issuer(&config.data_dir)?,
        terms: super::keys::terms(config),
        accounts: plan.accounts,
    })
}
