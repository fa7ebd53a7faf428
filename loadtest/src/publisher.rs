//! The connection by which a worker's publications reach a peer: a WebSocket, or HTTP, kept alive or anew for each request,
//! as the peer's [`Door`] has it. What loses its line is not sent again: peers do not know what they have.

use std::net::SocketAddr;
use std::rc::Rc;

use mio::Token;

use crate::author::{Author, Item};
use crate::client::{Break, Readiness};
use crate::dialect::{Dialect, Door, Heard, Message};
use crate::flows::REGION;
use crate::follower;
use crate::frame::{self, CLOSE, PING, PONG};
use crate::http::{self, Upgrader};
use crate::limits;
use crate::link::{Link, Reading};
use crate::moment;
use crate::pupil;
use crate::scene::{Label, Scene};

/// The publisher's token.
pub(crate) const TOKEN: Token = Token(1 << 25);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Away,
    Connecting,
    Upgrading,
    Ready,
}

/// See the module.
pub(crate) struct Publisher {
    dialect: Rc<dyn Dialect>,
    address: SocketAddr,
    upgrader: Upgrader,
    link: Option<Link>,
    stage: Stage,
    /// Attempts to connect since the last that came to an answer.
    attempts: u8,
    author: Author,
}

impl Publisher {
    /// One that is not connected yet.
    pub(crate) fn new(dialect: Rc<dyn Dialect>, address: SocketAddr) -> Self {
        let upgrader = Upgrader::new(address);
        Self {
            dialect,
            address,
            upgrader,
            link: None,
            stage: Stage::Away,
            attempts: 0,
            author: Author::default(),
        }
    }

    /// Whether it can publish, or never will.
    pub(crate) fn is_settled(&self) -> bool {
        self.stage == Stage::Ready || self.attempts >= limits::ATTEMPTS_MAX || !self.wants_line()
    }

    /// Connects if it is not connected and should be.
    pub(crate) fn connect(&mut self, scene: &mut Scene) {
        if self.stage != Stage::Away || self.attempts >= limits::ATTEMPTS_MAX || !self.wants_line() {
            return;
        }
        self.attempts += 1;
        self.stage = Stage::Connecting;
        match scene.connect_to(TOKEN, self.address) {
            Ok(link) => self.link = Some(link),
            Err(error) => self.broken(scene, error.into()),
        }
    }

    /// Something is to be published.
    pub(crate) fn push(&mut self, item: Item) {
        self.author.push(item);
    }

    /// Publishes what waits.
    pub(crate) fn publish(&mut self, scene: &mut Scene) {
        self.connect(scene);
        if let Err(why) = self.pump(scene) {
            self.broken(scene, why);
        }
    }

    /// Its socket has news.
    pub(crate) fn ready(&mut self, scene: &mut Scene, readiness: Readiness, buffer: &mut [u8]) {
        if let Err(why) = self.advance(scene, readiness, buffer) {
            self.broken(scene, why);
        }
        self.publish(scene);
    }

    /// Gives up what has no answer.
    pub(crate) fn abandon(&mut self) -> Vec<Item> {
        self.author.abandon()
    }

    /// A connection that is good for one publication is opened when there is one.
    fn wants_line(&self) -> bool {
        self.dialect.door() != Door::HttpOnce || self.author.is_waiting()
    }

    fn pump(&mut self, scene: &mut Scene) -> Result<(), Break> {
        if self.stage != Stage::Ready {
            return Ok(());
        }
        scene.out.clear();
        let dialect = Rc::clone(&self.dialect);
        let in_flight_max = match dialect.door() {
            Door::HttpOnce => 1,
            Door::WebSocket | Door::Http => limits::PEER_IN_FLIGHT_MAX,
        };
        while let Some((_, item)) = self.author.take(in_flight_max) {
            let channel = scene.flow_of(&item).channels[item.place as usize];
            let (mark, characters) = pupil::mark(scene, &item);
            let message = dialect.publish(pupil::channel_name(scene, channel), &mark.text(characters));
            match (dialect.door(), message) {
                (Door::WebSocket, message) => follower::put(scene, &message),
                (_, Message::Text(text)) => scene.out.extend_from_slice(text.as_bytes()),
                (_, Message::Binary(bytes)) => scene.out.extend_from_slice(&bytes),
            }
            pupil::sent(scene, item, 0);
            if dialect.door() == Door::WebSocket {
                self.taken(scene);
            }
        }
        self.send(scene)
    }

    /// A publication's answer by HTTP. A connection that is good for one has had it.
    fn answered(&mut self, scene: &mut Scene, status: u16) {
        match status {
            200..300 => self.taken(scene),
            status => self.refused(scene, &status.to_string()),
        }
        if self.dialect.door() == Door::HttpOnce {
            self.attempts = 0;
            self.link = None;
            self.stage = Stage::Away;
        }
    }

