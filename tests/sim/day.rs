//! The days that are simulated: what each is about, and what is known of it without asking the calendar.
//!
//! Instants are written with their offset by hand, so that the checkers do not go by the code that they check.

use jiff::Timestamp;
use preau::base::SchoolTime;

use crate::chance::Chance;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What a day is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Tuesday in term.
    Ordinary,
    /// The first day of a closure: all classes come at 08:00, and fill the hub.
    Closure,
    /// The hub crashes in the morning, and everybody comes back at once.
    Crash,
    /// One and a half times as many as there are seats.
    Over15,
    /// 3.4 times as many as there are seats.
    Over34,
    /// A day of the winter holidays.
    Holiday,
    /// The Sunday on which clocks go forward, under hours that end in the hour that is missing.
    SpringSunday,
    /// The Monday after.
    SpringMonday,
    /// The Sunday on which clocks go back, under hours that end in the hour that comes twice.
    AutumnSunday,
    /// The Monday after: holidays, but for one school.
    AutumnMonday,
    /// The school's clock is set back in the evening, past the opening.
    SteppedBack,
    /// An operator lowers the limits at 10:00, and lifts them an hour later.
    Lowered,
    /// Memory is taken away in the morning, and comes back.
    Falls,
    /// Slow readers fill the pool, so that some must be sent away.
    Squeeze,
}

/// What happens to the hub on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Turn {
    /// The process ends, and another begins with the same secrets.
    Crash,
    /// The school's clock is set on by so many milliseconds.
    SetClock(i64),
    /// An operator allows this part of the seats.
    Limit(f64),
    /// This part of the seats is what memory allows.
    Capacity(f64),
    /// So much of the pool is used by those who read slowly.
    Queued(f32),
    /// An urgent message goes out, and guardians who hear of it want in.
    Urgent,
}

/// One day.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    pub(crate) kind: Kind,
    /// Midnight.
    pub(crate) begins: SchoolTime,
    /// The next midnight.
    pub(crate) ends: SchoolTime,
    /// 08:00.
    pub(crate) eight: SchoolTime,
    /// When guardians stay out, at the schools of [`Day::is_closed_at`].
    pub(crate) closed: Option<(SchoolTime, SchoolTime)>,
    /// How many people are in lessons at the same time, as a part of the seats.
    pub(crate) demand: f64,
    /// How far the arrivals of one lesson lie apart, in seconds.
    pub(crate) spread_s: f64,
    /// What happens, and when.
    pub(crate) turns: Vec<(SchoolTime, Turn)>,
}

impl Kind {
    pub(crate) const ALL: [Self; 14] = [
        Self::Ordinary,
        Self::Closure,
        Self::Crash,
        Self::Over15,
        Self::Over34,
        Self::Holiday,
        Self::SpringSunday,
        Self::SpringMonday,
        Self::AutumnSunday,
        Self::AutumnMonday,
        Self::SteppedBack,
        Self::Lowered,
        Self::Falls,
        Self::Squeeze,
    ];

    /// What the day of a seed is about.
    pub(crate) fn of(seed: u64) -> Self {
        let count = Self::ALL.len() as u64;
        Self::ALL[usize::try_from(seed % count).unwrap()]
    }

    /// Midnight, the next midnight, 08:00, and when guardians stay out.
    fn instants(self) -> (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>) {
        match self {
            Self::Holiday => {
                ("2026-02-10T00:00+01:00", "2026-02-11T00:00+01:00", "2026-02-10T08:00+01:00", None)
            }
            // 02:30 does not exist: what ends then ends when the clock jumps from 02:00 to 03:00.
            Self::SpringSunday => (
                "2026-03-29T00:00+01:00",
                "2026-03-30T00:00+02:00",
                "2026-03-29T08:00+02:00",
                Some(("2026-03-29T03:00+02:00", "2026-03-29T18:00+02:00")),
            ),
            Self::SpringMonday => (
                "2026-03-30T00:00+02:00",
                "2026-03-31T00:00+02:00",
                "2026-03-30T08:00+02:00",
                Some(("2026-03-30T08:00+02:00", "2026-03-30T18:00+02:00")),
            ),
            // 02:30 comes twice: what ends then ends the first time.
            Self::AutumnSunday => (
                "2025-10-26T00:00+02:00",
                "2025-10-27T00:00+01:00",
                "2025-10-26T08:00+01:00",
                Some(("2025-10-26T02:30+02:00", "2025-10-26T18:00+01:00")),
            ),
            Self::AutumnMonday => (
                "2025-10-27T00:00+01:00",
                "2025-10-28T00:00+01:00",
                "2025-10-27T08:00+01:00",
                Some(("2025-10-27T08:00+01:00", "2025-10-27T18:00+01:00")),
            ),
            _ => (
                "2026-03-17T00:00+01:00",
                "2026-03-18T00:00+01:00",
                "2026-03-17T08:00+01:00",
                Some(("2026-03-17T08:00+01:00", "2026-03-17T18:00+01:00")),
            ),
        }
    }

