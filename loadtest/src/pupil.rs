//! What a client says to préau and hears from it: `docs/PROTOCOL.md` from `welcome` on, as a client has to follow it.

use std::borrow::Cow;

use crate::author::Item;
use crate::client::{Break, Client, Follow, Place, Stage};
use crate::envelope::{self, Envelope, Said};
use crate::flows::REGION;
use crate::frame::{self, TEXT};
use crate::lesson::Words;
use crate::limits;
use crate::limits::POST_CHARS_MAX;
use crate::moment;
use crate::oracle::Mark;
use crate::scene::Scene;
use crate::school;
use crate::wire::{Body, ClientFrame, From, Kind, Position, Role, ServerFrame};

/// Ids of subscriptions are above those of publications, which count from 0.
const SUBSCRIBE_ID: u32 = u32::MAX - 1;

impl Client {
    /// Hears a message of the hub.
    pub(crate) fn hear_hub(&mut self, scene: &mut Scene, message: &[u8]) -> Result<(), Break> {
        let said = envelope::read(message).map_err(|_| Break::Lost("unknown_message".into()))?;
        match said {
            Said::Publication(envelope) => self.published_to(scene, envelope),
            Said::Frame(frame) => return self.hear_frame(scene, *frame),
        }
        Ok(())
    }

    /// Publishes what waits, as far as the protocol allows.
    pub(crate) fn publish(&mut self, scene: &mut Scene) -> Result<(), Break> {
        if self.stage != Stage::Live {
            return Ok(());
        }
        scene.out.clear();
        let mut is_empty = true;
        while let Some((id, item)) =
            self.author.as_mut().and_then(|author| author.take(limits::PUBLISHES_IN_FLIGHT_MAX))
        {
            is_empty = false;
            put(scene, &publication(scene, id, item))?;
            sent(scene, item, self.live_since_ns);
        }
        if is_empty { Ok(()) } else { Ok(self.send(scene)?) }
    }

    fn hear_frame(&mut self, scene: &mut Scene, frame: ServerFrame) -> Result<(), Break> {
        match frame {
            ServerFrame::Welcome { school_time, resume, .. } if self.stage == Stage::Greeting => {
                scene.clock.hear(school_time, moment::now_ns());
                self.entry.resume = resume.map(String::into_boxed_str);
                return self.welcomed(scene);
            }
            ServerFrame::Publication { channel, position, body, .. } => {
                let (epoch, offset) = (position.epoch.as_str(), position.offset);
                let text = body.text().as_bytes();
                self.published_to(scene, Envelope { channel: &channel, epoch, offset, text });
            }
            ServerFrame::Fresh { channel, position, .. } if self.looks_back() => {
                self.keep(scene, &channel, &position);
            }
            ServerFrame::Resumed { channel, position, .. } | ServerFrame::Fresh { channel, position, .. } => {
                return self.subscribed(scene, &channel, &position);
            }
            ServerFrame::Reset { channel, position, why, .. } => {
                scene.error(&format!("reset/{why:?}").to_lowercase());
                return self.subscribed(scene, &channel, &position);
            }
            ServerFrame::CaughtUp { channel, position } => {
                self.keep(scene, &channel, &position);
                self.has_looked_back(scene);
            }
            ServerFrame::Published { id, position, .. } => {
                if self.lesson_published(scene, id, &position)? {
                    return Ok(());
                }
                if let Some(item) = self.author.as_mut().and_then(|author| author.answered(id)) {
                    scene.acknowledged(&item, self.label, moment::now_ns());
                }
                return self.publish(scene);
            }
            // The load is for now: what the hub would deliver later counts as refused.
            ServerFrame::Scheduled { id, .. } => return self.refused(scene, Some(id), "scheduled"),
            ServerFrame::Held { id, .. } if self.words_held(scene, id) => {}
            ServerFrame::Held { id, .. } => return self.refused(scene, Some(id), "held"),
            ServerFrame::Done { id } => self.deed_done(scene, id),
            ServerFrame::Pulse { hands, votes, reactions, upvotes, .. } => {
                self.pulsed(scene, hands, votes, (&reactions, &upvotes));
            }
            ServerFrame::Error { id, code, .. } => return self.refused(scene, id, &code),
            ServerFrame::Unsubscribed { id: Some(_), .. } if self.looks_back() => {}
            ServerFrame::Unsubscribed { .. } => return Err(Break::Lost("unsubscribed".into())),
            ServerFrame::Welcome { .. }
            | ServerFrame::Lesson { .. }
            | ServerFrame::Presence { .. }
            | ServerFrame::Mine { .. }
            | ServerFrame::Behind { .. }
            | ServerFrame::Marked { .. }
            | ServerFrame::Load { .. }
            | ServerFrame::Pong { .. }
            | ServerFrame::Refreshed { .. } => {}
        }
        Ok(())
    }

    fn welcomed(&mut self, scene: &mut Scene) -> Result<(), Break> {
        scene.out.clear();
        let mut count = 0;
        for follow in self.follows.into_iter().flatten() {
            let from = match follow.kept {
                None => From::Now,
                Some((epoch, offset)) => {
                    From::Position(Position { epoch: scene.epochs[epoch as usize].to_string(), offset })
                }
            };
            let channel = self.channel(scene, follow.place).into_owned();
            put(scene, &ClientFrame::Subscribe { id: SUBSCRIBE_ID + u32::from(count), channel, from })?;
            count += 1;
        }
        if count == 0 {
            return self.live(scene);
        }
        self.enter(Stage::Subscribing(count), scene);
        Ok(self.send(scene)?)
    }

