//! What `docs/LIMITS.md` adds up is what the process takes: base, seats, and the pool for what waits.

use preau::admission::Class;
use preau::base::limits::{self, STALLED_SOCKET_BYTES};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::bundle::{other, student};
use crate::support::client::{Client, PATIENCE};
use crate::support::hub::{Hub, Options};
use crate::support::raw::{Raw, frame};

const POOL_MIB: usize = 32;
const IDLE: usize = 2_000;
const SLOW: usize = 60;
const POSTS: usize = 150;
/// A publication of the longest post, with its frame.
const FRAME_BYTES: u64 = 4_400;
/// A seat with its identity, in a build for tests.
const SEAT_BYTES: u64 = 1_536;
/// What requests in hand and the allocator take beside the seats, and beside the pool.
const SLACK_BYTES: u64 = 2 * 1024 * 1024;
const POOL_SLACK_BYTES: u64 = 12 * 1024 * 1024;

/// The hub's resident memory.
fn resident_bytes(hub: &Hub) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", hub.pid())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Connections of class 2a that follow it and never read.
async fn slow_readers(hub: &Hub) -> Vec<Raw> {
    let mut slow = Vec::new();
    for number in 0..SLOW {
        let mut raw = Raw::join(hub, &student('a', number % 35)).await;
        let request = json!({"type": "subscribe", "id": 1, "channel": "class:2a", "from": "now"});
        raw.send(&frame(0x81, request.to_string().as_bytes())).await;
        assert_eq!(json_of(&mut raw).await["type"], "fresh");
        slow.push(raw);
    }
    slow
}

async fn json_of(raw: &mut Raw) -> Value {
    loop {
        let received = raw.next().await.expect("the hub goes on");
        if received.first == 0x81 {
            return serde_json::from_slice(&received.payload).unwrap();
        }
    }
}

#[tokio::test]
async fn the_sum_of_the_limits_is_what_the_process_takes() {
    let options = Options { queue_pool_mib: POOL_MIB, others: IDLE, ..Options::default() };
    let hub = Hub::start_with(options).await;
    let mut teacher = Client::join(&hub, "t-a").await;
    let mut slow = slow_readers(&hub).await;
    let base = resident_bytes(&hub);

    let mut idle = Vec::new();
    for number in 0..IDLE {
        idle.push(Raw::join(&hub, &other(number)).await);
    }
    let seats = u64::try_from(IDLE).unwrap() * SEAT_BYTES;
    assert!(resident_bytes(&hub) <= base + seats + SLACK_BYTES, "idle connections");

    let text = "p".repeat(4_000 - 5);
    for number in 0..POSTS {
        let posted = teacher.post("class:2a", &format!("m{number}"), &format!("{number:05}{text}")).await;
        assert_eq!(posted["type"], "published", "others are not held up");
    }
    let pool = hub.gauge("queue_pool_bytes").await;
    assert_eq!(pool, (POOL_MIB * 1024 * 1024) as u64);
    let begun = Instant::now();
    while hub.gauge("stalled_sockets").await < SLOW as u64 {
        assert!(begun.elapsed() < PATIENCE, "they stall");
    }
    let charged = hub.gauge("queued_bytes").await + (SLOW * STALLED_SOCKET_BYTES) as u64;
    // They are students, and had no lesson when they came.
    let quota = pool / 1_000 * u64::from(limits::QUEUE_POOL_SHARES[Class::Student as usize]);
    assert!(charged <= quota + SLOW as u64 * FRAME_BYTES, "{charged} bytes wait");
    assert!(charged >= quota / 2, "{charged} bytes are no test of the pool");
    let begun = Instant::now();
    while hub.gauge("class_queued_bytes{class=\"student\"}").await < charged / 2 {
        assert!(begun.elapsed() < PATIENCE, "it is told whose they are");
    }
    assert_eq!(hub.gauge("class_queued_bytes{class=\"teacher\"}").await, 0);
    assert!(resident_bytes(&hub) <= base + seats + pool + POOL_SLACK_BYTES, "slow readers");

    for raw in &mut slow {
        let mut next = 0;
        while next < POSTS {
            let message = json_of(raw).await;
            if message["type"] == "publication" {
                assert_eq!(message["body"]["text"].as_str().unwrap()[..5], format!("{next:05}"));
                next += 1;
            }
        }
    }
    assert!(resident_bytes(&hub) <= base + seats + pool + POOL_SLACK_BYTES, "catching up");
}
