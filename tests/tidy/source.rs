//! What a Rust file imports, defines and calls, read from its tokens.
//!
//! Tokens and not lines: comments and strings can neither trip a rule nor hide from it, and macro bodies are seen. Not a
//! syntax tree: the rules need names, nesting and lines only.

use std::iter::Peekable;
use std::slice::Iter;

use proc_macro2::{Delimiter, Group, LexError, TokenStream, TokenTree};

/// What kind of thing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// A path into a top-level module: `crate::name`, or as many `super::` as lead to the root. `*` is all of them.
    Import,
    /// A name that the file gives: of an item or of a `let`.
    Definition,
    /// A function with a body of this many lines, signature included.
    Function { lines: usize },
    /// `mod name;`
    Submodule,
    /// `#[name]` or `#![name]`, or an `allow` within one.
    Attribute,
    /// `name!(…)`
    MacroCall,
    /// `name(…)`
    Call,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) sight: Sight,
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Whether it stands under `#[cfg(test)]`, or in a file that tests alone call for.
    pub(crate) in_test: bool,
}

/// A file as the rules see it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) sightings: Vec<Sighting>,
}

impl Source {
    /// Reads a file. The path, from the root of the repository, says how deep in the module tree it lies.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, LexError> {
        let tokens: TokenStream = text.parse()?;
        let mut reader = Reader::default();
        let place = Place {
            depth: depth(path),
            in_test: path.split('/').any(|part| part == "tests" || part == "tests.rs"),
        };
        reader.walk(tokens, place);
        Ok(Self { sightings: reader.sightings })
    }

    /// Counts everything in the file as code for tests.
    pub(crate) fn mark_test(&mut self) {
        for sighting in &mut self.sightings {
            sighting.in_test = true;
        }
    }
}

/// How many modules lie between a file of `src/` and its crate's root.
fn depth(path: &str) -> usize {
    let within = path.strip_prefix("src/").unwrap_or(path);
    let stem = within.strip_suffix(".rs").unwrap_or(within);
    let own = |part: &&str| !matches!(*part, "lib" | "main" | "mod");
    stem.split('/').filter(own).count()
}

#[derive(Debug, Clone, Copy)]
struct Place {
    depth: usize,
    in_test: bool,
}

#[derive(Default)]
struct Reader {
    sightings: Vec<Sighting>,
}

type Tokens<'a> = Peekable<Iter<'a, TokenTree>>;

