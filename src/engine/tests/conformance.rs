//! One suite for every set: how messages and frames flow, as the contract of [`SocketSet`] promises.

use std::time::Duration;

use super::{Driver, News, Peer, World, arrived, suite, text};
use crate::base::limits::{
    OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX, OUTBOX_REPLY_FRAMES_MAX, POLL_BYTES_MAX, READ_BYTES_MAX,
};
use crate::engine::memory::{Arrival, client_frame};
use crate::engine::{Cause, CloseFrame, Events, Frame, Lane, Offer, Slot, SocketSet};

suite! {
    texts_come_whole_and_in_order,
    a_leftover_comes_before_what_follows_it,
    pings_are_answered_and_reported,
    frames_go_out_in_the_order_of_offers,
    what_is_offered_without_a_flush_goes_out_with_the_poll,
    a_full_outbox_drains_and_is_read_from_again,
    a_full_outbox_reports_that_it_drained_without_a_stall,
    a_slow_reader_makes_progress,
    a_stalled_connection_can_be_aborted,
    a_stalled_peer_that_goes_away_is_lost,
    one_poll_takes_a_bounded_number_of_bytes,
    a_talkative_peer_does_not_starve_another,
    a_wake_from_another_thread_ends_a_poll,
    a_set_that_is_always_woken_still_hears,
    a_poll_without_news_ends_with_its_timeout,
    a_thousand_idle_connections_hold_no_buffers,
}

fn texts_come_whole_and_in_order<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.send_text("one");
    peer.send(&client_frame(0x01, "zw".as_bytes()));
    peer.send(&client_frame(0x8A, &[]));
    peer.send(&client_frame(0x80, "ölf".as_bytes()));
    let long = "x".repeat(60_000);
    peer.send_text(&long);
    peer.send_text("");
    driver.until_news(&text(slot, ""));
    assert_eq!(driver.texts(slot), ["one", "zwölf", &long, ""]);
    assert!(driver.news.contains(&News::Control(slot)));
    assert_eq!(W::boxes(&driver.set), 0);
}

fn a_leftover_comes_before_what_follows_it<W: World>() {
    let mut driver = Driver::<W>::new();
    let second = client_frame(0x81, b"second");
    let (head, tail) = second.split_at(4);
    let leftover = [&client_frame(0x81, b"first"), head].concat();
    let (slot, mut peer) = driver.connect_with(&leftover);
    peer.send(tail);
    driver.until_news(&text(slot, "second"));
    assert_eq!(driver.texts(slot), ["first", "second"]);
}

fn pings_are_answered_and_reported<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.send(&client_frame(0x89, b"beat"));
    assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Pong(b"beat".to_vec())]);
    assert_eq!(driver.news, [News::Control(slot)]);
    let both = [client_frame(0x89, b"old"), client_frame(0x89, b"new")].concat();
    peer.send(&both);
    let answers = driver.arrivals(&mut peer, 1);
    assert_eq!(answers.last(), Some(&Arrival::Pong(b"new".to_vec())));
    assert_eq!(driver.set.backlog().queued_bytes, 0);
}

fn frames_go_out_in_the_order_of_offers<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let frames: Vec<Frame> = (0..30).map(|index| Frame::text(&format!("frame {index}"))).collect();
    let bytes: usize = frames.iter().map(|frame| frame.bytes().len()).sum();
    for frame in &frames {
        assert_eq!(driver.set.offer(slot, frame, Lane::Feed), Offer::Queued);
    }
    assert_eq!(driver.set.backlog().queued_bytes, bytes);
    driver.set.flush();
    assert_eq!(driver.set.backlog().queued_bytes, 0);
    let expected: Vec<Arrival> = (0..30).map(|index| arrived(&format!("frame {index}"))).collect();
    assert_eq!(driver.arrivals(&mut peer, 30), expected);
    assert_eq!(driver.news, []);
}

fn what_is_offered_without_a_flush_goes_out_with_the_poll<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    assert_eq!(driver.set.offer(slot, &Frame::ping(), Lane::Reply), Offer::Queued);
    assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Ping]);
}

