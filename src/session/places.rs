//! Where a shard's sessions rest: by the index of their slot, in pages, so that a table that grows copies nothing and holds
//! at most a page more than it needs. It never shrinks: its size is that of the most connections there ever were at once.

use super::machine::Session;
use crate::hub::Slot;

/// Sessions in a page.
pub(super) const PLACES_PER_PAGE: usize = 256;

type Page = Box<[Option<(Slot, Session)>]>;

/// Sessions by slot.
#[derive(Debug, Default)]
pub(super) struct Places {
    pages: Vec<Page>,
}

impl Places {
    /// Puts a session at its slot, in the place of whoever was there before.
    pub(super) fn put(&mut self, slot: Slot, session: Session) {
        let (page, index) = place(slot.index);
        while self.pages.len() <= page {
            self.pages.push((0..PLACES_PER_PAGE).map(|_| None).collect());
        }
        self.pages[page][index] = Some((slot, session));
    }

    /// The session of a slot; none once the slot has another generation.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Session> {
        let (owner, session) = self.entry(slot.index)?.as_mut()?;
        (*owner == slot).then_some(session)
    }

    /// The session at an index, whatever its generation.
    pub(super) fn at(&self, index: u32) -> Option<&(Slot, Session)> {
        let (page, index) = place(index);
        self.pages.get(page)?.get(index)?.as_ref()
    }

    /// How many indexes there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.pages.len() * PLACES_PER_PAGE).unwrap_or(u32::MAX)
    }

    /// Takes a session out.
    pub(super) fn take(&mut self, slot: Slot) -> Option<Session> {
        let taken = self.entry(slot.index)?.take_if(|(owner, _)| *owner == slot);
        taken.map(|(_, session)| session)
    }

    /// All sessions.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Slot, Session)> {
        self.pages.iter().flatten().flatten()
    }

    fn entry(&mut self, index: u32) -> Option<&mut Option<(Slot, Session)>> {
        let (page, index) = place(index);
        self.pages.get_mut(page)?.get_mut(index)
    }
}

/// The page of an index, and the place in it.
fn place(index: u32) -> (usize, usize) {
    (index as usize / PLACES_PER_PAGE, index as usize % PLACES_PER_PAGE)
}
