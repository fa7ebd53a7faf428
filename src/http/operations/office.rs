//! The operators' office: what was decided at run time, and the one way to decide something.
//!
//! Every change goes through [`Office::carry_out`]: it is looked at, written into the journal, and only then put in force;
//! what is refused or tried alone is written down as well. One change at a time: whoever decides holds the office's lock
//! until the journal has answered, and that lock is taken before any other. At start the journal's decisions are put in
//! force again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use arc_swap::ArcSwapOption;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::act::Act;
use super::journal::{Journal, JournalError, NewEntry, Outcome};
use super::kicks::Kicks;
use super::limits::Wanted;
use super::notice::Notice;
use super::operate::Operate;
use super::report::Archive;
use crate::admission::Settings;
use crate::base::Clock;
use crate::calendar::Override;
use crate::http::edge::Edge;
use crate::http::problem::Problem;
use crate::protocol::ErrorCode;
use crate::session::{Scope, Stops};

/// What the office stands on.
pub struct Instruments {
    /// What can be seen and moved.
    pub operate: Box<dyn Operate>,
    /// Where it is written down.
    pub journal: Box<dyn Journal>,
    /// The days that are over.
    pub archive: Box<dyn Archive>,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Where posting is stopped.
    pub stops: Arc<Stops>,
    /// The schools' time zone.
    pub zone: TimeZone,
}

/// The office.
pub struct Office {
    pub(super) instruments: Instruments,
    /// The limits without any decision of operators.
    pub(super) configured: Settings,
    pub(super) notice: ArcSwapOption<Notice>,
    pub(super) kicks: Kicks,
    decided: Mutex<Decided>,
}

/// What operators have decided and the office alone remembers.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// Limits that differ from the configured ones.
    pub(super) limits: Wanted,
    /// Overrides of windows, by number.
    pub(super) windows: BTreeMap<u32, Override>,
    /// The number of the last override, whether it still holds or not.
    pub(super) last_window: u32,
}

/// What a change comes to.
pub(super) struct Plan<E> {
    /// The setting that is kept, if the change is one to keep.
    pub(super) setting: Option<String>,
    pub(super) before: Value,
    pub(super) after: Value,
    /// What a dry run answers with.
    pub(super) trial: Value,
    /// What is needed to put it in force.
    pub(super) effect: E,
}

/// The answer to a change.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Change {
    /// Its number in the audit log.
    entry: u64,
    /// `done` or `dry_run`.
    outcome: Outcome,
    /// What stood there before.
    #[schema(value_type = Object)]
    before: Value,
    /// What stands there now, or would stand there.
    #[schema(value_type = Object)]
    after: Value,
    /// Whom it concerns, as far as that can be counted.
    #[schema(value_type = Object)]
    trial: Value,
}

impl Office {
    /// Opens the office, and puts in force again what was decided before, by the name of its setting.
    pub fn open(before: Vec<(String, Value)>, instruments: Instruments) -> Self {
        let configured = instruments.operate.settings();
        let office = Self {
            instruments,
            configured,
            notice: ArcSwapOption::default(),
            kicks: Kicks::default(),
            decided: Mutex::default(),
        };
        let mut decided = Decided::default();
        for (name, value) in before {
            if office.restore(&mut decided, &name, value).is_none() {
                tracing::warn!(name, "a decision of an earlier version can't be read and does not hold");
            }
        }
        office.put_windows(&mut decided);
        *office.decided() = decided;
        office
    }

    /// Takes up one earlier decision; `None` if it can't be read.
    fn restore(&self, decided: &mut Decided, name: &str, value: Value) -> Option<()> {
        let (kind, rest) = name.split_once('.').unwrap_or((name, ""));
        match kind {
            "limits" => {
                let wanted = serde_json::from_value(value).ok()?;
                let settings = self.limits_with(&wanted).ok()?;
                self.instruments.operate.change(settings, self.instruments.clock.machine());
                decided.limits = wanted;
            }
            "window" => {
                let number = rest.parse().ok()?;
                decided.windows.insert(number, serde_json::from_value(value).ok()?);
                decided.last_window = decided.last_window.max(number);
            }
            "notice" => self.notice.store(Some(Arc::new(serde_json::from_value(value).ok()?))),
            "kicked" => self.kicks.restore(value)?,
            "posting" => {
                self.instruments.stops.stop(&serde_json::from_value::<Scope>(value).ok()?);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn decided(&self) -> std::sync::MutexGuard<'_, Decided> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same without waiting; `None` while something is being decided.
    pub(super) fn try_decided(&self) -> Option<std::sync::MutexGuard<'_, Decided>> {
        match self.decided.try_lock() {
            Ok(decided) => Some(decided),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The notice to all who come to the door.
    pub(in crate::http) fn notice(&self) -> Option<Arc<Notice>> {
        self.notice.load_full()
    }

    /// Looks at a change, writes down what becomes of it, and puts it in force if it is more than a try.
    pub(super) fn carry_out<E>(
        &self,
        act: Act,
        (what, scope): (&str, String),
        plan: impl FnOnce(&Decided) -> Result<Plan<E>, Problem>,
        apply: impl FnOnce(&mut Decided, E),
    ) -> Result<Change, Problem> {
        let mut decided = self.decided();
        let entry = NewEntry {
            machine_time: self.instruments.clock.machine().0,
            school_time: self.instruments.clock.school().0,
            who: act.who,
            what: what.to_owned(),
            scope,
            why: act.why,
            outcome: Outcome::Refused,
            code: None,
            setting: None,
            before: Value::Null,
            after: Value::Null,
        };
        let plan = match plan(&decided) {
            Ok(plan) => plan,
            Err(problem) => {
                let code = Some(problem.code().as_str().to_owned());
                self.instruments.journal.append(NewEntry { code, ..entry })?;
                return Err(problem);
            }
        };
        let outcome = if act.is_trial { Outcome::DryRun } else { Outcome::Done };
        let Plan { setting, before, after, trial, effect } = plan;
        let setting = setting.filter(|_| !act.is_trial);
        let (before_too, after_too) = (before.clone(), after.clone());
        let entry = NewEntry { outcome, setting, before: before_too, after: after_too, ..entry };
        tracing::info!(who = entry.who, what, scope = entry.scope, ?outcome, "an operator's act");
        let entry = self.instruments.journal.append(entry)?;
        if !act.is_trial {
            apply(&mut decided, effect);
        }
        Ok(Change { entry, outcome, before, after, trial })
    }
}

/// Does an operator's work where it may wait for the disk.
pub(in crate::http) async fn at_office<T: Send + 'static>(
    edge: Arc<Edge>,
    work: impl FnOnce(&Edge, &Office) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(move || work(&edge, &edge.parts.office))
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))?
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        let code = match error {
            JournalError::Busy => ErrorCode::Busy,
            JournalError::Full => ErrorCode::StorageFull,
            JournalError::Failed => ErrorCode::StorageFailed,
        };
        Self::new(code).because(error.to_string())
    }
}
