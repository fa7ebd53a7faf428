//! What sessions ask of admission: answered for all shards by what stands at the hub's gate.

use std::sync::Arc;
use std::time::Duration;

use super::windows::CivilWindows;
use crate::access::Identity;
use crate::admission::{Candidate, Gate, Window};
use crate::base::{AccountId, ClassId, MachineTime, Role, SchoolTime, SessionId};
use crate::http::windows::{school_of, window_of};
use crate::identity::Resumes;
use crate::report::Books;
use crate::roster::Directory;
use crate::session;

/// Stands between the shards and the gate.
pub(super) struct Reception {
    pub(super) gate: Arc<Gate>,
    pub(super) resumes: Arc<Resumes>,
    pub(super) windows: Arc<CivilWindows>,
    pub(super) directory: Arc<Directory>,
    pub(super) books: Arc<Books>,
}

impl session::Reception for Reception {
    fn return_window_ms(&self, now: MachineTime) -> (u32, u32) {
        self.gate.return_window(now)
    }

    fn resume(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String {
        self.resumes.give(account, session, until)
    }

    fn is_live(&self, class: &ClassId) -> bool {
        self.gate.is_live(class)
    }

    fn evict(&self, max: usize, candidates: &[Candidate], now: MachineTime) -> Vec<SessionId> {
        self.gate.evict(max, candidates, now)
    }

    fn ticket_for_evicted(
        &self,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Option<String> {
        self.gate.ticket_for_evicted(session, account, now).map(|waiting| waiting.ticket)
    }

    fn joined(&self, session: SessionId, who: &Identity) {
        let roster = self.directory.current();
        let school = roster.account(who.account.as_str()).and_then(|account| school_of(&account));
        self.gate.belong(session, school.as_ref());
        self.books.joined(session, who.role, school.as_ref());
    }

    fn left(&self, session: SessionId, lived: Duration) {
        self.books.left(session, lived);
    }

    fn window(&self, who: &Identity, at: SchoolTime) -> Window {
        let roster = self.directory.current();
        let account = roster.account(who.account.as_str());
        let window = account.map_or(Window::Open, |account| window_of(&*self.windows, &account, at));
        match window {
            // The account's own instant, which is a promise.
            Window::Closed { opens_at: Some(opens_at) } if who.role == Role::Guardian => {
                Window::Closed { opens_at: Some(self.gate.opens_at(&who.account, opens_at)) }
            }
            window => window,
        }
    }
}
