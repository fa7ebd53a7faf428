//! What a session does with a message: pure, so that every branch is a table in a test.

use super::answers::{error, rate_limited};
use super::budget::Budget;
use super::deeds::Doing;
use super::deferral::{self, Sent};
use super::speech::Floor;
use super::{Quiet, Rates, Reception, Stops, TokenOf, Visitor};
use crate::access::{self, Authorised, Identity, Publish, Subscribe};
use crate::admission::{Permit, Renewal};
use crate::base::{Channel, ClassId, MachineTime, Position, ReplayFrom, SessionId, Urgent, limits};
use crate::hub::PublishRequest;
use crate::protocol::client::{self, ClientMessage, Refusal, RequestId};
use crate::protocol::lesson::Presence;
use crate::protocol::server::wire_time;
use crate::protocol::{CloseCode, ErrorCode, ServerMessage};
use crate::roster::Roster;

/// One connection's state, small since tens of thousands of them rest in memory.
#[derive(Debug)]
pub struct Session {
    /// Its seat, with its number.
    pub permit: Permit,
    /// Who it is.
    pub identity: Identity,
    /// When its token ends.
    pub token_expires_at: MachineTime,
    /// When something was last heard from it.
    pub heard_at: MachineTime,
    /// Since when it stands as it does, unless it is open.
    pub standing_since: MachineTime,
    /// When it joined, in seconds since 1970: the log line at its end needs no more.
    pub joined_s: u32,
    /// Messages that came.
    pub messages: u32,
    /// When its seat ends, in buckets of the wheel after `joined_s`: a lease's instant would cost four bytes more.
    seat_ends: u32,
    /// Publishes that wait for their commit.
    pub in_flight: u8,
    /// What its seat's end is told as: its lease is over, unless another end was set.
    seat_ends_with: CloseCode,
    /// Whether its socket takes bytes, and whether it was closed.
    pub standing: Standing,
    /// Where its heartbeat is.
    pub pulse: Pulse,
    messages_budget: Budget,
    pub(super) publishes_budget: Budget,
    refusals_budget: Budget,
}

const _: () = assert!(limits::PUBLISHES_IN_FLIGHT_MAX <= u8::MAX as usize);

/// How a session stands to its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Messages flow.
    Open,
    /// The socket takes no bytes.
    Stalled,
    /// It was closed by us, with this code.
    Closing(CloseCode),
}

/// Where a session's heartbeat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulse {
    /// No ping has been sent yet.
    First,
    /// Something was heard since the last ping.
    Heard,
    /// Nothing was heard since the last ping.
    Awaited,
    /// It is an event stream, whose client says nothing. One that is gone is found by the kernel, when it takes no more.
    Silent,
}

/// What is to be done about a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Answer.
    Reply(ServerMessage),
    /// Follow a channel.
    Subscribe {
        /// The request.
        id: RequestId,
        /// The right to do so.
        subscribe: Authorised<Subscribe>,
        /// Where to begin.
        from: ReplayFrom,
    },
    /// Stop following a channel.
    Unsubscribe {
        /// The request.
        id: RequestId,
        /// The channel.
        channel: Channel,
    },
    /// Give a publication to the broker.
    Publish {
        /// The request.
        request: PublishRequest,
        /// The right to do so, with the publication.
        publish: Authorised<Publish>,
    },
    /// Answer that something was done in a lesson.
    Done {
        /// The request.
        id: RequestId,
        /// The class.
        class: ClassId,
        /// Whether this account stands otherwise now.
        mine: bool,
    },
    /// Answer who is there.
    Presence {
        /// The request.
        id: RequestId,
        /// The class.
        class: ClassId,
        /// Everybody who is.
        presence: Presence,
    },
    /// Note that a position was taken in.
    Acknowledge {
        /// The channel.
        channel: Channel,
        /// Up to here.
        position: Position,
    },
    /// Check a token and answer.
    Refresh {
        /// The request.
        id: RequestId,
        /// The token.
        token: String,
    },
    /// Note whether its page can be seen.
    Visibility {
        /// Whether it can't.
        hidden: bool,
    },
    /// Close the connection.
    Close(CloseCode),
}

/// What the machine is told besides the message.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The times, and what speaking in classes is judged by.
    pub floor: Floor<'a>,
    /// The roster in force.
    pub roster: &'a Roster,
    /// Where posting is stopped.
    pub stops: &'a Stops,
    /// The rates in force.
    pub rates: Rates,
    /// The schools' quiet hours.
    pub quiet: &'a dyn Quiet,
}

