//! The loop of one shard: sockets' news, letters, replays, one chunk of the wide lane, the handler's tick, one flush.
//!
//! Owned by a thread of its own, which ends when the shard has drained. Nothing in the loop waits except the poll.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::encoded::Encoded;
use super::handler::{Ended, Ending, Handler, PublishRequest};
use super::lags::Lags;
use super::mailbox::{Inbox, Mailbox, mailbox};
use super::replay::{Fed, Pace, Turn};
use super::table::Table;
use super::wide::WideLane;
use super::{Bounds, Hub, SubscriptionKey};
use crate::base::metrics::Metrics;
use crate::base::{Clock, MachineTime, Publication, limits};
use crate::broker::{Accepted, Broker, Page, PublishError, ReadError};
use crate::engine::{Backlog, Event, Events, Frame, Lane, SocketSet};

/// Events or letters handled between two flushes: fewer than an outbox holds, so that a burst alone fills none.
const NEWS_PER_FLUSH: usize = limits::OUTBOX_FRAMES_MAX / 2;
/// Letters handled between two looks at the sockets.
const LETTERS_PER_TURN: usize = 8 * NEWS_PER_FLUSH;

/// What a shard is told by other threads.
pub enum Letter<K, H: Handler> {
    /// A connection to take over.
    Join {
        /// The upgraded socket.
        socket: K,
        /// What was read past its handshake.
        leftover: Bytes,
        /// What its client has not been told yet; it goes out with the handler's first words.
        answer: Option<Frame>,
        /// What the edge knows about it.
        visitor: H::Visitor,
    },
    /// A publication has been committed in a channel that somebody here follows, or did a moment ago.
    Committed {
        /// The publication.
        publication: Arc<Publication>,
        /// When.
        at: MachineTime,
    },
    /// A page that was asked for.
    Page {
        /// For this subscription.
        key: SubscriptionKey,
        /// The page.
        page: Result<Arc<Page>, ReadError>,
    },
    /// The answer to a publish.
    Published {
        /// From this connection.
        slot: crate::engine::Slot,
        /// What was asked.
        request: PublishRequest,
        /// What became of it.
        result: Result<Accepted, PublishError>,
    },
    /// News for many connections.
    News(Arc<H::News>),
    /// Close everything and end.
    Drain(Ending),
}

/// One shard: its hub, its handler, its inbox.
pub struct Shard<S: SocketSet, H: Handler> {
    // Dropped first: a broker that still posts here must be refused before the hub may drop it.
    inbox: Inbox<Letter<S::Socket, H>>,
    hub: Hub<S, H>,
    handler: H,
    open: usize,
    next_tick: MachineTime,
    /// From the drain's beginning: when to end at the latest.
    end_at: Option<MachineTime>,
}

impl<S: SocketSet, H: Handler> Shard<S, H> {
    /// A shard over a set of sockets, and the mailbox by which others reach it.
    pub fn new(
        sockets: S,
        handler: H,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> (Self, Mailbox<Letter<S::Socket, H>>) {
        let lags = Arc::new(Lags::new(Arc::clone(&clock)));
        let (mailbox, inbox) = mailbox(sockets.wake(), lags);
        let next_tick = clock.machine().after(limits::TICK_INTERVAL);
        let epoch = broker.epoch();
        let hub = Hub {
            sockets,
            broker,
            mailbox: mailbox.clone(),
            clock,
            metrics,
            epoch,
            table: Table::showing(mailbox.interest().clone()),
            replays: VecDeque::new(),
            deferred: VecDeque::new(),
            deferred_from: None,
            replays_in_flight: 0,
            wide: WideLane::default(),
            encoded: Encoded::default(),
            bounds: Bounds::default(),
            overflowed: Vec::new(),
            delivered_from: None,
            gauged: Backlog::default(),
        };
        (Self { hub, handler, inbox, open: 0, next_tick, end_at: None }, mailbox)
    }

    /// The same shard with other bounds, for tests that want every way taken.
    #[cfg(test)]
    pub(crate) fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.hub.bounds = bounds;
        self
    }

    /// The same shard with this share of the pool for what waits: replays keep to it. Its sockets know theirs.
    #[must_use]
    pub fn with_pool(mut self, bytes: usize) -> Self {
        self.hub.bounds.pool_bytes = bytes;
        self
    }

