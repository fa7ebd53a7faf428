//! What was decided about families, put in force again at start, before anybody comes in.

use crate::http::operations::JournalError;
use crate::ledger::{Cut, Ledger, wait};
use crate::roster::{Decision, Directory};

/// Hides in the roster what the ledger says is cut or stopped.
///
/// # Errors
/// See [`JournalError`]: a hub that does not know what is cut must not run.
pub(super) fn restore(ledger: &dyn Ledger, directory: &Directory) -> Result<(), JournalError> {
    let cuts = wait(|answer| ledger.cuts(answer))?;
    let stops = wait(|answer| ledger.stops(answer))?;
    let cuts = cuts.into_iter().map(|Cut { guardian, child, .. }| Decision::Cut { guardian, child });
    directory.decide(cuts.chain(stops.into_iter().map(Decision::Stopped)));
    Ok(())
}
