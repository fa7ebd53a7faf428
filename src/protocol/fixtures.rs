//! The golden frames: what this module reads and writes is, byte for byte, what `tests/fixtures/protocol/` holds.

mod items;
mod lessons;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::client::{ClientMessage, Refusal};
use super::server::{self, Limits, OwnMark, ServerMessage, Subscribed, Welcome};
use super::{CloseCode, ErrorCode, SUBPROTOCOL, close};
use crate::base::{
    AccountId, Audience, Body, Channel, Epoch, ItemId, Kind, MachineTime, MessageId, Offset, Position,
};
use crate::base::{Publication, Reason, ReplayFrom, ResetWhy, Role, SchoolTime, SessionId};

fn folder(name: &str) -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/protocol").join(name);
    fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), text.trim_end().to_owned())
        })
        .collect()
}

fn file<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/protocol").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn channel() -> Channel {
    Channel::parse("class:lp-2a").unwrap()
}

fn position(offset: u64) -> Position {
    Position { epoch: Epoch(0x1f2e_3d4c), offset: Offset(offset) }
}

fn message_id() -> MessageId {
    MessageId::parse("m-0001").unwrap()
}

fn account() -> AccountId {
    AccountId::parse("t.martin").unwrap()
}

fn client_messages() -> BTreeMap<&'static str, ClientMessage> {
    let assignment = r#"{"title":"Exercices","text":"1 à 5","due":"2026-11-30T08:00","subject":"Maths","links":["https://example.org/feuille"]}"#;
    let announcement = r#"{"title":"Sortie","text":"Rendez-vous à 8 h."}"#;
    let publish = |id, kind, audience, body: &str| ClientMessage::Publish {
        id,
        channel: channel(),
        message_id: message_id(),
        audience,
        body: Body::parse(kind, body).unwrap(),
        publish_at: None,
        urgent: None,
    };
    let students = Audience::of(&[Role::Student]).unwrap();
    let later = ClientMessage::Publish {
        id: 11,
        channel: channel(),
        message_id: MessageId::parse("m-0002").unwrap(),
        audience: Audience::EVERYONE,
        body: Body::parse(Kind::Announcement, announcement).unwrap(),
        publish_at: Some(SchoolTime(1_774_674_000_000)),
        urgent: None,
    };
    let alarm = r#"{"title":"Fuite de gaz","text":"Le lycée est fermé ce matin."}"#;
    let urgent = ClientMessage::Publish {
        id: 12,
        channel: Channel::parse("bulletin:lp").unwrap(),
        message_id: MessageId::parse("m-0003").unwrap(),
        audience: Audience::EVERYONE,
        body: Body::parse(Kind::Announcement, alarm).unwrap(),
        publish_at: None,
        urgent: Some(Reason::parse("Consigne de la préfecture").unwrap()),
    };
    let subscribe = |id, from| ClientMessage::Subscribe { id, channel: channel(), from };
    let mut messages = BTreeMap::from([
        ("subscribe-position", subscribe(1, ReplayFrom::Position(position(41)))),
        ("subscribe-now", subscribe(2, ReplayFrom::Now)),
        ("subscribe-last", subscribe(3, ReplayFrom::Last(20))),
        ("unsubscribe", ClientMessage::Unsubscribe { id: 4, channel: channel() }),
        ("publish-post", publish(5, Kind::Post, Audience::EVERYONE, r#"{"text":"Bonjour à tous"}"#)),
        ("publish-announcement", publish(6, Kind::Announcement, students, announcement)),
        ("publish-assignment", publish(7, Kind::Assignment, Audience::EVERYONE, assignment)),
        ("publish-later", later),
        ("publish-urgent", urgent),
        ("acknowledge", ClientMessage::Acknowledge { channel: channel(), position: position(42) }),
        ("ping", ClientMessage::Ping { id: 8 }),
        ("refresh", ClientMessage::Refresh { id: 9, token: "header.claims.signature".into() }),
        ("visibility", ClientMessage::Visibility { hidden: true }),
        ("unknown-field", ClientMessage::Ping { id: 10 }),
    ]);
    messages.extend(lessons::client());
    messages
}

fn welcome() -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        protocol: SUBPROTOCOL,
        session: SessionId(17),
        account: account(),
        role: Role::Teacher,
        server_time: server::wire_time(MachineTime(1_795_305_600_000)),
        school_time: SchoolTime(1_774_630_680_000),
        token_expires_at: 1_795_306_200_000,
        lease_expires_at: 1_795_307_220_000,
        resume: "resume-token".into(),
        load: 0,
        limits: Limits::with_rates(20, 10),
    })
}

