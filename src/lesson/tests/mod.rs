//! A class of two teachers and a few pupils, before lessons that are judged from outside: what was allowed waits for its
//! commit, as it does in the hub.

mod bounds;
mod model;
mod random;
mod returns;
mod rules;
mod steps;
mod verdict;

use std::collections::VecDeque;
use std::time::Duration;

use super::{Act, Lessons, Refused, Speech, Turn};
use crate::access::Identity;
use crate::base::body::{self, Deletion, Event, LessonEvent, Post, Proposal, Question};
use crate::base::{
    AccountId, Audience, Body, Channel, ClassId, Epoch, Kind, MachineTime, MessageId, Offset, Position,
    Publication, Role, SchoolTime,
};
use crate::protocol::{Deed, ErrorCode};

const SHARDS: usize = 2;
const PUPILS: usize = 4;

fn class() -> ClassId {
    ClassId::parse("3a").unwrap()
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn message(id: &str) -> MessageId {
    MessageId::parse(id).unwrap()
}

fn teacher() -> Identity {
    Identity { account: account("t0"), role: Role::Teacher }
}

fn pupil(number: usize) -> Identity {
    Identity { account: account(&format!("p{number}")), role: Role::Student }
}

/// A pupil's number.
fn number(account: &AccountId) -> usize {
    account.as_str()[1..].parse().unwrap()
}

/// A deed as a client says it.
fn deed(json: &str) -> Deed {
    serde_json::from_str(json).unwrap()
}

fn place(offset: u64) -> Position {
    Position { epoch: Epoch(1), offset: Offset(offset) }
}

/// What was allowed and is not committed yet.
#[derive(Debug, Clone)]
struct Flying {
    author: AccountId,
    message_id: MessageId,
    audience: Audience,
    body: Body,
}

/// The lessons, with the log of one class and what is on its way there.
struct World {
    lessons: Lessons,
    now: MachineTime,
    log: Vec<Publication>,
    flying: VecDeque<Flying>,
    named: usize,
}

impl World {
    fn new() -> Self {
        let lessons = Lessons::new(SHARDS, MachineTime(1_000_000));
        Self { lessons, now: MachineTime(1_000_000), log: Vec::new(), flying: VecDeque::new(), named: 0 }
    }

    fn with_lesson() -> Self {
        let mut world = Self::new();
        world.does(&teacher(), r#"{"do":"start","title":"Verbs"}"#).unwrap();
        world
    }

    fn school(&self) -> SchoolTime {
        SchoolTime(i64::try_from(self.now.0).unwrap())
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn new_name(&mut self) -> MessageId {
        self.named += 1;
        message(&format!("m{}", self.named))
    }

    /// Somebody wants to say something under a name; what is allowed flies.
    fn speaks_as(&mut self, who: &Identity, kind: Kind, message_id: &MessageId) -> Result<Speech, Refused> {
        let (class, school) = (class(), self.school());
        let speech = self.lessons.speak(&class, who, (kind, message_id), self.now, school)?;
        let (text, links) = (format!("words of {message_id}"), Vec::new());
        let name = message_id.clone();
        let (body, message_id, audience) = match (speech, kind) {
            (Speech::Held, _) => {
                let own = message(&format!("{message_id}.p"));
                let body = Body::of(&Proposal { kind, text, links, message_id: name });
                (body, own, Audience::only(Role::Teacher))
            }
            (Speech::Said, Kind::Question) => (Body::of(&Question { text }), name, Audience::EVERYONE),
            (Speech::Said, _) => (Body::of(&Post { text, links }), name, Audience::EVERYONE),
        };
        self.flying.push_back(Flying {
            author: who.account.clone(),
            message_id,
            audience,
            body: body.unwrap(),
        });
        Ok(speech)
    }

    /// Somebody says something and it is committed; its place in the log.
    fn says(&mut self, who: &Identity, kind: Kind) -> Result<Position, Refused> {
        let name = self.new_name();
        self.speaks_as(who, kind, &name)?;
        self.commit_all();
        Ok(place(self.log.len() as u64))
    }

    /// Somebody wants to do something; what is to stand in the log flies.
    fn acts(&mut self, who: &Identity, deed: &Deed) -> Result<Act, Refused> {
        let name = self.new_name();
        let act = self.lessons.act(&class(), who, Some(&name), deed, self.now)?;
        match act.clone() {
            Act::Say { body, audience } => {
                let author = who.account.clone();
                self.flying.push_back(Flying { author, message_id: name, audience, body });
            }
            Act::Release { author, message_id, body } => {
                self.flying.push_back(Flying { author, message_id, audience: Audience::EVERYONE, body });
            }
            Act::Done { .. } | Act::Presence(_) => {}
        }
        Ok(act)
    }

    /// Somebody does something, and it is committed.
    fn does(&mut self, who: &Identity, json: &str) -> Result<Act, Refused> {
        let act = self.acts(who, &deed(json))?;
        self.commit_all();
        Ok(act)
    }

    fn refuses(&mut self, who: &Identity, json: &str) -> ErrorCode {
        self.does(who, json).unwrap_err().code
    }

    /// Whether what is to be pinned or reported stands in the log with its words: the store refuses it otherwise.
    fn serves(&self, body: &Body) -> bool {
        let Ok(LessonEvent { event: Event::Pinned { at } | Event::Reported { at } }) =
            body::read(body.json())
        else {
            return true;
        };
        let kind = |publication: &Publication| matches!(publication.kind, Kind::Post | Kind::Question);
        let taken = |publication: &Publication| {
            publication.kind == Kind::Deletion
                && publication.position.offset > at.offset
                && body::read::<Deletion>(&publication.body).is_ok_and(|deletion| deletion.at == at)
        };
        self.log.iter().any(|publication| publication.position == at && kind(publication))
            && !self.log.iter().any(taken)
    }

    fn commit(&mut self) -> Option<(Publication, Option<Turn>)> {
        let Flying { author, message_id, audience, body } = self.flying.pop_front()?;
        if !self.serves(&body) {
            return self.commit();
        }
        let publication = Publication {
            channel: Channel::Class(class()),
            position: place(self.log.len() as u64 + 1),
            kind: body.kind(),
            author,
            message_id,
            audience,
            body: body.json().into(),
            published_at: self.school(),
            urgent: false,
        };
        self.log.push(publication.clone());
        let turn = self.lessons.committed(&publication, self.now);
        Some((publication, turn))
    }

    fn commit_all(&mut self) {
        while self.commit().is_some() {}
    }

    /// The lessons of a hub that has nothing but the log.
    fn restarted(&self) -> Lessons {
        self.restarted_at(self.now)
    }

    /// The same, of one that begins at an instant. School time is machine time here.
    fn restarted_at(&self, now: MachineTime) -> Lessons {
        let lessons = Lessons::new(SHARDS, now);
        for publication in &self.log {
            lessons.committed(publication, MachineTime(publication.published_at.0.unsigned_abs()));
        }
        lessons
    }
}
