//! `preau backup PATH`: a copy of the store, while the hub runs or not.
//!
//! It opens the database beside the hub and needs nothing from it: no port, no token, no pause.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::store::{self, BackupError};

use super::copying::{Copying, kib};

/// Arguments of `preau backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write. An older backup there is replaced once the new one is complete.
    pub path: PathBuf,
    /// The hub's data folder.
    #[arg(long = "data", value_name = "DIR")]
    pub folder: PathBuf,
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupCommandError {
    /// There is no new backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The backup is complete, but its progress could not be written out.
    #[error("the backup is complete; its progress could not be written: {0}")]
    Output(#[source] io::Error),
}

/// Backs up, and says how far it is.
///
/// # Errors
/// See [`BackupCommandError`].
pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), BackupCommandError> {
    let mut copying = Copying::new(out);
    let pages = store::backup(&args.folder, &args.path, &mut |progress| copying.note(progress))?;
    let line = format!("backed up {} KiB to {}; the copy was checked", kib(pages), args.path.display());
    copying.end(&line).map_err(BackupCommandError::Output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;
    use crate::store::{Settings, Store};

    #[test]
    fn a_running_store_is_backed_up() {
        let home = tempfile::tempdir().unwrap();
        let args = Args { path: home.path().join("copy.db"), folder: home.path().join("store") };
        let mut out = Vec::new();
        let missing = run(&args, &mut out);
        assert!(matches!(missing, Err(BackupCommandError::Backup(BackupError::NoStore))));
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let _store = Store::open(&args.folder, settings).unwrap();
        run(&args, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("100 %  ") && text.ends_with("; the copy was checked\n"), "{text}");
        assert!(args.path.is_file());
    }

    #[test]
    fn a_closed_terminal_does_not_undo_the_backup() {
        let home = tempfile::tempdir().unwrap();
        let args = Args { path: home.path().join("copy.db"), folder: home.path().join("store") };
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let _store = Store::open(&args.folder, settings).unwrap();
        let mut closed = [0_u8; 0];
        let outcome = run(&args, &mut closed.as_mut_slice());
        assert!(matches!(outcome, Err(BackupCommandError::Output(_))));
        assert!(args.path.is_file());
    }
}