fn pong() -> ServerMessage {
    ServerMessage::Pong { id: 8, server_time: 1_795_305_600_000, school_time: SchoolTime(1_774_630_680_000) }
}

fn refreshed() -> ServerMessage {
    ServerMessage::Refreshed {
        id: 9,
        token_expires_at: 1_795_306_200_000,
        lease_expires_at: 1_795_307_220_000,
        resume: "resume-token".into(),
    }
}

fn published() -> ServerMessage {
    let message_id = message_id();
    ServerMessage::Published {
        id: 5,
        channel: channel(),
        message_id,
        position: position(42),
        duplicate: false,
    }
}

fn scheduled() -> ServerMessage {
    ServerMessage::Scheduled {
        id: 11,
        channel: channel(),
        message_id: MessageId::parse("m-0002").unwrap(),
        deliver_at: SchoolTime(1_774_674_000_000),
        duplicate: false,
    }
}

fn publication() -> Publication {
    Publication {
        channel: channel(),
        position: position(42),
        kind: Kind::Post,
        author: account(),
        message_id: message_id(),
        audience: Audience::of(&[Role::Teacher, Role::Student]).unwrap(),
        body: r#"{"text":"Bonjour à tous"}"#.into(),
        published_at: SchoolTime(1_774_630_680_000),
        urgent: false,
    }
}

fn urgent_publication() -> Publication {
    Publication {
        channel: Channel::parse("bulletin:lp").unwrap(),
        kind: Kind::Announcement,
        message_id: MessageId::parse("m-0003").unwrap(),
        audience: Audience::EVERYONE,
        body: r#"{"title":"Fuite de gaz","text":"Le lycée est fermé ce matin."}"#.into(),
        urgent: true,
        ..publication()
    }
}

fn marked(mark: Option<(&str, Option<SchoolTime>)>) -> ServerMessage {
    let mark = mark.map(|(item, done_at)| OwnMark { item: ItemId::parse(item).unwrap(), done_at });
    ServerMessage::Marked { channel: Channel::parse("account:e.lea").unwrap(), mark }
}

fn error(id: Option<u32>, code: ErrorCode, message: &str, retry_after_ms: Option<u32>) -> ServerMessage {
    ServerMessage::Error { id, code, message: message.into(), retry_after_ms }
}

