//! What the embedded broker does when its storage is full or damaged.

use std::sync::Arc;

use preau::base::ReplayFrom;
use preau::base::metrics::Metrics;
use preau::base::{Body, Epoch, NewPublication, SchoolTime, limits};
use preau::broker::local::StartError;
use preau::broker::{Broker, Health, Local, PublishError, ReadError};
use preau::store::{DATABASE, Settings, Store, StoreError};
use tempfile::TempDir;

use crate::asking::{
    Ask, Gate, GatedSink, Opened, announcement, class, cut_all, history, offsets, post, read, replay, wait,
    wait_until,
};
use crate::overflow::hold_readers;

fn open(folder: &TempDir, pages_max: Option<u32>) -> Arc<dyn Broker> {
    let settings = Settings { fresh_epoch: Epoch(1), pages_max };
    let store = Store::open(folder.path(), settings).unwrap();
    Arc::new(Local::start(&store, Metrics::default()).unwrap())
}

fn long(number: usize) -> NewPublication {
    let body = Body::post(&"x".repeat(limits::POST_TEXT_CHARS_MAX)).unwrap();
    NewPublication { body, ..post(&class("a"), &format!("{number}")) }
}

/// Room for the tables, and for some sixty long publications.
const PAGES: u32 = 160;

#[test]
fn a_full_storage_refuses_and_recovers_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, Some(PAGES));
    let mut acknowledged = Vec::new();
    let refused = loop {
        match broker.publish_wait(long(acknowledged.len())) {
            Ok(committed) => acknowledged.push(committed.position.offset.0),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, PublishError::StorageFull);
    assert_eq!(broker.health(), Health::Failing(PublishError::StorageFull));
    assert!(acknowledged.len() > 50);
    let start = read(&class("a"), ReplayFrom::Position(broker.at(0)), 32);
    assert_eq!(offsets(&replay(&*broker, &start)), acknowledged, "what was acknowledged is there");
    assert!(broker.publish_wait(long(0)).unwrap().duplicate, "what is in the log is answered");

    assert_eq!(broker.trim_wait(cut_all(i64::MAX)).unwrap().removed[0], acknowledged.len() as u64);
    assert_eq!(broker.health(), Health::Ready, "there is room again");
    let next = broker.put(long(1_000));
    assert!(next.offset.0 > *acknowledged.last().unwrap());
}

#[test]
fn a_storage_that_has_room_again_is_ready_though_nobody_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, Some(PAGES));
    let mut number = 0;
    while broker.publish_wait(long(number)).is_ok() {
        number += 1;
    }
    assert_eq!(broker.health(), Health::Failing(PublishError::StorageFull));
    assert_eq!(broker.trim_wait(cut_all(i64::MIN)).unwrap().removed[..3], [0; 3]);
    assert_eq!(broker.health(), Health::Failing(PublishError::StorageFull), "nothing was written");
    let eraser = rusqlite::Connection::open(folder.path().join(DATABASE)).unwrap();
    eraser.execute_batch("DELETE FROM publication WHERE offset < 30").unwrap();
    wait_until(|| broker.health() == Health::Ready);
    let left = |table: &str| -> i64 {
        let only_real = if table == "publication" { "message_id" } else { "name" };
        let query = format!("SELECT count(*) FROM {table} WHERE {only_real} = ''");
        eraser.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(["publication", "channel", "author"].map(left), [0; 3], "trials leave nothing");
    broker.put(long(number));
}

#[test]
fn a_damaged_row_fails_only_who_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.put(post(&class("a"), "1"));
    let before = broker.put(post(&class("b"), "1"));
    broker.shut_down();
    drop(broker);
    let vandal = rusqlite::Connection::open(folder.path().join(DATABASE)).unwrap();
    vandal.execute_batch("UPDATE channel SET last = -7 WHERE name = 'class:a'").unwrap();
    let broker = open(&folder, None);
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    broker.put(post(&class("c"), "blocker"));
    gate.wait_for(1);
    let offer = |channel, text: &str| broker.offer(post(&class(channel), text)).unwrap();
    let fine: Vec<_> = (2..40).map(|n| (n, offer("b", &format!("{n}")))).collect();
    let damaged = [offer("a", "2"), offer("a", "3")];
    let behind = offer("b", "behind");
    gate.open();
    for (n, answer) in fine {
        assert_eq!(wait(&answer).unwrap().position.offset.0, before.offset.0 + n - 1);
    }
    assert!(damaged.iter().all(|answer| wait(answer) == Err(PublishError::StorageFailed)));
    assert!(wait(&behind).is_ok());
    assert_eq!(broker.health(), Health::Ready, "the last one was committed");
}

