//! Webhooks, end to end: whatever is killed meanwhile, an endpoint is told of everything that was answered, in order, and under
//! one id each.
//!
//! `PREAU_SEED` as for the other kills.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use preau::base::{Epoch, limits};
use preau::ledger::{self, Endpoint, Hooks as _};
use preau::store::{self, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::kill::seed;
use crate::receiver::{Mood, Receiver, Told};
use crate::support::binary::outcome;
use crate::support::client::PATIENCE;
use crate::support::hub::{Hub, Options};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KILLS: usize = 12;
/// How long the last events may take on a slow and busy machine.
const LONG: Duration = Duration::from_mins(3);

/// A hub that tells an endpoint, and the folder of its secret.
async fn hub(receiver: &Receiver) -> (Hub, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("workspace.secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let sections = format!(
        "[webhooks]\nretry_seconds = 1\n\
         endpoints = [{{ name = \"workspace\", url = \"{}\", secret_file = \"{}\" }}]\n",
        receiver.url(),
        secret.display()
    );
    (Hub::start_with(Options { sections, ..Options::default() }).await, folder)
}

/// One request; `None` if the hub is gone.
async fn ask(hub: &Hub, token: &str, method: Method, path: &str, body: &Value) -> Option<u16> {
    let request = reqwest::Client::new().request(method, format!("{}{path}", hub.address()));
    let answer = request.bearer_auth(token).json(body).send().await.ok()?;
    let status = answer.status().as_u16();
    // A body that breaks off is no answer.
    answer.bytes().await.ok()?;
    Some(status)
}

fn notice(number: u64) -> Value {
    json!({"title": "Sortie", "text": format!("n° {number}")})
}

/// Announces one item after the other until the hub is gone, edits each third and withdraws each fourth of them. What was
/// answered goes into `answered`, by item and kind.
async fn announce(hub: &Hub, next: &mut u64, answered: &mut BTreeSet<(String, &'static str)>) {
    let token = hub.token("t-a");
    loop {
        *next += 1;
        let (number, id) = (*next, format!("i{next}"));
        let request = json!({"id": id, "places": ["class:2a"], "body": notice(number)});
        match ask(hub, &token, Method::POST, "/v1/announcements", &request).await {
            None => return,
            Some(429 | 503) => continue,
            Some(status) => assert!((200..=202).contains(&status), "{status}"),
        }
        answered.insert((id.clone(), "announcement.published"));
        let path = format!("/v1/announcements/{id}");
        for (is_next, method, kind) in [
            (number.is_multiple_of(3), Method::PUT, "announcement.edited"),
            (number.is_multiple_of(4), Method::DELETE, "announcement.withdrawn"),
        ] {
            if !is_next {
                continue;
            }
            let request = if method == Method::PUT {
                json!({"version": 1, "body": notice(number + 1_000_000)})
            } else {
                json!({})
            };
            match ask(hub, &token, method, &path, &request).await {
                None => return,
                Some(200..=202) => drop(answered.insert((id.clone(), kind))),
                Some(status) => assert!(matches!(status, 429 | 503), "{status}"),
            }
        }
    }
}

fn key(told: &Told) -> (String, String) {
    (told.json()["data"]["item"].as_str().unwrap().to_owned(), told.kind())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_at_random_moments_leaves_nothing_untold() {
    let seed = seed();
    println!("{KILLS} kills, PREAU_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let receiver = Receiver::start(SECRET).await;
    let (mut hub, _folder) = hub(&receiver).await;
    let (mut next, mut answered) = (0, BTreeSet::new());
    for round in 0..KILLS {
        // Endpoints as they are: some requests fail, some hang, and some fail although they were heard.
        let elsewhere = Mood::Redirects(format!("{}/elsewhere", receiver.url()));
        let moods = [Mood::Answers(503), Mood::ForgetsToSay, Mood::Hangs, elsewhere, Mood::IsBusy(1)];
        // One after the other: what fails again and again is left alone longer and longer.
        if !receiver.has_moods() {
            receiver.set_mood(&moods[round % moods.len()], 1);
        }
        let lived = Duration::from_millis(random.u64(300..1_500));
        // The time is the random moment of the kill, not a wait for something.
        let kill = async {
            let _ = tokio::time::timeout(lived, std::future::pending::<()>()).await;
            hub.signal("-KILL").await;
        };
        tokio::join!(announce(&hub, &mut next, &mut answered), kill);
        hub.kill().await;
        hub.restart().await;
    }
    receiver.wait_for(answered.len(), LONG).await;
    let missing = || {
        let kept: BTreeSet<(String, String)> = receiver.kept().iter().map(key).collect();
        let is_missing = |(id, kind): &&(String, &str)| !kept.contains(&(id.clone(), (*kind).to_owned()));
        answered.iter().filter(is_missing).count()
    };
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    let all = async {
        while missing() > 0 {
            ticks.tick().await;
        }
    };
    let all = tokio::time::timeout(LONG, all).await;
    assert!(all.is_ok(), "{} of {} answers were not told", missing(), answered.len());
    assert!(hub.terminate().await);
    assert!(answered.len() > 50, "the load was a load: {}", answered.len());
    let again = check(&receiver);
    println!("{} answers, {} messages, {again} requests again", answered.len(), receiver.kept().len());
}

/// Each id is one message, ids come in the order of their positions, and little comes twice: how many requests
/// came again.
fn check(receiver: &Receiver) -> usize {
    let (told, kept) = (receiver.told(), receiver.kept());
    assert_eq!(receiver.unsigned(), 0);
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for told in &told {
        let body = *bodies.entry(&told.id).or_insert(&told.body);
        assert_eq!(body, told.body, "{} is one message", told.id);
    }
    let offsets: Vec<u64> =
        kept.iter().map(|told| told.json()["data"]["position"]["offset"].as_u64().unwrap()).collect();
    assert!(offsets.is_sorted_by(|one, next| one < next), "{offsets:?}");
    let again = told.len() - kept.len();
    assert!(again <= 2 * KILLS + 1, "one for each kill and one for each mood: {again}");
    again
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_none_keeps_the_hub_from_starting_and_says_what_one_is() {
    let receiver = Receiver::start(SECRET).await;
    let (mut hub, folder) = hub(&receiver).await;
    assert!(hub.terminate().await);
    let config = hub.path("preau.toml").display().to_string();
    let secret = folder.path().join("workspace.secret");
    for (text, told) in [
        ("correct horse", "each line must be `whsec_` and 24 to 64 bytes in base64"),
        ("", "it must hold one secret"),
    ] {
        std::fs::write(&secret, text).unwrap();
        let (code, _, said) =
            tokio::time::timeout(PATIENCE, outcome(&["serve", "--config", &config])).await.unwrap();
        let is_told = said.contains("webhooks can't be sent: webhooks.endpoints `workspace`: secret_file");
        assert!(code == Some(1) && is_told && said.contains(told), "{said}");
        assert!(text.is_empty() || !said.contains(text), "no message repeats what may be a secret");
    }
    std::fs::remove_file(&secret).unwrap();
    let (code, _, said) = outcome(&["serve", "--config", &config]).await;
    assert!(code == Some(1) && said.contains("workspace.secret"), "{said}");
}

/// Runs an order of `preau ops`: its exit code, what it printed, and its complaints.
async fn ops(hub: &Hub, words: &[&str]) -> (Option<i32>, String, String) {
    let home = hub.path("data");
    outcome(&[&["ops"], words, &["--as", "ada", "--data", home.to_str().unwrap()]].concat()).await
}

/// The line of `preau ops status` about the endpoint, once it says this.
async fn says(hub: &Hub, words: &[&str]) -> String {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let said = async {
        loop {
            ticks.tick().await;
            let (code, screen, said) = ops(hub, &["status"]).await;
            assert_eq!(code, Some(0), "{said}");
            let line = screen.lines().find(|line| line.starts_with("webhook workspace:")).unwrap().to_owned();
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
        }
    };
    tokio::time::timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("{words:?}\n{}", hub.log()))
}

/// Writes down, while no hub runs, that all attempts at the endpoint's next event but the last have failed.
fn has_nearly_failed(hub: &Hub, receiver: &Receiver) {
    let settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
    let store = Store::open(&hub.path("data"), settings).unwrap();
    let ledger = ledger::Local::start(&store).unwrap();
    let named = vec![("workspace".to_owned(), receiver.url())];
    let found = ledger::wait(|answer| ledger.register_endpoints(named, answer)).unwrap().remove(0);
    let failing = Endpoint { failures: limits::HOOK_ATTEMPTS_MAX - 1, ..found };
    ledger::wait(|answer| ledger.put_endpoint(failing, answer)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_is_called_no_more_goes_on_at_an_operator_s_word() {
    let receiver = Receiver::start(SECRET).await;
    let (mut hub, _folder) = hub(&receiver).await;
    says(&hub, &["up", "events waiting: 0"]).await;
    assert!(hub.terminate().await);
    has_nearly_failed(&hub, &receiver);
    hub.restart().await;
    let mut told = 0;
    for (mood, stopped) in [(503, "parked since"), (410, "gone since")] {
        receiver.set_mood(&Mood::Answers(mood), 1);
        let request =
            json!({"id": format!("i{mood}"), "places": ["class:2a"], "body": notice(u64::from(mood))});
        let status = ask(&hub, &hub.token("t-a"), Method::POST, "/v1/announcements", &request).await;
        assert!(status.is_some_and(|status| (200..=202).contains(&status)), "{status:?}");
        let line = says(&hub, &[stopped, &format!("(status {mood})"), "events waiting: 1"]).await;
        told += 1;
        assert_eq!(receiver.told().len(), told, "{line}");
        let stops = "preau_hooks_stopped{endpoint=\"workspace\"} 1";
        assert!(hub.metrics().await.contains(stops), "what the alert looks at");

        let (code, _, said) = ops(&hub, &["webhook", "resume", "workspaces", "--why", "mended"]).await;
        assert_ne!(code, Some(0));
        assert!(said.contains("there are: workspace (not_found)"), "{said}");
        let resume = ["webhook", "resume", "workspace", "--why", "mended"];
        let (code, screen, said) = ops(&hub, &[&resume[..], &["--dry-run"]].concat()).await;
        assert_eq!(code, Some(0), "{said}");
        let was = stopped.split(' ').next().unwrap();
        let told_so = format!("It was {was}; events that wait for it: 1.");
        assert!(screen.contains("Nothing was changed.") && screen.contains(&told_so), "{screen}");
        says(&hub, &[stopped]).await;
        let (code, screen, said) = ops(&hub, &resume).await;
        assert!(code == Some(0) && screen.starts_with("Done. Audit entry "), "{screen}{said}");
        told += 1;
        receiver.wait_for(told, PATIENCE).await;
        says(&hub, &["up", "events waiting: 0"]).await;
    }
    let items: Vec<Value> = receiver.kept().iter().map(|told| told.json()["data"]["item"].clone()).collect();
    assert_eq!(items, ["i503", "i410"], "what waited was told");
    let (_, audit, _) = ops(&hub, &["audit", "--json"]).await;
    let audit: Value = serde_json::from_str(&audit).unwrap();
    let entries = audit["entries"].as_array().unwrap().iter();
    let written: Vec<String> = entries
        .filter(|entry| entry["what"] == "webhook")
        .map(|entry| ["who", "scope", "why", "outcome"].map(|key| entry[key].as_str().unwrap()).join(" | "))
        .collect();
    let round = [
        "ada@local | webhook workspace | mended | done",
        "ada@local | webhook workspace | mended | dry_run",
        "ada@local | webhook workspaces | mended | refused",
    ];
    assert_eq!(written, [round, round].concat(), "newest first");
    assert!(hub.terminate().await);
}
