//! Letters about what is urgent: asked for at once, for the guardians whose children it concerns, unless they have stopped just
//! these.
//!
//! They are asked for between the copies and the settling of an item's first version, so that whatever a crash cuts short is
//! asked for again; to one account about one item there is one letter. Later wordings ask for none. Who reads one in the end
//! is looked at again when it is sent.

use std::collections::BTreeSet;

use super::copies;
use crate::base::{AccountId, Channel, Clock, Role, limits};
use crate::ledger::{About, AskError, Item, Ledger, NewLetter, wait};
use crate::roster::{Account, Roster};

/// Asks for the letters about an item, if there are to be any.
///
/// # Errors
/// See [`AskError`]. What was asked for already is found there by the next attempt.
pub(super) fn ask_for(
    item: &Item,
    roster: &Roster,
    ledger: &dyn Ledger,
    clock: &dyn Clock,
) -> Result<(), AskError> {
    if item.is_withdrawn || item.version > 1 {
        return Ok(());
    }
    let readers: Vec<AccountId> = readers_of(roster, item).into_iter().collect();
    for page in readers.chunks(limits::DIGEST_PAGE_MAX) {
        let chosen = wait(|answer| ledger.preferences(page.to_vec(), answer))?;
        let about = |to| NewLetter { to, about: About::Urgent(item.id.clone()) };
        let wanted =
            chosen.into_iter().filter(|chosen| chosen.urgent_mail).map(|chosen| about(chosen.guardian));
        let letters: Vec<NewLetter> = wanted.collect();
        if !letters.is_empty() {
            wait(|answer| ledger.put_letters(letters, clock.machine(), answer))?;
        }
    }
    Ok(())
}

/// The guardians with an address whose children an urgent item concerns, wherever these are reached. Unlike in
/// [`copies::guardians_of`], no bulletin stands for anybody: a letter has one reader.
fn readers_of(roster: &Roster, item: &Item) -> BTreeSet<AccountId> {
    if !item.urgent || !item.audience.includes(Role::Guardian) {
        return BTreeSet::new();
    }
    let mut found = copies::guardians_of(roster, item);
    let is_wide = |place: &&Channel| !matches!(place, Channel::Class(_) | Channel::Level(..));
    let wide: Vec<&Channel> = item.places.iter().filter(is_wide).collect();
    if !wide.is_empty() {
        let students = roster.accounts().filter(|account| account.role() == Role::Student);
        let concerned = students.filter(|student| wide.iter().any(|place| is_of(student, place)));
        concerned.for_each(|student| copies::add_guardians(student, &mut found));
    }
    found.retain(|guardian| roster.account(guardian.as_str()).is_some_and(|one| one.email().is_some()));
    found
}

/// Whether a student is of the school of a place, or anywhere in the region that it is for.
fn is_of(student: &Account<'_>, place: &Channel) -> bool {
    match place {
        Channel::Region | Channel::RegionBulletin => true,
        Channel::School(school) | Channel::Bulletin(school) => student.belongs_to(school.as_str()),
        Channel::Class(_) | Channel::Level(..) | Channel::Account(_) => false,
    }
}