    /// An answer to a subscription: where it begins.
    fn subscribed(&mut self, scene: &mut Scene, channel: &str, position: &Position) -> Result<(), Break> {
        self.keep(scene, channel, position);
        match self.stage {
            Stage::Subscribing(1) => self.live(scene),
            Stage::Subscribing(more) => {
                self.enter(Stage::Subscribing(more - 1), scene);
                Ok(())
            }
            _ => Err(Break::Lost("answered_twice".into())),
        }
    }

    fn live(&mut self, scene: &mut Scene) -> Result<(), Break> {
        self.arrived(scene);
        self.forget_deeds(scene);
        self.lead(scene)?;
        self.publish(scene)
    }

    fn refused(&mut self, scene: &mut Scene, id: Option<u32>, code: &str) -> Result<(), Break> {
        if id.is_some_and(|id| id >= SUBSCRIBE_ID) {
            return Err(Break::Lost(format!("subscribe/{code}").into()));
        }
        if id.is_some_and(|id| self.deed_refused(scene, id, code)) {
            return Ok(());
        }
        match id.and_then(|id| self.author.as_mut()?.answered(id)) {
            Some(item) => scene.refused(&item, code),
            None => scene.error(&format!("said/{code}")),
        }
        self.publish(scene)
    }

    fn published_to(&mut self, scene: &mut Scene, envelope: Envelope<'_>) {
        let place = self.followed(scene, envelope.channel);
        let mut channel = None;
        if let Some(follow) = place.and_then(|place| self.follows[place]) {
            let likely = follow.kept.map_or(0, |(epoch, _)| epoch);
            let epoch = scene.epoch(envelope.epoch, likely);
            if let Some((kept, offset)) = follow.kept
                && kept == epoch
            {
                let listener = self.listener(&scene.flows, &scene.speech);
                scene.oracle.judge_position(listener, offset, envelope.offset);
            }
            if let Some(Some(follow)) = place.map(|place| &mut self.follows[place]) {
                follow.kept = Some((epoch, envelope.offset));
            }
            channel = match follow.place {
                Place::Stream(channel) => Some(channel),
                Place::Account | Place::Bulletin => None,
            };
        }
        scene.counts.read_again += u64::from(self.looks_back() && !envelope.text.is_empty());
        if let Some(words) = Words::read(envelope.text) {
            self.hears(scene, channel, envelope, words);
        } else if !envelope.text.is_empty() && !self.looks_back() {
            // What happens to a lesson says nothing of ours, and whose class it is told the position.
            self.delivered(scene, channel, envelope.text);
        }
    }

    /// Keeps a position.
    fn keep(&mut self, scene: &mut Scene, channel: &str, position: &Position) {
        let Some(place) = self.followed(scene, channel) else {
            scene.error("not_followed");
            return;
        };
        let epoch = scene.epoch(&position.epoch, 0);
        if let Some(follow) = &mut self.follows[place] {
            follow.kept = Some((epoch, position.offset));
        }
    }

    /// Which of the followed channels has this name.
    fn followed(&self, scene: &Scene, name: &str) -> Option<usize> {
        let is =
            |follow: &Option<Follow>| follow.is_some_and(|follow| self.channel(scene, follow.place) == name);
        self.follows.iter().position(is)
    }

    fn channel<'a>(&self, scene: &'a Scene, place: Place) -> Cow<'a, str> {
        match place {
            Place::Stream(channel) => Cow::Borrowed(channel_name(scene, channel)),
            Place::Bulletin => Cow::Borrowed(school::BULLETIN),
            Place::Account => Cow::Owned(format!("account:{}", self.person.account())),
        }
    }
}

/// The name of a channel that has streams.
pub(crate) fn channel_name(scene: &Scene, channel: u32) -> &str {
    match channel {
        REGION => school::REGION,
        class => &scene.class_channels[class as usize],
    }
}

/// Counts a publication that goes out. This tool is late from when it could be sent: from its instant, or since its author
/// is back on a line.
pub(crate) fn sent(scene: &mut Scene, item: Item, live_since_ns: u64) {
    if !item.is_repeated {
        scene.counts.published += 1;
        scene.record_late(moment::now_ns().saturating_sub(item.at_ns.max(live_since_ns)));
    }
}

/// The mark of a publication, and how long its text is.
pub(crate) fn mark(scene: &Scene, item: &Item) -> (Mark, u32) {
    let flow = scene.flow_of(item);
    let mark = Mark { stream: flow.stream(item.place as usize), sequence: item.sequence, at_ns: item.at_ns };
    (mark, flow.publish.bytes)
}

fn publication(scene: &Scene, id: u32, item: Item) -> ClientFrame {
    let flow = scene.flow_of(&item);
    let channel = flow.channels[item.place as usize];
    let (mark, bytes) = mark(scene, &item);
    let text = mark.text(bytes);
    let (kind, body) = match channel {
        class if class == REGION || bytes > POST_CHARS_MAX => {
            (Kind::Announcement, Body::announcement("t", text))
        }
        _ => (Kind::Post, Body::post(text)),
    };
    ClientFrame::Publish {
        id,
        channel: channel_name(scene, channel).to_owned(),
        kind,
        message_id: format!("{:x}-{}-{}", scene.seed, mark.stream, mark.sequence),
        audience: flow.publish.teachers_only.then(|| vec![Role::Teacher]),
        body,
        publish_at: None,
        urgent: None,
    }
}

/// Appends a message to what is to be sent.
pub(crate) fn put(scene: &mut Scene, frame: &ClientFrame) -> Result<(), Break> {
    let text = serde_json::to_vec(frame).map_err(|_| Break::Lost("not_json".into()))?;
    let mask = scene.mask();
    frame::write(&mut scene.out, TEXT, &text, mask);
    Ok(())
}
