//! What operators decide at run time, over all rules.

use serde::{Deserialize, Serialize};

use crate::base::{OrgId, Role, SchoolTime};

/// A decision of an operator. Keeping it and writing down who made it is not the calendar's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// For whom, and where.
    pub scope: Scope,
    /// The first instant at which it holds.
    pub from: SchoolTime,
    /// The first instant at which it does not hold any more.
    pub until: SchoolTime,
    /// Whether they may come in.
    pub verdict: Verdict,
    /// Who decided.
    pub who: String,
    /// The reason given.
    pub why: String,
}

/// For whom an override holds, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Whose admission.
    pub role: Role,
    /// At one school; none for all.
    pub school: Option<OrgId>,
}

/// Whether a role may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may.
    Open,
    /// It may not.
    Closed,
}

impl Override {
    /// Whether it speaks of the role at the school.
    pub(super) fn speaks_of(&self, role: Role, school: Option<&str>) -> bool {
        let there = |scope: &OrgId| school == Some(scope.as_str());
        self.scope.role == role && self.scope.school.as_ref().is_none_or(there)
    }

    /// Whether it holds at an instant.
    pub(super) fn holds(&self, at: SchoolTime) -> bool {
        self.from <= at && at < self.until
    }
}
