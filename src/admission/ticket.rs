//! Tickets: a signed place in the waiting room, which the hub itself does not remember.
//!
//! A ticket is HMAC-SHA256 (RFC 2104, cut to 128 bits as its §5 allows) over the place and the account, which itself is
//! not in the ticket: in another account's hands it does not verify. It is small, so that it fits a close frame's reason.
//! There is one check for each poll; keys are two, the present and the one before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf as _, BufMut as _};

use super::Class;
use super::place::{Order, Place};
use crate::base::{AccountId, MachineTime, limits};

/// Key, what its holder waits for and class, second and key of the place, the earliest next poll, and how many were ahead.
const PAYLOAD_BYTES: usize = 1 + 4 + 4 + 8 + 4;
const TAG_BYTES: usize = 16;
const TICKET_BYTES: usize = PAYLOAD_BYTES + TAG_BYTES;
const SECONDS_PER_MINUTE: u32 = 60;
/// Of the first byte: the class, whether an admission is owed, whether a seat was not found, and which key signed.
const CLASS_BITS: u8 = 0x07;
const OWED_BIT: u8 = 0x08;
const SEATLESS_BIT: u8 = 0x10;
const KEY_SHIFT: u8 = 5;

/// The secrets of a gate. Both should outlive a restart: the second so that promised instants do not move.
#[derive(Clone)]
pub struct Secrets {
    /// Signs tickets; changed now and then.
    pub tickets: [u8; 32],
    /// Says in which order accounts come, in the waiting room and in the evening; never changed.
    pub order: [u8; 32],
}

/// What a ticket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    /// The place.
    pub(super) place: Place,
    /// Asking earlier gains nothing.
    pub(super) not_before: MachineTime,
    /// About how many were ahead when it was given.
    pub(super) ahead: u32,
    /// Whether its holder was called and found the flow used up: an admission is kept for it.
    pub(super) is_owed: bool,
    /// Whether its holder is in the line of those who found no seat, until `not_before`.
    pub(super) is_seatless: bool,
}

struct Keys {
    /// Which of two keys signs.
    present: u8,
    keys: [Option<hmac::Key>; 2],
}

/// Signs tickets and reads them.
pub(super) struct Tickets {
    keys: ArcSwap<Keys>,
    /// What was not expired then is not expired now.
    kept_from: AtomicU64,
}

impl Tickets {
    /// Tickets under a secret.
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let keys = Keys { present: 0, keys: [Some(key(secret)), None] };
        Self { keys: ArcSwap::from_pointee(keys), kept_from: AtomicU64::new(u64::MAX) }
    }

    /// Signs with another secret from now on. Tickets of the one before are still read.
    pub(super) fn rotate(&self, secret: &[u8; 32]) {
        let new = key(secret);
        self.keys.rcu(|keys| {
            let present = 1 - keys.present;
            let mut next = keys.keys.clone();
            next[usize::from(present)] = Some(new.clone());
            Arc::new(Keys { present, keys: next })
        });
    }

    /// Takes tickets that were good at an instant as good now, or none that has expired.
    pub(super) fn keep_from(&self, from: Option<MachineTime>) {
        self.kept_from.store(from.map_or(u64::MAX, |from| from.0), Ordering::Relaxed);
    }

    /// A ticket's text, for this account alone.
    pub(super) fn sign(&self, ticket: &Ticket, account: &AccountId) -> String {
        let keys = self.keys.load();
        let Some(Some(key)) = keys.keys.get(usize::from(keys.present)) else { return String::new() };
        let mut bytes = Vec::with_capacity(TICKET_BYTES);
        let owed = if ticket.is_owed { OWED_BIT } else { 0 };
        let seatless = if ticket.is_seatless { SEATLESS_BIT } else { 0 };
        bytes.put_u8(keys.present << KEY_SHIFT | seatless | owed | ticket.place.class as u8);
        bytes.put_u32(u32::try_from(ticket.place.given_seconds()).unwrap_or(u32::MAX));
        bytes.put_u32(ticket.place.order.key());
        bytes.put_u64(ticket.not_before.0);
        bytes.put_u32(ticket.ahead);
        let tag = tag(key, &bytes, account);
        bytes.put_slice(tag.as_ref().get(..TAG_BYTES).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What an account's ticket says; `None` for what is not one, is another's, or has expired.
    pub(super) fn read(&self, text: &str, account: &AccountId, now: MachineTime) -> Option<Ticket> {
        let mut bytes = [0; TICKET_BYTES.next_multiple_of(3)];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (payload, shown) = bytes.get(..length)?.split_at_checked(PAYLOAD_BYTES)?;
        let keys = self.keys.load();
        let key = keys.keys.get(usize::from(payload.first()? >> KEY_SHIFT))?.as_ref()?;
        let tag = tag(key, payload, account);
        constant_time::verify_slices_are_equal(tag.as_ref().get(..TAG_BYTES)?, shown).ok()?;
        let ticket = parse(payload)?;
        let expires_at = ticket.not_before.after(limits::TICKET_TTL);
        let judged_at = now.0.min(self.kept_from.load(Ordering::Relaxed));
        (judged_at < expires_at.0).then_some(ticket)
    }
}

fn key(secret: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

fn tag(key: &hmac::Key, payload: &[u8], account: &AccountId) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(payload);
    context.update(account.as_str().as_bytes());
    context.sign()
}

/// Reads a payload that the tag has vouched for.
fn parse(mut payload: &[u8]) -> Option<Ticket> {
    let first = payload.get_u8();
    let class = Class::numbered(first & CLASS_BITS)?;
    let given = payload.get_u32();
    let second = usize::try_from(given % SECONDS_PER_MINUTE).ok()?;
    let order = Order::new(second, payload.get_u32());
    let place = Place { class, minute: u64::from(given / SECONDS_PER_MINUTE), order };
    let (not_before, ahead) = (MachineTime(payload.get_u64()), payload.get_u32());
    let (is_owed, is_seatless) = (first & OWED_BIT != 0, first & SEATLESS_BIT != 0);
    Some(Ticket { place, not_before, ahead, is_owed, is_seatless })
}
