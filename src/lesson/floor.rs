//! Who may speak in a lesson: its rules, its mutes, and when each student last spoke.
//!
//! Teachers are bound by none of it. Whoever is muted says nothing, and may still raise a hand, vote and find a question worth
//! asking. When all are muted, one student may be let speak again.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::news::News;
use super::outcome::{Refused, Speech};
use crate::base::body::{Mode, Rules};
use crate::base::{AccountId, Kind, MachineTime, MessageId, SchoolTime, limits};
use crate::protocol::ErrorCode;

/// Who may speak.
#[derive(Debug, Default)]
pub(super) struct Floor {
    rules: Rules,
    all_muted: bool,
    muted: BTreeSet<AccountId>,
    /// Who may speak although all are muted.
    exempt: BTreeSet<AccountId>,
    spoke: HashMap<AccountId, Spoke>,
}

/// What a student said last.
#[derive(Debug)]
struct Spoke {
    message_id: MessageId,
    speech: Speech,
    at: MachineTime,
    school: SchoolTime,
}

impl Floor {
    /// The rules.
    pub(super) fn rules(&self) -> Rules {
        self.rules
    }

    /// Other rules hold.
    pub(super) fn rule(&mut self, rules: Rules, news: &mut News) {
        self.rules = rules;
        news.state = true;
        // Slow mode may let everybody speak at another time.
        news.everybody();
    }

    /// Whether all are muted.
    pub(super) fn all_muted(&self) -> bool {
        self.all_muted
    }

    /// Who is muted alone.
    pub(super) fn muted(&self) -> impl Iterator<Item = &AccountId> {
        self.muted.iter()
    }

    /// Whether a student may say nothing.
    pub(super) fn is_muted(&self, who: &AccountId) -> bool {
        self.muted.contains(who) || self.all_muted && !self.exempt.contains(who)
    }

    /// Whether one more can be muted alone.
    pub(super) fn has_room(&self) -> bool {
        self.muted.len() < limits::LESSON_PEOPLE_MAX
    }

    /// Somebody is muted; all, if nobody is named.
    pub(super) fn mute(&mut self, account: Option<AccountId>, news: &mut News) {
        news.state = true;
        let Some(account) = account else {
            news.everybody();
            self.all_muted = true;
            self.exempt.clear();
            return;
        };
        news.mine(&account);
        self.exempt.remove(&account);
        if self.has_room() {
            self.muted.insert(account);
        }
    }

    /// Somebody may speak again; all, if nobody is named.
    pub(super) fn unmute(&mut self, account: Option<AccountId>, news: &mut News) {
        news.state = true;
        let Some(account) = account else {
            news.everybody();
            self.all_muted = false;
            self.muted.clear();
            self.exempt.clear();
            return;
        };
        news.mine(&account);
        self.muted.remove(&account);
        if self.all_muted && self.exempt.len() < limits::LESSON_PEOPLE_MAX {
            self.exempt.insert(account);
        }
    }

    /// When a student may speak again, in slow mode.
    pub(super) fn speak_at(&self, who: &AccountId) -> Option<SchoolTime> {
        let spoke = self.spoke.get(who).filter(|_| self.rules.slow_s > 0)?;
        Some(SchoolTime(spoke.school.0.saturating_add(i64::from(self.rules.slow_s) * 1_000)))
    }

    /// How a student might say the same before: its answer was lost, or the hub was busy. Whether it is stored already, the
    /// store knows.
    pub(super) fn again(&self, who: &AccountId, message_id: &MessageId) -> Option<Speech> {
        self.spoke.get(who).filter(|last| last.message_id == *message_id).map(|last| last.speech)
    }

    /// Whether a student may say something now, and how.
    pub(super) fn may(&self, who: &AccountId, kind: Kind, now: MachineTime) -> Result<Speech, Refused> {
        if self.is_muted(who) {
            return Err(Refused::with(ErrorCode::Muted));
        }
        let allowed = match self.rules.mode {
            Mode::Open => true,
            Mode::Questions => kind == Kind::Question,
            Mode::Teacher => false,
        };
        if !allowed {
            return Err(Refused::with(ErrorCode::ModeForbids));
        }
        let slow = Duration::from_secs(self.rules.slow_s.into());
        let last = self.spoke.get(who);
        let rest = last.map_or(Duration::ZERO, |last| slow.saturating_sub(now.since(last.at)));
        if !rest.is_zero() {
            return Err(Refused::until(ErrorCode::SlowMode, rest));
        }
        if last.is_none() && self.spoke.len() >= limits::LESSON_PEOPLE_MAX {
            return Err(Refused::with(ErrorCode::Busy));
        }
        Ok(if self.rules.moderated { Speech::Held } else { Speech::Said })
    }

    /// A student says something that it may.
    pub(super) fn note(
        &mut self,
        who: &AccountId,
        (message_id, speech): (&MessageId, Speech),
        (at, school): (MachineTime, SchoolTime),
        news: &mut News,
    ) {
        self.spoke.insert(who.clone(), Spoke { message_id: message_id.clone(), speech, at, school });
        if self.rules.slow_s > 0 {
            news.mine(who);
        }
    }
}
