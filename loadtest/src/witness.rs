//! Whether the CPUs ran while something was under way.
//!
//! For each CPU there is a thread that the kernel runs there before all that has no such priority (`SCHED_FIFO`, sched(7)), the
//! server and this tool among them, and that wakes each millisecond. If it wakes late, that CPU ran nothing of theirs: the machine's
//! host had given it to others. What was under way meanwhile, or in the while after it in which what had come together was worked off,
//! is told apart. A server that is busy, or waits for its disk or for another of its threads, makes nobody here late; the one
//! thing of its own that could is a system call of so many milliseconds, and how much was told apart stands in the report.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

use crate::limits::{PAUSE, PAUSES_MAX};
use crate::moment::{SECOND_NS, nanoseconds, now_ns};
use crate::subject::go_to;

/// How often each looks at the clock.
const BEAT_NS: u64 = SECOND_NS / 1_000;

/// The threads that look. They end with this.
pub(crate) struct Witness {
    pauses: Arc<Pauses>,
    threads: Vec<JoinHandle<()>>,
}

impl Witness {
    /// One for each of these CPUs.
    ///
    /// # Errors
    /// The system's: real-time priority takes the superuser, `CAP_SYS_NICE` or `RLIMIT_RTPRIO`; a CPU does not exist.
    pub(crate) fn start(cpus: &[usize]) -> io::Result<Self> {
        let mut witness = Self { pauses: Arc::default(), threads: Vec::new() };
        for &cpu in cpus {
            let pauses = Arc::clone(&witness.pauses);
            let (told, began) = sync_channel(1);
            let look = move || {
                let first = go_to(&[cpu]).and_then(|()| go_first());
                let is_first = first.is_ok();
                // Whoever started this waits for it.
                let _ = told.send(first);
                if is_first {
                    pauses.look();
                }
            };
            witness.threads.push(Builder::new().name(format!("witness-{cpu}")).spawn(look)?);
            began.recv().map_err(io::Error::other)??;
        }
        Ok(witness)
    }

    /// Whether all CPUs ran between two instants.
    pub(crate) fn saw_all_run(&self, from_ns: u64, until_ns: u64) -> bool {
        self.pauses.spare(from_ns, until_ns)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.pauses.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has nothing to say but what is noted.
            let _ = thread.join();
        }
    }
}

/// Has the kernel run this thread before all that has no such priority.
fn go_first() -> io::Result<()> {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let done = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    done.map_err(|error| match error {
        thread_priority::Error::OS(code) => io::Error::from_raw_os_error(code),
        other => io::Error::other(format!("{other:?}")),
    })
}

/// When CPUs stood still, newest last.
#[derive(Default)]
struct Pauses {
    is_over: AtomicBool,
    /// Until when the latest has its effect.
    latest_ns: AtomicU64,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    /// From when until when each had its effect.
    pauses: VecDeque<(u64, u64)>,
    /// Of what began before this, nobody remembers all.
    forgotten_ns: u64,
}

impl Pauses {
    fn look(&self) {
        let mut due_ns = now_ns() + BEAT_NS;
        while !self.is_over.load(Ordering::Relaxed) {
            let part = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
            let due = Timespec { tv_sec: part(due_ns / SECOND_NS), tv_nsec: part(due_ns % SECOND_NS) };
            // To be woken early by a signal is to look early.
            let _ = clock_nanosleep_absolute(ClockId::Monotonic, &due);
            let woken_ns = now_ns();
            if woken_ns > due_ns + nanoseconds(PAUSE) {
                self.note(due_ns, woken_ns);
            }
            due_ns = woken_ns.max(due_ns) + BEAT_NS;
        }
    }

    /// What came together in a pause takes up to as long again until it is worked off.
    fn note(&self, from_ns: u64, until_ns: u64) {
        let effect_ns = until_ns.saturating_add(until_ns.saturating_sub(from_ns));
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.pauses.len() >= PAUSES_MAX
            && let Some((_, oldest_ns)) = noted.pauses.pop_front()
        {
            noted.forgotten_ns = noted.forgotten_ns.max(oldest_ns);
        }
        noted.pauses.push_back((from_ns, effect_ns));
        self.latest_ns.fetch_max(effect_ns, Ordering::Release);
    }

    fn spare(&self, from_ns: u64, until_ns: u64) -> bool {
        if from_ns >= self.latest_ns.load(Ordering::Acquire) {
            return true;
        }
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_touched = noted.pauses.iter().any(|(began, over)| *began < until_ns && from_ns < *over);
        !is_touched && from_ns >= noted.forgotten_ns
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::moment::wait_for;

    const MS: u64 = SECOND_NS / 1_000;

    #[test]
    fn a_pause_touches_what_is_under_way_in_it_and_for_as_long_again() {
        let pauses = Pauses::default();
        assert!(pauses.spare(0, 50 * MS));
        pauses.note(10 * MS, 16 * MS);
        assert!(pauses.spare(0, 10 * MS), "over before it");
        assert!(
            !pauses.spare(0, 11 * MS) && !pauses.spare(12 * MS, 13 * MS) && !pauses.spare(21 * MS, 90 * MS)
        );
        assert!(pauses.spare(22 * MS, 90 * MS), "begun after it and its effect");
    }

    #[test]
    fn what_is_older_than_all_that_is_remembered_counts_as_touched() {
        let pauses = Pauses::default();
        for n in 0..=PAUSES_MAX as u64 {
            pauses.note(n * 10 * MS, (n * 10 + 3) * MS);
        }
        assert!(!pauses.spare(5 * MS, 5 * MS), "the first is forgotten, and had its effect until then");
        assert!(pauses.spare(7 * MS, 9 * MS));
    }

    #[test]
    fn a_cpu_that_runs_something_else_first_is_seen_where_that_is_allowed() {
        let witness = match Witness::start(&[0]) {
            Ok(witness) => witness,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
                return;
            }
        };
        // Stands for a host that takes the CPU away: before the witness itself.
        let hog = Builder::new().spawn(|| {
            go_to(&[0]).unwrap();
            let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
            set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Max, policy).unwrap();
            let from_ns = now_ns();
            while now_ns() < from_ns + 10 * MS {}
            (from_ns, now_ns())
        });
        let (from_ns, until_ns) = hog.unwrap().join().unwrap();
        let seen = || (!witness.saw_all_run(from_ns, until_ns)).then_some(());
        assert!(wait_for(Duration::from_secs(10), seen).is_some());
        assert!(Witness::start(&[usize::MAX]).is_err(), "there is no such CPU");
    }
}
