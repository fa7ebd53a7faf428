//! What follows when log-ins have ended: their tokens are void, and connections end.

use std::collections::BTreeSet;

use super::Login;
use crate::base::metrics::CodeLabel;
use crate::base::{AccountId, MachineTime};
use crate::http::edge::Edge;
use crate::ledger;

/// Voids what ended log-ins were given, and ends the connections of their accounts. First the door, then who is inside:
/// whoever's log-in goes on elsewhere gets another token there, and comes back at once.
pub(super) fn close(edge: &Edge, login: &Login, ended: &[ledger::Login], by: &'static str, now: MachineTime) {
    let mut accounts: BTreeSet<&AccountId> = BTreeSet::new();
    for one in ended {
        login.ended.end(one.hash, &one.account, now);
        accounts.insert(&one.account);
        edge.parts.metrics.logouts.get_or_create(&CodeLabel { code: by }).inc();
        tracing::info!(account = %one.account, login = %one.hash, by, "logged out");
    }
    for account in accounts {
        edge.parts.entrance.log_out(account);
    }
}