fn server_messages() -> BTreeMap<&'static str, String> {
    let subscribed = |id| Subscribed { id, channel: channel(), position: position(41) };
    let reset = |why| ServerMessage::Reset { why, subscribed: subscribed(1) };
    let unsubscribed = |id| ServerMessage::Unsubscribed { id, channel: channel() };
    let limited = error(Some(5), ErrorCode::RateLimited, "too many messages in a short time", Some(250));
    let mut messages: BTreeMap<_, _> = [
        ("welcome", welcome()),
        ("resumed", ServerMessage::Resumed(subscribed(1))),
        ("reset-epoch", reset(ResetWhy::Epoch)),
        ("reset-trimmed", reset(ResetWhy::Trimmed)),
        ("reset-ahead", reset(ResetWhy::Ahead)),
        ("fresh", ServerMessage::Fresh(subscribed(2))),
        ("unsubscribed-asked", unsubscribed(Some(4))),
        ("unsubscribed-roster", unsubscribed(None)),
        ("published", published()),
        ("scheduled", scheduled()),
        ("behind", ServerMessage::Behind { channel: channel() }),
        ("caught-up", ServerMessage::CaughtUp { channel: channel(), position: position(42) }),
        ("marked-done", marked(Some(("a-1", Some(SchoolTime(1_774_630_680_000)))))),
        ("marked-undone", marked(Some(("a-1", None)))),
        ("marked-several", marked(None)),
        ("load", ServerMessage::Load { level: 2 }),
        ("pong", pong()),
        ("refreshed", refreshed()),
        ("error", error(None, ErrorCode::Malformed, "not JSON", None)),
        ("error-retry", limited),
    ]
    .map(|(name, message)| (name, message.encode()))
    .into();
    messages.insert("publication", server::publication(&publication()));
    messages.insert("publication-urgent", server::publication(&urgent_publication()));
    messages.extend(lessons::server().into_iter().map(|(name, message)| (name, message.encode())));
    let said = lessons::publications().into_iter();
    messages.extend(said.map(|(name, publication)| (name, server::publication(&publication))));
    messages.extend(items::all().map(|(name, publication)| (name, server::publication(&publication))));
    messages
}

#[test]
fn client_frames_are_read_as_the_fixtures_say() {
    let fixtures = folder("client");
    let expected = client_messages();
    assert_eq!(fixtures.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in &fixtures {
        assert_eq!(ClientMessage::parse(text), Ok(expected[name.as_str()].clone()), "{name}");
    }
}

#[test]
fn server_frames_are_written_as_the_fixtures_say() {
    let fixtures = folder("server");
    let expected = server_messages();
    assert_eq!(fixtures.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in &fixtures {
        assert_eq!(text, &expected[name.as_str()], "{name}");
    }
}

#[derive(Deserialize)]
struct Refused {
    text: String,
    code: String,
    id: Option<u32>,
}

#[test]
fn what_is_not_understood_gets_the_typed_error_of_the_fixtures() {
    let refused: Vec<Refused> = file("refused.json");
    assert!(refused.len() >= 15);
    for Refused { text, code, id } in refused {
        match ClientMessage::parse(&text) {
            Err(Refusal { id: found, code: found_code, message }) => {
                assert_eq!((found_code.as_str(), found), (code.as_str(), id), "{text}: {message}");
                assert!(!message.contains("secret"), "{text}: a refusal repeats what was sent: {message}");
            }
            Ok(message) => panic!("{text} was read as {message:?}"),
        }
    }
}

#[derive(Deserialize, PartialEq, Debug)]
struct Close {
    number: u16,
    code: String,
    retry: String,
    reason: String,
}

#[test]
fn the_table_of_close_codes_is_the_fixture() {
    let expected: Vec<Close> = CloseCode::ALL
        .into_iter()
        .map(|code| Close {
            number: code.number(),
            code: code.as_str().to_owned(),
            retry: match code.retry() {
                close::Retry::Never => "never",
                close::Retry::Within => "within",
                close::Retry::AtOnce => "at_once",
            }
            .to_owned(),
            reason: match code {
                CloseCode::Evicted => {
                    close::evicted_reason((30_000, 120_000), Some("AWx1_ticket-of-fifty-characters"))
                }
                CloseCode::Suspended => close::suspended_reason(Some(SchoolTime(1_774_630_680_000))),
                _ => code.reason((1_000, 30_000)),
            },
        })
        .collect();
    assert_eq!(file::<Vec<Close>>("close.json"), expected);
}

#[test]
fn the_table_of_errors_is_the_fixture() {
    let words: Vec<String> = file("errors.json");
    assert_eq!(words, ErrorCode::ALL.iter().map(|code| code.as_str().to_owned()).collect::<Vec<_>>());
}
