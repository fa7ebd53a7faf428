//! A notice with a title.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checks::{length, required};
use super::{BodyError, Kind, Language, Said};
use crate::base::{ItemId, SchoolTime, limits};

/// A notice with a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub text: String,
    /// The language of both, if it is not French.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The same in other languages, as the sender wrote it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: BTreeMap<Language, Wording>,
    /// From when on it says nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<SchoolTime>,
    /// The item that it belongs to: the same in all its channels and versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Which wording of the item this is, from 1. The highest holds.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub version: u32,
    /// Who is asked to say that they have read it, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptBy>,
    /// Whether the sender sees who did, and not only how many.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names: bool,
}

/// A title and a text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
}

/// What one receipt stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptBy {
    /// One for each student: whichever of the student's guardians reads it.
    Student,
    /// One for each account that gets it, however many children it has.
    Account,
}

pub(super) fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn is_first(version: &u32) -> bool {
    *version == 1
}

impl Announcement {
    /// A notice of so many words.
    pub fn new(title: &str, text: &str) -> Self {
        Self {
            title: title.to_owned(),
            text: text.to_owned(),
            language: None,
            translations: BTreeMap::new(),
            expires_at: None,
            item: None,
            version: 1,
            receipt: None,
            names: false,
        }
    }

    /// The same, of no item.
    pub(super) fn alone(self) -> Self {
        Self { item: None, version: 1, receipt: None, names: false, ..self }
    }

    /// The wording in a language, or else the sender's own.
    pub fn wording(&self, language: &Language) -> (&str, &str) {
        let translated = self.translations.get(language);
        translated.map_or((&self.title, &self.text), |wording| (&wording.title, &wording.text))
    }
}

impl Said for Announcement {
    const KIND: Kind = Kind::Announcement;

    fn check(&self) -> Result<(), BodyError> {
        required("title", &self.title, limits::TITLE_CHARS_MAX)?;
        required("text", &self.text, limits::NOTICE_TEXT_CHARS_MAX)?;
        if self.translations.len() > limits::TRANSLATIONS_MAX {
            let max = limits::TRANSLATIONS_MAX;
            return Err(BodyError::TooLong { field: "translations", max, unit: "languages" });
        }
        for wording in self.translations.values() {
            required("title", &wording.title, limits::TITLE_CHARS_MAX)?;
            length("text", &wording.text, limits::NOTICE_TEXT_CHARS_MAX)?;
        }
        let is_plain = self.version == 1 && self.receipt.is_none() && !self.names;
        if self.item.is_none() && !is_plain { Err(BodyError::NoItem) } else { Ok(()) }
    }
}
