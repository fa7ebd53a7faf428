//! How a hub is started, told things and ended, and what it says when it can't start.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use preau::base::{AccountId, Clock, clock::SystemClock};
use preau::identity::Issuer;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::binary::outcome;
use crate::support::bundle::Bundle;
use crate::support::client::{Client, End, PATIENCE};
use crate::support::hub::{Hub, Options};

#[tokio::test]
async fn a_demo_opens_a_class_and_drains_when_it_is_told_to_end() {
    let mut hub = Hub::demo().await;
    let (teacher, pupil) = (hub.login("t.martin").await, hub.login("s.petit").await);
    let mut client = Client::try_join(&hub, &pupil).await.unwrap();
    client.subscribe("class:2A", json!("now")).await;
    let post = json!({"kind": "post", "message_id": "m1", "body": {"text": "Bonjour"}});
    let (status, stored) = hub.publish_as(&teacher, "class:2A", post).await;
    assert_eq!((status, &stored["duplicate"]), (201, &json!(false)));
    let heard = client.wait_type("publication").await;
    assert_eq!((&heard["position"], &heard["body"]["text"]), (&stored["position"], &json!("Bonjour")));
    let (ended, end) = tokio::join!(hub.terminate(), client.end());
    assert!(ended, "{}", hub.log());
    let End::Closed(4100, reason) = end else { panic!("{end:?}") };
    let reason: Value = serde_json::from_str(&reason).unwrap();
    assert_eq!(reason["code"], "draining");
    assert!(reason["retry_ms"].is_array());
}

#[tokio::test]
async fn a_token_of_the_command_line_is_the_embedded_issuers() {
    let hub = Hub::demo().await;
    let home = hub.path("data");
    let (code, token, said) =
        outcome(&["token", "--account", "s.petit", "--data", home.to_str().unwrap()]).await;
    assert_eq!(code, Some(0), "{said}");
    let (status, me) = hub.request(Method::GET, "/v1/me", token.trim(), None).await;
    assert_eq!((status, &me["account"]), (200, &json!("s.petit")));
}

#[cfg(unix)]
#[tokio::test]
async fn a_reload_that_never_ends_refuses_the_next_and_holds_up_nobody() {
    let mut hub = Hub::start().await;
    let operator = hub.token("operator");
    // Opening a pipe that nobody writes to waits for ever, as a dead network disk would.
    let users = hub.path("roster/users.csv");
    std::fs::remove_file(&users).unwrap();
    assert!(Command::new("mkfifo").arg(&users).status().await.unwrap().success());
    let reload = || hub.request(Method::POST, "/v1/operator/roster/reload", &operator, None);
    let first = async {
        tokio::select! { answer = reload() => answer, answer = reload() => answer }
    };
    let (status, refused) = timeout(PATIENCE, first).await.unwrap();
    assert_eq!((status, &refused["code"], &refused["retry_after_ms"]), (503, &json!("busy"), &json!(5_000)));
    assert_eq!(hub.request(Method::GET, "/v1/me", &operator, None).await.0, 200);
    hub.signal("-HUP").await;
    let heard = async {
        while !hub.log().contains("a signal asks for the files") {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, heard).await.unwrap();
    assert!(hub.terminate().await, "{}", hub.log());
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "mimalloc")))]
#[tokio::test]
async fn the_allocator_has_an_arena_for_each_processor_unless_it_is_told_otherwise() {
    let arenas = async |environment: Vec<(String, String)>| {
        let hub = Hub::start_with(Options { environment, ..Options::default() }).await;
        let environ = std::fs::read_to_string(format!("/proc/{}/environ", hub.pid())).unwrap();
        let found = environ.split('\0').find_map(|one| one.strip_prefix("MALLOC_ARENA_MAX="));
        found.unwrap().parse::<usize>().unwrap()
    };
    let processors = std::thread::available_parallelism().unwrap().get();
    assert_eq!(arenas(Vec::new()).await, processors.max(2));
    assert_eq!(arenas(vec![("MALLOC_ARENA_MAX".to_owned(), "7".to_owned())]).await, 7);
}