impl Reader {
    fn walk(&mut self, stream: TokenStream, outer: Place) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut tokens = trees.iter().peekable();
        let mut place = outer;
        let mut ends_item = false;
        while let Some(tree) = tokens.next() {
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    place.in_test |= self.attribute(&mut tokens, place);
                }
                TokenTree::Punct(punct) => ends_item = punct.as_char() == ';',
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    self.word(&name, ident.span().start().line, &mut tokens, place);
                    if name == "mod" && self.inline_module(&mut tokens, place) {
                        ends_item = true;
                    }
                }
                TokenTree::Group(group) => {
                    self.walk(group.stream(), place);
                    ends_item = group.delimiter() == Delimiter::Brace;
                }
                TokenTree::Literal(_) => {}
            }
            if std::mem::take(&mut ends_item) {
                place = outer;
            }
        }
    }

    /// Reads what follows `#`; whether it says that the item is for tests.
    fn attribute(&mut self, tokens: &mut Tokens<'_>, place: Place) -> bool {
        if is_punct(tokens.peek(), '!') {
            tokens.next();
        }
        let Some(TokenTree::Group(group)) = tokens.next_if(|t| matches!(t, TokenTree::Group(_))) else {
            return false;
        };
        let words = words(&group.stream());
        let line = group.span_open().start().line;
        let first = words.first().map_or("", String::as_str);
        let allow = words.iter().any(|word| word == "allow");
        self.see(Sight::Attribute, if allow { "allow" } else { first }, line, place);
        let has = |word: &str| words.iter().any(|w| w == word);
        first == "test" || (first == "cfg" && has("test") && !has("not"))
    }

    /// Reads what a word begins; the word itself has been taken.
    fn word(&mut self, name: &str, line: usize, tokens: &mut Tokens<'_>, place: Place) {
        match name {
            "use" if is_word(tokens.peek(), "crate") && renames_root(tokens) => {
                self.see(Sight::Import, "*", line, place);
            }
            "crate" => self.import(tokens, place),
            "super" => {
                let mut levels = 1;
                while let Some(rest) = after_colons(tokens) {
                    if !is_word(rest.clone().peek(), "super") {
                        break;
                    }
                    *tokens = rest;
                    tokens.next();
                    levels += 1;
                }
                if levels == place.depth {
                    self.import(tokens, place);
                }
            }
            "fn" => self.function(line, tokens, place),
            "struct" | "enum" | "trait" | "union" | "type" | "mod" | "const" | "static" => {
                self.definition(tokens, place);
            }
            "let" => {
                tokens.next_if(|t| matches!(t, TokenTree::Ident(i) if i == "mut"));
                self.definition(tokens, place);
            }
            _ if is_punct(tokens.peek(), '!') => self.see(Sight::MacroCall, name, line, place),
            _ if is_group(tokens.peek(), Delimiter::Parenthesis) => {
                self.see(Sight::Call, name, line, place);
            }
            _ => {}
        }
    }

    /// Reads the `::name`, `::{a, b}` or `::*` after a path to the crate's root.
    fn import(&mut self, tokens: &mut Tokens<'_>, place: Place) {
        let Some(mut rest) = after_colons(tokens) else {
            return;
        };
        match rest.peek() {
            Some(TokenTree::Ident(ident)) => {
                self.see(Sight::Import, &ident.to_string(), ident.span().start().line, place);
            }
            Some(TokenTree::Group(group)) => self.import_list(group, place),
            Some(TokenTree::Punct(punct)) => {
                self.see(Sight::Import, "*", punct.span().start().line, place);
            }
            _ => {}
        }
    }

    fn import_list(&mut self, group: &Group, place: Place) {
        let mut first = true;
        for tree in group.stream() {
            match &tree {
                TokenTree::Punct(punct) if punct.as_char() == ',' => first = true,
                other if first => {
                    first = false;
                    self.see(Sight::Import, &other.to_string(), other.span().start().line, place);
                }
                _ => {}
            }
        }
    }

    fn definition(&mut self, tokens: &Tokens<'_>, place: Place) {
        if let Some(TokenTree::Ident(ident)) = tokens.clone().peek() {
            self.see(Sight::Definition, &ident.to_string(), ident.span().start().line, place);
        }
    }

    /// `fn` without a name is a type. A body is the first braces before a `;` (in a trait there may be none).
    fn function(&mut self, line: usize, tokens: &Tokens<'_>, place: Place) {
        let Some(TokenTree::Ident(name)) = tokens.clone().peek() else {
            return;
        };
        self.definition(tokens, place);
        let mut ahead = tokens.clone();
        let end = ahead.find(|t| is_punct(Some(t), ';') || is_group(Some(t), Delimiter::Brace));
        if let Some(TokenTree::Group(body)) = end {
            let lines = body.span_close().end().line + 1 - line;
            self.see(Sight::Function { lines }, &name.to_string(), line, place);
        }
    }

    /// Reads `name;` or `name { … }` after `mod`; whether that was a module at all.
    fn inline_module(&mut self, tokens: &mut Tokens<'_>, place: Place) -> bool {
        let Some(TokenTree::Ident(name)) = tokens.next_if(|t| matches!(t, TokenTree::Ident(_))) else {
            return false;
        };
        match tokens.next() {
            Some(TokenTree::Group(body)) => {
                let depth = place.depth + 1;
                self.walk(body.stream(), Place { depth, ..place });
            }
            _ => self.see(Sight::Submodule, &name.to_string(), name.span().start().line, place),
        }
        true
    }

    fn see(&mut self, sight: Sight, name: &str, line: usize, place: Place) {
        self.sightings.push(Sighting { sight, name: name.to_owned(), line, in_test: place.in_test });
    }
}

