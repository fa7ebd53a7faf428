//! Families: a link that is cut is gone at once, on open sockets too, and stays so whatever rosters say.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::binary::outcome;
use crate::support::bundle::Bundle;
use crate::support::client::Client;
use crate::support::hub::Hub;

const BULLETIN: &str = "bulletin:lycee";

/// An operator's command with JSON as its answer: its exit code, the answer, complaints.
async fn try_ops(hub: &Hub, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let home = hub.path("data");
    let hub = ["--json", "--as", "ada", "--data", home.to_str().unwrap()];
    let (code, text, said) = outcome(&[&["ops"], arguments, &hub].concat()).await;
    (code, serde_json::from_str(&text).unwrap_or_default(), said)
}

/// The same where it must succeed.
async fn ops(hub: &Hub, arguments: &[&str]) -> Value {
    let (code, answer, said) = try_ops(hub, arguments).await;
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    answer
}

fn link<'a>(verdict: &'a str, more: &'a [&'a str]) -> Vec<&'a str> {
    let whose = ["--guardian", "guardian", "--child", "s-a-00", "--why", "a judge's order"];
    [&["link", verdict], &whose[..], more].concat()
}

async fn schools(hub: &Hub, account: &str) -> usize {
    let (status, me) = hub.request(Method::GET, "/v1/me", &hub.token(account), None).await;
    assert_eq!(status, 200, "{me}");
    me["schools"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_cut_link_is_gone_on_open_sockets_after_a_reload_and_after_a_crash() {
    let mut hub = Hub::start().await;
    let mut guardian = Client::join(&hub, "guardian").await;
    assert_eq!(guardian.subscribe(BULLETIN, json!("now")).await["type"], "fresh");
    let tried = ops(&hub, &link("cut", &["--dry-run"])).await;
    assert_eq!((&tried["outcome"], &tried["trial"]["linked"]), (&json!("dry_run"), &json!(true)));
    assert_eq!(schools(&hub, "guardian").await, 1, "a dry run changes nothing");

    ops(&hub, &link("cut", &[])).await;
    let told = guardian.wait_type("unsubscribed").await;
    assert_eq!((&told["channel"], told["id"].is_null()), (&json!(BULLETIN), true));
    assert_eq!(guardian.subscribe(BULLETIN, json!("now")).await["code"], "not_allowed");
    assert_eq!(
        guardian.subscribe("account:guardian", json!("now")).await["type"],
        "fresh",
        "it is still theirs"
    );
    assert_eq!(schools(&hub, "s-a-00").await, 1, "the child stays where it is");

    hub.write_roster(&Bundle::default());
    let reload = "/v1/operator/roster/reload";
    let (status, answer) = hub.request(Method::POST, reload, &hub.token("operator"), Some(json!({}))).await;
    assert_eq!((status, &answer["changed_accounts"]), (200, &json!(0)), "{answer}");
    assert_eq!(guardian.subscribe(BULLETIN, json!("now")).await["code"], "not_allowed");
    hub.kill().await;
    hub.restart().await;
    let mut guardian = Client::join(&hub, "guardian").await;
    assert_eq!(guardian.subscribe(BULLETIN, json!("now")).await["code"], "not_allowed");

    ops(&hub, &link("restore", &[])).await;
    assert_eq!(guardian.subscribe(BULLETIN, json!("now")).await["type"], "fresh");
    let audit = ops(&hub, &["audit"]).await;
    let entries = audit["entries"].as_array().unwrap();
    let said: Vec<_> = entries.iter().map(|one| (&one["what"], &one["outcome"], &one["setting"])).collect();
    let (link, done, cut) = (json!("link"), json!("done"), json!("cut"));
    let expected = [(&link, &done, &cut), (&link, &done, &cut), (&link, &json!("dry_run"), &Value::Null)];
    assert_eq!(said, expected);
    assert_eq!(entries[1]["after"], json!({"guardian": "guardian", "child": "s-a-00"}));
}

#[tokio::test]
async fn what_is_no_link_is_refused_and_a_later_roster_does_not_bring_a_cut_one() {
    let hub = Hub::start().await;
    let refused = try_ops(&hub, &link("restore", &[])).await;
    assert!(refused.0 == Some(1) && refused.2.contains("not_found"), "{}", refused.2);
    let wrong = ["link", "cut", "--guardian", "t-a", "--child", "s-a-00", "--why", "x"];
    assert!(try_ops(&hub, &wrong).await.2.contains("not_found"));
    let other = ["link", "cut", "--guardian", "guardian", "--child", "s-a-01", "--why", "x"];
    assert_eq!(ops(&hub, &other).await["trial"]["linked"], false);
    assert_eq!(schools(&hub, "guardian").await, 1);
}

#[tokio::test]
async fn a_student_of_age_decides_and_a_schools_staff_cuts_links_of_its_own() {
    let mut hub = Hub::start().await;
    let ask = async |hub: &Hub, account: &str, method: Method, path: &str, body: Option<Value>| {
        hub.request(method, path, &hub.token(account), body).await
    };
    let stop = Some(json!({"stopped": true}));
    let (status, found) = ask(&hub, "s-a-00", Method::GET, "/v1/family", None).await;
    assert_eq!((status, found), (200, json!({"adult": false, "stopped": false})));
    let refused = ask(&hub, "s-a-00", Method::PUT, "/v1/family", stop.clone()).await;
    assert_eq!((refused.0, &refused.1["code"]), (403, &json!("not_allowed")));
    hub.write_roster(&Bundle { adults: vec!["s-a-00".into()], ..Bundle::default() });
    ask(&hub, "operator", Method::POST, "/v1/operator/roster/reload", Some(json!({}))).await;
    let stopped = ask(&hub, "s-a-00", Method::PUT, "/v1/family", stop.clone()).await;
    assert_eq!(stopped, (200, json!({"adult": true, "stopped": true})));
    assert_eq!(ask(&hub, "guardian", Method::PUT, "/v1/family", stop).await.0, 403);
    assert_eq!(schools(&hub, "guardian").await, 1, "what is for the school stays the family's");
    hub.kill().await;
    hub.restart().await;
    let (_, found) = ask(&hub, "s-a-00", Method::GET, "/v1/family", None).await;
    assert_eq!(found["stopped"], true);

    let cut = json!({"guardian": "guardian", "child": "s-a-00", "verdict": "cut", "why": "a judge's order"});
    for account in ["t-a", "guardian", "s-a-00"] {
        let refused = ask(&hub, account, Method::POST, "/v1/family/links", Some(cut.clone())).await;
        assert_eq!((refused.0, &refused.1["code"]), (403, &json!("not_allowed")), "{account}");
    }
    let done = ask(&hub, "staff", Method::POST, "/v1/family/links", Some(cut)).await;
    assert_eq!(done.0, 200, "{}", done.1);
    assert_eq!(schools(&hub, "guardian").await, 0);
    assert_eq!(ops(&hub, &["audit"]).await["entries"][0]["who"], "staff");
}
