//! A lesson as a teacher and pupils have it: real sockets, and a hub that is killed under it.

use serde_json::{Value, json};

use crate::support::client::{Client, post, texts};
use crate::support::hub::{Hub, Options};

const CLASS: &str = "class:2a";

/// A deed, with a name if it stands in the log.
fn deed(what: &Value) -> Value {
    let mut deed = json!({"type": "lesson", "channel": CLASS});
    for (key, value) in what.as_object().expect("fields") {
        deed[key] = value.clone();
    }
    deed
}

/// Does what stands in the log; its place there.
async fn write(client: &mut Client, name: &str, what: Value) -> Value {
    let mut request = deed(&what);
    request["message_id"] = json!(name);
    let answer = client.ask(request).await;
    assert_eq!(answer["type"], "published", "{what}: {answer}");
    answer["position"].clone()
}

/// Does what lives in memory.
async fn act(client: &mut Client, what: Value) {
    let answer = client.ask(deed(&what)).await;
    assert_eq!(answer["type"], "done", "{what}: {answer}");
}

/// The code that a request is refused with.
async fn refusal(client: &mut Client, request: Value) -> String {
    let answer = client.ask(request.clone()).await;
    answer["code"].as_str().unwrap_or_else(|| panic!("{request}: {answer}")).to_owned()
}

/// Says something; its place.
async fn say(client: &mut Client, kind: &str, name: &str, text: &str) -> Value {
    let mut request = post(CLASS, name, text);
    request["kind"] = json!(kind);
    let answer = client.ask(request).await;
    assert_eq!(answer["type"], "published", "{answer}");
    answer["position"].clone()
}

/// What is told of a type, once something holds of it.
async fn told(client: &mut Client, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
    client.wait_for(|frame| frame["type"] == kind && frame["channel"] == CLASS && fits(frame)).await
}

/// A teacher and three pupils who follow their class.
async fn class(hub: &Hub) -> (Client, Vec<Client>) {
    let mut teacher = Client::join(hub, "t-a").await;
    teacher.subscribe(CLASS, json!({"last": 100})).await;
    let mut pupils = Vec::new();
    for number in 0..3 {
        let mut pupil = Client::join(hub, &format!("s-a-0{number}")).await;
        pupil.subscribe(CLASS, json!({"last": 100})).await;
        pupils.push(pupil);
    }
    (teacher, pupils)
}

async fn begin(teacher: &mut Client) {
    write(teacher, "start", json!({"do": "start", "title": "Les fractions"})).await;
}

on_both_engines! {
    a_teacher_and_three_pupils_have_a_lesson,
}

async fn a_teacher_and_three_pupils_have_a_lesson(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let (mut teacher, mut pupils) = class(&hub).await;
    assert_eq!(told(&mut pupils[0], "lesson", |_| true).await["lesson"], Value::Null);
    let mut question = post(CLASS, "early", "Pourquoi ?");
    question["kind"] = json!("question");
    assert_eq!(refusal(&mut pupils[0], question).await, "no_lesson");
    assert_eq!(
        refusal(&mut pupils[0], json!({"type": "lesson", "channel": CLASS, "do": "raise"})).await,
        "no_lesson"
    );
    begin(&mut teacher).await;
    let state = told(&mut pupils[0], "lesson", |state| !state["lesson"].is_null()).await;
    assert_eq!((&state["lesson"]["title"], &state["lesson"]["by"]), (&json!("Les fractions"), &json!("t-a")));

    // Who is there: names for the teacher, a number for the class.
    let presence = told(&mut teacher, "presence", |_| true).await;
    assert_eq!(presence["here"], json!(["s-a-00", "s-a-01", "s-a-02"]));
    told(&mut pupils[1], "pulse", |pulse| pulse["here"] == 3 && pulse["of"] == 35).await;

    // Hands are raised in order, and sink when called.
    act(&mut pupils[1], json!({"do": "raise"})).await;
    assert_eq!(told(&mut pupils[1], "mine", |mine| !mine["hand"].is_null()).await["hand"], 1);
    act(&mut pupils[0], json!({"do": "raise"})).await;
    told(&mut teacher, "pulse", |pulse| pulse["raised"] == json!(["s-a-01", "s-a-00"])).await;
    act(&mut teacher, json!({"do": "call", "account": "s-a-01"})).await;
    told(&mut pupils[1], "mine", |mine| mine["hand"].is_null()).await;
    told(&mut pupils[0], "mine", |mine| mine["hand"] == 1).await;
    told(&mut pupils[2], "pulse", |pulse| pulse["called"] == "s-a-01" && pulse["hands"] == 1).await;

    // A question, found worth asking, answered.
    let at = say(&mut pupils[2], "question", "q", "Pourquoi ?").await;
    act(&mut pupils[0], json!({"do": "upvote", "at": at, "up": true})).await;
    told(&mut teacher, "pulse", |pulse| pulse["upvotes"] == json!([[at, 1]])).await;
    write(&mut teacher, "settle", json!({"do": "settle", "at": at, "standing": "answered"})).await;
    told(&mut pupils[1], "lesson", |state| state["lesson"]["questions"][0]["standing"] == "answered").await;

    // A poll: one vote each, changeable, shown when it is closed.
    write(
        &mut teacher,
        "poll",
        json!({"do": "open_poll", "poll": "p", "scale": "yes_no", "text": "Ça va ?"}),
    )
    .await;
    for (pupil, choice) in [(0, 0), (1, 0), (2, 1), (1, 1)] {
        act(&mut pupils[pupil], json!({"do": "vote", "poll": "p", "choice": choice})).await;
    }
    told(&mut teacher, "pulse", |pulse| pulse["votes"]["counts"] == json!([1, 2])).await;
    let pulse = told(&mut pupils[0], "pulse", |pulse| pulse["votes"]["voters"] == 3).await;
    assert_eq!(pulse["votes"]["counts"], Value::Null);
    write(&mut teacher, "close", json!({"do": "close_poll", "poll": "p"})).await;
    let closed = |frame: &Value| frame["body"]["event"] == "poll_closed";
    assert_eq!(told(&mut pupils[0], "publication", closed).await["body"]["counts"], json!([1, 2]));

    order_is_kept(&mut teacher, &mut pupils).await;
    // What a pupil may not, and the end.
    assert_eq!(refusal(&mut pupils[0], deed(&json!({"do": "end", "message_id": "x"}))).await, "not_allowed");
    write(&mut teacher, "end", json!({"do": "end"})).await;
    told(&mut pupils[0], "lesson", |state| state["lesson"].is_null()).await;
    let mut outsider = Client::join(&hub, "s-b-00").await;
    assert_eq!(refusal(&mut outsider, deed(&json!({"do": "raise"}))).await, "not_allowed");
}

