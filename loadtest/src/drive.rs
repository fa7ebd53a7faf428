//! Drives workers through a scenario against one server: plan, seats, arrivals, phases, settling, verdict.
//!
//! Every wait has a deadline, and a worker that says nothing for too long ends the run: a figure from half of the
//! clients would look like one from all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::attack::Attackers;
use crate::breath::Breath;
use crate::crew::{Crew, CrewError, Launch, sources};
use crate::flows::Flows;
use crate::histograms::HistogramError;
use crate::limits::{LEAD, READY_WAIT, SETTLE_WAIT, SILENCE_WAIT, TAIL_WAIT};
use crate::machine::ports;
use crate::moment::{in_ns, nanoseconds, now_ns, until};
use crate::orders::{Lines, News, Order, Plan, StreamEnd, Target, Verdict};
use crate::pass::{ARRIVALS, Pass, PhasePass, SEATS, SEATS_ALONE, add_verdict};
use crate::progress::{Progress, Step};
use crate::sampler::{Sample, SampleError, Sampler, queued_bytes};
use crate::scenario::{Phase, Scenario};
use crate::status::Operators;

/// How often the server is looked at.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
/// How often the hub's operators are asked while nothing happens.
const STATUS_REST_INTERVAL: Duration = Duration::from_secs(15);
/// How often a run looks whether it was interrupted.
const STOP_INTERVAL: Duration = Duration::from_millis(200);

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriveError {
    /// The workers.
    #[error(transparent)]
    Crew(#[from] CrewError),
    /// The server, or what watches it.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A worker's histogram.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// A worker lives and says nothing.
    #[error("worker {worker} has said nothing for {} s, {during}", SILENCE_WAIT.as_secs())]
    Stalled {
        /// Which.
        worker: usize,
        /// When.
        during: String,
    },
    /// Workers talk and do not come to an end.
    #[error("still not over: {during}")]
    Overdue {
        /// What.
        during: String,
    },
    /// A worker said what nobody asked for.
    #[error("worker {worker} answered out of turn, {during}")]
    OutOfTurn {
        /// Which.
        worker: usize,
        /// When.
        during: String,
    },
    /// The attackers did not begin.
    #[error("the attack did not begin: {0}")]
    Attack(std::io::Error),
    /// Somebody asked the run to end.
    #[error("interrupted")]
    Interrupted,
}

/// What a run is made with.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    /// What happens.
    pub(crate) scenario: &'a Scenario,
    /// To whom.
    pub(crate) target: Target,
    /// The server's processes.
    pub(crate) pids: Vec<u32>,
    /// Where its operators ask how it stands.
    pub(crate) operators: Option<Operators>,
    /// What is random is drawn from this.
    pub(crate) seed: u64,
    /// How workers are started.
    pub(crate) launch: &'a Launch,
    /// How many.
    pub(crate) workers: u32,
    /// CPUs of which it is witnessed whether they ran.
    pub(crate) witnessed: Vec<usize>,
    /// Set when the run shall end early.
    pub(crate) stop: Arc<AtomicBool>,
}

/// Drives one run.
///
/// # Errors
/// [`DriveError`]; all workers have ended by then.
pub(crate) fn drive(course: &Course<'_>, progress: &mut Progress) -> Result<Pass, DriveError> {
    let mut drive = Drive {
        course,
        crew: Crew::start(course.launch, course.workers)?,
        sampler: Sampler::new(course.pids.clone()),
        pass: Pass::default(),
        next_sample_ns: now_ns(),
        next_status_ns: 0,
        heard_ns: Vec::new(),
        flows: Flows::of(course.scenario),
        standing: vec![0; course.workers as usize],
    };
    drive.prepare(progress)?;
    let arrivals = f64::from(course.scenario.population()) / course.scenario.arrivals.per_second;
    if course.scenario.arrivals.seats_first && course.target.tokens.is_some() {
        drive.seats(SEATS, Lines::Kept, progress)?;
        drive.seats(SEATS_ALONE, Lines::Own, progress)?;
    }
    drive.phase(Step { name: ARRIVALS, index: 0, seconds: arrivals }, progress)?;
    for (index, Phase { name, seconds, .. }) in course.scenario.phases.iter().enumerate() {
        drive.phase(Step { name, index: index + 1, seconds: *seconds }, progress)?;
    }
    drive.settle(progress)?;
    let Drive { crew, pass, .. } = drive;
    crew.dismiss();
    Ok(pass)
}

