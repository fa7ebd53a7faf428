//! One file per subcommand of `preau`.
//!
//! A command parses its arguments, calls the modules that do the work, and prints. It prints through writers that it is
//! handed, so that a test reads what a user would.

pub mod roster;
