//! What waits to be written to one socket: shared frames in the order of their offers, bounded by count and bytes.
//!
//! The first frame lies inline, since a healthy socket has one or none; the rest is boxed and freed when all is out.
//! Pong and close have places of their own and always fit. A pong goes out before the next frame, and a newer one
//! displaces it (RFC 6455 §5.5.3); a close goes out last, and the feed that waits may be dropped for it. Short-lived events go
//! out after the queue, the newest of each topic alone. It must not know why a frame was offered or to whom.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

use bytes::{Buf, Bytes};

use super::{Frame, Lane, Topic};
use crate::base::limits::{
    FRAMES_PER_WRITE_MAX, OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX, OUTBOX_REPLY_BYTES_MAX,
    OUTBOX_REPLY_FRAMES_MAX,
};

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// Everything is out.
    All,
    /// The socket takes no more for now.
    Part,
}

/// The outgoing queue of one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    /// What is written next, or what is left of it. Empty only if no other frame waits behind it.
    first: Bytes,
    more: Option<Box<More>>,
}

/// What waits beyond one frame.
#[derive(Debug, Default)]
struct More {
    queue: VecDeque<Waiting>,
    /// Bytes in `queue`.
    queue_bytes: usize,
    /// The newest event of each topic.
    latest: Vec<(Topic, Bytes)>,
    pong: Bytes,
    close: Bytes,
    /// Whether a part of `first` is out: nothing may come between it and its rest.
    begun: bool,
}

/// A frame in the queue.
#[derive(Debug)]
struct Waiting {
    bytes: Bytes,
    /// Whether a close leaves it out.
    drops: bool,
}

impl Outbox {
    /// Takes a frame, unless the lane's bound is reached. An empty outbox takes any frame, so that a refusal always
    /// means that something waits and will drain.
    #[must_use]
    pub fn offer(&mut self, frame: &Frame, lane: Lane) -> bool {
        let (frames_max, bytes_max) = match lane {
            Lane::Feed => (OUTBOX_FRAMES_MAX, OUTBOX_BYTES_MAX),
            Lane::Latest(topic) => {
                self.put_latest(topic, frame);
                return true;
            }
            Lane::Pace | Lane::Reply => {
                (OUTBOX_FRAMES_MAX + OUTBOX_REPLY_FRAMES_MAX, OUTBOX_BYTES_MAX + OUTBOX_REPLY_BYTES_MAX)
            }
        };
        let frames = self.frames();
        if frames > 0 && (frames >= frames_max || self.bytes() + frame.bytes().len() > bytes_max) {
            return false;
        }
        self.push(frame.bytes().clone(), lane != Lane::Reply);
        true
    }

    /// Puts a pong in its place, displacing one that waits.
    pub fn put_pong(&mut self, pong: &Frame) {
        self.more.get_or_insert_default().pong = pong.bytes().clone();
    }

    /// Puts a short-lived event in its topic's place, displacing one that waits and of which no byte is out.
    fn put_latest(&mut self, topic: Topic, frame: &Frame) {
        let latest = &mut self.more.get_or_insert_default().latest;
        match latest.iter_mut().find(|(of, _)| *of == topic) {
            Some((_, bytes)) => *bytes = frame.bytes().clone(),
            None => latest.push((topic, frame.bytes().clone())),
        }
    }

    /// Puts the close frame in its place. Nothing may be offered after it.
    pub fn put_close(&mut self, close: &Frame) {
        let bytes = close.bytes().clone();
        self.more.get_or_insert_default().close = bytes;
    }

