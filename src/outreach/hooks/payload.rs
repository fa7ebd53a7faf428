//! What an endpoint reads: which kind of thing happened, where, to which item, and where to read it. Identifiers alone: whoever
//! may know more asks the hub for it, with a token, and is given what its account may see then.

use jiff::Timestamp;
use serde::Serialize;
use url::form_urlencoded::byte_serialize;

use crate::base::{Audience, Channel, Epoch, HookKind, ItemId, Position};
use crate::ledger::{HookEvent, HookEventId};

/// A message of Standard Webhooks.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: HookKind,
    timestamp: String,
    data: Facts<'a>,
}

#[derive(Serialize)]
struct Facts<'a> {
    channel: &'a Channel,
    school: Option<&'a str>,
    position: Position,
    audience: Audience,
    urgent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a ItemId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    read: String,
}

/// The header `webhook-id`: the same at each attempt and for each endpoint, and other after a restored backup.
pub(super) fn message_id(epoch: Epoch, event: HookEventId) -> String {
    format!("msg_{epoch}_{}", event.0)
}

/// The body of a request.
pub(super) fn write(
    event: &HookEvent,
    epoch: Epoch,
    school: Option<&str>,
) -> Result<String, serde_json::Error> {
    let position = Position { epoch, offset: event.offset };
    let facts = Facts {
        channel: &event.channel,
        school,
        position,
        audience: event.audience,
        urgent: event.urgent,
        item: event.item.as_ref(),
        version: event.item.as_ref().map(|_| event.version),
        read: read(event),
    };
    let timestamp = Timestamp::from_millisecond(event.published_at.0).unwrap_or_default().to_string();
    serde_json::to_string(&Message { kind: event.kind, timestamp, data: facts })
}

/// Where the publication is read, below the hub's address.
fn read(event: &HookEvent) -> String {
    let channel: String = byte_serialize(event.channel.to_string().as_bytes()).collect();
    format!("/v1/channels/{channel}/publications?from={}&limit=1", event.offset.0.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Offset, Role, SchoolTime};

    #[test]
    fn a_payload_holds_identifiers_and_where_to_read() {
        let event = HookEvent {
            id: HookEventId(7),
            kind: HookKind::AnnouncementEdited,
            channel: Channel::parse("level:0690026D/2nde").unwrap(),
            offset: Offset(42),
            audience: Audience::of(&[Role::Student, Role::Guardian]).unwrap(),
            item: Some(ItemId::parse("trip").unwrap()),
            version: 2,
            urgent: false,
            published_at: SchoolTime(1_796_058_000_000),
        };
        let written = write(&event, Epoch(0xab), Some("0690026D")).unwrap();
        let expected = serde_json::json!({
            "type": "announcement.edited",
            "timestamp": "2026-11-30T17:00:00Z",
            "data": {
                "channel": "level:0690026D/2nde",
                "school": "0690026D",
                "position": {"epoch": "000000ab", "offset": 42},
                "audience": ["student", "guardian"],
                "urgent": false,
                "item": "trip",
                "version": 2,
                "read": "/v1/channels/level%3A0690026D%2F2nde/publications?from=41&limit=1",
            },
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), expected);
        assert_eq!(message_id(Epoch(0xab), event.id), "msg_000000ab_7");
        let alone = HookEvent { item: None, kind: HookKind::LessonStarted, ..event };
        let written: serde_json::Value =
            serde_json::from_str(&write(&alone, Epoch(1), None).unwrap()).unwrap();
        assert!(written["data"].get("item").is_none() && written["data"].get("version").is_none());
        assert!(written["data"]["school"].is_null());
    }
}
