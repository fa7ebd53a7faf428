//! Guardians' digests over the real store and broker, by clocks that move by hand: random lives of a small school, the
//! races that matter, and what a crash anywhere leaves behind.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod evenings;
mod fuse;
mod life;
mod oracle;
mod school;
mod world;