    /// Drops what waits of all lanes but [`Lane::Reply`], except the frame at the front, of which a part may be out.
    /// Returns its bytes.
    pub fn drop_feed(&mut self) -> usize {
        let before = self.bytes();
        if let Some(more) = &mut self.more {
            more.latest.clear();
            more.queue.retain(|waiting| !waiting.drops);
            more.queue_bytes = more.queue.iter().map(|waiting| waiting.bytes.len()).sum();
        }
        before - self.bytes()
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |more| {
            let latest: usize = more.latest.iter().map(|(_, bytes)| bytes.len()).sum();
            more.queue_bytes + latest + more.pong.len() + more.close.len()
        });
        self.first.len() + more
    }

    /// Frames that wait, pong, close and short-lived events aside.
    pub fn frames(&self) -> usize {
        usize::from(!self.first.is_empty()) + self.more.as_ref().map_or(0, |more| more.queue.len())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more.is_none()
    }

    /// Whether memory is held beyond the record.
    pub fn is_boxed(&self) -> bool {
        self.more.is_some()
    }

    /// Writes until nothing waits or the socket takes no more, joining up to [`FRAMES_PER_WRITE_MAX`] frames per write.
    ///
    /// # Errors
    /// The socket's, but for `WouldBlock` and `Interrupted`. The connection is then lost.
    pub fn write_to(&mut self, socket: &mut impl Write) -> io::Result<Written> {
        while !self.is_empty() {
            let written = match &self.more {
                None => socket.write(&self.first),
                Some(more) => write_joined(socket, &self.first, more),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Written::Part),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Written::All)
    }

    fn push(&mut self, bytes: Bytes, drops: bool) {
        if self.first.is_empty() {
            self.first = bytes;
        } else {
            let more = self.more.get_or_insert_default();
            more.queue_bytes += bytes.len();
            more.queue.push_back(Waiting { bytes, drops });
        }
    }

    /// Forgets what has been written.
    fn advance(&mut self, mut written: usize) {
        while written > 0 && !self.is_empty() {
            self.bring_next_to_front();
            let step = written.min(self.first.len());
            self.first.advance(step);
            written -= step;
            let begun = !self.first.is_empty();
            if !begun {
                self.first = Bytes::new();
            }
            if begun || self.more.is_some() {
                self.more.get_or_insert_default().begun = begun;
            }
            self.refill();
        }
    }

    /// Moves the pong, an event or the close to `first` when it is their turn. Called only once a byte of them is out: until
    /// then a newer one may displace what waits.
    fn bring_next_to_front(&mut self) {
        let Some(more) = &mut self.more else { return };
        if !more.begun && !more.pong.is_empty() {
            let second = std::mem::replace(&mut self.first, std::mem::take(&mut more.pong));
            if !second.is_empty() {
                more.queue_bytes += second.len();
                // It stood at the front, so nothing drops it any more.
                more.queue.push_front(Waiting { bytes: second, drops: false });
            }
        } else if self.first.is_empty() {
            self.first = if more.latest.is_empty() {
                std::mem::take(&mut more.close)
            } else {
                more.latest.remove(0).1
            };
        }
    }

    /// Keeps `first` filled while a frame waits, and frees the box when nothing is in it.
    fn refill(&mut self) {
        let Some(more) = &mut self.more else { return };
        if self.first.is_empty()
            && let Some(next) = more.queue.pop_front()
        {
            more.queue_bytes -= next.bytes.len();
            self.first = next.bytes;
        }
        let is_done = more.queue.is_empty() && more.latest.is_empty();
        if is_done && more.pong.is_empty() && more.close.is_empty() && !more.begun {
            self.more = None;
        }
    }
}

fn write_joined(socket: &mut impl Write, first: &Bytes, more: &More) -> io::Result<usize> {
    let empty = &Bytes::new();
    let (before, after) = if more.begun { (empty, &more.pong) } else { (&more.pong, empty) };
    let queue = more.queue.iter().map(|waiting| &waiting.bytes);
    let latest = more.latest.iter().map(|(_, bytes)| bytes);
    let pieces = [before, first, after].into_iter().chain(queue).chain(latest).chain([&more.close]);
    let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE_MAX];
    let mut count = 0;
    for (slice, piece) in slices.iter_mut().zip(pieces.filter(|piece| !piece.is_empty())) {
        *slice = IoSlice::new(piece);
        count += 1;
    }
    socket.write_vectored(slices.get(..count).unwrap_or_default())
}
