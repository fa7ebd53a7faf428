//! What a session does with what its client publishes, before the broker has it.

use std::time::Duration;

use super::answers::{self, error, rate_limited};
use super::machine::{Around, Session, Step};
use super::speech;
use crate::access::{self, Authorised, Publish};
use crate::base::limits;
use crate::hub::PublishRequest;
use crate::protocol::ErrorCode;
use crate::protocol::client::RequestId;

impl Session {
    /// Judges a publication: by rights, by what operators have stopped, by its rate, by the lesson.
    pub(super) fn publish(&mut self, id: RequestId, new: Publish, around: Around<'_>) -> Step {
        let refuse = |code, message: &str| Step::Reply(error(Some(id), code, message));
        let (channel, message_id) = (new.0.channel.clone(), new.0.message_id.clone());
        let mut publish = match access::may(around.roster, &self.identity, new) {
            Ok(publish) => publish,
            Err(refused) => return refuse(ErrorCode::NotAllowed, &refused.to_string()),
        };
        if around.stops.refuse(around.roster, &self.identity, &channel) {
            return refuse(ErrorCode::PostingStopped, ErrorCode::PostingStopped.meaning());
        }
        if let Err(wait) = self.may_offer(around) {
            return Step::Reply(rate_limited(Some(id), wait));
        }
        let mut held = false;
        match speech::judge(around.floor, &self.identity, publish.get()) {
            Ok(None) => {}
            Ok(Some(proposal)) => match access::may(around.roster, &self.identity, proposal) {
                Ok(proposal) => (publish, held) = (proposal, true),
                Err(refused) => return refuse(ErrorCode::NotAllowed, &refused.to_string()),
            },
            Err(refused) => return Step::Reply(answers::refused(id, refused)),
        }
        Step::Publish { request: PublishRequest { id, channel, message_id, held }, publish }
    }

    /// Gives a publication on, if this connection has not too many under way.
    pub(super) fn offer(
        &mut self,
        request: PublishRequest,
        publish: Authorised<Publish>,
        around: Around<'_>,
    ) -> Step {
        match self.may_offer(around) {
            Ok(()) => Step::Publish { request, publish },
            Err(wait) => Step::Reply(rate_limited(Some(request.id), wait)),
        }
    }

    /// Whether it has not published too much, or when it may again.
    fn may_offer(&mut self, around: Around<'_>) -> Result<(), Duration> {
        if usize::from(self.in_flight) >= limits::PUBLISHES_IN_FLIGHT_MAX {
            return Err(Duration::from_millis(u64::from(limits::BUSY_RETRY_MS)));
        }
        self.publishes_budget.take(around.floor.now, around.rates.publishes_per_second)
    }
}
