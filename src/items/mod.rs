//! Items: announcements and assignments as wholes, from whoever sends them to the channels' logs.
//!
//! An item goes to several channels, is edited and may be withdrawn; the ledger's registry says what holds. The
//! [`Publisher`] writes there first and publishes second, under keys that follow from the item, so that whatever a crash cut
//! short is done at the next start and nothing twice. Who may do what is `access`'s to say, place by place.
//!
//! It must not know sockets or HTTP, nor how digests are made.

mod asking;
mod concern;
mod content;
mod copies;
mod error;
mod hold;
mod letters;
mod publisher;
mod reach;
pub mod reminders;
mod rights;

#[cfg(test)]
mod tests;

pub use concern::{Standing, standing};
pub use content::Content;
pub use copies::{QuietUntil, guardians_of};
pub use error::ItemError;
pub use publisher::{Change, Copied, Draft, Ground, Outcome, Publisher};
pub use reach::{Reach, reach};
