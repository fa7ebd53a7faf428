//! `kill -9` at random moments under load: nothing that was acknowledged is lost, nothing comes twice, no position is
//! given to other content, and every client resumes without a gap.
//!
//! `PREAU_KILL_ROUNDS` sets the number of kills (20; `make soak` asks for 200), `PREAU_SEED` repeats a run.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Client, End, post};
use crate::support::hub::Hub;

const CHANNEL: &str = "class:2a";
/// Publications on their way at a time, per publisher.
const WINDOW: usize = 16;

/// A pupil: what it received, by offset and in order, over all its connections.
#[derive(Default)]
struct Reader {
    received: Vec<(u64, String)>,
    position: Option<Value>,
}

/// A teacher: what was acknowledged, and what still has to be.
#[derive(Default)]
struct Publisher {
    acknowledged: BTreeMap<u64, String>,
    /// Sent and not acknowledged, by message id: sent again after a restart.
    open: Vec<String>,
    next: u64,
}

impl Reader {
    async fn read(&mut self, hub: &Hub, account: &str, until: Option<u64>) {
        let Ok(mut client) = Client::try_join(hub, &hub.token(account)).await else {
            return;
        };
        let from = self.position.clone().map_or(json!({"last": 1}), |position| json!({"position": position}));
        let expected = if self.position.is_some() { "resumed" } else { "fresh" };
        let subscribe = json!({"type": "subscribe", "channel": CHANNEL, "from": from});
        let Ok(answer) = client.try_ask(subscribe).await else {
            return;
        };
        assert_eq!(answer["type"], expected, "{account}: {answer}");
        self.position.get_or_insert_with(|| answer["position"].clone());
        while until.is_none_or(|until| self.received.last().is_none_or(|(last, _)| *last < until)) {
            let Ok(frame) = client.frame().await else { return };
            if frame["type"] == "publication" {
                let offset = frame["position"]["offset"].as_u64().unwrap();
                self.received.push((offset, frame["body"]["text"].as_str().unwrap().to_owned()));
                self.position = Some(frame["position"].clone());
            }
        }
    }
}

impl Publisher {
    /// Publishes until the hub is gone, first what an earlier hub did not acknowledge.
    async fn publish(&mut self, hub: &Hub) {
        let Ok(mut client) = Client::try_join(hub, &hub.token("t-a")).await else {
            return;
        };
        let mut ids: HashMap<u64, String> = HashMap::new();
        let again = self.open.clone();
        let mut again = again.into_iter();
        let mut request = 1_000_000;
        loop {
            while ids.len() < WINDOW {
                let text = again.next().unwrap_or_else(|| {
                    self.next += 1;
                    let text = format!("p-{}", self.next);
                    self.open.push(text.clone());
                    text
                });
                request += 1;
                let mut publish = post(CHANNEL, &text, &text);
                publish["id"] = json!(request);
                ids.insert(request, text);
                if client.try_send(&publish).await.is_err() {
                    return;
                }
            }
            if !self.answer(client.frame().await, &mut ids) {
                return;
            }
        }
    }

    fn answer(&mut self, frame: Result<Value, End>, ids: &mut HashMap<u64, String>) -> bool {
        let Ok(frame) = frame else { return false };
        let Some(text) = frame["id"].as_u64().and_then(|id| ids.remove(&id)) else {
            return true;
        };
        if frame["code"] == "rate_limited" {
            // It stays open, and goes out again after the next restart.
            return true;
        }
        assert_eq!(frame["type"], "published", "{frame}");
        self.open.retain(|open| *open != text);
        let offset = frame["position"]["offset"].as_u64().unwrap();
        let earlier = self.acknowledged.insert(offset, text.clone());
        assert!(earlier.is_none_or(|earlier| earlier == text), "position {offset} was given twice");
        true
    }
}

pub(crate) fn rounds() -> usize {
    std::env::vars()
        .find(|(name, _)| name == "PREAU_KILL_ROUNDS")
        .map_or(20, |(_, value)| value.parse().expect("PREAU_KILL_ROUNDS is a number"))
}

