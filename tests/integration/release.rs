//! `kill -9` at random moments while scheduled publications come due: each is published once, none before its time, and
//! an author that asks again is told what is in force.
//!
//! `PREAU_KILL_ROUNDS` and `PREAU_SEED` as for `kill`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use preau::base::{Clock, clock::SystemClock};
use serde_json::{Value, json};

use crate::kill::{rounds, seed};
use crate::support::client::{Client, End};
use crate::support::hub::Hub;

const CHANNEL: &str = "class:2a";
/// Publications that a round adds, due within its second.
const A_ROUND: usize = 80;
const SPREAD_MS: u64 = 900;

/// A teacher: what waits or was published, by message id, and what was sent and never answered.
#[derive(Default)]
struct Author {
    promised: BTreeMap<String, i64>,
    open: BTreeSet<String>,
    next: usize,
}

fn now_ms() -> i64 {
    SystemClock::start().school().0
}

fn announcement(message_id: &str, publish_at: i64) -> Value {
    json!({"type": "publish", "channel": CHANNEL, "kind": "announcement", "message_id": message_id,
        "body": {"title": "t", "text": message_id}, "publish_at": publish_at})
}

impl Author {
    /// Sends ahead what was not answered yet and a round's worth more, then what it knows once more, until the hub is gone.
    async fn send_ahead(&mut self, hub: &Hub, random: &mut fastrand::Rng) -> Result<(), End> {
        let mut client = Client::try_join(hub, &hub.token("t-a")).await.map_err(|_| End::Lost)?;
        for _ in 0..A_ROUND {
            self.next += 1;
            self.open.insert(format!("a-{}", self.next));
        }
        while let Some(message_id) = self.open.first().cloned() {
            let at = now_ms() + i64::try_from(random.u64(0..SPREAD_MS)).unwrap();
            let answer = client.try_ask(announcement(&message_id, at)).await?;
            match answer["type"].as_str() {
                Some("scheduled") => {
                    self.promised.insert(message_id.clone(), answer["deliver_at"].as_i64().unwrap())
                }
                Some("published") => self.promised.insert(message_id.clone(), i64::MIN),
                // The schedule holds enough of this author's.
                _ if answer["code"] == "schedule_full" => return Ok(()),
                other => panic!("{other:?}: {answer}"),
            };
            self.open.remove(&message_id);
        }
        for (message_id, promised) in &self.promised {
            let answer = client.try_ask(announcement(message_id, now_ms() + 60_000)).await?;
            match answer["type"].as_str() {
                None | Some("error") => panic!("{answer}"),
                Some("scheduled") => {
                    assert_eq!(
                        (&answer["deliver_at"], &answer["duplicate"]),
                        (&json!(promised), &json!(true))
                    );
                }
                _ => assert_eq!(answer["duplicate"], true, "{answer}"),
            }
        }
        Ok(())
    }

    /// What is published was sent, once each, and not before its time.
    fn check(&self, log: &[Value]) {
        let mut seen = BTreeSet::new();
        for publication in log {
            let message_id = publication["message_id"].as_str().unwrap();
            assert!(seen.insert(message_id), "{message_id} is published twice");
            let promised = self.promised.get(message_id).copied();
            assert!(promised.is_some() || self.open.contains(message_id), "{message_id} was never sent");
            let published = publication["published_at"].as_i64().unwrap();
            assert!(promised.is_none_or(|at| published >= at), "{message_id} is out before its time");
        }
    }
}

async fn log(hub: &Hub) -> Vec<Value> {
    let (mut from, mut log) = (0, Vec::new());
    loop {
        let (status, page) = hub.history("t-a", CHANNEL, &format!("?from={from}&limit=200")).await;
        assert_eq!(status, 200, "{page}");
        log.extend(page["publications"].as_array().unwrap().iter().cloned());
        from = page["through"]["offset"].as_u64().unwrap();
        if page["more"] != true {
            return log;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_amid_releases_publishes_each_once() {
    let (rounds, seed) = (rounds(), seed());
    println!("{rounds} kills, PREAU_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut hub = Hub::start().await;
    let mut author = Author::default();
    let start = Client::join(&hub, "s-a-00").await.subscribe(CHANNEL, json!("now")).await["position"].clone();
    let mut before = 0;
    for round in 1..=rounds {
        let lived = Duration::from_millis(random.u64(50..1_200));
        let mut own = random.fork();
        // The time is the random moment of the kill, not a wait for something.
        let kill = async {
            let _ = tokio::time::timeout(lived, std::future::pending::<()>()).await;
            hub.signal("-KILL").await;
        };
        let (_, ()) = tokio::join!(author.send_ahead(&hub, &mut own), kill);
        hub.kill().await;
        hub.restart().await;
        let log = log(&hub).await;
        author.check(&log);
        assert!(log.len() >= before, "round {round}: what was published stays");
        before = log.len();
    }
    // Nothing but the clock brings out the rest.
    let mut waiting: BTreeSet<String> = author.promised.keys().cloned().collect();
    let mut pupil = Client::join(&hub, "s-a-01").await;
    pupil.subscribe(CHANNEL, json!({"position": start})).await;
    while !waiting.is_empty() {
        let publication = pupil.wait_type("publication").await;
        waiting.remove(publication["message_id"].as_str().unwrap());
    }
    let log = log(&hub).await;
    author.check(&log);
    assert!(author.promised.len() > 2 * A_ROUND, "the load was a load: {}", author.promised.len());
    println!("{} promised, {} published", author.promised.len(), log.len());
}