/// Offers numbered frames until the outbox is full behind a socket that takes no more; returns how many were taken.
fn fill<W: World>(driver: &mut Driver<W>, slot: Slot) -> usize {
    let body = "f".repeat(20_000);
    let mut taken = 0;
    driver.until(|driver| {
        let offer = driver.set.offer(slot, &Frame::text(&format!("{taken} {body}")), Lane::Feed);
        taken += usize::from(offer == Offer::Queued);
        driver.set.flush();
        offer == Offer::Full && driver.news.contains(&News::Stalled(slot))
    });
    taken
}

fn a_full_outbox_drains_and_is_read_from_again<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let (other, mut bystander) = driver.connect();
    peer.stop_reading();
    let taken = fill(&mut driver, slot);
    assert!(driver.set.backlog().queued_bytes <= OUTBOX_BYTES_MAX);

    let mut replies = 0;
    while driver.set.offer(slot, &Frame::text("r"), Lane::Reply) == Offer::Queued {
        replies += 1;
    }
    assert!((OUTBOX_REPLY_FRAMES_MAX..=OUTBOX_REPLY_FRAMES_MAX + OUTBOX_FRAMES_MAX).contains(&replies));

    peer.send_text("who does not listen is not heard");
    bystander.send_text("meanwhile");
    driver.until_news(&text(other, "meanwhile"));
    driver.poll();
    assert_eq!(driver.news_but_progress(), [News::Stalled(slot), text(other, "meanwhile")]);

    peer.resume_reading();
    let arrivals = driver.arrivals(&mut peer, taken + replies);
    for (index, arrival) in arrivals.iter().take(taken).enumerate() {
        assert!(matches!(arrival, Arrival::Text(text) if text.starts_with(&format!("{index} "))));
    }
    assert_eq!(arrivals[taken..], vec![arrived("r"); replies]);
    driver.until_news(&text(slot, "who does not listen is not heard"));
    assert_eq!(driver.news.iter().filter(|news| **news == News::Drained(slot)).count(), 1);
    assert_eq!(driver.set.backlog().queued_bytes, 0);
    assert_eq!(W::boxes(&driver.set), 0);
}

fn a_full_outbox_reports_that_it_drained_without_a_stall<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let mut taken = 0;
    while driver.set.offer(slot, &Frame::text("f"), Lane::Feed) == Offer::Queued {
        taken += 1;
    }
    assert_eq!(taken, OUTBOX_FRAMES_MAX);
    assert_eq!(driver.arrivals(&mut peer, taken).len(), taken);
    driver.until_news(&News::Drained(slot));
    assert_eq!(driver.news, [News::Drained(slot)]);
    assert_eq!(driver.set.offer(slot, &Frame::text("f"), Lane::Feed), Offer::Queued);
}

fn a_slow_reader_makes_progress<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.stop_reading();
    let taken = fill(&mut driver, slot);
    let progress =
        |driver: &Driver<W>| driver.news.iter().filter(|news| **news == News::Progress(slot)).count();
    let before = progress(&driver);
    driver.until(|driver| {
        peer.read_some(4_000);
        let seen = progress(driver);
        driver.poll();
        assert!(progress(driver) <= seen + 1, "once per poll");
        progress(driver) > before
    });
    assert_eq!(driver.news_but_progress(), [News::Stalled(slot)]);
    peer.resume_reading();
    let arrivals = driver.arrivals(&mut peer, taken);
    assert_eq!(arrivals.len(), taken);
    driver.until_news(&News::Drained(slot));
    assert_eq!(driver.news.last(), Some(&News::Drained(slot)), "who has everything makes no progress");
}

fn a_stalled_connection_can_be_aborted<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.stop_reading();
    fill(&mut driver, slot);
    driver.set.close(slot, &CloseFrame::new(4200, ""));
    driver.poll();
    assert!(!driver.news.contains(&News::Closed(slot, Cause::Ours(4200))));
    driver.set.abort(slot);
    assert_eq!(driver.set.backlog().queued_bytes, 0);
    driver.until_news(&News::Closed(slot, Cause::Ours(4200)));
}

