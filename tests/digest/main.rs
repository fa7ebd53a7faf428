//! Guardians' digests, and all that people are sent, over the real store and broker, by clocks that move by hand: random lives
//! of a small school, the races that matter, and what a crash anywhere leaves behind.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/door.rs"]
mod door;

mod asking;
mod copies;
mod draft;
mod evenings;
mod followers;
mod fuse;
mod life;
mod oracle;
mod reminded;
mod school;
mod world;
