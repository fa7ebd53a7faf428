//! The ledger's contract, for any implementation: `suite!` takes a stage, as the broker's tests do.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod contract;
mod embedded;
mod items;

contract::suite!(embedded_contract, crate::embedded::Embedded);
