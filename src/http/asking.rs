//! Asking the ledger from a request, and waiting for its answer without holding a thread.

use super::edge::Edge;
use super::problem::Problem;
use crate::base::ItemId;
use crate::ledger::{self, Answer, AskError, Busy, Item, LedgerError};
use crate::protocol::ErrorCode;

/// Asks the ledger.
///
/// # Errors
/// `busy`, `storage_full`, `storage_failed`.
pub(super) async fn ledger<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>) -> Result<(), Busy>,
) -> Result<T, Problem> {
    ledger::answered(ask).await.map_err(|error| Problem::new(code(error)))
}

/// The item that an address names, once it is published and as long as it is not withdrawn.
///
/// # Errors
/// `malformed`; `unknown_item`, also while it waits for its time; `withdrawn`.
pub(super) async fn live_item(edge: &Edge, id: &str) -> Result<Item, Problem> {
    let id = ItemId::parse(id)
        .map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("item: {error}")))?;
    let found = ledger(|answer| edge.parts.ledger.items(vec![id], answer)).await?.pop();
    let now = edge.parts.clock.school();
    let is_out = |item: &Item| item.is_withdrawn || item.publish_at.is_none_or(|at| at <= now);
    let found = found.filter(is_out).ok_or(Problem::new(ErrorCode::UnknownItem))?;
    if found.is_withdrawn { Err(Problem::new(ErrorCode::Withdrawn)) } else { Ok(found) }
}

fn code(error: AskError) -> ErrorCode {
    match error {
        AskError::Busy => ErrorCode::Busy,
        AskError::Failed(
            LedgerError::SettingsFull | LedgerError::LettersTooMany | LedgerError::StorageFull,
        ) => ErrorCode::StorageFull,
        AskError::Failed(LedgerError::StorageFailed) => ErrorCode::StorageFailed,
        AskError::Ended => ErrorCode::Internal,
    }
}
