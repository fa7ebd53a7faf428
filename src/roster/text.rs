//! All texts of a roster in one allocation, each distinct text once.
//!
//! A text is named by the four bytes of its place. Its length stands before it as two ASCII digits to the base 128, so
//! that the arena stays valid UTF-8 and a text is found without a search.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::builder::BuildError;
use super::index::Index;
use crate::base::limits;

const BASE: usize = 128;
const PREFIX: usize = 2;

const _: () = assert!(limits::ROSTER_TEXT_BYTES_MAX < BASE * BASE);

/// A text of one roster: its place in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text(pub(super) u32);

impl Text {
    /// The empty text stands first in every arena.
    pub(super) const EMPTY: Self = Self(0);
}

/// A number for a text that is the same for the life of the process.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The finished arena.
#[derive(Debug, Default)]
pub(super) struct Texts(Box<str>);

impl Texts {
    /// The text at a place.
    pub(super) fn get(&self, text: Text) -> &str {
        read(&self.0, text)
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len()
    }
}

/// An arena that grows.
#[derive(Debug)]
pub(super) struct TextsBuilder {
    arena: String,
    known: Index,
}

impl TextsBuilder {
    /// An arena that holds the empty text.
    pub(super) fn new() -> Self {
        Self { arena: "\0\0".to_owned(), known: Index::default() }
    }

    /// The place of a text, which is added if it is new.
    pub(super) fn intern(&mut self, text: &str) -> Result<Text, BuildError> {
        if text.is_empty() {
            return Ok(Text::EMPTY);
        }
        if text.len() > limits::ROSTER_TEXT_BYTES_MAX {
            return Err(BuildError::TextTooLong);
        }
        let hash_of_text = hash(text);
        let arena = &self.arena;
        if let Some(place) = self.known.find(hash_of_text, |p| read(arena, Text(p)) == text) {
            return Ok(Text(place));
        }
        let full = BuildError::Full { what: "bytes of text", max: limits::ROSTER_ARENA_BYTES_MAX };
        if self.arena.len() + PREFIX + text.len() > limits::ROSTER_ARENA_BYTES_MAX {
            return Err(full);
        }
        let place = u32::try_from(self.arena.len()).map_err(|_| full)?;
        for digit in [text.len() / BASE, text.len() % BASE] {
            self.arena.push(char::from(u8::try_from(digit).unwrap_or_default()));
        }
        self.arena.push_str(text);
        let arena = &self.arena;
        self.known.insert(place, hash_of_text, |p| hash(read(arena, Text(p))));
        Ok(Text(place))
    }

    /// The text at a place.
    pub(super) fn get(&self, text: Text) -> &str {
        read(&self.arena, text)
    }

    /// The arena as it stays.
    pub(super) fn finish(self) -> Texts {
        Texts(self.arena.into_boxed_str())
    }
}

fn read(arena: &str, text: Text) -> &str {
    let start = text.0 as usize;
    let digit = |at: usize| arena.as_bytes().get(at).copied().map_or(0, usize::from);
    let length = digit(start) * BASE + digit(start + 1);
    arena.get(start + PREFIX..start + PREFIX + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_place_and_every_length_is_read_back() {
        let mut builder = TextsBuilder::new();
        let samples: Vec<String> = (0..=limits::ROSTER_TEXT_BYTES_MAX)
            .map(|n| "x".repeat(n))
            .chain(["é".into(), "Zoé-Ñ".into()])
            .collect();
        let places: Vec<_> = samples.iter().map(|s| builder.intern(s)).collect();
        let again: Vec<_> = samples.iter().map(|s| builder.intern(s)).collect();
        assert_eq!(places, again);
        let texts = builder.finish();
        for (place, sample) in places.into_iter().zip(&samples) {
            assert_eq!(place.map(|p| texts.get(p)), Ok(sample.as_str()));
        }
        assert_eq!(Texts::default().get(Text::EMPTY), "");
    }

    #[test]
    fn a_text_beyond_the_limit_is_refused() {
        let mut builder = TextsBuilder::new();
        let long = "x".repeat(limits::ROSTER_TEXT_BYTES_MAX + 1);
        assert_eq!(builder.intern(&long), Err(BuildError::TextTooLong));
    }
}
