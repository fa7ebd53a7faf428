//! What a page says is printed, beside what was: line by line, where `…` stands for anything, and on a line of its own for any
//! number of lines. How many spaces there are between words says nothing.

const ANYTHING: &str = "…";

/// Whether something was printed as the page says.
pub(crate) fn compare(page: &str, printed: &[String]) -> Result<(), String> {
    let shown: Vec<String> = page.lines().map(words).collect();
    let said: Vec<String> = printed.iter().map(|line| words(line)).collect();
    if lines_match(&shown, &said) {
        Ok(())
    } else {
        Err(format!("the page says\n{page}\nprinted was\n{}", printed.join("\n")))
    }
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines_match(shown: &[String], said: &[String]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == ANYTHING => {
            lines_match(rest, said) || said.split_first().is_some_and(|(_, later)| lines_match(shown, later))
        }
        (Some((first, rest)), Some((line, later))) => line_matches(first, line) && lines_match(rest, later),
        _ => false,
    }
}

fn line_matches(shown: &str, said: &str) -> bool {
    let mut parts = shown.split(ANYTHING);
    let Some(mut rest) = said.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_so(page: &str, printed: &str) -> bool {
        let printed: Vec<String> = printed.lines().map(str::to_owned).collect();
        compare(page, &printed).is_ok()
    }

    #[test]
    fn what_is_printed_is_what_the_page_says() {
        assert!(is_so("a b\nc", "a   b\nc\n"));
        assert!(!is_so("a b", "a b\nc"));
        assert!(!is_so("a b\nc", "a b"));
        assert!(!is_so("a b", "a  c"));
    }

    #[test]
    fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
        assert!(is_so("level … (normal)", "level 0 (normal)"));
        assert!(!is_so("level … (normal)", "level 4 (critical)"));
        assert!(is_so("a\n…\nz", "a\nb\nc\nz") && is_so("a\n…\nz", "a\nz"));
        assert!(!is_so("a\n…\nz", "a\nb"));
        assert!(is_so("…", "") && is_so("a…", "a") && !is_so("a…b…", "ab?c".replace('b', "x").as_str()));
    }
}
