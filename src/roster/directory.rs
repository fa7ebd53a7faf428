//! The roster in force, which a reload replaces as a whole.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::{Changes, Roster};

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
    /// Held while a roster is compared and replaced, so that no change falls between two reloads.
    replacing: Mutex<()>,
}

impl Directory {
    /// Puts a first roster in force.
    pub fn new(roster: Roster) -> Self {
        Self { current: ArcSwap::from_pointee(roster), replacing: Mutex::new(()) }
    }

    /// The roster in force. It stays readable as long as it is held, also when another takes its place.
    pub fn current(&self) -> Arc<Roster> {
        self.current.load_full()
    }

    /// Puts another roster in force and says what that changes. Takes time in proportion to the accounts.
    ///
    /// # Errors
    /// [`Refused::Shrunk`] unless `shrink` allows it.
    pub fn replace(&self, roster: Roster, shrink: Shrink) -> Result<Changes, Refused> {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current();
        if shrink == Shrink::Refused {
            refuse_shrunk(&current, &roster)?;
        }
        let changes = Changes::between(&current, &roster);
        self.current.store(Arc::new(roster));
        Ok(changes)
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
