//! The handbook is tried: every command of `docs/handbook/` is run, in the order of its page, by a shell in a folder of its
//! own, against the real binary; every file that it shows is written there and used; what it says is printed, is printed.
//!
//! What can't be run on the machine of a test says so on the page ("*Not run by the tests: …*"), and is counted here. A
//! block of code that is none of these fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod block;
mod output;
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use block::{Block, Part};
use shell::Shell;

/// Each chapter, with how many of its blocks are not run: one more is a decision, not an accident.
const CHAPTERS: [(&str, usize); 4] =
    [("README.md", 0), ("integrator.md", 0), ("operator.md", 3), ("teacher.md", 0)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn chapter(name: &str) -> Vec<Block> {
    block::blocks(&read(&format!("docs/handbook/{name}"))).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// What stands on the page, and what a test puts in its place: folders that belong to the machine.
fn replacements(folder: &Path) -> Vec<(&'static str, String)> {
    let within = |path: &str| format!("{}{path}", folder.display());
    vec![
        ("/etc/preau", within("/etc/preau")),
        ("/srv/preau", within("/srv/preau")),
        ("/var/lib/preau", within("/var/lib/preau")),
        ("/var/backups/preau", within("/var/backups/preau")),
        // Last: where the repository lies is nothing to replace.
        ("/opt/preau", root().display().to_string()),
        // What `make setup` has fetched stands for the registry.
        ("ws@8.23.0", root().join("tests/foreign/node_modules/ws").display().to_string()),
    ]
}

/// Runs a chapter from its first block to its last, and says what was done.
fn run(name: &str) -> String {
    let blocks = chapter(name);
    let mut shell = Shell::open(replacements);
    let mut printed = Vec::new();
    let (mut run, mut compared) = (0, 0);
    for Block { line, part, text } in &blocks {
        let told = |why: String| format!("docs/handbook/{name}, line {line}: {why}");
        match part {
            Part::Command => {
                printed = shell.run(text).unwrap_or_else(|why| panic!("{}", told(why)));
                run += 1;
            }
            Part::File(path) => shell.write(path, text),
            Part::Output => {
                output::compare(text, &printed).unwrap_or_else(|why| panic!("{}", told(why)));
                compared += 1;
            }
            Part::NotRun => {}
        }
    }
    let unrun = CHAPTERS.iter().find(|(chapter, _)| *chapter == name).unwrap().1;
    assert!(run > 0 && compared > 0, "{name} has nothing to run");
    format!("{name}: {run} blocks run, {compared} outputs compared, {unrun} not run")
}

#[test]
fn what_the_operator_reads_is_so() {
    println!("{}", run("operator.md"));
}

#[test]
fn what_the_integrator_reads_is_so() {
    println!("{}", run("integrator.md"));
}

#[test]
fn every_chapter_is_known_and_no_block_is_left_out() {
    let folder = fs::read_dir(root().join("docs/handbook")).unwrap();
    let there: BTreeSet<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let known: BTreeSet<String> = CHAPTERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, known);
    for (name, unrun) in CHAPTERS {
        let blocks = chapter(name);
        let count = blocks.iter().filter(|block| matches!(block.part, Part::NotRun)).count();
        assert_eq!(count, unrun, "{name}: blocks that are not run");
        let is_run = matches!(name, "operator.md" | "integrator.md");
        assert!(is_run || blocks.is_empty(), "{name} has blocks, and no test runs them");
    }
}

/// What the service runs is what the operator tried by hand in the chapter before.
#[test]
fn the_unit_runs_what_the_chapter_has_run() {
    let blocks = chapter("operator.md");
    let commands: Vec<&str> = blocks
        .iter()
        .filter(|block| matches!(block.part, Part::Command))
        .flat_map(|block| block.text.lines())
        .collect();
    let unit = read("deploy/preau.service");
    let starts = unit.lines().filter_map(|line| line.split_once('='));
    let starts: Vec<&str> =
        starts.filter(|(key, _)| key.starts_with("ExecStart")).map(|(_, command)| command).collect();
    assert_eq!(starts.len(), 2, "{starts:?}");
    for start in starts {
        let command = start.strip_prefix("/usr/local/bin/").unwrap();
        assert!(commands.iter().any(|line| line.starts_with(command)), "{command} is not tried");
    }
}

/// The unit as systemd itself reads it, on machines that have it.
#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("preau.service");
    // It looks for the program, which is not installed here.
    let text = read("deploy/preau.service").replace("/usr/local/bin/preau", env!("CARGO_BIN_EXE_preau"));
    fs::write(&unit, text).unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&unit).output() else {
        println!("not checked: there is no systemd-analyze on this machine");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("preau.service")).collect();
    assert!(ours.is_empty(), "{said}");
}

/// The words of the pages in French, as the program has them.
fn words() -> String {
    let folder = fs::read_dir(root().join("web/app/src/i18n")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let is_french = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("fr") || !name.starts_with("en")
    };
    files.filter(is_french).map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// What stands in bold on a page: the labels that somebody is told to look for.
fn labels(page: &str) -> Vec<&str> {
    page.split("**").skip(1).step_by(2).collect()
}

#[test]
fn the_labels_of_the_teachers_chapter_stand_on_the_pages() {
    let page = read("docs/handbook/teacher.md");
    let (labels, words) = (labels(&page), words());
    assert!(labels.len() > 20, "the chapter names what to click: {}", labels.len());
    let missing: Vec<&&str> = labels.iter().filter(|label| !words.contains(**label)).collect();
    assert!(missing.is_empty(), "the pages have no such words: {missing:?}");
    assert_eq!(self::labels("a **b** c **d**"), ["b", "d"]);
}
