//! What the calendar answers: yes or no, why, and until when.

use std::sync::Arc;

use serde::Serialize;

use super::day::Day;
use super::overrides::Override;
use crate::base::SchoolTime;

/// Whether something is open at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether it is.
    pub open: bool,
    /// By which rule.
    pub why: Why,
    /// The first instant at which `open` differs; none if that is never, or too far ahead to be looked for.
    pub changes_at: Option<SchoolTime>,
}

/// By which rule something is open or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Why {
    /// Nothing restricts it.
    NoRule,
    /// The hours of such a day.
    Hours {
        /// What kind of day it is.
        day: Day,
    },
    /// An operator's decision.
    Override {
        /// Which.
        decision: Arc<Override>,
    },
}

impl Answer {
    pub(super) const ALWAYS: Self = Self { open: true, why: Why::NoRule, changes_at: None };
}
