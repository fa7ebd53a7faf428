//! Retention: once an hour of school time, what is older than its kind's time is removed, and old entries of the audit
//! log, which is about what really happened and goes by machine time; so are marks, digests, letters and operators' windows
//! whose time is over. Whoever has left the roster is noted, and erased when their time is over. Each round says what it
//! removed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::ToSpan as _;
use tokio::time::MissedTickBehavior;

use super::accounts::{Accounts, Gone};
use super::marks::MarksRetention;
use crate::base::drain::DrainSignal;
use crate::base::{AccountId, Clock, Kind, MachineTime, Reason, SchoolTime, limits};
use crate::broker::{Cut, Trimmed};
use crate::calendar::Override;
use crate::config;
use crate::http::login::Ages;
use crate::http::operations::{JournalError, Swept};
use crate::ledger::{Act, AskError, Deed, Json, Key, LoginsCut, NewEntry, Scope, Setting, wait};

const HOUR_MS: i64 = 3_600_000;

/// What the last round did.
pub(super) type LastSweep = Arc<ArcSwapOption<Swept>>;

/// Removes what is old, and who has left.
pub(super) struct Retention {
    pub(super) kept: config::Retention,
    pub(super) ages: Ages,
    pub(super) accounts: Arc<Accounts>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) swept: LastSweep,
}

impl Retention {
    /// Removes at start and then hourly, until drained. A round that is under way then is ended first.
    pub(super) async fn run(self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::RETENTION_CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (retention, mut last) = (Arc::new(self), None);
        loop {
            tokio::select! {
                () = drain.raised() => return,
                _ = ticks.tick() => {}
            }
            let now = retention.clock.school();
            if !last.is_none_or(|last| is_due(last, now)) {
                continue;
            }
            let round = Arc::clone(&retention);
            // Whether the log was looked through: a broker that is busy is asked again at the next look.
            if tokio::task::spawn_blocking(move || round.sweep(now)).await.unwrap_or(true) {
                last = Some(now);
            }
        }
    }

    /// One round, which waits for the disk. Whether there was time for it.
    fn sweep(&self, now: SchoolTime) -> bool {
        let Accounts { broker, ledger, .. } = &*self.accounts;
        let (answer, answered) = sync_channel(1);
        let tell = Box::new(move |outcome| {
            // There is room for the one answer.
            let _ = answer.send(outcome);
        });
        if broker.trim(cut(self.kept, now), tell).is_err() {
            return false;
        }
        let mut swept = Swept { school_time: now.0, removed: BTreeMap::new(), failed: Vec::new() };
        match answered.recv() {
            Ok(Ok(Trimmed { removed })) => {
                let kinds = Kind::ALL.map(Kind::as_str).into_iter().zip(removed);
                swept.removed.extend(kinds);
            }
            _ => swept.failed.push("publications"),
        }
        // What was sent is gone by then, and so is what was said about it. One slice of each kind.
        let cut = cut(self.kept, now);
        for (kind, what) in [(Kind::Announcement, "announced items"), (Kind::Assignment, "assigned items")] {
            note(&mut swept, what, wait(|answer| ledger.trim_items(kind, cut.of(kind), answer)));
        }
        let kept_ms = u64::from(self.kept.audit_days) * 24 * 3_600_000;
        let before = MachineTime(self.clock.machine().0.saturating_sub(kept_ms));
        // One slice: an hour brings fewer entries than that.
        note(&mut swept, "audit", wait(|answer| ledger.audit_trim(before, answer)));
        let (clock, ledger) = (Arc::clone(&self.clock), Arc::clone(ledger));
        note(&mut swept, "marks", MarksRetention { kept: self.kept, ledger, clock }.trim());
        note(&mut swept, "digests", self.digests(now));
        note(&mut swept, "letters", self.letters());
        note(&mut swept, "logins", self.logins());
        note(&mut swept, "windows", self.windows(now));
        let leavers = self.leavers(now);
        note(&mut swept, "leavers", leavers);
        swept.removed.retain(|_, count| *count > 0);
        if swept.failed.is_empty() {
            tracing::info!(removed = ?swept.removed, "retention has run");
        } else {
            tracing::warn!(removed = ?swept.removed, failed = ?swept.failed, "retention is tried again in an hour");
        }
        self.swept.store(Some(Arc::new(swept)));
        true
    }

    /// Forgets digests' rows that are too old for any digest to look back on; how many.
    fn digests(&self, now: SchoolTime) -> Result<usize, AskError> {
        let today = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
        // A day more: it may be another day where the schools are.
        let before = today.saturating_sub((limits::DIGEST_KEPT_DAYS + 1).days());
        let ledger = &self.accounts.ledger;
        in_slices(limits::DIGESTS_TRIM_SLICE, || wait(|answer| ledger.trim_digests(before, answer)))
    }

    /// Forgets letters that ended long ago; how many.
    fn letters(&self) -> Result<usize, AskError> {
        let kept_ms = u64::try_from(limits::LETTERS_KEPT.as_millis()).unwrap_or(u64::MAX);
        let before = MachineTime(self.clock.machine().0.saturating_sub(kept_ms));
        let ledger = &self.accounts.ledger;
        in_slices(limits::LETTERS_PAGE_MAX, || wait(|answer| ledger.trim_letters(before, answer)))
    }

