//! What the gate decides, and what holds whatever happens at it.

mod crowd;
mod day;
mod load;
mod room;
mod seats;
mod standing;
mod stock;
mod tickets;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::base::{AccountId, MachineTime, Role, SchoolTime, SessionId};

const START: MachineTime = MachineTime(1_700_000_000_000);
const SECRETS: Secrets = Secrets { tickets: [1; 32], order: [2; 32] };

/// A gate, the time at it, and the numbers of sessions.
struct Desk {
    gate: Arc<Gate>,
    now: MachineTime,
    sessions: AtomicU64,
}

/// Who asks.
#[derive(Debug, Clone)]
struct Who {
    account: AccountId,
    role: Role,
    is_live: bool,
    window: Window,
}

fn who(role: Role, name: &str) -> Who {
    Who { account: AccountId::parse(name).unwrap(), role, is_live: false, window: Window::Open }
}

fn nth(role: Role, number: usize) -> Who {
    who(role, &format!("{}-{number}", role.as_str()))
}

impl Desk {
    fn new(seats: u32) -> Self {
        Self::with(Settings::default(), seats)
    }

    /// A gate whose flow never stands in the way.
    fn unhurried(seats: u32) -> Self {
        Self::with(Settings { flow: fast(), ..Settings::default() }, seats)
    }

    fn with(settings: Settings, seats: u32) -> Self {
        assert_eq!(settings.mistakes(), [""; 0]);
        let gate = Arc::new(Gate::new(settings, Capacity::given(seats), &SECRETS, START));
        Self { gate, now: START, sessions: AtomicU64::new(1) }
    }

    fn ask_with(&self, who: &Who, ticket: Option<&str>, resume: Option<SessionId>) -> Decision {
        let request = Request {
            account: &who.account,
            role: who.role,
            is_live: who.is_live,
            window: who.window,
            session: SessionId(self.sessions.fetch_add(1, Ordering::Relaxed)),
            resume,
            ticket,
        };
        self.gate.ask(&request, self.now, school(self.now))
    }

    fn ask(&self, who: &Who) -> Decision {
        self.ask_with(who, None, None)
    }

    /// Asks and sits down.
    fn sit(&self, who: &Who) -> Occupied {
        let Decision::Enter { session, .. } = self.ask(who) else { panic!("{who:?} may come in") };
        self.gate.occupy(session, &who.account, self.now).unwrap()
    }

    /// Asks, and says what the ticket is.
    fn wait(&self, who: &Who, ticket: Option<&str>) -> Waiting {
        match self.ask_with(who, ticket, None) {
            Decision::Wait(waiting) => waiting,
            other => panic!("{who:?} waits: {other:?}"),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// Lets time pass with these indicators, a sample each quarter of a second.
    fn sample(&mut self, indicators: Indicators, samples: usize) {
        for _ in 0..samples {
            self.pass(Duration::from_millis(250));
            self.gate.sample(indicators, self.now);
        }
    }

    /// Brings the load to a level.
    fn load(&mut self, level: Level) {
        let pressure = [0.0, 0.72, 0.82, 0.92, 0.97][usize::from(u8::from(level))];
        self.sample(Indicators { queued_part: pressure, ..Indicators::default() }, 4);
        assert_eq!(self.gate.level(), level);
    }

    fn taken(&self) -> usize {
        Class::ALL.into_iter().map(|class| self.gate.taken(class)).sum()
    }
}

fn school(now: MachineTime) -> SchoolTime {
    SchoolTime(i64::try_from(now.0).unwrap())
}

fn fast() -> FlowSettings {
    FlowSettings { start: 1_000_000, max: 1_000_000, ..FlowSettings::default() }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
