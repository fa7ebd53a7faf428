//! Letters on their way: the real ledger, real sockets, a relay that misbehaves.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/relay.rs"]
mod relay;

mod bureau;
mod faults;
mod order;
