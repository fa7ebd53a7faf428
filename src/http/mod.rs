//! The edge: HTTP in front of everything. The web framework lives only here.
//!
//! One file per noun. [`accept`] owns the connections, [`edge`] the state and the table of addresses, `guard` what every
//! request passes, [`problem`] every refusal. A socket is upgraded in [`socket`] and leaves for the hub.
//!
//! No request is logged with its query (it may hold a seat), and no refusal repeats what was sent.

pub mod accept;
mod caller;
pub mod demo;
pub mod edge;
mod guard;
mod health;
mod history;
mod json;
mod me;
mod metrics;
pub mod openapi;
pub mod operator;
mod pages;
mod people;
pub mod problem;
mod publish;
mod rate;
mod seat;
pub mod socket;
mod stream;

#[cfg(test)]
mod tests;