#[tokio::test]
async fn a_changed_key_set_is_in_force_within_moments() {
    let hub = Hub::start().await;
    let old = hub.token("t-a");
    let next = Issuer::generate().unwrap();
    let account = AccountId::parse("t-a").unwrap();
    let (new, _) =
        next.token(&account, hub.terms(), SystemClock::start().machine(), Duration::from_hours(1)).unwrap();
    let me = async |token: &str| hub.request(Method::GET, "/v1/me", token, None).await;
    assert_eq!(me(&old).await.0, 200);
    assert_eq!(me(&new).await.1["code"], "token_invalid");
    std::fs::write(hub.path("next.json"), next.jwks()).unwrap();
    std::fs::rename(hub.path("next.json"), hub.path("jwks.json")).unwrap();
    let taken_over = async { while me(&new).await.0 != 200 {} };
    timeout(PATIENCE, taken_over).await.unwrap();
    assert_eq!(me(&old).await.1["code"], "token_invalid");
}

/// Writes a configuration with more lines over the folder's roster, which is made there if it is new.
fn configure(folder: &Path, more: &str) -> PathBuf {
    if !folder.join("roster").exists() {
        Bundle::default().write(&folder.join("roster"));
    }
    let config = folder.join("preau.toml");
    let (home, roster) = (folder.join("home"), folder.join("roster"));
    let text = format!(
        "addr = '127.0.0.1:0'\ndata_dir = '{}'\nroster = '{}'\n{more}",
        home.display(),
        roster.display()
    );
    std::fs::write(&config, text).unwrap();
    config
}

#[tokio::test]
async fn serve_refuses_to_set_the_schools_clock() {
    for arguments in [["serve", "--speed", "60"], ["serve", "--school-time", "2026-03-27T17:58"]] {
        let (code, _, said) = outcome(&arguments).await;
        assert_eq!(code, Some(2));
        assert!(said.contains("preau demo"), "{said}");
    }
}

#[tokio::test]
async fn a_start_that_fails_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let fails = async |more: &str| {
        let config = configure(folder.path(), more);
        let (code, _, said) = outcome(&["serve", "--config", config.to_str().unwrap()]).await;
        assert_eq!(code, Some(1), "{said}");
        said
    };
    let said = fails("zone = 'Europe/Lyon'\nhub = { shards = 99 }\n").await;
    assert!(said.contains("zone must be") && said.contains("hub.shards must be 0 to 64"), "{said}");
    let said = fails("identity = { jwks = '/nowhere/keys.json' }\n").await;
    assert!(said.contains("/nowhere/keys.json"), "{said}");
    std::fs::create_dir(folder.path().join("home")).unwrap();
    std::fs::write(folder.path().join("home/preau.db"), "this is no database, and long enough to tell")
        .unwrap();
    let said = fails("").await;
    assert!(said.contains("the store in"), "{said}");
    std::fs::remove_dir_all(folder.path().join("home")).unwrap();
    std::fs::remove_file(folder.path().join("roster/orgs.csv")).unwrap();
    let said = fails("").await;
    assert!(said.contains("preau roster check"), "{said}");
}

#[tokio::test]
async fn a_folder_or_a_port_in_use_is_named() {
    let hub = Hub::start().await;
    let config = hub.path("preau.toml");
    let (code, _, said) = outcome(&["serve", "--config", config.to_str().unwrap()]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("another process uses this data folder"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let (code, _, said) =
        outcome(&["demo", "--addr", &address, "--data", home.path().to_str().unwrap()]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("can't listen on {address}")), "{said}");
}

#[tokio::test]
async fn a_configuration_is_checked_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("preau.toml");
    std::fs::write(&config, "adr = '127.0.0.1:1'\n").unwrap();
    let (code, _, said) = outcome(&["config", "check", config.to_str().unwrap()]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("adr is not a key"), "{said}");
    std::fs::write(&config, "addr = '127.0.0.1:1'\n").unwrap();
    assert_eq!(outcome(&["config", "check", config.to_str().unwrap()]).await.0, Some(0));
    let (code, _, said) = outcome(&["config", "check", "/nowhere/preau.toml"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("can't be read"), "{said}");
}

#[tokio::test]
async fn the_openapi_document_can_be_printed() {
    let (code, document, _) = outcome(&["openapi"]).await;
    assert_eq!(code, Some(0));
    let document: Value = serde_json::from_str(&document).unwrap();
    assert!(document["paths"]["/v1/seat"]["post"].is_object());
}
