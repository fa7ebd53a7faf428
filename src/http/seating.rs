//! How a seat is spent: it becomes a visitor with a permit, whichever way the connection goes on.
//!
//! Whoever gets the visitor and does not bring it to a shard drops it, which gives the seat back.

use super::edge::Edge;
use super::problem::Problem;
use crate::access::{self, Identity};
use crate::admission::Occupied;
use crate::protocol::ErrorCode;
use crate::roster::Roster;
use crate::session::{Following, Visitor};

/// Spends a seat. `follow` says what the connection follows from the start, or refuses it.
///
/// # Errors
/// The refusal, after which the seat is as good as before.
pub(super) fn sit(
    edge: &Edge,
    seat: Option<&str>,
    follow: impl FnOnce(&Roster, &Identity) -> Result<Option<Following>, Problem>,
) -> Result<Visitor, Problem> {
    if edge.parts.drain.is_raised() {
        return Err(Problem::new(ErrorCode::Draining));
    }
    let missing = || Problem::new(ErrorCode::SeatInvalid).because("the address holds no seat");
    let now = edge.parts.clock.machine();
    let shown = edge.parts.seats.read(seat.ok_or_else(missing)?, now)?;
    let roster = edge.parts.directory.current();
    let identity =
        Identity::of(&roster, &shown.granted().account).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    edge.parts.office.check_kicked(&identity.account, now)?;
    if edge.parts.verifier.has_logged_out_since(&identity.account, shown.given_at()) {
        return Err(Problem::new(ErrorCode::SeatExpired).because("its log-in has ended meanwhile"));
    }
    let following = follow(&roster, &identity)?;
    let home = access::home(&roster, &identity);
    let granted = edge.parts.seats.spend(shown, now)?;
    // A seat whose reservation is over is as good as expired.
    let occupied = edge.parts.gate.occupy(granted.session, &granted.account, now);
    let occupied = occupied.map_err(|_| Problem::new(ErrorCode::SeatExpired))?;
    let Occupied { permit, lease_until, replaces } = occupied;
    if let Some(older) = replaces {
        // Even if the newcomer does not arrive: the seat is no longer the older one's.
        edge.parts.entrance.replace(older);
    }
    let token_expires_at = granted.token_expires_at;
    Ok(Visitor { permit, identity, token_expires_at, lease_until, home, following })
}
