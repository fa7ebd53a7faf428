//! Who may send, edit, withdraw and look at items. Every right is one on a channel, as `access` has it.

use crate::access::{self, Identity, NotAllowed, Publish};
use crate::base::body::Announcement;
use crate::base::{
    Audience, Body, BodyError, Channel, MachineTime, MessageId, Reason, Role, SchoolTime, Urgent,
};
use crate::ledger::Item;
use crate::roster::Roster;

use super::ItemError;

/// Whether somebody may publish something in each of these places.
///
/// # Errors
/// [`NotAllowed`], for all of them.
pub(super) fn may_publish(
    roster: &Roster,
    who: &Identity,
    (places, body): (&[Channel], &Body),
    why: Option<&Reason>,
) -> Result<(), NotAllowed> {
    // Neither the name nor the times are the rules' concern.
    let name = MessageId::parse("asked").map_err(|_| NotAllowed)?;
    for place in places {
        let urgent = why.map(|why| Urgent { reason: why.clone(), at: MachineTime(0) });
        let publish =
            Publish::by(who, place.clone(), name.clone(), None, body.clone(), SchoolTime(0)).urgent(urgent);
        access::may(roster, who, publish)?;
    }
    Ok(())
}

/// Whether somebody may withdraw an item, or look at it as those see it who sent it: its author, and staff who may announce
/// wherever it was sent.
///
/// # Errors
/// [`ItemError::NotAllowed`].
pub(super) fn may_oversee(roster: &Roster, who: &Identity, item: &Item) -> Result<(), ItemError> {
    let is_known = roster.account(who.account.as_str()).is_some_and(|account| account.role() == who.role);
    if is_known && who.account == item.author {
        return Ok(());
    }
    if !matches!(who.role, Role::Staff | Role::Operator) {
        return Err(NotAllowed.into());
    }
    Ok(may_publish(roster, who, (&item.places, &any_announcement()?), None)?)
}

/// Who an item is for, if its sender names no roles, and besides those: an author sees what it sends.
pub(super) fn audience(who: &Identity, named: Option<Audience>) -> Audience {
    named.unwrap_or(Audience::EVERYONE).with(who.role)
}

fn any_announcement() -> Result<Body, BodyError> {
    Body::of(&Announcement::new("?", "?"))
}
