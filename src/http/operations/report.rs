//! `GET /v1/operator/report`: what the region publishes about its service, from a day to a day.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::Uri;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::office::at_office;
use super::officer::Officer;
use crate::base::{OrgId, Role};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;
use crate::report::{ByRole, Day, Row};

/// Days of one report at most.
const DAYS_MAX: i32 = 92;

/// The days that are over.
pub trait Archive: Send + Sync + 'static {
    /// The reports from a day to a day, both included, in order; days without a report are left out.
    ///
    /// # Errors
    /// The operating system's.
    fn between(&self, from: Date, until: Date) -> io::Result<Vec<Day>>;
}

/// What is known of some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportAnswer {
    /// In order; days without a report are left out. Today's is what was counted so far.
    days: Vec<ReportDay>,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
struct ReportDay {
    /// The day, as the schools' clocks say.
    #[schema(value_type = String)]
    date: Date,
    /// Whether it goes on.
    is_today: bool,
    /// The whole region.
    region: ReportRow,
    /// Schools that somebody came from, by their identifier.
    #[schema(value_type = Object)]
    schools: BTreeMap<OrgId, ReportRow>,
}

/// What one day came to at one place.
#[derive(Debug, Serialize, ToSchema)]
struct ReportRow {
    /// Pupils who got in at the first try, of those who tried; `null` if nobody did.
    reliability: Option<f64>,
    /// The mean length of a visit in seconds, by role; `null` if nobody has left.
    #[schema(value_type = Object)]
    mean_visit_seconds: ByRole<Option<f64>>,
    /// The counts.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    row: Row,
}

impl From<Row> for ReportRow {
    fn from(row: Row) -> Self {
        let mut mean_visit_seconds = ByRole::default();
        for role in Role::ALL {
            *mean_visit_seconds.of_mut(role) = row.mean_seconds(role);
        }
        Self { reliability: row.reliability(), mean_visit_seconds, row }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Range {
    from: Option<Date>,
    until: Option<Date>,
}

/// Reports on some days.
#[utoipa::path(
    get, path = "/v1/operator/report", tag = "operations", security(("bearer" = [])),
    params(
        ("from" = Option<String>, Query, description = "The first day, such as 2026-03-23; today if absent."),
        ("until" = Option<String>, Query, description = "The last day; as `from` if absent. At most 92 days."),
    ),
    responses(
        (status = 200, description = "What is known of them.", body = ReportAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn report(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
    uri: Uri,
) -> Result<Json<ReportAnswer>, Problem> {
    let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
    let range = Query::<Range>::try_from_uri(&uri);
    let Query(Range { from, until }) = range.map_err(|_| malformed("from and until are days, YYYY-MM-DD"))?;
    let today = edge.parts.books.today();
    let from = from.unwrap_or(today.date);
    let until = until.unwrap_or(from);
    if until < from || from.until(until).is_ok_and(|span| span.get_days() >= DAYS_MAX) {
        return Err(malformed("from is not later than until, and both lie within 92 days"));
    }
    at_office(edge, move |_, office| {
        let ended = office.instruments.archive.between(from, until).map_err(|error| {
            tracing::error!(%error, "a report can't be read");
            Problem::new(ErrorCode::StorageFailed)
        })?;
        let mut days: BTreeMap<Date, ReportDay> =
            ended.into_iter().map(|day| (day.date, report_day(day, false))).collect();
        if (from..=until).contains(&today.date) {
            days.insert(today.date, report_day(today, true));
        }
        Ok(Json(ReportAnswer { days: days.into_values().collect() }))
    })
    .await
}

fn report_day(day: Day, is_today: bool) -> ReportDay {
    let schools = day.schools.into_iter().map(|(school, row)| (school, row.into())).collect();
    ReportDay { date: day.date, is_today, region: day.region.into(), schools }
}
