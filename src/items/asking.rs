//! Asking the broker, and waiting for what it answers. On threads that may wait.

use std::sync::mpsc::sync_channel;

use super::ItemError;
use crate::base::Replacement;
use crate::broker::{self, Broker, Replaced};

/// Asks the broker for replacements.
pub(super) fn replace(
    broker: &dyn Broker,
    replacements: Vec<Replacement>,
) -> Result<Vec<Replaced>, ItemError> {
    let (answer, answered) = sync_channel(1);
    // There is room for the one answer, and somebody waits for it.
    let asked = broker.replace(replacements, Box::new(move |outcome| drop(answer.send(outcome))));
    asked.map_err(|broker::Busy| ItemError::Busy)?;
    Ok(answered.recv().map_err(|_| ItemError::Busy)??)
}
