//! Lessons in the hub: folded from the log before anybody comes, kept up with what is committed, told to admission, and ended
//! when nobody teaches any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::AppError;
use super::rounds::Round;
use crate::admission::Gate;
use crate::base::body::{self, Event, LessonEvent};
use crate::base::{
    AccountId, Audience, Body, Channel, ClassId, Clock, Kind, MachineTime, MessageId, NewPublication, Offset,
    Publication, Role, limits,
};
use crate::broker::{Accepted, Broker, PublishError, Sink};
use crate::lesson::{Lessons, Turn};
use crate::store::{LogReader, StoreError};

/// All lessons of a hub with so many shards, as the log has them: whoever comes finds them, and what shards are shown is in
/// them already.
///
/// # Errors
/// As the store fails.
pub(super) fn open(
    shards: usize,
    (gate, clock): (&Arc<Gate>, &Arc<dyn Clock>),
    (broker, mut reader): (&dyn Broker, LogReader),
) -> Result<Arc<Lessons>, AppError> {
    let lessons = Arc::new(Lessons::new(shards, clock.machine()));
    let fold = Fold { lessons: Arc::clone(&lessons), gate: Arc::clone(gate), clock: Arc::clone(clock) };
    let count = fold.recover(&mut reader).map_err(|error| AppError::Broker(error.into()))?;
    tracing::debug!(count, "lessons that had not ended");
    broker.attach(Arc::new(fold));
    Ok(lessons)
}

/// Takes in what is committed in classes.
struct Fold {
    lessons: Arc<Lessons>,
    gate: Arc<Gate>,
    clock: Arc<dyn Clock>,
}

impl Fold {
    /// Takes in what the log holds of lessons that had not ended. How many that are.
    ///
    /// # Errors
    /// As the store fails.
    fn recover(&self, reader: &mut LogReader) -> Result<usize, StoreError> {
        let mut begun: HashMap<Channel, Offset> = HashMap::new();
        reader.of_kind(Kind::Lesson, |publication| {
            let Publication { channel, position, body, .. } = publication;
            match body::read(&body) {
                Ok(LessonEvent { event: Event::Started { .. } }) => {
                    begun.insert(channel, position.offset);
                }
                Ok(LessonEvent { event: Event::Ended }) => {
                    begun.remove(&channel);
                }
                _ => {}
            }
        })?;
        // By the school's clock, since the log has no other: one that was set meanwhile makes a lesson older or younger.
        let (now, school) = (self.clock.machine(), self.clock.school());
        let then = |publication: &Publication| {
            let age_ms = school.0.saturating_sub(publication.published_at.0);
            now.before(Duration::from_millis(u64::try_from(age_ms).unwrap_or(0)))
        };
        for (channel, began) in &begun {
            let log = reader.snapshot(channel)?;
            let mut read = Offset(began.0.saturating_sub(1));
            while read < log.end().last {
                let page = log.after(read, Role::Teacher, limits::READ_PAGE_MAX)?;
                page.publications.iter().for_each(|publication| self.take(publication, then(publication)));
                read = page.through;
            }
        }
        Ok(self.lessons.count())
    }

    fn take(&self, publication: &Publication, now: MachineTime) {
        match self.lessons.committed(publication, now) {
            Some(Turn::Began(class)) => self.gate.lesson_begins(&class),
            Some(Turn::Ended(class)) => self.gate.lesson_ends(&class),
            None => {}
        }
    }
}

impl Sink for Fold {
    fn noted(&self, publication: &Publication) {
        if matches!(publication.channel, Channel::Class(_)) {
            self.take(publication, self.clock.machine());
        }
    }

    fn committed(&self, _: &Arc<Publication>) {}
}

/// Ends lessons that nobody teaches any more, in the hub's own name.
pub(super) struct LastBell {
    pub(super) lessons: Arc<Lessons>,
    pub(super) broker: Arc<dyn Broker>,
    pub(super) clock: Arc<dyn Clock>,
}

impl LastBell {
    fn end(&self, class: ClassId) -> Option<NewPublication> {
        let now = self.clock.school();
        Some(NewPublication {
            channel: Channel::Class(class),
            author: AccountId::hub(),
            message_id: MessageId::parse(&format!("ended.{}", now.0)).ok()?,
            audience: Audience::EVERYONE,
            body: Body::of(&LessonEvent { event: Event::Ended }).ok()?,
            published_at: now,
            deliver_at: None,
            urgent: None,
        })
    }
}

impl Round for LastBell {
    const WORK: &'static str = "the ending of lessons";
    const INTERVAL: Duration = limits::LESSONS_CHECK_INTERVAL;

