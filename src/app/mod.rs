//! The composition root: opens everything in order, serves, and ends everything in the opposite order.
//!
//! Start: keys, calendar, roster, store, ledger, broker, shards, HTTP. Drain: readiness and seats first, then, after a grace in which a
//! balancer can see that, the port and the shards (they tell their
//! clients when to come back), then the rest of HTTP, then the broker, which commits what it had accepted, and the ledger.
//! Each thread and task is owned here and joined before [`run`] returns, but for files that are being read: they are left
//! behind.

mod accounts;
pub mod calendars;
mod capacity;
mod digests;
mod families;
mod hooks;
mod journal;
pub mod keys;
mod lessons;
mod letters;
pub mod log;
mod login;
mod machine;
mod marks;
mod opening;
mod operations;
pub mod operators;
mod parts;
mod pressure;
mod provider;
mod quiet;
mod reception;
mod recovery;
mod reloads;
mod reminders;
mod reports;
mod retention;
pub mod rosters;
mod rounds;
mod schedule;
mod secret;
mod shards;
mod signals;
mod signs;
mod suspension;
mod ticket_keys;
mod watching;
mod windows;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::base::clock::DemoClock;
use crate::base::drain::{self, Drain, DrainSignal};
use crate::base::{AccountId, limits};
use crate::broker::Broker;
use crate::broker::local::Local;
use crate::config::Config;
use crate::config::entropy::NoEntropy;
use crate::http::accept;
use crate::http::operations::JournalError;
use crate::ledger::Ledger;
use crate::store::OpenError;
use calendars::CalendarError;
use keys::KeysError;
use operators::Notice;
use parts::Started;
use reloads::SignalledReloads;
use rosters::RosterError;
use rounds::rounds;
use shards::Shards;
use signals::{Signal, Signals};
use ticket_keys::TicketKeys;
use watching::Watching;

/// What to run.
pub struct Plan {
    /// Everything that an operator can set.
    pub config: Config,
    /// What only a demo has; `None` for `serve`.
    pub demo: Option<DemoPlan>,
}

/// What only a demo has.
pub struct DemoPlan {
    /// The clock whose school time may be set.
    pub clock: Arc<DemoClock>,
    /// Accounts to try.
    pub accounts: Vec<AccountId>,
}

