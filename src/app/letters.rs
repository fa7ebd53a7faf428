//! Mail, joined to the rest: what letters are made of, what their readers chose, and the post that sends them.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{AppError, secret};
use crate::base::body::{self, Digest};
use crate::base::metrics::Metrics;
use crate::base::{AccountId, Channel, Clock, ItemId, Kind, Role, SchoolTime, limits};
use crate::broker::{Broker, History, HistoryPage};
use crate::config::{Config, files};
use crate::digest::{self, Trouble};
use crate::http::unsubscribe::{Reply, Unsubscribe};
use crate::ledger::{self, About, Item, Ledger, NewLetter, Preference, PreferenceChange};
use crate::outreach::{
    self, Alert, Choice, Choices, Farewell, Given, Post, PostParts, Relay, Seals, Sources, Unknown,
};
use crate::roster::Directory;
use crate::session::Quiet;

/// What mail is joined from.
pub(super) struct Ground {
    pub(super) broker: Arc<dyn Broker>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) quiet: Arc<dyn Quiet>,
    pub(super) directory: Arc<Directory>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) zone: TimeZone,
    pub(super) metrics: Metrics,
}

/// The page that letters lead to, and the post if there is a relay.
pub(super) struct Mail {
    pub(super) farewell: Box<dyn Unsubscribe>,
    pub(super) post: Option<Post>,
}

impl Mail {
    /// Opens it.
    ///
    /// # Errors
    /// [`AppError::Secret`], [`AppError::Entropy`] and [`AppError::Mail`].
    pub(super) fn open(config: &Config, ground: Ground) -> Result<Self, AppError> {
        let seals = Arc::new(Seals::new(&secret::of_letters(&config.data_dir)?));
        let choices: Arc<dyn Choices> = Arc::new(LedgerChoices(Arc::clone(&ground.ledger)));
        let farewell = Box::new(FarewellPage(Farewell::new(Arc::clone(&seals), Arc::clone(&choices))));
        let settings = config.mail.clone();
        if !settings.is_on() {
            return Ok(Self { farewell, post: None });
        }
        let relay = Relay::new(&settings, &password(&settings)?);
        let sources =
            LetterSources { broker: ground.broker, ledger: Arc::clone(&ground.ledger), quiet: ground.quiet };
        let post = relay.and_then(|relay| {
            Post::new(PostParts {
                ledger: ground.ledger,
                sources: Arc::new(sources),
                choices,
                directory: ground.directory,
                clock: ground.clock,
                zone: ground.zone,
                seals,
                relay,
                settings,
                metrics: ground.metrics,
            })
        });
        Ok(Self { farewell, post: Some(post.map_err(|error| AppError::Mail(error.to_string()))?) })
    }
}

