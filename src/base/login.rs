//! The name of a log-in: the hash of what its browser shows.
//!
//! It stands in the ledger and in tokens, and opens nothing: what a browser shows can't be had from it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A log-in's name, 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginHash(pub [u8; 32]);

impl LoginHash {
    /// Reads the text that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for LoginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for LoginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let hash = LoginHash([0xA5; 32]);
        assert_eq!(LoginHash::parse(&hash.to_string()), Some(hash));
        for text in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            assert_eq!(LoginHash::parse(text), None, "{text}");
        }
    }
}
