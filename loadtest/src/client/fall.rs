//! How a client falls and whether it comes back: by the close code's rule, after the server's own word, or after a random
//! wait, as docs/PROTOCOL.md has it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;
use std::time::Duration;

use super::{Client, Stage};
use crate::frame::{CLOSE, FrameError};
use crate::limits;
use crate::moment::{self, nanoseconds};
use crate::scene::{Label, Ring, Scene};
use crate::wire::Retry;

/// The close code of those who are sent away so that the hub lives.
const EVICTED: u16 = 4103;

/// Why a line is no more.
#[derive(Debug)]
pub(crate) enum Break {
    /// It broke, or the server does not speak as it should.
    Lost(Cow<'static, str>),
    /// The server closed it with a code, and may have said in which window to come back.
    Closed(u16, Option<[u32; 2]>),
    /// The server closed it since its window has, and may have said until when.
    Suspended(Option<i64>),
    /// The server refused it with a status, and said when to ask again.
    Refused(&'static str, u16, Option<u64>),
    /// We left.
    Left,
}

impl From<FrameError> for Break {
    fn from(error: FrameError) -> Self {
        Self::Lost(format!("frame/{error}").into())
    }
}

impl From<io::Error> for Break {
    fn from(error: io::Error) -> Self {
        Self::Lost(format!("line/{}", error.kind()).replace(' ', "_").into())
    }
}

impl Client {
    /// Cuts the line without a word, to come back at an instant.
    pub(crate) fn cut(&mut self, id: u32, scene: &mut Scene, return_ns: u64) {
        if self.stage != Stage::Live {
            return;
        }
        if let Some(link) = self.link.take() {
            link.cut();
        }
        self.label = Label::Returned;
        self.leave_line(scene);
        self.return_at(id, scene, return_ns);
        self.intended_ns = return_ns;
    }

    /// Leaves politely, to come back at once.
    pub(crate) fn leave(&mut self, id: u32, scene: &mut Scene, at_ns: u64) {
        if self.stage != Stage::Live {
            return;
        }
        self.label = Label::Returned;
        self.intended_ns = at_ns;
        self.attempt += 1;
        // Who leaves gives its seat back, and comes as anybody else.
        self.entry.resume = None;
        self.enter(Stage::Leaving, scene);
        let deadline_ns = moment::now_ns() + nanoseconds(limits::LEAVE_DEADLINE);
        scene.timers.push(Reverse((deadline_ns, id, self.attempt, Ring::Deadline)));
        if self.say(scene, CLOSE, &1000_u16.to_be_bytes()).is_err() {
            self.end(id, scene, &Break::Left);
        }
    }

    /// The line is no more; whether and when it comes back.
    pub(crate) fn end(&mut self, id: u32, scene: &mut Scene, why: &Break) {
        let was_live = self.stage == Stage::Live;
        let is_leaving = self.stage == Stage::Leaving;
        let now_ns = moment::now_ns();
        let has_lived =
            was_live && now_ns.saturating_sub(self.live_since_ns) >= nanoseconds(limits::STEADY_AFTER);
        self.link = None;
        self.leave_line(scene);
        if is_leaving {
            scene.waiting.push_back(id);
            return;
        }
        if let Break::Suspended(opens_at) = why {
            scene.entries(self.standing).suspended += 1;
            scene.counts.suspended += 1;
            return self.suspended(id, scene, *opens_at);
        }
        if was_live {
            scene.counts.lost += 1;
            self.label = if self.label == Label::Slow { Label::Slow } else { Label::Returned };
        }
        self.failures = if has_lived { 0 } else { self.failures + 1 };
        let wait_ns = self.wait_ns(scene, why, has_lived);
        let Some(wait_ns) = wait_ns.filter(|_| self.failures < limits::ATTEMPTS_MAX) else {
            self.enter(Stage::Gone, scene);
            self.gives_up(scene);
            scene.counts.failed += 1;
            return;
        };
        if was_live {
            self.intended_ns = now_ns + wait_ns;
        }
        self.return_at(id, scene, now_ns + wait_ns);
    }

    /// Counts why the line is no more, and draws how long to wait, as docs/PROTOCOL.md has it.
    fn wait_ns(&mut self, scene: &mut Scene, why: &Break, has_lived: bool) -> Option<u64> {
        let failures = self.failures;
        let jitter_ns = |scene: &mut Scene| {
            let doublings = u32::from(failures.saturating_sub(1)).min(16);
            let bound = limits::RETRY_LAST.min(limits::RETRY_FIRST * (1 << doublings));
            scene.random.u64(0..=nanoseconds(bound))
        };
        match why {
            Break::Left | Break::Suspended(_) => Some(0),
            Break::Lost(code) => {
                scene.error(code);
                Some(jitter_ns(scene))
            }
            Break::Refused(at, status, retry_after_s) => {
                scene.error(&format!("{at}/{status}"));
                let asked = retry_after_s.map(|s| limits::RETRY_AFTER_MAX.min(Duration::from_secs(s)));
                match status {
                    // A refused upgrade begins again with a new seat; what a token can't have, another attempt can't.
                    401 | 404 => None,
                    403 if *at == "seat" => None,
                    _ => Some(asked.map_or(0, nanoseconds) + jitter_ns(scene)),
                }
            }
            Break::Closed(number, window) => {
                scene.error(&format!("close/{number}"));
                if *number == EVICTED {
                    self.evicted(scene);
                }
                match Retry::of(*number) {
                    Retry::Never => None,
                    Retry::Within => {
                        let [from, to] = window.unwrap_or(limits::RETURN_WINDOW_MS);
                        Some(scene.random.u64(u64::from(from)..=u64::from(to.max(from))) * 1_000_000)
                    }
                    Retry::AtOnce if has_lived => Some(0),
                    Retry::AtOnce => Some(jitter_ns(scene)),
                }
            }
        }
    }

    fn return_at(&mut self, id: u32, scene: &mut Scene, at_ns: u64) {
        self.attempt += 1;
        scene.timers.push(Reverse((at_ns, id, self.attempt, Ring::Return)));
    }

    fn leave_line(&mut self, scene: &mut Scene) {
        self.enter(Stage::Away, scene);
        self.seat = None;
        self.fragments = None;
        // Who does not read does not read a line; the next one begins like any other.
        self.is_reading = true;
        self.is_missed = false;
        if let Some(author) = &mut self.author {
            author.broken();
        }
    }
}
