//! Requests against the router, without a socket: each refusal with its code and status.

mod accept;
mod broker;
mod bulletins;
mod calendars;
mod desk;
mod door;
mod gate;
mod handshake;
mod items;
mod kicks;
mod letters;
mod marks;
mod office;
mod operations;
mod operators;
mod people;
mod preferences;
mod publications;
mod receipts;
mod school;
mod seats;
mod served;
mod tokens;
mod watch;
mod webhooks;
