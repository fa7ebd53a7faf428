//! The guardians' evening digests: what each guardian gets to read of a school day, chosen before six and published from
//! six on.
//!
//! Guardians do not follow classes. What is for them stands in the logs of their children's channels, and reaches them
//! once, in a digest in their own channel. The work goes in steps:
//!
//! 1. At `build_at` the guardians of a zone are gone through in pages ([`Press`]). For each channel of their children a
//!    *part* is read from the log through the broker and folded by item with the ledger's registry; guardians share parts.
//! 2. A guardian's *choice* is made from the parts: what is in none of the guardian's earlier digests. The keys of its
//!    items are committed to the ledger before anything is published.
//! 3. From `publish_at` on, in the order of the guardians' own instants, each digest is rendered with the text that holds
//!    then and published under a key of its own. While that goes on a withdrawal waits ([`crate::ledger::Rendering`]).
//!
//! Every step can be cut short anywhere and done again: a row is added once, a publication has one key. The module must
//! not know connections, nor how mail is sent; whom to write to is
//! another's to know ([`Letters`]).

mod asking;
mod choice;
mod dates;
mod entry;
mod family;
mod making;
mod part;
mod parts;
mod press;
mod publishing;
mod settings;
mod sheet;
mod turns;

pub use asking::Trouble;
pub use press::{Letters, Press, Progress, Sources, Turn};
pub use settings::Settings;
