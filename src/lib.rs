//! préau: a real-time classroom hub. This page is the map of the crate.
//!
//! The modules stand in reading order, from what everything rests on to what puts everything together. Imports go one
//! way, down this list; `tests/tidy.rs` holds the table.
//!
//! # The path of one message
//!
//! 1. [`http`], [`identity`] and [`admission`]: a bearer token becomes an identity, the gate reserves a seat for it; the
//!    handshake spends the seat and hands the bare socket, with the permit for the seat, to a shard.
//! 2. [`engine`]: bytes become a whole text message; [`hub::Shard`] hands it to its [`hub::Handler`].
//! 3. [`session`] and [`protocol`]: the text becomes a [`protocol::ClientMessage`], the message a step of the pure machine.
//! 4. [`access`]: `may` turns a request into the [`access::Authorised`] one that the hub takes, or refuses it.
//! 5. [`broker`]: the publication is committed with its neighbours in the [`store`]; only now has it a position, and only
//!    now is its sender answered.
//! 6. [`hub`]: every shard is told; the frame is encoded once and offered to each subscriber's outbox.
//! 7. Whoever has no room is *behind*: its position stands still, and replay feeds it from the log when its socket drains.

pub mod base;

pub mod roster;

pub mod calendar;

pub mod access;

pub mod protocol;

pub mod engine;

pub mod store;

pub mod broker;

pub mod ledger;

pub mod admission;

pub mod report;

pub mod items;

pub mod digest;

pub mod outreach;

pub mod hub;

pub mod lesson;

pub mod session;

pub mod identity;

pub mod http;

pub mod config;

pub mod app;

pub mod commands;
