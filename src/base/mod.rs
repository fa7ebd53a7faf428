//! What every other module may know: identifiers, positions, roles, publications, limits, the two clocks.
//!
//! Nothing here imports another module of the crate, opens a file, reads the environment or knows a socket.

pub mod body;
pub mod channel;
pub mod clock;
pub mod drain;
pub mod hook;
pub mod ids;
pub mod limits;
pub mod login;
pub mod metrics;
pub mod position;
pub mod publication;
pub mod role;
pub mod urgent;

pub use body::{Body, BodyError, Kind, Language, ReceiptBy};
pub use channel::{Channel, ChannelError};
pub use clock::{Clock, MachineTime, SchoolTime};
pub use hook::HookKind;
pub use ids::{AccountId, ClassId, IdError, ItemId, MessageId, OrgId, SessionId};
pub use login::LoginHash;
pub use position::{Epoch, Offset, Position, ReplayFrom, ResetWhy};
pub use publication::{NewPublication, Publication, Replacement, Unseen};
pub use role::{Audience, Role};
pub use urgent::{Reason, ReasonError, Urgent};