#[test]
fn a_batch_that_does_not_fit_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, Some(60));
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    let first = broker.put(post(&class("a"), "first"));
    gate.wait_for(1);
    let answers: Vec<_> = (0..200).map(|number| broker.offer(long(number)).unwrap()).collect();
    gate.open();
    assert!(answers.iter().all(|answer| wait(answer) == Err(PublishError::StorageFull)));
    let page = broker.page(read(&class("a"), ReplayFrom::Last(10), 10));
    assert_eq!(
        (offsets(&page.publications), page.last),
        (vec![first.offset.0], first),
        "nothing of it is left"
    );
    // The place is given to the next publication: nobody was told of another there.
    assert_eq!(broker.put(post(&class("a"), "second")).offset, first.offset.next());
}

#[test]
fn a_changed_byte_is_an_error_for_its_readers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    broker.put(post(&class("a"), "whiteboard"));
    let other = broker.put(post(&class("b"), "sponge"));
    broker.shut_down();
    drop(broker);
    let path = folder.path().join(DATABASE);
    // Whichever connection closed last: the row shall stand in the database and not in the log.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let mut bytes = std::fs::read(&path).unwrap();
    let text = br#""whiteboard""#;
    let place = bytes.windows(text.len()).position(|window| window == text).unwrap();
    bytes[place + 1] = b'W';
    std::fs::write(&path, bytes).unwrap();

    let broker = open(&folder, None);
    let damaged = read(&class("a"), ReplayFrom::Last(10), 10);
    assert_eq!(broker.read_wait(damaged), Err(ReadError::StorageFailed));
    assert_eq!(broker.history_wait(history(&class("a"))), Err(ReadError::StorageFailed));
    assert_eq!(broker.page(read(&class("b"), ReplayFrom::Last(10), 10)).through, other);
    broker.put(post(&class("b"), "more"));
}

#[test]
fn a_storage_that_fails_is_told_to_everyone_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    broker.put(post(&class("a"), "1"));
    let saboteur = rusqlite::Connection::open(folder.path().join(DATABASE)).unwrap();
    saboteur.execute_batch("DROP TABLE publication").unwrap();
    let answers: Vec<_> =
        (0..20).map(|n| broker.offer(post(&class("a"), &format!("n{n}"))).unwrap()).collect();
    assert!(answers.iter().all(|answer| wait(answer) == Err(PublishError::StorageFailed)));
    assert_eq!(broker.health(), Health::Failing(PublishError::StorageFailed));
    assert_eq!(broker.trim_wait(cut_all(0)), Err(PublishError::StorageFailed));
    assert_eq!(broker.history_wait(history(&class("a"))), Err(ReadError::StorageFailed));
    let kept = broker.page(read(&class("a"), ReplayFrom::Position(broker.at(0)), 10));
    assert_eq!(kept.publications.len(), 1, "what is in memory is still read");
}

