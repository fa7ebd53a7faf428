//! What is urgent, end to end: it is written at once to the families whom it concerns, once each, whatever is killed meanwhile,
//! and to nobody else.

use preau::ledger::{LetterEnd, LetterState};
use reqwest::Method;
use serde_json::{Value, json};

use crate::mail::{address, on_shelf, options, until_none_waits};
use crate::relay::Relay;
use crate::support::bundle::{Bundle, child, family};
use crate::support::client::PATIENCE;
use crate::support::hub::Hub;

/// Sends something urgent, in the name of the school's office.
async fn alarm(hub: &Hub, id: &str, place: &str) -> u16 {
    let body = json!({"title": format!("Alerte {id}"), "text": "Venez chercher vos enfants."});
    let item =
        json!({"id": id, "places": [place], "urgent": {"reason": "Consigne de la préfecture"}, "body": body});
    let (status, answer) =
        hub.request(Method::POST, "/v1/announcements", &hub.token("staff"), Some(item)).await;
    assert!(matches!(status, 200 | 201), "{status}: {answer}");
    status
}

/// Five families: the child of the second is of age and has stopped the family's mail, the link of the third is cut, and the
/// fifth has stopped urgent mail, though not digests. The fourth has stopped digests.
async fn choose(hub: &Hub) {
    let put = async |account: &str, path: &str, body: Value| {
        let (status, answer) = hub.request(Method::PUT, path, &hub.token(account), Some(body)).await;
        assert_eq!(status, 200, "{answer}");
    };
    put(&family(3), "/v1/preferences", json!({"mail": false})).await;
    put(&family(4), "/v1/preferences", json!({"mail": true, "urgent_mail": false})).await;
    hub.write_roster(&Bundle { families: 5, adults: vec![child(1)], ..Bundle::default() });
    let reload = "/v1/operator/roster/reload";
    let (status, answer) = hub.request(Method::POST, reload, &hub.token("operator"), Some(json!({}))).await;
    assert_eq!(status, 200, "{answer}");
    put(&child(1), "/v1/family", json!({"stopped": true})).await;
    cut(hub, 2).await;
}

async fn cut(hub: &Hub, number: usize) {
    let cut = json!({"guardian": family(number), "child": child(number), "verdict": "cut", "why": "a judge's order"});
    let (status, answer) =
        hub.request(Method::POST, "/v1/family/links", &hub.token("staff"), Some(cut)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_is_written_at_once_to_families_whom_it_concerns_and_to_nobody_else() {
    let mut relay = Relay::start();
    let mail = format!("port = {}\ntls = \"none\"\n", relay.port());
    let mut hub = Hub::start_with(options(5, &mail)).await;
    choose(&hub).await;
    assert_eq!(alarm(&hub, "fire", "school:lycee").await, 201);
    relay.wait_for(2, PATIENCE).await;
    assert_eq!(alarm(&hub, "fire", "school:lycee").await, 200, "the same again");

    // While the relay is away the hub is killed, one item is withdrawn, and one link cut.
    relay.go_down().await;
    alarm(&hub, "flood", "level:lycee/2nde").await;
    hub.kill().await;
    hub.restart().await;
    alarm(&hub, "error", "level:lycee/2nde").await;
    let withdrawn = hub.request(Method::DELETE, "/v1/announcements/error", &hub.token("staff"), None).await;
    assert_eq!(withdrawn.0, 200, "{}", withdrawn.1);
    cut(&hub, 3).await;
    relay.go_up();
    relay.wait_for(3, PATIENCE).await;
    until_none_waits(&hub, PATIENCE).await;
    assert!(hub.terminate().await);

    let mut found: Vec<(String, bool)> = Vec::new();
    for kept in relay.kept().into_values() {
        assert!(kept.copies == 1 && kept.bytes.contains("Venez chercher vos enfants."), "{kept:?}");
        found.push((kept.to, kept.bytes.contains("Subject: Urgent : Alerte flood")));
    }
    found.sort();
    assert_eq!(found, [(address(0), false), (address(0), true), (address(3), false)]);
    let (sent, empty) = (LetterEnd::Sent, LetterEnd::Empty);
    let expected: [Vec<LetterEnd>; 5] =
        [vec![sent, sent, empty], vec![], vec![], vec![sent, empty, empty], vec![]];
    let all = on_shelf(&hub, |shelf| (0..5).map(|number| shelf.letters(number)).collect::<Vec<_>>()).await;
    for (letters, ends) in all.into_iter().zip(expected) {
        let states: Vec<LetterState> = letters.into_iter().map(|letter| letter.state).collect();
        assert_eq!(states, ends.into_iter().map(LetterState::Ended).collect::<Vec<_>>());
    }
}
