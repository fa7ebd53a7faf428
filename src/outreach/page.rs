//! What a letter's link leads to: a page that asks, and one that says that it is done. Looking at it changes nothing, since
//! mailboxes and their guards open links on their own (RFC 8058 §3.2).

use std::sync::Arc;

use super::asking;
use super::html;
use super::seals::Seals;
use super::sources::{Choices, Unknown};
use super::words::Words;
use crate::base::Language;

/// A page, and what became of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It was asked, or it is done.
    Fine(String),
    /// The key is none of this hub's.
    Wrong(String),
    /// It can't be written down now.
    Later(String),
}

/// Stops the mail for whoever holds a key.
pub struct Farewell {
    seals: Arc<Seals>,
    choices: Arc<dyn Choices>,
}

impl Farewell {
    /// By these keys and choices.
    pub fn new(seals: Arc<Seals>, choices: Arc<dyn Choices>) -> Self {
        Self { seals, choices }
    }

    /// The page that asks.
    pub fn ask(&self, key: &str, language: &str) -> Reply {
        let Some(words) = words(language) else { return Reply::Wrong(String::new()) };
        if self.seals.read_stop_key(key).is_none() {
            return wrong(words);
        }
        // The key is known to be made of letters, digits and `-_`, and the language is ours.
        let action = format!("/v1/unsubscribe?key={key}&language={}", words.language);
        let button = Some((action.as_str(), words.stop_button.as_str()));
        Reply::Fine(html::page(&words.stop_title, &words.stop_question, button, words))
    }

    /// Stops the digests, however often it is asked.
    pub async fn stop(&self, key: &str, language: &str) -> Reply {
        let Some(words) = words(language) else { return Reply::Wrong(String::new()) };
        let Some(account) = self.seals.read_stop_key(key) else { return wrong(words) };
        match asking::source(|given| self.choices.stop(&account, given)).await {
            Ok(()) => {
                let text = format!("{} {}", words.stopped, words.urgent_goes_on);
                Reply::Fine(html::page(&words.stopped_title, &text, None, words))
            }
            Err(Unknown) => Reply::Later(html::page(&words.later_title, &words.later, None, words)),
        }
    }
}

fn words(language: &str) -> Option<&'static Words> {
    Words::of(&Language::parse(language).unwrap_or_else(|_| Language::french()))
}

fn wrong(words: &Words) -> Reply {
    Reply::Wrong(html::page(&words.wrong_title, &words.wrong, None, words))
}
