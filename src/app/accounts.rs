//! What is kept about one account, read as a whole or erased as a whole.
//!
//! The log goes first, then the ledger: an erasure that ends halfway is found again by what the ledger still says, and to
//! erase again changes nothing. Each call waits for the disk.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::base::AccountId;
use crate::broker::{Broker, Erasure};
use crate::http::operations::JournalError;
use crate::ledger::{Ledger, wait};
use crate::roster::{Account, Directory};
use crate::store::Dossier;

/// How many rows were changed or removed, by what they are.
pub(super) type Gone = BTreeMap<&'static str, u64>;

/// All that is kept about accounts.
pub(super) struct Accounts {
    pub(super) broker: Arc<dyn Broker>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) directory: Arc<Directory>,
    pub(super) dossier: Mutex<Dossier>,
}

impl Accounts {
    /// Everything about an account, with what the roster says of it.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub(super) fn export(&self, account: &AccountId) -> Result<Value, JournalError> {
        let dossier = self.dossier.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = dossier.of(account).map_err(|error| {
            tracing::error!(%error, "an account can't be exported");
            JournalError::Failed
        })?;
        let roster = self.directory.current();
        all.insert("account".to_owned(), account.as_str().into());
        all.insert("roster".to_owned(), roster.account(account.as_str()).map_or(Value::Null, person));
        Ok(all.into())
    }

    /// Erases an account; what that changed.
    ///
    /// # Errors
    /// See [`JournalError`]. What was not erased yet is by the next try.
    pub(super) fn erase(&self, account: &AccountId) -> Result<Gone, JournalError> {
        let (answer, answered) = sync_channel(1);
        let tell = Box::new(move |outcome| {
            // There is room for the one answer.
            let _ = answer.send(outcome);
        });
        self.broker.erase(account.clone(), tell).map_err(|_| JournalError::Busy)?;
        let Ok(Ok(Erasure { blanked, removed })) = answered.recv() else { return Err(JournalError::Failed) };
        let rows = wait(|answer| self.ledger.forget(account.clone(), answer))?;
        let mut gone: Gone = rows.into_iter().map(|(name, rows)| (name, rows as u64)).collect();
        gone.extend([("publications", blanked), ("removed", removed)]);
        gone.retain(|_, rows| *rows > 0);
        Ok(gone)
    }
}

/// What the roster says of a person. Other people are named by their identifiers alone.
fn person(account: Account<'_>) -> Value {
    let linked = account.children().chain(account.guardians());
    json!({
        "role": account.role(),
        "given_name": account.given_name(),
        "family_name": account.family_name(),
        "email": account.email(),
        "adult": account.is_adult(),
        "schools": account.schools().map(|school| school.id().to_owned()).collect::<Vec<_>>(),
        "classes": account.classes().map(|one| one.class.id().to_owned()).collect::<Vec<_>>(),
        "links": linked.map(|link| link.account.id().to_owned()).collect::<Vec<_>>(),
    })
}
