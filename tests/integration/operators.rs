//! Operators at work on a running hub: every command of the page's storm morning, limits that hold within a second, and
//! decisions and counts that outlive `kill -9`.

use std::process::Stdio;
use std::time::Duration;

use preau::base::{Clock, clock::SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::binary::outcome;
use crate::support::client::{Client, End, PATIENCE};
use crate::support::hub::Hub;

/// How soon a change holds.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Runs a command of an operator's: its exit code, output and complaints.
async fn run(hub: &Hub, arguments: &[&str]) -> (Option<i32>, String, String) {
    let home = hub.path("data");
    outcome(&[arguments, &["--data", home.to_str().unwrap()]].concat()).await
}

/// The same with JSON as its answer; it must succeed.
async fn ops(hub: &Hub, arguments: &[&str]) -> Value {
    let (code, text, said) = run(hub, &[&["ops"], arguments, &["--json", "--as", "ada"]].concat()).await;
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    serde_json::from_str(&text).unwrap()
}

/// Civil time in the hub's zone, so many minutes from now.
fn minutes_from_now(minutes: i64) -> String {
    let now = jiff::Timestamp::from_millisecond(SystemClock::start().school().0).unwrap();
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let then = now.to_zoned(zone).saturating_add(jiff::Span::new().minutes(minutes));
    then.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Words of a command line, with what stands between quotes as one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[tokio::test]
async fn every_command_of_a_storm_morning_does_what_the_page_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OPERATIONS.md")).unwrap();
    let section = page.split("## Running a storm morning").nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap();
    let commands = section.split("```").skip(1).step_by(2).flat_map(str::lines);
    let commands: Vec<&str> = commands.filter(|line| line.starts_with("preau ")).collect();
    for subcommand in [
        "status", "explain", "limits", "window", "suspend", "notice", "kick", "link", "posting", "audit",
        "drain",
    ] {
        let is_shown = commands.iter().any(|line| line.starts_with(&format!("preau ops {subcommand}")));
        assert!(is_shown, "the page does not show `preau ops {subcommand}`");
    }
    let mut hub = Hub::start().await;
    for line in &commands {
        let line = line.split(" #").next().unwrap();
        let today = minutes_from_now(60);
        let line =
            line.replace("2026-03-27T09:30", &today).replace("2026-03-27T12:00", &minutes_from_now(120));
        let words = words(&line);
        let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        if arguments.contains(&"--watch") {
            continue;
        }
        let (code, text, said) = run(&hub, &arguments).await;
        assert_eq!(code, Some(0), "{line}: {said}");
        assert!(!text.is_empty(), "{line} says nothing");
    }
    // The last one ended the hub, as the page says.
    assert!(hub.has_ended().await, "{}", hub.log());
}

#[tokio::test]
async fn status_is_watched_anew_each_second() {
    let hub = Hub::start().await;
    let home = hub.path("data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_preau"))
        .args(["ops", "status", "--watch", "--data", home.to_str().unwrap()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let three = async {
        let mut seen = 0;
        while seen < 3 {
            let line = lines.next_line().await.unwrap().expect("it goes on");
            assert!(!line.contains('\u{1b}'), "colours and jumps are for terminals: {line}");
            seen += usize::from(line.starts_with("préau "));
        }
    };
    timeout(PATIENCE, three).await.unwrap();
}

/// Reads the operators' stream until a moment is as it should be.
async fn moment(stream: &mut reqwest::Response, fits: impl Fn(&Value) -> bool) -> Value {
    let mut rest = String::new();
    let read = async {
        loop {
            let piece = stream.chunk().await.unwrap().expect("the stream goes on");
            rest.push_str(std::str::from_utf8(&piece).unwrap());
            while let Some(length) = rest.find("\n\n") {
                let told = rest[..length].strip_prefix("event: moment\ndata: ").map(str::to_owned);
                rest.drain(..length + 2);
                let Some(told) = told else { continue };
                let moment: Value = serde_json::from_str(&told).unwrap();
                if fits(&moment) {
                    return moment;
                }
            }
        }
    };
    timeout(PATIENCE, read).await.expect("such a moment comes")
}

#[tokio::test]
async fn the_dashboard_goes_on_when_the_hub_is_full_and_nobody_else_is_answered() {
    let hub = Hub::start().await;
    let pupil = hub.token("s-a-00");
    let pointer = std::fs::read_to_string(hub.path("data/operator.json")).unwrap();
    let pointer: Value = serde_json::from_str(&pointer).unwrap();
    let (address, secret) = (pointer["address"].as_str().unwrap(), pointer["secret"].as_str().unwrap());
    // Whatever memory the process takes is the highest pressure, and no seat is left.
    let set = ["limits", "--set", "watermarks.memory_part.low=0", "--set"];
    let full =
        ["watermarks.memory_part.high=0.000001", "--set", "seats_max=1", "--why", "the end of the world"];
    ops(&hub, &[&set[..], &full].concat()).await;
    // Connections that ask for nothing take every place of the public listener.
    let public = hub.address().trim_start_matches("http://").to_owned();
    let crowd: Vec<_> = (0..600).map(|_| std::net::TcpStream::connect(&public).unwrap()).collect();
    let http = reqwest::Client::new();
    let stream = http.get(format!("http://{address}/v1/operator/stream")).bearer_auth(secret).send();
    let mut stream = stream.await.unwrap();
    assert_eq!(stream.status(), 200);
    let told = moment(&mut stream, |told| told["status"]["gate"]["level"] == 4).await;
    let memory = &told["indicators"][3];
    assert_eq!((&memory["indicator"], &memory["pressure_part"]), (&json!("memory_part"), &json!(1.0)));
    assert!(told["memory"]["resident_bytes"].as_u64().is_some_and(|bytes| bytes > 1_000_000), "{told}");
    let (status, refusal) = hub.request(Method::POST, "/v1/seat", &pupil, None).await;
    assert_eq!(status, 503, "{refusal}");
    // Orders are carried out, the page is served, and what was refused is counted.
    ops(&hub, &["notice", "Complet.", "--lang", "fr", "--why", "full"]).await;
    let page = http.get(format!("http://{address}/")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let is_told = |told: &Value| told["status"]["notice"]["text"] == "Complet.";
    moment(&mut stream, is_told).await;
    drop(crowd);
    let calm =
        ["--set", "watermarks.memory_part.high=default", "--set", "seats_max=default", "--why", "calm"];
    ops(&hub, &[&["limits", "--set", "watermarks.memory_part.low=default"][..], &calm].concat()).await;
    moment(&mut stream, |told| told["status"]["gate"]["level"] == 0).await;
}

#[tokio::test]
async fn a_limit_holds_within_a_second_and_a_dry_run_changes_nothing() {
    let hub = Hub::start().await;
    let pupil = hub.token("s-a-00");
    assert!(hub.seat(&pupil).await.is_ok());
    let set = ["limits", "--set", "seats_max=0", "--set", "flow.max=100", "--set", "flow.start=100"];
    ops(&hub, &[&set[..], &["--why", "to begin with"]].concat()).await;
    // No seat for pupils: all of them are the operators'.
    let close =
        ["limits", "--set", "seats_max=1", "--set", "lendable.operator=0", "--why", "closed", "--set"];
    let shares =
        ["shares.operator=1000", "--set", "shares.teacher=0", "--set", "shares.student_live=0", "--set"];
    let shares =
        [&shares[..], &["shares.student=0", "--set", "shares.staff=0", "--set", "shares.guardian=0"]];
    let close = [&close[..], &shares.concat()].concat();
    let tried = ops(&hub, &[&close[..], &["--dry-run"]].concat()).await;
    assert_eq!((&tried["outcome"], &tried["trial"]["seats"]), (&json!("dry_run"), &json!(1)));
    let student = &tried["trial"]["classes"][3];
    assert_eq!((&student["class"], &student["held_refused"]), (&json!("student"), &json!(1)));
    let other = hub.token("s-a-01");
    assert!(hub.seat(&other).await.is_ok(), "a dry run changes nothing");
    ops(&hub, &close).await;
    let (clock, third) = (SystemClock::start(), hub.token("s-a-02"));
    let began = clock.machine();
    let (status, answer) = hub.request(Method::POST, "/v1/seat", &third, None).await;
    assert_eq!((status, answer["ticket"].is_string()), (202, true), "{answer}");
    assert!(clock.machine().since(began) < AT_ONCE);
    let (code, _, said) = run(&hub, &["ops", "limits", "--set", "seat_max=3", "--why", "a slip"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("no limit has such a name") && said.contains("seats_max"), "{said}");
    let (code, _, said) = run(&hub, &["ops", "limits", "--set", "seats_max=3"]).await;
    assert!(code == Some(2) && said.contains("--why"), "{said}");
    let audit = ops(&hub, &["audit"]).await;
    let outcomes: Vec<&Value> =
        audit["entries"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["refused", "done", "dry_run", "done"]);
    assert_eq!(audit["entries"][1]["who"], "ada@local");
}

/// What the command says of guardians: decisions that were counted, whether they may come in, and whether it names who said not.
async fn explained(hub: &Hub) -> (Value, Value, bool) {
    let ask = ["calendar", "explain", "--role", "guardian", "--school", "lycee", "--json"];
    let (code, text, said) = run(hub, &ask).await;
    assert_eq!(code, Some(0), "{said}");
    let mut told: Value = serde_json::from_str(&text).unwrap();
    let admission = &told["readings"][0]["admission"];
    let is_named = admission["because"].as_str().unwrap().starts_with("ada@local has decided");
    (told["decisions"].clone(), told["readings"][0]["admission"]["open"].take(), is_named)
}

#[tokio::test]
async fn a_demo_is_configured_by_its_environment_too() {
    let suspension = async |settings: &[(&str, &str)]| {
        let hub = Hub::demo_with(settings).await;
        ops(&hub, &["limits"]).await["limits"]["suspension_seconds"].clone()
    };
    assert_eq!(suspension(&[]).await, 10);
    assert_eq!(suspension(&[("PREAU_ADMISSION__SUSPENSION_SECONDS", "30")]).await, 30);
}

#[tokio::test]
async fn a_role_is_suspended_at_once_told_when_to_come_back_and_let_in_again() {
    let hub = Hub::start().await;
    ops(&hub, &["limits", "--set", "suspension_seconds=1", "--why", "a test has no minutes"]).await;
    let mut guardian = Client::join(&hub, "guardian").await;
    let mut teacher = Client::join(&hub, "t-a").await;
    let until = minutes_from_now(90);
    let suspend = ["suspend", "--role", "guardian", "--school", "lycee", "--until", &until, "--why", "storm"];
    let tried = ops(&hub, &[&suspend[..], &["--dry-run"]].concat()).await;
    assert_eq!(tried["trial"]["connections"], 1);
    let done = ops(&hub, &suspend).await;
    let End::Closed(4004, reason) = guardian.end().await else { panic!("suspended is 4004") };
    let reason: Value = serde_json::from_str(&reason).unwrap();
    assert!(reason["opens_at"].is_number(), "{reason}");
    let (status, refusal) = hub.request(Method::POST, "/v1/seat", &hub.token("guardian"), None).await;
    assert_eq!((status, &refusal["code"]), (403, &json!("suspended")), "{refusal}");
    assert!(refusal["opens_at"].as_i64() >= done["after"]["until"].as_i64(), "{refusal}");
    let (status, past) = hub.history("guardian", "account:guardian", "").await;
    assert_eq!(
        (status, &past["opens_at"]),
        (403, &refusal["opens_at"]),
        "HTTP is no way round the door: {past}"
    );
    assert_eq!(explained(&hub).await, (json!(1), json!(false), true), "the calendar says who decided");
    let number = done["trial"]["number"].to_string();
    ops(&hub, &["window", "withdraw", &number, "--why", "over"]).await;
    assert_eq!(explained(&hub).await, (json!(0), json!(true), false));
    assert!(hub.seat(&hub.token("guardian")).await.is_ok());
    // Whoever is of another role noticed nothing.
    assert_eq!(teacher.subscribe("class:2a", json!("now")).await["type"], "fresh");
}

#[tokio::test]
async fn an_account_is_sent_away_and_a_class_falls_silent() {
    let hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    let mut teacher = Client::join(&hub, "t-a").await;
    ops(&hub, &["kick", "s-a-00", "--why", "insults"]).await;
    let End::Closed(4005, _) = pupil.end().await else { panic!("kicked is 4005") };
    ops(&hub, &["posting", "stop", "--class", "2a", "--why", "insults"]).await;
    let post = json!({"type": "publish", "channel": "class:2a", "kind": "post", "message_id": "m1", "body": {"text": "x"}});
    assert_eq!(teacher.ask(post.clone()).await["code"], "posting_stopped");
    ops(&hub, &["posting", "allow", "--class", "2a", "--why", "quiet again"]).await;
    assert_eq!(teacher.ask(post).await["type"], "published");
    let (code, _, said) = run(&hub, &["ops", "posting", "stop", "--class", "9z", "--why", "x"]).await;
    assert!(code == Some(1) && said.contains("not_found"), "{said}");
}

#[tokio::test]
async fn what_was_decided_outlives_kill_nine() {
    let mut hub = Hub::start().await;
    let until = minutes_from_now(90);
    ops(&hub, &["limits", "--set", "seats_max=500", "--why", "storm"]).await;
    ops(&hub, &["suspend", "--role", "guardian", "--until", &until, "--why", "storm"]).await;
    ops(&hub, &["notice", "Panne du réseau.", "--lang", "fr", "--why", "storm"]).await;
    ops(&hub, &["posting", "stop", "--school", "other", "--why", "storm"]).await;
    let before = ops(&hub, &["audit"]).await;
    hub.kill().await;
    hub.restart().await;
    let standing = ops(&hub, &["status"]).await;
    assert_eq!(standing["gate"]["seats"], 500);
    assert_eq!(standing["notice"]["text"], "Panne du réseau.");
    assert_eq!(standing["windows"][0]["why"], "storm");
    assert_eq!(standing["posting_stopped"], json!([{"school": "other"}]));
    let (status, refusal) = hub.request(Method::POST, "/v1/seat", &hub.token("guardian"), None).await;
    assert_eq!((status, &refusal["notice"]["text"]), (403, &json!("Panne du réseau.")));
    let (status, notice) = hub.request(Method::GET, "/v1/notice", "", None).await;
    assert_eq!((status, &notice["notice"]["lang"]), (200, &json!("fr")));
    assert_eq!(ops(&hub, &["audit"]).await, before);
    ops(&hub, &["notice", "--clear", "--why", "over"]).await;
    assert_eq!(hub.request(Method::GET, "/v1/notice", "", None).await.1["notice"], Value::Null);
}

/// The report of today, as the command exports it.
async fn report(hub: &Hub) -> Value {
    let (code, text, said) = run(hub, &["report", "day", "--json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let report: Value = serde_json::from_str(&text).unwrap();
    report["days"][0].clone()
}

#[tokio::test]
async fn a_report_goes_on_where_kill_nine_ended_it() {
    let mut hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    let mut teacher = Client::join(&hub, "t-a").await;
    pupil.subscribe("class:2a", json!("now")).await;
    teacher.post("class:2a", "m1", "Bonjour").await;
    pupil.wait_type("publication").await;
    let kept = hub.path("data/report-today.json");
    let is_kept = async {
        loop {
            let text = tokio::fs::read_to_string(&kept).await.unwrap_or_default();
            let today: Value = serde_json::from_str(&text).unwrap_or_default();
            let region = &today["day"]["region"];
            if region["peak"]["student"] == 1 && region["peak"]["teacher"] == 1 && region["publications"] == 1
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE * 2, is_kept).await.expect("what was counted is kept within seconds");
    hub.kill().await;
    hub.restart().await;
    // The same pupil, and another.
    let _again = Client::join(&hub, "s-a-00").await;
    let _other = Client::join(&hub, "s-a-01").await;
    let day = report(&hub).await;
    let lycee = &day["schools"]["lycee"];
    assert_eq!((&lycee["pupils_tried"], &lycee["reliability"]), (&json!(2), &json!(1.0)), "{day}");
    assert_eq!((&lycee["peak"]["student"], &lycee["peak"]["teacher"]), (&json!(2), &json!(1)));
    assert_eq!(day["region"]["publications"], 1);
    for name in ["s-a-00", "t-a", "Given"] {
        assert!(!day.to_string().contains(name), "{name}");
    }
    let (code, text, said) = run(&hub, &["report", "week", "--csv"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(text.lines().count(), 3, "a head, the region and the school: {text}");
    assert!(text.lines().nth(2).unwrap().contains(",lycee,1.0000,2,2,"), "{text}");
}

#[tokio::test]
async fn without_a_hub_the_command_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, said) = outcome(&["ops", "status", "--data", folder.path().to_str().unwrap()]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("no hub runs on") && said.contains("--data or --config"), "{said}");
}
