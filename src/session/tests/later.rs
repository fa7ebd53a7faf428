//! What is for later, on a socket: asked for by its sender, or kept by quiet hours.

use std::time::Duration;

use super::{DARK_MS, START_MS, World};

fn announce(id: u32, more: &str) -> String {
    format!(
        r#"{{"type":"publish","id":{id},"channel":"school:lycee","kind":"announcement","message_id":"m{id}","body":{{"title":"t","text":"{id}"}}{more}}}"#
    )
}

#[test]
fn an_announcement_may_be_sent_ahead() {
    let mut world = World::new(1);
    let mut staff = world.join("staff");
    let mut pupil = world.join("s0");
    pupil.subscribe("school:lycee", r#""now""#);
    world.settle();
    pupil.take();
    let at = START_MS + 60_000;
    staff.socket.send_text(&announce(1, &format!(r#","publish_at":{at}"#)));
    staff.socket.send_text(&announce(2, r#","publish_at":5"#));
    world.settle();
    let frames = staff.take();
    assert_eq!(
        (frames[0]["type"].as_str(), frames[0]["message_id"].as_str(), frames[0]["deliver_at"].as_u64()),
        (Some("scheduled"), Some("m1"), Some(at))
    );
    assert_eq!(frames[1]["type"], "published", "a time that has passed is now");
    assert_eq!(super::numbers(&pupil.take()), [2], "nobody sees what waits");
}

#[test]
fn a_time_that_can_not_be_kept_is_malformed() {
    let mut world = World::new(1);
    let mut staff = world.join("staff");
    let mut teacher = world.join("t");
    staff.socket.send_text(&announce(1, r#","publish_at":9000000000000000"#));
    staff.socket.send_text(&announce(2, r#","publish_at":"tomorrow""#));
    let post = r#"{"type":"publish","id":3,"channel":"class:2a","kind":"post","message_id":"m","body":{"text":"t"},"publish_at":1}"#;
    teacher.socket.send_text(post);
    world.settle();
    for frame in [staff.take(), teacher.take()].concat() {
        assert_eq!((&frame["type"], &frame["code"]), (&"error".into(), &"malformed".into()), "{frame}");
    }
}

#[test]
fn quiet_hours_keep_announcements_and_let_posts_pass() {
    let mut world = World::new(1);
    world.advance(Duration::from_millis(DARK_MS[0] - START_MS));
    let mut staff = world.join("staff");
    let mut teacher = world.join("t");
    staff.announce(1);
    teacher.post(2);
    world.settle();
    let kept = staff.take();
    assert_eq!(
        (kept[0]["type"].as_str(), kept[0]["deliver_at"].as_u64()),
        (Some("scheduled"), Some(DARK_MS[1]))
    );
    assert_eq!(teacher.types(), ["published"]);
}
