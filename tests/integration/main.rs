//! The whole hub as its users meet it: the real binary, real sockets, loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod hub;
mod operation;
