//! What a hub keeps about one account: exported, erased, and never in its log lines.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::binary::outcome;
use crate::support::client::Client;
use crate::support::hub::Hub;

const WORDS: &str = "le-mot-de-Zoé";

async fn account(hub: &Hub, arguments: &[&str]) -> String {
    let home = hub.path("data");
    let hub = ["--as", "ada", "--data", home.to_str().unwrap()];
    let (code, text, said) = outcome(&[&["account"], arguments, &hub].concat()).await;
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    text
}

async fn publications(hub: &Hub) -> Vec<Value> {
    let (status, page) = hub.history("t-a", "class:2a", "?from=0").await;
    assert_eq!(status, 200, "{page}");
    page["publications"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_account_is_exported_then_erased_while_others_read_on() {
    let mut hub = Hub::start().await;
    hub.post("s-a-00", "class:2a", "m1", WORDS).await;
    hub.post("s-a-01", "class:2a", "m1", "another's").await;
    let mut reader = Client::join(&hub, "s-a-02").await;
    reader.subscribe("class:2a", json!("now")).await;
    let export = account(&hub, &["export", "s-a-00", "--why", "she asked"]).await;
    let export: Value = serde_json::from_str(&export).unwrap();
    assert_eq!((&export["account"], &export["roster"]["classes"]), (&json!("s-a-00"), &json!(["2a"])));
    assert_eq!(export["publications"][0]["body"]["text"], WORDS);
    assert_eq!(export["publications"].as_array().unwrap().len(), 1);

    let before = publications(&hub).await;
    let counted = account(&hub, &["erase", "s-a-00", "--why", "she asked", "--dry-run"]).await;
    assert!(counted.contains("1 publications"), "{counted}");
    assert_eq!(publications(&hub).await, before);
    let said = account(&hub, &["erase", "s-a-00", "--why", "she asked"]).await;
    assert!(said.contains("Erased:") && said.contains("1 publications"), "{said}");
    for round in ["m1", "m2"] {
        let after = publications(&hub).await;
        assert_eq!((&after[0]["author"], &after[0]["body"]["text"]), (&json!("{erased}"), &json!("[…]")));
        assert_eq!(after[0]["position"], before[0]["position"], "places stay");
        assert_eq!(after[1], before[1], "others' words stay");
        assert_eq!(reader.post("class:2a", round, "still here").await["type"], "published");
        hub.kill().await;
        hub.restart().await;
        reader = Client::join(&hub, "s-a-02").await;
    }
    let again = account(&hub, &["erase", "s-a-00", "--why", "again"]).await;
    assert!(!again.contains("publications"), "{again}");
    let export = account(&hub, &["export", "s-a-00", "--why", "to see"]).await;
    assert!(!export.contains(WORDS), "{export}");
    let (_, audit, _) =
        outcome(&["ops", "audit", "--json", "--data", hub.path("data").to_str().unwrap()]).await;
    let audit: Value = serde_json::from_str(&audit).unwrap();
    let erasures = audit["entries"].as_array().unwrap().iter().filter(|one| one["what"] == "erase");
    let erasures: Vec<String> = erasures.map(ToString::to_string).collect();
    assert!(erasures.len() == 3 && erasures.iter().all(|one| !one.contains("s-a-00")), "{erasures:?}");
}

#[tokio::test]
async fn retention_says_what_it_removed() {
    let hub = Hub::start().await;
    let home = hub.path("data");
    let arguments = ["ops", "status", "--data", home.to_str().unwrap()];
    // The first round runs when the hub starts.
    loop {
        let (code, screen, said) = outcome(&arguments).await;
        assert_eq!(code, Some(0), "{said}");
        if screen.contains("retention removed last: nothing") {
            break;
        }
        assert!(!screen.contains("retention failed"), "{screen}");
    }
}

#[tokio::test]
async fn at_debug_level_a_day_leaves_no_name_and_no_word_in_the_log() {
    let mut hub = Hub::start().await;
    hub.kill().await;
    let file = hub.path("preau.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}[log]\nlevel = \"debug\"\n")).unwrap();
    hub.restart().await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    pupil.subscribe("class:2a", json!("now")).await;
    assert_eq!(pupil.post("class:2a", "m1", WORDS).await["type"], "published");
    // Refusals are where words slip out.
    pupil.post("school:lycee", "m2", WORDS).await;
    pupil.ask(json!({"type": "publish", "channel": "class:2a", "kind": "post", "message_id": "m3", "body": {"text": 7, "x": WORDS}})).await;
    pupil.post("class:2a", "m1", "le-mot-de-Zoé, other").await;
    let token = hub.token("s-a-00");
    let wrong = json!({"kind": "post", "message_id": WORDS, "body": {"words": WORDS}});
    hub.publish_as(&token, "class:2a", wrong).await;
    for path in ["/v1/me", "/v1/people?channel=class:2a", "/v1/family"] {
        hub.request(Method::GET, path, &token, None).await;
    }
    let urgent = json!({"kind": "announcement", "message_id": "u1", "urgent": {"reason": WORDS}, "body": {"title": WORDS, "text": WORDS}});
    hub.publish("staff", "school:lycee", urgent).await;
    account(&hub, &["export", "s-a-00", "--why", WORDS]).await;
    account(&hub, &["erase", "s-a-00", "--why", WORDS]).await;
    assert!(hub.terminate().await);
    let log = hub.log();
    assert!(log.contains("DEBUG") && log.contains("s-a-00"), "it does log, and by identifiers");
    for secret in [WORDS, "Zoé", "Given", "Family", token.as_str()] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
