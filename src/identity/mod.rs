//! Who is asking: bearer tokens against a set of public keys, seats for sockets, resume tokens, the embedded issuer, log-ins.
//!
//! A token names an account and nothing else; what the account may do is the roster's business. This module reads no
//! file and no clock: keys, secrets, random numbers and times are passed in.

mod cache;
mod issuer;
mod keys;
pub mod login;
mod resume;
mod seat;
mod token;

#[cfg(test)]
mod tests;

pub use issuer::{Issuer, IssuerError};
pub use keys::{KeySet, KeySetError, Unfit};
pub use resume::{Resumable, ResumeError, Resumes};
pub use seat::{Granted, SeatError, Seats, Shown};
pub use token::{Terms, TokenError, Verified, Verifier};
