//! The files of a roster in a folder or at the root of a zip, each read once, as a bounded stream.
//!
//! What a zip says about the size of its files is not believed: bytes are counted as they come out.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::diagnostic::{At, Code, Report};
use crate::base::limits;

/// A folder or a zip, and how large each of its files may be.
pub(super) struct Bundle {
    place: Place,
    file_bytes_max: u64,
}

enum Place {
    Folder(PathBuf),
    Zip(Box<ZipArchive<BufReader<File>>>),
}

/// One file's bytes, and the count by which its rows are bounded.
pub(super) struct Stream<'b> {
    pub(super) bytes: Box<dyn Read + 'b>,
    pub(super) since_row: Rc<Cell<usize>>,
}

impl Bundle {
    /// Opens a folder or a zip; `None` and a diagnostic if it is neither.
    pub(super) fn open(path: &Path, file_bytes_max: u64, report: &mut Report) -> Option<Self> {
        if path.is_dir() {
            let place = Place::Folder(path.to_owned());
            return Some(Self { place, file_bytes_max });
        }
        let Ok(file) = File::open(path) else {
            report.add(Code::BundleUnreadable, At::default(), "a folder or a zip");
            return None;
        };
        let bytes = file.metadata().map_or(u64::MAX, |meta| meta.len());
        if bytes > limits::ROSTER_ZIP_BYTES_MAX {
            let expected = format!("at most {} bytes", limits::ROSTER_ZIP_BYTES_MAX);
            report.add(Code::BundleTooLarge, At::default(), expected);
            return None;
        }
        let Ok(archive) = ZipArchive::new(BufReader::new(file)) else {
            report.add(Code::BundleUnreadable, At::default(), "a folder or a zip");
            return None;
        };
        if archive.len() > limits::ROSTER_ZIP_FILES_MAX {
            let expected = format!("at most {} files", limits::ROSTER_ZIP_FILES_MAX);
            report.add(Code::BundleTooLarge, At::default(), expected);
            return None;
        }
        let place = Place::Zip(Box::new(archive));
        Some(Self { place, file_bytes_max })
    }

    /// Opens one file. `Ok(None)` if there is none of that name.
    pub(super) fn stream(&mut self, name: &str) -> io::Result<Option<Stream<'_>>> {
        let bytes: Box<dyn Read + '_> = match &mut self.place {
            Place::Folder(folder) => match File::open(folder.join(name)) {
                Ok(file) => Box::new(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            },
            Place::Zip(archive) => match archive.by_name(name) {
                Ok(file) => Box::new(file),
                Err(ZipError::FileNotFound) => return Ok(None),
                Err(error) => return Err(error.into()),
            },
        };
        let since_row = Rc::new(Cell::new(0));
        let bounded = Bounded {
            bytes,
            bytes_max: self.file_bytes_max,
            left: self.file_bytes_max,
            since_row: Rc::clone(&since_row),
        };
        Ok(Some(Stream { bytes: Box::new(bounded), since_row }))
    }
}

/// Bytes that the CSV reader asks for at once.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// Which bound a stream broke, carried through the CSV reader's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Bound {
    #[error("the file is too large")]
    File { bytes_max: u64 },
    #[error("the row is too long")]
    Row,
}

struct Bounded<'b> {
    bytes: Box<dyn Read + 'b>,
    bytes_max: u64,
    left: u64,
    since_row: Rc<Cell<usize>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        let since_row = self.since_row.get() + count;
        self.since_row.set(since_row);
        // A row may end in the buffer that was filled last, so that much more may have been read.
        if since_row > limits::ROSTER_ROW_BYTES_MAX + BUFFER_BYTES {
            return Err(io::Error::other(Bound::Row));
        }
        let Some(left) = self.left.checked_sub(count as u64) else {
            let bytes_max = self.bytes_max;
            return Err(io::Error::other(Bound::File { bytes_max }));
        };
        self.left = left;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(left: u64) -> Bounded<'static> {
        Bounded { bytes: Box::new(io::repeat(b'x')), bytes_max: left, left, since_row: Rc::default() }
    }

    fn bound_of(error: &io::Error) -> Option<Bound> {
        error.get_ref().and_then(|e| e.downcast_ref().copied())
    }

    #[test]
    fn a_stream_ends_with_the_bound_that_it_breaks() {
        let mut out = Vec::new();
        let error = bounded(1_000).read_to_end(&mut out).unwrap_err();
        assert_eq!(bound_of(&error), Some(Bound::File { bytes_max: 1_000 }));
        let error = bounded(u64::MAX).read_to_end(&mut out).unwrap_err();
        assert_eq!(bound_of(&error), Some(Bound::Row));
        assert!(out.len() <= 1_000 + limits::ROSTER_ROW_BYTES_MAX + BUFFER_BYTES);
    }
}
