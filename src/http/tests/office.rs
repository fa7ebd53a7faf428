//! An office whose journal lies in memory and whose hub writes down what it is told.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::civil::Date;
use serde_json::Value;

use crate::admission::{Gate, Request, Settings, Snapshot, Standing, Trial};
use crate::base::{AccountId, MachineTime, OrgId, Role, SchoolTime};
use crate::calendar::{Calendar, Override};
use crate::http::operations::{
    Archive, CalendarRefused, EndpointView, Entry, Journal, JournalError, NewEntry, Operate, Swept, Vitals,
};
use crate::report::Day;
use crate::roster::Decision;
use crate::session::News;

/// A journal in memory, which may fail.
#[derive(Clone, Default)]
pub(super) struct Notebook {
    pub(super) entries: Arc<Mutex<Vec<Entry>>>,
    pub(super) fails: Arc<AtomicBool>,
}

impl Notebook {
    /// What every entry says, the oldest first: what, outcome, code.
    pub(super) fn told(&self) -> Vec<(String, String, Option<String>)> {
        let entries = self.entries.lock().unwrap();
        let told = entries.iter().map(|Entry { entry, .. }| {
            let outcome = serde_json::to_value(entry.outcome).unwrap();
            (entry.what.clone(), outcome.as_str().unwrap().to_owned(), entry.code.clone())
        });
        told.collect()
    }

    /// What was decided last, by setting.
    pub(super) fn settings(&self) -> Vec<(String, Value)> {
        let entries = self.entries.lock().unwrap();
        let set =
            entries.iter().filter_map(|Entry { entry, .. }| Some((entry.setting.clone()?, &entry.after)));
        let mut settings: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
        for (name, after) in set {
            settings.remove(&name);
            if !after.is_null() {
                settings.insert(name, after.clone());
            }
        }
        settings.into_iter().collect()
    }
}

impl Journal for Notebook {
    fn append(&self, entry: NewEntry) -> Result<u64, JournalError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(JournalError::Failed);
        }
        let mut entries = self.entries.lock().unwrap();
        let id = entries.len() as u64 + 1;
        entries.push(Entry { id, entry });
        Ok(id)
    }

    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let entries = self.entries.lock().unwrap();
        let older = entries.iter().rev().filter(|entry| before.is_none_or(|before| entry.id < before));
        Ok(older.take(limit).cloned().collect())
    }
}

/// No day is over.
pub(super) struct Empty;

impl Archive for Empty {
    fn between(&self, _: Date, _: Date) -> io::Result<Vec<Day>> {
        Ok(Vec::new())
    }
}

/// A hub with a real gate, and what it was told.
#[derive(Clone)]
pub(super) struct ScriptedHub {
    pub(super) gate: Arc<Gate>,
    pub(super) told: Arc<Mutex<Vec<News>>>,
    pub(super) decided: Arc<Mutex<Vec<Decision>>>,
    pub(super) overrides: Arc<Mutex<Vec<Override>>>,
    pub(super) is_ended: Arc<AtomicBool>,
    /// The calendar in force.
    pub(super) rules: Arc<Mutex<Calendar>>,
    /// What is found where its files lie.
    pub(super) files: Arc<Mutex<Result<Calendar, CalendarRefused>>>,
    /// The endpoints of webhooks, and which are called again.
    pub(super) endpoints: Arc<Mutex<Vec<EndpointView>>>,
    pub(super) resumed: Arc<Mutex<Vec<String>>>,
    /// What was measured, told once.
    pub(super) vitals: Arc<Mutex<Option<Vitals>>>,
}

impl ScriptedHub {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self {
            gate,
            told: Arc::default(),
            decided: Arc::default(),
            overrides: Arc::default(),
            is_ended: Arc::default(),
            rules: Arc::new(Mutex::new(Calendar::none())),
            files: Arc::new(Mutex::new(Err(CalendarRefused::NoFiles))),
            endpoints: Arc::default(),
            resumed: Arc::default(),
            vitals: Arc::default(),
        }
    }
}

impl Operate for ScriptedHub {
    fn snapshot(&self, now: MachineTime) -> Snapshot {
        let group = |school: Option<&OrgId>| school.map_or("other", |_| "nord");
        Snapshot { groups: self.gate.groups(group, &[]), ..self.gate.snapshot(now) }
    }

    fn standing(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Standing {
        self.gate.standing(request, now, school)
    }

    fn vitals(&self) -> Option<Vitals> {
        self.vitals.lock().unwrap().take()
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
        *self.overrides.lock().unwrap() = overrides.to_vec();
    }

    fn calendar(&self) -> Arc<Calendar> {
        Arc::new(self.rules.lock().unwrap().clone())
    }

    fn read_calendar(&self) -> Result<Calendar, CalendarRefused> {
        self.files.lock().unwrap().clone()
    }

    fn put_calendar(&self, calendar: Calendar) {
        *self.rules.lock().unwrap() = calendar;
    }

    fn decide(&self, decision: Decision) {
        self.decided.lock().unwrap().push(decision);
    }

    fn stop_family(&self, student: AccountId, is_stopped: bool, _: SchoolTime) -> Result<(), JournalError> {
        self.decide(if is_stopped { Decision::Stopped(student) } else { Decision::Resumed(student) });
        Ok(())
    }

    fn export(&self, account: &AccountId) -> Result<Value, JournalError> {
        Ok(serde_json::json!({ "account": account }))
    }

    fn erase(&self, _: &AccountId) -> Result<Value, JournalError> {
        Ok(serde_json::json!({ "publications": 3 }))
    }

    fn endpoints(&self) -> Vec<EndpointView> {
        self.endpoints.lock().unwrap().clone()
    }

    fn resume_endpoint(&self, name: &str) {
        self.resumed.lock().unwrap().push(name.to_owned());
    }

    fn swept(&self) -> Option<Swept> {
        None
    }

    fn tell(&self, news: News) {
        self.told.lock().unwrap().push(news);
    }

    fn connections(&self, role: Role, school: Option<&OrgId>) -> u32 {
        match (role, school) {
            (Role::Guardian, None) => 7,
            (Role::Guardian, Some(_)) => 3,
            _ => 0,
        }
    }

    fn drain(&self) {
        self.is_ended.store(true, Ordering::SeqCst);
    }
}