/// Whether `use crate as other` gives the root another name, behind which an import could hide.
fn renames_root(tokens: &Tokens<'_>) -> bool {
    let mut ahead = tokens.clone();
    ahead.next();
    is_word(ahead.peek(), "as")
}

/// The tokens after `::`, if that comes next.
fn after_colons<'a>(tokens: &Tokens<'a>) -> Option<Tokens<'a>> {
    let mut rest = tokens.clone();
    let colons = is_punct(rest.next().as_ref(), ':') && is_punct(rest.next().as_ref(), ':');
    colons.then_some(rest)
}

fn is_punct(tree: Option<&&TokenTree>, c: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

fn is_word(tree: Option<&&TokenTree>, word: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_group(tree: Option<&&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// All words of a stream, however deep.
fn words(stream: &TokenStream) -> Vec<String> {
    let of = |tree| match tree {
        TokenTree::Ident(ident) => vec![ident.to_string()],
        TokenTree::Group(group) => words(&group.stream()),
        _ => Vec::new(),
    };
    stream.clone().into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str, text: &str, sight: Sight) -> Vec<(String, usize, bool)> {
        let source = Source::parse(path, text).expect("a sample is Rust");
        let of_kind = source.sightings.into_iter().filter(|s| s.sight == sight);
        of_kind.map(|s| (s.name, s.line, s.in_test)).collect()
    }

    fn names(path: &str, text: &str, sight: Sight) -> Vec<String> {
        seen(path, text, sight).into_iter().map(|(name, ..)| name).collect()
    }

    #[test]
    fn imports_are_found_in_every_form() {
        let imports = |text| names("src/hub/shard.rs", text, Sight::Import);
        assert_eq!(imports("use crate::base::ids;"), ["base"]);
        assert_eq!(imports("use crate::{base::ids, http, store::*};"), ["base", "http", "store"]);
        assert_eq!(imports("use super::super::http;"), ["http"]);
        assert_eq!(imports("fn f() { g!(crate::http::x()) }"), ["http"]);
        assert_eq!(imports("macro_rules! m { () => { $crate::http::X } }"), ["http"]);
        assert_eq!(imports("mod a { use super::super::super::http; }"), ["http"]);
        assert_eq!(imports("use crate::*; use crate as c;"), ["*", "*"]);
        let none = "use super::fanout; pub(crate) fn f() {} // crate::http\nconst S: &str = \"crate::http\";";
        assert_eq!(imports(none), [""; 0]);
    }

    #[test]
    fn code_for_tests_is_told_apart() {
        let text =
            "fn a() { x() }\n#[cfg(test)]\nmod tests { fn b() { y() } }\n#[cfg(not(test))]\nfn c() { z() }";
        let calls = seen("src/a.rs", text, Sight::Call);
        let expected = [("x", 1, false), ("y", 3, true), ("z", 5, false)];
        let expected = expected.map(|(name, line, in_test)| (name.to_owned(), line, in_test));
        assert_eq!(
            calls.into_iter().filter(|c| c.0.len() == 1 && c.0 >= "x".into()).collect::<Vec<_>>(),
            expected
        );
        assert!(seen("tests/a.rs", "fn d() { x() }", Sight::Call).iter().all(|c| c.2));
    }

    #[test]
    fn definitions_functions_and_attributes_are_found() {
        let text = "#![allow(x)]\n#[cfg_attr(test, allow(y))]\nstruct A { f: fn(u8) }\nfn b<T>()\nwhere T: X\n{\n}\ntrait C { fn d(); }\n#[ignore]\nfn e() { let mut f = 1; todo!() }";
        let definitions = names("src/a.rs", text, Sight::Definition);
        assert_eq!(definitions, ["A", "b", "C", "d", "e", "f"]);
        assert_eq!(seen("src/a.rs", text, Sight::Function { lines: 4 }), [("b".to_owned(), 4, false)]);
        assert_eq!(names("src/a.rs", text, Sight::Attribute), ["allow", "allow", "ignore"]);
        assert_eq!(names("src/a.rs", text, Sight::MacroCall), ["todo"]);
    }
}
