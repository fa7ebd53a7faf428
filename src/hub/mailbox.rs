//! A shard's inbox as others see it: bounded, ordered, and waking the shard only when it may be asleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flume::TrySendError;

use super::interest::Interest;
use crate::base::{Channel, limits};
use crate::engine::Wake;

/// The sending side. Clones send to the same shard.
pub struct Mailbox<T> {
    sender: flume::Sender<T>,
    bell: Arc<Bell>,
    /// Connections that are with the shard or on their way to it.
    connections: Arc<AtomicUsize>,
    interest: Interest,
}

/// The receiving side, owned by the shard.
pub(crate) struct Inbox<T> {
    receiver: flume::Receiver<T>,
    bell: Arc<Bell>,
}

/// Rung by the first letter since the shard last looked, so that a thousand letters cost one system call.
struct Bell {
    rung: AtomicBool,
    wake: Wake,
}

/// The letter could not be taken: the shard has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shard takes no more")]
pub struct Returned;

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            bell: Arc::clone(&self.bell),
            connections: Arc::clone(&self.connections),
            interest: self.interest.clone(),
        }
    }
}

/// A new inbox of [`limits::SHARD_INBOX_MAX`] letters, for a shard that `wake` wakes.
pub(crate) fn mailbox<T>(wake: Wake) -> (Mailbox<T>, Inbox<T>) {
    let (sender, receiver) = flume::bounded(limits::SHARD_INBOX_MAX);
    let bell = Arc::new(Bell { rung: AtomicBool::new(false), wake });
    let connections = Arc::new(AtomicUsize::new(0));
    let interest = Interest::default();
    (Mailbox { sender, bell: Arc::clone(&bell), connections, interest }, Inbox { receiver, bell })
}

impl<T> Mailbox<T> {
    /// Puts a letter in the inbox, waiting for room. Never called by a shard's own thread.
    ///
    /// # Errors
    /// [`Returned`] if the shard has ended.
    pub fn post(&self, letter: T) -> Result<(), Returned> {
        let posted = self.sender.send(letter).map_err(|_| Returned);
        self.bell.ring();
        posted
    }

    /// Puts a letter about a channel in the inbox, as [`Mailbox::post`] does, if somebody there follows it.
    ///
    /// # Errors
    /// As for [`Mailbox::post`].
    pub(super) fn post_about(&self, channel: &Channel, letter: impl FnOnce() -> T) -> Result<(), Returned> {
        if self.interest.includes(channel) { self.post(letter()) } else { Ok(()) }
    }

    /// The channels that somebody on the shard follows.
    pub(super) fn interest(&self) -> &Interest {
        &self.interest
    }

    /// How many connections are with the shard or on their way to it.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection in, before its letter is posted.
    pub(super) fn connection_comes(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection out: it has ended, or could not be posted.
    pub(super) fn connection_goes(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Puts a letter in the inbox if there is room.
    ///
    /// # Errors
    /// The letter, if the inbox is full or the shard has ended.
    pub fn try_post(&self, letter: T) -> Result<(), T> {
        let posted = self.sender.try_send(letter).map_err(TrySendError::into_inner);
        self.bell.ring();
        posted
    }
}

impl<T> Inbox<T> {
    /// Says that the shard is about to look: letters from now on ring again.
    pub(crate) fn looking(&self) {
        self.bell.rung.store(false, Ordering::SeqCst);
    }

    /// The next letter, if there is one.
    pub(crate) fn next(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// Whether letters wait.
    pub(crate) fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }
}

impl Bell {
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            (self.wake)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted() -> (Arc<AtomicUsize>, Wake) {
        let rings = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&rings);
        (
            rings,
            Arc::new(move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }),
        )
    }

    #[test]
    fn one_ring_serves_until_the_shard_looks() {
        let (rings, wake) = counted();
        let (mailbox, inbox) = mailbox::<u8>(wake);
        mailbox.post(1).unwrap();
        mailbox.post(2).unwrap();
        assert_eq!(rings.load(Ordering::SeqCst), 1);
        inbox.looking();
        assert_eq!((inbox.next(), inbox.next(), inbox.next()), (Some(1), Some(2), None));
        mailbox.post(3).unwrap();
        assert_eq!(rings.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_letter_about_what_nobody_follows_is_not_posted_and_does_not_ring() {
        let (rings, wake) = counted();
        let (mailbox, inbox) = mailbox::<u8>(wake);
        let class = Channel::parse("class:2a").unwrap();
        mailbox.post_about(&class, || 1).unwrap();
        mailbox.interest().enter(&class);
        mailbox.post_about(&Channel::Region, || 2).unwrap();
        assert_eq!((inbox.next(), rings.load(Ordering::SeqCst)), (None, 0));
        mailbox.post_about(&class, || 3).unwrap();
        mailbox.interest().withdraw(&class);
        mailbox.post_about(&class, || 4).unwrap();
        assert_eq!((inbox.next(), inbox.next(), rings.load(Ordering::SeqCst)), (Some(3), None, 1));
    }

    #[test]
    fn a_full_inbox_returns_the_letter_and_an_ended_shard_every_letter() {
        let (_, wake) = counted();
        let (mailbox, inbox) = mailbox::<usize>(wake);
        for letter in 0..limits::SHARD_INBOX_MAX {
            mailbox.try_post(letter).unwrap();
        }
        assert_eq!(mailbox.try_post(7), Err(7));
        assert_eq!(inbox.next(), Some(0));
        assert_eq!(mailbox.try_post(7), Ok(()));
        drop(inbox);
        assert_eq!(mailbox.try_post(7), Err(7));
        assert_eq!(mailbox.post(0), Err(Returned));
    }
}
