//! What a deed comes to: who may do it, whether what it is about is there, and what is to stand in the log.

use super::ballot::NoVote;
use super::live::Live;
use super::news::News;
use super::outcome::{Act, Refused};
use super::questions::NoUpvote;
use crate::access::{Identity, TEACHERS};
use crate::base::body::{Deletion, Event, LessonEvent, Poll, Said};
use crate::base::{AccountId, Audience, Body, MachineTime, MessageId, Position, Role};
use crate::protocol::{Deed, ErrorCode, Reaction};

/// A deed that is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) who: &'a Identity,
    pub(super) message_id: Option<&'a MessageId>,
    pub(super) deed: &'a Deed,
    pub(super) now: MachineTime,
}

/// Judges a deed in a class that has no lesson: a teacher may begin one, and take away what was said.
pub(super) fn without_lesson(asked: Asked<'_>, has_room: bool) -> Result<Act, Refused> {
    match (asked.deed, asked.who.role) {
        (Deed::Start { .. } | Deed::Delete { .. }, role) if role != Role::Teacher => {
            refuse(ErrorCode::NotAllowed)
        }
        (Deed::Start { .. }, _) if !has_room => refuse(ErrorCode::Busy),
        (Deed::Start { title }, _) => say(Event::Started { title: title.clone() }, Audience::EVERYONE),
        (Deed::Delete { at }, _) => body(&Deletion { at: *at }, Audience::EVERYONE),
        _ => refuse(ErrorCode::NoLesson),
    }
}

impl Live {
    /// Judges a deed, and does it if it stands in no log.
    pub(super) fn act(&mut self, asked: Asked<'_>, news: &mut News) -> Result<Act, Refused> {
        let Asked { who, message_id, deed, .. } = asked;
        let named = message_id.filter(|_| deed.is_durable());
        if let Some(message_id) = named
            && let Some(act) = self.deeds.again(&who.account, message_id, deed)?
        {
            return Ok(act);
        }
        let act = match who.role {
            Role::Teacher => self.teacher(asked, news),
            Role::Student => self.student(asked, news),
            Role::Guardian | Role::Staff | Role::Operator => refuse(ErrorCode::NotAllowed),
        }?;
        if let Some(message_id) = named {
            self.deeds.note(&who.account, message_id, deed, &act);
        }
        Ok(act)
    }

    fn teacher(&mut self, asked: Asked<'_>, news: &mut News) -> Result<Act, Refused> {
        match asked.deed {
            Deed::Start { title } => self.start(asked, title),
            Deed::End => say(Event::Ended, Audience::EVERYONE),
            Deed::Rule { rules } => say(Event::Rules { rules: *rules }, Audience::EVERYONE),
            Deed::Mute { account } if account.is_some() && !self.floor.has_room() => refuse(ErrorCode::Busy),
            Deed::Mute { account } => say(Event::Muted { account: account.clone() }, whom(account.as_ref())),
            Deed::Unmute { account } => {
                say(Event::Unmuted { account: account.clone() }, whom(account.as_ref()))
            }
            Deed::Pin { at } => {
                self.known(*at)?;
                say(Event::Pinned { at: *at }, Audience::EVERYONE)
            }
            Deed::Unpin => say(Event::Unpinned, Audience::EVERYONE),
            Deed::Settle { at, .. } if !self.questions.contains(*at) => refuse(ErrorCode::UnknownTarget),
            Deed::Settle { at, standing } => {
                say(Event::Question { at: *at, standing: *standing }, Audience::EVERYONE)
            }
            Deed::Judge { at, approved } => self.judge(*at, *approved),
            Deed::OpenPoll(poll) => self.open_poll(poll),
            Deed::ClosePoll { poll } => self.close_poll(poll, news),
            // What is older than the lesson, or than its memory, is the teacher's to take away as well.
            Deed::Delete { at } => body(&Deletion { at: *at }, Audience::EVERYONE),
            Deed::Report { .. }
            | Deed::Raise { .. }
            | Deed::Vote { .. }
            | Deed::Upvote { .. }
            | Deed::React { .. } => refuse(ErrorCode::NotAllowed),
            Deed::Lower { account } => {
                match account {
                    Some(account) => self.hands.lower(account, news),
                    None => self.hands.lower_all(news),
                }
                Ok(Act::Done { mine: false })
            }
            Deed::Call { account } => self.call(account, news),
            Deed::Presence => {
                self.presence(None).map_or_else(|| refuse(ErrorCode::NoLesson), |p| Ok(Act::Presence(p)))
            }
        }
    }

    fn student(&mut self, asked: Asked<'_>, news: &mut News) -> Result<Act, Refused> {
        let who = &asked.who.account;
        match asked.deed {
            Deed::Delete { at } => self.take_back(who, *at),
            Deed::Report { at } => self.report(who, *at),
            Deed::Raise { hand } => {
                let raised = self.hands.raise((who, hand.as_ref()), asked.now, news);
                raised.map_err(|_| Refused::with(ErrorCode::Busy))?;
                Ok(Act::Done { mine: true })
            }
            Deed::Lower { account } if account.as_ref().is_none_or(|account| account == who) => {
                self.hands.lower(who, news);
                Ok(Act::Done { mine: true })
            }
            Deed::Vote { poll, choice } => self.vote(who, poll, *choice, news),
            Deed::Upvote { at, up } => self.upvote(who, *at, *up, news),
            Deed::React { reaction } => self.react(who, *reaction, news),
            _ => refuse(ErrorCode::NotAllowed),
        }
    }