impl Session {
    /// The session of a visitor that has just joined.
    pub fn new(visitor: Visitor, now: MachineTime) -> Self {
        let mut session = Self {
            permit: visitor.permit,
            identity: visitor.identity,
            token_expires_at: visitor.token_expires_at,
            heard_at: now,
            standing_since: now,
            joined_s: seconds(now),
            messages: 0,
            seat_ends: 0,
            in_flight: 0,
            seat_ends_with: CloseCode::LeaseEnded,
            standing: Standing::Open,
            pulse: if visitor.following.is_some() { Pulse::Silent } else { Pulse::First },
            messages_budget: Budget::default(),
            publishes_budget: Budget::default(),
            refusals_budget: Budget::default(),
        };
        session.lease(visitor.lease_until, now);
        session
    }

    /// Its number.
    pub fn id(&self) -> SessionId {
        self.permit.session()
    }

    /// Notes that something was heard.
    pub fn heard(&mut self, now: MachineTime) {
        self.heard_at = now;
        if self.pulse == Pulse::Awaited {
            self.pulse = Pulse::Heard;
        }
    }

    /// Whether it is an event stream.
    pub fn is_stream(&self) -> bool {
        self.pulse == Pulse::Silent
    }

    /// The code that it was closed with by us.
    pub fn closing(&self) -> Option<CloseCode> {
        match self.standing {
            Standing::Closing(code) => Some(code),
            Standing::Open | Standing::Stalled => None,
        }
    }

    /// Notes that we close it. Whether it was not closing yet: the first code stays.
    pub fn close(&mut self, code: CloseCode, now: MachineTime) -> bool {
        let is_first = self.closing().is_none();
        if is_first {
            (self.standing, self.standing_since) = (Standing::Closing(code), now);
        }
        is_first
    }

    /// Notes that its socket takes no bytes; a stall goes on from where it began.
    pub fn stalled(&mut self, now: MachineTime) {
        if self.standing == Standing::Open {
            (self.standing, self.standing_since) = (Standing::Stalled, now);
        }
    }

    /// Notes that its socket took bytes, which is a sign of life.
    pub fn drained(&mut self, now: MachineTime) {
        if self.standing == Standing::Stalled {
            self.standing = Standing::Open;
        }
        self.heard(now);
    }

    /// When its seat ends, and with which code.
    pub fn seat_end(&self) -> (MachineTime, CloseCode) {
        let since_joined = limits::WHEEL_BUCKET * self.seat_ends;
        (joined_at(self.joined_s).after(since_joined), self.seat_ends_with)
    }

    /// Whether its seat's end has come. Whoever waits for a commit is told of it first.
    pub fn is_seat_over(&self, now: MachineTime) -> bool {
        self.in_flight == 0 && self.closing().is_none() && now >= self.seat_end().0
    }

    /// Sees to it that its seat ends no later than that, and with this code. What was set before stays if it comes first.
    pub fn end_seat(&mut self, at: MachineTime, code: CloseCode, now: MachineTime) {
        let (ends_at, ends_with) = self.seat_end();
        if ends_with == CloseCode::LeaseEnded || at < ends_at {
            self.seat_ends_with = code;
            if at <= now {
                self.seat_ends = 0;
            } else {
                self.lease(at.min(ends_at), now);
            }
        }
    }

    /// Takes back what [`Session::end_seat`] said: its seat ends with its lease, which is renewed if it may be.
    pub fn keep_seat(&mut self, now: MachineTime) {
        self.seat_ends_with = CloseCode::LeaseEnded;
        self.renew(now);
    }

