//! Which teachers follow which of their classes here: admission calls a class live while one of its teachers does.
//!
//! What has begun ends once, on whichever way the teacher leaves; each class of each connection is told in turn.

use std::collections::HashMap;

use super::Reception;
use crate::base::{Channel, ClassId, Role};
use crate::hub::Slot;

/// The classes that connections make live. Few connections do.
#[derive(Debug, Default)]
pub(super) struct Lessons {
    by_teacher: HashMap<Slot, Vec<ClassId>>,
}

impl Lessons {
    /// Somebody with this role follows a channel now.
    pub(super) fn begin(&mut self, slot: Slot, role: Role, channel: &Channel, reception: &dyn Reception) {
        let (Role::Teacher, Channel::Class(class)) = (role, channel) else { return };
        let classes = self.by_teacher.entry(slot).or_default();
        if !classes.contains(class) {
            classes.push(class.clone());
            reception.lesson_begins(class);
        }
    }

    /// A connection follows a channel no more.
    pub(super) fn end(&mut self, slot: Slot, channel: &Channel, reception: &dyn Reception) {
        let Channel::Class(class) = channel else { return };
        let Some(classes) = self.by_teacher.get_mut(&slot) else { return };
        if let Some(place) = classes.iter().position(|held| held == class) {
            classes.swap_remove(place);
            reception.lesson_ends(class);
        }
        if classes.is_empty() {
            self.by_teacher.remove(&slot);
        }
    }

    /// A connection follows nothing more.
    pub(super) fn end_all(&mut self, slot: Slot, reception: &dyn Reception) {
        for class in self.by_teacher.remove(&slot).unwrap_or_default() {
            reception.lesson_ends(&class);
        }
    }
}