/// Reactions are counted, a post is pinned, a pupil is muted.
async fn order_is_kept(teacher: &mut Client, pupils: &mut [Client]) {
    act(&mut pupils[0], json!({"do": "react", "reaction": "clap"})).await;
    told(&mut pupils[2], "pulse", |pulse| pulse["reactions"] == json!([["clap", 1]])).await;
    let at = say(teacher, "post", "read", "À lire").await;
    write(teacher, "pin", json!({"do": "pin", "at": at})).await;
    told(&mut pupils[0], "lesson", |state| state["lesson"]["pinned"] == at).await;
    write(teacher, "mute", json!({"do": "mute", "account": "s-a-02"})).await;
    told(&mut pupils[2], "mine", |mine| mine["muted"] == true).await;
    assert_eq!(refusal(&mut pupils[2], post(CLASS, "m", "words")).await, "muted");
    assert_eq!(pupils[1].post(CLASS, "m", "words").await["type"], "published");
}

#[tokio::test]
async fn a_hub_that_was_killed_knows_its_lessons_again() {
    let mut hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    begin(&mut teacher).await;
    let at = say(&mut pupils[0], "question", "q", "Pourquoi ?").await;
    let rules =
        json!({"do": "rule", "mode": "questions", "slow_s": 0, "moderated": false, "reactions": false});
    write(&mut teacher, "rule", rules).await;
    act(&mut pupils[0], json!({"do": "raise"})).await;
    let before = told(&mut pupils[0], "mine", |mine| mine["hand"] == 1).await;
    hub.kill().await;
    hub.restart().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    let state = told(&mut pupils[0], "lesson", |_| true).await["lesson"].clone();
    assert_eq!((&state["mode"], &state["questions"][0]["at"]), (&json!("questions"), &at));
    assert_eq!(refusal(&mut pupils[0], post(CLASS, "m", "words")).await, "mode_forbids");
    // Hands are not kept: they are raised again by those who had, once they see that the hub has forgotten.
    let after = told(&mut pupils[0], "mine", |_| true).await;
    assert_eq!(after["hand"], Value::Null);
    assert_ne!(after["known_since"], before["known_since"]);
    act(&mut pupils[0], json!({"do": "raise"})).await;
    told(&mut teacher, "pulse", |pulse| pulse["raised"] == json!(["s-a-00"])).await;
    // The same deed once more, by a client that missed its answer.
    write(&mut teacher, "end", json!({"do": "end"})).await;
    told(&mut pupils[0], "lesson", |state| state["lesson"].is_null()).await;
    hub.kill().await;
    hub.restart().await;
    let (_, mut pupils) = class(&hub).await;
    assert_eq!(told(&mut pupils[0], "lesson", |_| true).await["lesson"], Value::Null);
}

