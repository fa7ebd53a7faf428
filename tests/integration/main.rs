//! The hub as its users meet it: the real binary, real sockets, real disk, loopback. One module per subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

mod classroom;
mod drain;
mod foreign;
mod http;
mod kill;
mod limits;
#[cfg(target_os = "linux")]
mod memory;
mod operation;
mod resume;
mod rfc6455;
mod roster;
mod tokens;
