//! Deliveries that were under way while all CPUs ran, counted apart from the others too.

use crate::flows::Flows;
use crate::histograms::UNDISTURBED;
use crate::recorder::{Line, RecordError, Recorder};
use crate::scene::{self, Label};
use crate::witness::Witness;

/// Who looks, and the series by flow and label.
pub(crate) struct Undisturbed {
    witness: Witness,
    series: Vec<[Line; 6]>,
}

impl Undisturbed {
    /// Looks at these CPUs. `None` if there are none, or nobody may look: the report then says what is missing.
    pub(crate) fn new(
        recorder: &mut Recorder,
        flows: &Flows,
        cpus: &[usize],
    ) -> Result<Option<Self>, RecordError> {
        if cpus.is_empty() {
            return Ok(None);
        }
        let Ok(witness) = Witness::start(cpus) else {
            return Ok(None);
        };
        let kinds = flows.all.iter().map(|flow| format!("{}{UNDISTURBED}", flow.publish.kind));
        let series = kinds.map(|kind| scene::lines(recorder, &kind)).collect::<Result<_, _>>()?;
        Ok(Some(Self { witness, series }))
    }

    /// Counts a delivery that was under way between two instants, if all CPUs ran.
    pub(crate) fn record(
        &self,
        recorder: &mut Recorder,
        flow: u32,
        label: Label,
        (from_ns, until_ns): (u64, u64),
    ) {
        let Some(lines) = self.series.get(flow as usize) else { return };
        if self.witness.saw_all_run(from_ns, until_ns) {
            recorder.record(lines[label as usize], until_ns.saturating_sub(from_ns));
        }
    }
}
