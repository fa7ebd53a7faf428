//! What partial messages may cost: the room of all of them together, their frames, and that all of it is given back.

use super::{Driver, News, Peer, World, suite, text};
use crate::base::limits::{MESSAGE_BYTES_MAX, MESSAGE_FRAMES_MAX, PARTIAL_BYTES_MAX};
use crate::engine::header::Violation;
use crate::engine::inbound::{Inbound, Received};
use crate::engine::memory::{Arrival, client_frame};
use crate::engine::{Cause, CloseFrame, Slot, SocketSet};

suite! {
    a_message_has_so_many_frames,
    what_a_partial_message_held_is_given_back_however_it_ends,
    partial_messages_have_so_much_room_together,
}

fn a_message_has_so_many_frames<W: World>() {
    let mut driver = Driver::<W>::new();
    let (most, mut peer) = driver.connect();
    let empty = client_frame(0x00, b"");
    let all_but_last = [client_frame(0x01, b"w"), empty.repeat(MESSAGE_FRAMES_MAX - 2)].concat();
    for _ in 0..2 {
        peer.send(&[&all_but_last[..], &client_frame(0x80, b"hole")].concat());
    }
    driver.until(|driver| driver.texts(most) == ["whole"; 2]);
    let (more, mut peer) = driver.connect();
    peer.send(&[&all_but_last[..], &empty, &client_frame(0x80, b"")].concat());
    assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Close(Some(1009))]);
    drop(peer);
    driver.until_news(&News::Closed(more, Cause::Violation(1009)));
}

/// The first half of a message in its first frame: so many bytes are kept of it.
fn begin<P: Peer>(peer: &mut P, bytes: usize) {
    peer.send(&client_frame(0x01, &vec![b'p'; bytes]));
}

/// One way in which a message ends that will not come whole, or does.
type End<W> = fn(&mut Driver<W>, Slot, <W as World>::Peer) -> Option<<W as World>::Peer>;

fn what_a_partial_message_held_is_given_back_however_it_ends<W: World>() {
    let mut driver = Driver::<W>::new();
    let kept = |driver: &Driver<W>| W::partial_bytes(&driver.set);
    let ends: [End<W>; 6] = [
        |_, _, mut peer| {
            peer.send(&client_frame(0x80, b"end"));
            Some(peer)
        },
        |_, _, mut peer| {
            peer.close(1000);
            Some(peer)
        },
        |_, _, mut peer| {
            peer.send(&client_frame(0x82, b"binary"));
            Some(peer)
        },
        |driver, slot, mut peer| {
            driver.set.close(slot, &CloseFrame::new(4200, ""));
            peer.send(&client_frame(0x00, b"more of it, which is thrown away"));
            peer.close(4200);
            Some(peer)
        },
        |driver, slot, peer| {
            driver.set.abort(slot);
            Some(peer)
        },
        |_, _, _| None,
    ];
    for end in ends {
        let (slot, mut peer) = driver.connect();
        begin(&mut peer, 30_000);
        driver.until(|driver| kept(driver) == 30_000);
        let peer = end(&mut driver, slot, peer);
        driver.until(|driver| kept(driver) == 0);
        drop(peer);
    }
}

/// Fills the room with the largest partial messages.
fn fill<W: World>(driver: &mut Driver<W>) -> Vec<(Slot, W::Peer)> {
    let frame = client_frame(0x01, &vec![b'p'; MESSAGE_BYTES_MAX]);
    let mut held = Vec::new();
    for _ in 0..PARTIAL_BYTES_MAX / MESSAGE_BYTES_MAX {
        let (slot, mut peer) = driver.connect();
        peer.send(&frame);
        driver.poll();
        held.push((slot, peer));
    }
    driver.until(|driver| {
        for (_, peer) in &mut held {
            drop(peer.arrived());
        }
        W::partial_bytes(&driver.set) == PARTIAL_BYTES_MAX
    });
    held
}

fn partial_messages_have_so_much_room_together<W: World>() {
    let mut driver = Driver::<W>::new();
    let (before, mut quiet) = driver.connect();
    let mut held = fill(&mut driver);
    quiet.send_text("who comes in one piece passes");
    driver.until_news(&text(before, "who comes in one piece passes"));

    let (over, mut peer) = driver.connect();
    begin(&mut peer, 1);
    assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Close(Some(1009))]);
    driver.until_news(&News::Failing(over, 1009));
    assert_eq!(W::partial_bytes(&driver.set), PARTIAL_BYTES_MAX);

    // Each message that comes to its end makes room for another.
    let (slot, mut whole) = held.remove(0);
    whole.send(&client_frame(0x80, b""));
    driver.until(|driver| driver.texts(slot).len() == 1);
    let (_, mut next) = driver.connect();
    begin(&mut next, 7);
    driver.until(|driver| W::partial_bytes(&driver.set) == PARTIAL_BYTES_MAX - MESSAGE_BYTES_MAX + 7);
}

#[test]
fn room_is_taken_for_what_has_come_and_never_beyond_the_frame() {
    let frame = client_frame(0x81, &[b'x'; 10_000]);
    let mut inbound = Inbound::default();
    let (head, body) = frame.split_at(8);
    inbound.receive(&mut head.to_vec(), 0, &mut |_| ()).unwrap();
    assert!(inbound.is_partial() && inbound.text_bytes() == 0, "an announced length costs nothing");
    let (mut come, mut whole) = (0, 0);
    for byte in body {
        let mut hand_on =
            |received: Received<'_>| whole += usize::from(matches!(received, Received::Text(_)));
        inbound.receive(&mut [*byte], 10_000, &mut hand_on).unwrap();
        come += 1;
        assert!(inbound.text_bytes() <= (2 * come).min(10_000), "{} of {come}", inbound.text_bytes());
    }
    assert_eq!((whole, inbound.text_bytes()), (1, 0));
}

#[test]
fn what_finds_no_room_keeps_nothing() {
    let mut inbound = Inbound::default();
    inbound.receive(&mut client_frame(0x01, &[b'x'; 100]), 150, &mut |_| ()).unwrap();
    assert_eq!(inbound.text_bytes(), 100);
    let refused = inbound.receive(&mut client_frame(0x00, &[b'x'; 51]), 150, &mut |_| ());
    assert_eq!(refused, Err(Violation::NoRoom));
    assert!(!inbound.is_partial());
}
