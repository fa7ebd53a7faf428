//! Letters and webhooks on their way: the real ledger, real sockets, a relay and endpoints that misbehave.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/relay.rs"]
mod relay;

#[path = "../support/receiver.rs"]
mod receiver;

mod bureau;
mod desk;
mod faults;
mod hooks;
mod order;
