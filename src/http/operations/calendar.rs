//! `POST /v1/operator/calendar/reload`: the calendar's files are read again and put in force without a restart.
//!
//! All of them are read before any is in force, so a bad one changes nothing. What operators have decided about windows
//! lies over the new rules as it did over the old.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::{Act, Order};
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::calendar::{Alarm, Calendar, SchoolRef};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// How many days from now on are looked at for what a reload changes: more than a school year.
const DAYS_COMPARED: usize = 400;

/// Why no calendar was put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarRefused {
    /// The configuration names none.
    #[error("the configuration names no calendar files")]
    NoFiles,
    /// A file can't be read, or has errors.
    #[error("{detail}; the calendar in force stays")]
    File {
        /// Which, and why.
        detail: String,
        /// How many errors were found in it; none if it can't be read at all.
        errors: Option<u64>,
    },
}

/// Nothing more than the reason.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CalendarRequest {}

/// Reads the calendar's files again, and puts them in force.
#[utoipa::path(
    post, path = "/v1/operator/calendar/reload", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = CalendarRequest,
    responses(
        (status = 200, description = "In force, or tried. `trial.days_changed` counts days of a school that are of another kind \
            than before, among the next 400.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: the configuration names no calendar files.", body = ProblemBody),
        (status = 409, description = "`calendar_refused`: a file can't be read or has errors, `more.errors` of them; the \
            calendar in force stays.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn reload_calendar(
    State(edge): State<Arc<Edge>>,
    order: Order<CalendarRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.reload_calendar(order.act).map(Json)).await
}

impl Office {
    /// Reads the calendar's files again because a signal came; the outcome is a log line and an entry in the audit log.
    /// Waits for the disk.
    pub fn reload_calendar_on_signal(&self) {
        let why = "the hub was told to read its files again".to_owned();
        let act = Act { who: "sighup@local".to_owned(), why, is_trial: false };
        match self.reload_calendar(act) {
            Ok(_) => {}
            // Nobody asked for one.
            Err(problem) if problem.code() == ErrorCode::NotFound => {}
            Err(problem) => {
                let refused = problem.into_body();
                tracing::warn!(detail = refused.detail(), "the calendar was not reloaded");
            }
        }
    }

    fn reload_calendar(&self, act: Act) -> Result<Change, Problem> {
        let operate = &self.instruments.operate;
        let read = match operate.read_calendar() {
            Err(CalendarRefused::NoFiles) => return Err(CalendarRefused::NoFiles.into()),
            read => read,
        };
        let plan = |_: &Decided| {
            let calendar = read?;
            let days_changed = self.days_changed(&operate.calendar(), &calendar);
            Ok(Plan {
                setting: None,
                before: self.stand(&operate.calendar()),
                after: self.stand(&calendar),
                trial: json!({ "days_changed": days_changed }),
                effect: calendar,
            })
        };
        self.carry_out(act, ("calendar", "files".to_owned()), plan, |_, calendar| {
            operate.put_calendar(calendar);
        })
    }

    /// What a calendar says of itself.
    fn stand(&self, calendar: &Calendar) -> Value {
        let alarm = calendar.alarm(self.instruments.clock.school()).map(|alarm| match alarm {
            Alarm::NoHolidays => "no_holidays",
            Alarm::Ends { .. } => "ends",
        });
        json!({ "ends_clock": calendar.horizon().map(|end| self.clock_at(end)), "alarm": alarm })
    }

    /// On how many days a school with days of its own, or all others, has another kind of day.
    fn days_changed(&self, before: &Calendar, after: &Calendar) -> usize {
        let now = jiff::Timestamp::from_millisecond(self.instruments.clock.school().0).unwrap_or_default();
        let today = now.to_zoned(self.instruments.zone.clone()).date();
        let days = || today.series(jiff::ToSpan::days(1)).take(DAYS_COMPARED);
        let schools = after.schools().map(SchoolRef::id).chain([SchoolRef::NONE]);
        let differs = |school: SchoolRef<'_>, day| {
            before.school_day(school, day).kind() != after.school_day(school, day).kind()
        };
        schools.map(|school| days().filter(|day| differs(school, *day)).count()).sum()
    }
}

impl From<CalendarRefused> for Problem {
    fn from(error: CalendarRefused) -> Self {
        let said = error.to_string();
        match error {
            CalendarRefused::NoFiles => Self::new(ErrorCode::NotFound).because(said),
            CalendarRefused::File { errors, .. } => {
                Self::new(ErrorCode::CalendarRefused).because(said).with_more(json!({ "errors": errors }))
            }
        }
    }
}
