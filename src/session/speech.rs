//! Whether somebody may say something in a class now, the same on a socket and over HTTP: links, load, then the lesson's
//! own rules. What the teacher reads first becomes a proposal here.

use std::time::Duration;

use crate::access::{self, Identity, Publish};
use crate::admission::Level;
use crate::base::body::{self, Post, Proposal, Question};
use crate::base::{Body, Channel, Kind, MachineTime, NewPublication, Role, SchoolTime, limits};
use crate::lesson::{Lessons, Refused, Speech};
use crate::protocol::ErrorCode;

use super::LinkHosts;

/// What speaking in classes is judged by.
#[derive(Clone, Copy)]
pub struct Floor<'a> {
    /// All lessons.
    pub lessons: &'a Lessons,
    /// Where links may lead to.
    pub links: &'a LinkHosts,
    /// How loaded the hub is.
    pub level: Level,
    /// Machine time.
    pub now: MachineTime,
    /// School time.
    pub school_time: SchoolTime,
}

/// From this level on, students' posts are shed; questions are not.
const POSTS_SHED_FROM: Level = Level::Severe;

/// Judges what somebody wants to publish: `None` if it may be said as it is, else the proposal that it becomes. What is
/// neither post nor question passes.
///
/// # Errors
/// What stands in the way.
pub fn judge(floor: Floor<'_>, who: &Identity, publish: &Publish) -> Result<Option<Publish>, Refused> {
    let Publish(new) = publish;
    let kind = new.body.kind();
    let Channel::Class(class) = &new.channel else { return Ok(None) };
    if !matches!(kind, Kind::Post | Kind::Question) {
        return Ok(None);
    }
    if !floor.links.allow(&new.body) {
        return Err(Refused { code: ErrorCode::LinkHost, retry_after: None });
    }
    if kind == Kind::Post && who.role == Role::Student && floor.level >= POSTS_SHED_FROM {
        return Err(shed());
    }
    let words = (kind, &new.message_id);
    match floor.lessons.speak(class, who, words, floor.now, floor.school_time)? {
        Speech::Said => Ok(None),
        Speech::Held => proposal(new).map(|new| Some(Publish(new))),
    }
}

/// What the hub does without while it is loaded.
pub(super) fn shed() -> Refused {
    let wait = Duration::from_millis(limits::CLOSED_RETRY_MS.into());
    Refused { code: ErrorCode::Shed, retry_after: Some(wait) }
}

/// The same words, for the teachers to judge.
fn proposal(new: &NewPublication) -> Result<NewPublication, Refused> {
    let refused = |code| Refused { code, retry_after: None };
    let name = Proposal::name(&new.message_id).map_err(|_| refused(ErrorCode::Malformed))?;
    let (text, links) = words(&new.body).ok_or(refused(ErrorCode::InvalidBody))?;
    let proposal = Proposal { kind: new.body.kind(), text, links, message_id: new.message_id.clone() };
    let body = Body::of(&proposal).map_err(|_| refused(ErrorCode::InvalidBody))?;
    Ok(NewPublication { message_id: name, audience: access::TEACHERS, body, ..new.clone() })
}

fn words(body: &Body) -> Option<(String, Vec<String>)> {
    if body.kind() == Kind::Post {
        let Post { text, links } = body::read(body.json()).ok()?;
        return Some((text, links));
    }
    let Question { text } = body::read(body.json()).ok()?;
    Some((text, Vec::new()))
}
