//! Decisions about families over the embedded store's rows.

use super::{Local, append, failed};
use crate::base::{AccountId, Reason, SchoolTime, limits};
use crate::ledger::families::{Cut, Families, Forgotten, IsHere, PutCut};
use crate::ledger::{Answer, Busy, EntryId, LedgerError, NewEntry};
use crate::store::CutRow;

impl Families for Local {
    fn put_cut(&self, cut: Cut, entry: NewEntry, answer: Answer<PutCut>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            if batch.cut_count().map_err(failed)? >= limits::LINK_CUTS_MAX {
                return Ok(PutCut::Full);
            }
            batch.put_cut(&row(&cut)).map_err(failed)?;
            append(batch, &entry).map(PutCut::Stored)
        })
    }

    fn remove_cut(
        &self,
        (guardian, child): (AccountId, AccountId),
        entry: NewEntry,
        answer: Answer<EntryId>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            batch.remove_cut(guardian.as_str(), child.as_str()).map_err(failed)?;
            append(batch, &entry)
        })
    }

    fn cuts(&self, answer: Answer<Vec<Cut>>) -> Result<(), Busy> {
        self.read(answer, |rows| rows.cuts().map_err(failed)?.iter().map(cut).collect())
    }

    fn put_stop(
        &self,
        student: AccountId,
        since: Option<SchoolTime>,
        answer: Answer<()>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            batch.put_stop(student.as_str(), since.map(|since| since.0)).map_err(failed)
        })
    }

    fn stops(&self, answer: Answer<Vec<AccountId>>) -> Result<(), Busy> {
        self.read(answer, |rows| rows.stops().map_err(failed)?.iter().map(|id| account(id)).collect())
    }

    fn note_leavers(&self, is_here: IsHere, at: SchoolTime, answer: Answer<()>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let kept = batch.accounts_kept().map_err(failed)?;
            batch.note_leavers(&kept, &*is_here, at.0).map_err(failed)
        })
    }

    fn leavers(&self, before: SchoolTime, answer: Answer<Vec<AccountId>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let found = rows.leavers(before.0, limits::LEAVERS_ERASED_MAX).map_err(failed)?;
            found.iter().map(|id| account(id)).collect()
        })
    }

    fn forget(&self, account: AccountId, answer: Answer<Forgotten>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.forget(account.as_str()).map_err(failed))
    }
}

fn row(cut: &Cut) -> CutRow {
    CutRow {
        guardian: cut.guardian.as_str().to_owned(),
        child: cut.child.as_str().to_owned(),
        at: cut.at.0,
        who: cut.by.as_str().to_owned(),
        why: cut.why.as_str().to_owned(),
    }
}

fn account(id: &str) -> Result<AccountId, LedgerError> {
    AccountId::parse(id).map_err(|_| LedgerError::StorageFailed)
}

fn cut(row: &CutRow) -> Result<Cut, LedgerError> {
    Ok(Cut {
        guardian: account(&row.guardian)?,
        child: account(&row.child)?,
        at: SchoolTime(row.at),
        by: account(&row.who)?,
        why: Reason::parse(&row.why).map_err(|_| LedgerError::StorageFailed)?,
    })
}
