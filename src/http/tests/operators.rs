//! The operators' surface: what they see, what they decide, and what is written down about it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::desk::{Answered, Desk, NOW, SECRET, refused};
use super::gate::waiting;
use crate::access::Identity;
use crate::admission::Decision;
use crate::base::{AccountId, Channel, Role};
use crate::session::{News, Scope};

impl Desk {
    /// A request on the operators' listener, with the machine's secret.
    async fn operate(&self, method: &str, path: &str, body: &Value) -> Answered {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {SECRET}"))
            .header("preau-who", "ada");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send_inside(request.body(Body::from(body)).unwrap()).await
    }

    pub(super) async fn order(&self, path: &str, body: Value) -> Answered {
        self.operate("POST", &format!("/v1/operator/{path}"), &body).await
    }

    pub(super) async fn look(&self, path: &str) -> Value {
        let answer = self.operate("GET", &format!("/v1/operator/{path}"), &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

fn told(what: &str, outcome: &str, code: Option<&str>) -> (String, String, Option<String>) {
    (what.into(), outcome.into(), code.map(str::to_owned))
}

#[tokio::test]
async fn nobody_but_operators_is_answered() {
    let desk = Desk::new();
    let inside = |token: String, path: &'static str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        desk.send_inside(request.body(Body::empty()).unwrap())
    };
    for path in ["status", "limits", "windows", "audit", "report", "explain?account=parent"] {
        let path: &'static str = format!("/v1/operator/{path}").leak();
        assert_eq!(
            inside(desk.token("teacher"), path).await.problem(),
            refused(403, "not_allowed"),
            "{path}"
        );
        assert_eq!(inside("0".repeat(64), path).await.problem(), refused(401, "token_invalid"), "{path}");
        assert_eq!(inside(desk.token("operator"), path).await.status, 200, "{path}");
        // On the public listener there is no such address.
        assert_eq!(
            desk.ask("operator", "GET", path, "").await.problem(),
            refused(404, "not_found"),
            "{path}"
        );
    }
    for path in ["limits", "windows", "suspend", "notice", "kick", "posting", "drain"] {
        let answer = desk.send_inside(
            Request::post(format!("/v1/operator/{path}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", desk.token("pupil")))
                .body(Body::from("{}"))
                .unwrap(),
        );
        assert_eq!(answer.await.problem(), refused(403, "not_allowed"), "{path}");
    }
    assert_eq!(desk.notebook.told(), []);
}

#[tokio::test]
async fn a_limit_is_tried_then_changed_then_given_back() {
    let desk = Desk::new();
    let set = json!({"why": "a storm comes", "set": {"seats_max": 100, "shares.student": 250}});
    let tried = desk.order("limits?dry_run=true", set.clone()).await.json();
    assert_eq!((&tried["outcome"], &tried["trial"]["seats"]), (&json!("dry_run"), &json!(100)));
    assert_eq!(desk.look("limits").await["limits"]["seats_max"], 0);
    let changed = desk.order("limits", set).await.json();
    assert_eq!((&changed["outcome"], &changed["entry"]), (&json!("done"), &json!(2)));
    let limits = desk.look("limits").await;
    assert_eq!((&limits["limits"]["seats_max"], &limits["limits"]["shares"][3]), (&json!(100), &json!(250)));
    assert_eq!(desk.look("status").await["gate"]["seats"], 100);
    // A second decision leaves the first alone; null gives a limit back.
    desk.order("limits", json!({"why": "calm", "set": {"seats_max": null}})).await;
    let limits = desk.look("limits").await;
    assert_eq!(limits["set"], json!({"shares.student": 250}));
    assert_eq!(limits["limits"]["seats_max"], 0);
    let page = desk.look("audit?limit=2").await;
    let entry = &page["entries"][0];
    assert_eq!((&entry["who"], &entry["why"]), (&json!("ada@local"), &json!("calm")));
    assert_eq!((&entry["machine_time"], &entry["school_time"]), (&json!(NOW), &json!(NOW)));
    assert_eq!(entry["before"], json!({"seats_max": 100, "shares.student": 250}));
    assert_eq!(entry["after"], json!({"shares.student": 250}));
    assert_eq!(desk.look("audit?before=2").await["entries"][0]["outcome"], "dry_run");
}

#[tokio::test]
async fn an_account_is_explained_by_the_first_rule_that_stands_in_its_way() {
    let desk = Desk::new();
    let explain = async |account: &str| desk.look(&format!("explain?account={account}")).await;
    let told = explain("pupil").await;
    assert_eq!((&told["verdict"], &told["gate"]["class"]), (&json!("enters"), &json!("student")), "{told}");
    assert!(told["because"].as_str().unwrap().contains("seats are free"), "{told}");
    assert_eq!(told["hours"][0]["open"], true);
    // No seat for pupils: all there are belong to operators.
    let shares = json!({"seats_max": 1, "lendable.operator": 0, "shares.operator": 1000, "shares.teacher": 0,
        "shares.student_live": 0, "shares.student": 0, "shares.staff": 0, "shares.guardian": 0});
    desk.order("limits", json!({"why": "a storm", "set": shares})).await;
    let told = explain("pupil").await;
    assert_eq!((&told["verdict"], &told["gate"]["free"]), (&json!("waits"), &json!(0)), "{told}");
    let told = explain("parent").await;
    assert_eq!(
        (&told["verdict"], &told["gate"]["is_outside"]),
        (&json!("suspended"), &json!(true)),
        "{told}"
    );
    assert!(told["opens_at_clock"].is_string(), "{told}");
    desk.order("kick", json!({"why": "insults", "account": "parent", "for_seconds": 90})).await;
    let told = explain("parent").await;
    assert_eq!(told["verdict"], "kicked");
    assert!(told["because"].as_str().unwrap().contains("90 s"), "{told}");
    let before = desk.look("status").await["gate"]["classes"].clone();
    explain("pupil").await;
    assert_eq!(desk.look("status").await["gate"]["classes"], before, "asking takes nothing");
    for (query, refusal) in [("", refused(400, "malformed")), ("?account=gone", refused(404, "not_found"))] {
        let answer = desk.operate("GET", &format!("/v1/operator/explain{query}"), &Value::Null).await;
        assert_eq!(answer.problem(), refusal, "{query}");
    }
}

#[tokio::test]
async fn what_is_refused_is_written_down_and_changes_nothing() {
    let desk = Desk::new();
    for (set, expected) in [
        (json!({"seat_max": 1}), "seats_max"),
        (json!({"shares.pupil": 1}), "student_live"),
        (json!({"seats_max": "many"}), "seats_max"),
        (json!({"shares.student": 900}), "at most 1000"),
        (json!({"flow.min": 0}), "flow.min"),
        (json!({"seat_max": null}), "seats_max"),
    ] {
        let answer = desk.order("limits", json!({"why": "a slip", "set": set})).await;
        assert_eq!(answer.problem(), refused(422, "invalid_body"), "{set}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(expected), "{set}: {}", answer.text);
    }
    assert_eq!(desk.notebook.told(), vec![told("limits", "refused", Some("invalid_body")); 6]);
    for body in [json!({"set": {}}), json!({"why": " ", "set": {}}), json!({"why": "a\nb", "set": {}})] {
        assert_eq!(desk.order("limits", body).await.problem(), refused(400, "malformed"));
    }
    let long = json!({"why": "x".repeat(501), "set": {}});
    assert_eq!(desk.order("limits", long).await.problem(), refused(400, "malformed"));
    assert_eq!(desk.look("limits").await["set"], json!({}));
    desk.notebook.fails.store(true, Ordering::SeqCst);
    let answer = desk.order("limits", json!({"why": "x", "set": {"seats_max": 9}})).await;
    assert_eq!(answer.problem(), refused(503, "storage_failed"));
    assert_eq!(desk.look("limits").await["limits"]["seats_max"], 0);
}

#[tokio::test]
async fn a_window_is_closed_and_withdrawn() {
    let desk = Desk::new();
    let until = i64::try_from(NOW).unwrap() + 3_600_000;
    let close = json!({"why": "attack", "role": "guardian", "until": until});
    let tried = desk.order("suspend?dry_run=true", close.clone()).await.json();
    assert_eq!(tried["trial"]["connections"], 7);
    assert!(desk.hub.told.lock().unwrap().is_empty());
    let done = desk.order("suspend", close).await.json();
    assert_eq!(done["trial"]["number"], 1);
    let over = Duration::from_mins(5);
    assert_eq!(desk.hub.told.lock().unwrap()[..], [News::Suspend { role: Role::Guardian, over }]);
    let school = json!({"why": "open day", "role": "guardian", "school": "lycee", "verdict": "open",
        "from": "2027-01-15T18:00", "until": "2027-01-15T20:00"});
    assert_eq!(desk.order("windows", school).await.json()["trial"], json!({"number": 2, "connections": 0}));
    assert_eq!(desk.hub.overrides.lock().unwrap().len(), 2);
    let list = desk.look("windows").await;
    assert_eq!((&list[0]["verdict"], &list[1]["scope"]["school"]), (&json!("closed"), &json!("lycee")));
    assert_eq!((&list[0]["who"], &list[0]["why"]), (&json!("ada@local"), &json!("attack")));
    let withdrawn = desk.order("windows/1/withdraw", json!({"why": "over"})).await.json();
    assert_eq!(withdrawn["before"]["why"], "attack");
    assert_eq!(desk.hub.overrides.lock().unwrap().len(), 1);
    let again = desk.order("windows/1/withdraw", json!({"why": "over"})).await;
    assert_eq!(again.problem(), refused(404, "not_found"));
    for wrong in [
        json!({"why": "x", "role": "guardian", "until": until - 7_200_000}),
        json!({"why": "x", "role": "guardian", "until": "soon"}),
        json!({"why": "x", "role": "guardian", "school": "nowhere", "until": until}),
    ] {
        assert_eq!(desk.order("suspend", wrong).await.problem(), refused(422, "invalid_body"));
    }
    let unknown = json!({"why": "x", "role": "parent", "until": until});
    assert_eq!(desk.order("suspend", unknown).await.problem(), refused(400, "malformed"));
}

#[tokio::test]
async fn there_are_only_so_many_windows_at_once() {
    let desk = Desk::new();
    let until = i64::try_from(NOW).unwrap() + 1_000;
    let close = json!({"why": "x", "role": "staff", "until": until});
    for _ in 0..crate::base::limits::OVERRIDES_MAX {
        assert_eq!(desk.order("suspend", close.clone()).await.status, 200);
    }
    assert_eq!(desk.order("suspend", close).await.problem(), refused(422, "invalid_body"));
    // Those that are over make room.
    desk.clock.advance(Duration::from_secs(2));
    let later = json!({"why": "x", "role": "staff", "until": until + 60_000});
    assert_eq!(desk.order("suspend", later).await.json()["trial"]["number"], 65);
    assert_eq!(desk.look("windows").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_notice_is_read_by_everybody_and_by_those_who_are_refused() {
    let desk = Desk::new();
    assert_eq!(desk.plain("GET", "/v1/notice", "").await.json(), json!({"notice": null}));
    let set = json!({"why": "incident 4", "text": " Panne du réseau à Lyon. ", "lang": "fr"});
    assert_eq!(desk.order("notice", set).await.status, 200);
    let expected = json!({"text": "Panne du réseau à Lyon.", "lang": "fr", "since": NOW});
    let answer = desk.plain("GET", "/v1/notice", "").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=10");
    assert_eq!(answer.json()["notice"], expected);
    // A guardian outside its window, and a pupil who waits.
    let refused_one = desk.ask("parent", "POST", "/v1/seat", "").await;
    assert_eq!((refused_one.status.as_u16(), &refused_one.json()["notice"]), (403, &expected));
    desk.gate.decide(Decision::Wait(waiting("t")));
    let waits = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!((waits.status.as_u16(), &waits.json()["notice"]), (202, &expected));
    desk.gate.decide(Decision::Closed { retry_after_ms: 1_000 });
    let closed = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!((closed.status.as_u16(), &closed.json()["notice"]), (503, &expected));
    for wrong in
        [json!({"text": ""}), json!({"text": "x".repeat(501)}), json!({"text": "x", "lang": "fr_FR!"})]
    {
        let mut wrong = wrong;
        wrong["why"] = json!("x");
        assert_eq!(desk.order("notice", wrong).await.problem(), refused(422, "invalid_body"));
    }
    assert_eq!(desk.order("notice", json!({"why": "over"})).await.json()["before"], expected);
    assert_eq!(desk.plain("GET", "/v1/notice", "").await.json(), json!({"notice": null}));
    assert_eq!(desk.ask("parent", "POST", "/v1/seat", "").await.json().get("notice"), None);
}

#[tokio::test]
async fn people_are_sent_away_posting_is_stopped_and_the_hub_ends() {
    let desk = Desk::new();
    desk.order("kick?dry_run=true", json!({"why": "x", "account": "pupil"})).await;
    assert!(desk.hub.told.lock().unwrap().is_empty());
    desk.order("kick", json!({"why": "insults", "account": "pupil"})).await;
    let account = AccountId::parse("pupil").unwrap();
    assert_eq!(desk.hub.told.lock().unwrap()[..], [News::Kick { account }]);
    let class = json!({"class": "2a"});
    let order = |verdict: &str, place: &Value| {
        let order = json!({"why": "insults", "verdict": verdict, "place": place});
        desk.order("posting", order)
    };
    let first = order("stop", &class).await.json();
    assert_eq!((&first["before"], &first["after"]), (&json!(null), &class));
    let roster = desk.edge.parts.directory.current();
    let pupil = Identity::of(&roster, &AccountId::parse("pupil").unwrap()).unwrap();
    let channel = Channel::parse("class:2a").unwrap();
    assert!(desk.edge.parts.stops.refuse(&roster, &pupil, &channel));
    assert_eq!(desk.look("status").await["posting_stopped"], json!([class]));
    order("allow", &class).await;
    assert!(!desk.edge.parts.stops.refuse(&roster, &pupil, &channel));
    assert_eq!(order("stop", &json!({"school": "nowhere"})).await.problem(), refused(404, "not_found"));
    desk.order("drain?dry_run=true", json!({"why": "x"})).await;
    assert!(!desk.hub.is_ended.load(Ordering::SeqCst));
    desk.order("drain", json!({"why": "update"})).await;
    assert!(desk.hub.is_ended.load(Ordering::SeqCst));
    let expected = [
        told("kick", "dry_run", None),
        told("kick", "done", None),
        told("posting", "done", None),
        told("posting", "done", None),
        told("posting", "refused", Some("not_found")),
        told("drain", "dry_run", None),
        told("drain", "done", None),
    ];
    assert_eq!(desk.notebook.told(), expected);
}

#[tokio::test]
async fn what_was_decided_holds_after_a_restart() {
    let desk = Desk::new();
    let until = i64::try_from(NOW).unwrap() + 3_600_000;
    desk.order("limits", json!({"why": "x", "set": {"seats_max": 50}})).await;
    desk.order("suspend", json!({"why": "x", "role": "guardian", "until": until})).await;
    desk.order("notice", json!({"why": "x", "text": "Bonjour"})).await;
    desk.order("posting", json!({"why": "x", "verdict": "stop", "place": {"school": "lycee"}})).await;
    let mut before = desk.notebook.settings();
    // What nobody can read any more holds up nothing.
    before.push(("limits".into(), json!({"gone": 1})));
    let next = Desk::after(before);
    assert_eq!(next.hub.gate.settings().seats_max, 50);
    assert_eq!(next.hub.overrides.lock().unwrap().len(), 1);
    assert_eq!(next.plain("GET", "/v1/notice", "").await.json()["notice"]["text"], "Bonjour");
    let scopes = next.edge.parts.stops.list();
    assert!(matches!(&scopes[..], [Scope::School(school)] if school.as_str() == "lycee"), "{scopes:?}");
    let number = next.order("suspend", json!({"why": "x", "role": "staff", "until": until})).await.json();
    assert_eq!(number["trial"]["number"], 2);
}

#[tokio::test]
async fn the_report_counts_who_asked_and_how_it_went() {
    let desk = Desk::new();
    desk.ask("pupil", "POST", "/v1/seat", "").await;
    desk.ask("pupil", "POST", "/v1/seat", "").await;
    desk.ask("parent", "POST", "/v1/seat", "").await;
    desk.gate.decide(Decision::Closed { retry_after_ms: 1_000 });
    desk.ask("neighbour", "POST", "/v1/seat", "").await;
    let report = desk.look("report").await;
    let day = &report["days"][0];
    assert_eq!((&day["date"], &day["is_today"]), (&json!("2027-01-15"), &json!(true)));
    for row in [&day["region"], &day["schools"]["lycee"]] {
        assert_eq!((&row["pupils_tried"], &row["pupils_at_first_try"]), (&json!(2), &json!(1)));
        assert_eq!(row["reliability"], 0.5);
        assert_eq!(row["refused"], json!({"closed": 1, "suspended": 1}));
        assert_eq!(row["mean_visit_seconds"]["student"], json!(null));
    }
    for name in ["pupil\"", "neighbour", "parent", "Ada"] {
        assert!(!report.to_string().contains(name), "{name}");
    }
    assert_eq!(desk.look("report?from=2027-01-16").await, json!({"days": []}));
    for query in ["from=soon", "from=2027-01-16&until=2027-01-15", "from=2027-01-01&until=2027-12-31"] {
        let answer = desk.operate("GET", &format!("/v1/operator/report?{query}"), &Value::Null).await;
        assert_eq!(answer.problem(), refused(400, "malformed"), "{query}");
    }
}

#[tokio::test]
async fn metrics_say_who_has_which_seats_and_how_it_went_by_groups_of_schools() {
    let desk = Desk::new();
    desk.order("limits", json!({"why": "x", "set": {"seats_max": 1000}})).await;
    desk.ask("pupil", "POST", "/v1/seat", "").await;
    desk.ask("parent", "POST", "/v1/seat", "").await;
    let school = crate::base::OrgId::parse("lycee").unwrap();
    desk.edge.parts.books.joined(crate::base::SessionId(1), Role::Student, Some(&school));
    let elsewhere = crate::base::OrgId::parse("elsewhere").unwrap();
    desk.edge.parts.books.joined(crate::base::SessionId(2), Role::Student, Some(&elsewhere));
    desk.order("notice", json!({"why": "x", "text": "Panne"})).await;
    desk.gate.decide(Decision::Wait(waiting("AB")));
    desk.ask("teacher", "POST", "/v1/seat", "").await;
    desk.ask("teacher", "POST", "/v1/seat", r#"{"ticket":"AB"}"#).await;
    let metrics = desk.send_inside(Request::get("/metrics").body(Body::empty()).unwrap()).await.text;
    for line in [
        r#"preau_class_seats_nominal{class="student"} 300.0"#,
        r#"preau_class_seats_taken{class="student"} 1.0"#,
        r#"preau_class_decisions_total{class="student",reason="entered"} 1"#,
        r#"preau_class_decisions_total{class="guardian",reason="suspended"} 1"#,
        r#"preau_pressure{indicator="memory"} 0.0"#,
        "preau_load_level 0.0",
        "preau_seats 1000.0",
        "preau_calendar_alarm 0.0",
        r#"preau_school_seats_lent{group="other"} 0.0"#,
        r#"preau_school_waiting{group="nord",role="teacher"} 1.0"#,
        r#"preau_school_evicted_total{group="other",step="guardian"} 0"#,
        r#"preau_operator_decisions{kind="notice"} 1.0"#,
        r#"preau_school_connections{group="nord",role="student"} 1.0"#,
        r#"preau_school_connections{group="other",role="student"} 1.0"#,
        r#"preau_today_pupils_tried{group="nord"} 1.0"#,
        r#"preau_today_pupils_at_first_try{group="nord"} 1.0"#,
        r#"preau_today_refused{group="nord",reason="suspended"} 1.0"#,
        r#"preau_school_answers_total{group="nord",role="guardian",answer="suspended"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(metrics.ends_with("# EOF\n"));
}
