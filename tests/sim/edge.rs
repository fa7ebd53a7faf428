//! What the hub does with the gate: asks it, takes seats, renews leases, gives seats back, and ends connections.
//!
//! As edge, sessions and application do it, without sockets. Each step belongs to one visit.

use preau::admission::{Decision, Leaving, Permit, Renewal, Request, Waiting};
use preau::base::{MachineTime, Role, SessionId, limits};

use crate::queue::Event;
use crate::sight::{Answer, Asked, Shown, Sight, Who};
use crate::visit::{Manners, State};
use crate::world::World;

/// How often a line is lost, and how often nobody notices at once.
const LINE_LASTS_MS: f64 = 6_000_000.0;
const UNNOTICED: f64 = 0.1;
/// When the hub notices that a heartbeat is missing.
const HEARTBEAT_MS: u64 = 45_000;
impl World {
    /// Whose visit it is.
    pub(crate) fn who(&self, visit: usize) -> Who {
        let place = self.visits[visit].person;
        let person = &self.region.people[place];
        let is_live = person.class.is_some_and(|class| self.gate.is_live(&self.region.classes[class]));
        Who { visit, person: place, role: person.role, school: person.school, is_live }
    }

    pub(crate) fn ask(&mut self, visit: usize) {
        self.wake();
        let now = self.clock.machine();
        let since = match self.visits[visit].state {
            State::Asking { since } => since,
            _ => now,
        };
        self.turn_to(visit, State::Asking { since });
        let who = self.who(visit);
        let (shown, ticket) = self.shown(visit, now);
        let window = self.windows.window(who.role, who.school, self.clock.school());
        let lost = self.visits[visit].lost;
        let person = &self.region.people[who.person];
        let request = Request {
            account: &person.account,
            role: who.role,
            is_live: who.is_live,
            window,
            session: SessionId(self.next_session),
            resume: lost.filter(|_| self.visits[visit].has_token).map(|(session, _)| session),
            ticket: ticket.as_deref(),
        };
        self.next_session += 1;
        let decision = self.gate.ask(&request, now, self.clock.school());
        let answer = self.answer(who, &decision, ticket.as_deref());
        let lost_at = lost.map(|(_, at)| at);
        self.see(Sight::Asked(Asked { who, shown, since, lost_at, answer }));
        if matches!(shown, Shown::Nothing | Shown::BadTicket) && self.visits[visit].ticket.is_some() {
            // Whoever does not show its ticket begins anew.
            self.turn_to(visit, State::Asking { since: now });
        }
        self.obey(visit, decision);
    }

    /// The ticket that somebody shows.
    fn shown(&mut self, visit: usize, now: MachineTime) -> (Shown, Option<String>) {
        let own = self.visits[visit].ticket.clone();
        let other = self.last_ticket.clone().filter(|(person, _)| *person != self.visits[visit].person);
        // Now and then the unruly behave.
        let manners = if self.chance.is(0.5) { Manners::Patient } else { self.visits[visit].manners };
        match (manners, own, other) {
            (Manners::Forger, Some(mut own), _) => {
                // One character of a true one.
                let place = self.chance.below(own.len());
                let changed = if own.as_bytes()[place] == b'A' { "B" } else { "A" };
                own.replace_range(place..=place, changed);
                (Shown::BadTicket, Some(own))
            }
            (Manners::Forger, None, _) => (Shown::BadTicket, Some(self.chance.text(50))),
            (Manners::Thief, _, Some((_, ticket))) => (Shown::BadTicket, Some(ticket)),
            (Manners::Forgetful, ..) | (_, None, _) => (Shown::Nothing, None),
            (_, own, _) if now < self.visits[visit].not_before => (Shown::EarlyTicket, own),
            (_, own, _) => (Shown::Ticket, own),
        }
    }

