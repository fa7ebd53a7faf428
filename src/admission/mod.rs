//! Admission: who may hold a seat now, who waits, and who must come another time.
//!
//! Two limits, never one: seats are a *stock* bounded by memory, admissions a *flow* bounded by CPU. Both go by class:
//! operator, teacher, student of a live class, student, staff, guardian. What is decided here is told to the edge as a
//! [`Decision`]; what is held is a [`Permit`], given back on every way out.
//!
//! Pure but for the one lock of [`Gate`]: times, identities, random bytes and measured numbers are passed in. It must not
//! know of sockets, HTTP, clocks or the disk.

mod class;
mod decision;
mod gate;
mod level;
mod permit;
mod settings;

pub use class::Class;
pub use decision::{Decision, Request, Waiting, Window};
pub use gate::{Gate, NotReserved, Occupied};
pub use level::Level;
pub use permit::{Leaving, Permit, Renewal};
pub use settings::Settings;
