//! The roster's files: read at start, on SIGHUP, and when an operator asks; open connections hear of each change.
//!
//! They are read once at a time. An operator who comes second is refused; a signal, to which nothing can be answered,
//! waits for its turn.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::shards::HubFront;
use crate::base::metrics::Metrics;
use crate::base::{Clock, SchoolTime};
use crate::config::Config;
use crate::http::operator::{Reload, ReloadError, ReloadRefused, Reloaded};
use crate::roster::{Directory, Loaded, Report, Roster, Severity, Shrink, read};
use crate::session::News;

/// Why there is no roster to start with.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The files have errors.
    #[error("the roster in {path} has {errors} errors; `preau roster check {path}` shows them all")]
    Refused {
        /// Where the files lie.
        path: String,
        /// How many.
        errors: u64,
    },
}

/// The schools' zone. The configuration has checked that it exists; an unknown one would be read as UTC.
pub fn zone(config: &Config) -> TimeZone {
    TimeZone::get(&config.zone).unwrap_or(TimeZone::UTC)
}

/// The school's present day.
pub fn today(school: SchoolTime, zone: &TimeZone) -> Date {
    let instant = jiff::Timestamp::from_millisecond(school.0).unwrap_or_default();
    instant.to_zoned(zone.clone()).date()
}

/// Where the roster comes from and where it goes.
pub(super) struct RosterFiles {
    path: PathBuf,
    zone: TimeZone,
    clock: Arc<dyn Clock>,
    directory: Arc<Directory>,
    metrics: Metrics,
    /// Held while the files are read again.
    reloading: Mutex<()>,
    /// Nobody to tell before the shards run.
    front: Option<HubFront>,
}

impl RosterFiles {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub(super) fn load(
        config: &Config,
        clock: Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<Self, RosterError> {
        let zone = zone(config);
        let day = today(clock.school(), &zone);
        let Loaded { roster, report, .. } = read(&config.roster, day, &mut |_| {}).map_err(|report| {
            RosterError::Refused { path: config.roster.display().to_string(), errors: report.errors }
        })?;
        let files = Self {
            path: config.roster.clone(),
            zone,
            clock,
            directory: Arc::new(Directory::new(roster)),
            metrics: metrics.clone(),
            reloading: Mutex::new(()),
            front: None,
        };
        files.count(&files.directory.current(), &report);
        Ok(files)
    }

    /// The roster in force.
    pub(super) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// From now on open connections hear of changes.
    pub(super) fn telling(self, front: HubFront) -> Self {
        Self { front: Some(front), ..self }
    }

    fn count(&self, roster: &Roster, report: &Report) {
        let accounts = roster.counts().accounts_total();
        self.metrics.roster_accounts.set(i64::try_from(accounts).unwrap_or(i64::MAX));
        tracing::info!(accounts, warnings = report.warnings, "a roster is in force");
    }

    fn replace(&self, shrink: Shrink) -> Result<Reloaded, ReloadRefused> {
        let day = today(self.clock.school(), &self.zone);
        let Loaded { roster, report, .. } =
            read(&self.path, day, &mut |_| {}).map_err(|report| refused(&report))?;
        let counts = roster.counts();
        let changes = self
            .directory
            .replace(roster, shrink)
            .map_err(|error| ReloadRefused { detail: error.to_string(), diagnostics: BTreeMap::new() })?;
        self.metrics.roster_reloads.inc();
        self.count(&self.directory.current(), &report);
        if let Some(front) = &self.front {
            front.tell(&Arc::new(News::Roster(changes.clone())));
        }
        Ok(Reloaded { counts, changes: Arc::new(changes) })
    }

    /// Reloads in its turn because a signal came; the outcome is a log line.
    pub(super) fn reload_on_signal(&self) {
        let _alone = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(ReloadRefused { detail, diagnostics }) = self.replace(Shrink::Refused) {
            tracing::warn!(detail, ?diagnostics, "the roster was not reloaded");
        }
    }
}

impl Reload for Arc<RosterFiles> {
    fn reload(&self, shrink: Shrink) -> Result<Reloaded, ReloadError> {
        let _alone = match self.reloading.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(ReloadError::Busy),
        };
        Ok(self.replace(shrink)?)
    }
}

fn refused(report: &Report) -> ReloadRefused {
    let mut diagnostics = BTreeMap::new();
    for diagnostic in report.diagnostics.iter().filter(|d| d.severity == Severity::Error) {
        *diagnostics.entry(diagnostic.code.as_str().to_owned()).or_insert(0) += 1;
    }
    ReloadRefused {
        detail: format!("the roster has {} errors; the one in force stays", report.errors),
        diagnostics,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::roster::{Spec, generate};

    fn files(folder: &tempfile::TempDir) -> Arc<RosterFiles> {
        let roster = folder.path().join("roster");
        generate(Spec::demo(), &roster, &mut |_| {}).unwrap();
        let config = Config { roster, ..Config::default() };
        let clock = Arc::new(ManualClock::at(1_774_630_680_000));
        Arc::new(RosterFiles::load(&config, clock, &Metrics::default()).unwrap())
    }

    #[test]
    fn who_reloads_second_is_told_that_it_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        let first = files.reloading.lock().unwrap();
        assert_eq!(files.reload(Shrink::Refused), Err(ReloadError::Busy));
        drop(first);
        assert!(files.reload(Shrink::Refused).is_ok());
        std::fs::remove_file(folder.path().join("roster/users.csv")).unwrap();
        assert!(matches!(files.reload(Shrink::Allowed), Err(ReloadError::Refused(_))));
        assert_eq!(files.metrics.roster_reloads.get(), 1);
    }
}
