//! Frames of publications, kept for the next reader: whoever follows live and whoever catches up share the same bytes.
//!
//! Bounded in number and bytes; the oldest leave first. Owned by the shard's thread.

use std::collections::{HashMap, VecDeque};

use crate::base::{Channel, Offset, Publication, limits};
use crate::engine::Frame;
use crate::protocol::server;

/// The frames of one shard's latest publications.
#[derive(Default)]
pub(super) struct Encoded {
    frames: HashMap<(Channel, Offset), Frame>,
    order: VecDeque<(Channel, Offset)>,
    bytes: usize,
}

impl Encoded {
    /// The publication's frame, encoded now if it is not kept.
    pub(super) fn frame(&mut self, publication: &Publication) -> Frame {
        let key = (publication.channel.clone(), publication.position.offset);
        if let Some(frame) = self.frames.get(&key) {
            return frame.clone();
        }
        let frame = Frame::text(&server::publication(publication)).at(publication.position);
        self.bytes += frame.bytes().len();
        self.order.push_back(key.clone());
        self.frames.insert(key, frame.clone());
        while self.order.len() > limits::ENCODED_FRAMES_MAX || self.bytes > limits::ENCODED_BYTES_MAX {
            let Some(oldest) = self.order.pop_front().and_then(|key| self.frames.remove(&key)) else { break };
            self.bytes -= oldest.bytes().len();
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AccountId, Audience, Epoch, Kind, MessageId, Position, SchoolTime};

    fn publication(offset: u64, bytes: usize) -> Publication {
        Publication {
            channel: Channel::Region,
            position: Position { epoch: Epoch(1), offset: Offset(offset) },
            kind: Kind::Post,
            author: AccountId::parse("t").unwrap(),
            message_id: MessageId::parse("m").unwrap(),
            audience: Audience::EVERYONE,
            body: format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes)).into(),
            published_at: SchoolTime(0),
            urgent: false,
        }
    }

    #[test]
    fn equal_publications_share_their_bytes() {
        let mut encoded = Encoded::default();
        let (first, second) = (encoded.frame(&publication(1, 5)), encoded.frame(&publication(1, 5)));
        assert_eq!(first.bytes().as_ptr(), second.bytes().as_ptr());
        assert_ne!(first, encoded.frame(&publication(2, 5)));
    }

    #[test]
    fn neither_number_nor_bytes_grow_beyond_their_bounds() {
        let mut encoded = Encoded::default();
        for offset in 0..limits::ENCODED_FRAMES_MAX as u64 + 10 {
            encoded.frame(&publication(offset, 5));
        }
        assert_eq!(
            (encoded.order.len(), encoded.frames.len()),
            (limits::ENCODED_FRAMES_MAX, limits::ENCODED_FRAMES_MAX)
        );
        for offset in 10_000..10_200 {
            encoded.frame(&publication(offset, 60_000));
            assert!(encoded.bytes <= limits::ENCODED_BYTES_MAX);
        }
        let held: usize = encoded.frames.values().map(|frame| frame.bytes().len()).sum();
        assert_eq!(encoded.bytes, held);
    }
}
