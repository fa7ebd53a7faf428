//! What the naive model finds of deeds: allowed, or why not.

use super::model::Model;
use super::*;

/// Of a class without a lesson.
pub(super) fn without_lesson(is_teacher: bool, deed: &Deed) -> Result<(), ErrorCode> {
    match deed {
        Deed::Start { .. } | Deed::Delete { .. } if is_teacher => Ok(()),
        Deed::Start { .. } | Deed::Delete { .. } => Err(ErrorCode::NotAllowed),
        _ => Err(ErrorCode::NoLesson),
    }
}

/// Of a teacher.
pub(super) fn teacher_may(model: &Model, deed: &Deed) -> Result<(), ErrorCode> {
    match deed {
        Deed::Start { .. } => Err(ErrorCode::LessonRuns),
        Deed::Pin { at } => model.stands(*at),
        Deed::Settle { at, .. } => model.is_question(*at),
        Deed::Judge { at, .. } if model.proposals().iter().any(|(place, ..)| place == at) => Ok(()),
        Deed::OpenPoll(poll) => match (model.open_poll(), model.last_poll()) {
            (Some(_), _) => Err(ErrorCode::PollOpen),
            (None, Some(last)) if *last == poll.poll => Err(ErrorCode::MessageIdReused),
            _ => Ok(()),
        },
        Deed::ClosePoll { poll } if model.open_poll().is_some_and(|open| open == poll) => Ok(()),
        Deed::Judge { .. } | Deed::ClosePoll { .. } => Err(ErrorCode::UnknownTarget),
        Deed::Call { account } => model.call(number(account)),
        Deed::Report { .. }
        | Deed::Raise { .. }
        | Deed::Vote { .. }
        | Deed::Upvote { .. }
        | Deed::React { .. } => Err(ErrorCode::NotAllowed),
        _ => Ok(()),
    }
}

/// Of a pupil.
pub(super) fn pupil_may(model: &Model, who: usize, deed: &Deed) -> Result<(), ErrorCode> {
    match deed {
        Deed::Delete { at } => model.take_back(who, *at),
        Deed::Report { at } => model.report(who, *at),
        Deed::Raise { .. } => Ok(()),
        Deed::Lower { account } if account.as_ref().is_none_or(|account| number(account) == who) => Ok(()),
        Deed::Vote { poll, choice } => model.vote_in(poll, *choice),
        Deed::Upvote { at, .. } => model.upvote(*at),
        Deed::React { .. } => model.react(who),
        _ => Err(ErrorCode::NotAllowed),
    }
}
