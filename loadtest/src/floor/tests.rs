//! The floor against real sockets, one turn at a time on the test's own thread.

use std::net::TcpStream;

use tungstenite::handshake::HandshakeError;
use tungstenite::{Message, WebSocket, client};

use super::*;

/// Turns that a condition may take; each waits at most 10 ms.
const TURNS_MAX: usize = 1_000;

/// A client that the floor serves whenever it waits.
fn connect(floor: &mut Floor, path: &str) -> WebSocket<TcpStream> {
    let address = floor.address().expect("it listens");
    let stream = TcpStream::connect(address).expect("the backlog takes it");
    stream.set_nonblocking(true).expect("a socket can be nonblocking");
    let mut handshake = match client(format!("ws://{address}{path}"), stream) {
        Ok((socket, _)) => return socket,
        Err(HandshakeError::Interrupted(handshake)) => handshake,
        Err(error) => panic!("{error}"),
    };
    for _ in 0..TURNS_MAX {
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
        handshake = match handshake.handshake() {
            Ok((socket, _)) => return socket,
            Err(HandshakeError::Interrupted(handshake)) => handshake,
            Err(error) => panic!("{error}"),
        };
    }
    panic!("no answer to the upgrade")
}

/// The next message, or nothing once the connection is over.
fn next(floor: &mut Floor, socket: &mut WebSocket<TcpStream>) -> Option<Message> {
    for _ in 0..TURNS_MAX {
        match socket.read() {
            Ok(message) => return Some(message),
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
    }
    panic!("no message")
}

#[test]
fn a_publication_reaches_the_followers_of_its_channel_and_nobody_else() {
    let mut floor = Floor::bind(None).expect("loopback");
    let mut here: Vec<_> = (0..3).map(|_| connect(&mut floor, "/follow/class:1")).collect();
    let mut elsewhere = connect(&mut floor, "/follow/class:2");
    let mut author = connect(&mut floor, "/publish");
    let long = "x".repeat(70_000);
    for text in ["one", "two", &long] {
        author.send(Message::text(format!("class:1\n{text}"))).expect("sent");
    }
    author.send(Message::text("class:2\nother")).expect("sent");
    for socket in &mut here {
        for text in ["one", "two", &long] {
            assert_eq!(next(&mut floor, socket), Some(Message::text(text)));
        }
    }
    assert_eq!(next(&mut floor, &mut elsewhere), Some(Message::text("other")));
}

#[test]
fn who_leaves_is_forgotten_and_the_others_still_hear() {
    let mut floor = Floor::bind(None).expect("loopback");
    let mut all: Vec<_> = (0..4).map(|_| connect(&mut floor, "/follow/region")).collect();
    let mut author = connect(&mut floor, "/publish");
    drop(all.remove(0));
    let mut polite = all.remove(1);
    polite.close(None).expect("said");
    while floor.followers[0].len() > 2 {
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
    }
    author.send(Message::text("region\nstill here")).expect("sent");
    for socket in &mut all {
        assert_eq!(next(&mut floor, socket), Some(Message::text("still here")));
    }
    assert_eq!(floor.free.len(), 2);
}

#[test]
fn what_a_socket_does_not_take_waits_and_too_much_ends_it() {
    let mut floor = Floor::bind(None).expect("loopback");
    let mut slow = connect(&mut floor, "/follow/region");
    let mut author = connect(&mut floor, "/publish");
    author.get_ref().set_nonblocking(false).expect("a socket can block");
    let message = Message::text(format!("region\n{}", "x".repeat(60_000)));
    while floor.connections[0].as_ref().is_some_and(|follower| follower.waiting.is_empty()) {
        author.send(message.clone()).expect("sent");
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
    }
    let mut read = 0;
    while floor.connections[0].as_ref().is_some_and(|follower| !follower.waiting.is_empty()) {
        assert_eq!(next(&mut floor, &mut slow).map(|message| message.len()), Some(60_000));
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
        read += 1;
    }
    assert!(read > 0, "it waited, and was read");
    while floor.connections[0].is_some() {
        author.send(message.clone()).expect("sent");
        floor.turn(Some(Duration::from_millis(10))).expect("it turns");
    }
}

#[test]
fn what_is_delivered_was_written_down_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut floor = Floor::bind(Some(&path)).expect("loopback");
    let mut here = connect(&mut floor, "/follow/class:1");
    let mut author = connect(&mut floor, "/publish");
    let mut journal = floor.journal.as_ref().expect("it commits").end;
    for _ in 0..3 {
        author.send(Message::text("class:1\nkept")).expect("sent");
        assert_eq!(next(&mut floor, &mut here), Some(Message::text("kept")));
        let end = floor.journal.as_ref().expect("it commits").end;
        assert!(end > journal);
        journal = end;
    }
    assert_eq!(std::fs::metadata(&path).expect("there").len(), FLOOR_JOURNAL_BYTES as u64);
    assert!(Floor::bind(Some(&path)).is_err(), "nothing of others' is written over");
}

#[test]
fn a_journal_is_written_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::create(&folder.path().join("journal")).expect("created");
    let bytes = vec![7; FLOOR_JOURNAL_BYTES / 2 + 1];
    for _ in 0..3 {
        journal.commit(&bytes).expect("written");
        assert_eq!(journal.end, bytes.len() as u64);
    }
}
