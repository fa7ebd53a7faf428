//! The operators' stream: who gets it, what it tells, and when it ends. Its golden events are read by the pages' tests too.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::desk::{Desk, NOW, SECRET, refused};
use crate::admission::{Indicators, Level};
use crate::base::metrics::{ClassLabel, CodeLabel};
use crate::base::{AccountId, Clock as _, MachineTime, OrgId, Role, SessionId, limits};
use crate::http::operations::{self, MemorySum, Vitals};
use crate::report::Asked;

const MEMORY: MemorySum = MemorySum {
    budget_bytes: 4_294_967_296,
    base_bytes: 62_914_560,
    connections: 3,
    seat_bytes: 8_192,
    is_seat_measured: false,
    queue_pool_bytes: 67_108_864,
    queued_bytes: 65_536,
    reserve_bytes: 268_435_456,
    resident_bytes: Some(73_400_320),
};

/// A stream that is read event by event.
struct Reader {
    body: Body,
    rest: String,
}

impl Reader {
    /// The next event or comment: its name and what it holds; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let name = field("event: ").unwrap_or_else(|| event.to_owned());
                let held = field("data: ").map_or(Value::Null, |json| serde_json::from_str(&json).unwrap());
                self.rest = rest.to_owned();
                return Some((name, held));
            }
            let piece = self.body.frame().await?.unwrap().into_data().unwrap();
            self.rest.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    async fn event(&mut self, name: &str) -> Value {
        let (found, held) = self.next().await.expect("the stream goes on");
        assert_eq!(found, name, "{held}");
        held
    }
}

