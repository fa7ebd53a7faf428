//! `preau restore PATH`: a new life of the store from a backup, in an empty data folder.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::store::{self, DrawError, RestoreError};

use super::copying::Copying;

/// Arguments of `preau restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The backup to restore.
    pub path: PathBuf,
    /// The data folder to restore into. It may not hold a database; no hub may run on it.
    #[arg(long = "data", value_name = "DIR")]
    pub folder: PathBuf,
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreCommandError {
    /// No epoch could be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// Nothing was restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The store is restored, but its progress could not be written out.
    #[error("the store is restored; its progress could not be written: {0}")]
    Output(#[source] io::Error),
}

/// Restores, and says how far it is.
///
/// # Errors
/// See [`RestoreCommandError`].
pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), RestoreCommandError> {
    let drawn = store::draw_epoch()?;
    let mut copying = Copying::new(out);
    let epoch = store::restore(&args.path, &args.folder, drawn, &mut |progress| {
        copying.note(progress);
    })?;
    let line = format!("restored into {}; its epoch is now {epoch}", args.folder.display());
    copying.end(&line).map_err(RestoreCommandError::Output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;
    use crate::store::{Settings, Store};

    #[test]
    fn a_restored_store_has_a_new_epoch() {
        let home = tempfile::tempdir().unwrap();
        let args = Args { path: home.path().join("copy.db"), folder: home.path().join("restored") };
        let mut out = Vec::new();
        let missing = run(&args, &mut out);
        assert!(matches!(missing, Err(RestoreCommandError::Restore(RestoreError::NoBackup))));
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let source = home.path().join("store");
        drop(Store::open(&source, settings).unwrap());
        store::backup(&source, &args.path, &mut |_| ()).unwrap();
        run(&args, &mut out).unwrap();
        let epoch = Store::open(&args.folder, settings).unwrap().epoch();
        assert_ne!(epoch, Epoch(1));
        assert!(String::from_utf8(out).unwrap().ends_with(&format!("its epoch is now {epoch}\n")));
        let again = run(&args, &mut Vec::new());
        assert!(matches!(again, Err(RestoreCommandError::Restore(RestoreError::Occupied))));
    }

    #[test]
    fn a_closed_terminal_does_not_undo_the_restore() {
        let home = tempfile::tempdir().unwrap();
        let args = Args { path: home.path().join("copy.db"), folder: home.path().join("restored") };
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let source = home.path().join("store");
        drop(Store::open(&source, settings).unwrap());
        store::backup(&source, &args.path, &mut |_| ()).unwrap();
        let mut closed = [0_u8; 0];
        let outcome = run(&args, &mut closed.as_mut_slice());
        assert!(matches!(outcome, Err(RestoreCommandError::Output(_))));
        assert!(Store::open(&args.folder, settings).is_ok());
    }
}
