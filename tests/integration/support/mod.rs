//! What every test needs: the real hub, a client of its own, a roster whose names are known.

pub(crate) mod binary;
pub(crate) mod bundle;
pub(crate) mod client;
pub(crate) mod hub;
pub(crate) mod raw;
pub(crate) mod workspace;
