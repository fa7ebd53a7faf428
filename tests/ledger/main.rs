//! The ledger's contract, for any implementation: `suite!` takes a stage, as the broker's tests do.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod contract;
mod digests;
mod embedded;
mod families;
mod items;
mod letters;
mod logins;
mod marks;

contract::suite!(embedded_contract, crate::embedded::Embedded);
marks::suite!(embedded_marks, crate::embedded::Embedded);
families::suite!(embedded_families, crate::embedded::Embedded);
logins::suite!(embedded_logins, crate::embedded::Embedded);
