//! What an operator can set about admission, at start and while it runs.

use serde::{Deserialize, Serialize};

use super::{Class, PerClass};
use crate::base::limits;

/// All settings. A change takes effect at once; [`Settings::mistakes`] comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seats at most, whatever memory says; 0 for as many as memory and the open-file limit allow.
    pub seats_max: u32,
    /// Of each class, in the order of [`Class::ALL`]: its share of the seats, in thousandths. At most
    /// 1,000 together.
    pub shares: PerClass<u16>,
    /// Of each class: what part of its share it lends while it does not need it, in thousandths. The rest stays free for
    /// it at any time.
    pub lendable: PerClass<u16>,
    /// Sessions that one account may have, by its role.
    pub sessions: SessionsMax,
    /// How fast people are let in.
    pub flow: FlowSettings,
    /// Between which values each indicator goes from no pressure to the highest.
    pub watermarks: Watermarks,
    /// Over how many seconds guardians come back when their window opens, each at its own instant. The default lets in
    /// 25,000 within twenty minutes at 21 a second, a tenth of what a hub of that size admits.
    pub evening_seconds: u32,
    /// Over how many seconds connections end whose window closes.
    pub suspension_seconds: u32,
}

/// Sessions that one account may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsMax {
    /// An operator.
    pub operator: u8,
    /// A teacher.
    pub teacher: u8,
    /// A student.
    pub student: u8,
    /// One of a school's staff.
    pub staff: u8,
    /// A guardian.
    pub guardian: u8,
}

impl SessionsMax {
    /// Of an account of one class.
    pub fn of(&self, class: Class) -> usize {
        usize::from(match class {
            Class::Operator => self.operator,
            Class::Teacher => self.teacher,
            Class::Live | Class::Student => self.student,
            Class::Staff => self.staff,
            Class::Guardian => self.guardian,
        })
    }
}

impl Default for SessionsMax {
    fn default() -> Self {
        Self { operator: 4, teacher: 4, student: 3, staff: 3, guardian: 2 }
    }
}

/// How fast people are let in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowSettings {
    /// Admissions per second to begin with.
    pub start: u32,
    /// Admissions per second at least, however slow the hub is.
    pub min: u32,
    /// Admissions per second at most.
    pub max: u32,
    /// Thousandths of them that are kept for teachers. What these leave goes to everybody.
    pub teacher_part: u16,
    /// Resumes per second, in thousandths of the admissions per second, and beside them.
    pub resume_part: u16,
    /// Thousandths of pressure below which the rate grows.
    pub green_below: u16,
    /// Thousandths of pressure from which the rate is cut.
    pub red_from: u16,
}

impl Default for FlowSettings {
    fn default() -> Self {
        Self {
            start: 200,
            min: 20,
            max: 2_000,
            teacher_part: 200,
            resume_part: 1_000,
            green_below: 500,
            red_from: 700,
        }
    }
}

/// Two values of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watermark {
    /// Up to here there is no pressure.
    pub low: f32,
    /// From here on there is no more than the highest.
    pub high: f32,
}

impl Watermark {
    /// How far between the two a value lies, from 0 to 1. What is not a number is no pressure.
    pub fn pressure(&self, value: f32) -> f32 {
        let part = (value - self.low) / (self.high - self.low);
        if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) }
    }
}

/// The watermarks of all indicators.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watermarks {
    /// Milliseconds that a shard's loop runs late.
    pub shard_lag_ms: Watermark,
    /// Milliseconds from a commit to its last write.
    pub fanout_lag_ms: Watermark,
    /// Part of the pool for what waits for sockets that is used.
    pub queued_part: Watermark,
    /// Part of the memory budget that is used.
    pub memory_part: Watermark,
    /// Part of the last ten seconds in which something waited for a processor (`/proc/pressure/cpu`).
    pub psi_part: Watermark,
}

impl Default for Watermarks {
    fn default() -> Self {
        let between = |low, high| Watermark { low, high };
        Self {
            shard_lag_ms: between(10.0, 100.0),
            fanout_lag_ms: between(100.0, 1_000.0),
            queued_part: between(0.0, 1.0),
            // With all seats taken and nothing queued a hub stands at about 0.85, which must shed nothing yet.
            memory_part: between(0.6, 1.0),
            psi_part: between(0.2, 0.9),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seats_max: 0,
            shares: [5, 150, 400, 300, 45, 100],
            lendable: [0, 500, 500, 700, 500, 700],
            sessions: SessionsMax::default(),
            flow: FlowSettings::default(),
            watermarks: Watermarks::default(),
            evening_seconds: 20 * 60,
            suspension_seconds: 5 * 60,
        }
    }
}

impl Settings {
    /// What is wrong with them: each line names the key and what is allowed.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut check = |is_right: bool, mistake: &dyn Fn() -> String| {
            if !is_right {
                mistakes.push(mistake());
            }
        };
        let sum: u32 = self.shares.iter().map(|share| u32::from(*share)).sum();
        check(sum <= 1_000, &|| format!("`shares` add up to {sum}; at most 1000 thousandths"));
        check(self.lendable.iter().all(|part| *part <= 1_000), &|| {
            "`lendable` is at most 1000 thousandths of a share".into()
        });
        for class in Class::ALL.into_iter().filter(|class| *class != Class::Live) {
            let max = self.sessions.of(class);
            check((1..=limits::SESSIONS_PER_ACCOUNT_MAX).contains(&max), &|| {
                let word = class.as_str();
                format!("`sessions.{word}` is {max}; 1 to {} are allowed", limits::SESSIONS_PER_ACCOUNT_MAX)
            });
        }
        self.flow.check(&mut check);
        for (name, mark) in self.watermarks.named() {
            check(mark.low.is_finite() && mark.high.is_finite() && mark.low < mark.high, &|| {
                format!("`watermarks.{name}`: low is below high, and both are numbers")
            });
        }
        let evening_max = limits::EVENING_MAX.as_secs();
        check(u64::from(self.evening_seconds) <= evening_max, &|| {
            format!("`evening_seconds` is at most {evening_max}")
        });
        check(u64::from(self.suspension_seconds) <= evening_max, &|| {
            format!("`suspension_seconds` is at most {evening_max}")
        });
        mistakes
    }
}

impl FlowSettings {
    fn check(&self, check: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        check(1 <= self.min && self.min <= self.start && self.start <= self.max, &|| {
            "`flow.min`, `flow.start` and `flow.max` rise, from 1".into()
        });
        check(self.teacher_part < 1_000, &|| "`flow.teacher_part` is below 1000 thousandths".into());
        check((1..=10_000).contains(&self.resume_part), &|| {
            "`flow.resume_part` is 1 to 10000 thousandths".into()
        });
        check(self.green_below <= self.red_from && self.red_from <= 1_000, &|| {
            "`flow.green_below` and `flow.red_from` rise, up to 1000 thousandths".into()
        });
    }
}

impl Watermarks {
    fn named(&self) -> [(&'static str, Watermark); 5] {
        [
            ("shard_lag_ms", self.shard_lag_ms),
            ("fanout_lag_ms", self.fanout_lag_ms),
            ("queued_part", self.queued_part),
            ("memory_part", self.memory_part),
            ("psi_part", self.psi_part),
        ]
    }
}