    /// A number from 0 to 1 of its own, evenly spread over sessions that follow each other (Fibonacci hashing): what must
    /// not befall all of them together befalls each at its share of a time.
    pub fn share(&self) -> f32 {
        let hash = (self.id().0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as u16;
        f32::from(hash) / f32::from(u16::MAX)
    }

    /// Asks for another lease, unless its seat is to end otherwise. A seat that was lent and is wanted back is kept until
    /// its present lease ends.
    pub fn renew(&mut self, now: MachineTime) {
        if self.seat_ends_with == CloseCode::LeaseEnded
            && let Renewal::Kept { until } = self.permit.renew(now)
        {
            self.lease(until, now);
        }
    }

    /// Sets its lease's end: the next instant of the wheel, and one that lies ahead.
    fn lease(&mut self, until: MachineTime, now: MachineTime) {
        let until = until.max(MachineTime(now.0 + 1));
        let buckets =
            until.since(joined_at(self.joined_s)).as_millis().div_ceil(limits::WHEEL_BUCKET.as_millis());
        self.seat_ends = u32::try_from(buckets).unwrap_or(u32::MAX);
    }

    /// How long it has been there.
    pub fn lived_s(&self, now: MachineTime) -> u32 {
        seconds(now).saturating_sub(self.joined_s)
    }

    /// Judges one message. What is over the rate is not parsed beyond its id.
    pub fn take(&mut self, text: &str, around: Around<'_>) -> Step {
        self.heard(around.floor.now);
        self.messages = self.messages.saturating_add(1);
        let step = match self.messages_budget.take(around.floor.now, around.rates.messages_per_second) {
            Err(wait) => Step::Reply(rate_limited(client::request_id(text), wait)),
            Ok(()) => match ClientMessage::parse(text) {
                Err(Refusal { id, code, message }) => Step::Reply(error(id, code, &message)),
                Ok(message) => self.step(message, around),
            },
        };
        match step {
            Step::Reply(ServerMessage::Error { .. }) if !self.may_be_refused(around.floor.now) => {
                Step::Close(CloseCode::Abuse)
            }
            step => step,
        }
    }

    /// Judges a ping or pong: it costs as much as a message, and too many end the connection. Whether it may go on.
    pub fn take_control(&mut self, now: MachineTime, rates: Rates) -> bool {
        self.heard(now);
        self.messages_budget.take(now, rates.messages_per_second).is_ok() || self.may_be_refused(now)
    }

    /// Takes over what a checked token says, and renews the lease.
    pub fn refreshed(
        &mut self,
        id: RequestId,
        checked: Result<TokenOf, ErrorCode>,
        now: MachineTime,
        reception: &dyn Reception,
    ) -> ServerMessage {
        match checked {
            Err(code) => error(Some(id), code, code.meaning()),
            Ok(token) if token.account != self.identity.account => {
                error(Some(id), ErrorCode::OtherAccount, ErrorCode::OtherAccount.meaning())
            }
            Ok(token) => {
                self.token_expires_at = token.expires_at;
                self.renew(now);
                ServerMessage::Refreshed {
                    id,
                    token_expires_at: wire_time(token.expires_at),
                    lease_expires_at: wire_time(self.seat_end().0),
                    resume: reception.resume(&token.account, self.id(), token.expires_at),
                }
            }
        }
    }

    fn step(&mut self, message: ClientMessage, around: Around<'_>) -> Step {
        match message {
            ClientMessage::Subscribe { id, channel, from } => {
                match access::may(around.roster, &self.identity, Subscribe { channel }) {
                    Ok(subscribe) => Step::Subscribe { id, subscribe, from },
                    Err(refused) => Step::Reply(error(Some(id), ErrorCode::NotAllowed, &refused.to_string())),
                }
            }
            ClientMessage::Unsubscribe { id, channel } => Step::Unsubscribe { id, channel },
            ClientMessage::Publish { id, channel, message_id, audience, body, publish_at, urgent } => {
                let now = around.floor.school_time;
                let (kind, is_urgent) = (body.kind(), urgent.is_some());
                let sent = Sent { channel: &channel, kind, urgent: is_urgent, publish_at };
                match deferral::deliver_at(around.quiet, sent, now) {
                    Ok(deliver_at) => {
                        let urgent = urgent.map(|reason| Urgent { reason, at: around.floor.now });
                        let audience = Some(audience);
                        let new = Publish::by(&self.identity, channel, message_id, audience, body, now);
                        self.publish(id, new.at(deliver_at).urgent(urgent), around)
                    }
                    Err(wrong) => Step::Reply(error(Some(id), ErrorCode::Malformed, &wrong.to_string())),
                }
            }
            ClientMessage::Acknowledge { channel, position } => Step::Acknowledge { channel, position },
            ClientMessage::Ping { id } => Step::Reply(ServerMessage::Pong {
                id,
                server_time: around.floor.now.0,
                school_time: around.floor.school_time,
            }),
            ClientMessage::Refresh { id, token } => Step::Refresh { id, token },
            ClientMessage::Visibility { hidden } => Step::Visibility { hidden },
            ClientMessage::Lesson { id, channel, message_id, deed } => {
                self.act(Doing { id, channel, message_id, deed }, around)
            }
        }
    }

    fn may_be_refused(&mut self, now: MachineTime) -> bool {
        self.refusals_budget.take(now, limits::REFUSALS_PER_SECOND).is_ok()
    }
}

/// Seconds since 1970, until 2106.
fn seconds(time: MachineTime) -> u32 {
    u32::try_from(time.unix_seconds()).unwrap_or(u32::MAX)
}

fn joined_at(joined_s: u32) -> MachineTime {
    MachineTime(u64::from(joined_s) * 1_000)
}
