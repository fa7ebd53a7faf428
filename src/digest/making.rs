//! Making the digests of an evening: the guardians of a zone in pages, school by school, each page one commit of rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::asking::Trouble;
use super::choice::choose;
use super::dates::{is_evening, later, opening, remembered_since, since};
use super::family::Family;
use super::parts::{Parts, PartsOf};
use super::press::Sources;
use super::settings::Settings;
use crate::base::{AccountId, Channel, MachineTime, Role, SchoolTime, limits};
use crate::calendar::{Calendar, SchoolRef};
use crate::ledger::{DigestRow, DigestState, Evening, Frequency, wait};
use crate::roster::Roster;

/// An evening whose digests are being made.
#[derive(Debug)]
pub(super) struct Making {
    pub(super) date: Date,
    pub(super) begun_at: MachineTime,
    /// Those whose turn it is not yet, the last first.
    guardians: Vec<AccountId>,
    pub(super) ready: u32,
    pub(super) skipped: u32,
}

/// A guardian for whom a digest may be made.
struct Reader {
    family: Family,
    since: SchoolTime,
    until: SchoolTime,
    known: HashSet<u64>,
}

impl Making {
    /// Begins with the guardians whose schools go by a zone.
    pub(super) fn begin(
        date: Date,
        zone: &str,
        (roster, calendar): (&Roster, &Calendar),
        begun_at: MachineTime,
    ) -> Self {
        let mut guardians: Vec<(&str, AccountId)> = roster
            .accounts()
            .filter(|account| account.role() == Role::Guardian)
            .filter_map(|account| {
                let school = account.schools().next()?.id();
                let is_here = calendar.zone(SchoolRef::id(school)).iana_name().unwrap_or("UTC") == zone;
                is_here.then(|| Some((school, AccountId::parse(account.id()).ok()?)))?
            })
            .collect();
        // Guardians of one school share the most.
        guardians.sort_unstable_by(|a, b| b.cmp(a));
        let guardians = guardians.into_iter().map(|(_, guardian)| guardian).collect();
        Self { date, begun_at, guardians, ready: 0, skipped: 0 }
    }

    /// Makes the digests of one page of guardians; whether it was the last.
    pub(super) fn step(
        &mut self,
        sources: &Sources,
        settings: &Settings,
        parts: &mut Parts,
        earlier: &[Evening],
    ) -> Result<bool, Trouble> {
        let from = self.guardians.len().saturating_sub(limits::DIGEST_PAGE_MAX);
        let page = self.guardians.get(from..).unwrap_or_default().to_vec();
        let asked = u32::try_from(page.len()).unwrap_or(u32::MAX);
        let ready = self.page(&page, sources, settings, parts, earlier)?;
        self.guardians.truncate(from);
        self.ready += ready;
        self.skipped += asked.saturating_sub(ready);
        Ok(self.guardians.is_empty())
    }

    /// How many guardians of a page have a digest of this evening now.
    fn page(
        &self,
        page: &[AccountId],
        sources: &Sources,
        settings: &Settings,
        parts: &mut Parts,
        earlier: &[Evening],
    ) -> Result<u32, Trouble> {
        if page.is_empty() {
            return Ok(0);
        }
        let ledger = &*sources.ledger;
        let from = later(self.date, -limits::DIGEST_ROWS_DAYS.days());
        let preferences = wait(|answer| ledger.preferences(page.to_vec(), answer))?;
        let readers: Vec<Reader> = {
            let (roster, calendar) = (sources.directory.current(), (sources.calendar)());
            let families = preferences.iter().filter_map(|preference| {
                let family = Family::of(&roster, &preference.guardian)?;
                self.reader(family, preference.digest, (&calendar, settings), earlier)
            });
            families.collect()
        };
        let from = readers.iter().map(|reader| day_of(reader.since)).fold(from, Date::min);
        let guardians = readers.iter().map(|reader| reader.family.guardian.clone()).collect();
        let rows = wait(|answer| ledger.digests(guardians, from, answer))?;
        let (readers, there) = self.remember(readers, rows);
        let parts = parts.of(
            &wanted(&readers),
            (&*sources.broker, ledger),
            (settings, remembered_since(self.date)),
        )?;
        let rows: Vec<DigestRow> = readers.iter().filter_map(|reader| self.row(reader, &parts)).collect();
        let made = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if made > 0 {
            wait(|answer| ledger.add_digests(rows, answer))?;
        }
        Ok(there + made)
    }

    fn reader(
        &self,
        family: Family,
        frequency: Frequency,
        (calendar, settings): (&Calendar, &Settings),
        earlier: &[Evening],
    ) -> Option<Reader> {
        let when = (self.date, frequency);
        if !is_evening(calendar, &family.schools, when, settings.weekly_on) {
            return None;
        }
        let zone =
            calendar.zone(family.schools.first().map_or(SchoolRef::NONE, |school| SchoolRef::id(school)));
        Some(Reader {
            since: since((calendar, settings), &family.schools, when, earlier),
            until: opening(settings, self.date, zone),
            known: HashSet::new(),
            family,
        })
    }

    /// Tells each reader what their earlier digests held. Those who have one of this evening already are only counted.
    fn remember(&self, readers: Vec<Reader>, rows: Vec<DigestRow>) -> (Vec<Reader>, u32) {
        let mut there = 0;
        let mut readers: HashMap<AccountId, Reader> =
            readers.into_iter().map(|reader| (reader.family.guardian.clone(), reader)).collect();
        for row in rows {
            if row.date == self.date {
                there += u32::from(readers.remove(&row.guardian).is_some());
            } else if let Some(reader) = readers.get_mut(&row.guardian) {
                reader.known.extend(row.items);
            }
        }
        (readers.into_values().collect(), there)
    }

    fn row(&self, reader: &Reader, parts: &PartsOf) -> Option<DigestRow> {
        let choice = choose(&reader.family, parts, (reader.since, reader.until), &reader.known);
        (!choice.keys.is_empty()).then(|| DigestRow {
            guardian: reader.family.guardian.clone(),
            date: self.date,
            items: choice.keys,
            left_out: choice.left_out,
            state: DigestState::Ready,
        })
    }
}

/// The channels of some readers, and from when on each is to be read.
fn wanted(readers: &[Reader]) -> BTreeMap<Channel, SchoolTime> {
    let mut wanted: BTreeMap<Channel, SchoolTime> = BTreeMap::new();
    for reader in readers {
        for channel in reader.family.channels() {
            let since = wanted.entry(channel.clone()).or_insert(reader.since);
            *since = reader.since.min(*since);
        }
    }
    wanted
}

/// The day, somewhere in the world, on which an instant lies: rows of it and later are all that can hold what is younger.
fn day_of(at: SchoolTime) -> Date {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    later(instant.to_zoned(jiff::tz::TimeZone::UTC).date(), -1.days())
}
