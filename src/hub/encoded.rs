//! Frames of publications, kept for the next reader: whoever follows live and whoever catches up share the same bytes.
//!
//! Bounded in number and bytes; the oldest leave first. A frame is of one body: a publication that has lost its words is
//! encoded anew, whichever of the two comes last. Owned by the shard's thread.

use std::collections::{HashMap, VecDeque};

use crate::base::{Channel, Offset, Publication, limits};
use crate::engine::Frame;
use crate::protocol::server;

/// The frames of one shard's latest publications.
#[derive(Default)]
pub(super) struct Encoded {
    /// Each with the sum of its body.
    frames: HashMap<(Channel, Offset), (u32, Frame)>,
    order: VecDeque<(Channel, Offset)>,
    bytes: usize,
}

impl Encoded {
    /// The publication's frame, encoded now if it is not kept.
    pub(super) fn frame(&mut self, publication: &Publication) -> Frame {
        let key = (publication.channel.clone(), publication.position.offset);
        let sum = crc32fast::hash(publication.body.as_bytes());
        if let Some((_, frame)) = self.frames.get(&key).filter(|(of, _)| *of == sum) {
            return frame.clone();
        }
        let frame = Frame::text(&server::publication(publication)).at(publication.position);
        self.bytes += frame.bytes().len();
        match self.frames.insert(key.clone(), (sum, frame.clone())) {
            Some((_, other)) => self.bytes -= other.bytes().len(),
            None => self.order.push_back(key),
        }
        while self.order.len() > limits::ENCODED_FRAMES_MAX || self.bytes > limits::ENCODED_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            self.let_go(&oldest);
        }
        frame
    }

    /// Lets go the frames of a channel in which something was deleted.
    pub(super) fn forget(&mut self, channel: &Channel) {
        let order = std::mem::take(&mut self.order);
        let (gone, kept): (VecDeque<_>, VecDeque<_>) = order.into_iter().partition(|(of, _)| of == channel);
        self.order = kept;
        for key in &gone {
            self.let_go(key);
        }
    }

    fn let_go(&mut self, key: &(Channel, Offset)) {
        if let Some((_, frame)) = self.frames.remove(key) {
            self.bytes -= frame.bytes().len();
        }
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
        let held: usize = encoded.frames.values().map(|(_, frame)| frame.bytes().len()).sum();
        assert_eq!(encoded.bytes, held);
    }

    #[test]
    fn a_publication_that_lost_its_words_is_encoded_anew_and_a_channel_can_be_forgotten() {
        let mut encoded = Encoded::default();
        let (said, blank) = (publication(1, 5), publication(1, 3));
        for one in [&said, &blank, &said, &blank] {
            assert_eq!(encoded.frame(one), Frame::text(&server::publication(one)).at(one.position));
            assert_eq!((encoded.order.len(), encoded.frames.len()), (1, 1));
        }
        encoded.frame(&Publication { channel: Channel::RegionBulletin, ..publication(2, 5) });
        encoded.forget(&Channel::Region);
        assert_eq!((encoded.order.len(), encoded.frames.len()), (1, 1));
        encoded.forget(&Channel::RegionBulletin);
        assert_eq!((encoded.order.len(), encoded.bytes), (0, 0));
    }
}
