//! Tests of the store: schema, lock, damage, backup and restore, the log's size.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::base::{
    AccountId, Audience, Body, Channel, MessageId, NewPublication, Offset, Publication, Role, SchoolTime,
};

const SETTINGS: Settings = Settings {
    fresh_epoch: Epoch(1),
    pages_max: None,
};

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
        publications.extend(
            snapshot
                .after(Offset::START, Role::Student, usize::MAX)?
                .publications,
        );
    }
    Ok(publications)
}

fn bodies(store: &Store) -> Vec<String> {
    all(store)
        .unwrap()
        .iter()
        .map(|publication| publication.body.to_string())
        .collect()
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
    assert!(
        matches!(folder.open(), Err(OpenError::InUse)),
        "its writer still lives"
    );
    drop(writer);
    let other = Settings {
        fresh_epoch: Epoch(2),
        ..SETTINGS
    };
    assert_eq!(Store::open(&folder.store(), other).unwrap().epoch(), Epoch(1));
}

#[test]
fn an_older_schema_is_brought_up_to_date() {
    let folder = Folder::filled(20);
    let before = bodies(&folder.open().unwrap());
    let steps = [
        schema::STEPS[0],
        "ALTER TABLE author ADD COLUMN seen INTEGER NOT NULL DEFAULT 7",
    ];
    let store = Store::open_with(&folder.store(), SETTINGS, &steps).unwrap();
    assert_eq!(bodies(&store), before);
    drop(store);
    let db = raw(&folder.database());
    assert_eq!(
        db.query_row("SELECT seen FROM author", [], |row| row.get::<_, i64>(0)),
        Ok(7)
    );
    assert_eq!(
        db.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)),
        Ok(2)
    );
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::filled(5);
    raw(&folder.database())
        .pragma_update(None, "user_version", 9)
        .unwrap();
    let before = std::fs::read(folder.database()).unwrap();
    let known = schema::newest(schema::STEPS);
    let refused = folder.open().map(|_| ()).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 9, known: k } if k == known));
    assert_eq!(std::fs::read(folder.database()).unwrap(), before);
    let backed_up = backup(&folder.store(), &folder.copy(), &mut |_| ());
    assert!(matches!(
        backed_up,
        Err(BackupError::Refused(OpenError::Newer { found: 9, .. }))
    ));
    let elsewhere = folder.0.path().join("elsewhere");
    let restored = restore(&folder.database(), &elsewhere, Epoch(2), &mut |_| ());
    assert!(matches!(
        restored,
        Err(RestoreError::Refused(OpenError::Newer { found: 9, .. }))
    ));
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = Folder::filled(5);
    let steps = [
        schema::STEPS[0],
        "CREATE TABLE half (a)",
        "INSERT INTO nowhere VALUES (1)",
    ];
    let failed = Store::open_with(&folder.store(), SETTINGS, &steps)
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(failed, OpenError::Store(StoreError::Failed(_))));
    let store = folder.open().unwrap();
    assert_eq!(bodies(&store).len(), 5);
    let half = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
    assert_eq!(
        raw(&folder.database()).query_row(half, [], |row| row.get::<_, i64>(0)),
        Ok(0)
    );
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = Folder::new();
    std::fs::create_dir(folder.store()).unwrap();
    raw(&folder.database())
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
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
    let folder = Folder::filled(150);
    let intact = all(&folder.open().unwrap()).unwrap();
    let bytes = std::fs::read(folder.database()).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    for place in (0..bytes.len()).step_by(211) {
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
                assert!(
                    read.len() == intact.len() && read.iter().zip(&intact).all(same),
                    "byte {place}"
                );
                harmless += 1;
            }
            Ok(Err(error)) | Err(error) => {
                let damaged = matches!(
                    error,
                    OpenError::Damaged | OpenError::Foreign | OpenError::Newer { .. }
                );
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
    let small = Settings {
        pages_max: Some(40),
        ..SETTINGS
    };
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

#[test]
fn a_backup_is_one_moment_of_a_running_store() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mut writer = store.writer().unwrap();
    let news: Vec<_> = (0..6_000).map(new).collect();
    writer.append(&news).unwrap().commit().unwrap();
    let mut number = 6_000;
    let mut steps = Vec::new();
    // The hub commits between any two steps of the copy, which neither stops nor restarts it.
    let pages = backup(&folder.store(), &folder.copy(), &mut |progress| {
        steps.push(progress);
        fill(&mut writer, number..number + 1);
        number += 1;
    })
    .unwrap();
    let last = steps.last().unwrap();
    assert!(
        steps.len() > 1 && steps.is_sorted_by(|a, b| a.copied < b.copied),
        "{steps:?}"
    );
    assert_eq!((last.copied, last.total), (pages, pages));
    let elsewhere = folder.0.path().join("elsewhere");
    assert_eq!(
        restore(&folder.copy(), &elsewhere, Epoch(2), &mut |_| ()).unwrap(),
        Epoch(2)
    );
    let restored = Store::open(&elsewhere, SETTINGS).unwrap();
    assert_eq!(restored.epoch(), Epoch(2));
    let mut reader = restored.reader().unwrap();
    let last = [0, 1].map(|number| reader.snapshot(&channel(number)).unwrap().end().last.0);
    assert_eq!(last.iter().sum::<u64>(), 6_000);
    assert_eq!(bodies(&restored)[0], *new(0).body.json());
    let names = std::fs::read_dir(folder.0.path()).unwrap().count();
    assert_eq!(
        names, 3,
        "the store, the copy, and what was restored: nothing is left over"
    );
}

