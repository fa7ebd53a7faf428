//! The sessions of one shard: carries out what the machine decides, and turns the hub's news into messages.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{self, read_error_code};
use super::ends::{Draining, cause_word, close_code, leaving};
use super::eviction::Bits;
use super::machine::{Around, Session, Step};
use super::news::{Load, Replaced};
use super::places::Places;
use super::rooms::Rooms;
use super::sight;
use super::speech::Floor;
use super::wheel::Wheel;
use super::{Following, News, Shared, Visitor};
use crate::access::{self, Identity, Subscribe};
use crate::admission::Leaving;
use crate::base::metrics::CodeLabel;
use crate::base::{Channel, MachineTime, Position, limits};
use crate::broker::{Accepted, Page, PublishError};
use crate::hub::{
    Cause, Ended, Ending, Framing, Handler, How, Hub, Opened, PublishRequest, Slot, SocketSet,
    SubscribeError, Unsubscribed,
};
use crate::protocol::server::{Limits, Subscribed, Welcome, wire_time};
use crate::protocol::{CloseCode, ErrorCode, SUBPROTOCOL, ServerMessage};

/// All sessions of one shard, by slot.
pub struct Sessions {
    pub(super) shared: Shared,
    pub(super) places: Places,
    /// When to look at which of them.
    pub(super) wheel: Wheel,
    /// Set by the drain.
    pub(super) draining: Option<Draining>,
    pub(super) replaced: Replaced,
    pub(super) rooms: Rooms,
    /// This shard's number among the others.
    pub(super) shard: usize,
    pub(super) load: Load,
    /// Whether the hub sends some away, so as not to fail.
    pub(super) is_evicting: bool,
    /// When it looks next whether there is something to do for all its sessions.
    pub(super) chores_at: MachineTime,
    /// Whose page can't be seen, by place: a bit of the session itself would cost it eight bytes.
    pub(super) hidden: Bits,
}

impl Sessions {
    /// No sessions yet, on the shard of this number.
    pub fn new(shared: Shared, number: usize) -> Self {
        Self {
            shared,
            places: Places::default(),
            wheel: Wheel::new(),
            draining: None,
            replaced: Replaced::default(),
            rooms: Rooms::default(),
            shard: number,
            load: Load::default(),
            is_evicting: false,
            chores_at: MachineTime(0),
            hidden: Bits::default(),
        }
    }

    fn get_mut(&mut self, slot: Slot) -> Option<&mut Session> {
        self.places.get_mut(slot)
    }

