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
    let lessons = Arc::new(Lessons::new(shards));
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
        // How long ago something was said really, nobody knows: whoever taught has time to come back.
        let now = self.clock.machine();
        for (channel, began) in &begun {
            let log = reader.snapshot(channel)?;
            let mut read = Offset(began.0.saturating_sub(1));
            while read < log.end().last {
                let page = log.after(read, Role::Teacher, limits::READ_PAGE_MAX)?;
                page.publications.iter().for_each(|publication| self.take(publication, now));
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
