//! Tests of the store: schema, lock, damage, the log's size; backup and restore in `copies`.

mod copies;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::base::{
    AccountId, Audience, Body, Channel, MessageId, NewPublication, Offset, Publication, Role, SchoolTime,
};

const SETTINGS: Settings = Settings { fresh_epoch: Epoch(1), pages_max: None };

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn database(&self) -> PathBuf {
        self.store().join(DATABASE)
    }

    fn copy(&self) -> PathBuf {
        self.0.path().join("copy.db")
    }

    fn open(&self) -> Result<Store, OpenError> {
        Store::open(&self.store(), SETTINGS)
    }

    /// A store with some publications in two channels, closed.
    fn filled(count: usize) -> Self {
        let folder = Self::new();
        let store = folder.open().unwrap();
        fill(&mut store.writer().unwrap(), 0..count);
        folder
    }
}

fn channel(number: usize) -> Channel {
    Channel::parse(&format!("class:{number}")).unwrap()
}

fn new(number: usize) -> NewPublication {
    NewPublication {
        channel: channel(number % 2),
        author: AccountId::parse("teacher").unwrap(),
        message_id: MessageId::parse(&format!("m{number}")).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::post(&format!("publication {number} {}", "x".repeat(number % 700))).unwrap(),
        published_at: SchoolTime(0),
        deliver_at: None,
        urgent: None,
    }
}

fn fill(writer: &mut LogWriter, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let news = [new(number)];
        writer.append(&news).unwrap().commit().unwrap();
    }
}

fn all(store: &Store) -> Result<Vec<Arc<Publication>>, StoreError> {
    let mut reader = store.reader()?;
    let mut publications = Vec::new();
    for number in 0..2 {
        let channel = channel(number);
        let snapshot = reader.snapshot(&channel)?;
        publications.extend(snapshot.after(Offset::START, Role::Student, usize::MAX)?.publications);
    }
    Ok(publications)
}

fn bodies(store: &Store) -> Vec<String> {
    all(store).unwrap().iter().map(|publication| publication.body.to_string()).collect()
}

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

#[test]
fn a_store_keeps_its_epoch_and_its_folder_to_itself() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    assert_eq!(store.epoch(), Epoch(1));
    let writer = store.writer().unwrap();
    assert!(matches!(folder.open(), Err(OpenError::InUse)));
    drop(store);
    assert!(matches!(folder.open(), Err(OpenError::InUse)), "its writer still lives");
    drop(writer);
    let other = Settings { fresh_epoch: Epoch(2), ..SETTINGS };
    assert_eq!(Store::open(&folder.store(), other).unwrap().epoch(), Epoch(1));
}

#[test]
fn a_statement_is_compiled_once_whatever_it_compares_with() {
    let folder = Folder::new();
    folder.open().unwrap();
    let db = connect(&folder.database(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let due = "SELECT id FROM scheduled INDEXED BY scheduled_due WHERE deliver_at <= ?1 ORDER BY deliver_at LIMIT ?2";
    let mut statement = db.prepare(due).unwrap();
    for now in 1..4_i64 {
        assert_eq!(statement.query_map([now, 9], |_| Ok(())).unwrap().count(), 0);
    }
    assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
}

#[test]
fn an_older_schema_is_brought_up_to_date() {
    let folder = Folder::filled(20);
    let before = bodies(&folder.open().unwrap());
    let added = "ALTER TABLE author ADD COLUMN seen INTEGER NOT NULL DEFAULT 7";
    let steps: Vec<&str> = schema::STEPS.iter().copied().chain([added]).collect();
    let store = Store::open_with(&folder.store(), SETTINGS, &steps).unwrap();
    assert_eq!(bodies(&store), before);
    drop(store);
    let db = raw(&folder.database());
    assert_eq!(db.query_row("SELECT seen FROM author", [], |row| row.get::<_, i64>(0)), Ok(7));
    let newest = schema::newest(&steps);
    assert_eq!(db.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)), Ok(newest));
}

#[test]
fn the_table_of_reports_is_gone_from_an_older_store() {
    let folder = Folder::new();
    let with_reports = &schema::STEPS[..4];
    drop(Store::open_with(&folder.store(), SETTINGS, with_reports).unwrap());
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = 'report_day'";
    let tables = || raw(&folder.database()).query_row(table, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(tables(), 1);
    folder.open().unwrap();
    assert_eq!(tables(), 0);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::filled(5);
    let newer = schema::newest(schema::STEPS) + 1;
    raw(&folder.database()).pragma_update(None, "user_version", newer).unwrap();
    let before = std::fs::read(folder.database()).unwrap();
    let known = schema::newest(schema::STEPS);
    let refused = folder.open().map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: f, known: k } if f == newer && k == known));
    assert_eq!(std::fs::read(folder.database()).unwrap(), before);
    let backed_up = backup(&folder.store(), &folder.copy(), &mut |_| ());
    assert!(matches!(backed_up, Err(BackupError::Refused(OpenError::Newer { found: f, .. })) if f == newer));
    let elsewhere = folder.0.path().join("elsewhere");
    let restored = restore(&folder.database(), &elsewhere, Epoch(2), &mut |_| ());
    assert!(matches!(restored, Err(RestoreError::Refused(OpenError::Newer { found: f, .. })) if f == newer));
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = Folder::filled(5);
    let added = ["CREATE TABLE half (a)", "INSERT INTO nowhere VALUES (1)"];
    let steps: Vec<&str> = schema::STEPS.iter().copied().chain(added).collect();
    let failed = Store::open_with(&folder.store(), SETTINGS, &steps).map(|_| ()).unwrap_err();
    assert!(matches!(failed, OpenError::Store(StoreError::Failed(_))));
    let store = folder.open().unwrap();
    assert_eq!(bodies(&store).len(), 5);
    let half = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
    assert_eq!(raw(&folder.database()).query_row(half, [], |row| row.get::<_, i64>(0)), Ok(0));
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = Folder::new();
    std::fs::create_dir(folder.store()).unwrap();
    raw(&folder.database()).execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(folder.open(), Err(OpenError::Foreign)));
    std::fs::write(folder.database(), [7; 9_000]).unwrap();
    assert!(matches!(folder.open(), Err(OpenError::Damaged)));
    let folder = Folder::filled(200);
    let bytes = std::fs::read(folder.database()).unwrap();
    std::fs::write(folder.database(), &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(folder.open(), Err(OpenError::Damaged)));
    let file = folder.0.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Store::open(&file, SETTINGS), Err(OpenError::Folder(_))));
}

