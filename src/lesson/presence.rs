//! Who of a class's students is there, by what each shard says of its connections. It is no register of attendance.
//!
//! Whoever's last line is lost is still there for a grace; whoever said that it goes is gone at once. Each state has a number, and the last changes are remembered with
//! theirs, so that whoever holds a state is told what changed since. A change tells how somebody stands now: applied to a
//! later state than the one it was asked for, it does no harm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::news::News;
use crate::base::{AccountId, MachineTime, limits};

/// Bits of a state's number that count within a lesson. With them, half a thousand million lessons stay below 2^53, so that
/// JavaScript reads the number exactly.
const STATE_BITS: u32 = 24;

/// Who is there.
#[derive(Debug)]
pub(super) struct Present {
    by_shard: Vec<OnShard>,
    here: BTreeMap<AccountId, Here>,
    version: u64,
    /// The state before the first of the changes that are remembered.
    oldest: u64,
    changes: VecDeque<(u64, AccountId)>,
    /// Since when no teacher is there; none while one is.
    teacherless: Option<MachineTime>,
}

#[derive(Debug, Clone, Default)]
struct OnShard {
    students: BTreeSet<AccountId>,
    teachers: u32,
}

/// A student who is there.
#[derive(Debug)]
struct Here {
    /// On how many shards.
    shards: usize,
    /// When it left the last one.
    left: MachineTime,
    /// Whether it has said that it goes.
    goes: bool,
}

/// What changed since a state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The number of the state that it leads to.
    pub(super) version: u64,
    /// The state that it begins at; none if it is the whole.
    pub(super) since: Option<u64>,
    /// Who is there.
    pub(super) here: Vec<AccountId>,
    /// Who is not.
    pub(super) gone: Vec<AccountId>,
}

impl Present {
    /// Nobody, when a lesson begins. Its states' numbers begin with the lesson's own, so that those of an earlier lesson of the
    /// class are not mistaken for this one's.
    pub(super) fn new(lesson: u64, shards: usize, now: MachineTime) -> Self {
        let first = lesson << STATE_BITS;
        Self {
            by_shard: vec![OnShard::default(); shards],
            here: BTreeMap::new(),
            version: first,
            oldest: first,
            changes: VecDeque::new(),
            teacherless: Some(now),
        }
    }

    /// How many students are there.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.here.len()).unwrap_or(u32::MAX)
    }

    /// Whether a student is.
    pub(super) fn is_here(&self, who: &AccountId) -> bool {
        self.here.contains_key(who)
    }

    /// Since when no teacher is there.
    pub(super) fn teacherless(&self) -> Option<MachineTime> {
        self.teacherless
    }

    /// A teacher did something, and so was there.
    pub(super) fn taught(&mut self, now: MachineTime) {
        self.teacherless = self.teacherless.map(|since| since.max(now));
    }

    /// A student says that it goes; its shard has not said so yet.
    pub(super) fn goes(&mut self, who: &AccountId) {
        if let Some(here) = self.here.get_mut(who) {
            here.goes = true;
        }
    }

    /// What a shard says: all students there who follow the class, and how many teachers. More students than are remembered
    /// one by one are not counted. Who is gone at once by that.
    pub(super) fn on_shard(
        &mut self,
        shard: usize,
        students: &[AccountId],
        teachers: u32,
        now: MachineTime,
        news: &mut News,
    ) -> Vec<AccountId> {
        let Some(place) = self.by_shard.get_mut(shard) else { return Vec::new() };
        place.teachers = teachers;
        let now_there: BTreeSet<AccountId> = students.iter().cloned().collect();
        let before = std::mem::take(&mut place.students);
        let left: Vec<_> = before.difference(&now_there).cloned().collect();
        let came: Vec<_> = now_there.difference(&before).cloned().collect();
        let mut kept = now_there;
        for account in came {
            if !self.comes(&account, news) {
                kept.remove(&account);
            }
        }
        let gone = self.leave(left, now, news);
        // Who is still there went with one of several lines.
        for account in &kept {
            self.here.get_mut(account).into_iter().for_each(|here| here.goes = false);
        }
        if let Some(place) = self.by_shard.get_mut(shard) {
            place.students = kept;
        }
        let is_taught = self.by_shard.iter().any(|place| place.teachers > 0);
        self.teacherless = if is_taught { None } else { self.teacherless.or(Some(now)) };
        gone
    }

    /// Those go who have been away for longer than the grace.
    pub(super) fn sink(&mut self, now: MachineTime, news: &mut News) {
        let is_gone = |here: &Here| here.shards == 0 && now.since(here.left) >= limits::PRESENCE_GRACE;
        let gone: Vec<_> =
            self.here.iter().filter(|(_, here)| is_gone(here)).map(|(who, _)| who.clone()).collect();
        for account in gone {
            self.here.remove(&account);
            self.changed(account, news);
        }
    }

    /// What changed since a state; the whole if none is given or it is not known any more. `None` if nothing did.
    pub(super) fn since(&self, since: Option<u64>) -> Option<Difference> {
        let version = self.version;
        let Some(since) = since.filter(|since| (self.oldest..=version).contains(since)) else {
            let here = self.here.keys().cloned().collect();
            return Some(Difference { version, since: None, here, gone: Vec::new() });
        };
        if since == version {
            return None;
        }
        let changed: BTreeSet<_> =
            self.changes.iter().filter(|(version, _)| *version > since).map(|(_, account)| account).collect();
        let (here, gone) = changed.into_iter().cloned().partition(|account| self.is_here(account));
        Some(Difference { version, since: Some(since), here, gone })
    }

    /// Some are on one shard less. Who is gone by that.
    fn leave(&mut self, left: Vec<AccountId>, now: MachineTime, news: &mut News) -> Vec<AccountId> {
        let mut gone = Vec::new();
        for account in left {
            let Some(here) = self.here.get_mut(&account) else { continue };
            here.shards -= 1;
            here.left = now;
            if here.shards == 0 && here.goes {
                self.here.remove(&account);
                self.changed(account.clone(), news);
                gone.push(account);
            } else {
                here.goes = false;
            }
        }
        gone
    }

    /// A student is on one shard more. Whether it is counted.
    fn comes(&mut self, account: &AccountId, news: &mut News) -> bool {
        if let Some(here) = self.here.get_mut(account) {
            here.shards += 1;
            return true;
        }
        if self.here.len() >= limits::LESSON_PEOPLE_MAX {
            return false;
        }
        self.here.insert(account.clone(), Here { shards: 1, left: MachineTime::default(), goes: false });
        self.changed(account.clone(), news);
        true
    }

    fn changed(&mut self, account: AccountId, news: &mut News) {
        self.version += 1;
        if self.changes.len() >= limits::PRESENCE_CHANGES_MAX
            && let Some((version, _)) = self.changes.pop_front()
        {
            self.oldest = version;
        }
        self.changes.push_back((self.version, account));
        news.presence = true;
        news.pulse = true;
    }
}
