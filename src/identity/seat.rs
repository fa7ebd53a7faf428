//! Seats: a place on a socket, given to a verified token and spent by one upgrade within thirty seconds.
//!
//! A seat travels in a URL, so it is worth little: it works once, briefly, for one process, and says nothing but who.
//! It is an HMAC-SHA256 (RFC 2104) over a compact payload; the secret is the process's own and never leaves it.
//! What was spent is remembered until it would have expired anyway; if that table is full, nobody is let in twice:
//! the newcomer is told [`SeatError::Busy`].

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf as _, BufMut as _};

use crate::base::{AccountId, MachineTime, SessionId, limits};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 32;
/// Version, nonce, session and two times; the account's identifier follows.
const FIXED_BYTES: usize = 1 + NONCE_BYTES + 3 * 8;
/// The longest seat.
const SEAT_BYTES_MAX: usize = FIXED_BYTES + limits::ID_BYTES_MAX + TAG_BYTES;

/// What a seat stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Who may sit there.
    pub account: AccountId,
    /// The number that the session will have.
    pub session: SessionId,
    /// When the token that was shown ends.
    pub token_expires_at: MachineTime,
}

/// Why a seat does not open a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatError {
    /// Malformed, altered, or given by another process.
    #[error("the seat was not given by this hub")]
    Invalid,
    /// Older than [`limits::SEAT_TTL`].
    #[error("the seat has expired")]
    Expired,
    /// Used before.
    #[error("the seat was used before")]
    Spent,
    /// [`limits::SPENT_SEATS_MAX`] seats were spent in the last thirty seconds.
    #[error("too many seats were used in a short time")]
    Busy,
}

/// A seat that is this hub's own and still in its time. Only [`Seats::read`] makes one, and [`Seats::spend`] takes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    granted: Granted,
    expires_at: MachineTime,
    nonce: [u8; NONCE_BYTES],
}

impl Shown {
    /// What the seat stands for.
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// When it was given.
    pub fn given_at(&self) -> MachineTime {
        let ttl_ms = u64::try_from(limits::SEAT_TTL.as_millis()).unwrap_or(u64::MAX);
        MachineTime(self.expires_at.0.saturating_sub(ttl_ms))
    }
}

/// Gives seats and takes them back.
pub struct Seats {
    key: hmac::Key,
    spent: Mutex<BTreeSet<(MachineTime, [u8; NONCE_BYTES])>>,
    spent_max: usize,
}

impl Seats {
    /// Seats under a secret of this process alone.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self::bounded(secret, limits::SPENT_SEATS_MAX)
    }

    fn bounded(secret: &[u8; 32], spent_max: usize) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), spent: Mutex::new(BTreeSet::new()), spent_max }
    }

    /// A seat that can be spent until [`limits::SEAT_TTL`] from now. The nonce must not repeat.
    pub fn give(&self, granted: &Granted, nonce: [u8; NONCE_BYTES], now: MachineTime) -> String {
        let account = granted.account.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED_BYTES + account.len() + TAG_BYTES);
        bytes.put_u8(VERSION);
        bytes.put_slice(&nonce);
        bytes.put_u64(granted.session.0);
        bytes.put_u64(now.after(limits::SEAT_TTL).0);
        bytes.put_u64(granted.token_expires_at.0);
        bytes.put_slice(account);
        let tag = hmac::sign(&self.key, &bytes);
        bytes.put_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a seat without spending it: whoever it names may still be refused for another reason.
    ///
    /// # Errors
    /// [`SeatError::Invalid`] and [`SeatError::Expired`].
    pub fn read(&self, seat: &str, now: MachineTime) -> Result<Shown, SeatError> {
        // Whole groups of base64: the decoder asks for their room.
        let mut bytes = [0; SEAT_BYTES_MAX.next_multiple_of(3)];
        let length = URL_SAFE_NO_PAD.decode_slice(seat, &mut bytes).map_err(|_| SeatError::Invalid)?;
        let bytes = bytes.get(..length).unwrap_or_default();
        let payload_bytes = bytes.len().checked_sub(TAG_BYTES).ok_or(SeatError::Invalid)?;
        let (payload, tag) = bytes.split_at(payload_bytes);
        // Compares in constant time.
        hmac::verify(&self.key, payload, tag).map_err(|_| SeatError::Invalid)?;
        let shown = read(payload).ok_or(SeatError::Invalid)?;
        if now >= shown.expires_at { Err(SeatError::Expired) } else { Ok(shown) }
    }

    /// Takes a seat for good and says what it stood for.
    ///
    /// # Errors
    /// [`SeatError::Spent`] and [`SeatError::Busy`]; one that is refused as busy is not spent.
    pub fn spend(&self, shown: Shown, now: MachineTime) -> Result<Granted, SeatError> {
        self.mark_spent(shown.expires_at, shown.nonce, now)?;
        Ok(shown.granted)
    }

    fn mark_spent(
        &self,
        expires_at: MachineTime,
        nonce: [u8; NONCE_BYTES],
        now: MachineTime,
    ) -> Result<(), SeatError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        while spent.first().is_some_and(|(ends, _)| *ends <= now) {
            spent.pop_first();
        }
        if spent.contains(&(expires_at, nonce)) {
            return Err(SeatError::Spent);
        }
        if spent.len() >= self.spent_max {
            return Err(SeatError::Busy);
        }
        spent.insert((expires_at, nonce));
        Ok(())
    }
}