    /// The answer as it can be seen, with what of the gate belongs to it.
    fn answer(&mut self, who: Who, decision: &Decision, ticket: Option<&str>) -> Answer {
        self.burden.work.refusals += u32::from(!matches!(decision, Decision::Enter { .. }));
        match decision {
            Decision::Enter { session, .. } => {
                let before = self.stock.entered;
                self.look();
                let index = who.class().index();
                let has_entered = self.stock.entered[index] > before[index];
                let now = self.clock.machine();
                let own = self.sessions.get(&who.person).map_or(&[][..], Vec::as_slice);
                let held = own.iter().filter(|(_, until)| *until > now).count();
                let is_full = held >= self.gate.settings().sessions.of(who.class());
                self.burden.work.admissions += u32::from(has_entered);
                self.burden.work.resumes += u32::from(!has_entered);
                Answer::Enter { session: *session, is_new: has_entered && !is_full, stock: self.stock }
            }
            Decision::Wait(waiting) => {
                let before = self.stock.seatless;
                let for_seats = who.class().is_first().then(|| {
                    self.look();
                    self.stock.seatless[who.class().index()] > before[who.class().index()]
                });
                let is_same = ticket == Some(&waiting.ticket);
                Answer::Wait { ahead: waiting.ahead, retry_ms: waiting.retry_after_ms, is_same, for_seats }
            }
            Decision::Suspended { opens_at } => Answer::Suspended { opens_at: *opens_at },
            Decision::CoolDown { retry_after_ms } => Answer::CoolDown { retry_ms: *retry_after_ms },
            Decision::Closed { retry_after_ms } => Answer::Closed { retry_ms: *retry_after_ms },
        }
    }

    /// Does what the gate said.
    fn obey(&mut self, visit: usize, decision: Decision) {
        match decision {
            Decision::Enter { session, .. } => {
                self.turn_to(visit, State::Entering { session });
                // One in a hundred pages is closed in between, or its network refuses the upgrade.
                let ms = if self.chance.is(0.01) { 35_000 } else { self.chance.between(30, 900) };
                let turn = self.visits[visit].turn;
                self.later(ms, Event::Handshake { visit, turn });
            }
            Decision::Wait(waiting) => self.wait(visit, waiting),
            Decision::Suspended { opens_at } => {
                self.turn_to(visit, State::Away);
                self.visits[visit].lost = None;
                let turn = self.visits[visit].turn;
                if let Some(at) = opens_at.filter(|_| !self.chance.is(0.1)) {
                    let at = self.soon_after(at);
                    self.queue.push(at, Event::Ask { visit, turn });
                    // It stays as long as it had meant to, from then on.
                    let stay_ms = 60_000 + self.chance.until(720_000.0);
                    self.visits[visit].ends = MachineTime(at.0 + stay_ms);
                    self.queue.push(MachineTime(at.0 + stay_ms), Event::Leave { visit });
                } else {
                    // Tries again all the same.
                    let ms = self.chance.between(60_000, 1_800_000);
                    self.ask_later(visit, ms);
                }
            }
            Decision::CoolDown { retry_after_ms } | Decision::Closed { retry_after_ms } => {
                let ms = u64::from(retry_after_ms) + self.chance.between(0, 3_000);
                self.ask_later(visit, ms);
            }
        }
    }

    fn wait(&mut self, visit: usize, waiting: Waiting) {
        let now = self.clock.machine();
        let retry_ms = u64::from(waiting.retry_after_ms);
        let part = match self.visits[visit].manners {
            Manners::Impatient => 0.1 + 0.9 * self.chance.part(),
            _ => 1.0,
        };
        self.last_ticket = Some((self.visits[visit].person, waiting.ticket.clone()));
        self.visits[visit].ticket = Some(waiting.ticket);
        self.visits[visit].not_before = MachineTime(now.0 + retry_ms);
        let ms = crate::chance::whole(retry_ms as f64 * part) + self.chance.between(5, 250);
        self.ask_later(visit, ms);
    }

