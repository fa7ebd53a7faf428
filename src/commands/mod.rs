//! The subcommands of `preau`: one file each.
//!
//! A command parses its arguments, calls the modules that do the work, and prints. It prints through writers that it is
//! handed, so that a test reads what a user would.

pub mod backup;
mod copying;
pub mod restore;
pub mod roster;
