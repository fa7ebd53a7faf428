//! A new roster while the hub runs: by signal and by an operator's call; what it changes acts on open connections.

use reqwest::Method;
use serde_json::json;

use crate::support::bundle::{Bundle, student};
use crate::support::client::{Client, End};
use crate::support::hub::Hub;

const RELOAD: &str = "/v1/operator/roster/reload";

fn changed() -> Bundle {
    Bundle {
        without: vec![student('a', 1)],
        unenrolled: vec![("2a".into(), student('a', 2))],
        ..Bundle::default()
    }
}

async fn members(hub: &Hub) -> [Client; 3] {
    let mut members = [
        Client::join(hub, &student('a', 0)).await,
        Client::join(hub, &student('a', 1)).await,
        Client::join(hub, &student('a', 2)).await,
    ];
    for member in &mut members {
        member.subscribe("class:2a", json!("now")).await;
    }
    members
}

async fn acted(mut members: [Client; 3]) {
    let [stays, gone, moved] = &mut members;
    assert_eq!(gone.end().await, End::Closed(4002, r#"{"code":"revoked"}"#.into()));
    let told = moved.wait_type("unsubscribed").await;
    assert_eq!((&told["channel"], told["id"].is_null()), (&json!("class:2a"), true));
    assert_eq!(moved.subscribe("class:2a", json!("now")).await["code"], "not_allowed");
    assert_eq!(stays.post("class:2a", "m1", "still here").await["type"], "published");
}

#[tokio::test]
async fn a_signal_loads_the_roster_that_is_on_disk() {
    let hub = Hub::start().await;
    let members = members(&hub).await;
    hub.write_roster(&changed());
    hub.signal("-HUP").await;
    acted(members).await;
}

#[tokio::test]
async fn an_operator_reloads_and_nobody_else() {
    let hub = Hub::start().await;
    let members = members(&hub).await;
    hub.write_roster(&changed());
    let body = Some(json!({"allow_shrink": false}));
    for account in ["t-a", "staff", "s-a-00", "guardian"] {
        let (status, problem) = hub.request(Method::POST, RELOAD, &hub.token(account), body.clone()).await;
        assert_eq!((status, &problem["code"]), (403, &json!("not_allowed")), "{account}");
    }
    let (status, answer) = hub.request(Method::POST, RELOAD, &hub.token("operator"), body).await;
    assert_eq!(status, 200, "{answer}");
    acted(members).await;
}

#[tokio::test]
async fn a_broken_or_shrunken_roster_leaves_the_one_in_force() {
    let hub = Hub::start().await;
    let token = hub.token("operator");
    let mut pupil = Client::join(&hub, "s-a-00").await;
    pupil.subscribe("class:2a", json!("now")).await;

    let almost_nobody = Bundle {
        without: ('a'..='b').flat_map(|class| (0..35).map(move |number| student(class, number))).collect(),
        ..Bundle::default()
    };
    hub.write_roster(&almost_nobody);
    let refused = hub.request(Method::POST, RELOAD, &token, Some(json!({"allow_shrink": false}))).await;
    assert_eq!((refused.0, &refused.1["code"]), (409, &json!("roster_refused")));

    std::fs::write(hub.path("roster/users.csv"), "nonsense\n").unwrap();
    let refused = hub.request(Method::POST, RELOAD, &token, Some(json!({"allow_shrink": true}))).await;
    assert_eq!((refused.0, &refused.1["code"]), (409, &json!("roster_refused")));
    assert!(!refused.1["more"]["diagnostics"].as_object().unwrap().is_empty(), "{}", refused.1);
    assert_eq!(pupil.post("class:2a", "m1", "still here").await["type"], "published");

    hub.write_roster(&almost_nobody);
    let (status, answer) =
        hub.request(Method::POST, RELOAD, &token, Some(json!({"allow_shrink": true}))).await;
    assert_eq!(status, 200, "{answer}");
    assert!(matches!(pupil.end().await, End::Closed(4002, _)));
}
