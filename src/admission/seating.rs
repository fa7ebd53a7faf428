//! Who has which seat: reserved for a handshake, taken, or resting after its line was lost.
//!
//! Every seat that somebody has is counted in the stock exactly once. A reservation that will take over another session's seat counts only
//! once that session is gone. An account has at most one reservation.

use std::collections::{BTreeSet, HashMap};

use super::accounts::{AccountKey, Accounts};
use super::schools::{SchoolNumber, Schools};
use super::stock::Stock;
use super::{Class, Leaving};
use crate::base::{MachineTime, OrgId, SessionId, limits};

/// A seat that is taken or rests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// Whose it is.
    pub(super) account: AccountKey,
    /// In which class it counts.
    pub(super) class: Class,
    /// Since when the account sits, in this session or those that it took over from.
    pub(super) since: MachineTime,
    /// Whether its lease was not renewed, so that it ends soon.
    pub(super) is_recalled: bool,
    /// Of which school the account is, as far as that was said.
    pub(super) school: SchoolNumber,
}

#[derive(Debug, Clone, Copy)]
struct Reservation {
    session: SessionId,
    class: Class,
    until: MachineTime,
    /// The session whose seat it takes over, and whose the seat still is.
    inherits: Option<SessionId>,
    /// Since when the account sits or has this seat reserved.
    since: MachineTime,
    is_resume: bool,
}

/// When something ends: a reservation by its account, a rest by its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Reservation(AccountKey),
    Rest(SessionId),
}

/// A seat that another session of the same account takes over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heritage {
    /// Whose it was.
    pub(super) session: SessionId,
    /// The class of who takes it over.
    pub(super) class: Class,
    /// Whether it is a resume, which counts as no new session.
    pub(super) is_resume: bool,
}

/// Somebody sits down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seated {
    /// The session whose seat it took over, which is to be closed.
    pub(super) replaces: Option<SessionId>,
}

/// The seats that somebody has.
#[derive(Debug)]
pub(super) struct Seating {
    pub(super) stock: Stock,
    reserved: HashMap<AccountKey, Reservation>,
    held: HashMap<SessionId, Held>,
    /// Of those, the ones where nobody sits: until when they are kept for a resume.
    resting: HashMap<SessionId, MachineTime>,
    accounts: Accounts,
    endings: BTreeSet<(MachineTime, Ending)>,
    /// Seats whose lease was not renewed.
    recalled: u32,
    /// Taken and resting seats, and those who were sent away, by school.
    pub(super) schools: Schools,
}

impl Seating {
    /// Nobody has a seat.
    pub(super) fn new(stock: Stock) -> Self {
        Self {
            stock,
            reserved: HashMap::new(),
            held: HashMap::new(),
            resting: HashMap::new(),
            accounts: Accounts::default(),
            endings: BTreeSet::new(),
            recalled: 0,
            schools: Schools::default(),
        }
    }

    /// Takes back what has ended.
    pub(super) fn expire(&mut self, now: MachineTime) {
        while let Some((at, ending)) = self.endings.first().copied().filter(|(at, _)| *at <= now) {
            self.endings.remove(&(at, ending));
            match ending {
                Ending::Reservation(account) => {
                    let gone = self.reserved.remove(&account);
                    if let Some(seat) = gone.filter(|reservation| reservation.inherits.is_none()) {
                        self.stock.give_back(seat.class);
                    }
                }
                Ending::Rest(session) => {
                    if let Some(held) = self.remove(session) {
                        self.stock.give_back(held.class);
                    }
                }
            }
        }
    }

    /// The session of an account's unspent reservation. Asking again makes it last no longer, so that nobody keeps a seat
    /// without sitting down.
    pub(super) fn unspent(&self, account: AccountKey) -> Option<SessionId> {
        self.reserved.get(&account).map(|reservation| reservation.session)
    }

    /// The session of this account that somebody comes back to: the one that is named, or the one that rests.
    pub(super) fn returning(&self, account: AccountKey, resume: Option<SessionId>) -> Option<SessionId> {
        let own = self.accounts.sessions(account);
        let named = resume.filter(|resume| own.contains(resume));
        let rests = |session: &SessionId| self.resting.contains_key(session);
        named.or_else(|| own.iter().rev().copied().find(rests))
    }

    /// The session that a further one of this account replaces.
    pub(super) fn replaced(&self, account: AccountKey, sessions_max: usize) -> Option<SessionId> {
        self.accounts.replaced(account, sessions_max)
    }

    /// How long a further session of this account must wait because of the last replacement.
    pub(super) fn cool_down_ms(&self, account: AccountKey, now: MachineTime) -> Option<u32> {
        self.accounts.cool_down_ms(account, now)
    }

    /// Reserves a seat of the stock.
    pub(super) fn reserve(
        &mut self,
        account: AccountKey,
        session: SessionId,
        class: Class,
        now: MachineTime,
    ) {
        self.stock.take(class);
        let reservation =
            Reservation { session, class, until: now, inherits: None, since: now, is_resume: false };
        self.insert(account, reservation, now);
    }

