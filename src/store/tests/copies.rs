//! Tests of backup and restore.

use super::*;

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
    assert!(steps.len() > 1 && steps.is_sorted_by(|a, b| a.copied < b.copied), "{steps:?}");
    assert_eq!((last.copied, last.total), (pages, pages));
    let elsewhere = folder.0.path().join("elsewhere");
    assert_eq!(restore(&folder.copy(), &elsewhere, Epoch(2), &mut |_| ()).unwrap(), Epoch(2));
    let restored = Store::open(&elsewhere, SETTINGS).unwrap();
    assert_eq!(restored.epoch(), Epoch(2));
    let mut reader = restored.reader().unwrap();
    let last = [0, 1].map(|number| reader.snapshot(&channel(number)).unwrap().end().last.0);
    assert_eq!(last.iter().sum::<u64>(), 6_000);
    assert_eq!(bodies(&restored)[0], *new(0).body.json());
    let names = std::fs::read_dir(folder.0.path()).unwrap().count();
    assert_eq!(names, 3, "the store, the copy, and what was restored: nothing is left over");
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
    assert!(matches!(backup(&empty, &folder.copy(), &mut |_| ()), Err(BackupError::NoStore)));
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
    assert!(matches!(damaged, Err(BackupError::Store(StoreError::Damaged))), "{damaged:?}");
    assert_eq!(std::fs::read(folder.copy()).unwrap(), good);
}

#[test]
fn restoring_never_overwrites_and_always_begins_a_new_life() {
    let folder = Folder::filled(200);
    backup(&folder.store(), &folder.copy(), &mut |_| ()).unwrap();
    let restore_to =
        |name: &str, epoch| restore(&folder.copy(), &folder.0.path().join(name), epoch, &mut |_| ());
    assert!(matches!(restore_to("store", Epoch(2)), Err(RestoreError::Occupied)));
    assert_eq!(restore_to("same", Epoch(1)).unwrap(), Epoch(2), "never the backup's own epoch");
    let missing = folder.0.path().join("missing.db");
    let nothing = restore(&missing, &folder.0.path().join("a"), Epoch(2), &mut |_| ());
    assert!(matches!(nothing, Err(RestoreError::NoBackup)));
    let stray = folder.0.path().join("stray");
    std::fs::create_dir(&stray).unwrap();
    std::fs::write(stray.join("preau.db-wal"), "log").unwrap();
    assert!(matches!(restore_to("stray", Epoch(2)), Err(RestoreError::Occupied)));
    let held = folder.0.path().join("held");
    std::fs::create_dir(&held).unwrap();
    let lock = Lock::take(&held).unwrap();
    assert!(matches!(restore_to("held", Epoch(2)), Err(RestoreError::Refused(OpenError::InUse))));
    drop(lock);
    let mut bytes = std::fs::read(folder.copy()).unwrap();
    bytes[4_096..12_288].fill(0xff);
    std::fs::write(folder.copy(), bytes).unwrap();
    assert!(matches!(restore_to("held", Epoch(2)), Err(RestoreError::Refused(OpenError::Damaged))));
    assert!(!held.join(DATABASE).exists());
    let file = folder.0.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(restore_to("file", Epoch(2)), Err(RestoreError::Folder(_))));
}
