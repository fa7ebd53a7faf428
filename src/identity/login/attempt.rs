//! An attempt to log in: what a browser takes along to the provider, and must bring back.
//!
//! The browser keeps a sealed cookie with a random seed; `state`, `nonce` and the PKCE verifier (RFC 7636) follow from the
//! seed and a secret of this process, so the browser itself does not know the verifier. A `state` that comes back without
//! the cookie that it belongs to was another browser's (log-in CSRF, RFC 9700 §4.7); one that came back before is spent.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf as _, BufMut as _};

use super::ReturnTo;
use crate::base::{MachineTime, limits};

const VERSION: u8 = 1;
const SEED_BYTES: usize = 32;
const TAG_BYTES: usize = 32;
/// Version, end and seed; the path follows.
const FIXED_BYTES: usize = 1 + 8 + SEED_BYTES;

/// One browser's attempt.
pub struct Attempt {
    /// Comes back in the provider's answer.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves to the provider who asked for the code.
    pub verifier: String,
    /// Where the browser wants to be afterwards.
    pub return_to: ReturnTo,
    expires_at: MachineTime,
    seed: [u8; SEED_BYTES],
}

/// Why an attempt leads nowhere. Each can be begun again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// No cookie, one that was altered, or one of another process.
    #[error("the log-in was not begun in this browser")]
    Unknown,
    /// Older than [`limits::LOGIN_ATTEMPT_TTL`].
    #[error("the log-in took too long")]
    Expired,
    /// The `state` is another attempt's.
    #[error("the answer belongs to another log-in")]
    State,
    /// It came back before.
    #[error("the answer was used before")]
    Spent,
    /// [`limits::LOGIN_ATTEMPTS_SPENT_MAX`] came back in a short time.
    #[error("too many log-ins in a short time")]
    Busy,
}

/// Begins attempts and takes them back.
pub struct Attempts {
    key: hmac::Key,
    spent: Mutex<BTreeSet<(MachineTime, [u8; SEED_BYTES])>>,
    spent_max: usize,
}

