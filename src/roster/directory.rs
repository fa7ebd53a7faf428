//! The roster in force, which a reload replaces as a whole, and what was decided about its links.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::hidden::{Decided, Decision, Hidden};
use super::{Changes, Roster};
use crate::base::AccountId;

/// A roster has shrunk when this share of what was there is gone, in percent.
const SHRUNK_PERCENT: usize = 90;

/// Whether a roster may replace one that is ten times its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// No: a truncated export must not lock a region out.
    Refused,
    /// Yes: an operator has said so.
    Allowed,
}

/// Why a roster was not put in force. The old one stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nine tenths or more of something are gone.
    #[error("the new roster has {new} {what} where {old} are in force: refused unless shrinking is allowed")]
    Shrunk {
        /// What is counted.
        what: &'static str,
        /// How many are in force.
        old: usize,
        /// How many the new roster has.
        new: usize,
    },
}

/// Holds the roster in force. Readers never wait.
#[derive(Debug)]
pub struct Directory {
    current: ArcSwap<Roster>,
    /// What was decided about links. Held while a roster is compared and replaced, so that no change falls between two
    /// reloads.
    decided: Mutex<Decided>,
}

impl Directory {
    /// Puts a first roster in force.
    pub fn new(roster: Roster) -> Self {
        Self { current: ArcSwap::from_pointee(roster), decided: Mutex::default() }
    }

    /// The roster in force. It stays readable as long as it is held, also when another takes its place.
    pub fn current(&self) -> Arc<Roster> {
        self.current.load_full()
    }

    /// Puts another roster in force and says what that changes. Takes time in proportion to the accounts.
    ///
    /// # Errors
    /// [`Refused::Shrunk`] unless `shrink` allows it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever puts a roster in force has no use for it any more"
    )]
    pub fn replace(&self, roster: Roster, shrink: Shrink) -> Result<Changes, Refused> {
        let decided = self.decided();
        let current = self.current();
        if shrink == Shrink::Refused {
            refuse_shrunk(&current, &roster)?;
        }
        let changes = Changes::between(&current, &roster);
        self.put(&roster, &decided);
        Ok(changes)
    }

    /// Takes up what was decided about links, here and in every roster that comes, and says whom it is about. Takes time
    /// in proportion to the decisions that hold.
    pub fn decide(&self, decisions: impl IntoIterator<Item = Decision>) -> Changes {
        let mut decided = self.decided();
        let concerned = decisions.into_iter().flat_map(|decision| decided.take_up(decision)).collect();
        self.put(&self.current(), &decided);
        Changes::Accounts(concerned)
    }

    /// Whether a link is cut, be it in the roster's source or not.
    pub fn is_cut(&self, guardian: &AccountId, child: &AccountId) -> bool {
        self.decided().is_cut(guardian, child)
    }

    /// Whether a student has asked that the family gets nothing, be it of age or not.
    pub fn is_stopped(&self, student: &AccountId) -> bool {
        self.decided().is_stopped(student)
    }

    fn put(&self, roster: &Roster, decided: &Decided) {
        let hidden = Arc::new(Hidden::of(roster, decided));
        self.current.store(Arc::new(Roster { hidden, ..roster.clone() }));
    }

    fn decided(&self) -> MutexGuard<'_, Decided> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse_shrunk(old: &Roster, new: &Roster) -> Result<(), Refused> {
    let sizes = [
        ("accounts", old.accounts.len(), new.accounts.len()),
        ("enrolments", old.enrolments.len(), new.enrolments.len()),
        ("links", old.children.len(), new.children.len()),
    ];
    for (what, old, new) in sizes {
        if old > 0 && new * 100 <= old * (100 - SHRUNK_PERCENT) {
            return Err(Refused::Shrunk { what, old, new });
        }
    }
    Ok(())
}
