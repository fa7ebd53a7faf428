//! Which file calls for which by `mod`: a file that nobody calls for is dead, one that tests alone call for is a test.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source::{Sight, Source};

/// Files of a crate by their path from the root of the repository.
pub(crate) type Sources = BTreeMap<String, Source>;

/// Files of a crate that no `mod` leads to from `lib.rs` or `main.rs`.
pub(crate) fn findings(root: &str, sources: &Sources) -> Vec<Finding> {
    let mut open = ["lib.rs", "main.rs"].map(|name| format!("{root}{name}")).to_vec();
    let mut reached = BTreeSet::new();
    while let Some(path) = open.pop() {
        if let Some(source) = sources.get(&path) {
            open.extend(called_for(&path, source, |_| true));
            reached.insert(path);
        }
    }
    let dead = sources.keys().filter(|path| !reached.contains(*path));
    dead.map(|path| Finding::new(path, 1, path, "is not reached by any `mod`")).collect()
}

/// Marks files that only `#[cfg(test)] mod name;` calls for, and what they call for in turn, as code for tests.
pub(crate) fn mark_tests(sources: &mut Sources) {
    let mut open: Vec<String> =
        sources.iter().flat_map(|(path, source)| called_for(path, source, |in_test| in_test)).collect();
    while let Some(path) = open.pop() {
        if let Some(source) = sources.get_mut(&path) {
            source.mark_test();
            open.extend(called_for(&path, source, |_| true));
        }
    }
}

/// Where the files lie that `mod name;` in a file may mean.
fn called_for(path: &str, source: &Source, wanted: impl Fn(bool) -> bool) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let folder = match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => folder,
        _ => stem,
    };
    let submodules = source.sightings.iter().filter(|s| s.sight == Sight::Submodule);
    submodules
        .filter(|s| wanted(s.in_test))
        .flat_map(|s| [format!("{folder}/{}.rs", s.name), format!("{folder}/{}/mod.rs", s.name)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let read = |path: &str, text: &str| Source::parse(path, text).expect("a sample is Rust");
        files.iter().map(|(path, text)| ((*path).to_owned(), read(path, text))).collect()
    }

    #[test]
    fn a_file_that_nobody_calls_for_is_dead() {
        let sources = sources(&[
            ("src/lib.rs", "pub mod a;"),
            ("src/a/mod.rs", "mod b;"),
            ("src/a/b.rs", "mod c;"),
            ("src/a/b/c.rs", ""),
            ("src/a/dead.rs", "mod dying;"),
            ("src/a/dead/dying.rs", ""),
        ]);
        let dead: Vec<String> = findings("src/", &sources).into_iter().map(|f| f.path).collect();
        assert_eq!(dead, ["src/a/dead.rs", "src/a/dead/dying.rs"]);
    }

    #[test]
    fn a_file_that_tests_alone_call_for_is_a_test() {
        let mut sources = sources(&[
            ("src/a/mod.rs", "#[cfg(test)]\nmod samples;\nmod b;"),
            ("src/a/b.rs", "fn b() {}"),
            ("src/a/samples.rs", "mod more;"),
            ("src/a/samples/more.rs", "fn c() {}"),
        ]);
        mark_tests(&mut sources);
        let in_test = |path: &str| sources[path].sightings.iter().all(|s| s.in_test);
        assert!(in_test("src/a/samples/more.rs") && !in_test("src/a/b.rs"));
    }
}