/// Flips one byte after the other in a copy: what is read is what was written, or an error.
#[test]
fn a_flipped_byte_is_an_error_or_harmless() {
    let folder = Folder::filled(500);
    let intact = all(&folder.open().unwrap()).unwrap();
    let bytes = std::fs::read(folder.database()).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    for place in (0..bytes.len()).step_by(307) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        std::fs::write(folder.database(), flipped).unwrap();
        let outcome = folder.open().map(|store| all(&store).map_err(OpenError::from));
        match outcome {
            // The epoch is a number that nothing else repeats: a flipped one makes every reader begin anew.
            Ok(Ok(read)) => {
                let same = |(a, b): (&Arc<Publication>, &Arc<Publication>)| {
                    a.body == b.body && a.position.offset == b.position.offset && a.author == b.author
                };
                assert!(read.len() == intact.len() && read.iter().zip(&intact).all(same), "byte {place}");
                harmless += 1;
            }
            Ok(Err(error)) | Err(error) => {
                let damaged =
                    matches!(error, OpenError::Damaged | OpenError::Foreign | OpenError::Newer { .. });
                assert!(damaged, "byte {place}: {error}");
                noticed += 1;
            }
        }
    }
    // Much of a page is free space.
    assert!(noticed > harmless / 4, "{noticed} noticed, {harmless} harmless");
}

#[test]
fn a_full_store_keeps_what_it_has_and_takes_more_when_there_is_room() {
    let folder = Folder::new();
    let small = Settings { pages_max: Some(40), ..SETTINGS };
    let store = Store::open(&folder.store(), small).unwrap();
    let mut writer = store.writer().unwrap();
    let mut number = 0;
    let full = loop {
        let news = [new(number)];
        match writer.append(&news).and_then(Batch::commit) {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    assert_eq!(all(&store).unwrap().len(), number);
    drop((writer, store));
    let store = folder.open().unwrap();
    assert_eq!(all(&store).unwrap().len(), number);
    fill(&mut store.writer().unwrap(), number..number + 50);
    assert_eq!(all(&store).unwrap().len(), number + 50);
}

#[test]
fn a_full_schedule_takes_no_more_until_something_has_left_it() {
    let folder = Folder::filled(2);
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                INSERT INTO scheduled (deliver_at, channel, kind, audience, author, published_at, checksum, message_id, body)
                SELECT 50, 1, 0, 31, 1, 0, 0, 'w' || i, '{}' FROM n";
    let waiting = limits::SCHEDULED_MAX - 1;
    raw(&folder.database()).execute(rows, [i64::try_from(waiting).unwrap()]).unwrap();
    let store = folder.open().unwrap();
    let mut writer = store.writer().unwrap();
    assert_eq!(writer.waiting(), waiting);
    let author = AccountId::parse("other").unwrap();
    let later =
        |number| NewPublication { deliver_at: Some(SchoolTime(10)), author: author.clone(), ..new(number) };
    let news = [later(10), later(11), new(12), later(10)];
    let placed = writer.append(&news).unwrap().commit().unwrap();
    let first = |duplicate| Placed::Later { deliver_at: SchoolTime(10), duplicate };
    assert_eq!((placed[0], placed[1], placed[3]), (first(false), Placed::NoRoom, first(true)));
    assert!(matches!(placed[2], Placed::New { .. }), "what is for now has room");
    assert_eq!(writer.waiting(), limits::SCHEDULED_MAX);
    drop(writer.release(SchoolTime(10)).unwrap());
    assert_eq!(writer.waiting(), limits::SCHEDULED_MAX, "a release that is not committed takes nothing");
    let Release { news, batch, damaged } = writer.release(SchoolTime(10)).unwrap().unwrap();
    assert_eq!((news.len(), damaged), (1, 0));
    batch.commit().unwrap();
    assert!(writer.release(SchoolTime(10)).unwrap().is_none());
    assert_eq!(writer.append(&[later(11)]).unwrap().commit().unwrap(), [first(false)]);
}

#[test]
fn the_write_ahead_log_is_used_again() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mut writer = store.writer().unwrap();
    let log = folder.store().join(format!("{DATABASE}-wal"));
    let mut largest = 0;
    for number in 0..3_000 {
        fill(&mut writer, number..number + 1);
        writer.checkpoint_if_due().unwrap();
        largest = largest.max(std::fs::metadata(&log).unwrap().len());
    }
    let pages = u64::from(limits::LOG_PAGES_BEFORE_CHECKPOINT);
    assert!(largest < 2 * pages * 4_096, "{largest} bytes");
    assert!(largest > pages * 4_096, "there was more than one round");
}
