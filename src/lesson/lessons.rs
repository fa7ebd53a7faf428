//! All lessons of the hub, shared by its shards.

use dashmap::DashMap;

use super::outcome::{Act, Changed, Refused, Speech, Turn};
use super::reactions::Reacted;
use crate::access::Identity;
use crate::base::{AccountId, Channel, ClassId, Kind, MachineTime, MessageId, Publication, Role, SchoolTime};
use crate::protocol::lesson::{LessonState, Mine, Presence, Pulse};
use crate::protocol::{Deed, ErrorCode, Reaction};

/// All lessons, by class.
#[derive(Debug)]
pub struct Lessons {
    by_class: DashMap<ClassId, ()>,
    shards: usize,
}

impl Lessons {
    /// No lessons, of a hub with so many shards.
    pub fn new(shards: usize) -> Self {
        Self { by_class: DashMap::new(), shards }
    }

    /// Takes in what was committed; at recovery too, the oldest first, with the machine time at which it was committed as near
    /// as that is known. Short: it is called where commits are made.
    pub fn committed(&self, publication: &Publication, now: MachineTime) -> Option<Turn> {
        let _ = (publication, now);
        None
    }

    /// Whether the class has a lesson now.
    pub fn is_live(&self, class: &ClassId) -> bool {
        self.by_class.contains_key(class)
    }

    /// How many lessons there are.
    pub fn count(&self) -> usize {
        self.by_class.len()
    }

    /// Whether somebody may say this in a class now, and how. The same `message_id` again may, if it might before: it was
    /// perhaps not stored.
    ///
    /// # Errors
    /// What the lesson's rules, or the want of a lesson, do not allow.
    pub fn speak(
        &self,
        class: &ClassId,
        who: &Identity,
        words: (Kind, &MessageId),
        now: MachineTime,
        school: SchoolTime,
    ) -> Result<Speech, Refused> {
        let _ = (class, who, words, now, school);
        Err(Refused::with(ErrorCode::NoLesson))
    }

    /// What a deed comes to. What stands in the log changes the lesson once it is committed.
    ///
    /// # Errors
    /// What the lesson's rules, or the want of a lesson, do not allow.
    pub fn act(
        &self,
        class: &ClassId,
        who: &Identity,
        message_id: Option<&MessageId>,
        deed: &Deed,
        now: MachineTime,
    ) -> Result<Act, Refused> {
        let _ = (class, who, message_id, deed, now);
        Err(Refused::with(ErrorCode::NoLesson))
    }

    /// Who of a class follows it on a shard now: all its students there, and how many teachers. Of a class without a lesson
    /// nothing is kept.
    pub fn present(
        &self,
        class: &ClassId,
        shard: usize,
        students: &[AccountId],
        teachers: u32,
        now: MachineTime,
    ) {
        let _ = (class, shard.min(self.shards), students, teachers, now);
    }

    /// What is to be told on a shard that it was not told yet.
    pub fn changed(&self, shard: usize) -> Vec<Changed> {
        let _ = shard;
        Vec::new()
    }

    /// How the class's lesson stands, for a role.
    pub fn state(&self, class: &ClassId, to: Role) -> LessonState {
        let _ = to;
        LessonState { channel: Channel::Class(class.clone()), lesson: None }
    }

    /// How a student itself stands.
    pub fn mine(&self, class: &ClassId, who: &AccountId) -> Mine {
        let _ = (class, who);
        Mine::default()
    }

    /// The reactions that a shard has not told yet; it has now.
    pub fn reacted(&self, class: &ClassId, since: &mut Reacted) -> Vec<(Reaction, u32)> {
        let _ = (class, since);
        Vec::new()
    }

    /// What moves in the class's lesson, for a role: `of` are the students of the class, `reactions` what
    /// [`Self::reacted`] said. `None` without a lesson.
    pub fn pulse(&self, class: &ClassId, to: Role, of: u32, reactions: &[(Reaction, u32)]) -> Option<Pulse> {
        let _ = (class, to, of, reactions);
        None
    }

    /// Who is there: what changed since a state, or the whole if none is given or it is too long ago. `None` without a lesson,
    /// or if nothing changed.
    pub fn presence(&self, class: &ClassId, since: Option<u64>) -> Option<Presence> {
        let _ = (class, since);
        None
    }

    /// Takes those for gone who have been away too long, and says which lessons the hub is to end: they have no teacher, or
    /// last too long.
    pub fn overdue(&self, now: MachineTime) -> Vec<ClassId> {
        let _ = now;
        Vec::new()
    }
}
