//! Says on the terminal how far a copy of the store is: a line for each tenth of it.

use std::io::{self, Write};

use crate::store::backup::Progress;

/// Bytes of a page of the store.
const PAGE_BYTES: u64 = 4_096;

/// Writes the lines. A failed write is kept until the copy is done, which it must not disturb.
pub(super) struct Copying<'a> {
    out: &'a mut dyn Write,
    tenths: u64,
    outcome: io::Result<()>,
}

impl<'a> Copying<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, tenths: 0, outcome: Ok(()) }
    }

    /// Notes how far the copy is.
    pub(super) fn note(&mut self, progress: Progress) {
        let tenths = progress.copied * 10 / progress.total.max(1);
        if tenths > self.tenths && self.outcome.is_ok() {
            self.tenths = tenths;
            let (copied, total) = (kib(progress.copied), kib(progress.total));
            self.outcome = writeln!(self.out, "{:>3} %  {copied} of {total} KiB", tenths * 10);
        }
    }

    /// Writes the last line.
    pub(super) fn end(self, line: &str) -> io::Result<()> {
        self.outcome?;
        writeln!(self.out, "{line}")
    }
}

/// Pages in KiB.
pub(super) fn kib(pages: u64) -> u64 {
    pages * PAGE_BYTES / 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_is_said_once() {
        let mut out = Vec::new();
        let mut copying = Copying::new(&mut out);
        for copied in [0, 1, 24, 25, 39, 40] {
            copying.note(Progress { copied, total: 40 });
        }
        copying.end("done").unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let expected = [" 60 %  96 of 160 KiB", " 90 %  156 of 160 KiB", "100 %  160 of 160 KiB", "done"];
        assert_eq!(lines, expected);
    }
}
