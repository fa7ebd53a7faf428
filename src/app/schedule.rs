//! The schedule's clock: several times a second, what is due by the school's clock is released.
//!
//! A round and not the commit thread looks at the clock, so that the broker goes by times that it is told. A clock that is
//! set forward releases all that lies between; one that is set back releases nothing twice.
//!
//! Quiet hours that end at a school's door release a weekend at once. So one look takes a bounded number, live publications
//! go between its commits, and while the hub sheds load what waits goes on waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::rounds::Round;
use crate::admission::Level;
use crate::base::{Clock, limits};
use crate::broker::{Broker, Health};

/// Asks the broker to release what is due.
pub(super) struct Schedule {
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    /// How loaded the hub is.
    level: Box<dyn Fn() -> Level + Send + Sync>,
    /// Whether a release is under way: the next one waits for it.
    is_asked: Arc<AtomicBool>,
}

impl Schedule {
    pub(super) fn new(
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        level: impl Fn() -> Level + Send + Sync + 'static,
    ) -> Self {
        Self { broker, clock, level: Box::new(level), is_asked: Arc::default() }
    }
}

impl Round for Schedule {
    const WORK: &'static str = "the release of what is scheduled";
    const INTERVAL: Duration = limits::RELEASE_CHECK_INTERVAL;

    /// Asks for a release, unless one is under way, the hub sheds load, or the storage fails: then the broker finds out when
    /// it works again.
    fn look(&mut self) {
        let is_shedding = (self.level)() >= Level::Severe;
        if is_shedding || self.broker.health() != Health::Ready || self.is_asked.swap(true, Ordering::AcqRel)
        {
            return;
        }
        let is_asked = Arc::clone(&self.is_asked);
        let asked = self.broker.release(
            self.clock.school(),
            Box::new(move |outcome| {
                match outcome {
                    Ok(outcome) if outcome.released > 0 => {
                        tracing::debug!(count = outcome.released, "scheduled publications are out");
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "scheduled publications could not be released; they wait");
                    }
                }
                is_asked.store(false, Ordering::Release);
            }),
        );
        // A busy broker is asked again at the next look.
        if asked.is_err() {
            self.is_asked.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU8;
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::base::clock::ManualClock;
    use crate::base::metrics::Metrics;
    use crate::base::{
        AccountId, Audience, Body, Channel, Epoch, Kind, MessageId, NewPublication, SchoolTime,
    };
    use crate::broker::{Local, Released};
    use crate::store::{Settings, Store};

    fn publish(broker: &dyn Broker, message_id: &str, deliver_at: Option<SchoolTime>) {
        let new = NewPublication {
            channel: Channel::Region,
            author: AccountId::parse("operator").unwrap(),
            message_id: MessageId::parse(message_id).unwrap(),
            audience: Audience::EVERYONE,
            body: Body::parse(Kind::Announcement, r#"{"title":"t","text":"t"}"#).unwrap(),
            published_at: SchoolTime(0),
            deliver_at,
            urgent: None,
        };
        let (answer, answered) = sync_channel(1);
        broker.publish(new, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
        answered.recv().unwrap().unwrap();
    }

    #[test]
    fn an_empty_schedule_is_answered_on_the_spot() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
        let broker = Local::start(&store, Metrics::default()).unwrap();
        let look = || {
            let (answer, answered) = sync_channel(1);
            let tell = move |outcome| answer.send(outcome).unwrap();
            broker.release(SchoolTime(1_000), Box::new(tell)).unwrap();
            answered
        };
        let nothing = Released { released: 0 };
        assert_eq!(look().try_recv(), Ok(Ok(nothing)), "no thread had to be woken up");
        publish(&broker, "later", Some(SchoolTime(500)));
        assert_eq!(look().recv(), Ok(Ok(Released { released: 1 })));
        assert_eq!(look().try_recv(), Ok(Ok(nothing)));
    }

    #[test]
    fn what_is_due_waits_while_the_hub_sheds_load() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
        let metrics = Metrics::default();
        let broker: Arc<dyn Broker> = Arc::new(Local::start(&store, metrics.clone()).unwrap());
        let level = Arc::new(AtomicU8::new(Level::Severe.into()));
        let told = Arc::clone(&level);
        let level_now = move || Level::try_from(told.load(Ordering::SeqCst)).unwrap();
        let mut schedule = Schedule::new(Arc::clone(&broker), Arc::new(ManualClock::at(1_000)), level_now);
        publish(&*broker, "later", Some(SchoolTime(500)));
        // The commit thread has done what was asked of it before once it has answered twice.
        let mut look = |number: u8| {
            schedule.look();
            publish(&*broker, &format!("a{number}"), None);
            publish(&*broker, &format!("b{number}"), None);
            metrics.released.get()
        };
        assert_eq!(look(1), 0);
        level.store(Level::High.into(), Ordering::SeqCst);
        assert_eq!(look(2), 1);
    }
}
