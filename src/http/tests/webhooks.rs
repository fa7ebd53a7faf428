//! An endpoint of webhooks called again at an operator's word, and how all of them stand.

use serde_json::{Value, json};

use super::desk::{Desk, refused};
use crate::base::MachineTime;
use crate::http::operations::{EndpointState, EndpointView};

/// An endpoint that has been what it is since a second before now.
fn view(desk: &Desk, name: &str, state: EndpointState, waiting: u64) -> EndpointView {
    let now = desk.edge.parts.clock.machine();
    let since = MachineTime(now.0 - 1_000);
    let is_up = state == EndpointState::Up;
    EndpointView {
        name: name.to_owned(),
        state,
        failures: u32::from(!is_up),
        since: (!is_up).then_some(since),
        why: (!is_up).then(|| "status 503".to_owned()),
        next_at: (state == EndpointState::Waiting).then_some(MachineTime(now.0 + 40_000)),
        waiting,
    }
}

#[tokio::test]
async fn the_status_says_how_each_endpoint_stands() {
    let desk = Desk::new();
    let status = desk.look("status").await;
    assert_eq!(status["webhooks"], json!([]));
    *desk.hub.endpoints.lock().unwrap() = vec![
        view(&desk, "timetable", EndpointState::Waiting, 3),
        view(&desk, "workspace", EndpointState::Up, 0),
    ];
    let status = desk.look("status").await;
    let (timetable, workspace) = (&status["webhooks"][0], &status["webhooks"][1]);
    assert_eq!(
        (&timetable["state"], &timetable["why"], &timetable["next_in_seconds"], &timetable["waiting"]),
        (&json!("waiting"), &json!("status 503"), &json!(40), &json!(3))
    );
    assert!(timetable["since"].is_u64() && timetable["since_clock"].is_string(), "{timetable}");
    let up = json!({"name": "workspace", "state": "up", "failures": 0, "since": null, "since_clock": null,
        "why": null, "next_in_seconds": null, "waiting": 0});
    assert_eq!(workspace, &up);
}

#[tokio::test]
async fn an_endpoint_is_called_again_at_an_operator_s_word() {
    let desk = Desk::new();
    let endpoints = [("timetable", EndpointState::Gone), ("workspace", EndpointState::Parked)];
    *desk.hub.endpoints.lock().unwrap() =
        endpoints.iter().map(|(name, state)| view(&desk, name, *state, 7)).collect();
    let resume = json!({"why": "mended", "endpoint": "workspace"});
    let tried = desk.order("webhooks/resume?dry_run=true", resume.clone()).await.json();
    assert_eq!((&tried["outcome"], &tried["trial"]), (&json!("dry_run"), &json!({"waiting": 7})));
    assert!(desk.hub.resumed.lock().unwrap().is_empty(), "tried alone");
    let done = desk.order("webhooks/resume", resume).await.json();
    assert_eq!(done["before"], json!({"state": "parked", "failures": 1}));
    assert_eq!(done["after"], json!({"state": "up", "failures": 0}));
    assert_eq!(*desk.hub.resumed.lock().unwrap(), ["workspace"]);
    let entries = desk.notebook.entries.lock().unwrap();
    let last = &entries.last().unwrap().entry;
    assert_eq!((last.scope.as_str(), last.why.as_str()), ("webhook workspace", "mended"));
}

#[tokio::test]
async fn a_name_that_no_endpoint_has_is_refused_with_those_that_there_are() {
    let desk = Desk::new();
    let resume = |name: &str| json!({"why": "mended", "endpoint": name});
    let answer = desk.order("webhooks/resume", resume("workspace")).await;
    assert_eq!(answer.problem(), refused(404, "not_found"));
    assert_eq!(answer.json()["more"], json!({"endpoints": []}));
    assert_eq!(answer.json()["detail"], "the configuration names no endpoint of webhooks");
    let names = ["timetable", "workspace"];
    *desk.hub.endpoints.lock().unwrap() =
        names.iter().map(|name| view(&desk, name, EndpointState::Parked, 1)).collect();
    let answer = desk.order("webhooks/resume", resume(&"x".repeat(1_000))).await;
    assert_eq!(answer.problem(), refused(404, "not_found"));
    assert_eq!(answer.json()["more"], json!({"endpoints": names}));
    let detail: Value = "no endpoint of webhooks is called that; there are: timetable, workspace".into();
    assert_eq!(answer.json()["detail"], detail);
    assert!(desk.hub.resumed.lock().unwrap().is_empty());
    let told = desk.notebook.told();
    assert_eq!(told.last().unwrap(), &("webhook".into(), "refused".into(), Some("not_found".into())));
    assert!(desk.notebook.entries.lock().unwrap().last().unwrap().entry.scope.len() < 64);
    for wrong in [json!({"endpoint": "workspace"}), json!({"why": "mended"})] {
        assert_eq!(desk.order("webhooks/resume", wrong).await.problem(), refused(400, "malformed"));
    }
}