#[test]
fn a_damaged_row_of_the_schedule_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    for (n, channel) in ["a", "b", "c"].into_iter().enumerate() {
        let new = announcement(&class(channel), &format!("{n}"));
        broker.accept_wait(NewPublication { deliver_at: Some(SchoolTime(10)), ..new }).unwrap();
    }
    broker.shut_down();
    drop(broker);
    let vandal = rusqlite::Connection::open(folder.path().join(DATABASE)).unwrap();
    vandal.execute_batch("UPDATE scheduled SET published_at = 7 WHERE message_id = '0'").unwrap();
    vandal.execute_batch("UPDATE channel SET last = -7 WHERE name = 'class:b'").unwrap();
    let broker = open(&folder, None);
    assert_eq!(broker.release_wait(10), Ok(1));
    assert_eq!(broker.release_wait(10), Ok(0), "what is damaged is tried once");
    assert_eq!(broker.page(read(&class("c"), ReplayFrom::Last(10), 10)).publications.len(), 1);
    assert_eq!(broker.health(), Health::Ready);
    broker.shut_down();
    drop(broker);
    vandal.execute_batch("UPDATE channel SET last = 0 WHERE name = 'class:b'").unwrap();
    let broker = open(&folder, None);
    assert_eq!(broker.release_wait(10), Ok(1), "what was repaired is released after a restart");
    let left: i64 = vandal.query_row("SELECT count(*) FROM scheduled", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[test]
fn a_release_that_fails_leaves_everything_in_the_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    for n in 0..5 {
        let later = NewPublication { deliver_at: Some(SchoolTime(10)), ..post(&class("a"), &format!("{n}")) };
        broker.accept_wait(later).unwrap();
    }
    let saboteur = rusqlite::Connection::open(folder.path().join(DATABASE)).unwrap();
    saboteur.execute_batch("ALTER TABLE publication RENAME TO hidden").unwrap();
    assert_eq!(broker.release_wait(10), Err(PublishError::StorageFailed));
    assert_eq!(broker.health(), Health::Failing(PublishError::StorageFailed));
    saboteur.execute_batch("ALTER TABLE hidden RENAME TO publication").unwrap();
    assert_eq!(broker.release_wait(10), Ok(5));
    assert_eq!(broker.health(), Health::Ready);
    let page = broker.page(read(&class("a"), ReplayFrom::Last(10), 10));
    assert_eq!(offsets(&page.publications), [1, 2, 3, 4, 5]);
}

#[test]
fn a_removal_that_shutting_down_interrupts_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    broker.put(post(&class("a"), "1"));
    gate.wait_for(1);
    let (answer, answered) = flume::bounded(1);
    broker.trim(cut_all(i64::MAX), Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| broker.shut_down());
        // Nothing is taken any more once it has begun. One question at a time: a full queue takes nothing either.
        let begun = || {
            let (told, answer) = flume::bounded(1);
            let asked = broker.history(history(&class("a")), Box::new(move |page| told.send(page).unwrap()));
            asked.is_err() || answer.recv().is_err()
        };
        while !begun() {
            std::thread::yield_now();
        }
        gate.open();
    });
    assert_eq!(wait(&answered), Err(PublishError::ShuttingDown));
    let broker = open(&folder, None);
    assert_eq!(broker.past(history(&class("a"))).publications.len(), 1);
}

#[test]
fn an_answer_that_panics_costs_nobody_else_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    broker.put(post(&class("a"), "1"));
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    hold_readers(&*broker, &gate);
    let same = || read(&class("a"), ReplayFrom::Last(10), 10);
    broker.read(same(), Box::new(|_| panic!("an answer that panics"))).unwrap();
    let (answer, answered) = flume::bounded(1);
    broker.read(same(), Box::new(move |page| answer.send(page).unwrap())).unwrap();
    for _ in 0..limits::READERS {
        broker.history(history(&class("a")), Box::new(|_| panic!("another"))).unwrap();
    }
    gate.open();
    assert_eq!(wait(&answered), Err(ReadError::StorageFailed));
    assert_eq!(broker.page(same()).publications.len(), 1, "the readers go on");
}

#[test]
fn reads_that_are_queued_when_it_shuts_down_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(&folder, None);
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    hold_readers(&*broker, &gate);
    let (answer, page) = flume::bounded(1);
    let queued = read(&class("a"), ReplayFrom::Now, 1);
    broker.read(queued, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    let (answer, past) = flume::bounded(1);
    broker.history(history(&class("a")), Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| broker.shut_down());
        wait_until(|| broker.publish(post(&class("a"), "1"), Box::new(|_| ())).is_err());
        gate.open();
    });
    assert_eq!(wait(&page), Err(ReadError::ShuttingDown));
    assert_eq!(wait(&past), Err(ReadError::ShuttingDown));
}

#[test]
fn a_broker_does_not_start_without_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
    let store = Store::open(folder.path(), settings).unwrap();
    std::fs::remove_file(folder.path().join(DATABASE)).unwrap();
    let started = Local::start(&store, Metrics::default());
    assert!(matches!(started, Err(StartError::Store(StoreError::Failed(_)))));
}
