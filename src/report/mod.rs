//! What the region publishes about its service: who got in at the first try, how many were here at once, how long they
//! stayed, why others were refused; by day and school, small and without names.
//!
//! [`Books`] count, [`Row`]s are what they come to, [`Day`] is a day of them. Pupils are told apart by a keyed hash whose
//! secret is drawn for the day and never stored with the result; with the day it ends. Pure but for the lock: dates, times
//! and secrets are passed in, and what must outlive the process is given out as [`Today`]. It knows no connection, no clock
//! and no file.

mod books;
mod row;
mod tries;
mod waiters;

pub use books::{Answers, Asked, Books, Day, Glance, Region, Today, Turn};
pub use row::{ByRole, Row};