    fn carry_out<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, step: Step) {
        match step {
            Step::Reply(message) => hub.send(slot, &message),
            Step::Subscribe { id, subscribe, from } => {
                let Some(role) = self.get_mut(slot).map(|session| session.identity.role) else {
                    return;
                };
                if let Err(error) = hub.subscribe(slot, id, subscribe, role, from) {
                    let code = match error {
                        SubscribeError::Already => ErrorCode::AlreadySubscribed,
                        SubscribeError::TooMany => ErrorCode::TooManySubscriptions,
                    };
                    hub.send(slot, &answers::error(Some(id), code, &error.to_string()));
                }
            }
            Step::Unsubscribe { id, channel } => {
                let answer = match hub.unsubscribe(slot, &channel, Some(id)) {
                    Unsubscribed::Now => {
                        self.stops_following(slot, &channel);
                        ServerMessage::Unsubscribed { id: Some(id), channel }
                    }
                    Unsubscribed::Later => return,
                    Unsubscribed::NotFollowed => {
                        answers::error(Some(id), ErrorCode::NotSubscribed, ErrorCode::NotSubscribed.meaning())
                    }
                };
                hub.send(slot, &answer);
            }
            Step::Publish { request, publish } => self.publish(hub, slot, request, publish),
            Step::Done { id, class, mine } => {
                hub.send(slot, &ServerMessage::Done { id });
                if mine {
                    self.tell_mine(hub, slot, &class);
                }
            }
            Step::Presence { id, class, presence } => {
                self.answer_presence(hub, (slot, id), &class, presence);
            }
            Step::Acknowledge { channel, position } => Self::acknowledge(hub, slot, &channel, position),
            Step::Refresh { id, token } => {
                let now = hub.now();
                let checked = self.shared.tokens.check(&token, now);
                if checked.is_ok() {
                    // No lease goes on beyond a window.
                    self.suspend(hub, slot, limits::SUSPENSION_SPREAD);
                    self.classify(hub, slot);
                }
                let reception = Arc::clone(&self.shared.reception);
                if let Some(answer) =
                    self.get_mut(slot).map(|session| session.refreshed(id, checked, now, reception.as_ref()))
                {
                    // The new token may end before the old one, as a shorter lease may.
                    self.watch(slot, now);
                    hub.send(slot, &answer);
                }
            }
            Step::Visibility { hidden } => self.hidden.set(slot.index, hidden),
            Step::Close(code) => self.close(hub, slot, code),
        }
    }

    fn publish<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        request: PublishRequest,
        publish: access::Authorised<access::Publish>,
    ) {
        let id = request.id;
        // Whoever is about to go begins nothing more.
        if self.draining.is_some()
            && self.get_mut(slot).is_some_and(|session| session.seat_end().0 <= hub.now())
        {
            let code = ErrorCode::Draining;
            return hub.send(slot, &answers::error(Some(id), code, code.meaning()));
        }
        if hub.publish(slot, publish, request).is_err() {
            return hub.send(slot, &answers::busy(id));
        }
        if let Some(session) = self.get_mut(slot) {
            session.in_flight += 1;
        }
    }

    fn acknowledge<S: SocketSet>(hub: &mut Hub<S, Self>, slot: Slot, channel: &Channel, position: Position) {
        match answers::acknowledged(hub.position(slot, channel), position) {
            Ok(()) => {
                hub.metrics().acknowledgements.inc();
            }
            Err(code) => hub.send(slot, &answers::error(None, code, code.meaning())),
        }
    }

    /// Judges a connection by the roster in force: it may lose channels, or have to end.
    pub(super) fn judge_again<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        let roster = self.shared.directory.current();
        let Some(was) = self.get_mut(slot).map(|session| session.identity.clone()) else {
            return;
        };
        match Identity::of(&roster, &was.account) {
            None => self.close(hub, slot, CloseCode::Revoked),
            Some(is) if is.role != was.role => self.close(hub, slot, CloseCode::RoleChanged),
            Some(is) => {
                for channel in hub.channels(slot) {
                    let may_stay = access::may(&roster, &is, Subscribe { channel: channel.clone() }).is_ok();
                    if !may_stay && hub.unsubscribe(slot, &channel, None) == Unsubscribed::Now {
                        hub.send(slot, &ServerMessage::Unsubscribed { id: None, channel });
                        self.end_stream(hub, slot, CloseCode::RoleChanged);
                    }
                }
            }
        }
    }

    fn welcome<S: SocketSet>(&self, hub: &Hub<S, Self>, session: &Session) -> ServerMessage {
        let rates = self.shared.rates;
        ServerMessage::Welcome(Welcome {
            protocol: SUBPROTOCOL,
            session: session.id(),
            account: session.identity.account.clone(),
            role: session.identity.role,
            server_time: wire_time(hub.now()),
            school_time: hub.school_time(),
            token_expires_at: wire_time(session.token_expires_at),
            lease_expires_at: wire_time(session.seat_end().0),
            resume: self.shared.reception.resume(
                &session.identity.account,
                session.id(),
                session.token_expires_at,
            ),
            load: self.load.level.into(),
            limits: Limits::with_rates(rates.messages_per_second, rates.publishes_per_second),
        })
    }
}

impl Handler for Sessions {
    type Visitor = Visitor;
    type News = News;

    fn home(visitor: &Visitor) -> Option<u64> {
        visitor.home
    }

    fn framing(visitor: &Visitor) -> Framing {
        if visitor.following.is_some() { Framing::EventStream } else { Framing::WebSocket }
    }

