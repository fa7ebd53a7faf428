//! What each part needs to be opened: the gate, the store, the calendar, the clocks, the keys of a life.

use std::sync::{Arc, Mutex};

use super::accounts::Accounts;
use super::calendars;
use super::capacity::Budget;
use super::quiet::QuietHours;
use super::secret;
use super::windows::CivilWindows;
use super::{AppError, DemoPlan};
use crate::admission::{Gate, Level, Secrets};
use crate::base::clock::SystemClock;
use crate::base::metrics::Metrics;
use crate::base::{Clock, limits};
use crate::broker::Broker;
use crate::broker::local::Local;
use crate::calendar::Calendar;
use crate::config::Config;
use crate::config::entropy::{self, NoEntropy};
use crate::http::demo::Demo;
use crate::http::operations::Secret;
use crate::identity::{Resumes, Seats};
use crate::ledger::{self, Ledger};
use crate::roster::Directory;
use crate::session::Quiet;
use crate::store::{self, Dossier, LogReader, Store};

/// The gate. A promised evening instant must survive a restart, so the secret behind the order lies in the data folder.
pub(super) fn open_gate(config: &Config, budget: &Budget, clock: &Arc<dyn Clock>) -> Result<Gate, AppError> {
    let secrets = Secrets { tickets: entropy::bytes()?, order: secret::of_evenings(&config.data_dir)? };
    let capacity = budget.capacity(limits::SEAT_BYTES);
    tracing::info!(seats = capacity.seats, bound = ?capacity.bound, "seats");
    Ok(Gate::new(config.admission.clone(), capacity, &secrets, clock.machine()))
}

/// What is kept of accounts, for those who export and erase them.
pub(super) fn accounts_of(
    broker: &Arc<Local>,
    ledger: &Arc<dyn Ledger>,
    directory: &Arc<Directory>,
    dossier: Dossier,
) -> Accounts {
    Accounts {
        broker: Arc::clone(broker) as Arc<dyn Broker>,
        ledger: Arc::clone(ledger),
        directory: Arc::clone(directory),
        dossier: Mutex::new(dossier),
    }
}

/// The log, the ledger beside it, what reads all that is kept about an account, and what reads the log before it is in use.
pub(super) type Opened = (Arc<Local>, Arc<dyn Ledger>, Dossier, LogReader);

/// Opens the store, and what works on it.
pub(super) fn open_store(config: &Config, metrics: &Metrics) -> Result<Opened, AppError> {
    let settings =
        store::Settings { fresh_epoch: store::draw_epoch().map_err(|_| NoEntropy)?, pages_max: None };
    let store = Store::open(&config.data_dir, settings)
        .map_err(|error| AppError::Store { folder: config.data_dir.display().to_string(), error })?;
    let ledger = ledger::Local::start(&store).map_err(AppError::Ledger)?;
    let dossier = store.dossier().map_err(|error| AppError::Ledger(error.into()))?;
    let reader = store.reader().map_err(|error| AppError::Broker(error.into()))?;
    let local = Local::start(&store, metrics.clone()).map_err(AppError::Broker)?;
    Ok((Arc::new(local), Arc::new(ledger), dossier, reader))
}

/// The clock: a demo's may be set.
pub(super) fn clock_of(demo: Option<&DemoPlan>) -> Arc<dyn Clock> {
    match demo {
        Some(demo) => Arc::clone(&demo.clock) as Arc<dyn Clock>,
        None => Arc::new(SystemClock::start()),
    }
}

/// The schools' quiet hours.
pub(super) fn quiet_of(windows: &Arc<CivilWindows>, directory: &Arc<Directory>) -> Arc<dyn Quiet> {
    Arc::new(QuietHours { windows: Arc::clone(windows), directory: Arc::clone(directory) })
}

/// What only a demo has.
pub(super) fn demo_of(plan: DemoPlan, config: &Config) -> Result<Demo, AppError> {
    Ok(Demo {
        clock: plan.clock,
        issuer: super::keys::embedded_issuer(&config.data_dir)?,
        terms: super::keys::terms(config),
        accounts: plan.accounts,
    })
}

/// How loaded the hub is, whenever it is asked.
pub(super) fn level_of(gate: &Arc<Gate>) -> impl Fn() -> Level + Send + Sync + 'static {
    let gate = Arc::clone(gate);
    move || gate.level()
}

/// The calendar, with a warning if it needs somebody.
pub(super) fn calendar_of(config: &Config, clock: &Arc<dyn Clock>) -> Result<Calendar, AppError> {
    let calendar = calendars::load(config)?;
    calendars::warn(&calendar, clock.school());
    Ok(calendar)
}

/// What signs seats, resume tokens and the operators' way in, anew with each start.
pub(super) fn signers() -> Result<(Seats, Resumes, Secret), AppError> {
    Ok((Seats::new(&entropy::bytes()?), Resumes::new(&entropy::bytes()?), Secret::of(&entropy::bytes()?)))
}