    /// What part of the seats is wanted at the same time, and over how many seconds a lesson's people come.
    fn crowd(self, chance: &mut Chance) -> (f64, f64) {
        let ordinary = 0.3 + 0.25 * chance.part();
        match self {
            // Reserves leave about 0.87 of the seats to lessons: some of these days fill the hub.
            Self::Closure => (0.7 + 0.3 * chance.part(), 40.0 + 80.0 * chance.part()),
            Self::Squeeze | Self::Falls | Self::Crash => (0.65 + 0.35 * chance.part(), 180.0),
            Self::Over15 => (1.5, 120.0),
            Self::Over34 => (3.4, 120.0),
            Self::Holiday | Self::AutumnMonday => (0.03, 600.0),
            Self::SpringSunday | Self::AutumnSunday => (0.02, 600.0),
            Self::Lowered => (0.65 + 0.35 * chance.part(), 240.0),
            _ => (ordinary, 150.0 + 300.0 * chance.part()),
        }
    }
}

impl Day {
    /// A day of a kind.
    pub(crate) fn of(kind: Kind, chance: &mut Chance) -> Self {
        let (begins, ends, eight, closed) = kind.instants();
        let (demand, spread_s) = kind.crowd(chance);
        let eight = instant(eight);
        let mut day = Self {
            kind,
            begins: instant(begins),
            ends: instant(ends),
            eight,
            closed: closed.map(|(from, until)| (instant(from), instant(until))),
            demand,
            spread_s,
            turns: Vec::new(),
        };
        day.turns = day.turns(chance);
        day
    }

    /// A time of the day, in milliseconds after 08:00.
    pub(crate) fn after_eight(&self, ms: i64) -> SchoolTime {
        SchoolTime(self.eight.0 + ms)
    }

    fn at(&self, hour: i64, minute: i64) -> SchoolTime {
        self.after_eight((hour - 8) * HOUR_MS + minute * HOUR_MS / 60)
    }

    fn turns(&self, chance: &mut Chance) -> Vec<(SchoolTime, Turn)> {
        let mut some =
            |low: i64, high: i64| low + chance.between(0, (high - low).unsigned_abs()).cast_signed();
        let mut turns = match self.kind {
            Kind::Crash => vec![(self.at(9, some(5, 50)), Turn::Crash)],
            Kind::SteppedBack => {
                let by_ms = -some(1, 40) * HOUR_MS / 60;
                vec![
                    (self.at(18, some(1, 30)), Turn::SetClock(by_ms)),
                    (self.at(11, 0), Turn::SetClock(by_ms / 8)),
                ]
            }
            Kind::Lowered => vec![(self.at(10, 0), Turn::Limit(0.5)), (self.at(11, 0), Turn::Limit(1.0))],
            Kind::Falls => {
                let part = 0.4 + 0.04 * some(0, 10) as f64;
                let minute = some(0, 50);
                vec![(self.at(9, minute), Turn::Capacity(part)), (self.at(10, minute), Turn::Capacity(1.0))]
            }
            Kind::Squeeze => {
                let minute = some(10, 40);
                vec![(self.at(9, minute), Turn::Queued(0.98)), (self.at(9, minute + 3), Turn::Queued(0.0))]
            }
            _ => Vec::new(),
        };
        turns.push((self.at(14, some(0, 59)), Turn::Urgent));
        turns
    }

    /// Whether guardians of a school stay out on this day at all. On the autumn's Monday only the first school has classes.
    pub(crate) fn is_closed_at(&self, school: usize) -> bool {
        self.closed.is_some() && (self.kind != Kind::AutumnMonday || school == 0)
    }

    /// Whether guardians of a school stay out at an instant.
    pub(crate) fn keeps_out(&self, school: usize, at: SchoolTime) -> bool {
        self.is_closed_at(school) && self.closed.is_some_and(|(from, until)| from <= at && at < until)
    }
}

fn instant(text: &str) -> SchoolTime {
    SchoolTime(text.parse::<Timestamp>().expect("an instant with its offset").as_millisecond())
}
