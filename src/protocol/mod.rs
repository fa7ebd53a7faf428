//! The wire, `preau.v1`: what clients and the hub say to each other in JSON text frames. Pure: no socket, no clock.
//!
//! [`client`] parses what comes in, [`server`] writes what goes out, [`deed`] and [`lesson`] are those about live classes, [`error`] and [`close`] are the tables of codes.
//! Unknown fields are ignored, unknown types get a typed error, so either side may learn new things first.
//! The golden frames under `tests/fixtures/protocol/` are read by this module's tests, by `web/client` and by `loadtest`:
//! a change here changes them, and them all.

pub mod client;
pub mod close;
pub mod deed;
pub mod error;
pub mod lesson;
pub mod server;

#[cfg(test)]
mod fixtures;

pub use client::{ClientMessage, Refusal};
pub use close::CloseCode;
pub use deed::{Deed, Reaction};
pub use error::ErrorCode;
pub use server::ServerMessage;

/// The subprotocol that client and hub agree on in the WebSocket handshake (RFC 6455 §1.9).
pub const SUBPROTOCOL: &str = "preau.v1";
