//! Leases: how long a connection may last before it must ask again.

use std::time::Duration;

use super::{Class, Level};
use crate::base::{MachineTime, SessionId, limits};

/// When a lease ends that begins now. Each ends a little differently, so that those who came together do not ask
/// together again; and sooner in a hub that is nearly full, but for teachers and students of live classes.
pub(super) fn until(session: SessionId, class: Class, level: Level, now: MachineTime) -> MachineTime {
    let whole =
        if level >= Level::Severe && class > Class::Live { limits::LEASE_SHORT } else { limits::LEASE };
    let jitter_ms = u64::try_from(limits::LEASE_JITTER.as_millis()).unwrap_or_default().max(1);
    // Session numbers are consecutive, and neighbours must lie apart (SplitMix64's increment).
    let drawn = (session.0 ^ now.0).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> u32::BITS;
    now.after(whole.saturating_sub(Duration::from_millis(drawn % jitter_ms)))
}