    fn taken(&mut self, scene: &mut Scene) {
        if let Some(item) = self.author.answered_next() {
            let channel = scene.flow_of(&item).channels[item.place as usize];
            let label = if channel == REGION { Label::Operator } else { Label::Teacher };
            scene.acknowledged(&item, label, moment::now_ns());
        }
    }

    fn refused(&mut self, scene: &mut Scene, code: &str) {
        match self.author.answered_next() {
            Some(item) => scene.refused(&item, code),
            None => scene.error(&format!("publisher/{code}")),
        }
    }

    fn send(&mut self, scene: &mut Scene) -> Result<(), Break> {
        match &mut self.link {
            Some(link) if !scene.out.is_empty() => Ok(link.send(&scene.out)?),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, scene: &mut Scene, readiness: Readiness, buffer: &mut [u8]) -> Result<(), Break> {
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        if readiness.is_writable && link.writable()? {
            self.opened(scene)?;
        }
        while let (true, Some(link)) = (readiness.is_readable, &mut self.link) {
            match link.read(buffer)? {
                Reading::Nothing => break,
                Reading::Ended => return Err(Break::Lost("publisher/ended".into())),
                Reading::Bytes { filled, more } => {
                    let taken = self.hear(&buffer[..filled], scene)?;
                    if let Some(link) = &mut self.link {
                        link.keep(&buffer[taken..filled]);
                    }
                    if !more && !readiness.is_closed {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn opened(&mut self, scene: &mut Scene) -> Result<(), Break> {
        if self.dialect.door() != Door::WebSocket {
            self.stage = Stage::Ready;
            return Ok(());
        }
        self.stage = Stage::Upgrading;
        let (upgrade, _) = self.dialect.publisher();
        scene.out.clear();
        self.upgrader.request(&mut scene.out, &upgrade.path, upgrade.subprotocol);
        self.send(scene)
    }

    fn hear(&mut self, bytes: &[u8], scene: &mut Scene) -> Result<usize, Break> {
        let mut taken = 0;
        let not_http = |error| Break::Lost(format!("publisher/{error}").into());
        while self.stage == Stage::Upgrading || self.dialect.door() != Door::WebSocket {
            let Some(answer) = http::read(&bytes[taken..]).map_err(not_http)? else {
                return Ok(taken);
            };
            taken += answer.taken;
            match (self.stage, answer.status) {
                (Stage::Upgrading, _) if self.upgrader.is_accepted(&answer) => {
                    taken -= answer.body.len();
                    self.upgraded(scene)?;
                }
                (Stage::Upgrading, status) => return Err(Break::Refused("publisher", status, None)),
                (_, status) => self.answered(scene, status),
            }
            if self.stage == Stage::Away {
                return Ok(bytes.len());
            }
        }
        while let Some(frame) = frame::read(&bytes[taken..], limits::READ_BYTES)? {
            taken += frame.taken;
            match frame.opcode {
                PING => {
                    let mask = scene.mask();
                    scene.out.clear();
                    frame::write(&mut scene.out, PONG, frame.payload, mask);
                    self.send(scene)?;
                }
                PONG => {}
                CLOSE => return Err(Break::Lost("publisher/closed".into())),
                _ => self.hear_message(scene, frame.payload)?,
            }
        }
        Ok(taken)
    }

    fn upgraded(&mut self, scene: &mut Scene) -> Result<(), Break> {
        self.stage = Stage::Ready;
        scene.out.clear();
        let (_, messages) = self.dialect.publisher();
        for message in &messages {
            follower::put(scene, message);
        }
        self.send(scene)
    }

    fn hear_message(&mut self, scene: &mut Scene, message: &[u8]) -> Result<(), Break> {
        let dialect = Rc::clone(&self.dialect);
        let mut answers = Vec::new();
        dialect.hear(message, &mut |heard| match heard {
            Heard::Refused(_) => self.refused(scene, "refused"),
            Heard::Answer(message) => answers.push(message),
            Heard::Confirmed | Heard::Delivery(_) => {}
        });
        scene.out.clear();
        for answer in &answers {
            follower::put(scene, answer);
        }
        self.send(scene)
    }

    fn broken(&mut self, scene: &mut Scene, why: Break) {
        let code = match why {
            Break::Lost(code) => code,
            Break::Refused(_, status, _) => format!("publisher/{status}").into(),
            Break::Closed(..) | Break::Suspended(_) | Break::Left => "publisher/closed".into(),
        };
        scene.error(&code);
        self.link = None;
        self.stage = Stage::Away;
        let lost: Vec<Item> = self.author.abandon_sent().collect();
        for item in &lost {
            scene.refused(item, "unanswered");
        }
        self.connect(scene);
    }
}
