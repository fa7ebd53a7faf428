//! Receipts, done-marks and extensions of the embedded ledger.

use super::{Local, failed};
use crate::base::{AccountId, ItemId, Role, SchoolTime, limits};
use crate::ledger::marks::{DoneMark, Extended, Marked, Marks, MarksOf, PutExtension, Receipt};
use crate::ledger::{Answer, Busy, LedgerError};
use crate::store::{DoneRow, ExtensionRow, ReceiptRow};

impl Marks for Local {
    fn put_receipts(&self, receipts: Vec<Receipt>, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let mut new = 0;
            for receipt in receipts {
                new += usize::from(batch.put_receipt(&receipt_row(&receipt)).map_err(failed)?);
            }
            Ok(new)
        })
    }

    fn receipts(
        &self,
        item: ItemId,
        after: Option<AccountId>,
        limit: usize,
        answer: Answer<Vec<Receipt>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let page = rows.receipts(item.as_str(), name(after.as_ref()), page(limit)).map_err(failed)?;
            page.into_iter().map(receipt).collect()
        })
    }

    fn receipt_counts(&self, item: ItemId, answer: Answer<Vec<(Role, u64)>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let counts = rows.receipt_counts(item.as_str()).map_err(failed)?;
            counts.into_iter().map(|(role, number)| Ok((role_of(role)?, count(number)))).collect()
        })
    }

    fn put_done(
        &self,
        item: ItemId,
        student: AccountId,
        at: Option<SchoolTime>,
        answer: Answer<Option<SchoolTime>>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let stands =
                batch.put_done(item.as_str(), student.as_str(), at.map(|at| at.0)).map_err(failed)?;
            Ok(stands.map(SchoolTime))
        })
    }

    fn done(
        &self,
        item: ItemId,
        after: Option<AccountId>,
        limit: usize,
        answer: Answer<Vec<DoneMark>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let page = rows.done(item.as_str(), name(after.as_ref()), page(limit)).map_err(failed)?;
            page.into_iter().map(done_mark).collect()
        })
    }

    fn done_count(&self, item: ItemId, answer: Answer<u64>) -> Result<(), Busy> {
        self.read(answer, move |rows| rows.done_count(item.as_str()).map_err(failed).map(count))
    }

    fn put_extension(
        &self,
        item: ItemId,
        student: AccountId,
        due: Option<String>,
        answer: Answer<PutExtension>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let put = batch.put_extension(item.as_str(), student.as_str(), due.as_deref()).map_err(failed)?;
            Ok(PutExtension { version: put.0, is_new: put.1 })
        })
    }

    fn extensions(&self, item: ItemId, answer: Answer<Vec<Extended>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let page = rows.extensions(item.as_str()).map_err(failed)?;
            page.into_iter().filter_map(|row| extended(row).transpose()).collect()
        })
    }

    fn extensions_due(
        &self,
        (from, until): (String, String),
        skipped: usize,
        answer: Answer<Vec<Extended>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let page = rows.extensions_due((&from, &until), skipped, limits::MARKS_PAGE_MAX);
            page.map_err(failed)?.into_iter().filter_map(|row| extended(row).transpose()).collect()
        })
    }

    fn marked(&self, mut asked: Vec<(ItemId, AccountId)>, answer: Answer<Vec<Marked>>) -> Result<(), Busy> {
        asked.truncate(limits::MARKS_ASKED_MAX);
        self.read(answer, move |rows| {
            let pairs = asked.iter().map(|(item, student)| (item.as_str(), student.as_str()));
            let found = rows.marked(pairs).map_err(failed)?;
            Ok(found
                .into_iter()
                .map(|row| Marked { done_at: row.done_at.map(SchoolTime), due: row.due })
                .collect())
        })
    }

    fn marks_of(&self, account: AccountId, answer: Answer<MarksOf>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let receipts = rows.receipts_of(account.as_str()).map_err(failed)?;
            let done = rows.done_of(account.as_str()).map_err(failed)?;
            let extensions = rows.extensions_of(account.as_str()).map_err(failed)?;
            Ok(MarksOf {
                receipts: receipts.into_iter().map(receipt).collect::<Result<_, _>>()?,
                done: done.into_iter().map(done_mark).collect::<Result<_, _>>()?,
                extensions: extensions
                    .into_iter()
                    .filter_map(|row| extended(row).transpose())
                    .collect::<Result<_, _>>()?,
            })
        })
    }

    fn marked_items(&self, after: Option<ItemId>, answer: Answer<Vec<ItemId>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let after = after.as_ref().map_or("", ItemId::as_str);
            let page = rows.marked_items(after, limits::MARKS_PAGE_MAX).map_err(failed)?;
            page.iter().map(|name| item_id(name)).collect()
        })
    }

    fn forget_marks(&self, item: ItemId, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.forget_marks(item.as_str()).map_err(failed))
    }

    fn erase_marks(&self, account: AccountId, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.erase_marks(account.as_str()).map_err(failed))
    }

    fn put_reminded(&self, zone: String, slot: String, answer: Answer<()>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.put_reminded(&zone, &slot).map_err(failed))
    }

    fn reminded(&self, answer: Answer<Vec<(String, String)>>) -> Result<(), Busy> {
        self.read(answer, |rows| rows.reminded().map_err(failed))
    }
}

fn page(limit: usize) -> usize {
    limit.clamp(1, limits::MARKS_PAGE_MAX)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// No account's name is empty, so that all come after it.
fn name(account: Option<&AccountId>) -> &str {
    account.map_or("", AccountId::as_str)
}

fn role_of(number: u8) -> Result<Role, LedgerError> {
    Role::ALL.get(usize::from(number)).copied().ok_or(LedgerError::StorageFailed)
}

fn item_id(name: &str) -> Result<ItemId, LedgerError> {
    ItemId::parse(name).map_err(|_| LedgerError::StorageFailed)
}

fn account(name: &str) -> Result<AccountId, LedgerError> {
    AccountId::parse(name).map_err(|_| LedgerError::StorageFailed)
}

fn receipt_row(receipt: &Receipt) -> ReceiptRow {
    ReceiptRow {
        item: receipt.item.as_str().to_owned(),
        subject: receipt.subject.as_str().to_owned(),
        role: receipt.role as u8,
        reader: receipt.by.as_str().to_owned(),
        at: receipt.at.0,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what a list of rows gives")]
fn receipt(row: ReceiptRow) -> Result<Receipt, LedgerError> {
    Ok(Receipt {
        item: item_id(&row.item)?,
        subject: account(&row.subject)?,
        role: role_of(row.role)?,
        by: account(&row.reader)?,
        at: SchoolTime(row.at),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what a list of rows gives")]
fn done_mark(row: DoneRow) -> Result<DoneMark, LedgerError> {
    Ok(DoneMark { item: item_id(&row.item)?, student: account(&row.student)?, at: SchoolTime(row.at) })
}

fn extended(row: ExtensionRow) -> Result<Option<Extended>, LedgerError> {
    let Some(due) = row.due else { return Ok(None) };
    Ok(Some(Extended { item: item_id(&row.item)?, student: account(&row.student)?, due }))
}
