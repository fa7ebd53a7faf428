//! Wakes the loop at an instant to the microsecond: the timeout of `epoll_wait` counts in milliseconds, which would make
//! every publication late by half of one.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use crate::moment::SECOND_NS;

/// A timer of the system in the loop's set.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: OwnedFd,
    set_ns: u64,
}

impl Alarm {
    /// A timer that says `token`.
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer, set_ns: 0 })
    }

    /// Sets it; an instant that has passed rings at once. Each ringing is an edge, so nobody needs to read it.
    pub(crate) fn set(&mut self, at_ns: u64) -> io::Result<()> {
        if at_ns == self.set_ns {
            return Ok(());
        }
        self.set_ns = at_ns;
        let part = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: part(at_ns / SECOND_NS), tv_nsec: part(at_ns % SECOND_NS) };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &Itimerspec { it_interval, it_value })?;
        Ok(())
    }
}
