//! Quiet hours over a weekend, from the answer on Friday evening to the delivery on Monday morning.

use preau::roster::DEMO;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::{Client, post, texts};
use crate::support::hub::Hub;

const CLASS: &str = "class:2A";
const SCHOOL: &str = "school:lycee-du-preau";
/// The clocks change in the night from Saturday to Sunday between the two.
const FRIDAY_EVENING: &str = "2026-03-27T21:00";
const MONDAY_MORNING: &str = "2026-03-30T07:00";

/// School time in milliseconds.
fn paris(civil: &str) -> i64 {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    civil.parse::<jiff::civil::DateTime>().unwrap().to_zoned(zone).unwrap().timestamp().as_millisecond()
}

async fn set_clock(hub: &Hub, school_time: Value) {
    let request = json!({ "school_time": school_time });
    let (status, answer) = hub.request(Method::POST, "/v1/demo/clock", "", Some(request)).await;
    assert_eq!(status, 200, "{answer}");
}

fn announcement(message_id: &str) -> Value {
    json!({"kind": "announcement", "message_id": message_id, "body": {"title": "t", "text": message_id}})
}

/// The same as a message of a socket.
fn announcing(channel: &str, message_id: &str) -> Value {
    let mut message = announcement(message_id);
    (message["type"], message["channel"]) = (json!("publish"), json!(channel));
    message
}

/// A pupil who follows the class and the school.
async fn pupil(hub: &Hub) -> Client {
    let mut pupil = Client::try_join(hub, &hub.login(DEMO.student).await).await.unwrap();
    for channel in [CLASS, SCHOOL] {
        assert_eq!(pupil.subscribe(channel, json!("now")).await["type"], "fresh");
    }
    pupil
}

#[tokio::test]
async fn what_is_announced_on_friday_evening_is_delivered_on_monday_morning() {
    let hub = Hub::demo_with(&[("PREAU_CALENDAR__PRESETS", r#"["national"]"#)]).await;
    set_clock(&hub, json!(FRIDAY_EVENING)).await;
    let mut pupil = pupil(&hub).await;
    let mut teacher = Client::try_join(&hub, &hub.login(DEMO.teacher).await).await.unwrap();
    let staff = hub.login(DEMO.staff).await;

    let monday = json!(paris(MONDAY_MORNING));
    let kept = teacher.ask(announcing(CLASS, "kept-1")).await;
    assert_eq!((&kept["type"], &kept["deliver_at"]), (&json!("scheduled"), &monday), "{kept}");
    let (status, kept) = hub.publish_as(&staff, SCHOOL, announcement("kept-2")).await;
    assert_eq!((status, &kept["deliver_at"]), (202, &monday), "{kept}");

    // What is for now passes: a post, and what is urgent.
    assert_eq!(teacher.ask(post(CLASS, "post", "post")).await["type"], "published");
    let mut urgent = announcement("urgent");
    urgent["urgent"] = json!({"reason": "Fuite de gaz"});
    let (status, stored) = hub.publish_as(&staff, SCHOOL, urgent).await;
    assert_eq!(status, 201, "{stored}");
    let mut heard = vec![pupil.wait_type("publication").await, pupil.wait_type("publication").await];
    assert_eq!(texts(&heard), ["post", "urgent"]);
    assert_eq!(heard[1]["urgent"], true);

    set_clock(&hub, json!(paris(MONDAY_MORNING) + 1_000)).await;
    for _ in 0..2 {
        heard.push(pupil.wait_type("publication").await);
    }
    assert!(heard[2..].iter().all(|kept| kept["published_at"].as_i64() >= monday.as_i64()), "{heard:?}");
    // Sent again, they are known; and nothing comes between them and what is new.
    let again = teacher.ask(announcing(CLASS, "kept-1")).await;
    assert_eq!((&again["type"], &again["duplicate"]), (&json!("published"), &json!(true)));
    let (status, again) = hub.publish_as(&staff, SCHOOL, announcement("kept-2")).await;
    assert_eq!((status, &again["duplicate"]), (200, &json!(true)));
    assert_eq!(teacher.ask(announcing(CLASS, "new-1")).await["type"], "published");
    assert_eq!(hub.publish_as(&staff, SCHOOL, announcement("new-2")).await.0, 201);
    for _ in 0..2 {
        heard.push(pupil.wait_type("publication").await);
    }
    let mut heard = texts(&heard);
    heard[2..].sort_unstable();
    assert_eq!(heard[2..], ["kept-1", "kept-2", "new-1", "new-2"]);
}
