//! What the hub's door says to somebody who asks for a seat, and what is counted of it. Pure.
//!
//! Nothing is left out: whoever asked either came in, or stands in `outside` when the phase ends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::http::Answer;
use crate::scenario::Scenario;
use crate::school::{self, Part, Person};

/// The milliseconds that are waited when a refusal does not say how long.
const UNSAID_MS: u64 = 5_000;

/// As what somebody stands at the door: a part, and whether the class is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Who speaks to the region.
    Operator,
    /// A teacher.
    Teacher,
    /// A student whose teacher comes.
    Live,
    /// Any other student.
    Student,
    /// A parent.
    Guardian,
}

impl Standing {
    /// All of them, first come first.
    pub(crate) const ALL: [Self; 5] =
        [Self::Operator, Self::Teacher, Self::Live, Self::Student, Self::Guardian];

    /// That of a person.
    pub(crate) fn of(scenario: &Scenario, person: Person) -> Self {
        match person.part {
            Part::Operator => Self::Operator,
            Part::Teacher => Self::Teacher,
            Part::Student if school::is_live(scenario, person.class) => Self::Live,
            Part::Student => Self::Student,
            Part::Guardian => Self::Guardian,
        }
    }

    /// Its word in figures.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Teacher => "teacher",
            Self::Live => "live",
            Self::Student => "student",
            Self::Guardian => "guardian",
        }
    }
}

/// What happened to those of one standing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entries {
    /// Who asked to come in, once for each time that they wanted to.
    pub(crate) asked: u64,
    /// Who came in without having been told to wait.
    pub(crate) first_try: u64,
    /// Who was told to wait, or refused, and came in later.
    pub(crate) waited: u64,
    /// Answers that told somebody to wait, with a ticket.
    pub(crate) told_to_wait: u64,
    /// Refusals by their code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Who was refused at the very instant that the hub had promised.
    pub(crate) promises_broken: u64,
    /// Connections that ended because a window closed.
    pub(crate) suspended: u64,
    /// Connections that were sent away so that the hub lives.
    pub(crate) evicted: u64,
    /// Those of them whose client had been sent away before.
    pub(crate) evicted_again: u64,
    /// Seats given to them while a teacher of the same worker had been told to wait.
    pub(crate) overtook: u64,
    /// Who wants in at the phase's end and is not.
    pub(crate) outside: u64,
}

impl Entries {
    /// The counts by name, but for the refusals.
    pub(crate) fn named(&self) -> [(&'static str, u64); 10] {
        [
            ("asked", self.asked),
            ("first_try", self.first_try),
            ("waited", self.waited),
            ("told_to_wait", self.told_to_wait),
            ("promises_broken", self.promises_broken),
            ("suspended", self.suspended),
            ("evicted", self.evicted),
            ("evicted_again", self.evicted_again),
            ("overtook", self.overtook),
            ("outside", self.outside),
        ]
    }

    /// Counts a refusal.
    pub(crate) fn refuse(&mut self, code: &str) {
        match self.refused.get_mut(code) {
            Some(count) => *count += 1,
            None => drop(self.refused.insert(code.to_owned(), 1)),
        }
    }
}

/// What the door said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// Come in.
    Seat(Box<str>),
    /// Wait, and show this when you ask again.
    Wait {
        /// The place.
        ticket: Box<str>,
        /// When to ask again.
        retry_ms: u64,
    },
    /// Not before an instant of school time, if that is known.
    Suspended {
        /// The promise.
        opens_at: Option<i64>,
        /// The school's clock now.
        school_time: i64,
    },
    /// Not now: the code, and when to ask again.
    Later(String, u64),
}

#[derive(Deserialize)]
struct Seat<'a> {
    #[serde(borrow)]
    seat: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Waiting<'a> {
    #[serde(borrow)]
    ticket: Cow<'a, str>,
    retry_after_ms: u64,
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    retry_after_ms: Option<u64>,
    #[serde(default)]
    suspended: bool,
    opens_at: Option<i64>,
    #[serde(default)]
    school_time: i64,
}

/// Reads an answer of `POST /v1/seat`; `None` for one that gives no hope, or that can't be read.
pub(crate) fn read(answer: &Answer<'_>) -> Option<Word> {
    match answer.status {
        200 => serde_json::from_slice(answer.body).ok().map(|Seat { seat }| Word::Seat(seat.into())),
        202 => {
            let Waiting { ticket, retry_after_ms } = serde_json::from_slice(answer.body).ok()?;
            Some(Word::Wait { ticket: ticket.into(), retry_ms: retry_after_ms })
        }
        403 | 409 | 429 | 503 => {
            let problem: Problem<'_> = serde_json::from_slice(answer.body).ok()?;
            let Problem { code, retry_after_ms, suspended, opens_at, school_time } = problem;
            if suspended {
                return Some(Word::Suspended { opens_at, school_time });
            }
            let header_ms = answer.retry_after_s.map(|seconds| seconds.saturating_mul(1_000));
            let retry_ms = retry_after_ms.or(header_ms).unwrap_or(UNSAID_MS);
            (answer.status != 403).then(|| Word::Later(code.into_owned(), retry_ms))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Option<Word> {
        let retry_after_s = (status == 503).then_some(7);
        let (accept, is_last, taken) = (None, false, 0);
        read(&Answer { status, retry_after_s, accept, is_last, body: body.as_bytes(), taken })
    }

    #[test]
    fn each_answer_is_understood_as_the_protocol_means_it() {
        let seat = answer(200, r#"{"seat":"s","url":"/v1/socket","expires_in_ms":30000,"load":0}"#);
        assert_eq!(seat, Some(Word::Seat("s".into())));
        let wait = answer(202, r#"{"ticket":"t","ahead":3,"retry_after_ms":2100,"load":1}"#);
        assert_eq!(wait, Some(Word::Wait { ticket: "t".into(), retry_ms: 2_100 }));
        let out = r#"{"code":"suspended","suspended":true,"opens_at":9,"school_time":5}"#;
        assert_eq!(answer(403, out), Some(Word::Suspended { opens_at: Some(9), school_time: 5 }));
        let unknown = r#"{"code":"suspended","suspended":true,"opens_at":null,"school_time":5}"#;
        assert_eq!(answer(403, unknown), Some(Word::Suspended { opens_at: None, school_time: 5 }));
        let cool = answer(409, r#"{"code":"cool_down","retry_after_ms":30000}"#);
        assert_eq!(cool, Some(Word::Later("cool_down".into(), 30_000)));
        assert_eq!(answer(503, r#"{"code":"closed"}"#), Some(Word::Later("closed".into(), 7_000)));
    }

    #[test]
    fn what_gives_no_hope_is_no_word_to_wait_for() {
        assert_eq!(answer(403, r#"{"code":"unknown_account"}"#), None);
        assert_eq!(answer(401, r#"{"code":"token_invalid"}"#), None);
        assert_eq!(answer(200, "{}"), None);
    }
}
