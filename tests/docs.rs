//! The pages of the protocol tell the truth: tables, limits and examples of `docs/PROTOCOL.md` are those of the code and the
//! golden frames, and `docs/asyncapi.yaml` describes them.
//!
//! Each check is a function from a page to findings, so that the tests can show that it refuses a page that is wrong.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use preau::base::limits;
use preau::protocol::close::Retry;
use preau::protocol::{CloseCode, ErrorCode};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn page() -> String {
    read("docs/PROTOCOL.md")
}

// --- Tables -------------------------------------------------------------------------------------------------------

/// The rows of the table under a heading, each as its cells without backticks; its head and rule left out.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    let rows = section.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::to_owned).collect());
    cells.skip(1).collect()
}

/// A word in backticks, without them.
fn word(cell: Option<&String>) -> String {
    let quoted = cell.and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
    quoted.unwrap_or_default().to_owned()
}

fn errors(page: &str) -> Vec<(String, String)> {
    let rows = table(page, "## Errors").into_iter();
    rows.map(|row| (word(row.first()), row.get(1).cloned().unwrap_or_default().replace('`', ""))).collect()
}

fn closes(page: &str) -> Vec<(String, String, String)> {
    let rows = table(page, "## Closing").into_iter();
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    rows.map(|row| (cell(&row, 0), word(row.get(1)), cell(&row, 2))).collect()
}

fn known_errors() -> Vec<(String, String)> {
    let row = |code: &ErrorCode| (code.as_str().to_owned(), code.meaning().replace('`', ""));
    ErrorCode::ALL.iter().map(row).collect()
}

fn known_closes() -> Vec<(String, String, String)> {
    let retry = |code: CloseCode| match code.retry() {
        Retry::Never => "never",
        Retry::Within => "within",
        Retry::AtOnce => "at once",
    };
    let codes = CloseCode::ALL.into_iter();
    codes.map(|code| (code.number().to_string(), code.as_str().to_owned(), retry(code).to_owned())).collect()
}

#[test]
fn the_table_of_errors_is_the_codes() {
    let page = page();
    assert_eq!(errors(&page), known_errors());
    assert_ne!(errors(&page.replace("| `busy` |", "| `bussy` |")), known_errors());
    assert_ne!(errors(&page.replace("nothing was stored.", "something was stored.")), known_errors());
}

#[test]
fn the_table_of_closes_is_the_codes() {
    let page = page();
    assert_eq!(closes(&page), known_closes());
    assert_ne!(closes(&page.replace("| 4100 |", "| 4109 |")), known_closes());
    assert_ne!(closes(&page.replace("`idle` | at once", "`idle` | never")), known_closes());
}

// --- Limits -------------------------------------------------------------------------------------------------------

/// A limit as digits: durations in milliseconds.
trait Digits {
    fn digits(self) -> String;
}

impl Digits for usize {
    fn digits(self) -> String {
        self.to_string()
    }
}

impl Digits for u32 {
    fn digits(self) -> String {
        self.to_string()
    }
}

impl Digits for Duration {
    fn digits(self) -> String {
        self.as_millis().to_string()
    }
}

/// Limits by their name in the code, as the page writes them: thousands apart.
macro_rules! limits {
    ($($name:ident),+ $(,)?) => {
        vec![$((stringify!($name).to_owned(), thousands(&limits::$name.digits()))),+]
    };
}

