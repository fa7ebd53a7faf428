//! A lesson that goes on: the fold of its class's log since it began, with what lives in memory beside it.
//!
//! What the log says counts, whatever was judged before: two teachers may have asked for the same in the same moment.

use super::authors::Authors;
use super::ballot::Ballot;
use super::deeds::Deeds;
use super::floor::Floor;
use super::hands::Hands;
use super::news::News;
use super::outcome::{Refused, Speech};
use super::presence::Present;
use super::proposals::Proposals;
use super::questions::Questions;
use super::reactions::Reactions;
use super::reports::Reports;
use crate::access::Identity;
use crate::base::body::{self, Deletion, Event, LessonEvent, Proposal};
use crate::base::{
    AccountId, Channel, ClassId, Kind, MachineTime, MessageId, Position, Publication, Role, SchoolTime,
    limits,
};
use crate::protocol::lesson::{Lesson, Mine, Presence, Pulse};
use crate::protocol::server::wire_time;
use crate::protocol::{ErrorCode, Reaction};

/// One class's lesson.
#[derive(Debug)]
pub(super) struct Live {
    class: ClassId,
    since: SchoolTime,
    began: MachineTime,
    /// Since when nothing of it was forgotten.
    known_since: MachineTime,
    /// Who began it, and by which name of that deed.
    pub(super) by: (AccountId, MessageId),
    title: String,
    pinned: Option<Position>,
    pub(super) floor: Floor,
    pub(super) authors: Authors,
    pub(super) questions: Questions,
    pub(super) proposals: Proposals,
    pub(super) ballot: Option<Ballot>,
    pub(super) reports: Reports,
    pub(super) deeds: Deeds,
    pub(super) hands: Hands,
    pub(super) reactions: Reactions,
    pub(super) present: Present,
}

/// Whether a lesson goes on after an entry of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It does.
    Goes,
    /// It has ended.
    Ends,
}

impl Live {
    /// The lesson that an entry of a class's log begins, if it is such an entry. `number` tells it from earlier ones; a hub
    /// that began at `known_since` knows nothing of what was before.
    pub(super) fn begin(
        publication: &Publication,
        number: u64,
        shards: usize,
        (now, known_since): (MachineTime, MachineTime),
    ) -> Option<Self> {
        let Channel::Class(class) = &publication.channel else { return None };
        let entry: LessonEvent = body::read(&publication.body).ok()?;
        let Event::Started { title } = entry.event else { return None };
        Some(Self {
            class: class.clone(),
            since: publication.published_at,
            began: now,
            known_since,
            by: (publication.author.clone(), publication.message_id.clone()),
            title,
            pinned: None,
            floor: Floor::default(),
            authors: Authors::since(publication.position),
            questions: Questions::default(),
            proposals: Proposals::default(),
            ballot: None,
            reports: Reports::default(),
            deeds: Deeds::default(),
            hands: Hands::default(),
            reactions: Reactions::new(number),
            present: Present::new(number, shards, now),
        })
    }

    /// Takes in an entry of the class's log.
    pub(super) fn fold(&mut self, publication: &Publication, now: MachineTime, news: &mut News) -> Then {
        let (at, author) = (publication.position, &publication.author);
        if *author == self.by.0 {
            self.present.taught(now);
        }
        match publication.kind {
            Kind::Post => self.said(publication, news),
            Kind::Question => {
                self.said(publication, news);
                self.questions.ask(at, news);
            }
            Kind::Proposal => {
                if let Ok(proposal) = body::read::<Proposal>(&publication.body) {
                    self.authors.note(at, author, false);
                    self.proposals.add(at, author, &proposal, news);
                }
            }
            Kind::Deletion => {
                if let Ok(deletion) = body::read::<Deletion>(&publication.body) {
                    self.delete(deletion.at, news);
                }
            }
            Kind::Lesson => {
                if let Ok(entry) = body::read::<LessonEvent>(&publication.body) {
                    if !matches!(entry.event, Event::Reported { .. }) {
                        self.present.taught(now);
                    }
                    return self.event(entry.event, author, news);
                }
            }
            _ => {}
        }
        Then::Goes
    }

    fn said(&mut self, publication: &Publication, news: &mut News) {
        self.authors.note(publication.position, &publication.author, true);
        self.proposals.released(&publication.author, &publication.message_id, news);
    }

    fn delete(&mut self, at: Position, news: &mut News) {
        self.authors.forget(at);
        self.questions.delete(at, news);
        self.proposals.remove(at, news);
        self.reports.forget(at, news);
        if self.pinned == Some(at) {
            self.pin(None, news);
        }
    }

    fn pin(&mut self, at: Option<Position>, news: &mut News) {
        self.pinned = at;
        news.state = true;
    }

    fn event(&mut self, event: Event, author: &AccountId, news: &mut News) -> Then {
        match event {
            // Two teachers began it at once: it is one lesson.
            Event::Started { .. } => {}
            Event::Ended => return Then::Ends,
            Event::Rules { rules } => self.floor.rule(rules, news),
            Event::Muted { account } => self.floor.mute(account, news),
            Event::Unmuted { account } => self.floor.unmute(account, news),
            // It may have been taken away meanwhile. Of what is older the store has seen to it that it was there.
            Event::Pinned { at } if !self.may_stand(at) => {}
            Event::Pinned { at } => self.pin(Some(at), news),
            Event::Unpinned => self.pin(None, news),
            Event::Question { at, standing } => self.questions.settle(at, standing, news),
            Event::Rejected { at } => self.proposals.remove(at, news),
            Event::PollOpened(poll) => {
                self.ballot = Some(Ballot::open(poll));
                news.state = true;
                news.pulse = true;
                news.everybody();
            }
            Event::PollClosed { poll, counts } => {
                if let Some(ballot) = self.ballot.as_mut().filter(|ballot| ballot.is(&poll)) {
                    ballot.closed(counts, news);
                }
            }
            Event::Reported { at } => {
                self.reports.count(author);
                if self.may_stand(at) {
                    self.reports.note(author, at, news);
                }
            }
        }
        Then::Goes
    }

