//! Every way to break RFC 6455, its close code, and that nobody else on the set notices.

use super::{Cause, Driver, InMemory, News, Peer, World, suite};
use crate::base::limits::MESSAGE_BYTES_MAX;
use crate::engine::memory::{Arrival, client_frame};
use crate::engine::{Frame, Lane, Offer, SocketSet};

suite! {
    each_violation_has_its_code,
    a_violation_does_not_take_back_what_came_before,
    every_valid_close_is_echoed,
    the_largest_message_passes,
}

fn close_frame(code: u16, reason: &[u8]) -> Vec<u8> {
    client_frame(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

/// A text frame's header whose length is written in eight bytes, whatever it is.
fn long_header(length: u64) -> Vec<u8> {
    [&[0x81, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat()
}

/// What is done wrong, the code that answers it, and the bytes that do it.
type Case = (&'static str, u16, Vec<u8>);

fn bad_frames() -> Vec<Case> {
    let mut cases = vec![
        ("unmasked text", 1002, vec![0x81, 0x02, b'h', b'i']),
        ("unmasked ping", 1002, vec![0x89, 0x00]),
        ("first reserved bit", 1002, client_frame(0xC1, b"x")),
        ("second reserved bit", 1002, client_frame(0xA1, b"x")),
        ("third reserved bit on a ping", 1002, client_frame(0x99, b"")),
        ("fragmented ping", 1002, client_frame(0x09, b"")),
        ("fragmented close", 1002, client_frame(0x08, b"")),
        ("ping of 126 bytes", 1002, client_frame(0x89, &[b'p'; 126])),
        ("close of 126 bytes", 1002, close_frame(1000, &[b'r'; 124])),
        ("long form of a short length", 1002, vec![0x81, 0xFE, 0, 125, 0, 0, 0, 0]),
        ("longest form of a middling length", 1002, long_header(0xFFFF)),
        ("highest bit of the length", 1002, long_header(1 << 63)),
        ("all bits of the length", 1002, long_header(u64::MAX)),
        ("binary", 1003, client_frame(0x82, b"x")),
        ("binary fragment", 1003, client_frame(0x02, b"x")),
    ];
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        cases.push(("reserved opcode", 1002, client_frame(0x80 | opcode, b"")));
    }
    cases
}

fn bad_messages() -> Vec<Case> {
    let two = |first, one: &[u8], second, other: &[u8]| {
        [client_frame(first, one), client_frame(second, other)].concat()
    };
    let half = vec![b'h'; MESSAGE_BYTES_MAX / 2 + 1];
    let sent = |bytes| client_frame(0x81, &vec![b'm'; bytes]);
    vec![
        ("continuation of nothing", 1002, client_frame(0x80, b"x")),
        ("continuation of a whole message", 1002, two(0x81, b"x", 0x80, b"y")),
        ("new text inside a message", 1002, two(0x01, b"x", 0x81, b"y")),
        ("binary inside a message", 1002, two(0x01, b"x", 0x82, b"y")),
        ("text that is not UTF-8", 1007, client_frame(0x81, b"\xC3\x28")),
        ("end inside a character", 1007, client_frame(0x81, b"abc\xE2\x82")),
        ("surrogate", 1007, client_frame(0x81, b"\xED\xA0\x80")),
        ("overlong", 1007, client_frame(0x81, b"\xC0\xAF")),
        ("bad byte in an unfinished message", 1007, client_frame(0x01, b"\xFF")),
        ("bad character across fragments", 1007, two(0x01, b"\xE2", 0x80, b"\x28")),
        ("largest length", 1009, long_header(u64::MAX >> 1)),
        ("one byte too many, announced", 1009, long_header(MESSAGE_BYTES_MAX as u64 + 1)),
        ("one byte too many, sent", 1009, sent(MESSAGE_BYTES_MAX + 1)),
        ("much too much, sent", 1009, sent(12 * MESSAGE_BYTES_MAX)),
        ("fragments that add up", 1009, two(0x01, &half, 0x80, &half)),
    ]
}

fn bad_closes() -> Vec<Case> {
    let mut cases = vec![
        ("close with half a code", 1002, client_frame(0x88, &[3])),
        ("close reason that is not UTF-8", 1007, close_frame(1000, b"\xFF")),
    ];
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        cases.push(("close code that must not be sent", 1002, close_frame(code, b"")));
    }
    cases
}

/// Breaks one connection after another beside one that must not notice. `pieces`: how the bytes are cut.
fn each_violation_in<W: World>(pieces: fn(&[u8]) -> Vec<&[u8]>) {
    let mut driver = Driver::<W>::new();
    let (other, mut bystander) = driver.connect();
    bystander.send(&client_frame(0x01, b"still "));
    for (case, code, bytes) in [bad_frames(), bad_messages(), bad_closes()].concat() {
        let (slot, mut peer) = driver.connect();
        for piece in pieces(&bytes) {
            peer.send(piece);
        }
        let mut arrivals = Vec::new();
        driver.until(|_| {
            arrivals.extend(peer.arrived());
            peer.is_over()
        });
        assert_eq!(arrivals, [Arrival::Close(Some(code))], "{case}");
        assert_eq!(driver.set.offer(slot, &Frame::text("no more"), Lane::Feed), Offer::Gone);
        drop(peer);
        driver.until_news(&News::Closed(slot, Cause::Violation(code)));
        let end = [News::Failing(slot, code), News::Closed(slot, Cause::Violation(code))];
        assert!(driver.news.ends_with(&end), "{case}: {:?}", driver.news);
    }
    bystander.send(&client_frame(0x80, b"here"));
    driver.until_news(&News::Text(other, "still here".to_owned()));
    assert_eq!(driver.set.offer(other, &Frame::text("good"), Lane::Feed), Offer::Queued);
    assert_eq!(driver.arrivals(&mut bystander, 1), [Arrival::Text("good".to_owned())]);
}

fn each_violation_has_its_code<W: World>() {
    each_violation_in::<W>(|bytes| vec![bytes]);
}

#[test]
fn each_violation_has_its_code_in_single_bytes() {
    each_violation_in::<InMemory>(|bytes| bytes.chunks(1).collect());
}

/// What came before the violation counts.
fn a_violation_does_not_take_back_what_came_before<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let ping = client_frame(0x89, b"p");
    peer.send(&[client_frame(0x81, b"good"), ping, client_frame(0x82, b"bad")].concat());
    let answers = driver.arrivals(&mut peer, 2);
    assert_eq!(answers, [Arrival::Pong(b"p".to_vec()), Arrival::Close(Some(1003))]);
    let good = News::Text(slot, "good".to_owned());
    let so_far = [good, News::Control(slot), News::Failing(slot, 1003)];
    assert_eq!(driver.news, so_far, "it waits for the peer to go, or for its caller");
    driver.set.abort(slot);
    driver.until_news(&News::Closed(slot, Cause::Violation(1003)));
}

/// Who goes on talking after the violation is dropped after a while.
#[test]
fn a_broken_peer_that_never_stops_is_dropped() {
    let mut driver = Driver::<InMemory>::new();
    let (slot, peer) = driver.connect();
    peer.send_bytes(&[0xFF]);
    driver.until(|driver| {
        peer.send_bytes(&[0; 1024]);
        driver.news.contains(&News::Closed(slot, Cause::Violation(1002)))
    });
    assert!(peer.is_over());
}

/// Every code that may be sent comes back; so do fragments with control frames between them.
fn every_valid_close_is_echoed<W: World>() {
    let mut driver = Driver::<W>::new();
    let codes =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
    for code in codes {
        let (slot, mut peer) = driver.connect();
        peer.send(&client_frame(0x01, "fünf".as_bytes()));
        peer.send(&client_frame(0x89, b"between"));
        assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Pong(b"between".to_vec())]);
        peer.send(&client_frame(0x80, b" of them"));
        driver.until_news(&News::Text(slot, "fünf of them".to_owned()));
        peer.send(&close_frame(code, "adieu ✓".as_bytes()));
        assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Close(Some(code))]);
        driver.until_news(&News::Closed(slot, Cause::Peer(Some(code))));
        driver.until(|_| peer.is_over());
    }
}

fn the_largest_message_passes<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let largest = "g".repeat(MESSAGE_BYTES_MAX);
    peer.send_text(&largest);
    driver.until(|driver| {
        peer.arrived();
        !driver.texts(slot).is_empty()
    });
    assert_eq!(driver.texts(slot), [largest]);
}