    fn joined<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, visitor: Visitor) {
        tracing::info!(session = %visitor.permit.session(), account = %visitor.identity.account,
            role = visitor.identity.role.as_str(), "joined");
        hub.metrics().connections.get_or_create(&visitor.identity.role.into()).inc();
        let now = hub.now();
        let following = visitor.following.clone();
        let session = Session::new(visitor, now);
        self.shared.reception.joined(session.id(), &session.identity);
        hub.send(slot, &self.welcome(hub, &session));
        self.places.put(slot, session);
        self.watch(slot, now);
        if self.draining.is_some() {
            self.close(hub, slot, CloseCode::Draining);
        } else {
            if let Some(Following { subscribe, from }) = following {
                self.carry_out(hub, slot, Step::Subscribe { id: Following::REQUEST, subscribe, from });
            }
            // The roster may have changed while the seat was on its way, the seat have gone to another, the window closed.
            self.judge_again(hub, slot);
            self.close_if_replaced(hub, slot);
            self.classify(hub, slot);
            self.suspend(hub, slot, limits::SUSPENSION_SPREAD);
        }
    }

    fn text<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, text: &str) {
        let shared = &self.shared;
        let roster = shared.directory.current();
        let floor = Floor {
            lessons: &shared.lessons,
            links: &shared.links,
            level: self.load.level,
            now: hub.now(),
            school_time: hub.school_time(),
        };
        let around = Around {
            floor,
            roster: &roster,
            stops: &shared.stops,
            rates: shared.rates,
            quiet: shared.quiet.as_ref(),
        };
        let session = self.places.get_mut(slot).filter(|session| session.closing().is_none());
        if let Some(step) = session.map(|session| session.take(text, around)) {
            self.carry_out(hub, slot, step);
        }
    }

    fn heard<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        let (now, rates) = (hub.now(), self.shared.rates);
        if self.get_mut(slot).is_some_and(|session| !session.take_control(now, rates)) {
            self.close(hub, slot, CloseCode::Abuse);
        }
    }

    fn failing<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, code: u16) {
        let now = hub.now();
        if self.get_mut(slot).is_some_and(|session| session.close(close_code(code), now)) {
            self.watch(slot, now);
        }
    }

    fn stalled<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, stalled: bool) {
        let now = hub.now();
        if let Some(session) = self.get_mut(slot) {
            if stalled {
                session.stalled(now);
            } else {
                session.drained(now);
            }
        }
    }

    fn overflowed<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        self.close(hub, slot, CloseCode::SlowConsumer);
    }

    fn left<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, cause: Cause) {
        let Some(session) = self.places.take(slot) else { return };
        self.wheel.unset(slot.index);
        self.hidden.set(slot.index, false);
        let code = cause_word(cause, &session);
        let now = hub.now();
        let lived_s = session.lived_s(now);
        self.shared.reception.left(session.id(), Duration::from_secs(lived_s.into()));
        tracing::info!(session = %session.id(), account = %session.identity.account, cause = code,
            lived_s, messages = session.messages, "left");
        hub.metrics().connections.get_or_create(&session.identity.role.into()).dec();
        hub.metrics().closes.get_or_create(&CodeLabel { code }).inc();
        let how = leaving(cause, session.closing());
        if how == Leaving::ForGood {
            self.say_goodbye(&session.identity);
        }
        session.permit.leave(how, now);
    }

    fn opened<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, opened: Opened) {
        let Opened { request, channel, position, how } = opened;
        let subscribed = Subscribed { id: request, channel: channel.clone(), position };
        let answer = match how {
            How::Resumed => ServerMessage::Resumed(subscribed),
            How::Reset(why) => ServerMessage::Reset { why, subscribed },
            How::Fresh => ServerMessage::Fresh(subscribed),
        };
        hub.send(slot, &answer);
        self.greet(hub, slot, &channel);
    }

    fn ended<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, ended: Ended) {
        let Ended { channel, request, error } = ended;
        let close = if error.is_some() { CloseCode::Internal } else { CloseCode::RoleChanged };
        if let Some(error) = error {
            let code = read_error_code(error);
            hub.send(slot, &answers::error(request, code, &error.to_string()));
        }
        if error.is_none() || request.is_none() {
            // A subscribe that was answered with an error has nothing to end.
            hub.send(slot, &ServerMessage::Unsubscribed { id: request, channel });
        }
        self.end_stream(hub, slot, close);
    }

    fn broken<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        if let Some(session) = self.get_mut(slot) {
            tracing::error!(session = %session.id(), "a session failed");
        }
        self.close(hub, slot, CloseCode::Internal);
    }

    fn sift(&self, channel: &Channel, page: Arc<Page>) -> Arc<Page> {
        sight::sift(&self.shared.directory.current(), channel, page)
    }

    fn paced<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        channel: Channel,
        caught_up: Option<Position>,
    ) {
        let message = match caught_up {
            None => ServerMessage::Behind { channel },
            Some(position) => ServerMessage::CaughtUp { channel, position },
        };
        hub.send(slot, &message);
    }

    fn published<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        request: PublishRequest,
        result: Result<Accepted, PublishError>,
    ) {
        let Some(session) = self.get_mut(slot) else { return };
        session.in_flight = session.in_flight.saturating_sub(1);
        let is_overdue = session.is_seat_over(hub.now());
        hub.send(slot, &answers::published(request, result));
        if is_overdue {
            self.end_of_seat(hub, slot);
        }
    }

    fn news<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, news: Arc<News>) {
        self.hear(hub, &news);
    }

    fn drain<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, ending: Ending) {
        self.begin_to_drain(hub, ending);
    }

    fn tick<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Duration {
        self.close_replaced(hub);
        self.run_timers(hub);
        let lessons = self.look_after_lessons(hub);
        self.do_chores(hub).min(lessons)
    }
}
