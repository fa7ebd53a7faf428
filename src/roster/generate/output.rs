//! Where generated files go: a folder or a zip.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::roster::read::Progress;

/// A folder or zip being written, one file after the other.
pub(super) struct Output<'p> {
    place: Place,
    progress: &'p mut dyn FnMut(Progress),
}

enum Place {
    Folder(PathBuf),
    Zip(Box<ZipWriter<BufWriter<File>>>),
}

/// One file being written.
pub(super) struct Sheet<'o> {
    file: &'static str,
    rows: u64,
    csv: csv::Writer<Box<dyn Write + 'o>>,
    progress: &'o mut dyn FnMut(Progress),
}

const PROGRESS_ROWS: u64 = 65_536;

impl<'p> Output<'p> {
    /// Makes the folder or the zip.
    pub(super) fn create(path: &Path, progress: &'p mut dyn FnMut(Progress)) -> io::Result<Self> {
        let place = if path.extension().is_some_and(|extension| extension == "zip") {
            Place::Zip(Box::new(ZipWriter::new(BufWriter::new(File::create(path)?))))
        } else {
            fs::create_dir_all(path)?;
            Place::Folder(path.to_owned())
        };
        Ok(Self { place, progress })
    }

    /// Begins a file with its header.
    pub(super) fn sheet(&mut self, file: &'static str, header: &str) -> io::Result<Sheet<'_>> {
        let bytes: Box<dyn Write + '_> = match &mut self.place {
            Place::Folder(folder) => Box::new(File::create(folder.join(file))?),
            Place::Zip(zip) => {
                // Without a clock: the same roster is the same bytes.
                zip.start_file(file, SimpleFileOptions::default().large_file(true))?;
                Box::new(&mut **zip)
            }
        };
        let csv = csv::WriterBuilder::new().buffer_capacity(64 * 1024).from_writer(bytes);
        let mut sheet = Sheet { file, rows: 0, csv, progress: &mut *self.progress };
        sheet.csv.write_record(header.split(','))?;
        Ok(sheet)
    }

    /// Ends the zip.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.place {
            Place::Folder(_) => Ok(()),
            Place::Zip(zip) => zip.finish()?.flush(),
        }
    }
}

impl Sheet<'_> {
    /// Writes a row as long as the header.
    pub(super) fn row<const N: usize>(&mut self, fields: [&str; N]) -> io::Result<()> {
        self.csv.write_record(fields)?;
        self.rows += 1;
        if self.rows.is_multiple_of(PROGRESS_ROWS) {
            self.tell();
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.csv.flush()?;
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        (self.progress)(Progress { file: self.file, rows: self.rows });
    }
}
