//! préau: a real-time classroom hub. This page is the map of the crate.

pub mod base;

pub mod roster;

pub mod access;

pub mod protocol;

pub mod engine;

pub mod store;

pub mod broker;

pub mod hub;

pub mod session;

pub mod identity;

pub mod http;
