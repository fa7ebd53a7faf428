//! The live class: what a teacher and thirty-five pupils do together. Pure: no socket, no clock, no disk.
//!
//! A lesson is the fold of the entries that its class's log holds since it began ([`Lessons::committed`]). What people want to
//! say or do is judged here first ([`Lessons::speak`], [`Lessons::act`]); what is to outlive a restart comes back as the body
//! of a publication, and counts once that is committed. Hands, votes, upvotes, reactions and who is there live in memory alone.
//!
//! It knows nothing of connections: shards say who follows a class ([`Lessons::present`]), and ask what is to be told
//! ([`Lessons::changed`]). That somebody belongs to the class has been checked by [`access`](crate::access).

mod act;
mod authors;
mod ballot;
mod deeds;
mod floor;
mod hands;
mod lessons;
mod live;
mod news;
mod outcome;
mod presence;
mod proposals;
mod questions;
mod reactions;
mod reports;
mod room;

#[cfg(test)]
mod tests;

pub use lessons::Lessons;
pub use outcome::{Act, Changed, Refused, Speech, Turn, Whose};
pub use reactions::Reacted;
