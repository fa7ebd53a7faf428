//! The embedded ledger's stage, and what only it shows.

use std::sync::Arc;

use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Body, Channel, Epoch, ItemId, Kind, MachineTime, MessageId, NewPublication, Reason,
    Role, SchoolTime, Urgent,
};
use preau::broker::Broker;
use preau::ledger::{Ledger, LedgerError, Local, Receipt};
use preau::store::{DATABASE, Settings, Store, backup, restore};

use crate::asking::{Stage, append, ask, entry, page, put, reasons, settings};

/// A folder with a store in it.
pub(crate) struct Embedded {
    folder: tempfile::TempDir,
    lives: u32,
}

impl Embedded {
    fn store(&self) -> Store {
        let settings = Settings { fresh_epoch: Epoch(self.lives), pages_max: None };
        Store::open(&self.folder.path().join("store"), settings).unwrap()
    }
}

impl Stage for Embedded {
    fn set_up() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lives: 1 }
    }

    fn open(&mut self) -> Arc<dyn Ledger> {
        Arc::new(Local::start(&self.store()).unwrap())
    }

    fn begin_new_life(&mut self) {
        self.lives += 1;
        let (folder, copy) = (self.folder.path().join("store"), self.folder.path().join("copy.db"));
        backup(&folder, &copy, &mut |_| ()).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        restore(&copy, &folder, Epoch(self.lives), &mut |_| ()).unwrap();
    }
}

fn publication(message_id: &str) -> NewPublication {
    NewPublication {
        channel: Channel::Region,
        author: AccountId::parse("operator").unwrap(),
        message_id: MessageId::parse(message_id).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::parse(Kind::Announcement, r#"{"title":"t","text":"t"}"#).unwrap(),
        published_at: SchoolTime(0),
        deliver_at: None,
        urgent: None,
    }
}

#[test]
fn a_changed_byte_is_an_error_and_a_lost_table_is_told_to_everyone() {
    let mut stage = Embedded::set_up();
    let ledger = stage.open();
    append(&*ledger, entry(1, "first"));
    put(&*ledger, "limits", Some("a")).unwrap();
    let vandal = rusqlite::Connection::open(stage.folder.path().join("store").join(DATABASE)).unwrap();
    vandal
        .execute_batch("UPDATE audit SET why = 'other' WHERE id = 1; UPDATE setting SET value = '1'")
        .unwrap();
    let failed = Some(LedgerError::StorageFailed);
    assert_eq!(ask(|answer| ledger.audit_page(None, 10, answer)).err(), failed);
    assert_eq!(ask(|answer| ledger.settings(answer)).err(), failed);
    assert_eq!(put(&*ledger, "limits", None).err(), failed);
    vandal.execute_batch("DROP TABLE audit").unwrap();
    assert_eq!(ask(|answer| ledger.audit_append(entry(2, "second"), answer)).err(), failed);
    assert_eq!(put(&*ledger, "fresh", Some("b")).err(), failed, "a change without its entry is none");
    vandal.execute_batch("DELETE FROM setting WHERE key = 'limits'").unwrap();
    assert_eq!(settings(&*ledger), []);
}

#[test]
fn a_changed_mark_is_an_error() {
    let mut stage = Embedded::set_up();
    let ledger = stage.open();
    let (item, pupil) = (ItemId::parse("a").unwrap(), AccountId::parse("pupil").unwrap());
    let receipt = Receipt {
        item: item.clone(),
        subject: pupil.clone(),
        role: Role::Student,
        by: pupil.clone(),
        at: SchoolTime(1),
    };
    ask(|answer| ledger.put_receipts(vec![receipt], answer)).unwrap();
    ask(|answer| ledger.put_done(item.clone(), pupil.clone(), Some(SchoolTime(1)), answer)).unwrap();
    let due = Some("2026-12-01".to_owned());
    ask(|answer| ledger.put_extension(item.clone(), pupil.clone(), due, answer)).unwrap();
    ask(|answer| ledger.put_reminded("UTC".into(), "1".into(), answer)).unwrap();
    let vandal = rusqlite::Connection::open(stage.folder.path().join("store").join(DATABASE)).unwrap();
    let failed = Some(LedgerError::StorageFailed);
    vandal.execute_batch("UPDATE receipt SET at = 2; UPDATE reminded SET slot = '2'").unwrap();
    assert_eq!(ask(|answer| ledger.receipts(item.clone(), None, 9, answer)).err(), failed);
    assert_eq!(ask(|answer| ledger.marks_of(pupil.clone(), answer)).err(), failed);
    assert_eq!(ask(|answer| ledger.reminded(answer)).err(), failed);
    vandal.execute_batch("UPDATE done_mark SET at = 2").unwrap();
    assert_eq!(ask(|answer| ledger.done(item.clone(), None, 9, answer)).err(), failed);
    let pairs = vec![(item.clone(), pupil.clone())];
    assert_eq!(ask(|answer| ledger.marked(pairs, answer)).err(), failed);
    vandal.execute_batch("UPDATE extension SET due = '2026-12-02'").unwrap();
    assert_eq!(ask(|answer| ledger.extensions(item.clone(), answer)).err(), failed);
    vandal.execute_batch("UPDATE mark_item SET name = 'b'").unwrap();
    let other = ItemId::parse("b").unwrap();
    assert_eq!(ask(|answer| ledger.receipt_counts(other, answer)).err(), failed);
}

#[test]
fn an_urgent_publication_is_in_the_audit_log_by_its_own_commit() {
    let stage = Embedded::set_up();
    let store = stage.store();
    let mut writer = store.writer().unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(Local::start(&store).unwrap());
    let reason = Reason::parse("a pipe has burst").unwrap();
    let new = NewPublication { urgent: Some(Urgent { reason, at: MachineTime(7) }), ..publication("m1") };
    drop(writer.append([&new]).unwrap());
    assert_eq!(page(&*ledger, None, 10), [], "what is not published is not written down");
    for _ in 0..2 {
        writer.append([&new]).unwrap().commit().unwrap();
    }
    let log = page(&*ledger, None, 10);
    assert_eq!(log.len(), 1, "once, however often it is sent");
    let entry = &log[0].entry;
    assert_eq!(
        (entry.what.as_str(), entry.act.scope.as_str(), entry.act.who.as_str(), entry.act.machine_at),
        ("urgent", "region", "operator", MachineTime(7))
    );
    assert_eq!(reasons(&log), ["a pipe has burst"]);
    let after: serde_json::Value = entry.after.as_ref().unwrap().read().unwrap();
    assert_eq!(after, serde_json::json!({"channel": "region", "message_id": "m1"}));
}

#[test]
fn the_log_and_the_ledger_take_turns() {
    let stage = Embedded::set_up();
    let store = stage.store();
    let broker = preau::broker::Local::start(&store, Metrics::default()).unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(Local::start(&store).unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..200 {
                append(&*ledger, entry(number, &format!("{number}")));
            }
        });
        for number in 0..200 {
            let new = publication(&format!("{number}"));
            let (answer, answered) = flume::bounded(1);
            broker.publish(new, Box::new(move |outcome| answer.send(outcome.is_ok()).unwrap())).unwrap();
            assert!(answered.recv().unwrap());
        }
    });
    let expected: Vec<String> = (100..200).rev().map(|number| number.to_string()).collect();
    assert_eq!(reasons(&page(&*ledger, None, 100)), expected);
}