#[tokio::test]
async fn a_hub_that_remembers_says_so_to_whose_hand_was_lowered_while_its_line_was_cut() {
    let hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    begin(&mut teacher).await;
    act(&mut pupils[0], json!({"do": "raise"})).await;
    let before = told(&mut pupils[0], "mine", |mine| mine["hand"] == 1).await;
    told(&mut teacher, "pulse", |pulse| pulse["raised"] == json!(["s-a-00"])).await;
    drop(pupils.remove(0));
    act(&mut teacher, json!({"do": "lower"})).await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    pupil.subscribe(CLASS, json!({"last": 100})).await;
    let after = told(&mut pupil, "mine", |_| true).await;
    assert_eq!((&after["hand"], &after["known_since"]), (&Value::Null, &before["known_since"]));
}

#[tokio::test]
async fn a_teacher_pins_what_was_said_before_the_lesson() {
    let mut hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    let at = say(&mut pupils[0], "post", "before", "La feuille d'hier").await;
    let gone = say(&mut pupils[0], "post", "gone", "Oups").await;
    write(&mut teacher, "d", json!({"do": "delete", "at": gone})).await;
    begin(&mut teacher).await;
    write(&mut teacher, "pin", json!({"do": "pin", "at": at})).await;
    told(&mut pupils[1], "lesson", |state| state["lesson"]["pinned"] == at).await;
    let mut nothing = deed(&json!({"do": "pin", "at": gone}));
    nothing["message_id"] = json!("nothing");
    assert_eq!(refusal(&mut teacher, nothing).await, "unknown_target");
    write(&mut pupils[1], "report", json!({"do": "report", "at": at})).await;
    told(&mut teacher, "lesson", |state| state["lesson"]["reports"] == json!([[at, 1]])).await;
    hub.kill().await;
    hub.restart().await;
    let (mut teacher, _) = class(&hub).await;
    let state = told(&mut teacher, "lesson", |_| true).await["lesson"].clone();
    assert_eq!((&state["pinned"], &state["reports"]), (&at, &json!([[at, 1]])));
}

