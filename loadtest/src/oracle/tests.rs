//! Each fault is fed to the oracle and must be counted, and nothing else.

use super::*;
use crate::flows::REGION;
use crate::scenario::Scenario;

/// Two classes. Streams 0 and 1: the teacher's posts in phase 1; 2 and 3: students'; 4 and 5: for teachers only; 6: the region's.
fn flows() -> Flows {
    let scenario: Scenario = serde_json::from_str(
        r#"{"name":"x","about":"x","school":{"classes":2,"students_per_class":3,"operators":1},
            "arrivals":{"per_second":1,"in_flight_max":1},
            "phase":[{"name":"one","seconds":2.0,"publish":[
              {"kind":"post","to":"class","by":"teacher","back_to_back":20,"bytes":100},
              {"kind":"talk","to":"class","by":"student","back_to_back":20,"bytes":100},
              {"kind":"staff","to":"class","by":"teacher","back_to_back":20,"bytes":100,"teachers_only":true},
              {"kind":"news","to":"region","by":"operator","back_to_back":20,"bytes":100}]}]}"#,
    )
    .unwrap();
    Flows::of(&scenario)
}

struct Desk {
    flows: Flows,
    oracle: Oracle,
    record: Record,
    part: Part,
}

impl Desk {
    fn new(part: Part) -> Self {
        Self { flows: flows(), oracle: Oracle::default(), record: Record::default(), part }
    }

    fn listener(&self) -> Listener<'_> {
        Listener {
            person: Person { part: self.part, class: 0, number: 1 },
            follows: [Some(0), Some(REGION)],
            flows: &self.flows,
            has_audiences: true,
            has_authors: true,
        }
    }

    fn hear(&mut self, channel: u32, stream: u32, numbers: &[u64]) -> usize {
        let Self { flows, oracle, record, part } = self;
        let listener = Listener {
            person: Person { part: *part, class: 0, number: 1 },
            follows: [Some(0), Some(REGION)],
            flows,
            has_audiences: true,
            has_authors: true,
        };
        let mut judge = |sequence: &&u64| {
            oracle.judge(listener, record, Some(channel), Mark { stream, sequence: **sequence, at_ns: 1 })
        };
        numbers.iter().filter(|sequence| judge(sequence)).count()
    }

    /// Gaps, duplicates, disorders, leaks, with these streams acknowledged.
    fn settle(mut self, ends: &[(u32, u64, &[u64])]) -> [u64; 4] {
        let end = |last, refused: &[u64]| StreamEnd { last, refused: refused.to_vec() };
        let streams = ends.iter().map(|(stream, last, refused)| (*stream, end(*last, refused))).collect();
        let ends = Ends::new(streams, &self.flows);
        let mut oracle = std::mem::take(&mut self.oracle);
        oracle.settle(self.listener(), &self.record, &ends);
        let lacking = Oracle::lacking(self.listener(), &self.record, &ends);
        let Verdict { gaps, duplicates, disorders, leaks, examples, .. } = oracle.verdict;
        assert_eq!(gaps, lacking);
        assert_eq!(examples.is_empty(), gaps + duplicates + disorders + leaks == 0, "{examples:?}");
        [gaps, duplicates, disorders, leaks]
    }
}

