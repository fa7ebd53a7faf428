//! The broker's tests: one contract suite for every implementation, and what only the embedded one shows.
//!
//! `contract` and `model` are written against [`stage::Stage`] and know no implementation: another broker passes the
//! same tests by adding its stage and one line here.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod contract;
mod deletion;
mod durability;
mod embedded;
mod erasure;
mod faults;
mod keys;
mod model;
mod overflow;
mod replacements;
mod replays;
mod retention;
mod schedule;
mod stage;
mod urgent;

contract::suite!(embedded_contract, crate::embedded::Embedded);
