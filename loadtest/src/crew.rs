//! The worker processes: this program again, each with its part of the clients; told by lines, heard by lines.
//!
//! Each is ended with the value that holds it, on every path out of a run. A thread per worker reads its lines into one
//! bounded queue and ends with the pipe.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::limits::{CLIENTS_PER_WORKER_MAX, LEAVE_WAIT, NEWS_WAITING_MAX, PORTS_USED_MAX, WORKERS_MAX};
use crate::moment::wait_for;
use crate::orders::{News, Order};
use crate::scenario::Scenario;
use crate::subject::spawn;

/// Why workers can't be told or heard.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CrewError {
    /// It could not be started.
    #[error("worker {worker} did not start: {error}")]
    Start {
        /// Which.
        worker: usize,
        /// Why.
        error: io::Error,
    },
    /// Its pipe is closed.
    #[error("worker {worker} does not listen: {error}")]
    Deaf {
        /// Which.
        worker: usize,
        /// Why.
        error: io::Error,
    },
    /// It ended before its last news.
    #[error("worker {worker} ended: {status}")]
    Ended {
        /// Which.
        worker: usize,
        /// With its exit code, if it is known.
        status: String,
    },
    /// It said that it can't go on.
    #[error("worker {worker} gave up: {reason}")]
    GaveUp {
        /// Which.
        worker: usize,
        /// Its words.
        reason: String,
    },
    /// It said what is no news.
    #[error("worker {worker} speaks another language: {error} in `{line}`")]
    Garbled {
        /// Which.
        worker: usize,
        /// Where it stops to make sense.
        error: serde_json::Error,
        /// The line's beginning.
        line: String,
    },
    /// More workers than one machine should have.
    #[error("{clients} clients need {needed} workers, and {WORKERS_MAX} are the most")]
    TooMany {
        /// Clients.
        clients: u32,
        /// Workers.
        needed: u32,
    },
}

/// What a reading thread passes on.
enum Heard {
    News(Box<News>),
    Garbled(serde_json::Error, String),
    Silent,
}

struct Worker {
    child: Child,
    /// It has said its last word, and may end.
    is_done: bool,
    /// Closed to let it go.
    orders: Option<ChildStdin>,
    reading: Option<JoinHandle<()>>,
}

/// The workers of one run.
pub(crate) struct Crew {
    workers: Vec<Worker>,
    heard: Receiver<(usize, Heard)>,
}

/// How a worker is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The program: this one, but in tests.
    pub(crate) program: PathBuf,
    /// What it is told on its command line.
    pub(crate) arguments: Vec<String>,
    /// CPUs that workers may use; empty for all.
    pub(crate) cpus: Vec<usize>,
}

impl Crew {
    /// Starts workers.
    ///
    /// # Errors
    /// [`CrewError::Start`]; those that were started are ended.
    pub(crate) fn start(launch: &Launch, count: u32) -> Result<Self, CrewError> {
        let (news, heard) = sync_channel(NEWS_WAITING_MAX);
        let mut crew = Self { workers: Vec::new(), heard };
        for worker in 0..count as usize {
            let failed = |error| CrewError::Start { worker, error };
            let mut command = Command::new(&launch.program);
            command.args(&launch.arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = spawn(&mut command, &launch.cpus).map_err(failed)?;
            let (orders, said) = (child.stdin.take(), child.stdout.take());
            crew.workers.push(Worker { child, is_done: false, orders, reading: None });
            let news = news.clone();
            let reading = Builder::new().name(format!("worker-{worker}"));
            let reading = reading.spawn(move || said.map_or((), |said| read(worker, said, &news)));
            if let Some(last) = crew.workers.last_mut() {
                last.reading = Some(reading.map_err(failed)?);
            }
        }
        Ok(crew)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.workers.len()
    }

    /// Tells one of them.
    ///
    /// # Errors
    /// [`CrewError::Deaf`].
    pub(crate) fn tell(&mut self, worker: usize, order: &Order) -> Result<(), CrewError> {
        let deaf = |error| CrewError::Deaf { worker, error };
        let Some(orders) = self.workers.get_mut(worker).and_then(|worker| worker.orders.as_mut()) else {
            return Err(deaf(io::ErrorKind::NotFound.into()));
        };
        let mut line = serde_json::to_vec(order).map_err(io::Error::from).map_err(deaf)?;
        line.push(b'\n');
        orders.write_all(&line).and_then(|()| orders.flush()).map_err(deaf)
    }

    /// Tells all of them.
    ///
    /// # Errors
    /// [`CrewError::Deaf`].
    pub(crate) fn tell_all(&mut self, order: &Order) -> Result<(), CrewError> {
        (0..self.len()).try_for_each(|worker| self.tell(worker, order))
    }

    /// The next news of any of them; `None` if there is none for so long.
    ///
    /// # Errors
    /// [`CrewError::Ended`], [`CrewError::GaveUp`] and [`CrewError::Garbled`].
    pub(crate) fn hear(&mut self, limit: Duration) -> Result<Option<(usize, News)>, CrewError> {
        let (worker, heard) = match self.heard.recv_timeout(limit) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => return Err(self.ended(0)),
        };
        match heard {
            Heard::News(news) => match *news {
                News::Failed { reason } => Err(CrewError::GaveUp { worker, reason }),
                news => {
                    if let (News::Done(_), Some(known)) = (&news, self.workers.get_mut(worker)) {
                        known.is_done = true;
                    }
                    Ok(Some((worker, news)))
                }
            },
            Heard::Garbled(error, line) => Err(CrewError::Garbled { worker, error, line }),
            Heard::Silent if self.workers.get(worker).is_some_and(|known| known.is_done) => Ok(None),
            Heard::Silent => Err(self.ended(worker)),
        }
    }

