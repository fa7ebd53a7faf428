//! Webhooks on their way: the real log and ledger, real sockets, endpoints that misbehave.

use std::time::Duration;

use preau::base::body::{Assignment, Event};
use preau::base::{Clock as _, HookKind, ItemId, Kind, OrgId, limits};
use preau::ledger::{EndpointState, HookEventId};
use preau::outreach::hooks::EndpointSettings;
use serde_json::json;

use crate::bureau::PATIENCE;
use crate::desk::{Desk, SECRET, announcement, endpoint, label, states};
use crate::receiver::{Mood, Receiver, Told, is_signed};

fn assignment(item: &str, version: u32) -> Assignment {
    let item = ItemId::parse(item).ok();
    let due = "2026-12-01".to_owned();
    let (subject, links) = (String::new(), Vec::new());
    Assignment {
        title: "Zoé".to_owned(),
        text: String::new(),
        due,
        subject,
        links,
        item,
        version,
        earlier: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_told_signed_in_order_and_without_a_word_of_it() {
    let receiver = Receiver::start(SECRET).await;
    let mut desk = Desk::new();
    desk.publish("class:2a", &announcement("before", 1)).await;
    assert_eq!(desk.events().await, [0; 0], "while there is no endpoint nothing is written down");
    desk.run(vec![endpoint("workspace", &receiver.url())]).await;
    desk.publish("class:2a", &announcement("a", 1)).await;
    desk.publish("class:2a", &announcement("a", 2)).await;
    desk.post().await;
    desk.publish("account:parent", &announcement("a", 2)).await;
    desk.lesson(Event::Started { title: "Zoé".to_owned() }).await;
    desk.lesson(Event::Unpinned).await;
    desk.lesson(Event::Ended).await;
    desk.publish("level:lycee/2nde", &assignment("b", 1)).await;
    desk.publish("level:lycee/2nde", &assignment("b", 2)).await;
    desk.withdraw(Kind::Announcement, "a").await;
    desk.withdraw(Kind::Assignment, "b").await;
    receiver.wait_for(8, PATIENCE).await;
    desk.stop().await;
    let told = receiver.told();
    let kinds: Vec<String> = told.iter().map(Told::kind).collect();
    let expected = [
        "announcement.published",
        "announcement.edited",
        "lesson.started",
        "lesson.ended",
        "assignment.published",
        "assignment.edited",
        "announcement.withdrawn",
        "assignment.withdrawn",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(receiver.unsigned(), 0);
    assert_eq!(
        told[1].json(),
        json!({
            "type": "announcement.edited",
            "timestamp": "2026-11-30T17:00:00Z",
            "data": {
                "channel": "class:2a",
                "school": "lycee",
                "position": {"epoch": "000000ab", "offset": 3},
                "audience": ["teacher", "student", "guardian", "staff", "operator"],
                "urgent": false,
                "item": "a",
                "version": 2,
                "read": "/v1/channels/class%3A2a/publications?from=2&limit=1",
            },
        })
    );
    assert_eq!(told[6].json()["data"]["version"], 3);
    assert!(told.iter().all(|told| !told.body.contains("Zoé") && !told.body.contains("teacher\":")));
    assert_eq!(desk.events().await, [0; 0], "what all endpoints have taken is forgotten");
    assert_eq!(desk.metrics.hooks_delivered.get_or_create(&label("workspace")).get(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_changed_on_its_way_does_not_verify() {
    let receiver = Receiver::start(SECRET).await;
    let mut desk = Desk::new();
    desk.run(vec![endpoint("workspace", &receiver.url())]).await;
    desk.announce(0..1).await;
    receiver.wait_for(1, PATIENCE).await;
    desk.stop().await;
    let told = receiver.told().remove(0);
    let (id, at, tag) = (told.id.as_str(), told.timestamp.as_str(), told.signature.as_str());
    assert_eq!(at, desk.clock.machine().unix_seconds().to_string());
    assert!(is_signed(SECRET, (id, at, tag), &told.body));
    let other_secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let later = (desk.clock.machine().unix_seconds() + 1).to_string();
    assert!(!is_signed(other_secret, (id, at, tag), &told.body));
    assert!(!is_signed(SECRET, ("msg_000000ab_2", at, tag), &told.body));
    assert!(!is_signed(SECRET, (id, &later, tag), &told.body));
    assert!(!is_signed(SECRET, (id, at, &tag.replace("v1,", "v2,")), &told.body));
    assert!(!is_signed(SECRET, (id, at, tag), &told.body.replace("class:2a", "class:6b")));
    // And somebody who posts without the secret is sent away.
    let forged =
        reqwest::Client::new().post(receiver.url()).header("webhook-id", id).body(told.body).send().await;
    assert_eq!((forged.unwrap().status().as_u16(), receiver.unsigned()), (401, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_is_told_each_event_again_under_its_id_and_in_order() {
    let receiver = Receiver::start(SECRET).await;
    let mut desk = Desk::new();
    for mood in [Mood::Answers(500), Mood::ForgetsToSay, Mood::Answers(404), Mood::IsBusy(1)] {
        receiver.set_mood(&mood, 1);
    }
    desk.run(vec![endpoint("workspace", &receiver.url())]).await;
    desk.announce(0..5).await;
    receiver.wait_for(1, PATIENCE).await;
    desk.until(Duration::from_secs(1), || receiver.told().len() >= 9).await;
    desk.stop().await;
    let ids: Vec<String> = receiver.told().iter().map(|told| told.id.clone()).collect();
    assert!(ids[..5].iter().all(|id| *id == ids[0]), "the first waits for nobody: {ids:?}");
    assert_eq!((ids.len(), receiver.has_moods()), (9, false));
    let items: Vec<String> =
        receiver.kept().iter().map(|told| told.json()["data"]["item"].to_string()).collect();
    assert_eq!(items, ["\"i000\"", "\"i001\"", "\"i002\"", "\"i003\"", "\"i004\""]);
    let bodies: Vec<String> = receiver.told()[..5].iter().map(|told| told.body.clone()).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "and it is the same message");
    assert_eq!(desk.metrics.hook_failures.get_or_create(&label("workspace")).get(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_holds_up_no_other_and_no_drain() {
    let (slow, quick) = (Receiver::start(SECRET).await, Receiver::start(SECRET).await);
    slow.set_mood(&Mood::Hangs, 100);
    let mut desk = Desk::new();
    desk.run(vec![endpoint("slow", &slow.url()), endpoint("quick", &quick.url())]).await;
    desk.announce(0..20).await;
    quick.wait_for(20, PATIENCE).await;
    slow.wait_for(1, PATIENCE).await;
    desk.stop().await;
    assert_eq!(slow.told().len(), 1, "one at a time");
    assert_eq!(desk.events().await.len(), 20, "what one has not taken is kept");
    assert_eq!(desk.register(&[]).await, []);
    assert_eq!(desk.events().await, [0; 0], "without endpoints nothing is");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_called_no_more_until_it_has_another_address() {
    let receiver = Receiver::start(SECRET).await;
    receiver.set_mood(&Mood::Answers(410), 1);
    let mut desk = Desk::new();
    let old = endpoint("workspace", &receiver.url());
    desk.run(vec![old.clone()]).await;
    desk.announce(0..3).await;
    desk.until(Duration::from_hours(1), || desk.is_stopped("workspace")).await;
    desk.stop().await;
    let found = desk.run(vec![old]).await;
    assert_eq!(states(&found), [("workspace", EndpointState::Gone)]);
    desk.announce(3..4).await;
    desk.until(Duration::from_hours(1), || {
        desk.metrics.hooks_waiting.get_or_create(&label("workspace")).get() == 4
    })
    .await;
    desk.stop().await;
    assert_eq!(receiver.told().len(), 1);
    let moved = endpoint("workspace", &format!("{}/elsewhere", receiver.url()));
    desk.run(vec![moved]).await;
    receiver.wait_for(5, PATIENCE).await;
    desk.stop().await;
    assert_eq!(receiver.kept().len(), 4, "what it has missed meanwhile was kept for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_too_long_is_parked_and_goes_on_after_a_restart() {
    let receiver = Receiver::start(SECRET).await;
    receiver.set_mood(&Mood::Answers(503), 1);
    let mut desk = Desk::new();
    let workspace = endpoint("workspace", &receiver.url());
    desk.has_failed(&workspace, limits::HOOK_ATTEMPTS_MAX - 1).await;
    desk.run(vec![workspace.clone()]).await;
    desk.announce(0..2).await;
    desk.until(Duration::from_hours(1), || desk.is_stopped("workspace")).await;
    desk.stop().await;
    assert_eq!(receiver.told().len(), 1);
    let found = desk.run(vec![workspace]).await;
    assert_eq!((found[0].state, found[0].failures), (EndpointState::Active, 0));
    receiver.wait_for(3, PATIENCE).await;
    desk.stop().await;
    assert_eq!(receiver.kept().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_parked_or_gone_goes_on_at_an_operator_s_word() {
    for (mood, stopped, why) in [
        (Mood::Answers(503), EndpointState::Parked, "status 503"),
        (Mood::Answers(410), EndpointState::Gone, "status 410"),
    ] {
        let receiver = Receiver::start(SECRET).await;
        receiver.set_mood(&mood, 1);
        let mut desk = Desk::new();
        let workspace = endpoint("workspace", &receiver.url());
        desk.has_failed(&workspace, limits::HOOK_ATTEMPTS_MAX - 1).await;
        desk.run(vec![workspace.clone()]).await;
        let before = desk.clock.machine();
        desk.announce(0..2).await;
        let (stops, waits) = (|| desk.is_stopped("workspace"), || desk.board.standings()[0].waiting == 2);
        desk.until(Duration::from_hours(1), || stops() && waits()).await;
        let standing = desk.board.standings().remove(0);
        assert_eq!((standing.state, standing.why.as_deref()), (stopped, Some(why)));
        assert!(standing.since >= Some(before) && standing.next_at.is_none(), "{standing:?}");
        assert_eq!((standing.waiting, receiver.told().len()), (2, 1));
        assert!(!desk.board.resume("workspaces") && desk.board.resume("workspace"));
        receiver.wait_for(3, PATIENCE).await;
        desk.until(Duration::ZERO, || {
            desk.board.standings()[0].waiting == 0 && !desk.is_stopped("workspace")
        })
        .await;
        let standing = desk.board.standings().remove(0);
        assert_eq!((standing.state, standing.failures), (EndpointState::Active, 0));
        assert_eq!((standing.since, standing.why), (None, None));
        desk.stop().await;
        assert_eq!(receiver.kept().len(), 2);
        assert_eq!(states(&desk.register(&[workspace]).await), [("workspace", EndpointState::Active)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_is_tried_at_once_at_an_operator_s_word() {
    let receiver = Receiver::start(SECRET).await;
    receiver.set_mood(&Mood::Answers(500), 1);
    let mut desk = Desk::new();
    desk.run(vec![endpoint("workspace", &receiver.url())]).await;
    desk.announce(0..1).await;
    desk.until(Duration::ZERO, || desk.board.standings()[0].failures == 1).await;
    let standing = desk.board.standings().remove(0);
    assert_eq!(standing.next_at, Some(desk.clock.machine().after(Duration::from_secs(5))));
    assert!(desk.board.resume("workspace"));
    // The clock stands still.
    receiver.wait_for(2, PATIENCE).await;
    desk.stop().await;
    assert_eq!(receiver.kept().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure_and_nobody_else_is_told() {
    let (receiver, other) = (Receiver::start(SECRET).await, Receiver::start(SECRET).await);
    receiver.set_mood(&Mood::Redirects(other.url()), 2);
    let mut desk = Desk::new();
    desk.run(vec![endpoint("workspace", &receiver.url())]).await;
    desk.announce(0..1).await;
    desk.until(Duration::from_secs(5), || receiver.told().len() >= 3).await;
    desk.stop().await;
    assert_eq!((other.told().len(), other.unsigned(), receiver.kept().len()), (0, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_is_told_what_it_asked_for() {
    let [lessons, college, all] =
        [Receiver::start(SECRET).await, Receiver::start(SECRET).await, Receiver::start(SECRET).await];
    let mut desk = Desk::new();
    let kinds = vec![HookKind::LessonStarted, HookKind::LessonEnded];
    let schools = vec![OrgId::parse("college").unwrap()];
    desk.run(vec![
        EndpointSettings { kinds, ..endpoint("lessons", &lessons.url()) },
        EndpointSettings { schools, ..endpoint("college", &college.url()) },
        endpoint("all", &all.url()),
    ])
    .await;
    for channel in ["class:2a", "class:6b", "class:gone", "school:lycee", "bulletin:college", "region"] {
        desk.publish(channel, &announcement("a", 1)).await;
    }
    desk.lesson(Event::Ended).await;
    all.wait_for(7, PATIENCE).await;
    college.wait_for(3, PATIENCE).await;
    lessons.wait_for(1, PATIENCE).await;
    let channels = |receiver: &Receiver| {
        let told = receiver.told().into_iter();
        told.map(|told| told.json()["data"]["channel"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    desk.stop().await;
    assert_eq!(channels(&college), ["class:6b", "bulletin:college", "region"]);
    assert_eq!(channels(&lessons), ["class:2a"]);
    assert!(all.told()[2].json()["data"]["school"].is_null(), "a class that left the roster has no school");
    assert_eq!(desk.events().await, [0; 0], "what an endpoint does not want does not wait for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_before_it_was_told_is_counted() {
    let receiver = Receiver::start(SECRET).await;
    let mut desk = Desk::new();
    let workspace = endpoint("workspace", &receiver.url());
    desk.register(std::slice::from_ref(&workspace)).await;
    desk.announce(0..5).await;
    assert_eq!(desk.events().await, [1, 2, 3, 4, 5]);
    desk.vandal().execute_batch("DELETE FROM hook_event WHERE id < 4").unwrap();
    desk.run(vec![workspace]).await;
    receiver.wait_for(2, PATIENCE).await;
    desk.stop().await;
    assert_eq!(desk.metrics.hooks_missed.get_or_create(&label("workspace")).get(), 3);
    assert_eq!(receiver.kept()[0].id, "msg_000000ab_4");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_events_are_kept() {
    let desk = Desk::new();
    desk.register(&[endpoint("workspace", "https://hooks.test/")]).await;
    desk.announce(0..2).await;
    // As if so many had happened meanwhile.
    let newest = limits::HOOK_EVENTS_MAX + 1;
    let later = format!("UPDATE sqlite_sequence SET seq = {newest} WHERE name = 'hook_event'");
    desk.vandal().execute_batch(&later).unwrap();
    desk.announce(2..3).await;
    assert_eq!(desk.events().await, [newest + 1], "the two oldest are no more");
    let found = desk.register(&[endpoint("workspace", "https://hooks.test/")]).await;
    assert_eq!(found[0].through, HookEventId(0), "and whoever was not told has not been");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_an_error_and_is_not_told() {
    let desk = Desk::new();
    let workspace = endpoint("workspace", "https://hooks.test/");
    desk.register(std::slice::from_ref(&workspace)).await;
    desk.announce(0..1).await;
    desk.vandal().execute_batch("UPDATE hook_event SET item = 'other'").unwrap();
    assert!(desk.ask(|answer| desk.ledger.hook_events(HookEventId(0), answer)).await.is_err());
    desk.vandal().execute_batch("UPDATE hook_endpoint SET through = 1").unwrap();
    let named = vec![(workspace.name, workspace.url)];
    assert!(desk.ask(|answer| desk.ledger.register_endpoints(named, answer)).await.is_err());
}
