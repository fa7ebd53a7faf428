//! Asking the ledger and the broker, and waiting for what they answer. On threads that may wait.

use std::sync::mpsc::{SyncSender, sync_channel};

use super::ItemError;
use crate::base::Replacement;
use crate::broker::{self, Broker, Replaced};
use crate::ledger::{self, LedgerError};

/// Asks the ledger.
pub(super) fn ledger<T: Send + 'static>(
    ask: impl FnOnce(ledger::Answer<T>) -> Result<(), ledger::Busy>,
) -> Result<T, ItemError> {
    let (answer, answered) = sync_channel::<Result<T, LedgerError>>(1);
    ask(Box::new(move |outcome| give(&answer, outcome))).map_err(|_| ItemError::Busy)?;
    Ok(answered.recv().map_err(|_| ItemError::Busy)??)
}

/// Asks the broker for replacements.
pub(super) fn replace(
    broker: &dyn Broker,
    replacements: Vec<Replacement>,
) -> Result<Vec<Replaced>, ItemError> {
    let (answer, answered) = sync_channel(1);
    let asked = broker.replace(replacements, Box::new(move |outcome| give(&answer, outcome)));
    asked.map_err(|broker::Busy| ItemError::Busy)?;
    Ok(answered.recv().map_err(|_| ItemError::Busy)??)
}

fn give<T>(answer: &SyncSender<T>, outcome: T) {
    // There is room for the one answer, and somebody waits for it.
    let _ = answer.send(outcome);
}
