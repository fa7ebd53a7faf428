//! One suite for every set: how a connection ends, and what becomes of its slot.

use super::{Driver, News, Peer, World, arrived, suite, text};
use crate::engine::memory::{Arrival, client_frame};
use crate::engine::{Cause, CloseFrame, Frame, Lane, Offer, SocketSet};

suite! {
    our_close_goes_out_last_and_waits_for_the_peers,
    a_close_does_not_wait_for_a_feed_that_is_not_taken,
    our_close_ends_with_the_stream,
    our_close_can_be_cut_short,
    the_peers_close_is_echoed,
    a_stream_that_ends_is_lost,
    an_abort_ends_at_once,
    news_of_an_old_generation_cannot_hit_a_newcomer,
}

fn our_close_goes_out_last_and_waits_for_the_peers<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    assert_eq!(driver.set.offer(slot, &Frame::text("last words"), Lane::Feed), Offer::Queued);
    driver.set.close(slot, &CloseFrame::new(4101, "later"));
    assert_eq!(driver.set.offer(slot, &Frame::text("too late"), Lane::Reply), Offer::Gone);
    driver.set.close(slot, &CloseFrame::new(1000, "a second close changes nothing"));
    assert_eq!(driver.arrivals(&mut peer, 2), [arrived("last words"), Arrival::Close(Some(4101))]);
    peer.send_text("thrown away");
    peer.send(&client_frame(0x89, b"not answered"));
    driver.poll();
    assert_eq!(driver.news, []);
    peer.close(4101);
    driver.until(|driver| !driver.news.is_empty());
    assert_eq!(driver.news, [News::Closed(slot, Cause::Ours(4101))]);
    driver.until(|_| peer.is_over());
    assert_eq!(peer.arrived(), []);
}

fn a_close_does_not_wait_for_a_feed_that_is_not_taken<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.stop_reading();
    let body = "f".repeat(20_000);
    let mut taken = 0;
    driver.until(|driver| {
        let offer = driver.set.offer(slot, &Frame::text(&format!("{taken} {body}")), Lane::Feed);
        taken += usize::from(offer == Offer::Queued);
        driver.set.flush();
        offer == Offer::Full && driver.news.contains(&News::Stalled(slot))
    });
    let queued = driver.set.backlog().queued_bytes;
    for answer in ["published 1", "published 2"] {
        assert_eq!(driver.set.offer(slot, &Frame::text(answer), Lane::Reply), Offer::Queued);
        assert_eq!(driver.set.offer(slot, &Frame::text("caught up"), Lane::Pace), Offer::Queued);
    }
    driver.set.close(slot, &CloseFrame::new(4201, ""));
    assert!(
        driver.set.backlog().queued_bytes <= 20_100,
        "{} of {queued} bytes wait",
        driver.set.backlog().queued_bytes
    );

    peer.resume_reading();
    let mut arrivals = Vec::new();
    driver.until(|_| {
        arrivals.extend(peer.arrived());
        arrivals.contains(&Arrival::Close(Some(4201)))
    });
    let end = [arrived("published 1"), arrived("published 2"), Arrival::Close(Some(4201))];
    assert!(arrivals.ends_with(&end), "answers go out in their order, then the close");
    let fed = arrivals.len() - end.len();
    assert!(fed < taken, "{fed} of {taken}");
    for (index, arrival) in arrivals.iter().take(fed).enumerate() {
        assert!(
            matches!(arrival, Arrival::Text(text) if *text == format!("{index} {body}")),
            "no frame is cut"
        );
    }
    assert_eq!(driver.set.backlog().queued_bytes, 0);
}

fn our_close_ends_with_the_stream<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, peer) = driver.connect();
    driver.set.close(slot, &CloseFrame::new(1001, ""));
    driver.set.flush();
    drop(peer);
    driver.until_news(&News::Closed(slot, Cause::Ours(1001)));
}

fn our_close_can_be_cut_short<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    driver.set.close(slot, &CloseFrame::new(4000, ""));
    assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Close(Some(4000))]);
    driver.set.abort(slot);
    driver.until(|_| peer.is_over());
    driver.until_news(&News::Closed(slot, Cause::Ours(4000)));
    assert_eq!(driver.news.len(), 1);
}

fn the_peers_close_is_echoed<W: World>() {
    let mut driver = Driver::<W>::new();
    for code in [None, Some(1000), Some(1001), Some(4999)] {
        let (slot, mut peer) = driver.connect();
        let payload = code.map_or_else(Vec::new, |code: u16| [&code.to_be_bytes()[..], b"bye"].concat());
        let ignored = client_frame(0x81, b"behind the close");
        peer.send(&[client_frame(0x88, &payload), ignored].concat());
        assert_eq!(driver.arrivals(&mut peer, 1), [Arrival::Close(code)]);
        driver.until(|_| peer.is_over());
        driver.until_news(&News::Closed(slot, Cause::Peer(code)));
        assert_eq!(driver.texts(slot), [""; 0]);
        assert_eq!(driver.set.offer(slot, &Frame::text("gone"), Lane::Feed), Offer::Gone);
    }
    assert_eq!(driver.news.len(), 4);
}

fn a_stream_that_ends_is_lost<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    peer.send_text("the last");
    peer.send(&client_frame(0x81, b"partial")[..6]);
    drop(peer);
    driver.until_news(&News::Closed(slot, Cause::Lost));
    assert_eq!(driver.news, [text(slot, "the last"), News::Closed(slot, Cause::Lost)]);
    assert_eq!(W::boxes(&driver.set), 0);
}

fn an_abort_ends_at_once<W: World>() {
    let mut driver = Driver::<W>::new();
    let (slot, mut peer) = driver.connect();
    assert_eq!(driver.set.offer(slot, &Frame::text("never sent"), Lane::Feed), Offer::Queued);
    driver.set.abort(slot);
    driver.set.abort(slot);
    assert_eq!(driver.set.backlog().queued_bytes, 0);
    assert_eq!(driver.set.offer(slot, &Frame::text("gone"), Lane::Feed), Offer::Gone);
    driver.until(|_| peer.is_over());
    assert_eq!(peer.arrived(), []);
    driver.poll();
    assert_eq!(driver.news, [News::Closed(slot, Cause::Lost)]);
}

fn news_of_an_old_generation_cannot_hit_a_newcomer<W: World>() {
    let mut driver = Driver::<W>::new();
    let (old, peer) = driver.connect();
    drop(peer);
    driver.until_news(&News::Closed(old, Cause::Lost));
    let (new, mut peer) = driver.connect();
    assert_eq!((new.index, new.generation), (old.index, old.generation + 1));
    assert_eq!(driver.set.offer(old, &Frame::text("for another"), Lane::Feed), Offer::Gone);
    driver.set.close(old, &CloseFrame::new(1000, ""));
    driver.set.abort(old);
    peer.send_text("here");
    driver.until_news(&text(new, "here"));
    assert_eq!(peer.arrived(), []);

    // A place whose end has not been reported yet is not given away.
    driver.set.abort(new);
    let (other, _peer) = driver.connect();
    assert_ne!(other.index, new.index);
}
