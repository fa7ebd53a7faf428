//! What operators see and move, joined: the gate, the calendar in force, the shards, who is here, the end of it all.

use std::sync::Arc;

use serde_json::{Value, json};

use super::accounts::Accounts;
use super::calendars::{self, CalendarFiles};
use super::retention::LastSweep;
use super::shards::HubFront;
use super::signs::Signs;
use super::windows::CivilWindows;
use crate::admission::{Gate, Request, Settings, Snapshot, Standing, Trial};
use crate::base::drain::Drain;
use crate::base::{AccountId, Clock, MachineTime, OrgId, Role, SchoolTime};
use crate::calendar::{Calendar, Override};
use crate::http::operations::{
    CalendarRefused, EndpointState, EndpointView, Grouping, JournalError, Operate, SchoolGroups, Swept,
    Vitals,
};
use crate::ledger::{self, Ledger, Rendering, wait};
use crate::outreach::hooks::{Board, EndpointStanding};
use crate::report::Books;
use crate::roster::{Decision, Directory};
use crate::session::News;

/// The parts of a hub that an operator can move.
pub(super) struct Operations {
    pub(super) gate: Arc<Gate>,
    pub(super) calendar: Arc<CivilWindows>,
    pub(super) calendar_files: CalendarFiles,
    pub(super) front: HubFront,
    pub(super) directory: Arc<Directory>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) swept: LastSweep,
    /// Where couriers of webhooks say how their endpoints stand.
    pub(super) board: Arc<Board>,
    pub(super) signs: Arc<Signs>,
    /// What digests and reminders are rendered under.
    pub(super) rendering: Rendering,
    pub(super) books: Arc<Books>,
    pub(super) clock: Arc<dyn Clock>,
    /// Schools that operators see as one.
    pub(super) school_groups: SchoolGroups,
    /// Raised when an operator asks for the end.
    pub(super) end: Drain,
}

impl Operate for Operations {
    fn snapshot(&self, now: MachineTime) -> Snapshot {
        let grouping = Grouping::of(&self.school_groups, &self.directory.current());
        let waiting = self.books.waiting(now).into_iter();
        let waiting: Vec<_> = waiting.map(|(school, by_role)| (school, by_role.total())).collect();
        let groups = self.gate.groups(|school| grouping.group(school), &waiting);
        Snapshot { groups, ..self.gate.snapshot(now) }
    }

    fn standing(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Standing {
        self.gate.standing(request, now, school)
    }

    fn vitals(&self) -> Option<Vitals> {
        self.signs.take(self.front.connections().into_iter().sum::<usize>() as u64)
    }

    fn settings(&self) -> Settings {
        self.gate.settings()
    }

    fn change(&self, settings: Settings, now: MachineTime) {
        self.gate.change(settings, now);
    }

    fn trial(&self, settings: &Settings, now: MachineTime) -> Trial {
        self.gate.trial(settings, now)
    }

    fn override_windows(&self, overrides: &[Override]) {
        self.calendar.decide(overrides);
    }

    fn calendar(&self) -> Arc<Calendar> {
        self.calendar.calendar()
    }

    fn read_calendar(&self) -> Result<Calendar, CalendarRefused> {
        self.calendar_files.read_again()
    }

    fn put_calendar(&self, calendar: Calendar) {
        self.calendar.replace(&calendar);
        calendars::warn(&calendar, self.clock.school());
    }

    fn decide(&self, decision: Decision) {
        let changes = self.directory.decide([decision]);
        self.front.tell(&Arc::new(News::Roster(changes)));
        // What is rendered by the families of before goes out before the answer, and nothing after it.
        self.rendering.wait_out();
    }

    fn stop_family(&self, student: AccountId, is_stopped: bool, now: SchoolTime) -> Result<(), JournalError> {
        let since = is_stopped.then_some(now);
        wait(|answer| self.ledger.put_stop(student.clone(), since, answer))?;
        self.decide(if is_stopped { Decision::Stopped(student) } else { Decision::Resumed(student) });
        Ok(())
    }

    fn export(&self, account: &AccountId) -> Result<Value, JournalError> {
        self.accounts.export(account)
    }

    fn erase(&self, account: &AccountId) -> Result<Value, JournalError> {
        let gone = self.accounts.erase(account)?;
        // Whoever is still in the roster decides anew.
        self.decide(Decision::Resumed(account.clone()));
        Ok(json!(gone))
    }

    fn endpoints(&self) -> Vec<EndpointView> {
        self.board.standings().into_iter().map(view).collect()
    }

    fn resume_endpoint(&self, name: &str) {
        // That there is one was looked at, and none goes while the hub runs.
        self.board.resume(name);
    }

    fn swept(&self) -> Option<Swept> {
        self.swept.load_full().map(|swept| Swept::clone(&swept))
    }

    fn tell(&self, news: News) {
        self.front.tell(&Arc::new(news));
    }

    fn connections(&self, role: Role, school: Option<&OrgId>) -> u32 {
        self.books.connections(role, school)
    }

    fn drain(&self) {
        self.end.raise();
    }
}

fn view(standing: EndpointStanding) -> EndpointView {
    let EndpointStanding { name, state, failures, since, why, next_at, waiting } = standing;
    let state = match state {
        ledger::EndpointState::Active if failures == 0 => EndpointState::Up,
        ledger::EndpointState::Active => EndpointState::Waiting,
        ledger::EndpointState::Parked => EndpointState::Parked,
        ledger::EndpointState::Gone => EndpointState::Gone,
    };
    EndpointView { name, state, failures, since, why, next_at, waiting }
}
