//! Webhooks: what has happened that others want to hear of, in one order, and how far each of them has been told.
//!
//! An **event** is written in the commit of the publication that it tells of, while there is an endpoint. An **endpoint** is
//! done with all events up to one, and with none after it: what was told and not written down is told again under the same
//! number. An event that every endpoint is done with is forgotten; beyond
//! [`limits::HOOK_EVENTS_MAX`](crate::base::limits::HOOK_EVENTS_MAX) the oldest is, done or not.
//!
//! An event holds no account, no name and no words. Whether somebody wants it is not known here.

use super::{Answer, Busy};
use crate::base::{Audience, Channel, HookKind, ItemId, MachineTime, Offset, SchoolTime};

/// The number of an event. Numbers are dense, from 1, and never given twice in one life of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HookEventId(pub u64);

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEvent {
    /// Its number.
    pub id: HookEventId,
    /// What.
    pub kind: HookKind,
    /// Where it was published.
    pub channel: Channel,
    /// Its place there.
    pub offset: Offset,
    /// The roles it is for.
    pub audience: Audience,
    /// The item, if it is about one.
    pub item: Option<ItemId>,
    /// Which wording of the item.
    pub version: u32,
    /// Whether it is urgent.
    pub urgent: bool,
    /// When it was published.
    pub published_at: SchoolTime,
}

/// A stretch of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPage {
    /// In their order.
    pub events: Vec<HookEvent>,
    /// The newest event ever written.
    pub newest: HookEventId,
}

/// Whether an endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointState {
    /// It is.
    Active,
    /// It has failed for too long: not until somebody says so.
    Parked,
    /// It has answered that it is no more: not until somebody says so, or it has another address.
    Gone,
}

/// How far an endpoint has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The operator's name for it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The last event that it is done with.
    pub through: HookEventId,
    /// Whether it is called.
    pub state: EndpointState,
    /// Attempts at the next event that failed.
    pub failures: u32,
    /// When it is called next, in machine time.
    pub next_at: MachineTime,
}

/// What the ledger remembers for webhooks.
pub trait Hooks {
    /// Makes the endpoints, by name and address, those that there are, and answers them in the order of their names. A new one
    /// is told what happens from now on; one that was parked, or has another address, goes on where it was; and one that is
    /// not named is forgotten.
    ///
    /// # Errors
    /// [`Busy`] as for all.
    fn register_endpoints(
        &self,
        named: Vec<(String, String)>,
        answer: Answer<Vec<Endpoint>>,
    ) -> Result<(), Busy>;

    /// Reads events after one, at most [`limits::HOOK_PAGE_MAX`](crate::base::limits::HOOK_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn hook_events(&self, after: HookEventId, answer: Answer<HookPage>) -> Result<(), Busy>;

    /// Writes down how far an endpoint is, and forgets what all are done with.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_endpoint(&self, endpoint: Endpoint, answer: Answer<()>) -> Result<(), Busy>;
}
