//! Publishing, history and the rest over plain HTTP, against the running hub.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::binary::outcome;
use crate::support::client::Client;
use crate::support::hub::Hub;

fn texts(page: &Value) -> Vec<&str> {
    let publications = page["publications"].as_array().unwrap();
    publications.iter().map(|publication| publication["body"]["text"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn history_is_paged_forwards_and_backwards_and_by_kind() {
    let hub = Hub::start().await;
    for number in 0..10 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
    }
    let notice = json!({"kind": "announcement", "message_id": "n", "body": {"title": "t", "text": "notice"}});
    assert_eq!(hub.publish("t-a", "class:2a", notice).await.0, 201);
    let (_, newest) = hub.history("s-a-00", "class:2a", "?limit=3").await;
    assert_eq!((texts(&newest), &newest["more"]), (vec!["8", "9", "notice"], &json!(true)));
    let before = newest["through"]["offset"].as_u64().unwrap();
    assert_eq!(json!(before), newest["publications"][0]["position"]["offset"]);
    let (_, earlier) = hub.history("s-a-00", "class:2a", &format!("?before={before}&limit=4")).await;
    assert_eq!(texts(&earlier), ["4", "5", "6", "7"]);
    let from = earlier["publications"][3]["position"]["offset"].as_u64().unwrap();
    let (_, later) = hub.history("s-a-00", "class:2a", &format!("?from={from}&limit=200")).await;
    assert_eq!((texts(&later), &later["more"]), (vec!["8", "9", "notice"], &json!(false)));
    let (_, notices) = hub.history("s-a-00", "class:2a", "?kind=announcement").await;
    assert_eq!(texts(&notices), ["notice"]);
    assert_eq!(notices["publications"][0]["author"], "t-a");
}

#[tokio::test]
async fn each_refusal_is_a_problem_with_its_code() {
    let hub = Hub::start().await;
    let post = |id: &str, text: &str| json!({"kind": "post", "message_id": id, "body": {"text": text}});
    let refusals = [
        (hub.publish("guardian", "class:2a", post("m", "t")).await, 403, "not_allowed"),
        (hub.publish("t-a", "class:nowhere", post("m", "t")).await, 403, "not_allowed"),
        (hub.publish("t-a", "nonsense", post("m", "t")).await, 400, "malformed"),
        (hub.publish("t-a", "class:2a", json!({"kind": "post"})).await, 400, "malformed"),
        (hub.publish("t-a", "class:2a", post("m", "")).await, 422, "invalid_body"),
        (hub.history("s-b-00", "class:2a", "").await, 403, "not_allowed"),
        (hub.history("s-a-00", "class:2a", "?limit=201").await, 400, "malformed"),
        (hub.history("s-a-00", "class:2a", "?limit=x").await, 400, "malformed"),
        (hub.history("s-a-00", "class:2a", "?kind=song").await, 400, "malformed"),
        (hub.request(Method::GET, "/v1/nowhere", &hub.token("t-a"), None).await, 404, "not_found"),
        (hub.request(Method::PUT, "/v1/seat", &hub.token("t-a"), None).await, 405, "method_not_allowed"),
        (
            hub.request(Method::POST, "/v1/demo/login", "", Some(json!({"account": "t-a"}))).await,
            404,
            "not_found",
        ),
    ];
    for ((status, problem), expected, code) in refusals {
        assert_eq!((status, problem["code"].as_str()), (expected, Some(code)), "{problem}");
        assert_eq!(problem["status"], expected);
        assert_eq!(problem["type"], format!("urn:preau:problem:{code}"));
    }
}

#[tokio::test]
async fn who_i_am_is_what_the_roster_says() {
    let hub = Hub::start().await;
    let (status, me) = hub.request(Method::GET, "/v1/me", &hub.token("s-a-00"), None).await;
    assert_eq!((status, &me["account"], &me["role"]), (200, &json!("s-a-00"), &json!("student")));
    let mut channels: Vec<&str> =
        me["channels"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    channels.sort_unstable();
    let expected = [
        "account:s-a-00",
        "bulletin:lycee",
        "bulletin:region",
        "class:2a",
        "level:lycee/2nde",
        "region",
        "school:lycee",
    ];
    assert_eq!(channels, expected);
    let mut client = Client::join(&hub, "s-a-00").await;
    for channel in expected {
        assert_eq!(client.subscribe(channel, json!("now")).await["type"], "fresh", "{channel}");
    }
}

#[tokio::test]
async fn health_and_metrics_tell_the_truth() {
    let mut hub = Hub::start().await;
    let _pupil = Client::join(&hub, "s-a-00").await;
    hub.post("t-a", "class:2a", "m1", "text").await;
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", hub.address())).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await.0, 200);
    assert_eq!(get("/readyz").await.0, 200);
    let metrics = hub.metrics().await;
    for line in
        [r#"preau_connections{role="student"} 1"#, "preau_commits_total 1", "preau_seats_given_total 1"]
    {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    // Not for everybody who reaches the hub.
    assert!(!get("/metrics").await.1.contains("preau_"));
    assert!(hub.terminate().await);
    assert!(!hub.path("data/operator.json").exists(), "nobody is sent to a hub that has ended");
}

#[tokio::test]
async fn operators_have_a_door_of_their_own() {
    let hub = Hub::start().await;
    let (address, secret) = hub.operators();
    let ask = async |token: &str| {
        let request = reqwest::Client::new().get(format!("{address}/v1/operator/status"));
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    assert_eq!(ask(&secret).await.1["is_storing"], true);
    assert_eq!(ask(&hub.token("operator")).await.0, 200);
    assert_eq!(ask(&hub.token("t-a")).await.1["code"], "not_allowed");
    assert_eq!(ask(&secret.replace(['0', '1', '2', '3'], "4")).await.1["code"], "token_invalid");
    let folder = hub.path("data");
    let (code, screen, _) = outcome(&["ops", "status", "--data", folder.to_str().unwrap()]).await;
    assert_eq!(code, Some(0), "{screen}");
    let (code, _, said) = outcome(&["ops", "status", "--data", "nowhere"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("no hub runs on nowhere"), "{said}");
}
