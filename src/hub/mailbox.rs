//! A shard's inbox as others see it: bounded, ordered, and waking the shard only when it may be asleep.
//!
//! No letter is slept on. The shard says that it is about to sleep, *then* looks whether the inbox is empty; a sender puts
//! its letter in, *then* looks whether somebody sleeps. Whichever comes first under the queue's lock, one sees the other.
//! A letter that was slipped in waits for its sender's `Mailbox::ring`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flume::TrySendError;

use super::interest::Interest;
use super::lags::Lags;
use crate::base::{Channel, limits};
use crate::engine::Wake;

/// The sending side. Clones send to the same shard.
pub struct Mailbox<T> {
    sender: flume::Sender<T>,
    bell: Arc<Bell>,
    /// Connections that are with the shard or on their way to it.
    connections: Arc<AtomicUsize>,
    interest: Interest,
    lags: Arc<Lags>,
}

/// The receiving side, owned by the shard.
pub(crate) struct Inbox<T> {
    receiver: flume::Receiver<T>,
    bell: Arc<Bell>,
}

/// Rung by the first letter since the shard lay down, so that a thousand letters cost one system call, and those that come
/// while it is up none.
struct Bell {
    /// The shard sleeps or is about to, and has not been rung.
    asleep: AtomicBool,
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
            lags: Arc::clone(&self.lags),
        }
    }
}

/// A new inbox of [`limits::SHARD_INBOX_MAX`] letters, for a shard that `wake` wakes and that writes these lags.
pub(crate) fn mailbox<T>(wake: Wake, lags: Arc<Lags>) -> (Mailbox<T>, Inbox<T>) {
    let (sender, receiver) = flume::bounded(limits::SHARD_INBOX_MAX);
    let bell = Arc::new(Bell { asleep: AtomicBool::new(true), wake });
    let connections = Arc::new(AtomicUsize::new(0));
    let interest = Interest::default();
    (Mailbox { sender, bell: Arc::clone(&bell), connections, interest, lags }, Inbox { receiver, bell })
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

    /// Puts a letter in the inbox, as [`Mailbox::post`] does, by a sender that has more of them and rings after the last.
    ///
    /// # Errors
    /// As for [`Mailbox::post`].
    pub(super) fn slip(&self, letter: T) -> Result<(), Returned> {
        match self.sender.try_send(letter) {
            Ok(()) => Ok(()),
            // Room comes only if the shard is up.
            Err(TrySendError::Full(letter)) => {
                self.bell.ring();
                self.sender.send(letter).map_err(|_| Returned)
            }
            Err(TrySendError::Disconnected(_)) => Err(Returned),
        }
    }

    /// Slips a letter about a channel in, if somebody there follows it.
    ///
    /// # Errors
    /// As for [`Mailbox::post`].
    pub(super) fn slip_about(&self, channel: &Channel, letter: impl FnOnce() -> T) -> Result<(), Returned> {
        if self.interest.includes(channel) { self.slip(letter()) } else { Ok(()) }
    }

    /// Wakes the shard for what was slipped in, if it sleeps with letters in its inbox.
    pub(super) fn ring(&self) {
        if !self.sender.is_empty() {
            self.bell.ring();
        }
    }

    /// The channels that somebody on the shard follows.
    pub(super) fn interest(&self) -> &Interest {
        &self.interest
    }

    /// How far behind the shard is.
    pub(super) fn lags(&self) -> &Lags {
        &self.lags
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
    /// Says that the shard is about to sleep: letters from now on ring. Whether it may; there are letters if not.
    pub(crate) fn lie_down(&self) -> bool {
        self.bell.asleep.store(true, Ordering::SeqCst);
        self.receiver.is_empty()
    }

    /// Says that the shard is up, and looks at its letters before it sleeps again: none rings until then.
    pub(crate) fn get_up(&self) {
        self.bell.asleep.store(false, Ordering::SeqCst);
    }

    /// The next letter, if there is one.
    pub(crate) fn next(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl Bell {
    fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            (self.wake)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    fn lags() -> Arc<Lags> {
        Arc::new(Lags::new(Arc::new(ManualClock::at(0))))
    }

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
    fn a_shard_that_sleeps_is_rung_once_and_one_that_is_up_never() {
        let (rings, wake) = counted();
        let (mailbox, inbox) = mailbox::<u8>(wake, lags());
        assert!(inbox.lie_down());
        mailbox.post(1).unwrap();
        mailbox.post(2).unwrap();
        assert_eq!(rings.load(Ordering::SeqCst), 1);
        inbox.get_up();
        mailbox.post(3).unwrap();
        assert_eq!((inbox.next(), inbox.next()), (Some(1), Some(2)));
        assert_eq!(rings.load(Ordering::SeqCst), 1);
        assert!(!inbox.lie_down(), "the third came after it got up");
        assert_eq!(inbox.next(), Some(3));
        assert!(inbox.lie_down());
    }

    #[test]
    fn what_is_slipped_in_waits_for_its_ring() {
        let (rings, wake) = counted();
        let (mailbox, inbox) = mailbox::<usize>(wake, lags());
        mailbox.ring();
        assert!(inbox.lie_down());
        mailbox.slip(0).unwrap();
        mailbox.slip(1).unwrap();
        assert_eq!(rings.load(Ordering::SeqCst), 0, "neither an empty inbox nor a slipped letter rings");
        mailbox.ring();
        mailbox.ring();
        assert_eq!((rings.load(Ordering::SeqCst), inbox.next(), inbox.next()), (1, Some(0), Some(1)));
    }

    #[test]
    fn nothing_waits_in_a_full_inbox_for_a_shard_that_was_not_rung() {
        let (rung, bell) = flume::bounded::<()>(1);
        let (mailbox, inbox) = mailbox::<usize>(Arc::new(move || rung.try_send(()).unwrap()), lags());
        let sender = std::thread::Builder::new().spawn(move || {
            for letter in 0..=limits::SHARD_INBOX_MAX {
                mailbox.slip(letter).unwrap();
            }
        });
        bell.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
        inbox.get_up();
        assert_eq!(inbox.next(), Some(0));
        sender.unwrap().join().unwrap();
        assert_eq!(inbox.next(), Some(1));
    }

    #[test]
    fn a_letter_about_what_nobody_follows_is_not_slipped_in_and_does_not_ring() {
        let (rings, wake) = counted();
        let (mailbox, inbox) = mailbox::<u8>(wake, lags());
        let class = Channel::parse("class:2a").unwrap();
        mailbox.slip_about(&class, || 1).unwrap();
        mailbox.interest().enter(&class);
        mailbox.slip_about(&Channel::Region, || 2).unwrap();
        mailbox.ring();
        assert_eq!((inbox.next(), rings.load(Ordering::SeqCst)), (None, 0));
        mailbox.slip_about(&class, || 3).unwrap();
        mailbox.interest().withdraw(&class);
        mailbox.slip_about(&class, || 4).unwrap();
        mailbox.ring();
        assert_eq!((inbox.next(), inbox.next(), rings.load(Ordering::SeqCst)), (Some(3), None, 1));
    }

    #[test]
    fn a_full_inbox_returns_the_letter_and_an_ended_shard_every_letter() {
        let (_, wake) = counted();
        let (mailbox, inbox) = mailbox::<usize>(wake, lags());
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