struct Drive<'a> {
    course: &'a Course<'a>,
    crew: Crew,
    sampler: Sampler,
    pass: Pass,
    next_sample_ns: u64,
    /// When the hub's operators are asked again.
    next_status_ns: u64,
    /// When each worker was last heard.
    heard_ns: Vec<u64>,
    /// What is to be published.
    flows: Flows,
    /// Connections that stand, by worker.
    standing: Vec<u64>,
}

impl Drive<'_> {
    /// Gives each worker its part, and waits until all have prepared it.
    fn prepare(&mut self, progress: &mut Progress) -> Result<(), DriveError> {
        let (course, ports) = (self.course, ports());
        for index in 0..course.workers {
            let plan = Plan {
                index,
                of: course.workers,
                scenario: course.scenario.clone(),
                seed: course.seed,
                target: course.target.clone(),
                sources: sources(course.scenario, index, course.workers, ports),
                witnessed: course.witnessed.clone(),
            };
            self.crew.tell(index as usize, &Order::Plan(Box::new(plan)))?;
        }
        let step = Step { name: "preparing", index: 0, seconds: 0.0 };
        self.gather(&step, READY_WAIT, progress, |news| match news {
            News::Ready => Ok(()),
            other => Err(other),
        })?;
        Ok(())
    }

    /// Lets one half of the clients take their seats.
    fn seats(&mut self, name: &str, lines: Lines, progress: &mut Progress) -> Result<(), DriveError> {
        let step = Step { name, index: 0, seconds: 0.0 };
        self.measured(step, |at_ns| Order::Seats { lines, at_ns }, progress)
    }

    /// Runs one phase on all workers.
    fn phase(&mut self, step: Step<'_>, progress: &mut Progress) -> Result<(), DriveError> {
        let phase = step.index;
        self.measured(step, |at_ns| Order::Begin { phase, at_ns }, progress)
    }

    /// Has all workers carry out an order at one instant, and looks at the server before and after.
    fn measured(
        &mut self,
        step: Step<'_>,
        order: impl Fn(u64) -> Order,
        progress: &mut Progress,
    ) -> Result<(), DriveError> {
        let Step { name, index, seconds } = step;
        let port = self.course.target.address.port();
        let queued_before = queued_bytes(port);
        let before = self.sampler.sample()?;
        let began_ns = in_ns(LEAD);
        self.next_status_ns = 0;
        if self.pass.phases.is_empty() {
            self.pass.began_ns = began_ns;
            self.next_sample_ns = began_ns;
        }
        let phase = index.checked_sub(1).and_then(|phase| self.course.scenario.phases.get(phase));
        let attacks = phase.map_or(&[][..], |phase| &phase.attacks);
        let breath = Breath::new(began_ns, phase.map_or(0.0, |phase| phase.breath_s));
        self.crew.tell_all(&order(began_ns))?;
        let attackers = Attackers::begin(attacks, breath, &self.course.target, &self.course.launch.cpus);
        let attackers = attackers.map_err(DriveError::Attack)?;
        let limit = LEAD + Duration::from_secs_f64(seconds) + TAIL_WAIT;
        let mut tallies = self.gather(&step, limit, progress, |news| match news {
            News::Ended { phase, tally } if phase == index => Ok(*tally),
            other => Err(other),
        })?;
        let attacks = attackers.end();
        let after = self.sampler.sample()?;
        let queued_after = queued_bytes(port);
        let mut phase =
            PhasePass { name: name.to_owned(), began_ns, ended_ns: after.at_ns, ..PhasePass::default() };
        for tally in &mut tallies {
            phase.latencies.add(&std::mem::take(&mut tally.latencies))?;
        }
        let standing = match self.standing.iter().sum() {
            // Too short for a tick: who came stands.
            0 => tallies.iter().map(|tally| tally.connected).sum(),
            standing => standing,
        };
        self.pass.phases.push(PhasePass {
            before,
            after,
            queued_before,
            queued_after,
            planned: self.flows.planned(index),
            tallies,
            standing,
            attacks,
            ..phase
        });
        Ok(())
    }

    /// Tells all workers how far all streams came, and adds up what their oracles found.
    fn settle(&mut self, progress: &mut Progress) -> Result<(), DriveError> {
        let mut streams: BTreeMap<u32, StreamEnd> = BTreeMap::new();
        let tallies = self.pass.phases.iter().flat_map(|phase| &phase.tallies);
        for (stream, end) in tallies.flat_map(|tally| &tally.streams) {
            let known = streams.entry(*stream).or_default();
            known.last = known.last.max(end.last);
            known.refused.extend(&end.refused);
        }
        for end in streams.values_mut() {
            end.refused.sort_unstable();
            end.refused.dedup();
        }
        self.crew.tell_all(&Order::Settle { streams })?;
        let step = Step { name: "settling", index: self.pass.phases.len(), seconds: 0.0 };
        let verdicts = self.gather(&step, SETTLE_WAIT, progress, |news| match news {
            News::Done(verdict) => Ok(*verdict),
            other => Err(other),
        })?;
        let mut sum = Verdict::default();
        for verdict in &verdicts {
            add_verdict(&mut sum, verdict);
        }
        self.pass.verdict = sum;
        Ok(())
    }

    /// Waits for one answer of each worker, in their order; takes ticks and samples meanwhile.
    fn gather<T>(
        &mut self,
        step: &Step<'_>,
        limit: Duration,
        progress: &mut Progress,
        answer: impl Fn(News) -> Result<T, News>,
    ) -> Result<Vec<T>, DriveError> {
        let began_ns = now_ns();
        let deadline_ns = began_ns.saturating_add(nanoseconds(limit));
        let mut answers: Vec<Option<T>> = (0..self.crew.len()).map(|_| None).collect();
        self.heard_ns = vec![began_ns; self.crew.len()];
        progress.begin(step);
        while answers.iter().any(Option::is_none) {
            self.look(step, progress)?;
            self.check(step, deadline_ns, &answers)?;
            let wait = until(self.next_sample_ns).min(STOP_INTERVAL);
            let Some((worker, news)) = self.crew.hear(wait)? else {
                continue;
            };
            if let Some(heard_ns) = self.heard_ns.get_mut(worker) {
                *heard_ns = now_ns();
            }
            match answer(news) {
                Ok(given) => match answers.get_mut(worker) {
                    Some(empty @ None) => *empty = Some(given),
                    _ => return Err(DriveError::OutOfTurn { worker, during: step.during() }),
                },
                Err(News::Tick(tick)) => {
                    progress.tick(worker, &tick)?;
                    if let Some(standing) = self.standing.get_mut(worker) {
                        *standing = tick.connected;
                    }
                    self.pass.ticks.push((worker, tick));
                }
                Err(_) => return Err(DriveError::OutOfTurn { worker, during: step.during() }),
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Looks at the server if a second has passed.
    fn look(&mut self, step: &Step<'_>, progress: &mut Progress) -> Result<(), DriveError> {
        if now_ns() < self.next_sample_ns {
            return Ok(());
        }
        let sample: Sample = self.sampler.sample()?;
        // A look that came late is not made up for by two.
        while self.next_sample_ns <= sample.at_ns {
            self.next_sample_ns += nanoseconds(SAMPLE_INTERVAL);
        }
        if self.pass.began_ns > 0 {
            self.pass.samples.push(sample);
            self.ask_operators(step, sample.at_ns);
        }
        progress.show(step, &sample);
        Ok(())
    }

    /// Asks the hub's operators how it stands: each time, or seldom where nothing happens, as a collector of metrics does. A hub at
    /// rest must not be busy with this.
    fn ask_operators(&mut self, step: &Step<'_>, now_ns: u64) {
        let Some(operators) = self.course.operators.as_ref().filter(|_| now_ns >= self.next_status_ns) else {
            return;
        };
        let phase = step.index.checked_sub(1).and_then(|index| self.course.scenario.phases.get(index));
        if phase.is_some_and(Phase::is_at_rest) {
            self.next_status_ns = now_ns + nanoseconds(STATUS_REST_INTERVAL);
        }
        match operators.ask() {
            Ok(status) => self.pass.statuses.push(status),
            Err(_) => self.pass.statuses_missed += 1,
        }
    }

    fn check<T>(&self, step: &Step<'_>, deadline_ns: u64, answers: &[Option<T>]) -> Result<(), DriveError> {
        if self.course.stop.load(Ordering::Relaxed) {
            return Err(DriveError::Interrupted);
        }
        let now = now_ns();
        if now >= deadline_ns {
            return Err(DriveError::Overdue { during: step.during() });
        }
        // Only in a phase does a worker speak each second; before and after, its deadline is the step's.
        let silence_ns = if step.seconds > 0.0 { nanoseconds(SILENCE_WAIT) } else { u64::MAX };
        let waited = self.heard_ns.iter().zip(answers).enumerate();
        let mut silent = waited
            .filter(|(_, (heard, answer))| answer.is_none() && now.saturating_sub(**heard) > silence_ns);
        match silent.next() {
            Some((worker, _)) => Err(DriveError::Stalled { worker, during: step.during() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
