//! A worker as its coordinator sees it, over pipes, against servers on real sockets: one of a peer's kind and one that
//! speaks as much of `preau.v1` as pupils need.

mod hub;
mod peer;

use std::collections::BTreeMap;
use std::io::{BufReader, PipeWriter};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use super::*;
use crate::histograms::Histograms;
use crate::moment;
use crate::orders::{Lines, StreamEnd, Tally, Target, TokenKey, Verdict};
use crate::scenario::{Arrivals, Scenario};
use crate::wire::{ClientFrame, From, Position};
use hub::First;

/// A worker as a hired hand, in a thread of its own.
struct Hand {
    orders: PipeWriter,
    news: io::Lines<BufReader<io::PipeReader>>,
    thread: JoinHandle<Result<(), WorkerError>>,
}

impl Hand {
    fn start(plan: Plan) -> Self {
        let (orders_read, orders) = io::pipe().unwrap();
        let (news, news_write) = io::pipe().unwrap();
        let work = move || run(BufReader::new(orders_read), news_write, peer::named);
        let thread = thread::Builder::new().spawn(work).unwrap();
        let mut hand = Self { orders, news: BufReader::new(news).lines(), thread };
        hand.order(&Order::Plan(Box::new(plan)));
        hand
    }

    fn order(&mut self, order: &Order) {
        let line = serde_json::to_string(order).unwrap();
        self.orders.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next news that is no tick.
    fn hear(&mut self) -> News {
        loop {
            let line = self.news.next().expect("the worker lives").unwrap();
            match serde_json::from_str(&line).unwrap() {
                News::Tick(_) => {}
                news => return news,
            }
        }
    }

    fn phase(&mut self, phase: usize) -> Tally {
        self.order(&Order::Begin { phase, at_ns: moment::now_ns() });
        match self.hear() {
            News::Ended { phase: ended, tally } if ended == phase => *tally,
            other => panic!("{other:?}"),
        }
    }

    fn settle(mut self, streams: BTreeMap<u32, StreamEnd>) -> Verdict {
        self.order(&Order::Settle { streams });
        let News::Done(verdict) = self.hear() else { panic!("not done") };
        self.thread.join().unwrap().unwrap();
        *verdict
    }
}

fn plan(scenario: &str, dialect: &str, address: SocketAddr) -> Plan {
    let scenario: Scenario = serde_json::from_str(scenario).unwrap();
    let tokens = (dialect == "preau").then(|| TokenKey {
        pkcs8: hub::KEY.to_owned(),
        kid: "k".to_owned(),
        issuer: "i".to_owned(),
        audience: "a".to_owned(),
    });
    let target = Target { dialect: dialect.to_owned(), address, publish_address: None, tokens };
    Plan {
        index: 0,
        of: 1,
        scenario,
        seed: 7,
        target,
        sources: vec![Ipv4Addr::LOCALHOST],
        witnessed: Vec::new(),
    }
}

/// Two classes of three; 40 publications to the classes in a second and 10 back to back.
fn talk(phases: &str) -> String {
    format!(
        r#"{{"name":"talk","about":"talk","school":{{"classes":2,"students_per_class":3}},
            "arrivals":{{"per_second":1000,"in_flight_max":4}},"phase":[{phases}]}}"#
    )
}

const TALK: &str = r#"{"name":"talk","seconds":1.0,"publish":[
    {"kind":"post","to":"class","by":"teacher","per_second":40,"bytes":100},
    {"kind":"burst","to":"class","by":"student","back_to_back":10,"bytes":30}]}"#;

/// The faults of a verdict: gaps, duplicates, disorders, leaks.
fn faults(verdict: &Verdict) -> [u64; 4] {
    [verdict.gaps, verdict.duplicates, verdict.disorders, verdict.leaks]
}

#[test]
fn a_peer_that_delivers_all_has_no_fault_by_any_door() {
    for dialect in ["plain", "nchan", peer::HTTP_ONCE] {
        let address = peer::serve(|_| 1, dialect == peer::HTTP_ONCE);
        let mut hand = Hand::start(plan(&talk(TALK), dialect, address));
        assert!(matches!(hand.hear(), News::Ready));
        let arrived = hand.phase(0);
        assert_eq!((arrived.connected, arrived.failed), (6, 0), "{dialect}: {:?}", arrived.errors);
        assert!(arrived.latencies.contains_key("connect/student"));
        let tally = hand.phase(1);
        assert_eq!((tally.published, tally.acknowledged, tally.refused), (50, 50, 0), "{:?}", tally.errors);
        assert_eq!((tally.expected, tally.deliveries, tally.missing), (150, 150, 0));
        assert!(tally.delivered_bytes >= 3 * (40 * 100 + 10 * 30));
        for name in ["post/student", "burst/student", "late/publish", "publish/teacher"] {
            assert!(tally.latencies.contains_key(name), "{name}: {:?}", tally.latencies.keys());
        }
        let verdict = hand.settle(tally.streams);
        assert_eq!((verdict.judged, faults(&verdict)), (150, [0; 4]), "{:?}", verdict.examples);
    }
}