impl Attempts {
    /// Attempts under a secret of this process alone.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self::bounded(secret, limits::LOGIN_ATTEMPTS_SPENT_MAX)
    }

    fn bounded(secret: &[u8; 32], spent_max: usize) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { key, spent: Mutex::new(BTreeSet::new()), spent_max }
    }

    /// An attempt of fresh random bytes, and the cookie that it is known by when it comes back.
    pub fn begin(&self, seed: [u8; SEED_BYTES], return_to: ReturnTo, now: MachineTime) -> (Attempt, String) {
        let attempt = self.attempt(seed, return_to, now.after(limits::LOGIN_ATTEMPT_TTL));
        let mut bytes = Vec::with_capacity(FIXED_BYTES + attempt.return_to.as_str().len() + TAG_BYTES);
        bytes.put_u8(VERSION);
        bytes.put_u64(attempt.expires_at.0);
        bytes.put_slice(&seed);
        bytes.put_slice(attempt.return_to.as_str().as_bytes());
        let tag = self.tag("cookie", &bytes);
        bytes.put_slice(&tag);
        (attempt, URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads the cookie of an attempt that comes back with this `state`, and spends it.
    ///
    /// # Errors
    /// See [`AttemptError`].
    pub fn come_back(&self, cookie: &str, state: &str, now: MachineTime) -> Result<Attempt, AttemptError> {
        let attempt = self.read(cookie).ok_or(AttemptError::Unknown)?;
        if now >= attempt.expires_at {
            return Err(AttemptError::Expired);
        }
        let is_same = constant_time::verify_slices_are_equal(attempt.state.as_bytes(), state.as_bytes());
        is_same.map_err(|_| AttemptError::State)?;
        self.spend(&attempt, now)?;
        Ok(attempt)
    }

    fn read(&self, cookie: &str) -> Option<Attempt> {
        let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (mut payload, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        constant_time::verify_slices_are_equal(&self.tag("cookie", payload), tag).ok()?;
        if payload.len() < FIXED_BYTES || payload.get_u8() != VERSION {
            return None;
        }
        let expires_at = MachineTime(payload.get_u64());
        let mut seed = [0; SEED_BYTES];
        payload.copy_to_slice(&mut seed);
        Some(self.attempt(seed, ReturnTo::unsealed(std::str::from_utf8(payload).ok()?), expires_at))
    }

    fn attempt(&self, seed: [u8; SEED_BYTES], return_to: ReturnTo, expires_at: MachineTime) -> Attempt {
        let [state, nonce, verifier] =
            ["state", "nonce", "verifier"].map(|name| URL_SAFE_NO_PAD.encode(self.tag(name, &seed)));
        Attempt { state, nonce, verifier, return_to, expires_at, seed }
    }

    /// What follows from these bytes under a name: none of two names can be had from the other's.
    fn tag(&self, name: &str, bytes: &[u8]) -> [u8; TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(name.as_bytes());
        context.update(&[0]);
        context.update(bytes);
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    fn spend(&self, attempt: &Attempt, now: MachineTime) -> Result<(), AttemptError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        while spent.first().is_some_and(|(ends, _)| *ends <= now) {
            spent.pop_first();
        }
        if spent.contains(&(attempt.expires_at, attempt.seed)) {
            return Err(AttemptError::Spent);
        }
        if spent.len() >= self.spent_max {
            return Err(AttemptError::Busy);
        }
        spent.insert((attempt.expires_at, attempt.seed));
        Ok(())
    }
}

impl Attempt {
    /// What the provider is told of the verifier: `S256` (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: MachineTime = MachineTime(1_000_000);

    fn error(outcome: Result<Attempt, AttemptError>) -> Option<AttemptError> {
        outcome.err()
    }

    #[test]
    fn an_attempt_comes_back_once_to_its_own_browser() {
        let attempts = Attempts::new(&[1; 32]);
        let (first, cookie) = attempts.begin([2; 32], ReturnTo::parse("/class"), NOW);
        let (second, _) = attempts.begin([3; 32], ReturnTo::default(), NOW);
        assert_eq!(error(attempts.come_back(&cookie, &second.state, NOW)), Some(AttemptError::State));
        assert_eq!(error(attempts.come_back("", &first.state, NOW)), Some(AttemptError::Unknown));
        let back = attempts.come_back(&cookie, &first.state, NOW).ok().unwrap();
        assert_eq!((&back.nonce, &back.verifier), (&first.nonce, &first.verifier));
        assert_eq!(back.return_to.as_str(), "/class");
        assert_eq!(error(attempts.come_back(&cookie, &first.state, NOW)), Some(AttemptError::Spent));
    }

    #[test]
    fn an_attempt_ends_and_belongs_to_one_process() {
        let attempts = Attempts::new(&[1; 32]);
        let (attempt, cookie) = attempts.begin([2; 32], ReturnTo::default(), NOW);
        let late = NOW.after(limits::LOGIN_ATTEMPT_TTL);
        assert_eq!(error(attempts.come_back(&cookie, &attempt.state, late)), Some(AttemptError::Expired));
        let other = Attempts::new(&[9; 32]);
        assert_eq!(error(other.come_back(&cookie, &attempt.state, NOW)), Some(AttemptError::Unknown));
    }

    #[test]
    fn a_full_table_refuses_and_empties_itself() {
        let attempts = Attempts::bounded(&[1; 32], 1);
        let come = |seed: u8, now| {
            let (attempt, cookie) = attempts.begin([seed; 32], ReturnTo::default(), now);
            error(attempts.come_back(&cookie, &attempt.state, now))
        };
        assert_eq!((come(1, NOW), come(2, NOW)), (None, Some(AttemptError::Busy)));
        assert_eq!(come(3, NOW.after(limits::LOGIN_ATTEMPT_TTL)), None);
    }

    #[test]
    fn what_the_provider_sees_does_not_say_the_verifier() {
        let attempts = Attempts::new(&[1; 32]);
        let (attempt, cookie) = attempts.begin([2; 32], ReturnTo::default(), NOW);
        // RFC 7636 §4.1: 43 to 128 characters.
        assert_eq!(attempt.verifier.len(), 43);
        let told = [&attempt.state, &attempt.nonce, &attempt.challenge(), &cookie];
        assert!(told.iter().all(|text| !text.contains(&attempt.verifier)));
    }

    proptest! {
        #[test]
        fn no_flipped_bit_verifies(seed: [u8; 32], bit in 0usize..10_000) {
            let attempts = Attempts::new(&[1; 32]);
            let (attempt, cookie) = attempts.begin(seed, ReturnTo::parse("/a"), NOW);
            let mut bytes = URL_SAFE_NO_PAD.decode(cookie).unwrap();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let altered = URL_SAFE_NO_PAD.encode(bytes);
            let outcome = error(attempts.come_back(&altered, &attempt.state, NOW));
            prop_assert_eq!(outcome, Some(AttemptError::Unknown));
        }
    }
}
