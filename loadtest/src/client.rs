//! One virtual client: how it comes, stays, falls and comes back. What it says is `pupil`'s or `follower`'s.
//!
//! Compact, since tens of thousands rest in memory. It never waits: what it waits for is an event or a ringing.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;
use std::time::Duration;

use mio::Token;

use crate::author::Author;
use crate::flows::Flows;
use crate::frame::{self, CLOSE, CONTINUATION, FrameError, PING, PONG};
use crate::http;
use crate::limits;
use crate::link::{Link, Reading};
use crate::moment::{self, nanoseconds};
use crate::oracle::{Listener, Mark, Record};
use crate::scene::{Label, Ring, Scene, Speech};
use crate::school::Person;
use crate::wire::{CloseReason, Retry};

/// How far a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not there, and not on the way.
    Away,
    /// It asks for a seat.
    Asking,
    /// It has a seat and waits until all have one.
    Seated,
    /// Its line is being opened.
    Connecting,
    /// It has asked for the upgrade.
    Upgrading,
    /// It waits for `welcome`.
    Greeting,
    /// It waits for the answers to so many subscriptions.
    Subscribing(u8),
    /// It follows its channels.
    Live,
    /// It has said that it leaves.
    Leaving,
    /// It will not come back.
    Gone,
}

/// What a channel is that somebody follows. Classes and the region have streams, the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A channel of a flow, by its place.
    Stream(u32),
    /// Their own account's.
    Account,
    /// The region's bulletin.
    Bulletin,
}

/// A channel that a client follows, and how far it has read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follow {
    /// Which.
    pub(crate) place: Place,
    /// The kept position: its epoch's number and its offset.
    pub(crate) kept: Option<(u32, u64)>,
}

