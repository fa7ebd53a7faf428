//! The contract's part on bounds: what happens when a queue is full, and at the end.

use std::sync::Arc;

use preau::base::ReplayFrom;
use preau::base::limits;
use preau::broker::{Broker, Busy, History};

use crate::asking::{Ask, Gate, GatedSink, Opened, class, cut_all, history, post, read, wait};
use crate::stage::Stage;

pub(crate) fn a_full_publish_queue_is_busy<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    broker.put(post(&class("a"), "blocker"));
    gate.wait_for(1);
    let mut answers = Vec::new();
    while let Some(answer) = broker.offer(post(&class("a"), &format!("{}", answers.len()))) {
        answers.push(answer);
    }
    assert_eq!(answers.len(), limits::PUBLISH_QUEUE_MAX);
    assert!(stage.metrics().busy.get() >= 1);
    let page = broker.page(read(&class("a"), ReplayFrom::Last(1), 1));
    assert_eq!(page.last.offset.0, 1, "reads go on");
    gate.open();
    let acked: Vec<_> = answers.iter().map(|answer| wait(answer).unwrap().position.offset).collect();
    assert!(acked.is_sorted_by(|a, b| a < b));
    broker.put(post(&class("a"), "room-again"));
    broker.shut_down();
    assert!(answers.iter().all(flume::Receiver::is_empty), "each is answered once");
}

/// Lets every reader wait at a gate.
pub(crate) fn hold_readers(broker: &dyn Broker, gate: &Arc<Gate>) {
    for _ in 0..limits::READERS {
        let gate = Arc::clone(gate);
        broker.history(history(&class("gate")), Box::new(move |_| gate.pass())).unwrap();
    }
    gate.wait_for(limits::READERS);
}

pub(crate) fn a_full_read_queue_is_busy<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    hold_readers(&*broker, &gate);
    let (answer, answered) = flume::bounded(limits::READ_QUEUE_MAX);
    for n in 0..limits::READ_QUEUE_MAX {
        let answer = answer.clone();
        let distinct = read(&class(&format!("{n}")), ReplayFrom::Now, 1);
        broker.read(distinct, Box::new(move |page| answer.try_send(page.is_ok()).unwrap())).unwrap();
    }
    let more = read(&class("more"), ReplayFrom::Now, 1);
    assert_eq!(broker.read(more, Box::new(|_| panic!("never called"))), Err(Busy));
    let past = History { limit: 3, ..history(&class("more")) };
    assert_eq!(broker.history(past, Box::new(|_| panic!("never called"))), Err(Busy));
    assert!(stage.metrics().busy.get() >= 2);
    gate.open();
    assert!((0..limits::READ_QUEUE_MAX).all(|_| wait(&answered)));
    broker.page(read(&class("more"), ReplayFrom::Now, 1));
}

pub(crate) fn waiting_removals_are_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    broker.put(post(&class("a"), "blocker"));
    gate.wait_for(1);
    let (answer, answered) = flume::bounded(limits::TRIMS_WAITING_MAX);
    for _ in 0..limits::TRIMS_WAITING_MAX {
        let answer = answer.clone();
        broker.trim(cut_all(0), Box::new(move |trimmed| answer.try_send(trimmed).unwrap())).unwrap();
    }
    assert_eq!(broker.trim(cut_all(0), Box::new(|_| panic!("never called"))), Err(Busy));
    gate.open();
    for _ in 0..limits::TRIMS_WAITING_MAX {
        assert_eq!(wait(&answered).unwrap().removed[..3], [0; 3]);
    }
    broker.trim_wait(cut_all(0)).unwrap();
}

pub(crate) fn equal_reads_are_joined<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.put(post(&class("a"), "1"));
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    hold_readers(&*broker, &gate);
    let before = stage.metrics().reads.get();
    let (answer, answered) = flume::bounded(501);
    for _ in 0..500 {
        let answer = answer.clone();
        let same = read(&class("a"), ReplayFrom::Last(10), 10);
        broker.read(same, Box::new(move |page| answer.try_send(page.unwrap()).unwrap())).unwrap();
    }
    let other = read(&class("a"), ReplayFrom::Last(11), 10);
    broker.read(other, Box::new(move |page| answer.try_send(page.unwrap()).unwrap())).unwrap();
    gate.open();
    let pages: Vec<_> = (0..501).map(|_| wait(&answered)).collect();
    assert!(pages.iter().all(|page| page.publications.len() == 1));
    assert_eq!(stage.metrics().reads.get() - before, 2);
    broker.shut_down();
    assert!(answered.is_empty());
}

pub(crate) fn shutting_down_answers_everything<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let acks: Vec<_> =
        (0..1_000).map(|n| broker.offer(post(&class("a"), &format!("{n}"))).unwrap()).collect();
    let (answer, answered) = flume::bounded(200);
    for n in 0..100 {
        let (to_read, to_history) = (answer.clone(), answer.clone());
        let one = read(&class("a"), ReplayFrom::Last(n), 10);
        broker.read(one, Box::new(move |page| to_read.try_send(page.is_ok()).unwrap())).unwrap();
        let past = History { limit: n, ..history(&class("a")) };
        broker.history(past, Box::new(move |page| to_history.try_send(page.is_ok()).unwrap())).unwrap();
    }
    let (answer, trimmed) = flume::bounded(1);
    broker.trim(cut_all(i64::MAX), Box::new(move |outcome| answer.try_send(outcome).unwrap())).unwrap();
    broker.shut_down();
    assert!(acks.iter().all(|ack| ack.try_recv().unwrap().is_ok()), "what was queued is committed");
    assert_eq!(answered.len(), 200);
    assert_eq!(trimmed.len(), 1, "finished, or told that it was not");
    broker.shut_down();
    assert_eq!(broker.publish(post(&class("a"), "late"), Box::new(|_| panic!("never called"))), Err(Busy));
    let late = read(&class("a"), ReplayFrom::Now, 1);
    assert_eq!(broker.read(late, Box::new(|_| panic!("never called"))), Err(Busy));
    assert_eq!(broker.history(history(&class("a")), Box::new(|_| panic!("never called"))), Err(Busy));
    assert_eq!(broker.trim(cut_all(0), Box::new(|_| panic!("never called"))), Err(Busy));
}
