//! The hub as its users meet it: the real binary, real sockets, real disk, loopback. One module per subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

/// Runs each of these functions against a hub on either engine, whose name the function takes.
macro_rules! on_both_engines {
    ($($name:ident,)+) => {
        mod on_readiness {
            $(#[tokio::test] async fn $name() { super::$name("readiness").await; })+
        }
        mod on_tasks {
            $(#[tokio::test] async fn $name() { super::$name("tasks").await; })+
        }
    };
}

mod support;

#[path = "../support/receiver.rs"]
mod receiver;

#[path = "../support/relay.rs"]
mod relay;

mod accounts;
mod alerts;
mod calendars;
mod classroom;
mod drain;
mod families;
mod foreign;
mod headers;
mod hooks;
mod http;
mod items;
mod kill;
mod lessons;
mod limits;
mod login;
mod mail;
mod marks;
#[cfg(target_os = "linux")]
mod memory;
mod operation;
mod operators;
mod quiet;
mod release;
mod resume;
mod rfc6455;
mod roster;
mod streams;
mod tokens;
mod wall;