    pub(crate) fn ask_later(&mut self, visit: usize, ms: u64) {
        let turn = self.visits[visit].turn;
        self.later(ms, Event::Ask { visit, turn });
    }

    pub(crate) fn handshake(&mut self, visit: usize) {
        self.wake();
        let State::Entering { session } = self.visits[visit].state else { return };
        let who = self.who(visit);
        let now = self.clock.machine();
        let account = &self.region.people[who.person].account;
        let Ok(occupied) = self.gate.occupy(session, account, now) else {
            // Too late, or another tab of the account was quicker.
            self.turn_to(visit, State::Away);
            return self.ask_later(visit, 100);
        };
        let lost = self.visits[visit].lost.take();
        self.visits[visit].ticket = None;
        self.visits[visit].lease_until = occupied.lease_until;
        self.turn_to(visit, State::Seated { permit: occupied.permit });
        self.seated.insert(session, visit);
        let own = self.sessions.entry(who.person).or_default();
        own.retain(|(other, until)| *until > now && lost.is_none_or(|(lost, _)| lost != *other));
        own.push((session, MachineTime(u64::MAX)));
        if let Some(class) = self.taught(visit) {
            self.teacher_comes(class);
        }
        let who = self.who(visit);
        if let State::Seated { permit } = &self.visits[visit].state {
            permit.turn(who.is_live);
        }
        self.see(Sight::Seated { who, session, replaces: occupied.replaces });
        if let Some(old) = occupied.replaces {
            self.replaced(old);
        }
        self.plan_seated(visit);
    }

    /// When somebody who has come in renews, and loses the line.
    fn plan_seated(&mut self, visit: usize) {
        let turn = self.visits[visit].turn;
        let early = self.chance.between(20_000, 90_000);
        let at =
            MachineTime(self.visits[visit].lease_until.0.saturating_sub(early)).max(self.clock.machine());
        self.queue.push(at, Event::Renew { visit, turn });
        let ms = self.chance.until(LINE_LASTS_MS);
        self.later(ms, Event::Lose { visit, turn });
    }

    /// A session whose seat another of its account has taken over.
    fn replaced(&mut self, old: SessionId) {
        if let Some(visit) = self.seated.get(&old).copied() {
            self.end(visit, State::Over, Leaving::ForGood);
        } else if let Some((visit, permit)) = self.unnoticed.remove(&old) {
            self.gone(visit, permit, Leaving::ForGood);
        }
    }

    /// Somebody's seat is given back, and what it becomes.
    pub(crate) fn end(&mut self, visit: usize, next: State, how: Leaving) {
        self.wake();
        if let Some(class) = self.taught(visit) {
            self.teacher_goes(class, matches!(next, State::Over));
        }
        if let State::Seated { permit } = self.turn_to(visit, next) {
            self.seated.remove(&permit.session());
            self.gone(visit, permit, how);
        }
    }

    fn gone(&mut self, visit: usize, permit: Permit, how: Leaving) {
        let session = permit.session();
        let who = self.who(visit);
        let now = self.clock.machine();
        let until = if how == Leaving::Lost { now.after(limits::SEAT_GRACE) } else { now };
        let own = self.sessions.get_mut(&who.person).into_iter().flatten();
        own.filter(|(other, _)| *other == session).for_each(|(_, kept)| *kept = until);
        permit.leave(how, now);
        self.see(Sight::Left { who, session, how });
    }

    /// The class that a visit teaches.
    fn taught(&self, visit: usize) -> Option<usize> {
        let person = &self.region.people[self.visits[visit].person];
        person.class.filter(|_| person.role == Role::Teacher)
    }

