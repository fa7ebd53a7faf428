//! Small habits: a header per file, nothing silenced, skipped or left half, no sleeping in tests.

use super::finding::Finding;
use super::source::{Sight, Source};

/// Languages other than Rust in which a test could sleep.
pub(crate) const SLEEPY_EXTENSIONS: [&str; 5] = ["js", "mjs", "py", "svelte", "ts"];

/// A file that does not begin by saying what it is for.
pub(crate) fn header(path: &str, text: &str) -> Option<Finding> {
    let said = text.strip_prefix("//! ").is_some_and(|rest| !rest.trim_start().is_empty());
    (!said).then(|| Finding::new(path, 1, "//!", "is missing: say what the file is for"))
}

/// What silences a lint without being checked itself, leaves work for later, or skips a test.
pub(crate) fn half(path: &str, source: &Source) -> Vec<Finding> {
    let what = |sight, name: &str| match (sight, name) {
        (Sight::Attribute, "allow") => Some("is never checked: use `#[expect(…, reason = \"…\")]`"),
        (Sight::Attribute, "ignore") => Some("hides a test that nobody runs"),
        (Sight::MacroCall, "todo" | "unimplemented") => Some("is work left half"),
        _ => None,
    };
    let sightings = source.sightings.iter();
    sightings
        .filter_map(|s| what(s.sight, &s.name).map(|what| Finding::new(path, s.line, &s.name, what)))
        .collect()
}

/// Web tests that are skipped, or that make others be skipped.
pub(crate) fn web_half(path: &str, text: &str) -> Vec<Finding> {
    const SKIPS: [&str; 7] = [".skip(", ".todo(", ".fixme(", ".only(", "xit(", "xdescribe(", "@ts-ignore"];
    let is_test = [".test.", ".spec.", "/e2e/", "/tests/"].iter().any(|part| path.contains(part));
    let skips =
        |line: &str| SKIPS.into_iter().find(|skip| line.contains(skip) && (is_test || skip.starts_with('@')));
    per_line(path, text, skips, "skips what it should check")
}

/// Rust tests that sleep in order to wait.
pub(crate) fn sleeping(path: &str, source: &Source) -> Vec<Finding> {
    let sleeps = source.sightings.iter().filter(|s| s.sight == Sight::Call && s.in_test);
    sleeps
        .filter(|s| matches!(s.name.as_str(), "sleep" | "sleep_ms" | "sleep_until"))
        .map(|s| Finding::new(path, s.line, &s.name, "waits for time: wait for a condition with a deadline"))
        .collect()
}

/// Scripts and web tests that sleep in order to wait.
pub(crate) fn script_sleeping(path: &str, text: &str) -> Vec<Finding> {
    let sleeps = |line: &str| ["waitForTimeout(", "sleep("].into_iter().find(|call| line.contains(call));
    per_line(path, text, sleeps, "waits for time: wait for a condition with a deadline")
}

fn per_line(path: &str, text: &str, find: impl Fn(&str) -> Option<&'static str>, what: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| find(line).map(|name| Finding::new(path, index + 1, name, what)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(path, text).expect("a sample is Rust")
    }

    #[test]
    fn a_file_begins_with_its_header() {
        assert_eq!(header("src/a.rs", "//! The shards.\n"), None);
        assert!(header("src/a.rs", "use std::io;\n//! late\n").is_some());
        assert!(header("src/a.rs", "//! ").is_some());
    }

    #[test]
    fn nothing_may_be_silenced_or_left_half() {
        let text = "#![allow(dead_code)]\n#[expect(x, reason = \"allow\")]\nfn a() { todo!() }\n#[test]\n#[ignore = \"slow\"]\nfn b() {}";
        let names: Vec<String> =
            half("src/a.rs", &source("src/a.rs", text)).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["allow", "todo", "ignore"]);
    }

    #[test]
    fn a_web_test_may_not_be_skipped() {
        assert_eq!(web_half("web/app/e2e/a.spec.ts", "test.skip('x')\nit.only('y')").len(), 2);
        assert_eq!(web_half("web/client/src/feed.ts", "list.skip(3) // @ts-ignore").len(), 1);
    }

    #[test]
    fn a_test_may_not_sleep() {
        let text = "fn a() { sleep(d) }\n#[cfg(test)]\nmod tests { fn b() { tokio::time::sleep(d) } }";
        let lines: Vec<usize> =
            sleeping("src/a.rs", &source("src/a.rs", text)).into_iter().map(|f| f.line).collect();
        assert_eq!(lines, [3]);
        assert_eq!(sleeping("tests/a.rs", &source("tests/a.rs", "fn a() { sleep(d) }")).len(), 1);
        assert_eq!(script_sleeping("tests/foreign/a.py", "await asyncio.sleep(1)").len(), 1);
    }
}
