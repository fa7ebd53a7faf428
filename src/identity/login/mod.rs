//! Logging in by an identity provider (`OpenID` Connect Core 1.0, RFC 9700), as far as it is pure: what a browser holds, what
//! must come back from the provider, and what its tokens must say.
//!
//! A **log-in** is what a browser has once its person has logged in. It shows a random id in a cookie; the hub knows the
//! hash of it alone. Its one use is to be given short bearer tokens, which the hub signs itself; all else goes by those.

mod attempt;
mod ended;
mod id;
mod id_token;
mod logout;
mod metadata;
mod return_to;

#[cfg(test)]
mod tests;

pub use attempt::{Attempt, AttemptError, Attempts};
pub use ended::EndedLogins;
pub use id::LoginId;
pub use id_token::{IdTerms, IdTokenError, Person};
pub use logout::{LoggedOut, LogoutError, LogoutTokens};
pub use metadata::{Metadata, MetadataError, is_provider_address};
pub use return_to::ReturnTo;
