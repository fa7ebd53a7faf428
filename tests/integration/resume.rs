//! Coming back: positions that are continued or reset, slow readers, and what a client is told about it.

use serde_json::{Value, json};

use crate::support::client::{Client, texts};
use crate::support::hub::Hub;

on_both_engines! {
    a_slow_reader_is_told_and_loses_nothing_while_others_are_not_held_up,
}

async fn resume(hub: &Hub, account: &str, position: &Value) -> (Value, Vec<String>) {
    let mut client = Client::join(hub, account).await;
    let answer = client.subscribe("class:2a", json!({"position": position})).await;
    client.wait_type("caught_up").await;
    let received = texts(&client.drain().await);
    (answer, received)
}

#[tokio::test]
async fn a_pupil_who_was_away_gets_exactly_what_was_missed() {
    let hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    let position = pupil.subscribe("class:2a", json!("now")).await["position"].clone();
    drop(pupil);
    for number in 0..150 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
    }
    let (answer, received) = resume(&hub, "s-a-00", &position).await;
    assert_eq!((&answer["type"], &answer["position"]), (&json!("resumed"), &position));
    assert_eq!(received, (0..150).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_position_that_cannot_be_continued_is_reset_with_the_reason() {
    let mut hub = Hub::start().await;
    for number in 0..3 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
    }
    let last = hub.post("t-a", "class:2a", "m3", "3").await["position"].clone();
    let other_epoch = json!({"epoch": "00000000", "offset": last["offset"]});
    let ahead = json!({"epoch": last["epoch"], "offset": last["offset"].as_u64().unwrap() + 1});
    for (position, why) in [(&other_epoch, "epoch"), (&ahead, "ahead")] {
        let (answer, received) = resume(&hub, "s-a-00", position).await;
        assert_eq!((&answer["type"], &answer["why"]), (&json!("reset"), &json!(why)));
        assert_eq!(received, ["0", "1", "2", "3"]);
    }
    // A restart is not another life: positions go on.
    hub.kill().await;
    hub.restart().await;
    let (answer, received) = resume(&hub, "s-a-00", &last).await;
    assert_eq!((&answer["type"], received.len()), (&json!("resumed"), 0));
}

#[tokio::test]
async fn a_restored_backup_is_another_life() {
    let mut hub = Hub::start().await;
    let before = hub.post("t-a", "class:2a", "m1", "before").await["position"].clone();
    let copy = hub.path("copy.db");
    hub.command(&["backup", copy.to_str().unwrap(), "--data"]).await;
    let lost = hub.post("t-a", "class:2a", "m2", "after the backup").await["position"].clone();
    assert!(hub.terminate().await);
    std::fs::remove_dir_all(hub.path("data")).unwrap();
    hub.command(&["restore", copy.to_str().unwrap(), "--data"]).await;
    hub.restart().await;
    for position in [&before, &lost] {
        let (answer, received) = resume(&hub, "s-a-00", position).await;
        assert_eq!((&answer["type"], &answer["why"]), (&json!("reset"), &json!("epoch")));
        assert_eq!(received, ["before"]);
    }
    let again = hub.post("t-a", "class:2a", "m2", "after the restore").await;
    assert_ne!(again["position"], lost, "a position is never given to other content");
}

#[tokio::test]
async fn last_and_now_begin_where_they_say() {
    let hub = Hub::start().await;
    for number in 0..5 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
    }
    let mut pupil = Client::join(&hub, "s-a-00").await;
    assert_eq!(pupil.subscribe("class:2a", json!({"last": 2})).await["type"], "fresh");
    pupil.wait_type("caught_up").await;
    assert_eq!(texts(&pupil.drain().await), ["3", "4"]);
    let mut other = Client::join(&hub, "s-a-01").await;
    other.subscribe("class:2a", json!("now")).await;
    other.wait_type("caught_up").await;
    assert_eq!(texts(&other.drain().await), Vec::<String>::new());
}

async fn a_slow_reader_is_told_and_loses_nothing_while_others_are_not_held_up(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut slow = Client::join(&hub, "s-a-00").await;
    slow.subscribe("class:2a", json!("now")).await;
    let mut fast = Client::join(&hub, "s-a-01").await;
    fast.subscribe("class:2a", json!("now")).await;
    // More than a socket's buffers and an outbox hold together; the slow one reads nothing meanwhile.
    let text = "x".repeat(4_000);
    let count: u64 = 4_000;
    for number in 0..count {
        hub.post("t-a", "class:2a", &format!("m{number}"), &text).await;
    }
    let received = async |client: &mut Client| {
        let (mut publications, mut marks) = (0, Vec::new());
        let mut last = 0;
        while publications < count {
            let frame = client.frame().await.unwrap();
            match frame["type"].as_str().unwrap() {
                "publication" => {
                    publications += 1;
                    let offset = frame["position"]["offset"].as_u64().unwrap();
                    assert!(offset > last, "in order and once");
                    last = offset;
                }
                mark => marks.push(mark.to_owned()),
            }
        }
        marks
    };
    received(&mut fast).await;
    let mut marks = received(&mut slow).await;
    if !marks.iter().rev().any(|mark| mark == "caught_up") || marks.last().unwrap() == "behind" {
        slow.wait_type("caught_up").await;
        marks.push("caught_up".into());
    }
    assert!(marks.iter().any(|mark| mark == "behind"), "it was behind and knew: {marks:?}");
}
