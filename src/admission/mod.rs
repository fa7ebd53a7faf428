//! Admission: who may hold a seat now, who waits, and who must come another time.
//!
//! Two limits, never one: seats are a *stock* bounded by memory, admissions a *flow* bounded by CPU. Both go by class:
//! operator, teacher, student of a live class, student, staff, guardian. What is decided here is told to the edge as a
//! [`Decision`]; what is held is a [`Permit`], given back on every way out.
//!
//! Pure but for the locks of [`Gate`]: times, identities, secrets and measured numbers are passed in. It must not
//! know of sockets, HTTP, clocks or the disk.

mod accounts;
mod bucket;
mod capacity;
mod class;
mod decision;
mod evening;
mod evict;
mod flow;
mod gate;
mod lane;
mod lease;
mod level;
mod line;
mod live;
mod load;
mod operating;
mod outlook;
mod permit;
mod place;
mod recent;
mod room;
mod schools;
mod seating;
mod settings;
mod sketch;
mod snapshot;
mod standing;
mod state;
mod stock;
mod tally;
#[cfg(test)]
mod tests;
mod ticket;
mod trial;

pub use capacity::{Bound, Capacity, Measured};
pub use class::{CLASSES, Class, PerClass};
pub use decision::{Decision, Request, Waiting, Window};
pub use evict::{Candidate, Step};
pub use flow::{Aimd, Controller, Signal};
pub use gate::{Gate, NotReserved, Occupied};
pub use level::Level;
pub use load::{Indicators, Pressures};
pub use permit::{Leaving, Permit, Renewal};
pub use settings::{FlowSettings, SessionsMax, Settings, Watermark, Watermarks};
pub use snapshot::{ClassSnapshot, GroupSnapshot, Snapshot};
pub use standing::Standing;
pub use tally::Reason;
pub use ticket::Secrets;
pub use trial::{ClassTrial, Trial};

/// A count out of an estimate: rounded, and never below zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn whole(estimate: f64) -> u32 {
    estimate.round() as u32
}