/// Reads a payload that the tag has vouched for.
fn read(mut payload: &[u8]) -> Option<Shown> {
    if payload.len() < FIXED_BYTES || payload.get_u8() != VERSION {
        return None;
    }
    let mut nonce = [0; NONCE_BYTES];
    payload.copy_to_slice(&mut nonce);
    let session = SessionId(payload.get_u64());
    let expires_at = MachineTime(payload.get_u64());
    let token_expires_at = MachineTime(payload.get_u64());
    let account = AccountId::parse(std::str::from_utf8(payload).ok()?).ok()?;
    Some(Shown { granted: Granted { account, session, token_expires_at }, expires_at, nonce })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: MachineTime = MachineTime(1_000_000);

    fn granted() -> Granted {
        Granted {
            account: AccountId::parse("u1").unwrap(),
            session: SessionId(7),
            token_expires_at: MachineTime(9_000_000),
        }
    }

    fn spend(seats: &Seats, seat: &str, now: MachineTime) -> Result<Granted, SeatError> {
        seats.spend(seats.read(seat, now)?, now)
    }

    #[test]
    fn a_seat_that_was_read_is_not_spent() {
        let seats = Seats::new(&[1; 32]);
        let seat = seats.give(&granted(), [2; 16], NOW);
        for _ in 0..2 {
            assert_eq!(seats.read(&seat, NOW).unwrap().granted(), &granted());
        }
        assert_eq!(spend(&seats, &seat, NOW), Ok(granted()));
    }

    #[test]
    fn a_seat_is_spent_once() {
        let seats = Seats::new(&[1; 32]);
        let seat = seats.give(&granted(), [2; 16], NOW);
        assert_eq!(spend(&seats, &seat, NOW), Ok(granted()));
        assert_eq!(spend(&seats, &seat, NOW), Err(SeatError::Spent));
    }

    #[test]
    fn a_seat_expires_and_belongs_to_one_process() {
        let seats = Seats::new(&[1; 32]);
        let seat = seats.give(&granted(), [2; 16], NOW);
        assert_eq!(spend(&Seats::new(&[3; 32]), &seat, NOW), Err(SeatError::Invalid));
        let late = NOW.after(limits::SEAT_TTL);
        assert_eq!(spend(&seats, &seat, late), Err(SeatError::Expired));
        assert_eq!(spend(&seats, &seat, MachineTime(late.0 - 1)), Ok(granted()), "its last millisecond");
    }

    #[test]
    fn what_is_no_seat_is_invalid() {
        let seats = Seats::new(&[1; 32]);
        let longest = AccountId::parse(&"x".repeat(limits::ID_BYTES_MAX)).unwrap();
        let seat = seats.give(&Granted { account: longest, ..granted() }, [2; 16], NOW);
        assert_eq!(seat.len(), (SEAT_BYTES_MAX * 4).div_ceil(3));
        assert!(spend(&seats, &seat, NOW).is_ok());
        for text in [
            String::new(),
            "AAAA".into(),
            "not base64!".into(),
            "A".repeat(seat.len() + 1),
            "A".repeat(9_999),
        ] {
            assert_eq!(spend(&seats, &text, NOW), Err(SeatError::Invalid), "{text}");
        }
    }

    #[test]
    fn a_full_table_refuses_newcomers_and_empties_itself() {
        let seats = Seats::bounded(&[1; 32], 2);
        let give = |nonce: u8, now| seats.give(&granted(), [nonce; 16], now);
        for nonce in 0..2 {
            assert_eq!(spend(&seats, &give(nonce, NOW), NOW), Ok(granted()));
        }
        let third = give(3, NOW.after(limits::SEAT_TTL / 2));
        assert_eq!(spend(&seats, &third, NOW), Err(SeatError::Busy));
        assert_eq!(
            spend(&seats, &third, NOW.after(limits::SEAT_TTL)),
            Ok(granted()),
            "not spent by the refusal"
        );
    }

    proptest! {
        #[test]
        fn no_flipped_bit_verifies(nonce: [u8; 16], session: u64, bit in 0usize..10_000) {
            let seats = Seats::new(&[1; 32]);
            let granted = Granted { session: SessionId(session), ..granted() };
            let seat = seats.give(&granted, nonce, NOW);
            let mut bytes = seat.clone().into_bytes();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(altered) = String::from_utf8(bytes) {
                prop_assert_eq!(spend(&seats, &altered, NOW), Err(SeatError::Invalid));
            }
            prop_assert_eq!(spend(&seats, &seat, NOW), Ok(granted));
        }
    }
}
