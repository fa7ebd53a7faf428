//! Words that name nothing. A name made of one says that its author did not find the noun; the glossary has it.

use super::finding::Finding;
use super::source::{Sight, Sighting, Source};

const BANNED: [&str; 8] = ["manager", "helper", "util", "common", "misc", "data", "info", "process"];

/// Languages other than Rust whose files are held to the rule.
pub(crate) const SCRIPT_EXTENSIONS: [&str; 6] = ["js", "mjs", "py", "sh", "svelte", "ts"];

/// The banned word in a name, if there is one: whole words, also in the plural, of `snake_case` and `CamelCase`.
fn banned(name: &str) -> Option<&'static str> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    for c in name.chars() {
        let begins = fresh || c.is_uppercase();
        fresh = !c.is_alphanumeric();
        match words.last_mut() {
            _ if fresh => {}
            Some(word) if !begins => word.push(c),
            _ => words.push(c.to_lowercase().collect()),
        }
    }
    // A name in capitals has fallen into letters above.
    if name.chars().all(|c| !c.is_lowercase()) {
        words = name.split('_').map(str::to_lowercase).collect();
    }
    let is = |word: &str, banned: &str| word == banned || word.strip_suffix('s') == Some(banned);
    BANNED.into_iter().find(|banned| words.iter().any(|word| is(word, banned)))
}

fn finding(path: &str, line: usize, name: &str) -> Option<Finding> {
    banned(name).map(|word| Finding::new(path, line, name, format!("says `{word}`: name the noun")))
}

/// A banned word in a file's own name or a folder's.
pub(crate) fn file(path: &str) -> Option<Finding> {
    path.split('/').find_map(|part| finding(path, 1, part))
}

/// Banned words in what a Rust file defines. The name of a test is a sentence, which may use any word.
pub(crate) fn rust(path: &str, source: &Source) -> Vec<Finding> {
    let is_sentence = |s: &&Sighting| s.in_test && s.name.split('_').count() > 3;
    let definitions = source.sightings.iter().filter(|s| s.sight == Sight::Definition);
    definitions.filter(|s| !is_sentence(s)).filter_map(|s| finding(path, s.line, &s.name)).collect()
}

/// Banned words in what a TypeScript or Svelte file defines.
pub(crate) fn web(path: &str, text: &str) -> Vec<Finding> {
    const KEYWORDS: [&str; 7] = ["function", "const", "let", "class", "interface", "type", "enum"];
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words =
            line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).filter(|w| !w.is_empty());
        while let Some(word) = words.next() {
            if KEYWORDS.contains(&word) {
                findings.extend(words.next().and_then(|name| finding(path, index + 1, name)));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_words_are_found_whole_in_every_case() {
        assert_eq!(banned("SessionManager"), Some("manager"));
        assert_eq!(banned("data_dir"), Some("data"));
        assert_eq!(banned("APP_DATA"), Some("data"));
        assert_eq!(banned("string-utils.ts"), Some("util"));
        assert_eq!(banned("onProcessed"), None);
        assert_eq!(banned("metadata"), None);
        assert_eq!(banned("fdatasync"), None);
    }

    #[test]
    fn definitions_and_files_are_judged_and_uses_are_not() {
        let rust_names = |text: &str| {
            let source = Source::parse("src/a.rs", text).expect("a sample is Rust");
            rust("src/a.rs", &source).into_iter().map(|f| f.name).collect::<Vec<_>>()
        };
        assert_eq!(rust_names("fn a() { tracing::info!(x.data()); } // a manager"), [""; 0]);
        assert_eq!(rust_names("mod util; fn a() { let mut info = 1; }"), ["util", "info"]);
        let sentence = "fn it_outlives_one_process() {}";
        assert_eq!(rust_names(sentence), ["it_outlives_one_process"]);
        assert_eq!(rust_names(&format!("#[test]\n{sentence}")), [""; 0]);
        assert!(file("src/common/a.rs").is_some() && file("src/hub/shard.rs").is_none());
        let web_names = |text| web("web/a.ts", text).into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(web_names("export const userData = event.data;"), ["userData"]);
    }
}