/// Why a line is no more.
#[derive(Debug)]
pub(crate) enum Break {
    /// It broke, or the server does not speak as it should.
    Lost(Cow<'static, str>),
    /// The server closed it with a code.
    Closed(u16, Option<[u32; 2]>),
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

/// See the module.
#[derive(Debug)]
pub(crate) struct Client {
    /// Who it is.
    pub(crate) person: Person,
    /// How far it is.
    pub(crate) stage: Stage,
    /// What its latencies are counted under.
    pub(crate) label: Label,
    /// Whether it reads its socket.
    pub(crate) is_reading: bool,
    /// Whether there was something to read while it did not.
    is_missed: bool,
    /// Consecutive attempts that failed.
    failures: u8,
    /// Whether it has ever followed its channels.
    pub(crate) is_member: bool,
    /// Its attempt's number, so that a ringing for an earlier one is nothing.
    pub(crate) attempt: u32,
    /// When it was intended to come.
    pub(crate) intended_ns: u64,
    live_since_ns: u64,
    link: Option<Link>,
    seat: Option<Box<str>>,
    /// A message whose end has not come.
    fragments: Option<Box<Vec<u8>>>,
    /// What it follows.
    pub(crate) follows: [Option<Follow>; 2],
    /// What it publishes.
    pub(crate) author: Option<Box<Author>>,
    record: Record,
    /// Deliveries that it should have received once, and did.
    pub(crate) received: u64,
    /// What was owed to such as it when it first subscribed.
    pub(crate) base: u64,
    /// Of `received`, what came before the phase.
    pub(crate) received_before: u64,
}

impl Client {
    /// Somebody who is not there yet.
    pub(crate) fn new(person: Person, places: [Option<Place>; 2]) -> Self {
        Self {
            person,
            label: Label::of(person.part),
            stage: Stage::Away,
            is_reading: true,
            is_missed: false,
            failures: 0,
            is_member: false,
            attempt: 0,
            intended_ns: 0,
            live_since_ns: 0,
            link: None,
            seat: None,
            fragments: None,
            follows: places.map(|place| place.map(|place| Follow { place, kept: None })),
            author: None,
            record: Record::default(),
            received: 0,
            base: 0,
            received_before: 0,
        }
    }

    /// Begins an attempt.
    pub(crate) fn begin(&mut self, id: u32, scene: &mut Scene) {
        self.attempt += 1;
        let deadline_ns = moment::now_ns() + nanoseconds(limits::ATTEMPT_DEADLINE);
        scene.timers.push(Reverse((deadline_ns, id, self.attempt, Ring::Deadline)));
        if matches!(scene.speech, Speech::Preau(_)) && self.seat.is_none() {
            self.enter(Stage::Asking, scene);
            scene.seatless.push_back(id);
            return;
        }
        self.enter(Stage::Connecting, scene);
        match scene.connect(Token(id as usize)) {
            Ok(link) => self.link = Some(link),
            Err(error) => self.end(id, scene, error.into()),
        }
    }

    /// It was given a seat.
    pub(crate) fn seated(&mut self, id: u32, scene: &mut Scene, seat: Box<str>) {
        if self.stage != Stage::Asking {
            return;
        }
        self.seat = Some(seat);
        scene.record_seat(self.label, moment::now_ns().saturating_sub(self.intended_ns));
        if scene.holds_seats {
            self.attempt += 1;
            self.enter(Stage::Seated, scene);
        } else {
            self.begin(id, scene);
        }
    }

    /// Its socket has news.
    pub(crate) fn ready(&mut self, id: u32, scene: &mut Scene, readiness: Readiness, buffer: &mut [u8]) {
        if let Err(why) = self.advance(scene, readiness, buffer) {
            self.end(id, scene, why);
        }
    }

    /// It reads again what it did not read for a while.
    pub(crate) fn read_again(&mut self, id: u32, scene: &mut Scene, buffer: &mut [u8]) {
        self.is_reading = true;
        if std::mem::take(&mut self.is_missed) {
            let readiness = Readiness { is_readable: true, is_writable: false, is_closed: true };
            self.ready(id, scene, readiness, buffer);
        }
    }

    /// A ringing.
    pub(crate) fn ring(&mut self, id: u32, scene: &mut Scene, attempt: u32, ring: Ring) {
        if attempt != self.attempt {
            return;
        }
        match (ring, self.stage) {
            (Ring::Return, Stage::Away) => scene.waiting.push_back(id),
            (Ring::Deadline, Stage::Leaving) => self.end(id, scene, Break::Left),
            (Ring::Deadline, Stage::Away | Stage::Live | Stage::Gone | Stage::Seated) | (Ring::Return, _) => {
            }
            (Ring::Deadline, _) => self.end(id, scene, Break::Lost("deadline".into())),
        }
    }

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
        self.enter(Stage::Leaving, scene);
        let deadline_ns = moment::now_ns() + nanoseconds(limits::LEAVE_DEADLINE);
        scene.timers.push(Reverse((deadline_ns, id, self.attempt, Ring::Deadline)));
        if self.say(scene, CLOSE, &1000_u16.to_be_bytes()).is_err() {
            self.end(id, scene, Break::Left);
        }
    }

    /// Sends one message.
    pub(crate) fn say(&mut self, scene: &mut Scene, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let mask = scene.mask();
        scene.out.clear();
        frame::write(&mut scene.out, opcode, payload, mask);
        self.send(scene)
    }

    /// Sends what the scene's `out` holds.
    pub(crate) fn send(&mut self, scene: &mut Scene) -> io::Result<()> {
        match &mut self.link {
            Some(link) => link.send(&scene.out),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// A delivery has come over a channel.
    pub(crate) fn delivered(&mut self, scene: &mut Scene, channel: Option<u32>, text: &[u8]) {
        scene.counts.deliveries += 1;
        scene.counts.delivered_bytes += text.len() as u64;
        let now_ns = scene.now_ns;
        let (first_ns, _) = scene.heard_ns.unwrap_or((now_ns, now_ns));
        scene.heard_ns = Some((first_ns, now_ns));
        let Some(mark) = Mark::read(text) else {
            scene.error("foreign_text");
            return;
        };
        let listener = self.listener(&scene.flows, &scene.speech);
        if scene.oracle.judge(listener, &mut self.record, channel, mark) {
            self.received += 1;
        }
        if let Some((_, stream)) = scene.flows.stream(mark.stream) {
            scene.record_delivery(stream.flow, self.label, mark.at_ns);
        }
    }

    /// It follows its channels.
    pub(crate) fn arrived(&mut self, scene: &mut Scene) {
        self.enter(Stage::Live, scene);
        self.live_since_ns = moment::now_ns();
        scene.counts.connected += 1;
        scene.record_connect(self.label, self.live_since_ns.saturating_sub(self.intended_ns));
        if !std::mem::replace(&mut self.is_member, true) {
            self.record.since_phase = u16::try_from(scene.phase).unwrap_or(u16::MAX);
            self.base = self.due(scene);
        }
    }

    /// What it is owed since the beginning of all.
    pub(crate) fn due(&self, scene: &Scene) -> u64 {
        let streams = self.streams().into_iter().flatten();
        streams.map(|channel| scene.dues.of(channel, self.person.part)).sum()
    }

    /// As the oracle sees it.
    pub(crate) fn listener<'a>(&self, flows: &'a Flows, speech: &Speech) -> Listener<'a> {
        let is_preau = matches!(speech, Speech::Preau(_));
        Listener {
            person: self.person,
            follows: self.streams(),
            flows,
            has_audiences: is_preau,
            has_authors: is_preau,
        }
    }

    /// What it has received.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Counts for how it stands.
    pub(crate) fn enter(&mut self, stage: Stage, scene: &mut Scene) {
        for (stage, sign) in [(self.stage, -1), (stage, 1)] {
            let count = match stage {
                Stage::Away | Stage::Gone | Stage::Leaving => continue,
                Stage::Seated => &mut scene.seated,
                Stage::Live => &mut scene.live,
                _ => &mut scene.under_way,
            };
            *count = count.saturating_add_signed(sign);
        }
        self.stage = stage;
    }

    /// The line is no more; whether and when it comes back.
    pub(crate) fn end(&mut self, id: u32, scene: &mut Scene, why: Break) {
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
        if was_live {
            scene.counts.lost += 1;
            self.label = if self.label == Label::Slow { Label::Slow } else { Label::Returned };
        }
        self.failures = if has_lived { 0 } else { self.failures + 1 };
        let wait_ns = self.wait_ns(scene, &why, has_lived);
        let Some(wait_ns) = wait_ns.filter(|_| self.failures < limits::ATTEMPTS_MAX) else {
            self.enter(Stage::Gone, scene);
            scene.counts.failed += 1;
            return;
        };
        if was_live {
            self.intended_ns = now_ns + wait_ns;
        }
        self.return_at(id, scene, now_ns + wait_ns);
    }

    /// Counts why the line is no more, and draws how long to wait, as docs/PROTOCOL.md has it.
    fn wait_ns(&self, scene: &mut Scene, why: &Break, has_lived: bool) -> Option<u64> {
        let jitter_ns = |scene: &mut Scene| {
            let doublings = u32::from(self.failures.saturating_sub(1)).min(16);
            let bound = limits::RETRY_LAST.min(limits::RETRY_FIRST * (1 << doublings));
            scene.random.u64(0..=nanoseconds(bound))
        };
        match why {
            Break::Left => Some(0),
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
        self.is_missed = false;
        if let Some(author) = &mut self.author {
            author.broken();
        }
    }

    fn advance(&mut self, scene: &mut Scene, readiness: Readiness, buffer: &mut [u8]) -> Result<(), Break> {
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        if readiness.is_writable && link.writable()? {
            self.opened(scene)?;
        }
        if !readiness.is_readable {
            return Ok(());
        }
        if !self.is_reading {
            self.is_missed = true;
            return Ok(());
        }
        while let Some(link) = &mut self.link {
            match link.read(buffer)? {
                Reading::Nothing => break,
                Reading::Ended => return Err(Break::Lost("line/ended".into())),
                Reading::Bytes { filled, more } => {
                    scene.now_ns = moment::now_ns();
                    let taken = self.hear(&buffer[..filled], scene, buffer.len())?;
                    if let Some(link) = &mut self.link {
                        link.keep(&buffer[taken..filled]);
                    }
                    // A line that ends with its last bytes has no second edge.
                    if !more && !readiness.is_closed {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The line is open: asks for the upgrade.
    fn opened(&mut self, scene: &mut Scene) -> Result<(), Break> {
        self.enter(Stage::Upgrading, scene);
        scene.out.clear();
        match &scene.speech {
            Speech::Preau(_) => {
                let path = format!("/v1/socket?seat={}", self.seat.take().unwrap_or_default());
                scene.upgrader.request(&mut scene.out, &path, Some("preau.v1"));
            }
            Speech::Peer(dialect) => {
                let upgrade = dialect.follower(self.peer_channel(scene));
                scene.upgrader.request(&mut scene.out, &upgrade.path, upgrade.subprotocol);
            }
        }
        Ok(self.send(scene)?)
    }

    /// Hears what has come; how many bytes of it were whole.
    fn hear(&mut self, bytes: &[u8], scene: &mut Scene, max: usize) -> Result<usize, Break> {
        let mut taken = 0;
        if self.stage == Stage::Upgrading {
            let answer = http::read(bytes).map_err(|error| Break::Lost(format!("upgrade/{error}").into()))?;
            let Some(answer) = answer else {
                return Ok(0);
            };
            if !scene.upgrader.is_accepted(&answer) {
                return Err(Break::Refused("upgrade", answer.status, answer.retry_after_s));
            }
            // A 101 has no body, whatever it says.
            taken = answer.taken - answer.body.len();
            self.upgraded(scene)?;
        }
        while let Some(frame) = frame::read(&bytes[taken..], max)? {
            taken += frame.taken;
            match frame.opcode {
                PING => self.say(scene, PONG, frame.payload)?,
                PONG => {}
                CLOSE => return Err(self.closed(scene, frame.payload)),
                _ => self.gather(scene, &frame)?,
            }
        }
        Ok(taken)
    }

    /// Puts messages together that come in several frames; most come in one.
    fn gather(&mut self, scene: &mut Scene, frame: &frame::Frame<'_>) -> Result<(), Break> {
        if frame.is_final && frame.opcode != CONTINUATION {
            return self.hear_message(scene, frame.payload);
        }
        let mut fragments = self.fragments.take().unwrap_or_default();
        if fragments.len() + frame.payload.len() > limits::READ_BYTES {
            return Err(FrameError::TooLong.into());
        }
        fragments.extend_from_slice(frame.payload);
        if frame.is_final {
            return self.hear_message(scene, &fragments);
        }
        self.fragments = Some(fragments);
        Ok(())
    }

    fn hear_message(&mut self, scene: &mut Scene, message: &[u8]) -> Result<(), Break> {
        match &scene.speech {
            Speech::Preau(_) => self.hear_hub(scene, message),
            Speech::Peer(dialect) => {
                let dialect = std::rc::Rc::clone(dialect);
                self.hear_peer(scene, &*dialect, message)
            }
        }
    }

    fn upgraded(&mut self, scene: &mut Scene) -> Result<(), Break> {
        match &scene.speech {
            Speech::Preau(_) => {
                self.enter(Stage::Greeting, scene);
                Ok(())
            }
            Speech::Peer(dialect) => {
                let dialect = std::rc::Rc::clone(dialect);
                self.open_peer(scene, &*dialect)
            }
        }
    }

    /// The server has closed: answers it, and says how.
    fn closed(&mut self, scene: &mut Scene, payload: &[u8]) -> Break {
        let (number, reason) = match payload {
            [a, b, reason @ ..] => (u16::from_be_bytes([*a, *b]), reason),
            _ => (1005, payload),
        };
        if self.stage == Stage::Leaving {
            return Break::Left;
        }
        // The line ends in any case.
        let _ = self.say(scene, CLOSE, payload.get(..2).unwrap_or_default());
        let reason = serde_json::from_slice::<CloseReason>(reason).ok();
        Break::Closed(number, reason.and_then(|reason| reason.retry_ms))
    }

    fn streams(&self) -> [Option<u32>; 2] {
        self.follows.map(|follow| match follow?.place {
            Place::Stream(channel) => Some(channel),
            Place::Account | Place::Bulletin => None,
        })
    }
}

/// What a socket is ready for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readiness {
    /// Something can be read, or the line has ended.
    pub(crate) is_readable: bool,
    /// Something can be written.
    pub(crate) is_writable: bool,
    /// The other side has ended.
    pub(crate) is_closed: bool,
}

impl From<&mio::event::Event> for Readiness {
    fn from(event: &mio::event::Event) -> Self {
        let is_closed = event.is_read_closed() || event.is_error();
        Self { is_readable: event.is_readable() || is_closed, is_writable: event.is_writable(), is_closed }
    }
}
