//! Reminders over a real store, with a clock that tests set.

mod days;
mod random;
mod world;