    pub(crate) fn renew(&mut self, visit: usize) {
        let who = self.who(visit);
        let State::Seated { permit } = &self.visits[visit].state else { return };
        permit.turn(who.is_live);
        let renewal = permit.renew(self.clock.machine());
        let session = permit.session();
        self.see(Sight::Renewed { session, is_kept: renewal != Renewal::Ended });
        let turn = self.visits[visit].turn;
        match renewal {
            Renewal::Kept { until } => {
                self.visits[visit].lease_until = until;
                let early = self.chance.between(20_000, 90_000);
                self.queue.push(MachineTime(until.0 - early), Event::Renew { visit, turn });
            }
            Renewal::Ended => {
                self.queue.push(self.visits[visit].lease_until, Event::LeaseEnds { visit, turn });
            }
        }
    }

    pub(crate) fn lease_ends(&mut self, visit: usize) {
        self.end(visit, State::Away, Leaving::ForGood);
        let (low, high) = self.gate.return_window(self.clock.machine());
        let ms = self.chance.between(low.into(), high.into());
        self.ask_later(visit, ms);
    }

    pub(crate) fn lose(&mut self, visit: usize) {
        let Some(session) = self.visits[visit].session() else { return };
        let now = self.clock.machine();
        if self.chance.is(UNNOTICED) {
            if let Some(class) = self.taught(visit) {
                self.teacher_goes(class, false);
            }
            if let State::Seated { permit } = self.turn_to(visit, State::Away) {
                self.seated.remove(&session);
                self.unnoticed.insert(session, (visit, permit));
                self.later(HEARTBEAT_MS, Event::Notice { session: session.0 });
            }
        } else {
            self.end(visit, State::Away, Leaving::Lost);
        }
        self.visits[visit].lost = Some((session, now));
        self.visits[visit].has_token = self.chance.is(0.8);
        let ms = if self.chance.is(0.9) {
            self.chance.between(300, 20_000)
        } else {
            self.chance.between(40_000, 150_000)
        };
        self.ask_later(visit, ms);
    }

    pub(crate) fn notice(&mut self, session: SessionId) {
        if let Some((visit, permit)) = self.unnoticed.remove(&session) {
            self.gone(visit, permit, Leaving::Lost);
        }
    }

    pub(crate) fn leave(&mut self, visit: usize) {
        if self.clock.machine() < self.visits[visit].ends {
            return;
        }
        if let State::Seated { .. } = self.visits[visit].state {
            self.end(visit, State::Over, Leaving::ForGood);
        } else {
            let who = self.who(visit);
            self.turn_to(visit, State::Over);
            self.see(Sight::GaveUp { who });
        }
    }

    /// Plans the end of all whose window has closed.
    pub(crate) fn suspend_all(&mut self, is_closed: &[bool]) {
        let over_ms = self.gate.suspension_ms().into();
        let mut seated: Vec<usize> = self.seated.values().copied().collect();
        seated.sort_unstable();
        for visit in seated {
            let person = &self.region.people[self.visits[visit].person];
            if person.role == Role::Guardian && is_closed[person.school] && !self.visits[visit].is_ending {
                self.visits[visit].is_ending = true;
                let ms = self.chance.between(0, over_ms);
                let turn = self.visits[visit].turn;
                self.later(ms, Event::Suspend { visit, turn });
            }
        }
    }

    pub(crate) fn suspend(&mut self, visit: usize) {
        self.end(visit, State::Away, Leaving::ForGood);
        // Some do not believe it.
        if self.chance.is(0.3) {
            self.ask_later(visit, 2_000);
        }
    }

    /// The process has ended: nobody is in, and everybody comes back.
    pub(crate) fn crash(&mut self) {
        let mut seated: Vec<usize> = self.seated.values().copied().collect();
        seated.extend(self.unnoticed.values().map(|(visit, _)| *visit));
        seated.sort_unstable();
        self.unnoticed.clear();
        self.seated.clear();
        self.sessions.clear();
        for visit in seated {
            // A permit of the gate that is gone goes with it.
            drop(self.turn_to(visit, State::Away));
            self.visits[visit].lost = None;
            let ms = self.chance.between(500, 30_000);
            self.ask_later(visit, ms);
        }
        self.burden.work = crate::burden::Work::default();
        self.lessons_return();
    }
}
