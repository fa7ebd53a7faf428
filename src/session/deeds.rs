//! What people do in lessons: the session's part, before and after the lesson judges it.

use super::answers;
use super::machine::{Around, Session, Step};
use super::speech;
use crate::access::{self, Authorised, Identity, Publish, Subscribe};
use crate::admission::Level;
use crate::base::{Audience, Body, Channel, MessageId, Role};
use crate::hub::PublishRequest;
use crate::lesson::Act;
use crate::protocol::client::RequestId;
use crate::protocol::{Deed, ErrorCode};

/// What somebody does in a class.
pub(super) struct Doing {
    pub(super) id: RequestId,
    pub(super) channel: Channel,
    pub(super) message_id: Option<MessageId>,
    pub(super) deed: Deed,
}

impl Session {
    /// Judges a deed: by rights, by what operators have stopped, by the load, by the lesson.
    pub(super) fn act(&mut self, doing: Doing, around: Around<'_>) -> Step {
        let Doing { id, channel, message_id, deed } = doing;
        let refuse = |code: ErrorCode| Step::Reply(answers::error(Some(id), code, code.meaning()));
        let Channel::Class(class) = &channel else { return refuse(ErrorCode::NotAllowed) };
        let follows = Subscribe { channel: channel.clone() };
        if access::may(around.roster, &self.identity, follows).is_err() {
            return refuse(ErrorCode::NotAllowed);
        }
        if says_something(&deed, self.identity.role)
            && around.stops.refuse(around.roster, &self.identity, &channel)
        {
            return refuse(ErrorCode::PostingStopped);
        }
        let acted = if is_shed(&deed, around.floor.level) {
            Err(speech::shed())
        } else {
            around.floor.lessons.act(class, &self.identity, message_id.as_ref(), &deed, around.floor.now)
        };
        let publish = match acted {
            Err(refused) => return Step::Reply(answers::refused(id, refused)),
            Ok(Act::Done { mine }) => return Step::Done { id, class: class.clone(), mine },
            Ok(Act::Presence(presence)) => return Step::Presence { id, class: class.clone(), presence },
            Ok(Act::Say { body, audience }) => {
                let by = self.identity.clone();
                self.written(&by, (&channel, message_id.as_ref()), (body, audience), around)
            }
            Ok(Act::Release { author, message_id, body }) => {
                let by = Identity { account: author, role: Role::Student };
                self.written(&by, (&channel, Some(&message_id)), (body, Audience::EVERYONE), around)
            }
        };
        match (publish, message_id) {
            (Some(publish), Some(message_id)) => {
                self.offer(PublishRequest { id, channel, message_id, held: false }, publish, around)
            }
            _ => refuse(ErrorCode::NotAllowed),
        }
    }

    /// What is to stand in the log, if this account may put it there: in its own name, or as a teacher in a student's.
    fn written(
        &self,
        by: &Identity,
        (channel, message_id): (&Channel, Option<&MessageId>),
        (body, audience): (Body, Audience),
        around: Around<'_>,
    ) -> Option<Authorised<Publish>> {
        let now = around.floor.school_time;
        let mut publish = Publish::by(by, channel.clone(), message_id?.clone(), None, body, now);
        publish.0.audience = audience;
        let allowed = if *by == self.identity {
            access::may(around.roster, by, publish)
        } else {
            access::may_release(around.roster, &self.identity, publish)
        };
        allowed.ok()
    }
}

/// Whether it puts something before the class, which an operator may have stopped. What a teacher needs to keep order is not
/// among it, nor what takes words back.
fn says_something(deed: &Deed, role: Role) -> bool {
    match deed {
        Deed::Start { .. } | Deed::OpenPoll(_) | Deed::React { .. } | Deed::Raise { .. } => true,
        Deed::Judge { approved, .. } => *approved,
        Deed::Pin { .. } | Deed::Upvote { .. } | Deed::Vote { .. } => role == Role::Student,
        _ => false,
    }
}

/// What the hub does without at this level. Questions, deletions, mutes are never among it.
fn is_shed(deed: &Deed, level: Level) -> bool {
    match deed {
        Deed::React { .. } => level >= Level::Tight,
        Deed::Vote { .. } | Deed::OpenPoll(_) => level >= Level::Critical,
        _ => false,
    }
}
