//! `kill -9` while items are sent, edited and withdrawn: after each restart the registry, the schedule and the logs agree, and
//! what was answered holds.
//!
//! `PREAU_KILL_ROUNDS` and `PREAU_SEED` as for the other kills.

use std::collections::BTreeMap;
use std::time::Duration;

use preau::base::Clock as _;
use preau::base::clock::SystemClock;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::kill::{rounds, seed};
use crate::support::hub::Hub;

const CLASS: &str = "class:2a";

/// What the teacher was told of an item last.
#[derive(Debug, Clone, Default)]
struct Told {
    version: u64,
    is_withdrawn: bool,
}

/// A teacher who sends, edits and withdraws, one request after the other, until the hub is gone.
struct Teacher {
    random: fastrand::Rng,
    told: BTreeMap<String, Told>,
    sent: u64,
    done: u64,
}

impl Teacher {
    async fn work(&mut self, hub: &Hub) {
        let token = hub.token("t-a");
        loop {
            let (name, method, path, body) = self.next();
            let Some((status, answer)) = ask(hub, &token, method, &path, body).await else { return };
            match status {
                200..=202 => {
                    self.done += 1;
                    let told = Told {
                        version: answer["version"].as_u64().unwrap(),
                        is_withdrawn: answer["withdrawn"] == true,
                    };
                    self.told.insert(name, told);
                }
                // An edit may have been carried out without an answer before: the next one begins from what holds.
                409 => {
                    let version = answer["more"]["version"].as_u64().unwrap();
                    self.told.entry(name).or_default().version = version;
                }
                410 => self.told.entry(name).or_default().is_withdrawn = true,
                // 507: as many of one author's copies wait as may. Withdrawals make room.
                429 | 503 | 507 => {}
                _ => panic!("{status}: {answer}"),
            }
        }
    }

    /// What is asked next of which item.
    fn next(&mut self) -> (String, Method, String, Option<Value>) {
        let live: Vec<_> = self.told.iter().filter(|(_, told)| !told.is_withdrawn).collect();
        let choice = self.random.u32(..10);
        if live.is_empty() || choice < 5 {
            self.sent += 1;
            let name = format!("i{}", self.sent);
            let mut request = json!({"id": name, "places": [CLASS], "body": work("1")});
            if choice.is_multiple_of(2) {
                request["publish_at"] = json!(SystemClock::start().school().0 + 3_600_000);
            }
            return (name, Method::POST, "/v1/assignments".to_owned(), Some(request));
        }
        let (name, told) = live[self.random.usize(..live.len())];
        let path = format!("/v1/assignments/{name}");
        if choice < 8 {
            let request = json!({"version": told.version, "body": work(&format!("{}", told.version + 1))});
            (name.clone(), Method::PUT, path, Some(request))
        } else {
            (name.clone(), Method::DELETE, path, None)
        }
    }
}

fn work(text: &str) -> Value {
    json!({"title": "t", "text": text, "due": "2099-01-01"})
}

/// One request; `None` if the hub is gone.
async fn ask(
    hub: &Hub,
    token: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Option<(u16, Value)> {
    let client = reqwest::Client::new();
    let mut request = client.request(method, format!("{}{path}", hub.address())).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.ok()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_leaves_registry_schedule_and_logs_in_agreement() {
    let (rounds, seed) = (rounds(), seed());
    println!("{rounds} kills, PREAU_SEED={seed}");
    let mut hub = Hub::start().await;
    let random = fastrand::Rng::with_seed(seed);
    let mut teacher = Teacher { random, told: BTreeMap::new(), sent: 0, done: 0 };
    for round in 1..=rounds {
        let lived = Duration::from_millis(teacher.random.u64(20..600));
        // The time is the random moment of the kill, not a wait for something.
        let kill = async {
            let _ = tokio::time::timeout(lived, std::future::pending::<()>()).await;
            hub.signal("-KILL").await;
        };
        tokio::join!(teacher.work(&hub), kill);
        hub.kill().await;
        hub.restart().await;
        check(&hub, &teacher, round).await;
    }
    assert!(teacher.done > 100, "the load was a load: {}", teacher.done);
    println!("{} requests carried out, {} items", teacher.done, teacher.told.len());
}

/// The hub answers now, so it has gone on with what was cut short: everything is where the registry wants it.
async fn check(hub: &Hub, teacher: &Teacher, round: usize) {
    let db = Connection::open(hub.path("data/preau.db")).unwrap();
    let rows = |query: &str| -> Vec<(String, u32, bool, bool)> {
        let mut statement = db.prepare(query).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    let names = |query: &str| -> Vec<String> {
        let mut statement = db.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let log = names("SELECT message_id FROM publication ORDER BY channel, offset");
    let waiting = names("SELECT message_id FROM scheduled");
    let items = rows("SELECT id, version, withdrawn, settled FROM item");
    let token = hub.token("t-a");
    for (name, version, is_withdrawn, is_settled) in &items {
        let told = format!("round {round}: {name} in version {version}, withdrawn: {is_withdrawn}");
        assert!(is_settled, "{told}");
        let stem = format!("{name}.");
        let mine = |all: &[String]| -> Vec<String> {
            all.iter().filter(|id| id.starts_with(&stem)).cloned().collect()
        };
        let (log, waiting) = (mine(&log), mine(&waiting));
        let holds = format!("{name}.{version}");
        if *is_withdrawn {
            assert!(waiting.is_empty(), "{told}: {waiting:?}");
            assert!(log.is_empty() || *log.last().unwrap() == format!("{name}.x"), "{told}: {log:?}");
        } else if waiting.is_empty() {
            assert_eq!(log.last(), Some(&holds), "{told}");
        } else {
            assert_eq!(waiting, [holds], "{told}");
        }
    }
    for (name, told) in &teacher.told {
        let item = items.iter().find(|item| item.0 == *name);
        let (_, version, is_withdrawn, _) = item.unwrap_or_else(|| panic!("round {round}: {name} is lost"));
        assert!(
            u64::from(*version) >= told.version && *is_withdrawn >= told.is_withdrawn,
            "round {round}: {name} {told:?}"
        );
    }
    let known = log.iter().chain(&waiting).all(|id| {
        let stem = id.rsplit_once('.').map_or(id.as_str(), |(stem, _)| stem);
        items.iter().any(|item| item.0 == stem)
    });
    assert!(known, "round {round}: nothing is there that the registry does not know");
    let some = ask(hub, &token, Method::GET, "/v1/items?limit=1", None).await;
    assert_eq!(some.map(|(status, _)| status), Some(200), "round {round}");
}
