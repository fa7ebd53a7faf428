//! A letter as a message (RFC 5322): text and HTML as alternatives, and the headers that mailboxes go by.
//!
//! The same letter is the same bytes each time it is written with the same words: a mailbox that got it twice keeps one.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::html;
use super::settings::Settings;
use super::sheet::Sheet;
use super::text;
use super::words::Words;
use crate::base::MachineTime;

/// The sender, as letters name it.
pub(super) struct Sender {
    pub(super) address: Address,
    name: String,
}

/// A letter that can be handed to a relay.
pub(super) struct Written {
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// Why a letter can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WriteError {
    /// The account's address is none.
    #[error("the address is none that mail can go to")]
    Address,
    /// Something in it does not fit a message.
    #[error("the letter does not fit a message")]
    Message,
}

impl Sender {
    /// The sender of checked settings.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        Some(Self { address: settings.from.parse().ok()?, name: settings.name.clone() })
    }

    /// Writes a letter. Its name is what stands before the `@` of its `Message-ID`.
    pub(super) fn write(
        &self,
        sheet: &Sheet,
        words: &Words,
        (to, name, written_at): (&str, &str, MachineTime),
    ) -> Result<Written, WriteError> {
        let to: Address = to.trim().parse().map_err(|_| WriteError::Address)?;
        let shown = Some(self.name.clone()).filter(|name| !name.is_empty());
        let host = self.address.domain();
        let mut message = Message::builder()
            .from(Mailbox::new(shown, self.address.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(sheet.subject.clone())
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(written_at.0))
            .message_id(Some(format!("<{name}@{host}>")));
        let list = [
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("Content-Language", words.language.clone()),
            ("List-Id", format!("<preau.{host}>")),
        ];
        let stop = sheet.stop.iter().flat_map(|stop| {
            [
                ("List-Unsubscribe", format!("<{}>", stop.url)),
                // RFC 8058: the mailbox's own button may ask without opening a page.
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ]
        });
        for (header, value) in list.into_iter().chain(stop) {
            message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(header), value));
        }
        let parts = MultiPart::alternative()
            .boundary(format!("preau-{name}"))
            .singlepart(SinglePart::plain(text::text(sheet)))
            .singlepart(SinglePart::html(html::letter(sheet, words)));
        let message = message.multipart(parts).map_err(|_| WriteError::Message)?;
        Ok(Written { to, bytes: message.formatted() })
    }
}
