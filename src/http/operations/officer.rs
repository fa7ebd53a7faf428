//! Who asks on the operators' listener: an operator of the roster, or somebody on the machine itself.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;

use crate::access::Identity;
use crate::base::{AccountId, MachineTime, Role};
use crate::http::caller::{Caller, bearer};
use crate::http::edge::Edge;
use crate::http::problem::Problem;
use crate::http::rate::Errand;
use crate::protocol::ErrorCode;

/// Names the person behind the machine's secret, for the audit log.
const WHO: HeaderName = HeaderName::from_static("preau-who");

/// The secret in the data folder, drawn anew at each start.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// A secret of these bytes.
    pub fn of(bytes: &[u8; 32]) -> Self {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect::<String>().into())
    }

    /// As it is written into the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is(&self, shown: &str) -> bool {
        // In the same time wherever they differ.
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), shown.as_bytes()).is_ok()
    }
}

/// Whoever may run the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Officer {
    /// For the audit log: an account of the roster, or a name on the machine.
    pub(in crate::http) who: String,
    badge: Badge,
}

/// What an officer has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Badge {
    /// The machine's secret, which lasts as long as the process.
    Secret,
    /// An operator's token.
    Token { account: AccountId, expires_at: MachineTime },
}

impl Officer {
    /// Whether it still may, as somebody who stays for longer than one request.
    ///
    /// # Errors
    /// `token_expired`, `not_allowed`.
    pub(super) fn still(&self, edge: &Edge, now: MachineTime) -> Result<(), ErrorCode> {
        let Badge::Token { account, expires_at } = &self.badge else { return Ok(()) };
        if now >= *expires_at {
            return Err(ErrorCode::TokenExpired);
        }
        let identity = Identity::of(&edge.parts.directory.current(), account);
        let is_operator = identity.is_some_and(|identity| identity.role == Role::Operator);
        if is_operator { Ok(()) } else { Err(ErrorCode::NotAllowed) }
    }
}

impl FromRequestParts<Arc<Edge>> for Officer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        if edge.parts.operators.is(bearer(&parts.headers)?) {
            let named = parts.headers.get(WHO).and_then(|who| who.to_str().ok());
            let who = named.map_or_else(|| "local".to_owned(), |who| format!("{who}@local"));
            // As a name on the machine it must not look like more, but it has the form of an account's.
            let who = AccountId::parse(&who)
                .map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("preau-who: {error}")))?;
            return Ok(Self { who: who.as_str().to_owned(), badge: Badge::Secret });
        }
        let caller = Caller::counted(edge, &parts.headers, Errand::Request)?;
        if caller.identity.role == Role::Operator {
            let account = caller.identity.account;
            let badge = Badge::Token { account: account.clone(), expires_at: caller.token_expires_at };
            Ok(Self { who: account.as_str().to_owned(), badge })
        } else {
            Err(Problem::new(ErrorCode::NotAllowed).because("operators alone may ask here"))
        }
    }
}
