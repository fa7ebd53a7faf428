//! A class of thirty-five and its teacher, beside another class: who receives what, how often, in which order.

use serde_json::{Value, json};

use crate::support::bundle::{CLASS_SIZE, student};
use crate::support::client::{Client, post, texts};
use crate::support::hub::Hub;

on_both_engines! {
    each_publication_reaches_exactly_those_who_may_see_it_once_and_in_order,
}

async fn join_class(hub: &Hub, class: char, members: &mut Vec<Client>) {
    for number in 0..CLASS_SIZE {
        let mut client = Client::join(hub, &student(class, number)).await;
        let answer = client.subscribe(&format!("class:2{class}"), json!("now")).await;
        assert_eq!(answer["type"], "fresh");
        members.push(client);
    }
}

async fn each_publication_reaches_exactly_those_who_may_see_it_once_and_in_order(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let (mut class_a, mut class_b) = (Vec::new(), Vec::new());
    join_class(&hub, 'a', &mut class_a).await;
    join_class(&hub, 'b', &mut class_b).await;
    let mut teacher = Client::join(&hub, "t-a").await;
    teacher.subscribe("class:2a", json!("now")).await;

    let mut expected = Vec::new();
    for number in 0..20_usize {
        let text = format!("a-{number}");
        let answer = teacher.post("class:2a", &text, &text).await;
        assert_eq!((&answer["type"], &answer["duplicate"]), (&json!("published"), &json!(false)));
        expected.push(text);
        if number % 5 == 0 {
            let text = format!("a-pupil-{number}");
            class_a.get_mut(number).unwrap().post("class:2a", &text, &text).await;
            expected.push(text);
            let text = format!("b-pupil-{number}");
            class_b[0].post("class:2b", &text, &text).await;
        }
    }
    for member in class_a.iter_mut().chain([&mut teacher]) {
        member.wait_for(|frame| frame["body"]["text"] == "a-19").await;
        let mut received = texts(&member.drain().await);
        received.push("a-19".into());
        assert_eq!(received, expected);
    }
    for member in &mut class_b {
        member.wait_for(|frame| frame["body"]["text"] == "b-pupil-15").await;
        let received = texts(&member.drain().await);
        assert_eq!(received, ["b-pupil-0", "b-pupil-5", "b-pupil-10"]);
    }
}

#[tokio::test]
async fn an_announcement_and_an_assignment_arrive_whole() {
    let hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-01").await;
    pupil.subscribe("class:2a", json!("now")).await;
    pupil.subscribe("bulletin:lycee", json!("now")).await;
    let assignment = json!({"title": "Exercices", "text": "1 à 5", "due": "2026-11-30T08:00", "subject": "Maths",
        "links": ["https://example.org/feuille"]});
    let (status, stored) = hub
        .publish("t-a", "class:2a", json!({"kind": "assignment", "message_id": "m1", "body": assignment}))
        .await;
    assert_eq!(status, 201, "{stored}");
    let received = pupil.wait_type("publication").await;
    assert_eq!((&received["kind"], &received["body"]), (&json!("assignment"), &assignment));
    assert_eq!(received["position"], stored["position"]);

    let announcement = json!({"title": "Sortie", "text": "Rendez-vous à 8 h."});
    let publish = json!({"kind": "announcement", "message_id": "m2", "body": announcement});
    let (status, stored) = hub.publish("staff", "bulletin:lycee", publish).await;
    assert_eq!(status, 201, "{stored}");
    let received = pupil.wait_type("publication").await;
    assert_eq!((&received["channel"], &received["body"]), (&json!("bulletin:lycee"), &announcement));
    assert_eq!(received["author"], "staff");
}

#[tokio::test]
async fn an_audience_hides_a_publication_from_everybody_else_live_and_later() {
    let hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-01").await;
    pupil.subscribe("class:2a", json!("now")).await;
    let mut teacher = Client::join(&hub, "t-a").await;
    teacher.subscribe("class:2a", json!("now")).await;
    let mut for_teachers = post("class:2a", "m1", "for teachers");
    for_teachers["audience"] = json!(["teacher"]);
    assert_eq!(teacher.ask(for_teachers).await["type"], "published");
    teacher.post("class:2a", "m2", "for all").await;
    assert_eq!(pupil.wait_type("publication").await["body"]["text"], "for all");
    assert_eq!(texts(&pupil.drain().await), Vec::<String>::new());
    assert_eq!(teacher.wait_type("publication").await["body"]["text"], "for teachers");

    let mut late = Client::join(&hub, "s-a-02").await;
    late.subscribe("class:2a", json!({"last": 10})).await;
    late.wait_type("caught_up").await;
    assert_eq!(texts(&late.drain().await), ["for all"]);
    let (_, history) = hub.history("s-a-02", "class:2a", "").await;
    assert_eq!(history["publications"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_author_hears_of_its_publication_only_after_its_answer() {
    let hub = Hub::start().await;
    let mut teacher = Client::join(&hub, "t-a").await;
    teacher.subscribe("class:2a", json!("now")).await;
    for number in 0..30 {
        let mut request = post("class:2a", &format!("m{number}"), "text");
        request["id"] = json!(1_000 + number);
        teacher.send(&request).await;
    }
    let mut answered = 0_u64;
    let mut heard = 0_u64;
    while heard < 30 {
        let frame = teacher.frame().await.unwrap();
        match frame["type"].as_str() {
            Some("published") => answered += 1,
            Some("publication") => {
                heard += 1;
                assert!(heard <= answered, "publication {heard} came before its answer");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn rights_are_asked_for_each_request_and_refusals_are_typed() {
    let hub = Hub::start().await;
    let refusals: [(&str, Value); 8] = [
        ("s-a-00", json!({"type": "subscribe", "channel": "class:2b", "from": "now"})),
        ("s-a-00", json!({"type": "subscribe", "channel": "class:nowhere", "from": "now"})),
        ("s-a-00", json!({"type": "subscribe", "channel": "account:s-a-01", "from": "now"})),
        ("guardian", json!({"type": "subscribe", "channel": "class:2a", "from": "now"})),
        ("guardian", json!({"type": "subscribe", "channel": "school:lycee", "from": "now"})),
        ("guardian", post("bulletin:lycee", "m", "text")),
        ("t-a", post("class:2b", "m", "text")),
        ("operator", post("class:2a", "m", "text")),
    ];
    for (account, request) in refusals {
        let mut client = Client::join(&hub, account).await;
        let answer = client.ask(request.clone()).await;
        assert_eq!(
            (&answer["type"], &answer["code"]),
            (&json!("error"), &json!("not_allowed")),
            "{account}: {request}"
        );
    }
    let mut guardian = Client::join(&hub, "guardian").await;
    for channel in ["account:guardian", "bulletin:lycee", "bulletin:region"] {
        assert_eq!(guardian.subscribe(channel, json!("now")).await["type"], "fresh", "{channel}");
    }
}