    /// Forgets log-ins that are over; how many.
    fn logins(&self) -> Result<usize, AskError> {
        let ago = |age: Duration| {
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            MachineTime(self.clock.machine().0.saturating_sub(age_ms))
        };
        let Ages { whole, idle } = self.ages;
        let cut = LoginsCut { ended: ago(limits::LOGIN_ENDED_KEPT), began: ago(whole), seen: ago(idle) };
        let ledger = &self.accounts.ledger;
        in_slices(limits::LOGINS_TRIM_SLICE, || wait(|answer| ledger.trim_logins(cut, answer)))
    }

    /// Removes what operators decided about windows that are over; how many that was. The last decision stays, since the
    /// next one's number follows on it.
    fn windows(&self, now: SchoolTime) -> Result<usize, JournalError> {
        let ledger = &self.accounts.ledger;
        let settings = wait(|answer| ledger.settings(answer))?;
        let mut decided: Vec<(u32, Key, SchoolTime)> = settings.into_iter().filter_map(window).collect();
        decided.sort_unstable_by_key(|(number, ..)| *number);
        decided.pop();
        let mut removed = 0;
        for (_, key, _) in decided.into_iter().filter(|(.., until)| *until <= now) {
            let act = act("hub", "its time is over", (self.clock.machine(), now));
            let (act, over) = act.zip(Deed::parse("over").ok()).ok_or(JournalError::Failed)?;
            wait(|answer| ledger.put_setting(key, None, over, act, answer))?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Notes who is not in the roster any more, and erases who has not been for long; how many that was.
    fn leavers(&self, now: SchoolTime) -> Result<usize, JournalError> {
        let ledger = &self.accounts.ledger;
        let roster = self.accounts.directory.current();
        let is_here = Box::new(move |account: &str| roster.account(account).is_some());
        wait(|answer| ledger.note_leavers(is_here, now, answer))?;
        let before = SchoolTime(now.0.saturating_sub(i64::from(self.kept.leaver_days) * 24 * HOUR_MS));
        let leavers = wait(|answer| ledger.leavers(before, answer))?;
        for account in &leavers {
            let gone = self.accounts.erase(account)?;
            let proof = proof(&gone, self.clock.machine(), now).ok_or(JournalError::Failed)?;
            wait(|answer| ledger.audit_append(proof, answer))?;
        }
        Ok(leavers.len())
    }
}

/// Whether an hour of school time has passed, or the school's clock was set back.
fn is_due(last: SchoolTime, now: SchoolTime) -> bool {
    let interval_ms = i64::try_from(limits::RETENTION_INTERVAL.as_millis()).unwrap_or(i64::MAX);
    now.0 < last.0 || now.0 - last.0 >= interval_ms
}

/// Removes slice by slice, until one is not full; how much that was.
fn in_slices(slice: usize, mut remove: impl FnMut() -> Result<usize, AskError>) -> Result<usize, AskError> {
    let mut sum = 0;
    loop {
        let removed = remove()?;
        sum += removed;
        if removed < slice {
            return Ok(sum);
        }
    }
}

/// Number, key and end of a setting, if it is a decision about a window.
fn window(Setting { key, value }: Setting) -> Option<(u32, Key, SchoolTime)> {
    let number = key.as_str().strip_prefix("window.")?.parse().ok()?;
    let window: Override = value.read().ok()?;
    Some((number, key, window.until))
}

fn note<E>(swept: &mut Swept, what: &'static str, outcome: Result<usize, E>) {
    match outcome.ok() {
        Some(count) => {
            swept.removed.insert(what, count as u64);
        }
        None => swept.failed.push(what),
    }
}

/// The entry that says that somebody was erased, and not who.
fn proof(gone: &Gone, machine_at: MachineTime, school_at: SchoolTime) -> Option<NewEntry> {
    let act = act("account", "it has left the roster", (machine_at, school_at))?;
    Some(NewEntry { act, what: Deed::parse("erase").ok()?, before: None, after: Json::of(gone).ok() })
}

/// An act of the hub's own.
fn act(scope: &str, why: &str, (machine_at, school_at): (MachineTime, SchoolTime)) -> Option<Act> {
    let (scope, why) = (Scope::parse(scope).ok()?, Reason::parse(why).ok()?);
    Some(Act { school_at, machine_at, who: AccountId::hub(), scope, why })
}

fn cut(kept: config::Retention, now: SchoolTime) -> Cut {
    let hours = |kind| match kind {
        // What a lesson consists of goes together.
        Kind::Post | Kind::Question | Kind::Lesson | Kind::Proposal | Kind::Deletion => kept.post_hours,
        Kind::Announcement => kept.announcement_days * 24,
        Kind::Assignment | Kind::Extension => kept.assignment_days * 24,
        // It goes with what it withdraws.
        Kind::Withdrawal => kept.announcement_days.max(kept.assignment_days) * 24,
        Kind::Reminder => kept.reminder_days * 24,
        Kind::Digest => kept.digest_days * 24,
    };
    Cut { before: Kind::ALL.map(|kind| SchoolTime(now.0.saturating_sub(i64::from(hours(kind)) * HOUR_MS))) }
}

#[cfg(test)]
mod tests;
