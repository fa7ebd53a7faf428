//! Asks a ledger or a broker and waits for the answer.

use std::time::Duration;

use preau::base::NewPublication;
use preau::broker::{Accepted, Broker, PublishError, Released, Schedule, SchedulePage};
use preau::ledger::{Answer, Busy, LedgerError};

const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) fn ask<T: Send + 'static>(request: impl FnOnce(Answer<T>) -> Result<(), Busy>) -> T {
    let (answer, answered) = flume::bounded::<Result<T, LedgerError>>(1);
    request(Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv_timeout(DEADLINE).expect("every queued request is answered").unwrap()
}

pub(crate) fn publish(broker: &dyn Broker, new: NewPublication) -> Result<Accepted, PublishError> {
    let (answer, answered) = flume::bounded(1);
    broker.publish(new, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv_timeout(DEADLINE).expect("every publication is answered")
}

pub(crate) fn release(broker: &dyn Broker, now: preau::base::SchoolTime) -> Released {
    let (answer, answered) = flume::bounded(1);
    broker.release(now, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv_timeout(DEADLINE).expect("every release is answered").unwrap()
}

pub(crate) fn scheduled(broker: &dyn Broker, schedule: Schedule) -> SchedulePage {
    let (answer, answered) = flume::bounded(1);
    broker.scheduled(schedule, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv_timeout(DEADLINE).expect("every question is answered").unwrap()
}
