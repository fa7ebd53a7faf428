//! A stream in memory between a set and a peer: what the set reads and writes in place of a TCP socket.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{MemoryPeer, Signals};
use crate::engine::connections::{Readiness, Wire};

/// The set's end of a stream. Dropped: the peer finds the connection over.
#[derive(Debug)]
pub struct MemorySocket {
    stream: Arc<Stream>,
}

impl MemorySocket {
    /// A socket for a set, and its peer.
    pub fn pair() -> (Self, MemoryPeer) {
        let stream = Arc::new(Stream::default());
        (Self { stream: Arc::clone(&stream) }, MemoryPeer::new(stream))
    }

    /// Says from now on to a set when the stream is ready, and how it stands already.
    pub(super) fn watch(&self, signals: Arc<Signals>, index: u32) {
        let mut state = self.stream.lock();
        state.watch = Some((signals, index));
        state.raise(Readiness { readable: true, hung_up: state.lost, writable: true });
    }
}

impl Drop for MemorySocket {
    fn drop(&mut self) {
        let mut state = self.stream.lock();
        state.ended = true;
        state.watch = None;
    }
}

impl Read for MemorySocket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.stream.lock();
        if state.to_set.is_empty() && !state.lost {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = into.len().min(state.to_set.len());
        for (to, from) in into.iter_mut().zip(state.to_set.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

impl Write for MemorySocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.stream.lock();
        if state.lost {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut written = 0;
        for slice in slices {
            let room = state.room.unwrap_or(usize::MAX);
            let taken = slice.get(..slice.len().min(room)).unwrap_or_default();
            state.to_peer.extend_from_slice(taken);
            state.room = state.room.map(|room| room - taken.len());
            written += taken.len();
            if taken.len() < slice.len() {
                break;
            }
        }
        if written == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        state.writes += 1;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for MemorySocket {
    fn end_output(&mut self) {
        self.stream.lock().ended = true;
    }
}

/// Both directions of a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) to_set: VecDeque<u8>,
    pub(super) to_peer: Vec<u8>,
    /// How many more bytes the peer's side takes; `None` while the peer reads.
    pub(super) room: Option<usize>,
    /// Writes that took at least one byte.
    pub(super) writes: usize,
    /// The peer is gone.
    pub(super) lost: bool,
    /// The set's end writes no more.
    pub(super) ended: bool,
    watch: Option<(Arc<Signals>, u32)>,
}

impl Stream {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells the watching set, if there is one.
    pub(super) fn raise(&self, readiness: Readiness) {
        if let Some((signals, index)) = &self.watch {
            signals.raise(*index, readiness);
        }
    }
}
