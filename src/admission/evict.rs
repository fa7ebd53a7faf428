//! Whom to send away first when the hub is at its limit.
//!
//! Second tabs come first, hidden ones before others; then guardians; then slow readers, the heaviest first; then idle
//! students whose page is hidden. A teacher of a live class is never sent away, nor an operator, nor anybody else.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Class;
use crate::base::{SessionId, limits};

/// A connection as its shard sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Whose.
    pub session: SessionId,
    /// Whether one of its account's classes is live.
    pub is_live: bool,
    /// Whether its page is hidden.
    pub is_hidden: bool,
    /// Whether it has said nothing for a while.
    pub is_idle: bool,
    /// Bytes that wait for its socket.
    pub queued_bytes: usize,
}

/// Why somebody is sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A further tab of its account, hidden.
    HiddenTab,
    /// A further tab of its account.
    SecondTab,
    /// A guardian.
    Guardian,
    /// It reads slowly.
    SlowReader,
    /// An idle student whose page is hidden.
    IdleStudent,
}

impl Step {
    /// All steps, first come first sent away.
    pub const ALL: [Self; 5] =
        [Self::HiddenTab, Self::SecondTab, Self::Guardian, Self::SlowReader, Self::IdleStudent];

    /// The word in metrics and for operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HiddenTab => "hidden_tab",
            Self::SecondTab => "second_tab",
            Self::Guardian => "guardian",
            Self::SlowReader => "slow_reader",
            Self::IdleStudent => "idle_student",
        }
    }
}

/// Why this one might be sent away; `None` if it may not be.
fn step(candidate: &Candidate, class: Class, is_second: bool) -> Option<Step> {
    if class == Class::Operator || (class == Class::Teacher && candidate.is_live) {
        return None;
    }
    let is_student = matches!(class, Class::Student | Class::Live);
    let steps = [
        (is_second && candidate.is_hidden, Step::HiddenTab),
        (is_second, Step::SecondTab),
        (class == Class::Guardian, Step::Guardian),
        (candidate.queued_bytes >= limits::SLOW_READER_BYTES, Step::SlowReader),
        (is_student && candidate.is_idle && candidate.is_hidden && !candidate.is_live, Step::IdleStudent),
    ];
    steps.into_iter().find(|(applies, _)| *applies).map(|(_, step)| step)
}

/// The first `max` to be sent away, in order. `known` gives a session's class and whether its account has a newer one.
pub(super) fn choose(
    max: usize,
    candidates: &[Candidate],
    known: impl Fn(SessionId) -> Option<(Class, bool)>,
) -> Vec<(Step, SessionId)> {
    let ranked = |candidate: &Candidate| {
        let (class, is_second) = known(candidate.session)?;
        let step = step(candidate, class, is_second)?;
        // By powers of two: the order among equals must not follow the last byte.
        let heaviness = candidate.queued_bytes.checked_ilog2().unwrap_or(0);
        Some(((step, Reverse(heaviness), Reverse(class)), candidate.session))
    };
    let mut all: Vec<_> = candidates.iter().filter_map(ranked).collect();
    all.sort_unstable_by_key(|(rank, session)| (*rank, *session));
    all.into_iter().take(max).map(|((step, ..), session)| (step, session)).collect()
}
