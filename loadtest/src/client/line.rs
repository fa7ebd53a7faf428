//! A client's line: what is done when its socket has news, from the upgrade's answer to whole messages.

use std::io;

use super::{Break, Client, Stage};
use crate::frame::{self, CLOSE, CONTINUATION, FrameError, PING, PONG};
use crate::http;
use crate::limits;
use crate::link::Reading;
use crate::moment;
use crate::scene::{Scene, Speech};
use crate::wire::CloseReason;

/// The close code of those whose window has closed.
const SUSPENDED: u16 = 4004;

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

impl Client {
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

    pub(super) fn advance(
        &mut self,
        scene: &mut Scene,
        readiness: Readiness,
        buffer: &mut [u8],
    ) -> Result<(), Break> {
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
        if number == SUSPENDED {
            return Break::Suspended(reason.and_then(|reason| reason.opens_at));
        }
        Break::Closed(number, reason.and_then(|reason| reason.retry_ms))
    }
}
