//! A page that names a file tells the truth only while the file exists.

use super::finding::Finding;

/// What a path in backticks begins with if it is one of ours.
const OURS: [&str; 11] = [
    ".ci/",
    "benches/",
    "deploy/",
    "docs/",
    "fuzz/",
    "loadtest/",
    "scripts/",
    "src/",
    "target/",
    "tests/",
    "web/",
];
/// Where built and fetched files lie: a page may name them, and a fresh clone does not have them.
const BUILT: [&str; 3] = ["target", "node_modules", "dist"];

/// Files that a page names and that `exists` does not know.
pub(crate) fn findings(page: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let links = links(line).into_iter().filter_map(|link| resolve(folder, link));
            let quoted = quoted(line).into_iter().filter_map(path_of);
            let missing = links.chain(quoted).filter(|path| !exists(path));
            findings.extend(missing.map(|path| Finding::new(page, index + 1, &path, "does not exist")));
        }
    }
    findings
}

/// Texts between backticks.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Targets of `[text](target)`.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1);
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The path that a quoted text is, if it is one: no pattern, no command, no line number.
fn path_of(text: &str) -> Option<String> {
    let path = text.split([':', '#']).next().unwrap_or(text);
    let whole = !path.contains(|c: char| c.is_whitespace() || "*<>{}…$".contains(c));
    let ours = OURS.iter().any(|prefix| path.starts_with(prefix));
    (whole && ours && !is_built(path)).then(|| path.to_owned())
}

/// The path from the root that a link leads to, unless it leads out of the repository or within the page.
fn resolve(folder: &str, link: &str) -> Option<String> {
    let target = link.split('#').next().unwrap_or(link);
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") || is_built(target) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn is_built(path: &str) -> bool {
    path.split('/').any(|part| BUILT.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(page: &str, text: &str) -> Vec<String> {
        let exists = |path: &str| matches!(path, "src/hub" | "src/hub/" | "docs/STYLE.md" | "README.md");
        findings(page, text, exists).into_iter().map(|f| f.name).collect()
    }

    #[test]
    fn a_page_may_not_name_what_is_missing() {
        assert_eq!(missing("README.md", "see `src/hub/` and `src/gone.rs:12`"), ["src/gone.rs"]);
        assert_eq!(
            missing("docs/A.md", "[style](STYLE.md#x) [root](../README.md) [no](NO.md)"),
            ["docs/NO.md"]
        );
        assert_eq!(
            missing("docs/decisions/0001-a.md", "![picture](../pictures/a.png)"),
            ["docs/pictures/a.png"]
        );
    }

    #[test]
    fn patterns_commands_addresses_and_built_files_are_no_files() {
        let text = "`tests/*.rs` `cargo test` `/v1/seat` `web/app/dist` `target/release/preau` \
                    [site](https://example.org/a) [here](#below)\n```\n`src/gone.rs`\n```";
        assert_eq!(missing("docs/A.md", text), [""; 0]);
    }
}
