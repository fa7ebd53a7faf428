//! Publishing digests: a batch whose turns have come is rendered and committed while no withdrawal is answered.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;

use super::asking::{Trouble, next};
use super::dates::{remembered_since, since};
use super::family::Family;
use super::part::{Part, What};
use super::parts::{Parts, PartsOf, registry};
use super::press::Sources;
use super::settings::Settings;
use super::sheet::{DuesOf, Print, body, message_id};
use crate::base::{
    AccountId, Audience, Body, Channel, ItemId, Kind, MessageId, NewPublication, Role, SchoolTime, limits,
};
use crate::broker::PublishError;
use crate::calendar::SchoolRef;
use crate::ledger::{DigestRow, DigestState, Evening, Frequency, Item, Preference, wait};

/// One evening's digests as they are published.
pub(super) struct Batch<'a> {
    pub(super) date: Date,
    pub(super) sources: &'a Sources,
    pub(super) settings: &'a Settings,
    /// The evenings of the zone, newest first.
    pub(super) evenings: &'a [Evening],
    pub(super) now: SchoolTime,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Digests that stand in their guardians' channels.
    pub(super) published: u32,
    /// Digests of which nothing was left to say.
    pub(super) emptied: u32,
    /// Guardians to whom nothing is delivered now, and when that changes at the earliest.
    pub(super) put_off_until: Option<SchoolTime>,
}

/// A digest whose turn has come.
struct Due {
    row: DigestRow,
    preference: Preference,
}

