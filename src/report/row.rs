//! What a day comes to at one school, or in the whole region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Role;

/// Something for each role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByRole<T> {
    /// Of teachers.
    pub teacher: T,
    /// Of pupils.
    pub student: T,
    /// Of guardians.
    pub guardian: T,
    /// Of staff.
    pub staff: T,
    /// Of operators.
    pub operator: T,
}

impl<T> ByRole<T> {
    /// That of one role.
    pub fn of(&self, role: Role) -> &T {
        match role {
            Role::Teacher => &self.teacher,
            Role::Student => &self.student,
            Role::Guardian => &self.guardian,
            Role::Staff => &self.staff,
            Role::Operator => &self.operator,
        }
    }

    /// That of one role, to be changed.
    pub fn of_mut(&mut self, role: Role) -> &mut T {
        match role {
            Role::Teacher => &mut self.teacher,
            Role::Student => &mut self.student,
            Role::Guardian => &mut self.guardian,
            Role::Staff => &mut self.staff,
            Role::Operator => &mut self.operator,
        }
    }
}

impl ByRole<u32> {
    /// All roles together.
    pub fn total(&self) -> u32 {
        Role::ALL.into_iter().map(|role| self.of(role)).sum()
    }
}

/// The counts of one day at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Pupils who asked for a seat inside their window.
    pub pupils_tried: u32,
    /// Those of them who had it within [`limits::FIRST_TRY_MAX`](crate::base::limits::FIRST_TRY_MAX) of first asking,
    /// without being refused in between.
    pub pupils_at_first_try: u32,
    /// The most connections at one time.
    pub peak: ByRole<u32>,
    /// Connections that have ended.
    pub visits: ByRole<u32>,
    /// How long they were open, in seconds.
    pub visit_seconds: ByRole<u64>,
    /// Requests for a seat that were answered otherwise than with one, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Publications; of the whole region alone.
    pub publications: u64,
    /// Publications that were offered to connections; of the whole region alone.
    pub deliveries: u64,
}

impl Row {
    /// Which part of the pupils who tried got in at the first try; `None` if nobody tried.
    pub fn reliability(&self) -> Option<f64> {
        (self.pupils_tried > 0).then(|| f64::from(self.pupils_at_first_try) / f64::from(self.pupils_tried))
    }

    /// The mean length of a role's visits in seconds; `None` if nobody has left.
    #[expect(clippy::cast_precision_loss, reason = "a mean needs few digits")]
    pub fn mean_seconds(&self, role: Role) -> Option<f64> {
        let visits = *self.visits.of(role);
        (visits > 0).then(|| *self.visit_seconds.of(role) as f64 / f64::from(visits))
    }
}
