//! Which class of admission a connection counts in: by its role, and for a student by whether one of its classes is live.

use super::{Reception, Sessions};
use crate::access::Identity;
use crate::admission::Class;
use crate::base::{ClassId, Role};
use crate::hub::{Group, Hub, Slot, SocketSet};
use crate::roster::Roster;

impl Sessions {
    /// Counts a seat in the class where it belongs now, and what waits for its socket: nobody who is in a live class is
    /// taken for a borrower.
    pub(super) fn classify<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        let roster = self.shared.directory.current();
        let reception = self.shared.reception.as_ref();
        let Some(session) = self.places.get_mut(slot) else { return };
        let role = session.identity.role;
        let is_live = role == Role::Student && is_in_live_class(&roster, &session.identity, reception);
        if role == Role::Student {
            session.permit.turn(is_live);
        }
        hub.assign(slot, Group(Class::of(role, is_live) as u8));
    }
}

/// Whether one of somebody's classes is live.
pub(super) fn is_in_live_class(roster: &Roster, who: &Identity, reception: &dyn Reception) -> bool {
    let Some(account) = roster.account(who.account.as_str()) else { return false };
    let mut classes = account.classes().filter_map(|enrolment| ClassId::parse(enrolment.class.id()).ok());
    classes.any(|class| reception.is_live(&class))
}