    /// Lets all of them go, after their last news.
    pub(crate) fn dismiss(mut self) {
        for worker in &mut self.workers {
            worker.orders = None;
        }
        let workers = &mut self.workers;
        // Whoever stays is ended by the drop that follows.
        let _ = wait_for(LEAVE_WAIT, || {
            workers.iter_mut().all(|worker| !matches!(worker.child.try_wait(), Ok(None))).then_some(())
        });
    }

    fn ended(&mut self, worker: usize) -> CrewError {
        let child = self.workers.get_mut(worker).map(|worker| &mut worker.child);
        let status = child.and_then(|child| {
            wait_for(Duration::from_secs(1), || child.try_wait().ok().flatten())
                .map(|status| status.to_string())
        });
        CrewError::Ended { worker, status: status.unwrap_or_else(|| "it closed its output".into()) }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            worker.orders = None;
            let _ = worker.child.kill();
            let _ = worker.child.wait();
        }
        // Nobody listens any more, so that a reader which waits for room in the queue ends too.
        self.heard = sync_channel(1).1;
        for reading in self.workers.iter_mut().filter_map(|worker| worker.reading.take()) {
            let _ = reading.join();
        }
    }
}

/// Passes lines on until there are none, or nobody listens.
fn read(worker: usize, said: ChildStdout, news: &SyncSender<(usize, Heard)>) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        let heard = match serde_json::from_str(&line) {
            Ok(news) => Heard::News(Box::new(news)),
            Err(error) => Heard::Garbled(error, line.chars().take(80).collect()),
        };
        if news.send((worker, heard)).is_err() {
            return;
        }
    }
    let _ = news.send((worker, Heard::Silent));
}

/// How many workers a scenario needs: as many as asked for, and enough for their files.
///
/// # Errors
/// [`CrewError::TooMany`].
pub(crate) fn workers(scenario: &Scenario, asked: Option<u32>) -> Result<u32, CrewError> {
    let clients = scenario.population();
    let needed = clients.div_ceil(CLIENTS_PER_WORKER_MAX);
    let probe = u32::from(scenario.school.probe_classes > 0);
    let needed = needed.max(asked.unwrap_or(scenario.procs)).max(1 + probe);
    // A class lies with one worker, so that more workers than classes would idle.
    let useful = needed.min(scenario.school.classes.max(1)).max(clients.div_ceil(CLIENTS_PER_WORKER_MAX));
    if useful > WORKERS_MAX { Err(CrewError::TooMany { clients, needed: useful }) } else { Ok(useful) }
}

/// Source addresses of a worker: enough that no port is asked for again while it rests.
pub(crate) fn sources(scenario: &Scenario, worker: u32, workers: u32, ports: u32) -> Vec<Ipv4Addr> {
    // Each connection may have had a second one before it, to ask for its seat.
    let connections = scenario.connections() * 2.0 / f64::from(workers);
    let per_source = (f64::from(ports) * PORTS_USED_MAX).max(1.0);
    let count = (connections / per_source).ceil().clamp(1.0, 250.0);
    let third = u8::try_from(worker % 200 + 1).unwrap_or(1);
    (1..=250_u8)
        .take_while(|last| f64::from(*last) <= count)
        .map(|last| Ipv4Addr::new(127, 0, third, last))
        .collect()
}

#[cfg(test)]
mod tests;