    /// Reserves the seat of another session of the account, which is resumed or will be replaced.
    pub(super) fn inherit(
        &mut self,
        account: AccountKey,
        session: SessionId,
        from: Heritage,
        now: MachineTime,
    ) {
        let Heritage { session: old, class, is_resume } = from;
        let Some(held) = self.held.get(&old).copied() else {
            return self.reserve(account, session, class, now);
        };
        let inherits = (!self.resting.contains_key(&old)).then_some(old);
        let mut reservation =
            Reservation { session, class: held.class, until: now, inherits, since: held.since, is_resume };
        if inherits.is_none() {
            self.remove(old);
            if self.stock.turn(held.class, class) {
                reservation.class = class;
            }
        }
        self.insert(account, reservation, now);
    }

    fn insert(&mut self, account: AccountKey, reservation: Reservation, now: MachineTime) {
        let until = now.after(limits::SEAT_TTL);
        self.reserved.insert(account, Reservation { until, ..reservation });
        self.endings.insert((until, Ending::Reservation(account)));
    }

    /// Somebody takes a reserved seat. `None` if none is reserved for this session.
    pub(super) fn sit(
        &mut self,
        account: AccountKey,
        session: SessionId,
        sessions_max: impl Fn(Class) -> usize,
        now: MachineTime,
    ) -> Option<Seated> {
        let reservation = self.reserved.get(&account).copied().filter(|own| own.session == session)?;
        self.reserved.remove(&account);
        self.endings.remove(&(reservation.until, Ending::Reservation(account)));
        let mut replaces = reservation.inherits;
        if replaces.is_none() {
            // Others of its sessions may have come since the seat was reserved.
            replaces = self.accounts.replaced(account, sessions_max(reservation.class));
            if let Some(held) = replaces.and_then(|old| self.held.get(&old)) {
                self.stock.give_back(held.class);
            }
        }
        let Reservation { class, since, is_resume, .. } = reservation;
        self.accounts.add(account, session);
        if replaces.is_some() && !is_resume {
            self.accounts.note_replaced(account, now);
        }
        let school = SchoolNumber::default();
        self.schools.add(school, class);
        self.held.insert(session, Held { account, class, since, is_recalled: false, school });
        if let Some(old) = replaces {
            self.remove(old);
        }
        Some(Seated { replaces })
    }

    /// Somebody leaves.
    pub(super) fn leave(&mut self, session: SessionId, how: Leaving, now: MachineTime) {
        if self.resting.contains_key(&session) {
            return;
        }
        let Some(held) = self.held.get(&session).copied() else { return };
        let heir = self.reserved.get_mut(&held.account).filter(|own| own.inherits == Some(session));
        if let Some(heir) = heir {
            heir.inherits = None;
            heir.class = held.class;
            self.remove(session);
        } else if how == Leaving::Lost && !held.is_recalled {
            let until = now.after(limits::SEAT_GRACE);
            self.endings.insert((until, Ending::Rest(session)));
            self.resting.insert(session, until);
        } else {
            self.remove(session);
            self.stock.give_back(held.class);
        }
    }

    /// Keeps a resting seat for as long again: its account is here, and comes back in a moment.
    pub(super) fn rest_on(&mut self, session: SessionId, now: MachineTime) {
        if let Some(until) = self.resting.get_mut(&session) {
            self.endings.remove(&(*until, Ending::Rest(session)));
            *until = now.after(limits::SEAT_GRACE);
            self.endings.insert((*until, Ending::Rest(session)));
        }
    }

    /// Forgets a seat that is taken or rests, but for the stock's count.
    fn remove(&mut self, session: SessionId) -> Option<Held> {
        let held = self.held.remove(&session)?;
        self.accounts.remove(held.account, session);
        self.schools.remove(held.school, held.class);
        self.recalled -= u32::from(held.is_recalled);
        if let Some(until) = self.resting.remove(&session) {
            self.endings.remove(&(until, Ending::Rest(session)));
        }
        Some(held)
    }

    /// Counts a seat in another class, if no reserve suffers by it.
    pub(super) fn turn(&mut self, session: SessionId, class: Class) {
        if let Some(held) = self.held.get_mut(&session)
            && held.class != class
            && self.stock.turn(held.class, class)
        {
            self.schools.remove(held.school, held.class);
            self.schools.add(held.school, class);
            held.class = class;
        }
    }

    /// Of which school somebody is who sits.
    pub(super) fn belong(&mut self, session: SessionId, school: Option<&OrgId>) {
        if let Some(held) = self.held.get_mut(&session) {
            self.schools.remove(held.school, held.class);
            held.school = self.schools.number(school);
            self.schools.add(held.school, held.class);
        }
    }

    /// Notes that a lease was not renewed.
    pub(super) fn recall(&mut self, session: SessionId) {
        if let Some(held) = self.held.get_mut(&session).filter(|held| !held.is_recalled) {
            held.is_recalled = true;
            self.recalled += 1;
        }
    }

    /// A seat that is taken or rests.
    pub(super) fn held(&self, session: SessionId) -> Option<&Held> {
        self.held.get(&session)
    }

    /// The sessions of an account, oldest first.
    pub(super) fn sessions(&self, account: AccountKey) -> &[SessionId] {
        self.accounts.sessions(account)
    }

    /// Seats whose lease was not renewed, and that somebody still sits on.
    pub(super) fn recalled(&self) -> u32 {
        self.recalled
    }

    /// Seats that are taken or rest.
    pub(super) fn live(&self) -> usize {
        self.held.len()
    }

    /// Seats that are reserved, of one class.
    pub(super) fn reserved(&self, class: Class) -> usize {
        self.reserved.values().filter(|own| own.class == class && own.inherits.is_none()).count()
    }
}
