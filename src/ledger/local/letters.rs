//! Letters over the embedded store.

use super::{Local, failed, row};
use crate::base::{AccountId, ItemId, MachineTime, limits};
use crate::ledger::{
    About, Act, Answer, Busy, Json, LedgerError, Letter, LetterEnd, LetterId, LetterState, Letters, NewEntry,
    NewLetter,
};
use crate::store::{LedgerBatch, LetterRow};

const WAITING: u8 = 0;
const SENDING: u8 = 1;
/// The number of the first end; the others follow in the order of [`LetterEnd::ALL`].
const ENDED: u8 = 2;

/// What the audit log calls letters that were given up together.
const GIVEN_UP: &str = "letters given_up";

impl Letters for Local {
    fn put_letters(
        &self,
        letters: Vec<NewLetter>,
        now: MachineTime,
        answer: Answer<usize>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            if letters.len() > limits::LETTERS_PAGE_MAX {
                return Err(LedgerError::LettersTooMany);
            }
            let mut count = 0;
            for letter in letters {
                count += usize::from(batch.put_letter(&fresh(&letter, now)).map_err(failed)?);
            }
            Ok(count)
        })
    }

    fn due_letters(
        &self,
        is_urgent: bool,
        now: MachineTime,
        limit: usize,
        answer: Answer<Vec<Letter>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let limit = limit.clamp(1, limits::LETTERS_PAGE_MAX);
            let due = rows.due_letters(is_urgent, sql(now), limit).map_err(failed)?;
            due.into_iter().map(letter).collect()
        })
    }

    fn waiting_letters(&self, answer: Answer<usize>) -> Result<(), Busy> {
        self.read(answer, |rows| rows.waiting_letters().map_err(failed))
    }

    fn letters_of(&self, to: AccountId, answer: Answer<Vec<Letter>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            rows.letters_of(to.as_str()).map_err(failed)?.into_iter().map(letter).collect()
        })
    }

    fn begin_letter(&self, id: LetterId, answer: Answer<bool>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            change(batch, id, |row| {
                let waits = row.state == WAITING;
                if waits {
                    row.state = SENDING;
                }
                waits
            })
        })
    }

    fn delay_letter(
        &self,
        id: LetterId,
        attempts: u32,
        next_at: MachineTime,
        answer: Answer<()>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let delayed = change(batch, id, |row| {
                let is_open = row.state < ENDED;
                if is_open {
                    (row.state, row.attempts, row.next_at) = (WAITING, attempts, sql(next_at));
                }
                is_open
            });
            delayed.map(drop)
        })
    }

    fn end_letter(
        &self,
        id: LetterId,
        end: LetterEnd,
        note: Option<NewEntry>,
        answer: Answer<()>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let has_ended = change(batch, id, |row| {
                let is_open = row.state < ENDED;
                if is_open {
                    row.state = ended(end);
                }
                is_open
            })?;
            if let Some(note) = note.filter(|_| has_ended) {
                let entry = row(&note.act, note.what.as_str(), note.before.as_ref(), note.after.as_ref());
                batch.append_audit(&entry).map_err(failed)?;
            }
            Ok(())
        })
    }

    fn reopen_letters(&self, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, |batch| {
            let interrupted = batch.letters_being_sent().map_err(failed)?;
            let count = interrupted.len();
            for id in interrupted {
                change(batch, number(id), |row| {
                    row.state = WAITING;
                    true
                })?;
            }
            Ok(count)
        })
    }

    fn give_up_letters(&self, before: MachineTime, act: Act, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let late = batch.late_letters(sql(before)).map_err(failed)?;
            let count = late.len();
            for id in late {
                change(batch, number(id), |row| {
                    row.state = ended(LetterEnd::GivenUp);
                    true
                })?;
            }
            if count > 0 {
                let after = Json::of(&count).ok();
                batch.append_audit(&row(&act, GIVEN_UP, None, after.as_ref())).map_err(failed)?;
            }
            Ok(count)
        })
    }

    fn trim_letters(&self, before: MachineTime, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.trim_letters(sql(before)).map_err(failed))
    }

    fn forget_letters(&self, to: AccountId, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.forget_letters(to.as_str()).map_err(failed))
    }
}

/// Changes a row if there is one and the change wants to; whether it did.
fn change(
    batch: &LedgerBatch<'_>,
    id: LetterId,
    change: impl FnOnce(&mut LetterRow) -> bool,
) -> Result<bool, LedgerError> {
    let id = i64::try_from(id.0).unwrap_or(i64::MAX);
    let Some(mut row) = batch.letter(id).map_err(failed)? else {
        return Ok(false);
    };
    let is_changed = change(&mut row);
    if is_changed {
        batch.replace_letter(id, &row).map_err(failed)?;
    }
    Ok(is_changed)
}

fn fresh(letter: &NewLetter, now: MachineTime) -> LetterRow {
    let about = match &letter.about {
        About::Digest(date) => format!("digest {date}"),
        About::Urgent(item) => format!("urgent {item}"),
    };
    LetterRow {
        account: letter.to.as_str().to_owned(),
        about,
        is_urgent: letter.about.is_urgent(),
        state: WAITING,
        attempts: 0,
        written_at: sql(now),
        next_at: sql(now),
    }
}

fn letter((id, row): (i64, LetterRow)) -> Result<Letter, LedgerError> {
    let damaged = LedgerError::StorageFailed;
    let time = |at: i64| u64::try_from(at).map(MachineTime).map_err(|_| damaged);
    let about = match row.about.split_once(' ') {
        Some(("digest", date)) => About::Digest(date.parse().map_err(|_| damaged)?),
        Some(("urgent", item)) => About::Urgent(ItemId::parse(item).map_err(|_| damaged)?),
        _ => return Err(damaged),
    };
    let state = match row.state {
        WAITING => LetterState::Waiting,
        SENDING => LetterState::Sending,
        ended => LetterState::Ended(*LetterEnd::ALL.get(usize::from(ended - ENDED)).ok_or(damaged)?),
    };
    Ok(Letter {
        id: number(id),
        to: AccountId::parse(&row.account).map_err(|_| damaged)?,
        about,
        state,
        attempts: row.attempts,
        written_at: time(row.written_at)?,
        next_at: time(row.next_at)?,
    })
}

/// The number that stands for an end.
fn ended(end: LetterEnd) -> u8 {
    ENDED + end as u8
}

fn number(id: i64) -> LetterId {
    LetterId(u64::try_from(id).unwrap_or_default())
}

fn sql(at: MachineTime) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}
