//! What is kept of a day for its picture: the gate each ten seconds, by what was seen.

use std::collections::HashMap;

use preau::admission::{Class, Level, PerClass};
use preau::base::SchoolTime;

use crate::sight::{Answer, Asked, Sample, Seen, Sight, Stock};

/// How far rows lie apart.
pub(crate) const EACH_MS: i64 = 10_000;

/// The gate at one instant, and what it answered since the row before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) at: SchoolTime,
    pub(crate) stock: Stock,
    /// How many wait: counted, where the gate only estimates.
    pub(crate) waiting: PerClass<u32>,
    /// How many came in.
    pub(crate) entered: PerClass<u32>,
    /// How many were told when their window opens.
    pub(crate) suspended: u32,
    /// Admissions per second.
    pub(crate) rate: f64,
    /// Whether the load is at level 3 or 4.
    pub(crate) is_loaded: bool,
}

/// A day, row by row.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) rows: Vec<Row>,
    stock: Stock,
    /// Visits that wait, and with which class.
    waits: HashMap<usize, Class>,
    entered: PerClass<u32>,
    suspended: u32,
}

impl Record {
    pub(crate) fn see(&mut self, seen: &Seen) {
        match &seen.sight {
            Sight::Asked(Asked { who, answer: Answer::Wait { .. } | Answer::Closed { .. }, .. }) => {
                self.waits.insert(who.visit, who.class());
            }
            Sight::Asked(Asked { who, .. }) | Sight::GaveUp { who } => {
                self.waits.remove(&who.visit);
            }
            _ => {}
        }
        match &seen.sight {
            Sight::Asked(Asked { who, answer: Answer::Enter { is_new: true, .. }, .. }) => {
                self.entered[who.class().index()] += 1;
            }
            Sight::Asked(Asked { answer: Answer::Suspended { .. }, .. }) => self.suspended += 1,
            Sight::Sampled(sample) => {
                self.stock = sample.stock;
                self.turn(seen.school, sample);
            }
            _ => {}
        }
    }

    /// Begins another row, if the last one is full.
    fn turn(&mut self, at: SchoolTime, sample: &Sample) {
        let is_due = self.rows.last().is_none_or(|last| at.0 - last.at.0 >= EACH_MS);
        if is_due {
            let (entered, suspended) =
                (std::mem::take(&mut self.entered), std::mem::take(&mut self.suspended));
            let mut waiting = PerClass::default();
            self.waits.values().for_each(|class| waiting[class.index()] += 1);
            let (rate, is_loaded) = (sample.rate, sample.level >= Level::Severe);
            self.rows.push(Row { at, stock: self.stock, waiting, entered, suspended, rate, is_loaded });
        }
    }
}
