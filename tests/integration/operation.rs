//! How a hub is started, told things and ended, and what it says when it can't start.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::hub::{Hub, PATIENCE, configure, outcome};

#[tokio::test]
async fn a_demo_opens_a_class_and_drains_when_it_is_told_to_end() {
    let hub = Hub::demo();
    let (teacher, pupil) = (hub.login("t.martin").await, hub.login("s.petit").await);
    let mut client = hub.join(&pupil).await;
    client.follow("class:2A").await;
    let post = json!({"kind": "post", "message_id": "m1", "body": {"text": "Bonjour"}});
    let (status, stored) = hub.post("/v1/channels/class:2A/publications", &teacher, &post).await;
    assert_eq!((status, &stored["duplicate"]), (201, &json!(false)));
    let heard = client.next().await;
    assert_eq!((&heard["position"], &heard["body"]["text"]), (&stored["position"], &json!("Bonjour")));
    hub.signal("-TERM");
    let (code, reason) = client.closed().await;
    assert_eq!((code, &reason["code"]), (4100, &json!("draining")));
    assert!(reason["retry_ms"].is_array());
    assert_eq!(hub.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_hang_up_reads_the_roster_again_and_open_sockets_hear_of_it() {
    let hub = Hub::serve(tempfile::tempdir().unwrap(), "");
    let pupil = hub.token("s.petit");
    let mut client = hub.join(&pupil).await;
    client.follow("class:2A").await;
    leave_class(&hub.folder.path().join("roster/enrollments.csv"), "s.petit", "2A");
    hub.signal("-HUP");
    assert_eq!(client.next().await, json!({"type": "unsubscribed", "channel": "class:2A"}));
    let (_, me) = hub.get("/v1/me", &pupil).await;
    assert!(!me["channels"].as_array().unwrap().contains(&json!("class:2A")));
    let (status, refusal) = hub.get("/v1/channels/class:2A/publications", &pupil).await;
    assert_eq!((status, &refusal["code"]), (403, &json!("not_allowed")));
}

/// Takes a student out of a class.
fn leave_class(enrolments: &Path, account: &str, class: &str) {
    let text = std::fs::read_to_string(enrolments).unwrap();
    let holds = |line: &str, id: &str| line.split(',').any(|field| field.trim_matches('"') == id);
    let (left, kept): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| holds(line, account) && holds(line, class));
    assert_eq!(left.len(), 1, "one enrolment of {account} in {class}");
    std::fs::write(enrolments, kept.join("\r\n") + "\r\n").unwrap();
}

#[tokio::test]
async fn a_bad_roster_is_refused_by_the_operators_call_and_the_old_one_stays() {
    let hub = Hub::serve(tempfile::tempdir().unwrap(), "");
    let operator = hub.token("o.bernard");
    let reload = "/v1/operator/roster/reload";
    let (status, loaded) = hub.post(reload, &operator, &json!({})).await;
    assert_eq!((status, &loaded["changed_accounts"]), (200, &json!(0)));
    std::fs::remove_file(hub.folder.path().join("roster/users.csv")).unwrap();
    let (status, refused) = hub.post(reload, &operator, &json!({"allow_shrink": true})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("roster_refused")));
    assert!(!refused["more"]["diagnostics"].as_object().unwrap().is_empty(), "{refused}");
    assert_eq!(hub.get("/v1/me", &operator).await.0, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn a_reload_that_never_ends_refuses_the_next_and_holds_up_nobody() {
    let hub = Hub::serve(tempfile::tempdir().unwrap(), "");
    let operator = hub.token("o.bernard");
    // Opening a pipe that nobody writes to waits for ever, as a dead network disk would.
    let users = hub.folder.path().join("roster/users.csv");
    std::fs::remove_file(&users).unwrap();
    assert!(Command::new("mkfifo").arg(&users).status().unwrap().success());
    let nothing = json!({});
    let reload = || hub.post("/v1/operator/roster/reload", &operator, &nothing);
    let first = async {
        tokio::select! { answer = reload() => answer, answer = reload() => answer }
    };
    let (status, refused) = timeout(PATIENCE, first).await.unwrap();
    assert_eq!((status, &refused["code"], &refused["retry_after_ms"]), (503, &json!("busy"), &json!(5_000)));
    assert_eq!(hub.get("/v1/me", &operator).await.0, 200);
    hub.signal("-HUP");
    hub.signal("-TERM");
    assert_eq!(hub.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_changed_key_set_is_in_force_within_moments() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, issuers) =
        (folder.path().join("keys.json"), [folder.path().join("a"), folder.path().join("b")]);
    let tokens = issuers.each_ref().map(|home| {
        let (code, token, said) =
            outcome(&["token", "--account", "s.petit", "--data", home.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        token.trim().to_owned()
    });
    std::fs::copy(issuers[0].join("jwks.json"), &keys).unwrap();
    let hub = Hub::serve(folder, &format!("[identity]\njwks = '{}'\n", keys.display()));
    assert_eq!(hub.get("/v1/me", &tokens[0]).await.0, 200);
    assert_eq!(hub.get("/v1/me", &tokens[1]).await.1["code"], "token_invalid");
    std::fs::rename(issuers[1].join("jwks.json"), &keys).unwrap();
    let taken_over = async { while hub.get("/v1/me", &tokens[1]).await.0 != 200 {} };
    timeout(PATIENCE, taken_over).await.unwrap();
    assert_eq!(hub.get("/v1/me", &tokens[0]).await.1["code"], "token_invalid");
}

#[test]
fn serve_refuses_to_set_the_schools_clock() {
    for arguments in [["serve", "--speed", "60"], ["serve", "--school-time", "2026-03-27T17:58"]] {
        let (code, _, said) = outcome(&arguments);
        assert_eq!(code, Some(2));
        assert!(said.contains("preau demo"), "{said}");
    }
}

#[test]
fn a_start_that_fails_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |more: &str| {
        let config = configure(folder.path(), more);
        let (code, _, said) = outcome(&["serve", "--config", config.to_str().unwrap()]);
        assert_eq!(code, Some(1), "{said}");
        said
    };
    let said = fails("zone = 'Europe/Lyon'\nhub = { shards = 99 }\n");
    assert!(said.contains("zone must be") && said.contains("hub.shards must be 0 to 64"), "{said}");
    let said = fails("identity = { jwks = '/nowhere/keys.json' }\n");
    assert!(said.contains("/nowhere/keys.json"), "{said}");
    std::fs::create_dir(folder.path().join("home")).unwrap();
    std::fs::write(folder.path().join("home/preau.db"), "this is no database, and long enough to tell")
        .unwrap();
    let said = fails("");
    assert!(said.contains("the store in"), "{said}");
    std::fs::remove_dir_all(folder.path().join("home")).unwrap();
    std::fs::remove_file(folder.path().join("roster/orgs.csv")).unwrap();
    let said = fails("");
    assert!(said.contains("preau roster check"), "{said}");
}

#[tokio::test]
async fn a_folder_or_a_port_in_use_is_named() {
    let hub = Hub::serve(tempfile::tempdir().unwrap(), "");
    let config = hub.folder.path().join("preau.toml");
    let (code, _, said) = outcome(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(said.contains("another process uses this data folder"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let (code, _, said) = outcome(&["demo", "--addr", &address, "--data", home.path().to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("can't listen on {address}")), "{said}");
}

#[test]
fn a_configuration_is_checked_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("preau.toml");
    std::fs::write(&config, "adr = '127.0.0.1:1'\n").unwrap();
    let (code, _, said) = outcome(&["config", "check", config.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(said.contains("adr is not a key"), "{said}");
    std::fs::write(&config, "addr = '127.0.0.1:1'\n").unwrap();
    assert_eq!(outcome(&["config", "check", config.to_str().unwrap()]).0, Some(0));
    let (code, _, said) = outcome(&["config", "check", "/nowhere/preau.toml"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("can't be read"), "{said}");
}

#[test]
fn the_openapi_document_can_be_printed() {
    let (code, document, _) = outcome(&["openapi"]);
    assert_eq!(code, Some(0));
    let document: Value = serde_json::from_str(&document).unwrap();
    assert!(document["paths"]["/v1/seat"]["post"].is_object());
}
