//! A client of a peer: it follows one channel and hears what comes.

use crate::client::{Break, Client, Place, Stage};
use crate::dialect::{Dialect, Heard, Message};
use crate::frame::{self, BINARY, TEXT};
use crate::pupil;
use crate::scene::Scene;

impl Client {
    /// The line is open: says what is said first.
    pub(crate) fn open_peer(&mut self, scene: &mut Scene, dialect: &dyn Dialect) -> Result<(), Break> {
        let messages = dialect.opening(self.peer_channel(scene));
        scene.out.clear();
        for message in &messages {
            put(scene, message);
        }
        if !messages.is_empty() {
            self.send(scene)?;
        }
        match u8::try_from(dialect.confirmations()).unwrap_or(u8::MAX) {
            0 => self.arrived(scene),
            count => self.enter(Stage::Subscribing(count), scene),
        }
        Ok(())
    }

    /// Hears a message.
    pub(crate) fn hear_peer(
        &mut self,
        scene: &mut Scene,
        dialect: &dyn Dialect,
        message: &[u8],
    ) -> Result<(), Break> {
        let channel = self.follows[0].and_then(|follow| match follow.place {
            Place::Stream(channel) => Some(channel),
            Place::Account | Place::Bulletin => None,
        });
        let mut answers = Vec::new();
        dialect.hear(message, &mut |heard| match heard {
            Heard::Delivery(payload) => self.delivered(scene, channel, payload),
            Heard::Confirmed => match self.stage {
                Stage::Subscribing(1) => self.arrived(scene),
                Stage::Subscribing(more) => self.enter(Stage::Subscribing(more - 1), scene),
                _ => {}
            },
            Heard::Answer(message) => answers.push(message),
            Heard::Refused(_) => scene.error("peer/refused"),
        });
        if answers.is_empty() {
            return Ok(());
        }
        scene.out.clear();
        for answer in &answers {
            put(scene, answer);
        }
        Ok(self.send(scene)?)
    }

    /// The name of the channel that it follows.
    pub(crate) fn peer_channel<'a>(&self, scene: &'a Scene) -> &'a str {
        match self.follows[0].map(|follow| follow.place) {
            Some(Place::Stream(channel)) => pupil::channel_name(scene, channel),
            _ => "bulletin",
        }
    }
}

/// Appends a message to what is to be sent.
pub(crate) fn put(scene: &mut Scene, message: &Message) {
    let mask = scene.mask();
    match message {
        Message::Text(text) => frame::write(&mut scene.out, TEXT, text.as_bytes(), mask),
        Message::Binary(bytes) => frame::write(&mut scene.out, BINARY, bytes, mask),
    }
}
