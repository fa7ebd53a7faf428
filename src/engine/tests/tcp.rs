//! One suite for every set of TCP sockets: what the kernel is told, and what streams in memory can't show.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;

use super::TcpSet;
use crate::base::limits::{READ_BYTES_MAX, SOCKET_UNSENT_BYTES_MAX};
use crate::base::{Epoch, Offset, Position};
use crate::engine::memory::client_frame;
use crate::engine::{Cause, CloseFrame, Event, Events, Frame, Framing, Lane, Offer};

macro_rules! tcp_suite {
    ($($name:ident,)+) => {
        mod on_readiness {
            $(#[test] fn $name() { super::$name::<crate::engine::ReadinessSet>(); })+
        }
        mod on_tasks {
            $(#[test] fn $name() { super::$name::<crate::engine::TaskSet>(); })+
        }
    };
}

tcp_suite! {
    a_set_may_be_dropped_within_another_runtime,
    a_socket_sends_at_once_and_keeps_little_in_the_kernel,
    what_was_offered_goes_out_before_a_poll_waits,
    a_violation_is_answered_with_its_reason,
    what_follows_a_close_does_not_turn_the_answer_into_a_reset,
    an_event_stream_is_written_as_events_and_ends_with_its_close,
    who_speaks_on_an_event_stream_is_cut_off,
    a_reader_that_leaves_its_event_stream_is_lost,
}

/// A socket for a set, and its client, which blocks but not for ever.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    (listener.accept().unwrap().0, client)
}

fn a_socket_sends_at_once_and_keeps_little_in_the_kernel<S: TcpSet>() {
    let (socket, _client) = pair();
    let same = socket.try_clone().unwrap();
    let mut set = S::empty(|_| "");
    set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
    assert!(same.nodelay().unwrap());
    #[cfg(any(target_os = "linux", target_os = "android"))]
    assert_eq!(SockRef::from(&same).tcp_notsent_lowat().unwrap(), SOCKET_UNSENT_BYTES_MAX);
}

fn what_was_offered_goes_out_before_a_poll_waits<S: TcpSet>() {
    let (socket, mut client) = pair();
    let mut set = S::empty(|_| "");
    let slot = set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
    set.poll(&mut Events::default(), Some(Duration::from_millis(1))).unwrap();
    assert_eq!(set.offer(slot, &Frame::ping(), Lane::Reply), Offer::Queued);
    let wake = set.wake();
    let came = std::thread::scope(|scope| {
        scope.spawn(|| set.poll(&mut Events::default(), None).unwrap());
        let mut frame = [0; 2];
        let came = client.read_exact(&mut frame).map(|()| frame);
        wake();
        came
    });
    assert_eq!(came.unwrap(), [0x89, 0]);
}

fn a_violation_is_answered_with_its_reason<S: TcpSet>() {
    let (socket, mut client) = pair();
    let mut set = S::empty(|code| if code == 1003 { "words only" } else { "" });
    set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
    client.write_all(&client_frame(0x82, b"binary")).unwrap();
    let mut events = Events::default();
    while !events.iter().any(|event| matches!(event, Event::Failing(_, 1003))) {
        set.poll(&mut events, Some(Duration::from_secs(10))).unwrap();
    }
    let mut came = Vec::new();
    client.read_to_end(&mut came).unwrap();
    assert_eq!(came, [&[0x88, 12, 0x03, 0xEB][..], b"words only"].concat());
}

fn what_follows_a_close_does_not_turn_the_answer_into_a_reset<S: TcpSet>() {
    let (socket, mut client) = pair();
    let mut set = S::empty(|_| "");
    let close = client_frame(0x88, &1000_u16.to_be_bytes());
    let ping = client_frame(0x89, b"");
    let before = client_frame(0x81, &vec![b'm'; READ_BYTES_MAX - 14 - close.len()]);
    let first_read = [&before[..], &ping, &close].concat();
    assert_eq!(first_read.len(), READ_BYTES_MAX);
    client.write_all(&[&first_read[..], b"behind the close"].concat()).unwrap();
    let slot = set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
    let mut events = Events::default();
    let closed = Event::Closed(slot, Cause::Peer(Some(1000)));
    let over = (0..100).any(|_| {
        set.poll(&mut events, Some(Duration::from_millis(50))).unwrap();
        events.iter().any(|event| event == closed)
    });
    assert!(over);
    let mut came = Vec::new();
    client.read_to_end(&mut came).unwrap();
    assert_eq!(came, [0x8A, 0, 0x88, 2, 3, 0xE8]);
}

fn a_set_may_be_dropped_within_another_runtime<S: TcpSet>() {
    let (socket, mut client) = pair();
    let mut set = S::empty(|_| "");
    set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { drop(set) });
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "its sockets are closed");
}

/// The cause of the next end.
fn ended<S: TcpSet>(set: &mut S) -> Cause {
    let mut events = Events::default();
    loop {
        set.poll(&mut events, Some(Duration::from_secs(10))).unwrap();
        if let Some(cause) = events.iter().find_map(|event| match event {
            Event::Closed(_, cause) => Some(cause),
            _ => None,
        }) {
            return cause;
        }
    }
}

fn an_event_stream_is_written_as_events_and_ends_with_its_close<S: TcpSet>() {
    let (socket, mut client) = pair();
    let mut set = S::empty(|_| "");
    let slot = set.add(socket, Bytes::new(), Framing::EventStream).unwrap();
    let position = Position { epoch: Epoch(7), offset: Offset(3) };
    for frame in [Frame::verbatim("head\r\n\r\n"), Frame::text("{}").at(position), Frame::ping()] {
        assert_eq!(set.offer(slot, &frame, Lane::Reply), Offer::Queued);
    }
    assert_eq!(set.backlog().queued_bytes, 8 + 25 + 3, "what is counted is what is written");
    set.close(slot, &CloseFrame::new(4200, "gone"));
    assert_eq!(set.offer(slot, &Frame::text("late"), Lane::Reply), Offer::Gone);
    assert_eq!(ended(&mut set), Cause::Ours(4200), "nobody answers a close");
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    let expected = "head\r\n\r\nid: 00000007-3\ndata: {}\n\n:\n\nevent: close\ndata: 4200 gone\n\n";
    assert_eq!((said.as_str(), set.backlog().queued_bytes), (expected, 0));
}

fn who_speaks_on_an_event_stream_is_cut_off<S: TcpSet>() {
    for leftover in [&b"GET / HTTP/1.1"[..], b""] {
        let (socket, mut client) = pair();
        let mut set = S::empty(|_| "");
        let leftover = Bytes::from_static(leftover);
        set.add(socket, leftover.clone(), Framing::EventStream).unwrap();
        if leftover.is_empty() {
            client.write_all(&client_frame(0x81, b"a text")).unwrap();
        }
        assert_eq!(ended(&mut set), Cause::Violation(1002));
    }
}

fn a_reader_that_leaves_its_event_stream_is_lost<S: TcpSet>() {
    let (socket, client) = pair();
    let mut set = S::empty(|_| "");
    set.add(socket, Bytes::new(), Framing::EventStream).unwrap();
    drop(client);
    assert_eq!(ended(&mut set), Cause::Lost);
}