fn a_stalled_peer_that_goes_away_is_lost<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.stop_reading();
    fill(&mut driver, slot);
    drop(peer);
    driver.until_news(&News::Closed(slot, Cause::Lost));
    assert_eq!(driver.news_but_progress(), [News::Stalled(slot), News::Closed(slot, Cause::Lost)]);
    assert_eq!(driver.set.backlog().queued_bytes, 0);
    assert_eq!(W::boxes(&driver.set), 0);
}

fn a_talkative_peer_does_not_starve_another<W: World>() {
    let mut driver = Driver::<W>::new();
    let (loud, mut talker) = driver.connect();
    let (quiet, mut listener) = driver.connect();
    let message = client_frame(0x81, "t".repeat(1_000).as_bytes());
    let count = 4 * POLL_BYTES_MAX / message.len();
    talker.send(&message.repeat(count));
    listener.send_text("me too");
    driver.until(|driver| {
        talker.arrived();
        driver.texts(loud).len() == count
    });
    let position = driver.news.iter().position(|news| *news == text(quiet, "me too")).unwrap();
    assert!(position < count / 8, "the other was heard only after {position} messages");
}

fn one_poll_takes_a_bounded_number_of_bytes<W: World>() {
    let mut driver = Driver::<W>::new();
    let message = "m".repeat(1_000);
    let count = READ_BYTES_MAX / message.len();
    let mut connections: Vec<(Slot, W::Peer)> = (0..40).map(|_| driver.connect()).collect();
    for (_, peer) in &mut connections {
        peer.send(&client_frame(0x81, message.as_bytes()).repeat(count));
    }
    let mut polled = 0;
    driver.until(|driver| {
        for (_, peer) in &mut connections {
            peer.arrived();
        }
        let before = driver.news.len();
        driver.poll();
        polled = polled.max(driver.news.len() - before);
        driver.news.len() == 40 * count
    });
    assert!(polled * message.len() <= POLL_BYTES_MAX + READ_BYTES_MAX, "{polled} messages at once");
}

fn a_wake_from_another_thread_ends_a_poll<W: World>() {
    let mut driver = Driver::<W>::new();
    let wake = driver.set.wake();
    let waker = std::thread::Builder::new().spawn(move || wake()).unwrap();
    let mut events = Events::default();
    driver.set.poll(&mut events, None).unwrap();
    waker.join().unwrap();
    assert_eq!(events.iter().count(), 0);
}

fn a_set_that_is_always_woken_still_hears<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    let wake = driver.set.wake();
    peer.send_text("through the bells");
    driver.until(|driver| {
        wake();
        driver.texts(slot) == ["through the bells"]
    });
}

fn a_poll_without_news_ends_with_its_timeout<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, _peer) = driver.connect();
    let mut events = Events::default();
    events.push_text(slot, "old news");
    driver.set.poll(&mut events, Some(Duration::ZERO)).unwrap();
    driver.set.poll(&mut events, Some(Duration::from_millis(1))).unwrap();
    assert_eq!(events.iter().count(), 0);
}

fn a_thousand_idle_connections_hold_no_buffers<W: World>() {
    let mut driver = Driver::<W>::new();
    let mut connections: Vec<(Slot, W::Peer)> = (0..1_000).map(|_| driver.connect()).collect();
    for (slot, peer) in &mut connections {
        assert_eq!(driver.set.offer(*slot, &Frame::text("welcome"), Lane::Reply), Offer::Queued);
        assert_eq!(driver.set.offer(*slot, &Frame::text("resumed"), Lane::Reply), Offer::Queued);
        peer.send_text("hello");
        peer.send(&client_frame(0x81, b"partial")[..7]);
    }
    assert_eq!(W::boxes(&driver.set), 1_000);
    driver.until(|driver| driver.news.len() == 1_000 && W::boxes(&driver.set) == 1_000);
    for (_, peer) in &mut connections {
        peer.send(&client_frame(0x81, b"partial")[7..]);
    }
    driver.until(|driver| driver.news.len() == 2_000);
    assert_eq!(W::boxes(&driver.set), 0);
    assert_eq!(driver.set.backlog().queued_bytes, 0);
}
