//! The measure of a real comparison: servers that are started, and clients that load them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{CompareArguments, Measure, Unmeasured};
use crate::drive::DriveError;
use crate::outcome::Outcome;
use crate::run::{MeasureOptions, RunError, measure};
use crate::scenario::Scenario;
use crate::subject::StartError;

/// See the module.
#[derive(Debug)]
pub(crate) struct Servers {
    options: MeasureOptions,
    stop: Arc<AtomicBool>,
}

impl Servers {
    /// `stop` ends it early.
    pub(crate) fn new(arguments: &CompareArguments, stop: Arc<AtomicBool>) -> Self {
        let folder = arguments.json.parent().map_or_else(Default::default, ToOwned::to_owned);
        let hub = arguments.hub.clone();
        Self { options: MeasureOptions { hub, folder, seed: 1, pin: arguments.pin }, stop }
    }
}

impl Measure for Servers {
    fn measure(&mut self, subject: &str, scenario: &Scenario) -> Result<Outcome, Unmeasured> {
        let measured = measure(subject, scenario, &self.options, &self.stop);
        measured.map_err(|error| match error {
            RunError::Start(StartError::Missing { remedy, .. }) => Unmeasured::Missing(remedy),
            RunError::Round { error, .. } if matches!(*error, DriveError::Interrupted) => {
                Unmeasured::Interrupted
            }
            other => Unmeasured::Failed(other.to_string()),
        })
    }
}
