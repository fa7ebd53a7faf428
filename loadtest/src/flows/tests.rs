//! The sums of flows: counts, turns, instants.

use super::*;

fn scenario(publishes: &str) -> Scenario {
    let text = format!(
        r#"{{"name":"x","about":"x","school":{{"classes":10,"students_per_class":3,"operators":2}},
            "arrivals":{{"per_second":1,"in_flight_max":1}},
            "phase":[{{"name":"one","seconds":2.0,"publish":[{publishes}]}}]}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn turns_go_through_channels_and_then_authors() {
    let flows = Flows::of(&scenario(
        r#"{"kind":"post","to":"class","by":"student","per_second":20,"bytes":100,"share":0.5}"#,
    ));
    let flow = &flows.all[0];
    assert_eq!(flow.channels, [1, 3, 5, 7, 9]);
    assert_eq!(flow.count, 40);
    assert_eq!(flow.turn(0), Turn { place: 0, sequence: 1, author: 0 });
    assert_eq!(flow.turn(6), Turn { place: 1, sequence: 2, author: 1 });
    assert_eq!(flow.turn(15), Turn { place: 0, sequence: 4, author: 0 });
    assert_eq!(flow.instant_ns(1), 50_000_000);
}

#[test]
fn what_channels_share_unevenly_is_taken_in_turns() {
    let flows = Flows::of(&scenario(
        r#"{"kind":"post","to":"class","by":"teacher","back_to_back":23,"bytes":9},
           {"kind":"news","to":"region","by":"operator","back_to_back":5,"bytes":9}"#,
    ));
    let flow = &flows.all[0];
    let taken = |place| (0..flow.count).filter(|n| flow.turn(*n).place == place).count();
    assert_eq!((0..10).map(taken).collect::<Vec<_>>(), [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]);
    let (region, stream) = flows.stream(10).unwrap();
    assert_eq!((region.publish.kind.as_str(), stream.channel, region.count), ("news", REGION, 5));
    assert_eq!(region.turn(3), Turn { place: 0, sequence: 4, author: 1 });
    assert!(flows.stream(11).is_none());
    assert_eq!((flows.planned(1), flows.planned(2)), (28, 0));
}
