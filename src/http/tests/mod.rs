//! Requests against the router, without a socket: each refusal with its code and status.

mod accept;
mod bulletins;
mod desk;
mod door;
mod gate;
mod handshake;
mod operations;
mod people;
mod publications;
mod school;
mod seats;
mod served;
mod tokens;
