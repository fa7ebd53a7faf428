//! What leaves the hub: letters by mail, to a relay that the operator names, and webhooks ([`hooks`]), to endpoints.
//!
//! A letter is a row of the ledger ([`crate::ledger::letters`]) until its hour comes. Then its words are gathered
//! ([`Sources`]), what is withdrawn or whose link was cut is left out (`left`), the rest is laid out once (`sheet`) and written
//! as text and as HTML in the reader's language (`words`), and handed to the relay (`relay`) by a few lines at a measured pace
//! ([`Post`]). Each guardian gets a letter of their own, whoever shares the address, and reads of no other guardian.
//!
//! It must not know channels' logs, connections, or who chose what: it asks.

mod asking;
mod compose;
pub mod hooks;
mod hours;
mod html;
mod left;
mod message;
mod page;
mod post;
mod relay;
mod rest;
mod seals;
mod settings;
mod sheet;
mod sources;
mod text;
mod words;
mod worker;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use page::{Farewell, Reply};
pub use post::{Post, PostParts};
pub use relay::{Relay, RelayError};
pub use seals::Seals;
pub use settings::{Settings, Tls};
pub use sources::{Alert, Choice, Choices, Given, Sources, Unknown};
