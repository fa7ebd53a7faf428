//! Log-ins over the embedded store.

use super::{Local, failed};
use crate::base::{AccountId, LoginHash, MachineTime, limits};
use crate::ledger::logins::{Login, LoginBook, Logins, LoginsCut, NewLogin, PutLogin};
use crate::ledger::{Answer, Busy, LedgerError};
use crate::store::{LedgerBatch, LoginColumn, LoginRow};

impl LoginBook for Local {
    fn put_login(
        &self,
        new: NewLogin,
        had: Option<LoginHash>,
        now: MachineTime,
        answer: Answer<PutLogin>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            if batch.login_count().map_err(failed)? >= limits::LOGINS_MAX {
                return Ok(PutLogin::Full);
            }
            let mut ended = match had {
                Some(had) => end(batch, LoginColumn::Hash, &had.to_string(), (0, now))?,
                None => Vec::new(),
            };
            let account = new.account.as_str();
            ended.extend(end(
                batch,
                LoginColumn::Account,
                account,
                (limits::LOGINS_PER_ACCOUNT_MAX - 1, now),
            )?);
            batch.put_login(&fresh(&new, now)).map_err(failed)?;
            Ok(PutLogin::Begun(ended))
        })
    }

    fn login(&self, hash: LoginHash, answer: Answer<Option<Login>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            rows.login(&hash.to_string()).map_err(failed)?.as_ref().map(login).transpose()
        })
    }

    fn see_login(&self, hash: LoginHash, now: MachineTime, answer: Answer<()>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let found = batch.login(&hash.to_string()).map_err(failed)?;
            match found.filter(|row| row.ended_at.is_none()) {
                Some(row) => batch.put_login(&LoginRow { seen_at: sql(now), ..row }).map_err(failed),
                None => Ok(()),
            }
        })
    }

    fn end_logins(&self, which: Logins, now: MachineTime, answer: Answer<Vec<Login>>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let (column, value) = match which {
                Logins::One(hash) => (LoginColumn::Hash, hash.to_string()),
                Logins::AllWith(hash) => match batch.login(&hash.to_string()).map_err(failed)? {
                    Some(row) if row.ended_at.is_none() => (LoginColumn::Account, row.account),
                    _ => return Ok(Vec::new()),
                },
                Logins::ProviderSession(name) => (LoginColumn::ProviderSession, name),
                Logins::Subject(name) => (LoginColumn::Subject, name),
            };
            end(batch, column, &value, (0, now))
        })
    }

    fn ended_logins(&self, after: MachineTime, answer: Answer<Vec<Login>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let ended = rows.ended_logins(sql(after), limits::LOGINS_ENDED_MAX).map_err(failed)?;
            ended.iter().map(login).collect()
        })
    }

    fn trim_logins(&self, cut: LoginsCut, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            batch.trim_logins(sql(cut.ended), sql(cut.began), sql(cut.seen)).map_err(failed)
        })
    }
}

/// Ends open log-ins but the last few of them that were seen; which those were.
fn end(
    batch: &LedgerBatch<'_>,
    column: LoginColumn,
    value: &str,
    (kept, now): (usize, MachineTime),
) -> Result<Vec<Login>, LedgerError> {
    let open = batch.open_logins(column, value).map_err(failed)?;
    let count = open.len().saturating_sub(kept);
    let mut ended = Vec::with_capacity(count);
    for row in open.into_iter().take(count) {
        let row = LoginRow { ended_at: Some(sql(now)), ..row };
        batch.put_login(&row).map_err(failed)?;
        ended.push(login(&row)?);
    }
    Ok(ended)
}

fn fresh(new: &NewLogin, now: MachineTime) -> LoginRow {
    LoginRow {
        hash: new.hash.to_string(),
        account: new.account.as_str().to_owned(),
        subject: new.subject.clone(),
        provider_session: new.provider_session.clone().unwrap_or_default(),
        began_at: sql(now),
        seen_at: sql(now),
        ended_at: None,
    }
}

fn login(row: &LoginRow) -> Result<Login, LedgerError> {
    let damaged = LedgerError::StorageFailed;
    let time = |at: i64| u64::try_from(at).map(MachineTime).map_err(|_| damaged);
    Ok(Login {
        hash: LoginHash::parse(&row.hash).ok_or(damaged)?,
        account: AccountId::parse(&row.account).map_err(|_| damaged)?,
        began_at: time(row.began_at)?,
        seen_at: time(row.seen_at)?,
        ended_at: row.ended_at.map(time).transpose()?,
    })
}

fn sql(at: MachineTime) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}
