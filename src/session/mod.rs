//! One connection's life: from the visitor that the edge lets in, through requests and answers, to its last log line.
//!
//! [`Session`] is a pure machine: what a client says goes in, a [`Step`] comes out; it never touches the hub.
//! [`Sessions`] holds the sessions of one shard, carries the steps out, and is the shard's handler. Sessions are compact,
//! since tens of thousands of them rest in memory; a session's failure is its own.

mod answers;
pub mod budget;
mod classes;
mod deeds;
pub mod deferral;
mod ends;
mod eviction;
mod links;
mod machine;
mod news;
mod places;
mod publishing;
mod rooms;
mod sessions;
mod sight;
pub mod speech;
mod stops;
mod timers;
mod wheel;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use answers::{publish_error_code, publish_retry_ms, read_error_code};
pub use deferral::{NeverQuiet, Quiet};
pub use links::LinkHosts;
pub use machine::{Pulse, Session, Standing, Step};
pub use news::News;
pub use sessions::Sessions;
pub use stops::{Scope, Stops};

use crate::access::{Authorised, Identity, Subscribe};
use crate::admission::{Candidate, Permit, Window};
use crate::base::{AccountId, ClassId, MachineTime, ReplayFrom, SchoolTime, SessionId};
use crate::lesson::Lessons;
use crate::protocol::ErrorCode;
use crate::roster::Directory;

/// What the edge knows about a connection when it hands it over.
#[derive(Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The seat that it sits on, with the session's number.
    pub permit: Permit,
    /// Who it is.
    pub identity: Identity,
    /// When its token ends, and the connection with it.
    pub token_expires_at: MachineTime,
    /// When its lease ends, unless it is renewed.
    pub lease_until: MachineTime,
    /// A number that its class has in common: who has the same shares a shard.
    pub home: Option<u64>,
    /// What it follows for as long as it lives, if it is an event stream: its client says nothing.
    pub following: Option<Following>,
}

/// The one channel of an event stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    /// The right to follow it.
    pub subscribe: Authorised<Subscribe>,
    /// Where to begin.
    pub from: ReplayFrom,
}

impl Following {
    /// What stands for the request that the subscription answers: its client made none.
    const REQUEST: u32 = 0;
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOf {
    /// The account that it names.
    pub account: AccountId,
    /// When it ends.
    pub expires_at: MachineTime,
}

/// Checks tokens that come in on open connections. Short enough to run on a shard's thread.
pub trait TokenCheck: Send + Sync + 'static {
    /// Checks a token's signature, issuer, audience and times.
    ///
    /// # Errors
    /// [`ErrorCode::TokenInvalid`] or [`ErrorCode::TokenExpired`].
    fn check(&self, token: &str, now: MachineTime) -> Result<TokenOf, ErrorCode>;
}

/// What sessions ask of admission, and tell it. Short enough to be done on a shard's thread.
pub trait Reception: Send + Sync + 'static {
    /// When clients that are sent away now may come back, in milliseconds from now: so late that the hub can take them all.
    fn return_window_ms(&self, now: MachineTime) -> (u32, u32);

    /// A resume token, good until then: whoever shows it finds the session's seat again, if that still rests.
    fn resume(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String;

    /// Whether a class has a lesson now.
    fn is_live(&self, class: &ClassId) -> bool;

    /// Whom of these to send away now so that the hub does not fail, at most so many; none once it is out of danger.
    fn evict(&self, max: usize, candidates: &[Candidate], now: MachineTime) -> Vec<SessionId>;

    /// A place in the waiting room for somebody who is sent away and still has its seat, as old as that.
    fn ticket_for_evicted(&self, session: SessionId, account: &AccountId, now: MachineTime)
    -> Option<String>;

    /// A connection has begun. Once for each session, before it [`left`](Self::left).
    fn joined(&self, session: SessionId, who: &Identity);

    /// A connection has ended after so long.
    fn left(&self, session: SessionId, lived: Duration);

    /// Whether somebody may be here at this time, and if not, when that account itself may come back.
    fn window(&self, who: &Identity, at: SchoolTime) -> Window;
}

/// How many messages one connection may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Messages per second for long, 1 to 1,000; the burst is twice that.
    pub messages_per_second: u32,
    /// Publications per second for long, 1 to 1,000; the burst is twice that.
    pub publishes_per_second: u32,
}

/// What all sessions share.
#[derive(Clone)]
pub struct Shared {
    /// The roster in force.
    pub directory: Arc<Directory>,
    /// Checks refreshed tokens.
    pub tokens: Arc<dyn TokenCheck>,
    /// Where posting is stopped.
    pub stops: Arc<Stops>,
    /// Admission.
    pub reception: Arc<dyn Reception>,
    /// The rates that connections are held to.
    pub rates: Rates,
    /// The schools' quiet hours.
    pub quiet: Arc<dyn Quiet>,
    /// All lessons.
    pub lessons: Arc<Lessons>,
    /// Where links may lead to.
    pub links: Arc<LinkHosts>,
}
