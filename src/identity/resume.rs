//! Resume tokens: whoever shows one had that session, and finds its seat again if it still rests.
//!
//! A token is worth less than the bearer token that it was given for, and ends with it: it names an account and a session,
//! and whether that session's seat is still there is the gate's business. It is an HMAC-SHA256 (RFC 2104) over a compact
//! payload under a secret of this process alone: another hub has no such session.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf as _, BufMut as _};

use crate::base::{AccountId, MachineTime, SessionId, limits};

const VERSION: u8 = 1;
const TAG_BYTES: usize = 32;
/// Version, session and time; the account's identifier follows.
const FIXED_BYTES: usize = 1 + 2 * 8;
/// The longest token.
const RESUME_BYTES_MAX: usize = FIXED_BYTES + limits::ID_BYTES_MAX + TAG_BYTES;

/// What a resume token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumable {
    /// Whose session it was.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

/// Why a resume token resumes nothing. Its owner gets a seat as anybody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// Malformed, altered, or given by another process.
    #[error("the resume token was not given by this hub")]
    Invalid,
    /// The bearer token that it was given for has ended.
    #[error("the resume token has expired")]
    Expired,
}

/// Gives resume tokens and reads them.
pub struct Resumes {
    key: hmac::Key,
}

impl Resumes {
    /// Resume tokens under a secret of this process alone, which nothing else is signed with.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// A token for a session, good until then.
    pub fn give(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String {
        let account = account.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED_BYTES + account.len() + TAG_BYTES);
        bytes.put_u8(VERSION);
        bytes.put_u64(session.0);
        bytes.put_u64(until.0);
        bytes.put_slice(account);
        let tag = hmac::sign(&self.key, &bytes);
        bytes.put_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// See [`ResumeError`].
    pub fn read(&self, token: &str, now: MachineTime) -> Result<Resumable, ResumeError> {
        // Whole groups of base64: the decoder asks for their room.
        let mut bytes = [0; RESUME_BYTES_MAX.next_multiple_of(3)];
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| ResumeError::Invalid)?;
        let bytes = bytes.get(..length).unwrap_or_default();
        let payload_bytes = bytes.len().checked_sub(TAG_BYTES).ok_or(ResumeError::Invalid)?;
        let (payload, tag) = bytes.split_at(payload_bytes);
        // Compares in constant time.
        hmac::verify(&self.key, payload, tag).map_err(|_| ResumeError::Invalid)?;
        let (resumable, until) = read(payload).ok_or(ResumeError::Invalid)?;
        if now >= until { Err(ResumeError::Expired) } else { Ok(resumable) }
    }
}

/// Reads a payload that the tag has vouched for.
fn read(mut payload: &[u8]) -> Option<(Resumable, MachineTime)> {
    if payload.len() < FIXED_BYTES || payload.get_u8() != VERSION {
        return None;
    }
    let session = SessionId(payload.get_u64());
    let until = MachineTime(payload.get_u64());
    let account = AccountId::parse(std::str::from_utf8(payload).ok()?).ok()?;
    Some((Resumable { account, session }, until))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNTIL: MachineTime = MachineTime(9_000_000);

    fn account(name: &str) -> AccountId {
        AccountId::parse(name).unwrap()
    }

    #[test]
    fn a_token_names_its_session_until_it_expires_and_in_one_process_only() {
        let resumes = Resumes::new(&[1; 32]);
        let longest = account(&"x".repeat(limits::ID_BYTES_MAX));
        for account in [account("u1"), longest] {
            let token = resumes.give(&account, SessionId(7), UNTIL);
            let resumable = Resumable { account, session: SessionId(7) };
            assert_eq!(resumes.read(&token, MachineTime(UNTIL.0 - 1)), Ok(resumable), "its last millisecond");
            assert_eq!(resumes.read(&token, UNTIL), Err(ResumeError::Expired));
            assert_eq!(Resumes::new(&[2; 32]).read(&token, MachineTime(0)), Err(ResumeError::Invalid));
        }
    }

    #[test]
    fn what_is_no_token_is_invalid() {
        let resumes = Resumes::new(&[1; 32]);
        for text in ["", "AAAA", "not base64!", &"A".repeat(9_999)] {
            assert_eq!(resumes.read(text, MachineTime(0)), Err(ResumeError::Invalid), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_flipped_bit_verifies(session: u64, bit in 0usize..10_000) {
            let resumes = Resumes::new(&[1; 32]);
            let token = resumes.give(&account("u1"), SessionId(session), UNTIL);
            let mut bytes = token.clone().into_bytes();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(altered) = String::from_utf8(bytes) {
                prop_assert_eq!(resumes.read(&altered, MachineTime(0)), Err(ResumeError::Invalid));
            }
            prop_assert!(resumes.read(&token, MachineTime(0)).is_ok());
        }
    }
}