#[tokio::test]
async fn a_raising_that_is_asked_for_again_does_not_raise_a_hand_that_was_lowered_since() {
    let hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    begin(&mut teacher).await;
    act(&mut pupils[0], json!({"do": "raise", "hand": "h-1"})).await;
    told(&mut teacher, "pulse", |pulse| pulse["raised"] == json!(["s-a-00"])).await;
    // Its line is lost, as if with the answer.
    drop(pupils.remove(0));
    act(&mut teacher, json!({"do": "lower"})).await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    pupil.subscribe(CLASS, json!({"last": 100})).await;
    told(&mut pupil, "mine", |_| true).await;
    act(&mut pupil, json!({"do": "raise", "hand": "h-1"})).await;
    assert_eq!(told(&mut pupil, "mine", |_| true).await["hand"], Value::Null);
    act(&mut pupil, json!({"do": "raise", "hand": "h-2"})).await;
    told(&mut pupil, "mine", |mine| mine["hand"] == 1).await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_every_reading() {
    let mut hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    // Outside a lesson a teacher may, and a pupil may not.
    let at = say(&mut pupils[0], "post", "one", "secret one").await;
    let delete = |at: &Value| json!({"do": "delete", "at": at});
    let mut mine = deed(&delete(&at));
    mine["message_id"] = json!("mine");
    assert_eq!(refusal(&mut pupils[0], mine).await, "not_allowed");
    write(&mut teacher, "d1", delete(&at)).await;
    // What is announced is withdrawn: a deletion would take nothing away.
    let notice = json!({"type": "publish", "channel": CLASS, "kind": "announcement", "message_id": "n",
        "body": {"title": "Sortie", "text": "Demain"}});
    let notice = teacher.ask(notice).await;
    let mut wrong = deed(&delete(&notice["position"]));
    wrong["message_id"] = json!("d0");
    assert_eq!(refusal(&mut teacher, wrong).await, "unknown_target");
    // Within one a pupil takes back its own words, and nobody else's.
    begin(&mut teacher).await;
    let at = say(&mut pupils[0], "post", "two", "secret two").await;
    let mut other = deed(&delete(&at));
    other["message_id"] = json!("other");
    assert_eq!(refusal(&mut pupils[1], other).await, "not_allowed");
    write(&mut pupils[0], "d2", delete(&at)).await;
    let gone = |frame: &Value| frame["kind"] == "deletion" && frame["body"]["at"] == at;
    told(&mut pupils[2], "publication", gone).await;
    for _ in 0..2 {
        let (_, past) = hub.history("s-a-02", CLASS, "").await;
        let mut late = Client::join(&hub, "s-a-03").await;
        late.subscribe(CLASS, json!({"last": 100})).await;
        late.wait_type("caught_up").await;
        let replayed = late.drain().await;
        for text in [past.to_string(), json!(replayed).to_string()] {
            assert!(!text.contains("secret"), "{text}");
            assert_eq!(text.matches(r#""kind":"deletion""#).count(), 2, "{text}");
        }
        assert_eq!(texts(&replayed).iter().filter(|text| *text == "[…]").count(), 2);
        hub.kill().await;
        hub.restart().await;
    }
}

#[tokio::test]
async fn a_teacher_who_reads_first_lets_words_through_or_not() {
    let hub = Hub::start().await;
    let (mut teacher, mut pupils) = class(&hub).await;
    begin(&mut teacher).await;
    let rules = json!({"do": "rule", "mode": "open", "slow_s": 0, "moderated": true, "reactions": true});
    write(&mut teacher, "rule", rules).await;
    let held = pupils[0].post(CLASS, "good", "bonnes paroles").await;
    assert_eq!((&held["type"], &held["message_id"]), (&json!("held"), &json!("good")));
    let again = pupils[0].post(CLASS, "good", "bonnes paroles").await;
    assert_eq!((&again["position"], &again["duplicate"]), (&held["position"], &json!(true)));
    let (status, also) = hub
        .publish("s-a-01", CLASS, json!({"kind": "post", "message_id": "bad", "body": {"text": "vilain"}}))
        .await;
    assert_eq!((status, &also["held"]), (202, &json!(true)), "{also}");
    let seen = told(&mut teacher, "publication", |frame| frame["kind"] == "proposal").await;
    assert_eq!((&seen["author"], &seen["position"]), (&json!("s-a-00"), &held["position"]));
    told(&mut teacher, "lesson", |state| {
        state["lesson"]["proposals"].as_array().is_some_and(|all| all.len() == 2)
    })
    .await;

    write(&mut teacher, "yes", json!({"do": "judge", "at": held["position"], "approved": true})).await;
    write(&mut teacher, "no", json!({"do": "judge", "at": also["position"], "approved": false})).await;
    let said = told(&mut pupils[2], "publication", |frame| frame["kind"] == "post").await;
    assert_eq!((&said["author"], &said["message_id"]), (&json!("s-a-00"), &json!("good")));
    assert_eq!(said["body"]["text"], "bonnes paroles");
    told(&mut teacher, "lesson", |state| state["lesson"]["proposals"] == json!([])).await;
    // Nobody else ever sees what was not let through.
    let (_, past) = hub.history("s-a-02", CLASS, "").await;
    let texts = past.to_string();
    assert!(!texts.contains("vilain") && !texts.contains("proposal"), "{texts}");
    // What is said by the teacher is said.
    assert_eq!(teacher.post(CLASS, "own", "écoutez").await["type"], "published");
}

#[tokio::test]
async fn http_obeys_the_lesson_too_and_links_lead_where_the_operator_lets_them() {
    let sections = "[lessons]\nlink_hosts = [\"example.org\"]\n".to_owned();
    let hub = Hub::start_with(Options { sections, ..Options::default() }).await;
    let (mut teacher, mut pupils) = class(&hub).await;
    begin(&mut teacher).await;
    let said = |kind: &str, name: &str| json!({"kind": kind, "message_id": name, "body": {"text": "t"}});
    let linked = |name: &str, link: &str| json!({"kind": "post", "message_id": name, "body": {"text": "t", "links": [link]}});
    assert_eq!(hub.publish("s-a-00", CLASS, linked("l1", "https://www.example.org/a")).await.0, 201);
    let (status, refused) = hub.publish("s-a-00", CLASS, linked("l2", "https://evil.test/")).await;
    assert_eq!((status, &refused["code"]), (422, &json!("link_host")));
    let mut link = post(CLASS, "l3", "t");
    link["body"]["links"] = json!(["https://example.org.evil.test/"]);
    assert_eq!(refusal(&mut pupils[0], link).await, "link_host");
    let rules =
        json!({"do": "rule", "mode": "questions", "slow_s": 300, "moderated": false, "reactions": true});
    write(&mut teacher, "rule", rules).await;
    let (status, refused) = hub.publish("s-a-01", CLASS, said("post", "m1")).await;
    assert_eq!((status, &refused["code"]), (403, &json!("mode_forbids")));
    assert_eq!(hub.publish("s-a-01", CLASS, said("question", "q1")).await.0, 201);
    let (status, refused) = hub.publish("s-a-01", CLASS, said("question", "q2")).await;
    assert_eq!((status, &refused["code"]), (429, &json!("slow_mode")));
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|wait| wait > 200_000), "{refused}");
    assert_eq!(hub.publish("t-a", CLASS, said("post", "m2")).await.0, 201);
    write(&mut teacher, "end", json!({"do": "end"})).await;
    assert_eq!(hub.publish("s-a-01", CLASS, said("post", "m1")).await.0, 201, "outside lessons as before");
}
