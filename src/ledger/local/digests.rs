//! Digests over the embedded store's rows.

use jiff::civil::Date;

use super::{Local, failed};
use crate::base::{AccountId, Language, limits};
use crate::ledger::digests::{
    DigestRow, DigestState, Digests, Evening, Frequency, Preference, PreferenceChange,
};
use crate::ledger::{Answer, Busy, LedgerError};
use crate::store::{self, EveningRow, PreferenceRow};

const DAMAGED: LedgerError = LedgerError::StorageFailed;

impl Digests for Local {
    fn change_preference(
        &self,
        guardian: AccountId,
        change: PreferenceChange,
        answer: Answer<Preference>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let before = match batch.preference(guardian.as_str()).map_err(failed)? {
                Some(row) => preference(&row)?,
                None => Preference::of(guardian),
            };
            let after = Preference {
                guardian: before.guardian,
                digest: change.digest.unwrap_or(before.digest),
                mail: change.mail.unwrap_or(before.mail),
                urgent_mail: change.urgent_mail.unwrap_or(before.urgent_mail),
                language: change.language.unwrap_or(before.language),
            };
            let row = PreferenceRow {
                guardian: after.guardian.as_str().to_owned(),
                frequency: after.digest as u8,
                mail: after.mail,
                urgent_mail: after.urgent_mail,
                language: after.language.as_str().to_owned(),
            };
            batch.put_preference(&row).map_err(failed)?;
            Ok(after)
        })
    }

    fn preferences(&self, guardians: Vec<AccountId>, answer: Answer<Vec<Preference>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let asked = guardians.into_iter().take(limits::DIGEST_PAGE_MAX);
            let found = asked.map(|guardian| match rows.preference(guardian.as_str()).map_err(failed)? {
                Some(row) => preference(&row),
                None => Ok(Preference::of(guardian)),
            });
            found.collect()
        })
    }

    fn add_digests(&self, digests: Vec<DigestRow>, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let mut added = 0;
            for digest in &digests {
                added += usize::from(batch.add_digest(&row(digest)).map_err(failed)?);
            }
            Ok(added)
        })
    }

    fn digests(
        &self,
        guardians: Vec<AccountId>,
        from: Date,
        answer: Answer<Vec<DigestRow>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let (from, mut found) = (from.to_string(), Vec::new());
            for guardian in guardians.iter().take(limits::DIGEST_PAGE_MAX) {
                rows.digests(guardian.as_str(), &from, &mut found).map_err(failed)?;
            }
            found.into_iter().map(digest).collect()
        })
    }

    fn ready_digests(
        &self,
        date: Date,
        after: Option<AccountId>,
        answer: Answer<Vec<AccountId>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let after = after.as_ref().map_or("", AccountId::as_str);
            let page = rows.ready_digests(&date.to_string(), after, limits::DIGEST_READY_PAGE_MAX);
            page.map_err(failed)?.iter().map(|id| AccountId::parse(id).map_err(|_| DAMAGED)).collect()
        })
    }

    fn digests_are_published(
        &self,
        date: Date,
        guardians: Vec<AccountId>,
        answer: Answer<usize>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let (date, mut count) = (date.to_string(), 0);
            for guardian in &guardians {
                count += usize::from(batch.digest_is_published(guardian.as_str(), &date).map_err(failed)?);
            }
            Ok(count)
        })
    }

    fn put_evening(&self, evening: Evening, answer: Answer<()>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let Evening { date, zone, is_made, is_over, ready, skipped, published } = evening;
            let (date, zone) = (date.to_string(), zone.into());
            let row = EveningRow { date, zone, is_made, is_over, ready, skipped, published };
            batch.put_evening(&row).map_err(failed)
        })
    }

    fn evenings(&self, zone: Box<str>, answer: Answer<Vec<Evening>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let found = rows.evenings(&zone, limits::DIGEST_EVENINGS_MAX).map_err(failed)?;
            found.into_iter().map(evening).collect()
        })
    }

    fn trim_digests(&self, before: Date, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.trim_digests(&before.to_string()).map_err(failed))
    }
}

fn preference(row: &PreferenceRow) -> Result<Preference, LedgerError> {
    Ok(Preference {
        guardian: AccountId::parse(&row.guardian).map_err(|_| DAMAGED)?,
        digest: Frequency::ALL.get(usize::from(row.frequency)).copied().ok_or(DAMAGED)?,
        mail: row.mail,
        urgent_mail: row.urgent_mail,
        language: Language::parse(&row.language).map_err(|_| DAMAGED)?,
    })
}

fn row(digest: &DigestRow) -> store::DigestRow {
    store::DigestRow {
        guardian: digest.guardian.as_str().to_owned(),
        date: digest.date.to_string(),
        is_published: digest.state == DigestState::Published,
        left_out: digest.left_out,
        items: digest.items.clone(),
    }
}

fn digest(row: store::DigestRow) -> Result<DigestRow, LedgerError> {
    Ok(DigestRow {
        guardian: AccountId::parse(&row.guardian).map_err(|_| DAMAGED)?,
        date: row.date.parse().map_err(|_| DAMAGED)?,
        items: row.items,
        left_out: row.left_out,
        state: if row.is_published { DigestState::Published } else { DigestState::Ready },
    })
}

fn evening(row: EveningRow) -> Result<Evening, LedgerError> {
    let EveningRow { date, zone, is_made, is_over, ready, skipped, published } = row;
    let date = date.parse().map_err(|_| DAMAGED)?;
    Ok(Evening { date, zone: zone.into(), is_made, is_over, ready, skipped, published })
}
