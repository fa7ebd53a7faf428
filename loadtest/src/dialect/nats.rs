//! nats-server's WebSocket listener: the NATS protocol in binary messages.
//!
//! The server joins what waits for a client, so that one WebSocket message holds several protocol messages. It begins
//! and ends them at its bounds, but for browsers (`User-Agent: Mozilla/…`), which we don't claim to be: a message that
//! ends in the middle is reported as refused and never passed over.

use super::{Dialect, Door, Heard, Message, Upgrade};

/// No `+OK` for each line, and no copy of one's own publications.
const CONNECT: &str = "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"lang\":\"rust\",\
                       \"name\":\"preau-loadtest\",\"version\":\"1\",\"protocol\":1}\r\n";

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nats;

impl Dialect for Nats {
    fn follower(&self, _: &str) -> Upgrade {
        Upgrade { path: "/".to_owned(), subprotocol: None }
    }

    fn opening(&self, channel: &str) -> Vec<Message> {
        vec![Message::Binary(format!("{CONNECT}SUB {channel} 1\r\nPING\r\n").into_bytes())]
    }

    /// The `PONG` to the `PING` that follows `SUB`: lines are answered in order.
    fn confirmations(&self) -> usize {
        1
    }

    fn hear(&self, message: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        let mut rest = message;
        while !rest.is_empty() {
            let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
                return heard(cut(rest));
            };
            let (line, after) = (&rest[..end], &rest[end + 2..]);
            let Some(after) = self::line(line, after, heard) else {
                return heard(cut(rest));
            };
            rest = after;
        }
    }

    fn door(&self) -> Door {
        Door::WebSocket
    }

    fn publisher(&self) -> (Upgrade, Vec<Message>) {
        (self.follower(""), vec![Message::Binary(CONNECT.as_bytes().to_vec())])
    }

    fn publish(&self, channel: &str, payload: &str) -> Message {
        Message::Binary(format!("PUB {channel} {}\r\n{payload}\r\n", payload.len()).into_bytes())
    }
}

/// Hears one line and what belongs to it; what follows, or nothing if the message ends before its payload does.
fn line<'a>(line: &[u8], after: &'a [u8], heard: &mut dyn FnMut(Heard<'_>)) -> Option<&'a [u8]> {
    if line.starts_with(b"MSG ") {
        let digits = line.rsplit(|byte| *byte == b' ').next()?;
        let bytes: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let payload = after.get(..bytes)?;
        let after = after.get(bytes..)?.strip_prefix(b"\r\n")?;
        heard(Heard::Delivery(payload));
        return Some(after);
    }
    match line {
        b"PONG" => heard(Heard::Confirmed),
        b"PING" => heard(Heard::Answer(Message::Binary(b"PONG\r\n".to_vec()))),
        _ if line.starts_with(b"-ERR") => heard(Heard::Refused(String::from_utf8_lossy(line).into_owned())),
        // `INFO` and `+OK`.
        _ => {}
    }
    Some(after)
}

fn cut(rest: &[u8]) -> Heard<'static> {
    let begin = String::from_utf8_lossy(rest.get(..32).unwrap_or(rest)).into_owned();
    Heard::Refused(format!("a message ends in the middle of `{begin}`"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::said;
    use super::*;

    /// What nats-server 2.15.1 answered to `opening`, its `INFO` shortened.
    const OPENED: &[u8] =
        b"PONG\r\nINFO {\"server_id\":\"NCPNDS5Q\",\"version\":\"2.15.1\",\"connect_info\":true} \r\n";

    #[test]
    fn the_pong_confirms_and_info_says_nothing() {
        assert_eq!(said(&Nats, OPENED), ["confirmed"]);
        assert_eq!(said(&Nats, b"INFO {\"server_id\":\"NCPNDS5Q\"} \r\n"), [""; 0]);
    }

    #[test]
    fn several_messages_come_in_one() {
        let recorded =
            b"MSG class:1 1 5\r\nhel00\r\nMSG class:1 1 5\r\nhel01\r\nMSG class:1 1 5\r\nhel02\r\n";
        assert_eq!(said(&Nats, recorded), ["delivery hel00", "delivery hel01", "delivery hel02"]);
    }

    #[test]
    fn a_payload_may_hold_what_looks_like_a_line() {
        assert_eq!(said(&Nats, b"MSG c 1 6\r\nPING\r\n\r\n"), ["delivery PING\r\n"]);
    }

    #[test]
    fn a_ping_is_answered_and_an_error_told() {
        assert_eq!(said(&Nats, b"PING\r\n"), ["answer PONG\r\n"]);
        assert_eq!(said(&Nats, b"-ERR 'Slow Consumer'\r\n"), ["refused -ERR 'Slow Consumer'"]);
    }

    #[test]
    fn a_message_that_ends_too_early_is_never_passed_over() {
        assert_eq!(
            said(&Nats, b"MSG c 1 9\r\nhel"),
            ["refused a message ends in the middle of `MSG c 1 9\r\nhel`"]
        );
        assert_eq!(said(&Nats, b"MSG c 1"), ["refused a message ends in the middle of `MSG c 1`"]);
    }
}