#[test]
fn what_a_peer_drops_or_repeats_is_counted() {
    let address = peer::serve(
        |n| match n {
            7 => 0,
            11 => 2,
            _ => 1,
        },
        false,
    );
    let mut hand = Hand::start(plan(&talk(TALK), "plain", address));
    assert!(matches!(hand.hear(), News::Ready));
    hand.phase(0);
    let tally = hand.phase(1);
    assert_eq!((tally.expected, tally.deliveries), (150, 150), "three too few, three too many");
    assert_eq!(tally.missing, 3, "what came twice makes up for nothing");
    let verdict = hand.settle(tally.streams);
    assert_eq!(faults(&verdict), [3, 3, 0, 0], "{:?}", verdict.examples);
    assert!(verdict.examples.iter().any(|words| words.contains("again")), "{:?}", verdict.examples);
}

#[test]
fn a_dialect_that_nobody_speaks_is_told() {
    let mut hand = Hand::start(plan(&talk(TALK), "klingon", "127.0.0.1:1".parse().unwrap()));
    assert!(matches!(hand.hear(), News::Failed { reason } if reason.contains("klingon")));
    assert!(hand.thread.join().unwrap().is_err());
}

#[test]
fn who_cannot_connect_is_counted_and_the_run_goes_on() {
    // Nobody listens where somebody has just ceased to.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut one = plan(&talk(r#"{"name":"rest","seconds":0.0}"#), "plain", address);
    one.scenario.school.classes = 0;
    let mut hand = Hand::start(one);
    assert!(matches!(hand.hear(), News::Ready));
    let tally = hand.phase(0);
    assert_eq!(tally.errors.get("line/connection_refused"), Some(&u64::from(limits::ATTEMPTS_MAX)));
}

