//! The habits of the tree as tests: layers, sizes, names, headers, pages that tell the truth.
//!
//! Each rule is a pure function from text to findings in a file of its own, with samples that prove it can fail. This
//! file only lays the rules over the tree. What a rule lets pass stands in `tidy/exception.rs`, each with its reason;
//! an exception that nothing needs any more fails too.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "tidy/exception.rs"]
mod exception;
#[path = "tidy/finding.rs"]
mod finding;
#[path = "tidy/habits.rs"]
mod habits;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/reach.rs"]
mod reach;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tree.rs"]
mod tree;

use finding::{Finding, Rule};
use reach::Sources;
use source::Source;
use tree::Tree;

/// Where Rust of ours lies.
const RUST: [&str; 5] = ["src/", "tests/", "loadtest/", "benches/", "fuzz/"];
/// Where programs in other languages lie.
const SCRIPTS: [&str; 3] = ["web/", "tests/", "scripts/"];

/// Every finding of a rule over the tree, exceptions taken out.
fn check(rule: Rule, find: impl Fn(&Tree, &mut Vec<Finding>)) {
    let tree = Tree::read().expect("the tree can be read");
    let mut findings = Vec::new();
    find(&tree, &mut findings);
    let verdict = exception::judge(rule, exception::EXCEPTIONS, findings);
    assert!(verdict.is_empty(), "{} found:\n{}", verdict.len(), verdict.join("\n"));
}

/// Every Rust file below the given folders, read.
fn sources(tree: &Tree, folders: &[&str]) -> Sources {
    let read = |path| Source::parse(path, &tree.text(path)).expect("each Rust file is Rust");
    let files = tree.below(folders, &["rs"]);
    let mut sources: Sources = files.map(|path| (path.to_owned(), read(path))).collect();
    assert!(!sources.is_empty(), "no Rust file below {folders:?}: the rule looks at nothing");
    reach::mark_tests(&mut sources);
    sources
}

#[test]
fn imports_go_down_only() {
    check(Rule::Layers, |tree, findings| {
        for (path, source) in &sources(tree, &["src/"]) {
            findings.extend(layers::findings(path, source));
        }
    });
}

#[test]
fn every_file_of_the_crates_is_reachable() {
    check(Rule::Reach, |tree, findings| {
        for root in ["src/", "loadtest/src/"] {
            findings.extend(reach::findings(root, &sources(tree, &[root])));
        }
    });
}

#[test]
fn files_and_functions_stay_short() {
    check(Rule::Size, |tree, findings| {
        for path in tree.below(&RUST, &["rs"]).chain(tree.below(&SCRIPTS, &sizes::SCRIPT_EXTENSIONS)) {
            findings.extend(sizes::file(path, &tree.text(path)));
        }
        for (path, source) in &sources(tree, &RUST) {
            findings.extend(sizes::functions(path, source));
        }
    });
}

#[test]
fn every_file_says_what_it_is_for() {
    check(Rule::Header, |tree, findings| {
        for path in tree.below(&RUST, &["rs"]) {
            findings.extend(habits::header(path, &tree.text(path)));
        }
    });
}

#[test]
fn names_say_something() {
    check(Rule::Name, |tree, findings| {
        for path in tree.below(&RUST, &["rs"]).chain(tree.below(&SCRIPTS, &names::SCRIPT_EXTENSIONS)) {
            findings.extend(names::file(path));
        }
        for (path, source) in &sources(tree, &RUST) {
            findings.extend(names::rust(path, source));
        }
        for path in tree.below(&["web/"], &["ts", "svelte"]) {
            findings.extend(names::web(path, &tree.text(path)));
        }
    });
}

#[test]
fn pages_name_files_that_exist() {
    check(Rule::Page, |tree, findings| {
        for path in tree.pages() {
            findings.extend(pages::findings(path, &tree.text(path), |named| tree.exists(named)));
        }
    });
}

#[test]
fn nothing_is_silenced_skipped_or_left_half() {
    check(Rule::Half, |tree, findings| {
        for (path, source) in &sources(tree, &RUST) {
            findings.extend(habits::half(path, source));
        }
        for path in tree.below(&["web/"], &["ts", "svelte"]) {
            findings.extend(habits::web_half(path, &tree.text(path)));
        }
    });
}

#[test]
fn tests_wait_for_conditions_and_never_sleep() {
    check(Rule::Sleep, |tree, findings| {
        for (path, source) in &sources(tree, &RUST) {
            findings.extend(habits::sleeping(path, source));
        }
        for path in tree.below(&SCRIPTS, &habits::SLEEPY_EXTENSIONS) {
            findings.extend(habits::script_sleeping(path, &tree.text(path)));
        }
    });
}
