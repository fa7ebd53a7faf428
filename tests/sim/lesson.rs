//! Lessons, as the hub has them: begun by the first of a class's teachers who is there, ended when the last goes home or has been
//! away for too long, and found again in the log after a crash.
//!
//! Whoever sits in the class counts as live from the lesson's first moment to its last.

use preau::base::limits;

use crate::queue::Event;
use crate::visit::State;
use crate::world::World;

/// One that goes on.
#[derive(Debug, Default)]
pub(crate) struct Lesson {
    /// Teachers' sessions that follow the class.
    teachers: u32,
    /// Counts their comings and goings, so that an end that was planned before is void.
    turn: u32,
}

impl World {
    /// A session of a class's teacher follows it.
    pub(crate) fn teacher_comes(&mut self, class: usize) {
        let is_new = !self.lessons.contains_key(&class);
        let lesson = self.lessons.entry(class).or_default();
        lesson.teachers += 1;
        lesson.turn += 1;
        if is_new {
            self.gate.lesson_begins(&self.region.classes[class]);
            self.classify(class);
        }
    }

    /// Such a session follows it no longer. If that was the last, the lesson is over with it, or waits for a teacher.
    pub(crate) fn teacher_goes(&mut self, class: usize, goes_home: bool) {
        let Some(lesson) = self.lessons.get_mut(&class) else { return };
        lesson.teachers = lesson.teachers.saturating_sub(1);
        lesson.turn += 1;
        let turn = lesson.turn;
        if lesson.teachers == 0 {
            let waits = if goes_home { std::time::Duration::ZERO } else { limits::LESSON_WITHOUT_TEACHER };
            self.queue.push(self.clock.machine().after(waits), Event::LessonEnds { class, turn });
        }
    }

    /// A lesson has been without a teacher for long enough, unless one has come since.
    pub(crate) fn lesson_ends(&mut self, class: usize, turn: u32) {
        if self.lessons.get(&class).is_some_and(|lesson| lesson.turn == turn) {
            self.lessons.remove(&class);
            self.gate.lesson_ends(&self.region.classes[class]);
            self.classify(class);
        }
    }

    /// A hub that has just begun finds the lessons that had not ended, each without its teacher for now.
    pub(crate) fn lessons_return(&mut self) {
        let mut classes: Vec<usize> = self.lessons.keys().copied().collect();
        classes.sort_unstable();
        for class in classes {
            self.gate.lesson_begins(&self.region.classes[class]);
            let lesson = self.lessons.entry(class).or_default();
            lesson.teachers = 0;
            lesson.turn += 1;
            let turn = lesson.turn;
            let at = self.clock.machine().after(limits::LESSON_RETURN);
            self.queue.push(at, Event::LessonEnds { class, turn });
        }
    }

    /// The sessions of a class's pupils tell the gate whether they are in a lesson.
    fn classify(&mut self, class: usize) {
        let is_live = self.gate.is_live(&self.region.classes[class]);
        let sessions = self.region.members[class].1.iter().filter_map(|pupil| self.sessions.get(pupil));
        for (session, _) in sessions.flatten() {
            let visit = self.seated.get(session).map(|visit| &self.visits[*visit]);
            if let Some(State::Seated { permit }) = visit.map(|visit| &visit.state) {
                permit.turn(is_live);
            }
        }
    }
}