    /// The deed that began this lesson has the answer that it had; another one comes too late.
    fn start(&self, asked: Asked<'_>, title: &str) -> Result<Act, Refused> {
        let is_same = asked.message_id == Some(&self.by.1) && asked.who.account == self.by.0;
        if is_same {
            say(Event::Started { title: title.to_owned() }, Audience::EVERYONE)
        } else {
            refuse(ErrorCode::LessonRuns)
        }
    }

    /// What is older than the lesson's memory, the store judges as it commits.
    fn known(&self, at: Position) -> Result<(), Refused> {
        if self.may_stand(at) { Ok(()) } else { refuse(ErrorCode::UnknownTarget) }
    }

    fn judge(&self, at: Position, approved: bool) -> Result<Act, Refused> {
        let waiting = self.proposals.find(at).ok_or(Refused::with(ErrorCode::UnknownTarget))?;
        if !approved {
            // For everyone, since its author is to know it too; what it said, the class does not learn.
            return say(Event::Rejected { at }, Audience::EVERYONE);
        }
        let waiting = waiting.clone();
        Ok(Act::Release { author: waiting.author, message_id: waiting.message_id, body: waiting.body })
    }

    fn open_poll(&self, poll: &Poll) -> Result<Act, Refused> {
        match &self.ballot {
            Some(ballot) if ballot.is_open() => refuse(ErrorCode::PollOpen),
            Some(ballot) if ballot.is(&poll.poll) => refuse(ErrorCode::MessageIdReused),
            _ => say(Event::PollOpened(poll.clone()), Audience::EVERYONE),
        }
    }

    fn close_poll(&mut self, poll: &MessageId, news: &mut News) -> Result<Act, Refused> {
        let open = self.ballot.as_mut().filter(|ballot| ballot.is(poll) && ballot.is_open());
        let ballot = open.ok_or(Refused::with(ErrorCode::UnknownTarget))?;
        let counts = ballot.close(news);
        say(Event::PollClosed { poll: poll.clone(), counts }, Audience::EVERYONE)
    }

    /// Nobody is called who is not there and has raised no hand: the name goes to the whole class.
    fn call(&mut self, account: &AccountId, news: &mut News) -> Result<Act, Refused> {
        if !self.present.is_here(account) && self.hands.place(account).is_none() {
            return refuse(ErrorCode::UnknownTarget);
        }
        self.hands.call(account, news);
        Ok(Act::Done { mine: false })
    }

    fn take_back(&self, who: &AccountId, at: Position) -> Result<Act, Refused> {
        match self.authors.of(at) {
            Some(author) if author == who => body(&Deletion { at }, Audience::EVERYONE),
            Some(_) => refuse(ErrorCode::NotAllowed),
            None => refuse(ErrorCode::UnknownTarget),
        }
    }

    fn report(&self, who: &AccountId, at: Position) -> Result<Act, Refused> {
        self.known(at)?;
        if !self.reports.has_room_for(who) {
            return refuse(ErrorCode::RateLimited);
        }
        say(Event::Reported { at }, TEACHERS)
    }

    fn vote(
        &mut self,
        who: &AccountId,
        poll: &MessageId,
        choice: u8,
        news: &mut News,
    ) -> Result<Act, Refused> {
        let ballot = self.ballot.as_mut().ok_or(Refused::with(ErrorCode::UnknownTarget))?;
        let voted = ballot.vote(who, poll, choice, news);
        voted.map_err(|why| {
            Refused::with(match why {
                NoVote::Unknown => ErrorCode::UnknownTarget,
                NoVote::Choice => ErrorCode::InvalidBody,
                NoVote::TooMany => ErrorCode::Busy,
            })
        })?;
        Ok(Act::Done { mine: true })
    }

    fn upvote(&mut self, who: &AccountId, at: Position, up: bool, news: &mut News) -> Result<Act, Refused> {
        let upvoted = self.questions.upvote(who, at, up, news);
        upvoted.map_err(|why| {
            Refused::with(match why {
                NoUpvote::Unknown => ErrorCode::UnknownTarget,
                NoUpvote::TooMany => ErrorCode::Busy,
            })
        })?;
        Ok(Act::Done { mine: true })
    }

    fn react(&mut self, who: &AccountId, reaction: Reaction, news: &mut News) -> Result<Act, Refused> {
        if !self.floor.rules().reactions {
            return refuse(ErrorCode::ModeForbids);
        }
        if self.floor.is_muted(who) {
            return refuse(ErrorCode::Muted);
        }
        self.reactions.count(reaction);
        news.pulse = true;
        Ok(Act::Done { mine: false })
    }
}

/// That one student is muted is nobody else's business.
fn whom(account: Option<&AccountId>) -> Audience {
    if account.is_some() { TEACHERS } else { Audience::EVERYONE }
}

fn say(event: Event, audience: Audience) -> Result<Act, Refused> {
    body(&LessonEvent { event }, audience)
}

fn body<T: Said>(said: &T, audience: Audience) -> Result<Act, Refused> {
    let body = Body::of(said).map_err(|_| Refused::with(ErrorCode::InvalidBody))?;
    Ok(Act::Say { body, audience })
}

fn refuse<T>(code: ErrorCode) -> Result<T, Refused> {
    Err(Refused::with(code))
}