/// The relay's password, without the line break that editors put behind it.
fn password(settings: &outreach::Settings) -> Result<String, AppError> {
    if settings.user.is_empty() {
        return Ok(String::new());
    }
    let told = |why: &dyn std::fmt::Display| {
        AppError::Mail(format!("mail.password_file {}: {why}", settings.password_file.display()))
    };
    let bytes = files::read(&settings.password_file, limits::RELAY_PASSWORD_BYTES_MAX)
        .map_err(|error| told(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| told(&error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What letters are made of: the guardians' channels, and the registry of items.
struct LetterSources {
    broker: Arc<dyn Broker>,
    ledger: Arc<dyn Ledger>,
    quiet: Arc<dyn Quiet>,
}

impl Sources for LetterSources {
    fn digest(&self, guardian: &AccountId, date: Date, given: Given<Option<Digest>>) {
        let history = History {
            channel: Channel::Account(guardian.clone()),
            after: None,
            before: None,
            kind: Some(Kind::Digest),
            role: Role::Guardian,
            limit: limits::HISTORY_LIMIT_DEFAULT,
        };
        let (given, otherwise) = once(given);
        let asked = self.broker.history(
            history,
            Box::new(move |page| given(page.map(|page| find(&page, date)).map_err(|_| Unknown))),
        );
        if asked.is_err() {
            otherwise();
        }
    }

    fn urgent(&self, item: &ItemId, given: Given<Option<Alert>>) {
        let alert = |item: Item| {
            let holds = !item.is_withdrawn && item.urgent && item.kind == Kind::Announcement;
            let says = holds.then(|| body::read(item.body.as_str()).ok()).flatten()?;
            Some(Alert { says, places: item.places })
        };
        self.items(vec![item.clone()], given, move |items| items.into_iter().next().and_then(alert));
    }

    fn withdrawn(&self, items: Vec<ItemId>, given: Given<BTreeSet<ItemId>>) {
        self.items(items, given, |items| {
            items.into_iter().filter(|item| item.is_withdrawn).map(|item| item.id).collect()
        });
    }

    fn is_quiet(&self, to: &AccountId, at: SchoolTime) -> bool {
        self.quiet.quiet(&Channel::Account(to.clone()), at).is_some()
    }
}

impl LetterSources {
    /// Reads items, and gives what they come to.
    fn items<T: 'static>(
        &self,
        ids: Vec<ItemId>,
        given: Given<T>,
        of: impl FnOnce(Vec<Item>) -> T + Send + 'static,
    ) {
        let (given, otherwise) = once(given);
        let asked = self.ledger.items(ids, Box::new(move |items| given(items.map(of).map_err(|_| Unknown))));
        if asked.is_err() {
            otherwise();
        }
    }
}

/// Writes a letter about each digest to who chose mail.
pub(super) struct DigestLetters {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Arc<dyn Clock>,
}

impl digest::Letters for DigestLetters {
    fn are_due(&self, guardians: &[AccountId], date: Date) -> Result<(), Trouble> {
        let chosen = ledger::wait(|answer| self.ledger.preferences(guardians.to_vec(), answer))?;
        let about = |to| NewLetter { to, about: About::Digest(date) };
        let letters: Vec<NewLetter> =
            chosen.into_iter().filter(|chosen| chosen.mail).map(|chosen| about(chosen.guardian)).collect();
        if letters.is_empty() {
            return Ok(());
        }
        ledger::wait(|answer| self.ledger.put_letters(letters, self.clock.machine(), answer))?;
        Ok(())
    }
}

/// The digest of an evening, among the newest ones of a channel.
fn find(page: &HistoryPage, date: Date) -> Option<Digest> {
    let name = format!("digest.{date}");
    let is_it = |publication: &crate::base::Publication| {
        publication.author.is_hub() && publication.message_id.as_str() == name
    };
    let found = page.publications.iter().rev().find(|publication| is_it(publication))?;
    body::read(&found.body).ok()
}

/// What guardians chose, in the ledger.
struct LedgerChoices(Arc<dyn Ledger>);

impl Choices for LedgerChoices {
    fn choice(&self, of: &AccountId, given: Given<Choice>) {
        let of = of.clone();
        let (given, otherwise) = once(given);
        let asked = self.0.preferences(
            vec![of.clone()],
            Box::new(move |found| {
                let chosen =
                    found.map(|found| found.into_iter().next().unwrap_or_else(|| Preference::of(of)));
                let choice = chosen.map(|chosen| Choice {
                    wants_digests: chosen.mail,
                    wants_urgent: chosen.urgent_mail,
                    language: chosen.language,
                });
                given(choice.map_err(|_| Unknown));
            }),
        );
        if asked.is_err() {
            otherwise();
        }
    }

    fn stop(&self, of: &AccountId, given: Given<()>) {
        let (given, otherwise) = once(given);
        let asked = self.0.change_preference(
            of.clone(),
            PreferenceChange::of_mail(false),
            Box::new(move |changed| given(changed.map(drop).map_err(|_| Unknown))),
        );
        if asked.is_err() {
            otherwise();
        }
    }
}

/// Splits a call into the one that answers, and the one for whoever was too busy to be asked. The first of the two is made.
fn once<T: 'static>(given: Given<T>) -> (Given<T>, impl FnOnce()) {
    let shared = Arc::new(std::sync::Mutex::new(Some(given)));
    let take = |shared: &std::sync::Mutex<Option<Given<T>>>| {
        shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    };
    let other = Arc::clone(&shared);
    let answer = Box::new(move |outcome| {
        if let Some(given) = take(&shared) {
            given(outcome);
        }
    });
    (answer, move || {
        if let Some(given) = take(&other) {
            given(Err(Unknown));
        }
    })
}

/// The page that letters lead to, as the edge asks for it.
struct FarewellPage(Farewell);

impl Unsubscribe for FarewellPage {
    fn ask(&self, key: &str, language: &str) -> Reply {
        reply(self.0.ask(key, language))
    }

    fn stop<'a>(
        &'a self,
        key: &'a str,
        language: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(async move { reply(self.0.stop(key, language).await) })
    }
}

fn reply(reply: outreach::Reply) -> Reply {
    match reply {
        outreach::Reply::Fine(html) => Reply::Fine(html),
        outreach::Reply::Wrong(html) => Reply::Wrong(html),
        outreach::Reply::Later(html) => Reply::Later(html),
    }
}
