//! The report's files: today's counts in `report-today.json`, each day that is over in `reports/`.
//!
//! Today's file holds the secret that tells pupils apart, readable by its owner alone; it is written every few seconds if
//! something was counted, and at the end, so that a restart counts on where it was: whoever asked before is still known.
//! When the day is over its result is written without the secret, and the secret is gone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::MissedTickBehavior;

use super::AppError;
use crate::base::drain::DrainSignal;
use crate::base::metrics::Metrics;
use crate::base::{Clock, SchoolTime, limits};
use crate::config::entropy;
use crate::config::files;
use crate::http::operations::Archive;
use crate::report::{Books, Day, Today};

const TODAY: &str = "report-today.json";
const REPORTS: &str = "reports";

/// The days that are over.
#[derive(Debug, Clone)]
pub(super) struct Reports {
    folder: PathBuf,
}

impl Reports {
    fn path(&self, date: Date) -> PathBuf {
        self.folder.join(format!("{date}.json"))
    }

    fn put(&self, day: &Day) -> io::Result<()> {
        files::replace_secret(&self.path(day.date), &serde_json::to_vec(day)?)?;
        let mut kept = self.dates()?;
        kept.sort_unstable();
        let surplus = kept.len().saturating_sub(limits::REPORT_DAYS_MAX);
        kept.iter().take(surplus).try_for_each(|date| std::fs::remove_file(self.path(*date)))
    }

    fn dates(&self) -> io::Result<Vec<Date>> {
        let mut dates = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            // A file that is named otherwise is somebody else's.
            dates.extend(stem.and_then(|stem| stem.parse::<Date>().ok()));
        }
        Ok(dates)
    }
}

impl Archive for Reports {
    fn between(&self, from: Date, until: Date) -> io::Result<Vec<Day>> {
        let mut dates = self.dates()?;
        dates.retain(|date| (from..=until).contains(date));
        dates.sort_unstable();
        let read = |date: &Date| {
            let bytes = files::read(&self.path(*date), limits::REPORT_FILE_BYTES_MAX)?;
            Ok(serde_json::from_slice(&bytes)?)
        };
        dates.iter().map(read).collect()
    }
}

/// Keeps the books on disk.
pub(super) struct Keeper {
    books: Arc<Books>,
    reports: Reports,
    today: PathBuf,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    metrics: Metrics,
    /// What of the counters is in the books.
    entered: (u64, u64),
}

impl Keeper {
    /// Opens the books where they were left.
    ///
    /// # Errors
    /// [`AppError::Report`] and [`AppError::Entropy`].
    pub(super) fn open(
        folder: &Path,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        metrics: Metrics,
    ) -> Result<Self, AppError> {
        let today = folder.join(TODAY);
        let reports = Reports { folder: folder.join(REPORTS) };
        let wrong = |error| AppError::Report { path: today.display().to_string(), error };
        std::fs::create_dir_all(&reports.folder).map_err(wrong)?;
        let kept = match files::read(&today, limits::REPORT_FILE_BYTES_MAX) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Today::new(date(clock.school(), &zone), entropy::bytes()?)
            }
            Err(error) => return Err(wrong(error)),
        };
        let books = Arc::new(Books::new(kept));
        Ok(Self { books, reports, today, clock, zone, metrics, entered: (0, 0) })
    }

    /// The books.
    pub(super) fn books(&self) -> &Arc<Books> {
        &self.books
    }

    /// The days that are over.
    pub(super) fn reports(&self) -> Reports {
        self.reports.clone()
    }

    /// Keeps until drained, and then once more: until then connections have ended.
    pub(super) async fn run(mut self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::REPORT_SAVE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_over = false;
        while !is_over {
            tokio::select! {
                () = drain.raised() => is_over = true,
                _ = ticks.tick() => {}
            }
            let kept = tokio::task::spawn_blocking(move || {
                self.keep();
                self
            });
            self = match kept.await {
                Ok(keeper) => keeper,
                Err(error) => return tracing::error!(%error, "the report is not kept any more"),
            };
        }
    }

    fn keep(&mut self) {
        let (commits, deliveries) = (self.metrics.commits.get(), self.metrics.deliveries.get());
        let (commits_before, deliveries_before) = std::mem::replace(&mut self.entered, (commits, deliveries));
        self.books.delivered(commits - commits_before, deliveries - deliveries_before);
        let date = date(self.clock.school(), &self.zone);
        let ended = self.books.turn(date, || entropy::bytes().ok());
        if let Some(Err(error)) = ended.map(|day| self.reports.put(&day)) {
            tracing::error!(%error, "the report of a day could not be written");
        }
        let Some(today) = self.books.to_keep() else { return };
        let written = serde_json::to_vec(&today).map_err(Into::into);
        if let Err(error) = written.and_then(|bytes| files::replace_secret(&self.today, &bytes)) {
            self.books.not_kept();
            tracing::warn!(%error, "today's report could not be kept; it is tried again");
        }
    }
}

/// The day that the school's clock shows.
fn date(at: SchoolTime, zone: &TimeZone) -> Date {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::base::{AccountId, MachineTime, Role};
    use crate::report::Asked;

    const MORNING: u64 = 1_774_598_400_000;

    fn keeper(folder: &Path, now_ms: u64) -> Keeper {
        let clock = Arc::new(ManualClock::at(now_ms));
        Keeper::open(folder, clock, TimeZone::UTC, Metrics::default()).unwrap()
    }

    #[test]
    fn a_day_goes_on_after_a_restart_and_ends_without_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let account = AccountId::parse("pupil").unwrap();
        let ask = |keeper: &Keeper| {
            keeper.books().asked(&account, Role::Student, None, Asked::Entered, MachineTime(MORNING));
        };
        let mut first = keeper(folder.path(), MORNING);
        ask(&first);
        first.metrics.commits.inc_by(3);
        first.keep();
        let mut second = keeper(folder.path(), MORNING + 1_000);
        ask(&second);
        second.keep();
        let today = second.books().today();
        assert_eq!((today.region.pupils_tried, today.region.publications), (1, 3));
        let mut next = keeper(folder.path(), MORNING + 24 * 3_600_000);
        next.keep();
        assert_eq!(next.reports().between(today.date, today.date).unwrap(), [today]);
        assert_eq!(next.books().today().region.pupils_tried, 0);
        let ended = std::fs::read_dir(folder.path().join(REPORTS)).unwrap().next().unwrap().unwrap().path();
        assert!(!std::fs::read_to_string(ended).unwrap().contains("secret"));
    }

    #[test]
    fn the_oldest_reports_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let reports = keeper(folder.path(), MORNING).reports();
        let first = Date::constant(2024, 1, 1);
        for day in 0..=limits::REPORT_DAYS_MAX {
            let date = first.saturating_add(jiff::Span::new().days(i64::try_from(day).unwrap()));
            std::fs::write(reports.path(date), "{}").unwrap();
        }
        let date = Date::constant(2030, 1, 1);
        let day = Books::new(Today::new(date, [0; 32])).today();
        reports.put(&day).unwrap();
        assert_eq!(reports.dates().unwrap().len(), limits::REPORT_DAYS_MAX);
        assert!(!reports.path(first).exists() && reports.path(date).exists());
    }
}
