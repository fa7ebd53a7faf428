//! The edge: HTTP in front of everything. The web framework lives only here.
//!
//! One file per noun. `door` accepts sockets and lets plain handshakes in, [`accept`] owns the connections of all others,
//! [`edge`] the state and the table of addresses, `guard` what every request passes, [`problem`] every refusal. What a
//! handshake must hold stands in `handshake`; the odd and the refused are answered in [`socket`]. All that are let in
//! leave through [`entrance`] for the hub, those that HTTP has read by way of `leaving`. What is refused before there is a
//! request is worded in `refusal`.
//!
//! No request is logged with its query (it may hold a seat), and no refusal repeats what was sent.

pub mod accept;
pub mod admit;
mod advice;
mod announcements;
mod asking;
mod assignments;
mod batches;
mod bulletin;
pub mod bulletins;
mod caller;
pub mod demo;
mod door;
pub mod edge;
pub mod entrance;
mod events;
mod extensions;
mod family;
mod guard;
mod handshake;
mod head;
mod health;
mod history;
mod items;
mod json;
mod leaving;
pub mod login;
mod marks;
mod me;
mod metrics;
pub mod openapi;
pub mod operations;
pub mod operator;
mod pages;
mod people;
mod places;
mod preferences;
pub mod problem;
mod publish;
mod rate;
mod reach;
mod receipts;
mod refusal;
mod scheduled;
mod seat;
mod seating;
pub mod socket;
mod stream;
mod tasks;
pub mod unsubscribe;
pub mod windows;
mod wording;

#[cfg(test)]
mod tests;
