//! Every file below a crate's root is called for by a `mod` of another: a dead file is compiled by nobody.

use std::collections::BTreeSet;

use super::finding::Finding;

/// Files of a crate that no `mod` leads to. `submodules` names the `mod name;` of a file.
pub(crate) fn findings(
    root: &str,
    files: &BTreeSet<&str>,
    submodules: impl Fn(&str) -> Vec<String>,
) -> Vec<Finding> {
    let roots = ["lib.rs", "main.rs"].map(|name| format!("{root}{name}"));
    let mut open: Vec<String> = roots
        .into_iter()
        .filter(|path| files.contains(path.as_str()))
        .collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    while let Some(path) = open.pop() {
        let folder = children_of(&path);
        for name in submodules(&path) {
            let places = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
            open.extend(places.into_iter().filter(|place| files.contains(place.as_str())));
        }
        reached.insert(path);
    }
    let dead = files.iter().filter(|path| !reached.contains(**path));
    dead.map(|path| Finding::new(path, 1, path, "is not reached by any `mod`"))
        .collect()
}

/// The folder, with its `/`, in which a file's submodules lie.
fn children_of(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => format!("{folder}/"),
        _ => format!("{stem}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nobody_calls_for_is_dead() {
        let files = [
            "src/lib.rs",
            "src/a/mod.rs",
            "src/a/b.rs",
            "src/a/b/tests.rs",
            "src/a/dead.rs",
        ];
        let submodules = |path: &str| match path {
            "src/lib.rs" => vec!["a".to_owned()],
            "src/a/mod.rs" => vec!["b".to_owned()],
            "src/a/b.rs" => vec!["tests".to_owned()],
            _ => Vec::new(),
        };
        let dead = findings("src/", &files.into_iter().collect(), submodules);
        assert_eq!(
            dead.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            ["src/a/dead.rs"]
        );
    }
}
