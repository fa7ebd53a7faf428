//! The open loop: intended instants, computed from the scenario and never from what was completed.
//!
//! A timetable gives what is due by now; whoever is late does it at once, and counts from the intended instant.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use crate::flows::{Flows, Turn};
use crate::moment::seconds_ns;

/// A publication that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// When it was intended.
    pub(crate) at_ns: u64,
    /// Its flow.
    pub(crate) flow: u32,
    /// Its place, number and author.
    pub(crate) turn: Turn,
}

/// The publications of one phase that are this worker's to send, in the order of their instants.
#[derive(Debug)]
pub(crate) struct Timetable {
    flows: Rc<Flows>,
    begin_ns: u64,
    index: u32,
    of: u32,
    /// Per flow the next publication that is ours.
    next: BinaryHeap<Reverse<(u64, u32, u64)>>,
}

impl Timetable {
    /// That of a phase which begins at an instant, in worker `index` of `of`.
    pub(crate) fn new(flows: Rc<Flows>, phase: usize, begin_ns: u64, (index, of): (u32, u32)) -> Self {
        let mut table = Self { flows, begin_ns, index, of: of.max(1), next: BinaryHeap::new() };
        for flow in 0..table.flows.all.len() {
            if table.flows.all[flow].phase == phase {
                table.look(u32::try_from(flow).unwrap_or(u32::MAX), 0);
            }
        }
        table
    }

    /// The next publication's instant.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.next.peek().map(|Reverse((at_ns, _, _))| *at_ns)
    }

    /// The next publication, if its instant has come.
    pub(crate) fn take(&mut self, now_ns: u64) -> Option<Due> {
        let Reverse((at_ns, flow, n)) = *self.next.peek()?;
        if at_ns > now_ns {
            return None;
        }
        self.next.pop();
        self.look(flow, n + 1);
        Some(Due { at_ns, flow, turn: self.flows.all[flow as usize].turn(n) })
    }

    /// Puts down the first publication from `n` on that is ours.
    fn look(&mut self, number: u32, n: u64) {
        let flow = &self.flows.all[number as usize];
        let who = (self.index, self.of);
        let is_ours = |n: &u64| self.flows.are_of(flow.channels[flow.turn(*n).place], who);
        // One turn through all channels meets ours, if there are any.
        let end = flow.count.min(n + flow.channels.len() as u64);
        if let Some(n) = (n..end).find(is_ours) {
            self.next.push(Reverse((self.begin_ns + flow.instant_ns(n), number, n)));
        }
    }
}

/// The n-th of this worker's arrivals, after the beginning: workers take turns.
pub(crate) fn arrival_ns(n: usize, per_second: f64, (index, of): (u32, u32)) -> u64 {
    if per_second <= 0.0 {
        return 0;
    }
    seconds_ns((n as f64 * f64::from(of.max(1)) + f64::from(index)) / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn scenario() -> Scenario {
        serde_json::from_str(
            r#"{"name":"x","about":"x","school":{"classes":7,"students_per_class":3,"operators":1},
                "arrivals":{"per_second":1,"in_flight_max":1},
                "phase":[{"name":"one","seconds":1},{"name":"two","seconds":2.0,"publish":[
                  {"kind":"post","to":"class","by":"teacher","per_second":50,"bytes":100},
                  {"kind":"news","to":"region","by":"operator","per_second":3,"bytes":100}]}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn workers_share_every_publication_and_none_twice() {
        let flows = Rc::new(Flows::of(&scenario()));
        let mut all = Vec::new();
        for index in 0..3 {
            let mut table = Timetable::new(Rc::clone(&flows), 2, 1_000, (index, 3));
            let mut last = 0;
            while let Some(due) = table.take(u64::MAX) {
                assert!(due.at_ns >= last, "in the order of instants");
                last = due.at_ns;
                all.push((due.flow, due.turn.place, due.turn.sequence));
            }
        }
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!((all.len(), count), (106, 106));
    }

    #[test]
    fn nothing_comes_before_its_instant_and_lateness_moves_nothing() {
        let flows = Rc::new(Flows::of(&scenario()));
        let mut table = Timetable::new(flows, 2, 1_000, (0, 1));
        assert_eq!(table.take(999), None);
        assert_eq!(table.next_ns(), Some(1_000));
        let begun: Vec<Due> = std::iter::from_fn(|| table.take(1_000)).collect();
        assert_eq!(begun.len(), 2);
        assert_eq!(table.next_ns(), Some(20_001_000));
        let late: Vec<u64> = std::iter::from_fn(|| table.take(50_000_000)).map(|due| due.at_ns).collect();
        assert_eq!(late, [20_001_000, 40_001_000]);
    }

    #[test]
    fn arrivals_of_all_workers_are_evenly_spaced() {
        let mut all: Vec<u64> =
            (0..3).flat_map(|index| (0..5).map(move |n| arrival_ns(n, 1_000.0, (index, 3)))).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] == 1_000_000), "{all:?}");
    }
}