#[test]
fn a_text_says_what_was_marked_and_is_as_long_as_asked() {
    let mark = Mark { stream: 3, sequence: 41, at_ns: 1_234_567 };
    let text = mark.text(100);
    assert_eq!(text.len(), 100);
    assert_eq!(Mark::read(text.as_bytes()), Some(mark));
    assert_eq!(Mark::read(mark.text(1).as_bytes()), Some(mark));
    let longest = mark.text(crate::limits::TEXT_BYTES_MAX);
    assert_eq!(longest.chars().count(), ANNOUNCEMENT_CHARS_MAX as usize, "a hub takes no more");
    for other in ["", "3 41", "3 41 x", "a b c d", "99999999999 1 1 ", "1 2 3"] {
        assert_eq!(Mark::read(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn all_once_and_in_order_is_no_fault() {
    let mut desk = Desk::new(Part::Student);
    assert_eq!(desk.hear(0, 0, &[1, 2, 3]), 3);
    assert_eq!(desk.hear(REGION, 6, &[1, 2]), 2);
    assert_eq!(desk.settle(&[(0, 3, &[]), (6, 2, &[]), (1, 9, &[]), (4, 5, &[])]), [0, 0, 0, 0]);
}

#[test]
fn a_missing_number_is_a_gap_at_the_beginning_in_the_middle_at_the_end_and_everywhere() {
    for (heard, gaps) in [(&[2, 3, 4][..], 1), (&[1, 4], 2), (&[1, 2], 2), (&[], 4)] {
        let mut desk = Desk::new(Part::Student);
        desk.hear(0, 0, heard);
        assert_eq!(desk.settle(&[(0, 4, &[])]), [gaps, 0, 0, 0], "{heard:?}");
    }
}

#[test]
fn a_refused_number_is_no_gap() {
    let mut desk = Desk::new(Part::Student);
    desk.hear(0, 0, &[1, 4]);
    assert_eq!(desk.settle(&[(0, 6, &[3, 6])]), [2, 0, 0, 0]);
}

#[test]
fn a_number_that_comes_twice_is_a_duplicate_and_no_delivery() {
    let mut desk = Desk::new(Part::Student);
    assert_eq!(desk.hear(0, 0, &[1, 2, 2, 1, 3]), 3);
    assert_eq!(desk.settle(&[(0, 3, &[])]), [0, 2, 0, 0]);
}

#[test]
fn a_late_number_of_one_author_is_disorder_and_no_gap() {
    let mut desk = Desk::new(Part::Student);
    assert_eq!(desk.hear(0, 0, &[1, 3, 2, 4]), 4);
    assert_eq!(desk.settle(&[(0, 4, &[])]), [0, 0, 1, 0]);
}

#[test]
fn authors_may_overtake_each_other_but_none_themselves() {
    let mut desk = Desk::new(Part::Student);
    assert_eq!(desk.hear(0, 2, &[2, 3, 1, 4]), 4);
    assert_eq!(desk.settle(&[(2, 4, &[])]), [0, 0, 0, 0]);
    let mut desk = Desk::new(Part::Student);
    assert_eq!(desk.hear(0, 2, &[2, 3, 4, 1]), 4, "1 and 4 are of one student");
    assert_eq!(desk.settle(&[(2, 4, &[])]), [0, 0, 1, 0]);
}

#[test]
fn a_position_that_does_not_go_forward_is_disorder() {
    let desk = Desk::new(Part::Student);
    let mut oracle = Oracle::default();
    assert!(oracle.judge_position(desk.listener(), 4, 5));
    assert!(!oracle.judge_position(desk.listener(), 5, 5));
    assert!(!oracle.judge_position(desk.listener(), 5, 4));
    assert_eq!(oracle.verdict().disorders, 2);
}

#[test]
fn what_somebody_may_not_see_is_a_leak() {
    // Another class's stream in its channel; a stream in another channel; a stream of nobody.
    for (channel, stream) in [(1, 1), (0, 1), (REGION, 0), (0, 99)] {
        let mut desk = Desk::new(Part::Student);
        assert_eq!(desk.hear(channel, stream, &[1]), 0);
        assert_eq!(desk.settle(&[]), [0, 0, 0, 1], "{channel} {stream}");
    }
    for part in [Part::Student, Part::Guardian, Part::Operator] {
        let mut other = Desk::new(part);
        assert_eq!(other.hear(0, 4, &[1]), 0);
        assert_eq!(other.settle(&[(4, 1, &[])]), [0, 0, 0, 1], "{part:?}");
    }
    let mut teacher = Desk::new(Part::Teacher);
    assert_eq!(teacher.hear(0, 4, &[1]), 1);
    assert_eq!(teacher.settle(&[(4, 2, &[])]), [1, 0, 0, 0]);
}

#[test]
fn who_comes_in_the_middle_of_a_phase_is_owed_what_follows() {
    let mut desk = Desk::new(Part::Student);
    desk.record.since_phase = 1;
    desk.hear(0, 0, &[5, 6, 8]);
    assert_eq!(desk.settle(&[(0, 9, &[]), (6, 9, &[])]), [2, 0, 0, 0]);
}

#[test]
fn examples_are_bounded_and_counts_are_not() {
    let mut desk = Desk::new(Part::Student);
    desk.hear(0, 0, &[1; 100]);
    assert_eq!(desk.oracle.verdict().duplicates, 99);
    assert_eq!(desk.oracle.verdict().examples.len(), EXAMPLES_MAX);
}
