//! What the hub says, read at the price of a delivery: a publication is taken apart in place, all else by `wire`.
//!
//! The quick path knows the order of fields that the hub keeps today. Whatever does not fit it goes the slow way, so
//! that another order is slower and not wrong.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use crate::wire::ServerFrame;

const HEAD: &[u8] = br#"{"type":"publication","channel":""#;
const EPOCH: &[u8] = br#","position":{"epoch":""#;
const OFFSET: &[u8] = br#","offset":"#;
static BODY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#","body":{"#));
static TEXT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""text":""#));

/// A message of the hub.
#[derive(Debug)]
pub(crate) enum Said<'a> {
    /// A publication.
    Publication(Envelope<'a>),
    /// Anything else, or a publication in another form.
    Frame(Box<ServerFrame>),
}

/// What we look at of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    /// Its channel.
    pub(crate) channel: &'a str,
    /// Its position.
    pub(crate) epoch: &'a str,
    /// See above.
    pub(crate) offset: u64,
    /// Its text, as JSON writes it: ours has nothing to escape.
    pub(crate) text: &'a [u8],
}

/// Reads a message.
///
/// # Errors
/// It is no message that we know.
pub(crate) fn read(message: &[u8]) -> serde_json::Result<Said<'_>> {
    match Envelope::read(message) {
        Some(envelope) => Ok(Said::Publication(envelope)),
        None => serde_json::from_slice(message).map(|frame| Said::Frame(Box::new(frame))),
    }
}

impl<'a> Envelope<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let (channel, rest) = string(message.strip_prefix(HEAD)?)?;
        let (epoch, rest) = string(rest.strip_prefix(EPOCH)?)?;
        let (offset, rest) = number(rest.strip_prefix(OFFSET)?)?;
        // A quotation mark within a string is escaped, so neither of these can be found within one.
        let body = rest.get(BODY.find(rest)?..)?;
        let text_at = TEXT.find(body)?;
        // The text of something within the body, as a digest's entries have one, is not the body's.
        (memchr(b'[', body.get(..text_at)?).is_none()).then_some(())?;
        let text = body.get(text_at + TEXT.needle().len()..)?;
        // Whatever is escaped goes the slow way.
        let text = text.get(..memchr(b'"', text)?)?;
        (memchr(b'\\', text).is_none()).then_some(Self { channel, epoch, offset, text })
    }
}

/// A string without escapes up to its end, and what follows.
fn string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr(b'"', bytes)?;
    let text = str::from_utf8(&bytes[..end]).ok().filter(|text| !text.contains('\\'))?;
    Some((text, &bytes[end + 1..]))
}

/// A decimal number at the beginning, and what follows.
pub(crate) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut value = 0_u64;
    for digit in bytes.get(..digits).filter(|digits| !digits.is_empty())? {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    Some((value, &bytes[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(name: &str) -> Vec<u8> {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/protocol/server");
        std::fs::read(folder.join(name)).unwrap()
    }

    #[test]
    fn the_golden_publications_take_the_quick_path_and_it_agrees_with_the_slow_one() {
        let mut quick = 0;
        for file in std::fs::read_dir(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/protocol/server"),
        )
        .unwrap()
        {
            let message = golden(file.unwrap().file_name().to_str().unwrap());
            let slow: ServerFrame = serde_json::from_slice(&message).unwrap();
            let ServerFrame::Publication { channel, position, body, .. } = slow else {
                assert!(matches!(read(&message).unwrap(), Said::Frame(_)));
                continue;
            };
            if let Said::Publication(envelope) = read(&message).unwrap() {
                quick += 1;
                assert_eq!((envelope.channel, envelope.epoch), (channel.as_str(), position.epoch.as_str()));
                assert_eq!((envelope.offset, envelope.text), (position.offset, body.text().as_bytes()));
            }
        }
        assert!(quick >= 1);
    }

    #[test]
    fn what_does_not_fit_the_quick_path_goes_the_slow_way() {
        let message = |text: &str| {
            format!(
                r#"{{"channel":"region","type":"publication","position":{{"epoch":"e","offset":1}},"kind":"post","author":"a","message_id":"m","audience":["teacher"],"published_at":1,"body":{{"text":"{text}"}}}}"#
            )
        };
        assert!(matches!(read(message("x").as_bytes()).unwrap(), Said::Frame(_)));
        let usual = message(r#"a\"b"#).replacen(
            r#"{"channel":"region","type":"publication""#,
            r#"{"type":"publication","channel":"region""#,
            1,
        );
        let Said::Frame(frame) = read(usual.as_bytes()).unwrap() else { panic!("escaped, so slow") };
        assert!(matches!(*frame, ServerFrame::Publication { body, .. } if body.text() == "a\"b"));
        assert!(read(b"{").is_err());
    }
}