    /// Runs until the shard has drained.
    ///
    /// # Errors
    /// The operating system's, when the sockets can't be watched any longer.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::default();
        while !self.has_ended() {
            let timeout = self.timeout();
            self.turn(&mut events, timeout)?;
        }
        Ok(())
    }

    /// One turn of the loop, waiting for news at most as long as given.
    ///
    /// # Errors
    /// As for [`Shard::run`].
    pub fn turn(&mut self, events: &mut Events, timeout: Duration) -> io::Result<()> {
        let may_sleep = !timeout.is_zero() && self.inbox.lie_down();
        self.hub.sockets.poll(events, Some(if may_sleep { timeout } else { Duration::ZERO }))?;
        self.inbox.get_up();
        self.hub.mailbox.lags().turn_begins();
        for (number, event) in events.iter().enumerate() {
            self.take_event(events, event);
            if (number + 1) % NEWS_PER_FLUSH == 0 {
                self.hub.sockets.flush();
            }
        }
        events.clear();
        for number in 1..=LETTERS_PER_TURN {
            let Some(letter) = self.inbox.next() else { break };
            self.take_letter(letter);
            if number % NEWS_PER_FLUSH == 0 {
                self.hub.sockets.flush();
            }
        }
        self.hub.pump_replays();
        let behind = self.hub.wide_chunk();
        self.tell_behind(&behind);
        if self.hub.has_wide_work() {
            self.hub.sockets.flush();
            // On few CPUs a long sweep would keep the commit thread, and other classes' readers, from running.
            std::thread::yield_now();
        }
        let now = self.hub.now();
        if now >= self.next_tick {
            self.next_tick = now.after(self.handler.tick(&mut self.hub));
            self.hub.gauge_backlog();
        }
        for slot in std::mem::take(&mut self.hub.overflowed) {
            self.handler.overflowed(&mut self.hub, slot);
        }
        self.hub.sockets.flush();
        let charged = self.hub.sockets.charged();
        self.hub.mailbox.lags().turn_ends(self.hub.delivered_from.take(), charged);
        Ok(())
    }

    /// Whether the shard has drained: it was asked to, and nobody is left or the time is up.
    pub fn has_ended(&self) -> bool {
        self.end_at.is_some_and(|end_at| self.open == 0 || self.hub.now() >= end_at)
    }

    fn timeout(&self) -> Duration {
        if self.hub.has_wide_work() {
            return Duration::ZERO;
        }
        let until_tick = self.next_tick.since(self.hub.now());
        if self.hub.has_replays() { until_tick.min(limits::BUSY_PAUSE) } else { until_tick }
    }

    fn take_event(&mut self, events: &Events, event: Event) {
        let (hub, handler) = (&mut self.hub, &mut self.handler);
        match event {
            Event::Text(slot, span) => {
                let text = events.text(span);
                // A defect that one client's message uncovers must not end the others' connections.
                let taken = catch_unwind(AssertUnwindSafe(|| handler.text(hub, slot, text)));
                if taken.is_err() {
                    handler.broken(hub, slot);
                }
            }
            Event::Control(slot) => handler.heard(hub, slot),
            Event::Failing(slot, code) => {
                hub.table.remove_connection(slot);
                handler.failing(hub, slot, code);
            }
            Event::Stalled(slot) => handler.stalled(hub, slot, true),
            Event::Progress(slot) => {
                // Some bytes went and some still wait: the stall begins anew.
                handler.stalled(hub, slot, false);
                handler.stalled(hub, slot, true);
            }
            Event::Drained(slot) => {
                handler.stalled(hub, slot, false);
                hub.drained(slot);
            }
            Event::Closed(slot, cause) => {
                hub.table.remove_connection(slot);
                hub.mailbox.connection_goes();
                self.open = self.open.saturating_sub(1);
                handler.left(hub, slot, cause);
            }
        }
    }

    fn take_letter(&mut self, letter: Letter<S::Socket, H>) {
        let (hub, handler) = (&mut self.hub, &mut self.handler);
        match letter {
            Letter::Join { socket, leftover, answer, visitor } => {
                // A socket that can't be watched is closed by dropping it; its client sees a lost connection.
                match hub.sockets.add(socket, leftover, H::framing(&visitor)) {
                    Ok(slot) => {
                        self.open += 1;
                        // An empty outbox has room for it.
                        if let Some(answer) = answer {
                            let _ = hub.sockets.offer(slot, &answer, Lane::Reply);
                        }
                        handler.joined(hub, slot, visitor);
                    }
                    Err(error) => {
                        hub.mailbox.connection_goes();
                        tracing::warn!(%error, "a socket could not be watched and was closed");
                    }
                }
            }
            Letter::Committed { publication, at } => {
                let behind = hub.fan_out(&publication, at);
                self.tell_behind(&behind);
            }
            Letter::Page { key, page } => self.take_page(key, page),
            Letter::Published { slot, request, result } => handler.published(hub, slot, request, result),
            Letter::News(news) => handler.news(hub, news),
            Letter::Drain(ending) => {
                self.end_at = Some(hub.now().after(ending.over + limits::CLOSE_DEADLINE));
                handler.drain(hub, ending);
            }
        }
    }

    fn take_page(&mut self, key: SubscriptionKey, page: Result<Arc<Page>, ReadError>) {
        let (hub, handler) = (&mut self.hub, &mut self.handler);
        let page = match hub.addressee(key) {
            Some((_, channel)) => page.map(|page| handler.sift(&channel, page)),
            None => page,
        };
        match hub.page_arrived(key, page) {
            Turn::Gone => {}
            Turn::Failed { slot, request, channel, error } => {
                handler.ended(hub, slot, Ended { channel, request, error: Some(error) });
            }
            Turn::Left { slot, opened, request } => {
                let channel = opened.channel.clone();
                handler.opened(hub, slot, opened);
                handler.ended(hub, slot, Ended { channel, request, error: None });
            }
            Turn::Ready { slot, opened, fed } => {
                if let Some(opened) = opened {
                    handler.opened(hub, slot, opened);
                }
                self.feed(key, &fed);
            }
        }
    }

    fn feed(&mut self, key: SubscriptionKey, fed: &Fed) {
        match self.hub.feed(fed) {
            Pace::More => {}
            Pace::Behind => self.tell_behind(&[key]),
            Pace::CaughtUp(position) => {
                if let Some((slot, channel)) = self.hub.addressee(key) {
                    self.hub.metrics.caught_up.inc();
                    self.handler.paced(&mut self.hub, slot, channel, Some(position));
                }
            }
        }
    }

    fn tell_behind(&mut self, keys: &[SubscriptionKey]) {
        for key in keys {
            if self.hub.is_news_that_behind(*key)
                && let Some((slot, channel)) = self.hub.addressee(*key)
            {
                self.hub.metrics.behind.inc();
                self.handler.paced(&mut self.hub, slot, channel, None);
            }
        }
    }
}