impl Desk {
    async fn answer_to(&self, token: &str, query: &str) -> Response {
        let request = Request::get(format!("/v1/operator/stream{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let router = operations::router(std::sync::Arc::clone(&self.edge));
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn watch(&self, token: &str) -> Reader {
        let answer = self.answer_to(token, "").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Reader { body: answer.into_body(), rest: String::new() }
    }

    fn second(&self) {
        self.clock.advance(Duration::from_secs(1));
        self.edge.look_around();
    }

    fn feel(&self, shard_lag_ms: f32) {
        *self.hub.vitals.lock().unwrap() = Some(Vitals {
            shard_lag_ms,
            fanout_lag_ms: 12.0,
            queued_part: 0.001,
            memory_part: Some(0.125),
            psi_part: None,
            memory: MEMORY,
        });
    }
}

/// Compares with a file of `tests/fixtures/operations`.
fn is_golden(name: &str, found: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/operations").join(name);
    let found = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::fs::read_to_string(&path).unwrap_or_default() != found {
        let aside = std::env::temp_dir().join(name);
        std::fs::write(&aside, found).unwrap();
        panic!("{} is not what is told now; that lies in {}", path.display(), aside.display());
    }
}

/// A morning on which everything has happened once.
fn busy(desk: &Desk) {
    let school = OrgId::parse("lycee").unwrap();
    let books = &desk.edge.parts.books;
    for (number, role) in [(1, Role::Teacher), (2, Role::Student), (3, Role::Student)] {
        books.joined(SessionId(number), role, Some(&school));
    }
    let now = desk.clock.machine();
    for number in 0..30 {
        let pupil = AccountId::parse(&format!("s{number}")).unwrap();
        let asked = if number < 20 { Asked::Entered } else { Asked::Waits };
        books.asked(&pupil, Role::Student, Some(&school), asked, now);
    }
    desk.metrics.seats_refused.get_or_create(&CodeLabel { code: "suspended" }).inc_by(4);
    desk.metrics.seats_waiting.get_or_create(&ClassLabel { class: "student" }).inc_by(10);
    desk.metrics.commits.inc_by(6);
    desk.metrics.deliveries.inc_by(180);
}

#[tokio::test]
async fn the_last_hour_comes_first_and_then_a_moment_each_second() {
    let desk = Desk::new();
    desk.edge.look_around();
    let mut reader = desk.watch(SECRET).await;
    reader.event("history").await;
    desk.second();
    reader.event("moment").await;
    let order = |path: &'static str, body: Value| desk.order(path, body);
    order("notice", json!({"why": "storm", "text": "Beaucoup de monde.", "lang": "fr"})).await;
    order("posting", json!({"why": "insults", "place": {"class": "2a"}, "verdict": "stop"})).await;
    order("kick", json!({"why": "a stolen laptop", "account": "pupil"})).await;
    let until = i64::try_from(NOW).unwrap() + 3_600_000;
    order("suspend", json!({"why": "lessons first", "role": "guardian", "until": until})).await;
    busy(&desk);
    for _ in 0..4 {
        desk.feel(40.0);
        desk.second();
        reader.event("moment").await;
    }
    busy(&desk);
    desk.feel(7.0);
    desk.second();
    let moment = reader.event("moment").await;
    assert_eq!(
        (&moment["beat"]["shard_lag_ms"], &moment["beat"]["deliveries_per_second"]),
        (&json!(7.0), &json!(180.0))
    );
    assert_eq!(moment["status"]["windows"][0]["number"], 1);
    is_golden("moment.json", &moment);
    let history = desk.watch(SECRET).await.event("history").await;
    // The row keeps the worst of its five seconds.
    assert_eq!(history["shard_lag_ms"], json!([null, 40.0]));
    is_golden("history.json", &history);
    let [rows, row] = [&history, &moment["beat"]]
        .map(|fields| fields.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    assert_eq!(rows, row);
}

#[tokio::test]
async fn a_moment_is_made_once_for_all_and_never_for_nobody() {
    let desk = Desk::new();
    let mut readers = Vec::new();
    for _ in 0..3 {
        readers.push(desk.watch(SECRET).await);
    }
    for reader in &mut readers {
        reader.event("history").await;
    }
    desk.second();
    let mut moments = Vec::new();
    for reader in &mut readers {
        let piece = reader.body.frame().await.unwrap().unwrap().into_data().unwrap();
        moments.push(piece.as_ptr());
    }
    assert!(moments.iter().all(|place| *place == moments[0]), "one encoding, shared");
    drop(readers);
    // Whoever comes later is not told what was told before.
    let mut late = desk.watch(SECRET).await;
    late.event("history").await;
    desk.second();
    desk.second();
    let moment = late.event("moment").await;
    assert_eq!(moment["status"]["machine_time"], NOW + 3_000, "a slow reader gets the newest");
}

#[tokio::test]
async fn watchers_are_bounded_and_a_place_is_given_back() {
    let desk = Desk::new();
    let mut readers = Vec::new();
    for _ in 0..limits::WATCHERS_MAX {
        readers.push(desk.watch(SECRET).await);
    }
    desk.second();
    readers[0].event("history").await;
    let moment = readers[0].event("moment").await;
    assert_eq!(
        (&moment["watchers"], &moment["watchers_max"]),
        (&json!(limits::WATCHERS_MAX), &json!(limits::WATCHERS_MAX))
    );
    let request =
        Request::get("/v1/operator/stream").header(header::AUTHORIZATION, format!("Bearer {SECRET}"));
    let refusal = desk.send_inside(request.body(Body::empty()).unwrap()).await;
    assert_eq!(refusal.problem(), refused(503, "busy"));
    // Nobody who acts is refused.
    assert_eq!(desk.look("status").await["gate"]["level"], 0);
    readers.pop();
    desk.watch(SECRET).await;
}

#[tokio::test]
async fn the_last_hour_is_kept_while_nobody_watches_and_no_longer() {
    let desk = Desk::new();
    for _ in 0..limits::BEATS_MAX + 3 {
        desk.edge.look_around();
        desk.clock.advance(limits::BEAT_INTERVAL);
    }
    let rows = |history: Value| history["machine_time_ms"].as_array().unwrap().len();
    assert_eq!(rows(desk.watch(SECRET).await.event("history").await), limits::BEATS_MAX);
    let since = desk.clock.machine().0 - 60_000;
    let answer = desk.answer_to(SECRET, &format!("?since={since}")).await;
    let mut reader = Reader { body: answer.into_body(), rest: String::new() };
    assert_eq!(rows(reader.event("history").await), 11);
    assert_eq!(desk.answer_to(SECRET, "?since=yesterday").await.status(), 400);
}

/// A morning in which every figure moves: what docs/LIMITS.md and docs/PAGES.md say that it weighs.
#[tokio::test]
async fn an_hour_and_a_moment_weigh_no_more_than_is_said() {
    let desk = Desk::new();
    let mut shown = 0;
    for row in 1..=u16::try_from(limits::BEATS_MAX).unwrap() {
        if row % 36 == 0 {
            busy(&desk);
        }
        desk.metrics.commits.inc_by(u64::from(row) * 13 % 997);
        desk.metrics.deliveries.inc_by(u64::from(row) * 7_919 % 99_991);
        desk.feel(f32::from(row % 977) / 7.0);
        desk.clock.advance(limits::BEAT_INTERVAL);
        desk.edge.look_around();
    }
    let mut sizes = Vec::new();
    let mut body = desk.watch(SECRET).await.body;
    while sizes.len() < 2 {
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        shown += piece.len();
        if piece.ends_with(b"\n\n") {
            sizes.push(std::mem::take(&mut shown));
            desk.feel(7.5);
            desk.second();
        }
    }
    let [hour, moment] = sizes[..] else { panic!("{sizes:?}") };
    assert!((60_000..150_000).contains(&hour), "the last hour has {hour} bytes");
    assert!((3_000..8_000).contains(&moment), "a moment has {moment} bytes");
}

#[tokio::test]
async fn a_stream_ends_with_its_token_its_rights_or_its_time() {
    let desk = Desk::new();
    for (account, status) in [("teacher", 403), ("pupil", 403)] {
        assert_eq!(desk.answer_to(&desk.token(account), "").await.status(), status, "{account}");
    }
    assert_eq!(desk.answer_to(&"0".repeat(64), "").await.status(), 401);
    let (mut of_token, mut of_secret) = (desk.watch(&desk.token("operator")).await, desk.watch(SECRET).await);
    for reader in [&mut of_token, &mut of_secret] {
        reader.event("history").await;
    }
    desk.clock.advance(limits::WATCH_LIFETIME);
    desk.second();
    for reader in [&mut of_token, &mut of_secret] {
        assert_eq!(reader.event("end").await, json!({"why": "renew"}));
        assert_eq!(reader.next().await, None);
    }
    let soon = Duration::from_mins(1);
    let mut last = desk.watch(&desk.token_until(desk.clock.machine().after(soon))).await;
    last.event("history").await;
    desk.clock.advance(soon + limits::TOKEN_LEEWAY);
    desk.second();
    assert_eq!(last.event("end").await, json!({"why": "token_expired"}));
}

#[tokio::test(start_paused = true)]
async fn a_line_without_moments_says_that_it_is_there_and_a_hub_that_ends_says_so() {
    let desk = Desk::new();
    let mut reader = desk.watch(SECRET).await;
    reader.event("history").await;
    assert_eq!(reader.next().await, Some((": nothing was told".to_owned(), Value::Null)));
    desk.edge.watch_ends();
    assert_eq!(reader.event("end").await, json!({"why": "draining"}));
    assert_eq!(reader.next().await, None);
    let mut late = desk.watch(SECRET).await;
    late.event("history").await;
    late.event("end").await;
}

#[tokio::test]
async fn the_wall_says_what_the_load_level_is_made_of() {
    let desk = Desk::new();
    let mut reader = desk.watch(SECRET).await;
    reader.event("history").await;
    for _ in 0..3 {
        desk.gate
            .real
            .sample(Indicators { shard_lag_ms: 500.0, ..Indicators::default() }, desk.clock.machine());
    }
    desk.feel(500.0);
    desk.second();
    let moment = reader.event("moment").await;
    assert_eq!(moment["status"]["gate"]["level"], u8::from(Level::Critical));
    let shard = &moment["indicators"][0];
    let expected = json!({"indicator": "shard_lag_ms", "value": 500.0, "low": 10.0, "high": 100.0, "pressure_part": 1.0});
    assert_eq!(shard, &expected);
    // What the kernel does not say is absent and not zero.
    assert_eq!(
        (&moment["indicators"][4]["value"], &moment["beat"]["psi_pressure"]),
        (&Value::Null, &Value::Null)
    );
    desk.second();
    let moment = reader.event("moment").await;
    assert_eq!((&moment["memory"], &moment["beat"]["fanout_lag_ms"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_operators_site_is_on_their_listener_alone_and_a_demo_logs_in_operators_there() {
    let desk = Desk::demo();
    let inside = |method: &str, path: &str, body: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned()));
        desk.send_inside(request.unwrap())
    };
    let page = inside("GET", "/", "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(desk.plain("GET", "/operations.html", "").await.problem(), refused(404, "not_found"));
    let demo = inside("GET", "/v1/demo", "").await.json();
    assert_eq!(demo["accounts"][0]["account"], "operator");
    assert_eq!(demo["accounts"].as_array().unwrap().len(), 1);
    let teacher = inside("POST", "/v1/demo/login", r#"{"account":"teacher"}"#).await;
    assert_eq!(teacher.problem(), refused(403, "not_allowed"));
    let token = inside("POST", "/v1/demo/login", r#"{"account":"operator"}"#).await.json();
    assert!(token["token"].is_string());
    let serve = Desk::new();
    let request = Request::get("/v1/demo").body(Body::empty()).unwrap();
    assert_eq!(serve.send_inside(request).await.problem(), refused(404, "not_found"));
    assert_eq!(MachineTime(NOW), serve.clock.machine());
}
