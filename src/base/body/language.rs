//! The language of a text.

use serde::{Deserialize, Serialize};

/// A language as BCP 47 writes it: `fr`, `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(Box<str>);

/// A language is two or three small letters, and may name a country with two capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is written like fr, or like pt-BR")]
pub struct LanguageError;

impl Language {
    /// Parses a language.
    ///
    /// # Errors
    /// [`LanguageError`].
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        let (language, country) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
        let fits = matches!(language.len(), 2..=3)
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && country.is_none_or(|country| {
                country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())
            });
        if fits { Ok(Self(text.into())) } else { Err(LanguageError) }
    }

    /// French, in which schools write unless they say otherwise.
    pub fn french() -> Self {
        Self("fr".into())
    }

    /// The language as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Language {
    type Error = LanguageError;
    fn try_from(text: String) -> Result<Self, LanguageError> {
        Self::parse(&text)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_written_in_one_way() {
        for text in ["fr", "oci", "pt-BR"] {
            assert_eq!(Language::parse(text).map(String::from), Ok(text.to_owned()));
        }
        for text in ["", "f", "FR", "fr-fr", "fr-", "french", "fr-FR-x"] {
            assert_eq!(Language::parse(text), Err(LanguageError), "{text}");
        }
    }
}
