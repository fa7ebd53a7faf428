//! Deliveries that are counted a second time, apart: those that were under way while all CPUs ran; and in a phase that breathes, of
//! these, those that were published while the door was asked, and those while nobody asked.

use crate::breath::{Breath, Turn};
use crate::flows::Flows;
use crate::histograms::{ASKED, HUSHED, UNDISTURBED};
use crate::recorder::{Line, RecordError, Recorder};
use crate::scene::{self, Label};
use crate::witness::Witness;

/// Who looks, and the series by flow and label.
#[derive(Default)]
pub(crate) struct Apart {
    /// None if nobody looks, or may.
    witness: Option<Witness>,
    breath: Breath,
    /// None if nothing is counted apart.
    series: Vec<Series>,
}

/// Those of one flow.
struct Series {
    undisturbed: [Line; 6],
    asked: [Line; 6],
    hushed: [Line; 6],
}

impl Apart {
    /// Looks at these CPUs. If nobody may, the report says what is missing.
    pub(crate) fn new(recorder: &mut Recorder, flows: &Flows, cpus: &[usize]) -> Result<Self, RecordError> {
        let mut apart = Self::default();
        if !cpus.is_empty() {
            apart.witness = Witness::start(cpus).ok();
        }
        if apart.witness.is_some() {
            apart.begin(recorder, flows)?;
        }
        Ok(apart)
    }

    /// A phase begins, with these turns or without any.
    pub(crate) fn breathe(
        &mut self,
        recorder: &mut Recorder,
        flows: &Flows,
        breath: Breath,
    ) -> Result<(), RecordError> {
        self.breath = breath;
        if breath.has_turns() && self.series.is_empty() {
            self.begin(recorder, flows)?;
        }
        Ok(())
    }

    /// The phase's turns.
    pub(crate) fn breath(&self) -> Breath {
        self.breath
    }

    fn begin(&mut self, recorder: &mut Recorder, flows: &Flows) -> Result<(), RecordError> {
        let series = flows.all.iter().map(|flow| Series::new(recorder, &flow.publish.kind));
        self.series = series.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Counts a delivery that was under way between two instants, if all CPUs ran as far as anybody looked.
    pub(crate) fn record(
        &self,
        recorder: &mut Recorder,
        flow: u32,
        label: Label,
        (from_ns, until_ns): (u64, u64),
    ) {
        let Some(series) = self.series.get(flow as usize) else { return };
        let mut record = |lines: &[Line; 6]| {
            recorder.record(lines[label as usize], until_ns.saturating_sub(from_ns));
        };
        if let Some(witness) = &self.witness {
            if !witness.saw_all_run(from_ns, until_ns) {
                return;
            }
            record(&series.undisturbed);
        }
        match self.breath.turn(from_ns) {
            Some(Turn::Asked) => record(&series.asked),
            Some(Turn::Hushed) => record(&series.hushed),
            None => {}
        }
    }
}

impl Series {
    fn new(recorder: &mut Recorder, kind: &str) -> Result<Self, RecordError> {
        let mut lines = |part: &str| scene::lines(recorder, &format!("{kind}{part}"));
        Ok(Self { undisturbed: lines(UNDISTURBED)?, asked: lines(ASKED)?, hushed: lines(HUSHED)? })
    }
}
