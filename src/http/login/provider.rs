//! The identity provider as the edge sees it. Implemented by the composition root, which alone speaks to it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::identity::KeySet;
use crate::identity::login::Metadata;

/// A question to the provider, under way.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// What the provider says of itself.
#[derive(Debug, Clone)]
pub struct Known {
    /// Where it is asked.
    pub metadata: Metadata,
    /// What its tokens are signed with.
    pub keys: KeySet,
}

/// Why the provider was of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It gives no answer, or none that can be used.
    #[error("the identity provider does not answer")]
    Away,
    /// It refuses the code.
    #[error("the identity provider refused the code")]
    Refused,
    /// As many ask as may.
    #[error("too many ask the identity provider at once")]
    Busy,
}

/// The line to the provider.
pub trait Provider: Send + Sync + 'static {
    /// What it said last; `None` if it could not be asked since the start.
    fn known(&self) -> Option<Arc<Known>>;

    /// Redeems a code for an ID token, which is not checked yet.
    fn redeem<'a>(&'a self, code: &'a str, verifier: &'a str) -> Asked<'a, String>;

    /// Reads its keys again, since one is not among those that are known. Those who ask at once share one question, and
    /// nobody asks again within [`limits::PROVIDER_KEY_INTERVAL`](crate::base::limits::PROVIDER_KEY_INTERVAL).
    fn look_for_key(&self) -> Asked<'_, ()>;
}