    fn look(&mut self) {
        for class in self.lessons.overdue(self.clock.machine()) {
            tracing::info!(%class, "a lesson without a teacher ends");
            let Some(end) = self.end(class) else { continue };
            let answer = Box::new(|ended: Result<Accepted, PublishError>| {
                if let Err(error) = ended {
                    tracing::warn!(%error, "a lesson could not be ended, and will be");
                }
            });
            // A broker that is busy is asked again at the next look.
            if self.broker.publish(end, answer).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::{Capacity, Secrets, Settings};
    use crate::base::clock::ManualClock;
    use crate::base::metrics::Metrics;
    use crate::base::{Epoch, SchoolTime};
    use crate::broker::Local;
    use crate::store::{self, Store};

    /// A hub's lessons on a disk, from one start to the next.
    struct World {
        broker: Arc<Local>,
        lessons: Arc<Lessons>,
        gate: Arc<Gate>,
        bell: LastBell,
    }

    fn class() -> ClassId {
        ClassId::parse("2a").unwrap()
    }

    fn start(folder: &tempfile::TempDir, clock: &Arc<ManualClock>) -> World {
        let settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(folder.path(), settings).unwrap();
        let reader = store.reader().unwrap();
        let broker = Arc::new(Local::start(&store, Metrics::default()).unwrap());
        let secrets = Secrets { tickets: [1; 32], order: [2; 32] };
        let now = clock.machine();
        let gate = Arc::new(Gate::new(Settings::default(), Capacity::given(10), &secrets, now));
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let lessons = open(1, (&gate, &clock), (&*broker, reader)).unwrap();
        let logs = Arc::clone(&broker) as Arc<dyn Broker>;
        let bell = LastBell { lessons: Arc::clone(&lessons), broker: logs, clock };
        World { broker, lessons, gate, bell }
    }

    impl World {
        /// Commits what a teacher says, and waits for the answer.
        fn say(&self, name: &str, body: Body) {
            let new = NewPublication {
                channel: Channel::Class(class()),
                author: AccountId::parse("t").unwrap(),
                message_id: MessageId::parse(name).unwrap(),
                audience: Audience::EVERYONE,
                body,
                published_at: SchoolTime(7),
                deliver_at: None,
                urgent: None,
            };
            let (answer, answered) = std::sync::mpsc::sync_channel(1);
            self.broker.publish(new, Box::new(move |said| answer.send(said).unwrap())).unwrap();
            answered.recv().unwrap().unwrap();
        }

        fn happens(&self, name: &str, event: Event) {
            self.say(name, Body::of(&LessonEvent { event }).unwrap());
        }

        /// Whether the class has a lesson, for itself and for admission.
        fn is_live(&self) -> bool {
            assert_eq!(self.gate.is_live(&class()), self.lessons.is_live(&class()));
            self.lessons.is_live(&class())
        }
    }

    #[test]
    fn a_lesson_outlives_a_restart_and_is_known_when_its_author_is_answered() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(1_000_000)));
        let world = start(&folder, &clock);
        world.say("before", Body::post("before").unwrap());
        world.happens("first", Event::Started { title: String::new() });
        assert!(world.is_live());
        world.happens("over", Event::Ended);
        assert!(!world.is_live());
        world.happens("second", Event::Started { title: "Fractions".into() });
        world.say("q", Body::parse(Kind::Question, r#"{"text":"why"}"#).unwrap());
        let told = world.lessons.state(&class(), Role::Teacher);
        drop(world);
        let world = start(&folder, &clock);
        assert!(world.is_live());
        assert_eq!(world.lessons.state(&class(), Role::Teacher), told);
        assert_eq!(told.lesson.unwrap().questions.len(), 1);
    }

    #[test]
    fn a_lesson_that_nobody_teaches_is_ended_in_the_hubs_name() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(1_000_000)));
        let mut world = start(&folder, &clock);
        world.happens("start", Event::Started { title: String::new() });
        world.lessons.present(&class(), 0, &[], 1, clock.machine());
        clock.advance(limits::LESSON_WITHOUT_TEACHER * 2);
        world.bell.look();
        world.say("p", Body::post("what was queued before is committed").unwrap());
        assert!(world.is_live(), "its teacher is there");
        world.lessons.present(&class(), 0, &[], 0, clock.machine());
        clock.advance(limits::LESSON_WITHOUT_TEACHER);
        world.bell.look();
        world.say("q", Body::post("the same").unwrap());
        assert!(!world.is_live());
        drop(world);
        assert!(!start(&folder, &clock).is_live(), "that stands in the log");
    }

    #[test]
    fn a_hub_that_is_started_again_does_not_count_a_lessons_time_anew() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(1_000_000)));
        let world = start(&folder, &clock);
        world.happens("start", Event::Started { title: String::new() });
        drop(world);
        for restarts in 0..6 {
            clock.advance(Duration::from_mins(3));
            let mut world = start(&folder, &clock);
            assert!(world.is_live(), "its teacher may come back after restart {restarts}");
            clock.advance(limits::LESSON_RETURN.saturating_sub(Duration::from_millis(1)));
            world.bell.look();
        }
        let mut world = start(&folder, &clock);
        clock.advance(limits::LESSON_RETURN);
        world.bell.look();
        world.say("p", Body::post("what was queued before is committed").unwrap());
        assert!(!world.is_live(), "nobody has taught it for half an hour");
    }
}
