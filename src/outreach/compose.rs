//! Composes a letter at the moment at which it is sent: with the words, the address and the links of now.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::asking;
use super::left::{concerns, items, left};
use super::message::{WriteError, Written};
use super::post::Office;
use super::sheet::{Layout, Sheet};
use super::sources::{Alert, Unknown};
use super::words::Words;
use crate::base::{AccountId, ItemId, Language, Role};
use crate::ledger::{About, Letter, LetterEnd};

/// What became of a letter that was to be composed.
pub(super) enum Composed {
    /// It can be sent.
    Ready(Written),
    /// There is nothing to send.
    Ended(LetterEnd),
    /// Its school's quiet hours keep it.
    KeptBack,
}

impl Office {
    /// Composes a letter.
    ///
    /// # Errors
    /// [`Unknown`] if something can't be known now.
    pub(super) async fn compose(&self, letter: &Letter) -> Result<Composed, Unknown> {
        let is_quiet = || self.parts.sources.is_quiet(&letter.to, self.parts.clock.school());
        if !letter.about.is_urgent() && is_quiet() {
            return Ok(Composed::KeptBack);
        }
        let Some(address) = self.address(&letter.to) else {
            return Ok(Composed::Ended(LetterEnd::Unaddressed));
        };
        let choice = asking::source(|given| self.parts.choices.choice(&letter.to, given)).await?;
        let is_wanted = if letter.about.is_urgent() { choice.wants_urgent } else { choice.wants_digests };
        if !is_wanted {
            return Ok(Composed::Ended(LetterEnd::Unwanted));
        }
        let sheet = match &letter.about {
            About::Digest(date) => self.digest(&letter.to, *date).await?,
            About::Urgent(item) => self.urgent(&letter.to, item, &choice.language).await?,
        };
        let Some((sheet, words)) = sheet else {
            return Ok(Composed::Ended(LetterEnd::Empty));
        };
        let name = self.parts.seals.name(&letter.to, &letter.about);
        Ok(match self.sender.write(&sheet, words, (&address, &name, letter.written_at)) {
            Ok(written) => Composed::Ready(written),
            Err(error @ (WriteError::Address | WriteError::Message)) => {
                tracing::warn!(letter = letter.id.0, %error, "a letter can't be written");
                Composed::Ended(LetterEnd::Unaddressed)
            }
        })
    }

    /// Where an account gets its mail, as long as it is a guardian's.
    fn address(&self, to: &AccountId) -> Option<String> {
        let roster = self.parts.directory.current();
        let account = roster.account(to.as_str()).filter(|account| account.role() == Role::Guardian)?;
        account.email().map(str::to_owned)
    }

    async fn digest(&self, to: &AccountId, date: Date) -> Result<Option<(Sheet, &'static Words)>, Unknown> {
        let sources = &self.parts.sources;
        let Some(digest) = asking::source(|given| sources.digest(to, date, given)).await? else {
            return Ok(None);
        };
        let named = items(&digest);
        let withdrawn: BTreeSet<ItemId> = if named.is_empty() {
            BTreeSet::new()
        } else {
            asking::source(|given| sources.withdrawn(named, given)).await?
        };
        let roster = self.parts.directory.current();
        let left = roster.account(to.as_str()).and_then(|guardian| left(digest, &guardian, &withdrawn));
        let key = self.parts.seals.stop_key(to);
        Ok(left.and_then(|digest| {
            let words = Words::of(&digest.language)?;
            let layout = Layout { words, roster: &roster, public_url: &self.parts.settings.public_url };
            Some((layout.digest(&digest, &key), words))
        }))
    }

    async fn urgent(
        &self,
        to: &AccountId,
        item: &ItemId,
        language: &Language,
    ) -> Result<Option<(Sheet, &'static Words)>, Unknown> {
        let alert = asking::source(|given| self.parts.sources.urgent(item, given)).await?;
        let (roster, now) = (self.parts.directory.current(), self.parts.clock.school());
        let lasts = |alert: &Alert| alert.says.expires_at.is_none_or(|at| at > now);
        Ok(alert.filter(lasts).and_then(|Alert { says, places }| {
            roster.account(to.as_str()).filter(|guardian| concerns(&places, guardian))?;
            let words = Words::of(language)?;
            let layout = Layout { words, roster: &roster, public_url: &self.parts.settings.public_url };
            Some((layout.urgent(&says, language), words))
        }))
    }
}