#[test]
fn seats_that_were_taken_first_are_spent_by_the_arrivals() {
    let hub = hub::serve();
    let mut one = plan(&talk(r#"{"name":"rest","seconds":0.0}"#), "preau", hub.address);
    one.scenario.arrivals = Arrivals { seats_first: true, handshake_only: true, ..one.scenario.arrivals };
    one.scenario.school.teachers = true;
    let mut hand = Hand::start(one);
    assert!(matches!(hand.hear(), News::Ready));
    for (lines, seats, asked_on) in [(Lines::Kept, 4, 1..=4), (Lines::Own, 4, 4..=4)] {
        let before = hub.seat_lines();
        hand.order(&Order::Seats { lines, at_ns: moment::now_ns() });
        let News::Ended { phase: 0, tally } = hand.hear() else { panic!("not ended") };
        assert_eq!((tally.seats, tally.connected), (seats, 0), "{lines:?}: {:?}", tally.errors);
        let lines_used = hub.seat_lines() - before;
        assert!(asked_on.contains(&lines_used), "{lines:?}: {lines_used}");
    }
    let arrived = hand.phase(0);
    assert_eq!((arrived.connected, arrived.seats, arrived.failed), (8, 0, 0), "{:?}", arrived.errors);
}

#[test]
fn whatever_the_door_says_is_done_and_counted() {
    for (first, counts, refused) in [
        (First::Seat, (8, 8, 0, 0), None),
        (First::Wait, (8, 0, 8, 8), None),
        (First::Suspended, (8, 0, 8, 0), Some("suspended")),
        (First::Later, (8, 0, 8, 0), Some("closed")),
    ] {
        let hub = hub::serve_with(first);
        let mut one = plan(&talk(r#"{"name":"rest","seconds":0.0}"#), "preau", hub.address);
        one.scenario.school.teachers = true;
        one.scenario.school.live_share = 0.5;
        one.scenario.school.students_per_class = 3;
        one.scenario.phases.clear();
        one.scenario.school.guardians = 1;
        let mut hand = Hand::start(one);
        assert!(matches!(hand.hear(), News::Ready));
        let arrived = hand.phase(0);
        assert_eq!((arrived.connected, arrived.failed), (8, 0), "{:?}", arrived.errors);
        let of = |word: &str| &arrived.door[word];
        let sum = |count: fn(&crate::door::Entries) -> u64| arrived.door.values().map(count).sum::<u64>();
        assert_eq!((of("teacher").asked, of("live").asked, of("student").asked), (1, 3, 3));
        let found = (sum(|e| e.asked), sum(|e| e.first_try), sum(|e| e.waited), sum(|e| e.told_to_wait));
        assert_eq!(found, counts, "{:?}", arrived.door);
        assert_eq!(sum(|entries| entries.outside), 0);
        assert_eq!(sum(|entries| entries.promises_broken), 0);
        assert_eq!(arrived.latencies.contains_key("waited/teacher"), first != First::Seat);
        let code = of("live").refused.keys().next().map(String::as_str);
        assert_eq!(code, refused);
    }
}

#[test]
fn who_never_gets_in_is_counted_outside_and_the_run_goes_on() {
    let hub = hub::serve_with(First::WaitOn);
    let mut one = plan(&talk(r#"{"name":"rest","seconds":0.0}"#), "preau", hub.address);
    one.scenario.arrivals.patience_s = Some(2.0);
    let mut hand = Hand::start(one);
    assert!(matches!(hand.hear(), News::Ready));
    let arrived = hand.phase(0);
    assert_eq!((arrived.connected, arrived.failed), (0, 0), "{:?}", arrived.errors);
    assert_eq!(arrived.door["student"].outside, 6);
}

#[test]
fn pupils_whose_lines_are_cut_or_who_leave_come_back_and_miss_nothing() {
    let hub = hub::serve();
    let phases = r#"{"name":"talk","seconds":1.5,"publish":[
          {"kind":"post","to":"class","by":"student","per_second":200,"bytes":100}],
         "event":[{"at_s":0.3,"what":"cut","share":0.5,"rate":0.4},{"at_s":0.2,"what":"churn","rate":20}]},
        {"name":"slow","seconds":0.5,"publish":[
          {"kind":"post","to":"class","by":"teacher","per_second":100,"bytes":100},
          {"kind":"staff","to":"class","by":"teacher","per_second":10,"bytes":100,"teachers_only":true}],
         "event":[{"at_s":0.1,"what":"stop_reading","share":0.5}]},
        {"name":"again","seconds":0.2,"event":[{"at_s":0.0,"what":"read_again","share":0.5}]},
        {"name":"both","seconds":0.3,"event":[{"what":"stop_reading"},{"at_s":0.1,"what":"cut","rate":0.1}]}"#;
    let mut hand = Hand::start(plan(&talk(phases), "preau", hub.address));
    assert!(matches!(hand.hear(), News::Ready));
    let arrived = hand.phase(0);
    assert_eq!((arrived.connected, arrived.failed), (8, 0), "{:?}", arrived.errors);
    let first = hand.phase(1);
    assert!(first.connected >= 3, "they came back: {first:?}");
    assert_eq!(
        (first.published, first.acknowledged, first.deliveries),
        (300, 300, 900),
        "{:?}",
        first.errors
    );
    assert!(first.latencies.contains_key("post/returned"));
    let second = hand.phase(2);
    assert_eq!((second.acknowledged, second.deliveries), (55, second.expected), "{:?}", second.errors);
    let third = hand.phase(3);
    assert_eq!(second.deliveries + third.deliveries, 150, "what was not read is read: {third:?}");
    let fourth = hand.phase(4);
    assert_eq!(fourth.connected, 6, "who did not read reads its next line: {:?}", fourth.errors);
    let verdict = hand.settle(fourth.streams);
    assert_eq!(faults(&verdict), [0; 4], "{:?}", verdict.examples);
}

#[test]
fn in_a_phase_that_breathes_who_comes_waits_for_its_turn_and_deliveries_are_told_apart() {
    let hub = hub::serve();
    let publish =
        r#""publish":[{"kind":"post","to":"class","by":"teacher","per_second":40,"bytes":100,"share":0.5}]"#;
    let phases = format!(
        r#"{{"name":"still","seconds":1.0,{publish}}},
           {{"name":"breathes","seconds":1.0,"breath_s":0.5,{publish},"event":[{{"what":"arrive","rate":4}}]}}"#
    );
    let mut one = plan(&talk(&phases), "preau", hub.address);
    one.scenario.arrivals.share = 0.5;
    let mut hand = Hand::start(one);
    assert!(matches!(hand.hear(), News::Ready));
    hand.phase(0);
    let counted = |tally: &Tally| {
        let mut latencies = Histograms::default();
        latencies.add(&tally.latencies).unwrap();
        let count =
            |kind: &str| latencies.get(&format!("{kind}/student")).map_or(0, hdrhistogram::Histogram::len);
        [count("post"), count("post_asked"), count("post_hushed")]
    };
    let still = hand.phase(1);
    assert_eq!(counted(&still), [120, 0, 0]);
    let breathes = hand.phase(2);
    // At 0, 0.25, 1.0 and 1.25 s, but for the last moment of the phase.
    assert!((2..=3).contains(&breathes.connected), "{breathes:?}");
    let [all, asked, hushed] = counted(&breathes);
    assert_eq!(all, 120);
    assert!((48..=57).contains(&asked) && (48..=57).contains(&hushed), "{asked} and {hushed}");
}
