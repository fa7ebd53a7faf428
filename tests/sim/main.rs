//! The simulation of admission: whole days of a region before the real gate and the real calendar, under a virtual clock.
//!
//! One seed is one day of one world; `checkers` judge it by what can be seen from outside. What a seed's day is about is
//! its place in [`day::Kind::ALL`]. Each run of the tests takes a hundred fixed seeds and twenty fresh ones:
//!
//! - `PREAU_SIM_SEED` repeats one, `PREAU_SIM_FRESH` sets how many fresh ones are taken, `PREAU_SIM_MINUTES` for how long at most,
//! - `PREAU_SIM_KIND` takes fresh ones of one kind alone, by its name there,
//! - `PREAU_SIM_SCALE` divides the region (50; 1 is its full size),
//! - `PREAU_SIM_PICTURES` names a folder in which the pictures of some days are kept.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod burden;
mod chance;
mod checkers;
mod clock;
mod controllers;
mod day;
mod edge;
mod eviction;
mod lesson;
mod pictures;
mod queue;
mod record;
mod region;
mod seeds;
mod sight;
mod trace;
mod traffic;
mod visit;
mod windows;
mod world;
