//! What a browser shows of its log-in: 256 random bits, of which the hub keeps the hash.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::LoginHash;

/// The secret in a browser's cookie. It has no `Debug`, so that no log can hold it.
pub struct LoginId([u8; 32]);

impl LoginId {
    /// A new one of fresh random bytes.
    pub fn of(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads a cookie's value; what is none of ours is none.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The log-in's name. The id has as many random bits as the hash, so no salt is needed.
    pub fn hash(&self) -> LoginHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.0).as_ref());
        LoginHash(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_given_and_its_name_says_nothing_of_it() {
        let id = LoginId::of([7; 32]);
        let read = LoginId::parse(&id.text()).unwrap();
        assert_eq!(read.hash(), id.hash());
        assert_ne!(id.hash().to_string(), id.text());
        assert!(LoginId::parse("AAAA").is_none() && LoginId::parse("").is_none());
    }
}
