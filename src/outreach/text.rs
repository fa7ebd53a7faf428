//! A letter as plain text: what a screen reader, a terminal or an old telephone shows.

use std::fmt::Write as _;

use super::sheet::{Entry, Sheet};

/// The letter as text. Lines are as long as what was written.
pub(super) fn text(sheet: &Sheet) -> String {
    let mut out = String::new();
    heading(&mut out, &sheet.title, '=');
    for section in &sheet.sections {
        if let Some(words) = &section.heading {
            heading(&mut out, words, '-');
        }
        for entry in &section.entries {
            said(&mut out, entry);
        }
    }
    let _ = writeln!(out, "{}\n{}\n", sheet.open.words, sheet.open.url);
    for line in &sheet.closing {
        let _ = writeln!(out, "{line}");
    }
    if let Some(stop) = &sheet.stop {
        let _ = writeln!(out, "\n{}\n{}", stop.words, stop.url);
    }
    out
}

fn heading(out: &mut String, words: &str, rule: char) {
    let rule: String = words.chars().map(|_| rule).collect();
    let _ = writeln!(out, "{words}\n{rule}\n");
}

fn said(out: &mut String, entry: &Entry) {
    let _ = writeln!(out, "* {}", entry.title);
    let byline = Some(&entry.byline).filter(|byline| !byline.is_empty());
    for line in byline.into_iter().chain(&entry.due) {
        let _ = writeln!(out, "  {line}");
    }
    for line in entry.text.lines().chain(entry.receipt.as_deref()) {
        let line = line.trim_end();
        let indent = if line.is_empty() { "" } else { "  " };
        let _ = writeln!(out, "{indent}{line}");
    }
    for link in &entry.links {
        let _ = writeln!(out, "  {link}");
    }
    out.push('\n');
}
