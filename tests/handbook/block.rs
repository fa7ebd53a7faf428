//! A page's blocks of code, and what is done with each.
//!
//! The words behind the fence say it: `sh` is run, `text` is what the block before printed, a language and a file's name
//! are a file. A block whose line before says "*Not run by the tests: why.*" is not run. There is no other kind.

const FENCE: &str = "```";
const NOT_RUN: &str = "*Not run by the tests: ";

/// What is done with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Command,
    File(String),
    Output,
    NotRun,
}

/// One block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The line of its fence.
    pub(crate) line: usize,
    pub(crate) part: Part,
    pub(crate) text: String,
}

/// All blocks of a page, or what is wrong with one.
pub(crate) fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut before = "";
    for (index, line) in page.lines().enumerate() {
        let line_number = index + 1;
        if let Some(mut block) = open.take() {
            if line == FENCE {
                blocks.push(block);
            } else {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            before = "";
        } else if let Some(words) = line.strip_prefix(FENCE) {
            let part =
                part(words, before).ok_or(format!("line {line_number}: nothing is done with this block"))?;
            open = Some(Block { line: line_number, part, text: String::new() });
        } else if line.trim_start().starts_with(FENCE) {
            return Err(format!("line {line_number}: a block begins at the margin"));
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    if let Some(block) = open {
        return Err(format!("line {}: this block does not end", block.line));
    }
    in_order(&blocks)?;
    Ok(blocks)
}

fn part(words: &str, before: &str) -> Option<Part> {
    if before.strip_prefix(NOT_RUN).is_some_and(|why| why.len() > 10 && why.ends_with(".*")) {
        return Some(Part::NotRun);
    }
    match words.split_whitespace().collect::<Vec<_>>()[..] {
        ["sh"] => Some(Part::Command),
        ["text"] => Some(Part::Output),
        [_, path] => Some(Part::File(path.to_owned())),
        _ => None,
    }
}

/// Files are used by a command below them, and what is printed is printed by one.
fn in_order(blocks: &[Block]) -> Result<(), String> {
    for (index, Block { line, part, .. }) in blocks.iter().enumerate() {
        let is_used = |path: &str| {
            let mut below = blocks[index + 1..].iter().filter(|block| block.part == Part::Command);
            below.any(|block| block.text.contains(path))
        };
        match part {
            Part::File(path) if !is_used(path) => return Err(format!("line {line}: nothing uses {path}")),
            Part::Output if index == 0 || blocks[index - 1].part != Part::Command => {
                return Err(format!("line {line}: no command stands before this output"));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(page: &str) -> Vec<Part> {
        blocks(page).unwrap().into_iter().map(|block| block.part).collect()
    }

    #[test]
    fn each_block_is_run_written_compared_or_excused() {
        let page = "# A\n\n```toml a.toml\nx = 1\n```\n\nThen:\n```sh\npreau a.toml\n```\n```text\nok\n```\n\n\
                    *Not run by the tests: it needs a real machine.*\n\n```sh\nreboot\n```\n";
        let file = Part::File("a.toml".to_owned());
        assert_eq!(parts(page), [file, Part::Command, Part::Output, Part::NotRun]);
        assert_eq!(blocks(page).unwrap()[0].text, "x = 1\n");
        assert_eq!(blocks(page).unwrap()[1].line, 8);
    }

    #[test]
    fn a_block_that_nothing_is_done_with_is_refused() {
        for (page, why) in [
            ("```\nls\n```\n", "line 1: nothing is done with this block"),
            ("```bash\nls\n```\n", "line 1: nothing is done with this block"),
            ("a\n\n  ```sh\n  ls\n  ```\n", "line 3: a block begins at the margin"),
            ("```sh\nls\n", "line 1: this block does not end"),
            ("```js a.mjs\n1\n```\n```sh\nls\n```\n", "line 1: nothing uses a.mjs"),
            ("```sh\nls a.mjs\n```\n```js a.mjs\n1\n```\n", "line 4: nothing uses a.mjs"),
            ("```text\nok\n```\n", "line 1: no command stands before this output"),
        ] {
            assert_eq!(blocks(page), Err(why.to_owned()), "{page}");
        }
    }

    #[test]
    fn an_excuse_has_a_reason_and_is_for_one_block() {
        assert_eq!(parts("*Not run by the tests: .*\n```sh\nls\n```\n"), [Part::Command]);
        let page = "*Not run by the tests: it reboots.*\n```sh\na\n```\n```sh\nb\n```\n";
        assert_eq!(parts(page), [Part::NotRun, Part::Command]);
    }
}
