//! Letters as their readers get them: the golden ones, and what must never stand in one.

use std::path::Path;

use super::html;
use super::message::{Sender, WriteError};
use super::samples;
use super::seals::Seals;
use super::settings::Settings;
use super::sheet::{Layout, Sheet};
use super::text::text;
use super::words::Words;
use crate::base::body::Announcement;
use crate::base::{AccountId, Language, MachineTime};

const URL: &str = "https://preau.test";

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn words(language: &str) -> &'static Words {
    Words::of(&Language::parse(language).unwrap()).unwrap()
}

/// The digest for a guardian of two.
fn sheet(language: &str) -> Sheet {
    let roster = samples::roster();
    let key = Seals::new(&[7; 32]).stop_key(&account("g-both"));
    Layout { words: words(language), roster: &roster, public_url: URL }
        .digest(&samples::digest(language), &key)
}

fn sender() -> Sender {
    let (from, name) = ("ecole@preau.test".to_owned(), "École du Préau".to_owned());
    Sender::of(&Settings { from, name, ..Settings::default() }).unwrap()
}

/// Compares with a file of `tests/fixtures/letters`, where the letters can be looked at in a browser.
fn is_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/letters").join(name);
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    if golden != found {
        let aside = std::env::temp_dir().join(name);
        std::fs::write(&aside, found).unwrap();
        panic!("{} is not what is written now; that lies in {}", path.display(), aside.display());
    }
}

#[test]
fn the_golden_letters_are_what_is_written() {
    for language in ["fr", "en"] {
        is_golden(&format!("digest.{language}.txt"), &text(&sheet(language)));
        is_golden(&format!("digest.{language}.html"), &html::letter(&sheet(language), words(language)));
    }
}

#[test]
fn a_letter_needs_nothing_from_anywhere_and_can_be_read_aloud() {
    for language in ["fr", "en"] {
        let html = html::letter(&sheet(language), words(language));
        for banned in ["<img", "<table", "<script", "<style", "<link", "<iframe", "src=", "url(", "@import"] {
            assert!(!html.contains(banned), "{banned}");
        }
        assert!(html.contains(&format!("<html lang=\"{language}\">")));
        let levels: Vec<&str> = html.match_indices("<h").map(|(at, _)| &html[at + 2..at + 3]).collect();
        let headings: Vec<u8> = levels.iter().filter_map(|level| level.parse().ok()).collect();
        assert_eq!(headings, [1, 2, 3, 2, 3, 2, 3, 3], "headings in their order");
        assert!(html.contains("Si x &lt; y &amp; z, &lt;b&gt;pas&lt;/b&gt;"), "words are words");
        assert!(html.contains("sujet=&quot;2&quot;"));
    }
}

#[test]
fn no_guardian_reads_of_another() {
    for language in ["fr", "en"] {
        let sheet = sheet(language);
        let all = text(&sheet) + &html::letter(&sheet, words(language));
        let hidden = ["Marie", "Jean", "Lenoir", "Rose", "Zoé", "maison.test", "g-one", "g-both", "dupont@"];
        for hidden in hidden {
            assert!(!all.contains(hidden), "{hidden}");
        }
        assert!(all.contains("Paul Dupont") && all.contains("Ada") && !all.contains("Petit"), "{all}");
    }
}

#[test]
fn a_letter_has_the_headers_that_mailboxes_go_by() {
    let (to, at) = ("famille@maison.test", MachineTime(1_796_058_000_000));
    let write = || sender().write(&sheet("fr"), words("fr"), (to, "digest.2026-11-30.ab", at)).unwrap();
    let bytes = write().bytes;
    assert_eq!(bytes, write().bytes, "a letter that is sent again is the same");
    let message = String::from_utf8(bytes).unwrap();
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    for line in [
        "Message-ID: <digest.2026-11-30.ab@preau.test>",
        "To: famille@maison.test",
        "Date: Mon, 30 Nov 2026 17:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "List-Id: <preau.preau.test>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(head.contains("List-Unsubscribe: <https://preau.test/v1/unsubscribe?key="), "{head}");
    assert!(head.contains("multipart/alternative"), "{head}");
    assert!(message.is_ascii() && body.lines().all(|line| line.len() <= 998));
}

#[test]
fn an_urgent_letter_has_no_link_that_stops_it_and_says_why_it_comes() {
    let roster = samples::roster();
    let layout = Layout { words: words("fr"), roster: &roster, public_url: URL };
    let item = Announcement::new("Fuite\nde gaz", "Venez chercher vos enfants.");
    let sheet = layout.urgent(&item, &Language::french());
    assert_eq!(sheet.subject, "Urgent : Fuite de gaz");
    let name = ("famille@maison.test", "urgent.ab", MachineTime(0));
    let message = String::from_utf8(sender().write(&sheet, words("fr"), name).unwrap().bytes).unwrap();
    assert!(!message.contains("List-Unsubscribe"));
    assert!(text(&sheet).contains(&words("fr").urgent_why));
}

#[test]
fn an_address_that_is_none_gets_no_letter() {
    for wrong in ["", "famille", "a b@c.test", "a@b.test\r\nBcc: x@y.test", "a@b.test, c@d.test"] {
        let written = sender().write(&sheet("fr"), words("fr"), (wrong, "n", MachineTime(0)));
        assert_eq!(written.err(), Some(WriteError::Address), "{wrong}");
    }
}
