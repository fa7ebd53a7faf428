//! How long a file and a function may be.

use super::finding::Finding;
use super::source::{Sight, Source};

/// Lines of a file.
const FILE_LINES_MAX: usize = 400;
/// Lines of a file beyond which no exception helps.
const FILE_LINES_HARD_MAX: usize = 600;
/// Lines of a function, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Languages other than Rust that are held to the length of files.
pub(crate) const SCRIPT_EXTENSIONS: [&str; 6] = ["js", "mjs", "py", "sh", "svelte", "ts"];

/// A file that is too long. An exception names the file without its folders.
pub(crate) fn file(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let name = path.rsplit('/').next().unwrap_or(path);
    let over = |limit| Finding::new(path, limit, name, format!("has {lines} lines, {limit} are allowed"));
    match lines {
        FILE_LINES_HARD_MAX.. if lines > FILE_LINES_HARD_MAX => {
            Some(Finding { hard: true, ..over(FILE_LINES_HARD_MAX) })
        }
        _ => (lines > FILE_LINES_MAX).then(|| over(FILE_LINES_MAX)),
    }
}

/// Functions that are too long.
pub(crate) fn functions(path: &str, source: &Source) -> Vec<Finding> {
    let too_long = source.sightings.iter().filter_map(|s| match s.sight {
        Sight::Function { lines } if lines > FUNCTION_LINES_MAX => Some((s, lines)),
        _ => None,
    });
    too_long
        .map(|(s, lines)| {
            let what = format!("has {lines} lines, {FUNCTION_LINES_MAX} are allowed");
            Finding::new(path, s.line, &s.name, what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_limit_and_a_hard_limit() {
        assert_eq!(file("src/a.rs", &"x\n".repeat(400)), None);
        let hard = |lines| file("src/a.rs", &"x\n".repeat(lines)).map(|f| f.hard);
        assert_eq!(hard(401), Some(false));
        assert_eq!(hard(600), Some(false));
        assert_eq!(hard(601), Some(true));
    }

    #[test]
    fn a_function_has_a_limit() {
        let with_body = |lines: usize| {
            let text = format!("fn long() {{\n{}}}", "x();\n".repeat(lines - 2));
            functions("src/a.rs", &Source::parse("src/a.rs", &text).expect("a sample is Rust"))
        };
        assert_eq!(with_body(70), []);
        assert_eq!(with_body(71).len(), 1);
    }
}
