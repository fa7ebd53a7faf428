//! A place in the tree that breaks a rule.

use std::fmt;

/// The rules of `tidy.rs`, one per test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Layers,
    Reach,
    Size,
    Header,
    Name,
    Page,
    Half,
    Sleep,
}

/// What was found where. `name` is what an exception would have to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) what: String,
    /// Beyond a hard limit: no exception helps.
    pub(crate) hard: bool,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, name: &str, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, name: name.to_owned(), what: what.into(), hard: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, name, what, .. } = self;
        write!(f, "  {path}:{line}: `{name}` {what}")
    }
}
