//! The gate at one moment, for operators and metrics.

use serde::Serialize;

use super::{Bound, Class, Level, Pressures};

/// All that the gate says about itself. It names nobody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// The load level.
    pub level: Level,
    /// The highest pressure, from 0 to 1.
    pub pressure: f32,
    /// Every pressure.
    pub pressures: Pressures,
    /// Whether connections are sent away.
    pub is_evicting: bool,
    /// Admissions per second.
    pub rate: f64,
    /// Seats that there are.
    pub seats: u32,
    /// Seats that capacity and settings allow, which a hub reaches slowly.
    pub seats_allowed: u32,
    /// What bounds the capacity.
    pub bound: Bound,
    /// Seats that nobody has.
    pub free: u32,
    /// Leases that were not renewed and still run.
    pub recalled: u32,
    /// Classes (of schools) that are live.
    pub live_classes: usize,
    /// By class of people, first come first.
    pub classes: Vec<ClassSnapshot>,
    /// How many were sent away so far, by step.
    pub evicted: Vec<(&'static str, u64)>,
    /// By group of schools, in the order of their names. The gate knows no groups: see [`Gate::groups`](super::Gate::groups).
    pub groups: Vec<GroupSnapshot>,
}

/// One group of schools at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupSnapshot {
    /// Its name.
    pub group: String,
    /// Seats that its people have: taken or resting.
    pub taken: u32,
    /// About how many of them are lent: what a class of people has beyond its own is shared out among the groups, by how
    /// many of the class each has.
    pub lent: u32,
    /// About how many of its people wait.
    pub waiting: u32,
    /// How many were sent away so far, by step.
    pub evicted: Vec<(&'static str, u64)>,
}

/// One class at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSnapshot {
    /// Which.
    pub class: Class,
    /// Seats that are its own.
    pub nominal: u32,
    /// Those of them that are never lent.
    pub reserve: u32,
    /// Seats that it has: taken, resting or reserved for a handshake.
    pub taken: u32,
    /// Those of them that wait for their handshake.
    pub unspent: usize,
    /// Seats of its own that others have.
    pub lent: u32,
    /// Seats that it has beyond its own.
    pub borrowed: u32,
    /// About how many wait.
    pub waiting: u32,
    /// How many came in so far.
    pub admitted: u64,
    /// Decisions so far, by reason.
    pub decisions: Vec<(&'static str, u64)>,
}