    /// Whether something that the class has heard stands there, as far as is remembered.
    pub(super) fn may_stand(&self, at: Position) -> bool {
        self.authors.is_heard(at) || self.authors.is_older(at)
    }

    /// Whether somebody may say something, and how. What may be said is noted.
    pub(super) fn speak(
        &mut self,
        who: &Identity,
        (kind, message_id): (Kind, &MessageId),
        times: (MachineTime, SchoolTime),
        news: &mut News,
    ) -> Result<Speech, Refused> {
        if who.role == Role::Teacher {
            return Ok(Speech::Said);
        }
        let again = self.floor.again(&who.account, message_id);
        if let Some(speech) = again {
            return Ok(speech);
        }
        let speech = self.floor.may(&who.account, kind, times.0)?;
        if speech == Speech::Held && !self.proposals.has_room() {
            return Err(Refused::with(ErrorCode::Busy));
        }
        if speech == Speech::Held && !self.proposals.has_room_for(&who.account) {
            return Err(Refused::with(ErrorCode::RateLimited));
        }
        self.floor.note(&who.account, (message_id, speech), times, news);
        Ok(speech)
    }

    /// Somebody came or went on a shard. The hands of those who are back are up again.
    pub(super) fn present(
        &mut self,
        shard: usize,
        students: &[AccountId],
        teachers: u32,
        now: MachineTime,
        news: &mut News,
    ) {
        let gone = self.present.on_shard(shard, students, teachers, now, news);
        self.hands.put_aside(now, |who| !gone.contains(who), news);
        let present = &self.present;
        self.hands.bring_back(|who| present.is_here(who), now, news);
    }

    /// Takes those for gone who have been away too long. Their hands are put aside.
    pub(super) fn sink(&mut self, now: MachineTime, news: &mut News) {
        self.present.sink(now, news);
        let grace = u64::try_from(limits::PRESENCE_GRACE.as_millis()).unwrap_or(u64::MAX);
        let before = MachineTime(now.0.saturating_sub(grace));
        let present = &self.present;
        self.hands.put_aside(before, |who| present.is_here(who), news);
    }

    /// Whether the hub is to end it. After a restart, whoever taught has had time to come back.
    pub(super) fn is_overdue(&self, now: MachineTime) -> bool {
        let had_time = now.since(self.known_since) >= limits::LESSON_RETURN;
        let is_left = |since| had_time && now.since(since) >= limits::LESSON_WITHOUT_TEACHER;
        self.present.teacherless().is_some_and(is_left) || now.since(self.began) >= limits::LESSON_LENGTH_MAX
    }

    /// How it stands, for a role.
    pub(super) fn state(&self, to: Role) -> Lesson {
        let is_teacher = to == Role::Teacher;
        Lesson {
            since: self.since,
            by: self.by.0.clone(),
            title: self.title.clone(),
            rules: self.floor.rules(),
            muted_all: self.floor.all_muted(),
            pinned: self.pinned,
            poll: self.ballot.as_ref().map(|ballot| ballot.state(to)),
            questions: self.questions.states(),
            muted: is_teacher.then(|| self.floor.muted().cloned().collect()),
            proposals: is_teacher.then(|| self.proposals.places()),
            reports: is_teacher.then(|| self.reports.all()),
        }
    }

    /// How a student itself stands.
    pub(super) fn mine(&self, who: &AccountId) -> Mine {
        Mine {
            muted: self.floor.is_muted(who),
            hand: self.hands.place(who),
            vote: self.ballot.as_ref().and_then(|ballot| ballot.vote_of(who)),
            upvoted: self.questions.upvoted(who),
            speak_at: self.floor.speak_at(who),
            known_since: wire_time(self.known_since),
            held: self.proposals.of(who),
        }
    }

    /// What moves, for a role.
    pub(super) fn pulse(&self, to: Role, of: u32, reactions: &[(Reaction, u32)]) -> Pulse {
        let raised: Vec<_> = self.hands.raised().cloned().collect();
        Pulse {
            channel: Channel::Class(self.class.clone()),
            here: self.present.count(),
            of,
            hands: u32::try_from(raised.len()).unwrap_or(u32::MAX),
            raised: (to == Role::Teacher).then_some(raised),
            called: self.hands.called().cloned(),
            votes: self.ballot.as_ref().and_then(|ballot| ballot.votes(to)),
            reactions: reactions.to_vec(),
            upvotes: self.questions.upvotes(),
        }
    }

    /// Who is there; what changed since a state, if one is given that is still known.
    pub(super) fn presence(&self, since: Option<u64>) -> Option<Presence> {
        let difference = self.present.since(since)?;
        Some(Presence {
            channel: Channel::Class(self.class.clone()),
            version: difference.version,
            since: difference.since,
            here: difference.here,
            gone: difference.gone,
        })
    }
}
