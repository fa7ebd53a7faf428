//! Small files that the hub keeps or watches: the embedded issuer's key, key sets, the roster's stamp.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// What tells that a file has changed: its time of change and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<std::time::SystemTime>,
    bytes: u64,
}

/// The stamp of a file; `None` if there is none.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let facts = fs::metadata(path).ok()?;
    Some(Stamp { modified: facts.modified().ok(), bytes: facts.len() })
}

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
/// The operating system's; [`io::ErrorKind::FileTooLarge`] beyond the bound.
pub fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let bytes = read_up_to(path, bytes_max.saturating_add(1))?;
    if bytes.len() > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Reads a file, or as many of its first bytes.
///
/// # Errors
/// The operating system's.
pub fn read_up_to(path: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    let bound = u64::try_from(bytes).unwrap_or(u64::MAX);
    File::open(path)?.take(bound).read_to_end(&mut first)?;
    Ok(first)
}

/// Writes a file that only its owner may read, if there is none; whether it was written.
///
/// # Errors
/// The operating system's.
pub fn create_secret(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    // Written aside and linked: nobody reads half a key, and of two that come at once one wins.
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let written = write_secret(&aside, bytes).and_then(|()| match fs::hard_link(&aside, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    });
    let removed = fs::remove_file(&aside);
    let created = written?;
    removed?;
    Ok(created)
}

fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file whole that only its owner may read, in the place of what was there.
///
/// # Errors
/// The operating system's.
pub fn replace_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        // Whatever mode it had, it is not written into.
        _ => write_secret(&aside, bytes)?,
    }
    fs::rename(&aside, path)
}

/// Writes a file whole: a reader sees the old text or the new one.
///
/// # Errors
/// The operating system's.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let aside = path.with_extension("new");
    fs::write(&aside, text)?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(create_secret(&path, b"first").unwrap());
        assert!(!create_secret(&path, b"second").unwrap());
        assert_eq!(read(&path, 5).unwrap(), b"first");
        assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_changed_file_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        assert_eq!(stamp(&path), None);
        replace(&path, "a").unwrap();
        let first = stamp(&path);
        replace(&path, "ab").unwrap();
        assert!(first.is_some() && stamp(&path) != first);
    }
}
