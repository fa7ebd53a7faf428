//! A door for shards without an edge: nobody waits before it, nobody is sent away, and its window is as the test says.

use std::time::Duration;

use preau::access::Identity;
use preau::admission::{Candidate, Window};
use preau::base::{AccountId, ClassId, MachineTime, SchoolTime, SessionId};
use preau::protocol::ErrorCode;
use preau::session::{Reception, TokenCheck, TokenOf};

/// Nobody refreshes a token there.
pub(crate) struct NoTokens;

impl TokenCheck for NoTokens {
    fn check(&self, _: &str, _: MachineTime) -> Result<TokenOf, ErrorCode> {
        Err(ErrorCode::TokenInvalid)
    }
}

/// The door, by what it says of somebody's window.
pub(crate) struct Door<W>(pub(crate) W);

impl<W: Fn(&Identity, SchoolTime) -> Window + Send + Sync + 'static> Reception for Door<W> {
    fn joined(&self, _: SessionId, _: &Identity) {}

    fn left(&self, _: SessionId, _: Duration) {}

    fn ticket_for_evicted(&self, _: SessionId, _: &AccountId, _: MachineTime) -> Option<String> {
        None
    }

    fn return_window_ms(&self, _: MachineTime) -> (u32, u32) {
        (0, 0)
    }

    fn resume(&self, _: &AccountId, _: SessionId, _: MachineTime) -> String {
        String::new()
    }

    fn is_live(&self, _: &ClassId) -> bool {
        false
    }

    fn evict(&self, _: usize, _: &[Candidate], _: MachineTime) -> Vec<SessionId> {
        Vec::new()
    }

    fn window(&self, who: &Identity, at: SchoolTime) -> Window {
        (self.0)(who, at)
    }
}