pub(crate) fn seed() -> u64 {
    let given = std::env::vars().find(|(name, _)| name == "PREAU_SEED");
    given.map_or_else(|| fastrand::u64(..), |(_, value)| value.parse().expect("PREAU_SEED is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_at_random_moments_loses_and_doubles_nothing() {
    let (rounds, seed) = (rounds(), seed());
    println!("{rounds} kills, PREAU_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut hub = Hub::start().await;
    let accounts = ["s-a-00", "s-a-01", "s-a-02", "s-a-03"];
    let mut readers: Vec<Reader> = accounts.iter().map(|_| Reader::default()).collect();
    let mut publisher = Publisher::default();
    let mut log: Vec<(u64, String)> = Vec::new();
    for (reader, account) in readers.iter_mut().zip(accounts) {
        // Everybody begins at the beginning, so that everybody must end with the whole log.
        let mut client = Client::join(&hub, account).await;
        reader.position = Some(client.subscribe(CHANNEL, json!("now")).await["position"].clone());
    }
    for round in 1..=rounds {
        let lived = Duration::from_millis(random.u64(20..600));
        let load = async {
            let [a, b, c, d] = &mut readers[..] else { unreachable!("four readers") };
            tokio::join!(
                publisher.publish(&hub),
                a.read(&hub, accounts[0], None),
                b.read(&hub, accounts[1], None),
                c.read(&hub, accounts[2], None),
                d.read(&hub, accounts[3], None),
            );
        };
        // The time is the random moment of the kill, not a wait for something.
        let kill = async {
            let _ = tokio::time::timeout(lived, std::future::pending::<()>()).await;
            hub.signal("-KILL").await;
        };
        tokio::join!(load, kill);
        hub.kill().await;
        hub.restart().await;
        let known = log.last().map_or(0, |(offset, _)| *offset);
        log.extend(hub.log_after("t-a", CHANNEL, known).await);
        check_round(round, known, &log, &readers, &publisher);
    }
    let stored = finish(&hub, &mut readers, &accounts, &publisher).await;
    println!("{} acknowledged, {stored} in the log, 4 readers with all of it", publisher.acknowledged.len());
}

/// What this round added: the end of the log, what was acknowledged there, and what each reader has.
fn check_round(round: usize, known: u64, log: &[(u64, String)], readers: &[Reader], publisher: &Publisher) {
    let new = &log[log.partition_point(|(offset, _)| *offset <= known)..];
    assert!(new.is_sorted_by(|a, b| a.0 < b.0), "offsets increase");
    let by_offset: BTreeMap<u64, &String> = new.iter().map(|(offset, text)| (*offset, text)).collect();
    for (offset, text) in publisher.acknowledged.range(known + 1..) {
        assert_eq!(by_offset.get(offset), Some(&text), "round {round}: acknowledged at {offset}");
    }
    for reader in readers {
        let prefix = &log[..reader.received.len().min(log.len())];
        assert_eq!(reader.received, prefix, "round {round}: what a reader has is the log's beginning");
    }
}

async fn finish(hub: &Hub, readers: &mut [Reader], accounts: &[&str], publisher: &Publisher) -> usize {
    let log = hub.log_of("t-a", CHANNEL).await;
    let texts: std::collections::HashSet<&String> = log.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), log.len(), "every message id stands in the log once");
    let by_offset: BTreeMap<u64, &String> = log.iter().map(|(offset, text)| (*offset, text)).collect();
    for (offset, text) in &publisher.acknowledged {
        assert_eq!(by_offset.get(offset), Some(&text), "acknowledged at {offset}");
    }
    assert!(publisher.acknowledged.len() > 100, "the load was a load: {}", publisher.acknowledged.len());
    for (reader, account) in readers.iter_mut().zip(accounts) {
        reader.read(hub, account, log.last().map(|(offset, _)| *offset)).await;
        assert_eq!(reader.received, log, "{account} has the whole log, once and in order");
    }
    log.len()
}