impl Batch<'_> {
    /// Publishes the digests of guardians, as far as deliveries are made now.
    pub(super) fn publish(&self, guardians: Vec<AccountId>, parts: &mut Parts) -> Result<Outcome, Trouble> {
        let mut outcome = Outcome::default();
        let guardians = self.awake(guardians, &mut outcome);
        let due = self.due(guardians)?;
        let parts = self.parts(&due, parts)?;
        let told = self.render(&due, &parts)?;
        let emptied = due.len() - told.len();
        outcome.published = u32::try_from(told.len()).unwrap_or(u32::MAX);
        outcome.emptied = u32::try_from(emptied).unwrap_or(u32::MAX);
        if !due.is_empty() {
            // Letters first: a digest that is marked is not looked at again.
            self.sources.letters.are_due(&told, self.date)?;
            let over = due.into_iter().map(|due| due.row.guardian).collect();
            wait(|answer| self.sources.ledger.digests_are_published(self.date, over, answer))?;
        }
        Ok(outcome)
    }

    /// Those to whom deliveries are made now.
    fn awake(&self, guardians: Vec<AccountId>, outcome: &mut Outcome) -> Vec<AccountId> {
        let (roster, calendar) = (self.sources.directory.current(), (self.sources.calendar)());
        let mut is_awake = |guardian: &AccountId| {
            let school = roster.account(guardian.as_str()).and_then(|account| account.schools().next());
            let school = school.map_or(SchoolRef::NONE, |school| SchoolRef::id(school.id()));
            let answer = calendar.quiet(school, self.now);
            // Quiet hours that nobody sees end keep nothing, as everywhere.
            let until = answer.changes_at.filter(|_| !answer.open);
            outcome.put_off_until = [outcome.put_off_until, until].into_iter().flatten().min();
            until.is_none()
        };
        guardians.into_iter().filter(|guardian| is_awake(guardian)).collect()
    }

    fn due(&self, guardians: Vec<AccountId>) -> Result<Vec<Due>, Trouble> {
        if guardians.is_empty() {
            return Ok(Vec::new());
        }
        let ledger = &*self.sources.ledger;
        let preferences = wait(|answer| ledger.preferences(guardians.clone(), answer))?;
        let rows = wait(|answer| ledger.digests(guardians, self.date, answer))?;
        let rows = rows.into_iter().filter(|row| row.date == self.date && row.state == DigestState::Ready);
        let mut rows: HashMap<AccountId, DigestRow> = rows.map(|row| (row.guardian.clone(), row)).collect();
        let due = preferences.into_iter().filter_map(|preference| {
            let row = rows.remove(&preference.guardian)?;
            Some(Due { row, preference })
        });
        Ok(due.collect())
    }

    /// The parts of the guardians' channels, which say what the keys stand for.
    fn parts(&self, due: &[Due], parts: &mut Parts) -> Result<PartsOf, Trouble> {
        let (roster, calendar) = (self.sources.directory.current(), (self.sources.calendar)());
        let mut wanted: BTreeMap<Channel, SchoolTime> = BTreeMap::new();
        for due in due {
            let Some(family) = Family::of(&roster, &due.row.guardian) else { continue };
            // Since it was made the guardian may have chosen otherwise.
            let since = |frequency| {
                since((&calendar, self.settings), &family.schools, (self.date, frequency), self.evenings)
            };
            let since = since(Frequency::Daily).min(since(Frequency::Weekly));
            for channel in family.channels() {
                let earliest = wanted.entry(channel.clone()).or_insert(since);
                *earliest = since.min(*earliest);
            }
        }
        let sources = (&*self.sources.broker, &*self.sources.ledger);
        parts.of(&wanted, sources, (self.settings, remembered_since(self.date)))
    }

    /// Renders and commits. Whose digest is in their channel afterwards, now or from an earlier attempt.
    fn render(&self, due: &[Due], parts: &PartsOf) -> Result<Vec<AccountId>, Trouble> {
        let _rendering = self.sources.rendering.begin();
        // From here on what is withdrawn and which links are cut is seen, or waits until the commit.
        let roster = self.sources.directory.current();
        let families: Vec<(&Due, Family)> =
            due.iter().filter_map(|due| Some((due, Family::of(&roster, &due.row.guardian)?))).collect();
        let keys: HashSet<u64> = due.iter().flat_map(|due| due.row.items.iter().copied()).collect();
        let registry = registry(items(parts, &keys), &*self.sources.ledger)?;
        let dues = self.dues(families.iter().map(|(_, family)| family), (parts, &keys), &registry)?;
        let print = Print { parts, registry: &registry, dues: &dues, now: self.now };
        let mut sent = Vec::with_capacity(families.len());
        for (due, family) in &families {
            sent.extend(self.sheet(&print, due, family));
        }
        self.send(sent)
    }

    /// The body of one digest, if anything is left to say.
    fn sheet(&self, print: &Print<'_>, due: &Due, family: &Family) -> Option<(AccountId, Body)> {
        if due.preference.digest == Frequency::Off {
            return None;
        }
        let digest = print.digest(family, &due.row, &due.preference.language)?;
        match body(digest) {
            Ok(body) => Some((due.row.guardian.clone(), body)),
            Err(error) => {
                self.sources.metrics.digests_failed.inc();
                tracing::error!(%error, guardian = %due.row.guardian, "a digest can't be written");
                None
            }
        }
    }

    /// The due dates that students of these families have of their own.
    fn dues<'a>(
        &self,
        families: impl Iterator<Item = &'a Family>,
        (parts, keys): (&PartsOf, &HashSet<u64>),
        registry: &HashMap<ItemId, Item>,
    ) -> Result<DuesOf, Trouble> {
        let mut pairs: HashSet<(ItemId, AccountId)> = HashSet::new();
        for child in families.flat_map(|family| &family.children) {
            let parts = child.channels.iter().filter_map(|channel| parts.get(channel));
            let items = parts.flat_map(|part| items_of(part, keys));
            let work = items.filter(|id| registry.get(*id).is_some_and(|item| item.kind == Kind::Assignment));
            pairs.extend(work.map(|item| (item.clone(), child.account.clone())));
        }
        let (mut dues, pairs) = (DuesOf::new(), pairs.into_iter().collect::<Vec<_>>());
        for asked in pairs.chunks(limits::MARKS_ASKED_MAX) {
            let marked = wait(|answer| self.sources.ledger.marked(asked.to_vec(), answer))?;
            let own = asked.iter().zip(marked).filter_map(|(pair, marked)| Some((pair.clone(), marked.due?)));
            dues.extend(own);
        }
        Ok(dues)
    }

    fn send(&self, sent: Vec<(AccountId, Body)>) -> Result<Vec<AccountId>, Trouble> {
        let (answer, answers) = flume::bounded(sent.len());
        let (mut told, mut refused) = (Vec::with_capacity(sent.len()), None);
        let mut asked = 0;
        for (guardian, body) in sent {
            let answer = answer.clone();
            let Some(new) = self.publication(&guardian, body) else { continue };
            let done = Box::new(move |outcome| drop(answer.send((guardian, outcome))));
            if self.sources.broker.publish(new, done).is_err() {
                refused = Some(Trouble::Busy);
                break;
            }
            asked += 1;
        }
        for _ in 0..asked {
            match next(&answers)? {
                // The same evening's digest with other words: an earlier attempt was cut short after its commit.
                (guardian, Ok(_) | Err(PublishError::KeyReused)) => told.push(guardian),
                (_, Err(error)) => refused = Some(error.into()),
            }
        }
        refused.map_or(Ok(told), Err)
    }

    fn publication(&self, guardian: &AccountId, body: Body) -> Option<NewPublication> {
        Some(NewPublication {
            channel: Channel::Account(guardian.clone()),
            author: AccountId::hub(),
            message_id: MessageId::parse(&message_id(self.date)).ok()?,
            audience: Audience::of(&[Role::Guardian]).ok()?,
            body,
            published_at: self.now,
            deliver_at: None,
            urgent: None,
        })
    }
}

/// The items that some keys stand for.
fn items(parts: &PartsOf, keys: &HashSet<u64>) -> HashSet<ItemId> {
    parts.values().flat_map(|part| items_of(part, keys)).cloned().collect()
}

fn items_of<'a>(part: &'a Part, keys: &'a HashSet<u64>) -> impl Iterator<Item = &'a ItemId> {
    let entries = part.entries.iter().filter(|entry| keys.contains(&entry.key));
    entries.filter_map(|entry| match &entry.what {
        What::Item(item) => Some(item),
        What::Alone(_) => None,
    })
}
