//! A letter, or a page that it leads to, as HTML that needs nothing from anywhere: no image, no sheet of styles, no script,
//! no table for its looks. Headings are headings, in their order, and the language is said, so that it can be read aloud.

use std::fmt::Write as _;

use super::sheet::{Entry, Sheet};
use super::words::Words;

/// Dark on white at 12:1 and more; lines short enough to read.
const BODY: &str = "margin:0 auto;padding:16px;max-width:40em;background:#ffffff;color:#1b1b1b;\
    font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif";
/// What is less important, still at 7:1.
const QUIET: &str = "color:#4a4a4a;margin:0 0 4px";
/// Links keep their underline: colour alone tells nothing.
const LINK: &str = "color:#0b4f8a";

/// The letter as HTML.
pub(super) fn letter(sheet: &Sheet, words: &Words) -> String {
    let mut main = format!("<h1 style=\"font-size:24px\">{}</h1>\n", escaped(&sheet.title));
    for section in &sheet.sections {
        let level = if section.heading.is_some() { 3 } else { 2 };
        if let Some(heading) = &section.heading {
            let _ = writeln!(main, "<h2 style=\"font-size:20px\">{}</h2>", escaped(heading));
        }
        for entry in &section.entries {
            said(&mut main, entry, level, words);
        }
    }
    let _ = writeln!(main, "<p>{}</p>", link(&sheet.open.url, &sheet.open.words));
    let mut footer = String::new();
    for line in &sheet.closing {
        let _ = writeln!(footer, "<p style=\"{QUIET}\">{}</p>", escaped(line));
    }
    if let Some(stop) = &sheet.stop {
        let _ = writeln!(footer, "<p>{}</p>", link(&stop.url, &stop.words));
    }
    let content = format!(
        "<main>\n{main}</main>\n<footer style=\"border-top:1px solid #767676\">\n{footer}</footer>\n"
    );
    document(&sheet.title, words, &content)
}

/// A page with a question or an answer, and a button if there is something to press.
pub(super) fn page(title: &str, text: &str, button: Option<(&str, &str)>, words: &Words) -> String {
    let mut main =
        format!("<h1 style=\"font-size:24px\">{}</h1>\n<p>{}</p>\n", escaped(title), escaped(text));
    if let Some((action, label)) = button {
        let _ = writeln!(
            main,
            "<form method=\"post\" action=\"{}\"><button style=\"font-size:18px;padding:12px 20px\">{}</button></form>\n\
             <p>{}</p>",
            escaped(action),
            escaped(label),
            escaped(&words.urgent_goes_on)
        );
    }
    document(title, words, &format!("<main>\n{main}</main>\n"))
}

fn document(title: &str, words: &Words, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
         <body style=\"{BODY}\">\n{content}</body>\n</html>\n",
        words.language,
        escaped(title)
    )
}

fn said(out: &mut String, entry: &Entry, level: u8, words: &Words) {
    let _ = writeln!(
        out,
        "<h{level} style=\"font-size:17px;margin-bottom:4px\">{}</h{level}>",
        escaped(&entry.title)
    );
    if !entry.byline.is_empty() {
        let _ = writeln!(out, "<p style=\"{QUIET}\">{}</p>", escaped(&entry.byline));
    }
    if let Some(due) = &entry.due {
        let _ = writeln!(out, "<p style=\"margin:0 0 4px\"><strong>{}</strong></p>", escaped(due));
    }
    for paragraph in entry.text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let lines: Vec<String> = paragraph.trim().lines().map(|line| escaped(line.trim_end())).collect();
        let _ = writeln!(out, "<p>{}</p>", lines.join("<br>\n"));
    }
    if !entry.links.is_empty() {
        let _ = writeln!(out, "<p style=\"margin-bottom:0\">{}</p>\n<ul>", escaped(&words.links));
        for url in &entry.links {
            let _ = writeln!(out, "<li>{}</li>", link(url, url));
        }
        out.push_str("</ul>\n");
    }
    if let Some(receipt) = &entry.receipt {
        let _ = writeln!(out, "<p>{}</p>", escaped(receipt));
    }
}

fn link(url: &str, words: &str) -> String {
    format!("<a style=\"{LINK}\" href=\"{}\">{}</a>", escaped(url), escaped(words))
}

/// The text where markup would mean something, also between double quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