/// Why the hub did not start, or ended in another way than it was told to. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error("the store in {folder} can't be opened: {error}")]
    Store {
        /// Where it lies.
        folder: String,
        /// Why.
        #[source]
        error: OpenError,
    },
    /// The broker.
    #[error("the broker can't start: {0}")]
    Broker(#[source] crate::broker::local::StartError),
    /// The ledger.
    #[error("the ledger can't start: {0}")]
    Ledger(#[source] crate::ledger::local::StartError),
    /// The keys of the identity provider.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The address.
    #[error(
        "can't listen on {address}: {error}; is another hub running there? `addr` and `operator_addr`, or PREAU_ADDR and PREAU_OPERATOR_ADDR, set others"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The file that tells `preau ops` where the operators' surface is.
    #[error("{path} can't be written: {error}")]
    Notice {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A secret that survives restarts.
    #[error("{path}: {error}; remove the file and a new one is drawn, {price}")]
    Secret {
        /// Which file.
        path: String,
        /// What that costs.
        price: &'static str,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The relay for mail.
    #[error("mail can't be sent: {0}")]
    Mail(String),
    /// Webhooks.
    #[error("webhooks can't be sent: {0}")]
    Webhooks(String),
    /// The identity provider.
    #[error("logging in can't work: {0}")]
    Login(String),
    /// What operators decided can't be read.
    #[error("what operators decided can't be read: {0}; `preau restore` makes a store from a backup")]
    Journal(#[source] JournalError),
    /// What was done about digests can't be read.
    #[error("what was done about digests can't be read: {0}; `preau restore` makes a store from a backup")]
    Digests(#[source] crate::digest::Trouble),
    /// What the report has counted today.
    #[error("the report's file {path} can't be read: {error}; move it away to count the day anew")]
    Report {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A thread, a socket set, a signal.
    #[error("the operating system refused {what}: {error}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A shard's thread, the door or another task ended by itself.
    #[error("{0} ended by itself: the log says why; what was acknowledged is stored")]
    Ended(&'static str),
}

/// Where a hub listens, with the real ports.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// For everybody.
    pub public: SocketAddr,
    /// For operators.
    pub operators: SocketAddr,
}

/// A refusal of the operating system's.
fn system(what: &'static str) -> impl FnOnce(io::Error) -> AppError {
    move |error| AppError::System { what, error }
}

/// Runs a hub until it is told to end. `on_ready` is called once it listens, with the real addresses.
///
/// # Errors
/// See [`AppError`].
pub fn run(plan: Plan, on_ready: impl FnOnce(Addresses)) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits::HTTP_THREADS)
        .max_blocking_threads(limits::BLOCKING_THREADS_MAX)
        .thread_name("preau-http")
        .enable_all()
        .build()
        .map_err(system("threads for HTTP"))?;
    let outcome = runtime.block_on(serve(plan, on_ready));
    // All that is left may be a roster that is still being read, for nobody.
    runtime.shutdown_background();
    outcome
}

async fn serve(plan: Plan, on_ready: impl FnOnce(Addresses)) -> Result<(), AppError> {
    let mut signals = Signals::listen().map_err(system("signal handlers"))?;
    let [(drain, signal), (close, closing), (asked, end_is_asked)] = [0; 3].map(|_| drain::drain());
    let (address, operator_address) = (plan.config.addr, plan.config.operator_addr);
    let (folder, engine) = (plan.config.data_dir.clone(), plan.config.hub.engine);
    let (grace, drain_window) = (plan.config.drain_grace(), plan.config.drain_window());
    let Started {
        edge,
        mut shards,
        broker,
        ledger,
        gate,
        clock,
        reloads,
        keys,
        retention,
        recovery,
        schedule,
        pressure,
        suspension,
        reminders,
        last_bell,
        digests,
        keeper,
        outgoing,
        workspace,
        http_connections,
    } = parts::start(plan, signal, asked)?;
    let listening = listen(address).and_then(|inside| Ok((inside, listen(operator_address)?)));
    let listening = listening.and_then(|(public, (inside, for_operators))| {
        Ok((public, (inside, for_operators), Notice::put(&folder, inside, &edge)?))
    });
    let ((address, listener), (inside, for_operators), _notice) = match listening {
        Ok(found) => found,
        Err(error) => {
            end(Tasks::new(), [drain, close], shards, Duration::ZERO, (broker, ledger)).await;
            return Err(error);
        }
    };
    let (mut tasks, start) = (Tasks::new(), Instant::now());
    tasks.spawn(accept::serve_operators(for_operators, Arc::clone(&edge), closing.clone()));
    tasks.spawn(rounds(Watching(Arc::clone(&edge)), start, closing.clone()));
    tasks.spawn(accept::serve(listener, http_connections, edge, closing.clone()));
    tasks.spawn(endless(keys.watch(closing.clone())));
    tasks.spawn(endless(retention.run(closing.clone())));
    tasks.spawn(rounds(schedule, start, closing.clone()));
    tasks.spawn(rounds(pressure, start, closing.clone()));
    tasks.spawn(rounds(suspension, start, closing.clone()));
    tasks.spawn(rounds(recovery, start, closing.clone()));
    tasks.spawn(rounds(reminders, start, closing.clone()));
    tasks.spawn(rounds(last_bell, start, closing.clone()));
    tasks.spawn(rounds(TicketKeys::of(&gate), start, closing.clone()));
    tasks.spawn(rounds(digests, start, closing.clone()));
    tasks.spawn(endless(outgoing.run(closing.clone())));
    spawn_if(&mut tasks, workspace.map(|workspace| workspace.watch(closing.clone())));
    tasks.spawn(endless(keeper.run(closing)));
    tracing::info!(%address, operators = %inside, shards = shards.len(), engine = engine.as_str(), "serving");
    on_ready(Addresses { public: address, operators: inside });
    let outcome = until_end(&mut shards, &mut tasks, &mut signals, reloads, end_is_asked).await;
    drain.raise();
    if outcome.is_ok() {
        tracing::info!(?grace, "draining: refusing newcomers");
        be_seen(grace, &mut signals).await;
    }
    // Closes come no faster than the hub that takes over can let everybody in.
    let (_, return_ms) = gate.return_window(clock.machine());
    let over = Duration::from_millis(return_ms.into()).min(drain_window);
    end(tasks, [drain, close], shards, over, (broker, ledger)).await;
    outcome
}

/// Runs until a signal or an operator ends it, or something fails. Signals may ask for the calendar and the roster again meanwhile.
async fn until_end(
    shards: &mut Shards,
    tasks: &mut Tasks,
    signals: &mut Signals,
    mut reloads: SignalledReloads,
    mut end_is_asked: DrainSignal,
) -> Result<(), AppError> {
    loop {
        tokio::select! {
            () = shards.ended() => return Err(AppError::Ended("a shard")),
            Some(ended) = tasks.join_next() => {
                tell(ended);
                return Err(AppError::Ended("a task"));
            }
            signal = signals.next() => match signal {
                Signal::End => return Ok(()),
                Signal::Reload => reloads.ask(),
            },
            () = end_is_asked.raised() => return Ok(()),
            () = reloads.ended() => {}
        }
    }
}

fn listen(address: SocketAddr) -> Result<(SocketAddr, TcpListener), AppError> {
    let listener = accept::listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    listener.map_err(|error| AppError::Listen { address, error })
}

type Tasks = JoinSet<io::Result<()>>;

/// Spawns what there may be none of.
fn spawn_if(tasks: &mut Tasks, task: Option<impl Future<Output = ()> + Send + 'static>) {
    if let Some(task) = task {
        tasks.spawn(endless(task));
    }
}

/// A task that can't fail.
async fn endless(task: impl Future<Output = ()>) -> io::Result<()> {
    task.await;
    Ok(())
}

/// Logs how a task ended, if not as it was asked to.
fn tell(ended: Result<io::Result<()>, JoinError>) {
    if let Err(error) = ended.map_err(io::Error::other).flatten() {
        tracing::error!(%error, "a task failed");
    }
}

/// Leaves a balancer the time to see that readiness is red. Whoever tells the hub once more to end has no such time.
async fn be_seen(grace: Duration, signals: &mut Signals) {
    let told_again = async { while signals.next().await != Signal::End {} };
    // That the time is over is the usual case.
    let _ = tokio::time::timeout(grace, told_again).await;
}

/// The drain, from the outside in: what still takes newcomers, then what listens, then what is behind it.
async fn end(
    mut tasks: Tasks,
    drains: [Drain; 2],
    shards: Shards,
    over: Duration,
    (broker, ledger): (Arc<Local>, Arc<dyn Ledger>),
) {
    tracing::info!(?over, "draining");
    for drain in &drains {
        drain.raise();
    }
    blocking("shards", move || shards.drain(over)).await;
    while let Some(ended) = tasks.join_next().await {
        tell(ended);
    }
    blocking("broker", move || broker.shut_down()).await;
    blocking("ledger", move || ledger.shut_down()).await;
    tracing::info!("ended");
}

async fn blocking(what: &'static str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%error, what, "ending failed");
    }
}
