//! What only this hub can make: a letter's name, and the key that stops its like.
//!
//! Both are HMAC-SHA256 (RFC 2104) under a secret that lies in the data folder, each over words of its own. A letter's name
//! is the same each time, so that a mailbox knows a second copy; it tells nobody whose letter it is. A key to unsubscribe
//! stays good for as long as the secret does: a letter may be years old.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::{AccountId, limits};
use crate::ledger::About;

const TAG_BYTES: usize = 32;
/// Of a name's tag so many bytes are enough: a name need not be secret, only not guessed back.
const NAME_BYTES: usize = 16;
/// What a key's first byte says: which kind of key it is.
const STOPS_DIGESTS: u8 = 1;

/// Makes names and keys.
pub struct Seals(hmac::Key);

impl Seals {
    /// Under a secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// What stands before the `@` in a letter's `Message-ID`.
    pub(super) fn name(&self, to: &AccountId, about: &About) -> String {
        let matter = match about {
            About::Digest(date) => format!("digest.{date}"),
            // An item's name is its sender's to choose: it is hashed with the rest.
            About::Urgent(_) => "urgent".to_owned(),
        };
        let item = if let About::Urgent(item) = about { item.as_str() } else { "" };
        let tag = hmac::sign(&self.0, format!("letter\n{matter}\n{item}\n{to}").as_bytes());
        let mut name = format!("{matter}.");
        for byte in tag.as_ref().iter().take(NAME_BYTES) {
            // Writing into a string can't fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The key that stops an account's digests by mail.
    pub(super) fn stop_key(&self, account: &AccountId) -> String {
        let mut bytes = vec![STOPS_DIGESTS];
        bytes.extend(account.as_str().as_bytes());
        let tag = hmac::sign(&self.0, &sealed(&bytes));
        bytes.extend(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whose digests a key stops, if it is one of this hub's.
    pub(super) fn read_stop_key(&self, key: &str) -> Option<AccountId> {
        if key.len() > limits::UNSUBSCRIBE_KEY_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
        let (said, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        hmac::verify(&self.0, &sealed(said), tag).ok()?;
        let (kind, account) = said.split_first()?;
        if *kind != STOPS_DIGESTS {
            return None;
        }
        AccountId::parse(std::str::from_utf8(account).ok()?).ok()
    }
}

/// What a key's tag is over. No letter's name begins like it.
fn sealed(said: &[u8]) -> Vec<u8> {
    [b"unsubscribe\n", said].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ItemId;

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    #[test]
    fn a_name_is_stable_and_tells_nobody_whose_it_is() {
        let seals = Seals::new(&[7; 32]);
        let digest = About::Digest(jiff::civil::date(2026, 11, 30));
        let urgent = |item: &str| About::Urgent(ItemId::parse(item).unwrap());
        let name = seals.name(&account("g1"), &digest);
        assert_eq!(name, Seals::new(&[7; 32]).name(&account("g1"), &digest));
        let hash = name.strip_prefix("digest.2026-11-30.").unwrap();
        assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        let others = [
            seals.name(&account("g2"), &digest),
            seals.name(&account("g1"), &About::Digest(jiff::civil::date(2026, 12, 1))),
            seals.name(&account("g1"), &urgent("a")),
            seals.name(&account("g1"), &urgent("b")),
            Seals::new(&[8; 32]).name(&account("g1"), &digest),
        ];
        assert!(others.iter().all(|other| *other != name));
        assert_ne!(others[2], others[3]);
    }

    #[test]
    fn only_a_key_that_was_given_is_taken() {
        let seals = Seals::new(&[7; 32]);
        let longest = "x".repeat(limits::ID_BYTES_MAX);
        for id in ["g1", &longest] {
            assert_eq!(seals.read_stop_key(&seals.stop_key(&account(id))), Some(account(id)));
        }
        let key = seals.stop_key(&account("g1"));
        assert_eq!(Seals::new(&[8; 32]).read_stop_key(&key), None);
        let bytes = URL_SAFE_NO_PAD.decode(&key).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(seals.read_stop_key(&URL_SAFE_NO_PAD.encode(changed)), None, "byte {place}");
        }
        for wrong in ["", "?", &key[1..], &"A".repeat(limits::UNSUBSCRIBE_KEY_BYTES_MAX + 1)] {
            assert_eq!(seals.read_stop_key(wrong), None, "{wrong}");
        }
    }
}
