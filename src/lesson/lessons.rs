//! All lessons of the hub, shared by its shards.
//!
//! A class is locked while one thing is done to it, and nothing else is locked meanwhile.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;

use super::act::{self, Asked};
use super::live::{Live, Then};
use super::news::News;
use super::outcome::{Act, Changed, Refused, Speech, Turn};
use super::reactions::Reacted;
use super::room::Room;
use crate::access::Identity;
use crate::base::{
    AccountId, Channel, ClassId, Kind, MachineTime, MessageId, Publication, Role, SchoolTime, limits,
};
use crate::protocol::lesson::{LessonState, Mine, Presence, Pulse};
use crate::protocol::{Deed, ErrorCode, Reaction};

/// All lessons, by class.
#[derive(Debug)]
pub struct Lessons {
    pub(super) rooms: DashMap<ClassId, Room>,
    /// For each shard, the classes of which it has something to tell, each once.
    waiting: Vec<Mutex<Vec<ClassId>>>,
    live: AtomicUsize,
    begun: AtomicU64,
    known_since: MachineTime,
}

impl Lessons {
    /// No lessons, of a hub with so many shards that begins now.
    pub fn new(shards: usize, now: MachineTime) -> Self {
        let waiting = (0..shards).map(|_| Mutex::default()).collect();
        let (live, begun) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { rooms: DashMap::new(), waiting, live, begun, known_since: now }
    }

    /// Takes in what was committed; at recovery too, the oldest first, with the machine time at which it was committed as near
    /// as that is known. Short: it is called where commits are made.
    pub fn committed(&self, publication: &Publication, now: MachineTime) -> Option<Turn> {
        let Channel::Class(class) = &publication.channel else { return None };
        let is_ours = matches!(
            publication.kind,
            Kind::Post | Kind::Question | Kind::Lesson | Kind::Proposal | Kind::Deletion
        );
        if !is_ours {
            return None;
        }
        let then = self.with(class, |live, news| live.fold(publication, now, news));
        match then {
            Some(Then::Goes) => None,
            Some(Then::Ends) => Some(self.end(class)),
            None => self.begin(class, publication, now),
        }
    }

    /// Whether the class has a lesson now.
    pub fn is_live(&self, class: &ClassId) -> bool {
        self.rooms.get(class).is_some_and(|room| room.live.is_some())
    }

    /// How many lessons there are.
    pub fn count(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Whether somebody may say this in a class now, and how. Outside lessons there are posts and no questions. The same
    /// `message_id` again has the same answer: it was perhaps not stored.
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
        let spoken = self.with(class, |live, news| live.speak(who, words, (now, school), news));
        spoken.unwrap_or(if words.0 == Kind::Question {
            Err(Refused::with(ErrorCode::NoLesson))
        } else {
            Ok(Speech::Said)
        })
    }

