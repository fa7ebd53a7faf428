//! An answer in words: for the operator who must say at ten past eight why somebody was refused.

use jiff::civil::Date;
use serde::Serialize;

use super::answer::{Answer, Why};
use super::civil::{clock, written};
use super::day::Day;
use super::hours::Hours;
use super::overrides::{Override, Verdict};
use super::plan::Plan;
use super::span::{DAY_MINUTES, Span};
use super::week::Weekday;
use super::{Calendar, SchoolRef};
use crate::base::{Role, SchoolTime};

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// When it holds.
    pub at: Moment,
    /// Yes or no.
    pub open: bool,
    /// One plain sentence.
    pub because: String,
    /// The first instant at which `open` differs.
    pub changes_at: Option<Moment>,
}

/// An instant, for people and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub instant: SchoolTime,
    /// On the school's wall clock, with offset and zone.
    pub civil: String,
}

/// Whom an explanation is about.
#[derive(Clone, Copy)]
enum Subject {
    Admission(Role),
    Deliveries,
}

impl Calendar {
    /// [`Calendar::admission`], in words.
    pub fn explain_admission(&self, role: Role, school: SchoolRef<'_>, at: SchoolTime) -> Explanation {
        let plan = self.plan(school);
        explained(Subject::Admission(role), plan, plan.windows(role), at, &self.admission(role, school, at))
    }

    /// [`Calendar::quiet`], in words.
    pub fn explain_quiet(&self, school: SchoolRef<'_>, at: SchoolTime) -> Explanation {
        let plan = self.plan(school);
        explained(Subject::Deliveries, plan, plan.deliveries.as_ref(), at, &self.quiet(school, at))
    }
}

fn explained(
    subject: Subject,
    plan: &Plan,
    hours: Option<&Hours>,
    at: SchoolTime,
    answer: &Answer,
) -> Explanation {
    let moment = |instant| Moment { instant, civil: written(instant, &plan.zone) };
    let because = match (&answer.why, hours) {
        (Why::Override { decision }, _) => by_override(decision, plan),
        (Why::Hours { day }, Some(hours)) => by_hours(subject, plan, hours, at, (answer.open, day)),
        (Why::NoRule | Why::Hours { .. }, _) => match subject {
            Subject::Admission(role) => {
                format!("No window is set for {}: they may always come in.", plural(role))
            }
            Subject::Deliveries => "No quiet hours are set: deliveries are always made.".to_owned(),
        },
    };
    Explanation { at: moment(at), open: answer.open, because, changes_at: answer.changes_at.map(moment) }
}

fn by_override(decision: &Override, plan: &Plan) -> String {
    let Override { scope, until, verdict, who, why, .. } = decision;
    let place = scope.school.as_ref().map_or("every school".to_owned(), |school| format!("school {school}"));
    let verb = match verdict {
        Verdict::Open => "may come in",
        Verdict::Closed => "may not come in",
    };
    let until = written(*until, &plan.zone);
    format!("{who} has decided that {} of {place} {verb} until {until}: {why}.", plural(scope.role))
}

fn by_hours(
    subject: Subject,
    plan: &Plan,
    hours: &Hours,
    at: SchoolTime,
    (open, day): (bool, &Day),
) -> String {
    let now = clock(at, &plan.zone);
    let weekday = Weekday::of(now.date());
    let spans = hours.on(weekday, day.kind());
    let verb = match subject {
        Subject::Admission(role) => format!("{} may come in", plural(role)),
        Subject::Deliveries => "deliveries are made".to_owned(),
    };
    let rule = match spans {
        [] => format!("{verb} at no time"),
        [span] if *span == Span::DAY => format!("{verb} at any time"),
        spans => format!("{verb} {}", listed(spans)),
    };
    let sentence = format!("{} {}, and on such a {weekday} {rule}", named(now.date()), said(day));
    if open && !spans.iter().any(|span| holds(*span, minute(now))) {
        return format!("{sentence}; the hours of the day before have not ended yet.");
    }
    format!("{sentence}.")
}

fn minute(now: jiff::civil::DateTime) -> u16 {
    let (hour, minute) = (u16::try_from(now.hour()), u16::try_from(now.minute()));
    hour.unwrap_or_default() * 60 + minute.unwrap_or_default()
}

fn holds(span: Span, minute: u16) -> bool {
    span.start() <= minute && minute < span.end().min(DAY_MINUTES)
}

fn listed(spans: &[Span]) -> String {
    let texts: Vec<String> = spans.iter().map(|span| span.to_string().replace('-', " to ")).collect();
    texts.join(" and ")
}

fn named(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

fn said(day: &Day) -> String {
    match day {
        Day::School => "is a school day".to_owned(),
        Day::Weekend => "is no day of the school's week".to_owned(),
        Day::Holiday { name } => format!("is a holiday ({name})"),
        Day::Closed { why } => format!("is a day on which the school is closed ({why})"),
        Day::Unknown => "is outside what the calendar's files cover and counts as a school day".to_owned(),
    }
}

fn plural(role: Role) -> &'static str {
    match role {
        Role::Teacher => "teachers",
        Role::Student => "students",
        Role::Guardian => "guardians",
        Role::Staff => "staff",
        Role::Operator => "operators",
    }
}