fn thousands(digits: &str) -> String {
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// What a client can run into, in the order of the page.
fn known_limits() -> Vec<(String, String)> {
    limits![
        MESSAGE_BYTES_MAX,
        MESSAGE_FRAMES_MAX,
        MESSAGE_DEPTH_MAX,
        ID_BYTES_MAX,
        TOKEN_BYTES_MAX,
        SUBSCRIPTIONS_MAX,
        LAST_MAX,
        READ_SCAN_MAX,
        POST_TEXT_CHARS_MAX,
        QUESTION_TEXT_CHARS_MAX,
        NOTICE_TEXT_CHARS_MAX,
        TITLE_CHARS_MAX,
        REASON_CHARS_MAX,
        LINKS_MAX,
        LINK_CHARS_MAX,
        TRANSLATIONS_MAX,
        ITEM_ID_BYTES_MAX,
        REMINDER_ENTRIES_MAX,
        DIGEST_TEXT_CHARS_MAX,
        MESSAGES_PER_SECOND,
        PUBLISHES_PER_SECOND,
        PUBLISHES_IN_FLIGHT_MAX,
        REFUSALS_PER_SECOND,
        HEARTBEAT_INTERVAL,
        IDLE_DEADLINE,
        STALL_DEADLINE,
        CLOSE_DEADLINE,
        SEAT_TTL,
        HANDSHAKE_DEADLINE,
        HTTP_WRITE_DEADLINE,
        CLOSE_REASON_BYTES_MAX,
    ]
}

fn stated_limits(page: &str) -> Vec<(String, String)> {
    let rows = table(page, "## Limits").into_iter();
    rows.map(|row| (word(row.get(3)), row.get(1).cloned().unwrap_or_default())).collect()
}

#[test]
fn the_table_of_limits_is_the_code() {
    let page = page();
    assert_eq!(stated_limits(&page), known_limits());
    assert_ne!(stated_limits(&page.replace("| 65,536 |", "| 65,535 |")), known_limits());
    assert_eq!(thousands("1234567"), "1,234,567");
}

/// What holds memory, in the order of `docs/LIMITS.md`.
#[test]
fn the_page_of_limits_states_the_bounds_of_the_code() {
    let page = fs::read_to_string(root().join("docs/LIMITS.md")).expect("the page can be read");
    let headings = ["## Per connection", "## Per shard", "## For the whole hub"];
    let rows = headings.into_iter().flat_map(|heading| table(&page, heading));
    let stated: Vec<_> =
        rows.map(|row| (word(row.get(3)), row.get(1).cloned().unwrap_or_default())).collect();
    let known = limits![
        SUBSCRIPTIONS_MAX,
        OUTBOX_BYTES_MAX,
        SLOW_READER_BYTES,
        OUTBOX_REPLY_BYTES_MAX,
        PUBLISHES_IN_FLIGHT_MAX,
        SOCKET_UNSENT_BYTES_MAX,
        STALLED_SOCKET_BYTES,
        SHARD_INBOX_MAX,
        PARTIAL_BYTES_MAX,
        ENCODED_BYTES_MAX,
        WIDE_LANE_MAX,
        REPLAYS_IN_FLIGHT_MAX,
        READ_PAGE_BYTES_MAX,
        QUEUE_POOL_MIB,
        HTTP_CONNECTIONS_MAX,
        HTTP_UNFINISHED_MAX,
        PUBLISH_QUEUE_MAX,
        READ_QUEUE_MAX,
        TAIL_BYTES_MAX,
        NAMES_KEPT_MAX,
        TOKENS_REMEMBERED_MAX,
        SPENT_SEATS_MAX,
        SESSIONS_PER_ACCOUNT_MAX,
        WAITING_MINUTES_MAX,
        DIGEST_PARTS_BYTES_MAX,
        DIGEST_QUEUE_MAX,
        DIGEST_ENTRIES_MAX,
        EVENINGS_MAX,
        EVICTIONS_MAX,
        ITEM_PLACES_MAX,
        ITEM_VERSIONS_MAX,
        BATCH_MAX,
        BATCH_BYTES_MAX,
        REPLACEMENTS_MAX,
        WATCHERS_MAX,
        BEATS_MAX,
        GLANCE_SCHOOLS_MAX,
        GLANCES_MAX,
        STANDING_OUT_MAX,
        KICKS_MAX,
        LINK_CUTS_MAX,
        ERASURES_WAITING_MAX,
        LEAVERS_ERASED_MAX,
        EXPORT_ROWS_MAX,
        BULLETINS_BYTES_MAX,
        LOGINS_MAX,
        LOGINS_PER_ACCOUNT_MAX,
        LOGINS_ENDED_MAX,
        LOGIN_ATTEMPTS_SPENT_MAX,
        LOGOUT_TOKENS_SEEN_MAX,
        LOGIN_ADDRESSES_RATED_MAX,
        PROVIDER_REDEEMING_MAX,
        PROVIDER_ANSWER_BYTES_MAX,
        SCHOOLS_COUNTED_MAX,
        HTTP_ACCOUNTS_RATED_MAX,
    ];
    assert_eq!(stated, known);
}

/// Each limit of a body stands a second time where its kind is described.
#[test]
fn the_prose_about_bodies_states_the_same_limits() {
    let page = page();
    let stated = |text: String| assert!(page.contains(&text), "the page does not say: {text}");
    let post = thousands(&limits::POST_TEXT_CHARS_MAX.digits());
    let notice = thousands(&limits::NOTICE_TEXT_CHARS_MAX.digits());
    let title = thousands(&limits::TITLE_CHARS_MAX.digits());
    let link = thousands(&limits::LINK_CHARS_MAX.digits());
    stated(format!("| `post` | `text` | required, not blank, at most {post} characters |"));
    let question = limits::QUESTION_TEXT_CHARS_MAX;
    stated(format!("| `question` | `text` | required, not blank, at most {question} characters |"));
    stated(format!("| `announcement` | `title` | required, not blank, at most {title} characters |"));
    stated(format!("| | `text` | required, not blank, at most {notice} characters |"));
    stated(format!("| `assignment` | `title` | required, not blank, at most {title} characters |"));
    stated(format!("| | `text` | required, may be empty, at most {notice} characters |"));
    stated(format!("| | `subject` | at most {title} characters;"));
    stated(format!(
        "| | `links` | at most {}, each `https://…` with a host, no white space, at most {link} characters;",
        limits::LINKS_MAX
    ));
    let (ping, idle) = (limits::HEARTBEAT_INTERVAL.as_secs(), limits::IDLE_DEADLINE.as_secs());
    stated(format!("silent for {ping} seconds and closes it with `idle` after {idle} seconds"));
    stated(format!("first ping comes up to {} seconds early", ping / 2));
    stated(format!("takes no bytes for {} seconds", limits::STALL_DEADLINE.as_secs()));
    stated(format!("At most {} publishes of a connection", limits::PUBLISHES_IN_FLIGHT_MAX));
}

// --- Frames -------------------------------------------------------------------------------------------------------

/// Every golden frame but the one that shows a field of a later version.
fn golden() -> BTreeSet<String> {
    let mut frames = BTreeSet::new();
    for side in ["client", "server"] {
        let folder = root().join("tests/fixtures/protocol").join(side);
        for entry in fs::read_dir(&folder).expect("the fixtures are there") {
            let path = entry.expect("the folder can be read").path();
            if !path.ends_with("unknown-field.json") {
                let frame = fs::read_to_string(&path).expect("a fixture can be read");
                frames.insert(frame.trim_end().to_owned());
            }
        }
    }
    frames
}

/// The frames that the page shows.
fn shown(page: &str) -> BTreeSet<String> {
    let frames = page.lines().filter(|line| line.starts_with(r#"{"type":"#));
    frames.map(str::to_owned).collect()
}

/// Types of frames that have no section of their own.
fn undocumented(page: &str, frames: &BTreeSet<String>) -> Vec<String> {
    let types = frames.iter().filter_map(|frame| frame.split('"').nth(3));
    let types: BTreeSet<&str> = types.collect();
    let has_section = |kind: &str| page.lines().any(|line| line == format!("#### `{kind}`"));
    let missing = types.into_iter().filter(|kind| !has_section(kind));
    missing.map(str::to_owned).collect()
}

#[test]
fn every_golden_frame_is_an_example_and_its_type_has_a_section() {
    let (page, golden) = (page(), golden());
    assert!(golden.len() >= 20, "only {} golden frames", golden.len());
    assert_eq!(shown(&page), golden);
    assert_eq!(undocumented(&page, &golden), [""; 0]);
    let without = page.replace("#### `behind`", "#### behind");
    assert_eq!(undocumented(&without, &golden), ["behind"]);
}

// --- AsyncAPI -----------------------------------------------------------------------------------------------------

/// Runs the check of `docs/asyncapi.yaml` over a tree.
fn asyncapi(tree: &Path) -> Output {
    let python = root().join(".cache/venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run `make setup`, which installs what the tests need",
        python.display()
    );
    Command::new(python)
        .arg(root().join("tests/foreign/asyncapi.py"))
        .arg(tree)
        .output()
        .expect("python can be run")
}

/// What the check says about a copy of the tree in which a file was changed.
fn complaint(path: &str, from: &str, to: &str) -> String {
    let copy = tempfile::tempdir().expect("a folder");
    for folder in [
        "docs",
        "tests/fixtures/protocol",
        "tests/fixtures/protocol/client",
        "tests/fixtures/protocol/server",
    ] {
        let target = copy.path().join(folder);
        fs::create_dir_all(&target).expect("a folder can be made");
        for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
            let entry = entry.expect("the folder can be read").path();
            if entry.is_file() {
                let name = entry.file_name().expect("a file has a name");
                fs::copy(&entry, target.join(name)).expect("a file can be copied");
            }
        }
    }
    let text = read(path);
    assert!(text.contains(from), "{path} does not hold {from}");
    fs::write(copy.path().join(path), text.replacen(from, to, 1)).expect("a file can be written");
    let output = asyncapi(copy.path());
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{path}: {from} -> {to}: {complaint}");
    complaint
}

#[test]
fn the_asyncapi_document_describes_the_golden_frames() {
    let output = asyncapi(&root());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}");
    assert_eq!(out.trim_end(), format!("{} frames, 29 messages", golden().len() + 1));
}

#[test]
fn the_asyncapi_check_refuses_each_kind_of_drift() {
    const DOCUMENT: &str = "docs/asyncapi.yaml";
    const FRAMES: &str = "tests/fixtures/protocol";
    let pong = format!("{FRAMES}/server/pong.json");
    let cases = [
        (DOCUMENT, "asyncapi: 3.0.0", "asyncapi: 2.6.0", "is not version 3"),
        (DOCUMENT, "\noperations:", "\noperation:", "operations: is missing"),
        (DOCUMENT, "action: receive", "action: subscribe", "send or receive"),
        (DOCUMENT, "schemas/From'", "schemas/Form'", "leads nowhere"),
        (DOCUMENT, "        - busy\n", "", "ErrorCode"),
        (DOCUMENT, "code: idle, retry: at_once", "code: idle, retry: never", "x-close-codes"),
        (DOCUMENT, "maxLength: 4000", "maxLength: 4001", "POST_TEXT_CHARS_MAX"),
        (DOCUMENT, "      minItems: 1\n", "", "takes what the hub refuses"),
        (DOCUMENT, "type: pong, id: 8", "type: pong, id: 9", "example pong"),
        (&pong, r#""id":8"#, r#""id":"8""#, "is not of type 'integer'"),
        (&pong, r#""id":8"#, r#""id":8,"new":1"#, "does not name"),
        (&pong, r#""pong""#, r#""pang""#, "no message of type pang"),
    ];
    for (path, from, to, expected) in cases {
        let complaint = complaint(path, from, to);
        assert!(complaint.contains(expected), "{from} -> {to}: {complaint}");
    }
}