#[test]
fn a_backup_works_on_a_store_that_nobody_runs_and_on_one_that_was_killed() {
    let folder = Folder::filled(10);
    backup(&folder.store(), &folder.copy(), &mut |_| ()).unwrap();
    let store = folder.open().unwrap();
    let mut writer = store.writer().unwrap();
    fill(&mut writer, 10..20);
    // What a kill leaves: the database and its log, without the last connection's tidying.
    let killed = folder.0.path().join("killed");
    std::fs::create_dir(&killed).unwrap();
    for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        std::fs::copy(folder.store().join(&name), killed.join(&name)).unwrap();
    }
    let copy = folder.0.path().join("killed.db");
    backup(&killed, &copy, &mut |_| ()).unwrap();
    let elsewhere = folder.0.path().join("elsewhere");
    restore(&copy, &elsewhere, Epoch(2), &mut |_| ()).unwrap();
    assert_eq!(bodies(&Store::open(&elsewhere, SETTINGS).unwrap()).len(), 20);
}

#[test]
fn a_backup_that_fails_leaves_the_older_one() {
    let folder = Folder::filled(200);
    let empty = folder.0.path().join("empty");
    assert!(matches!(
        backup(&empty, &folder.copy(), &mut |_| ()),
        Err(BackupError::NoStore)
    ));
    let onto = backup(&folder.store(), &folder.database(), &mut |_| ());
    assert!(matches!(onto, Err(BackupError::OntoStore)));
    let onto = backup(&folder.store(), &folder.store().join("preau.db-wal"), &mut |_| ());
    assert!(matches!(onto, Err(BackupError::OntoStore)));
    for nowhere in [folder.store(), folder.0.path().join("missing/copy.db")] {
        let written = backup(&folder.store(), &nowhere, &mut |_| ());
        assert!(matches!(written, Err(BackupError::Destination(_))));
    }
    backup(&folder.store(), &folder.copy(), &mut |_| ()).unwrap();
    let good = std::fs::read(folder.copy()).unwrap();
    let mut bytes = std::fs::read(folder.database()).unwrap();
    bytes[4_096..12_288].fill(0xff);
    std::fs::write(folder.database(), bytes).unwrap();
    let damaged = backup(&folder.store(), &folder.copy(), &mut |_| ());
    assert!(
        matches!(damaged, Err(BackupError::Store(StoreError::Damaged))),
        "{damaged:?}"
    );
    assert_eq!(std::fs::read(folder.copy()).unwrap(), good);
}

#[test]
fn restoring_never_overwrites_and_always_begins_a_new_life() {
    let folder = Folder::filled(200);
    backup(&folder.store(), &folder.copy(), &mut |_| ()).unwrap();
    let restore_to =
        |name: &str, epoch| restore(&folder.copy(), &folder.0.path().join(name), epoch, &mut |_| ());
    assert!(matches!(
        restore_to("store", Epoch(2)),
        Err(RestoreError::Occupied)
    ));
    assert_eq!(
        restore_to("same", Epoch(1)).unwrap(),
        Epoch(2),
        "never the backup's own epoch"
    );
    let missing = folder.0.path().join("missing.db");
    let nothing = restore(&missing, &folder.0.path().join("a"), Epoch(2), &mut |_| ());
    assert!(matches!(nothing, Err(RestoreError::NoBackup)));
    let stray = folder.0.path().join("stray");
    std::fs::create_dir(&stray).unwrap();
    std::fs::write(stray.join("preau.db-wal"), "log").unwrap();
    assert!(matches!(
        restore_to("stray", Epoch(2)),
        Err(RestoreError::Occupied)
    ));
    let held = folder.0.path().join("held");
    std::fs::create_dir(&held).unwrap();
    let lock = Lock::take(&held).unwrap();
    assert!(matches!(
        restore_to("held", Epoch(2)),
        Err(RestoreError::Refused(OpenError::InUse))
    ));
    drop(lock);
    let mut bytes = std::fs::read(folder.copy()).unwrap();
    bytes[4_096..12_288].fill(0xff);
    std::fs::write(folder.copy(), bytes).unwrap();
    assert!(matches!(
        restore_to("held", Epoch(2)),
        Err(RestoreError::Refused(OpenError::Damaged))
    ));
    assert!(!held.join(DATABASE).exists());
    let file = folder.0.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(
        restore_to("file", Epoch(2)),
        Err(RestoreError::Folder(_))
    ));
}