    /// What a deed comes to. What stands in the log changes the lesson once it is committed; the same `message_id` again has
    /// the same answer.
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
        let asked = Asked { who, message_id, deed, now };
        let act = self.with(class, |live, news| live.act(asked, news));
        act.unwrap_or_else(|| act::without_lesson(asked, self.count() < limits::LESSONS_MAX))
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
        self.with(class, |live, news| live.present(shard, students, teachers, now, news));
    }

    /// A student of a class says that it goes. It is gone once its shard has said so too, and not only after a while.
    pub fn goes(&self, class: &ClassId, who: &AccountId) {
        self.with(class, |live, _| live.present.goes(who));
    }

    /// Takes those of a class for gone who have been away too long.
    pub fn sink(&self, class: &ClassId, now: MachineTime) {
        self.with(class, |live, news| live.sink(now, news));
    }

    /// What is to be told on a shard that it was not told yet.
    pub fn changed(&self, shard: usize) -> Vec<Changed> {
        let classes = self.waiting_for(shard).map(|mut classes| std::mem::take(&mut *classes));
        let mut changed = Vec::new();
        for class in classes.unwrap_or_default() {
            let Some(mut room) = self.rooms.get_mut(&class) else { continue };
            let (news, is_live, is_over) = (room.take(shard), room.live.is_some(), room.is_over());
            drop(room);
            if is_over {
                self.rooms.remove_if(&class, |_, room| room.is_over());
            }
            changed.push(news.of(class, is_live));
        }
        changed
    }

    /// How the class's lesson stands, for a role.
    pub fn state(&self, class: &ClassId, to: Role) -> LessonState {
        let lesson = self.look(class, |live| live.state(to));
        LessonState { channel: Channel::Class(class.clone()), lesson }
    }

    /// How a student itself stands.
    pub fn mine(&self, class: &ClassId, who: &AccountId) -> Mine {
        self.look(class, |live| live.mine(who)).unwrap_or_default()
    }

    /// The reactions that a shard has not told yet; it has now.
    pub fn reacted(&self, class: &ClassId, since: &mut Reacted) -> Vec<(Reaction, u32)> {
        self.look(class, |live| live.reactions.since(since)).unwrap_or_default()
    }

    /// What moves in the class's lesson, for a role: `of` are the students of the class, `reactions` what
    /// [`Self::reacted`] said. `None` without a lesson.
    pub fn pulse(&self, class: &ClassId, to: Role, of: u32, reactions: &[(Reaction, u32)]) -> Option<Pulse> {
        self.look(class, |live| live.pulse(to, of, reactions))
    }

    /// Who is there: what changed since a state, or the whole if none is given or it is too long ago. `None` without a lesson,
    /// or if nothing changed.
    pub fn presence(&self, class: &ClassId, since: Option<u64>) -> Option<Presence> {
        self.look(class, |live| live.presence(since)).flatten()
    }

    /// Takes those for gone who have been away too long, and says which lessons the hub is to end: they have no teacher, or
    /// last too long.
    pub fn overdue(&self, now: MachineTime) -> Vec<ClassId> {
        let classes: Vec<ClassId> = self.rooms.iter().map(|room| room.key().clone()).collect();
        let is_overdue = |class: &ClassId| {
            self.with(class, |live, news| {
                live.sink(now, news);
                live.is_overdue(now)
            })
        };
        classes.into_iter().filter(|class| is_overdue(class).unwrap_or(false)).collect()
    }

    fn begin(&self, class: &ClassId, publication: &Publication, now: MachineTime) -> Option<Turn> {
        if publication.kind != Kind::Lesson || self.count() >= limits::LESSONS_MAX {
            return None;
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let live = Live::begin(publication, number, self.waiting.len(), (now, self.known_since))?;
        self.turn(class, Some(live), &News::of_a_lesson());
        self.live.fetch_add(1, Ordering::Relaxed);
        Some(Turn::Began(class.clone()))
    }

    fn end(&self, class: &ClassId) -> Turn {
        self.turn(class, None, &News::of_an_end());
        self.live.fetch_sub(1, Ordering::Relaxed);
        Turn::Ended(class.clone())
    }

    /// A class has another lesson, or none.
    fn turn(&self, class: &ClassId, live: Option<Live>, news: &News) {
        let mut room = self.rooms.entry(class.clone()).or_insert_with(|| Room::new(self.waiting.len()));
        room.live = live;
        let woken = room.tell(news);
        drop(room);
        self.wake(class, &woken);
    }

    /// Does something to a lesson, and has told what is new. `None` without a lesson.
    fn with<R>(&self, class: &ClassId, f: impl FnOnce(&mut Live, &mut News) -> R) -> Option<R> {
        let mut room = self.rooms.get_mut(class)?;
        let mut news = News::default();
        let result = f(room.live.as_mut()?, &mut news);
        let woken = room.tell(&news);
        drop(room);
        self.wake(class, &woken);
        Some(result)
    }

    fn look<R>(&self, class: &ClassId, f: impl FnOnce(&Live) -> R) -> Option<R> {
        self.rooms.get(class)?.live.as_ref().map(f)
    }

    fn wake(&self, class: &ClassId, shards: &[usize]) {
        for shard in shards {
            if let Some(mut classes) = self.waiting_for(*shard) {
                classes.push(class.clone());
            }
        }
    }

    fn waiting_for(&self, shard: usize) -> Option<MutexGuard<'_, Vec<ClassId>>> {
        let classes = self.waiting.get(shard)?;
        // A list of names is whole even if the thread that held it panicked.
        Some(classes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
