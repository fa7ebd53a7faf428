//! The pool for what waits: one bound for all outboxes of a set and for what the kernel holds of stalled sockets.

use super::{Driver, News, Peer as _, World, suite};
use crate::base::limits::{self, STALLED_SOCKET_BYTES};
use crate::engine::{Backlog, Frame, Group, Lane, Offer, SocketSet};

suite! {
    a_pool_that_is_used_up_takes_no_more_of_the_feed_for_stalled_sockets,
    what_leaves_gives_its_room_back,
    a_group_that_has_used_up_its_quota_is_held_up_alone,
    slow_readers_that_are_held_wait_for_themselves_alone,
}

/// Room for some frames behind one stalled socket.
const POOL_BYTES: usize = STALLED_SOCKET_BYTES + 40_000;

fn driver<W: World>() -> Driver<W> {
    let mut driver = Driver::<W>::new();
    driver.set = W::set_with_pool(POOL_BYTES);
    driver
}

/// Offers until the pool is used up behind a socket that takes no more.
fn use_up<W: World>(driver: &mut Driver<W>, slot: crate::engine::Slot) {
    let frame = Frame::text(&"p".repeat(5_000));
    driver.until(|driver| {
        let offer = driver.set.offer(slot, &frame, Lane::Feed);
        driver.set.flush();
        offer == Offer::Full && driver.news.contains(&News::Stalled(slot))
    });
}

fn a_pool_that_is_used_up_takes_no_more_of_the_feed_for_stalled_sockets<W: World>() {
    let mut driver = driver::<W>();
    let (slow, mut peer) = driver.connect();
    peer.stop_reading();
    use_up(&mut driver, slow);
    let backlog = driver.set.backlog();
    assert_eq!(backlog.stalled_sockets, 1);
    assert!((POOL_BYTES - 5_010..=POOL_BYTES).contains(&backlog.charged_bytes()), "{backlog:?}");

    assert_eq!(driver.set.offer(slow, &Frame::text("an answer"), Lane::Reply), Offer::Queued);
    assert_eq!(driver.set.offer(slow, &Frame::text(&"l".repeat(5_000)), Lane::Feed), Offer::Full);
    let (other, mut reader) = driver.connect();
    let large = Frame::text(&"l".repeat(5_000));
    for _ in 0..3 {
        assert_eq!(driver.set.offer(other, &large, Lane::Feed), Offer::Queued, "who reads does not notice");
    }
    driver.set.flush();
    assert_eq!(driver.arrivals(&mut reader, 3).len(), 3);
}

fn what_leaves_gives_its_room_back<W: World>() {
    let mut driver = driver::<W>();
    let (slow, mut peer) = driver.connect();
    peer.stop_reading();
    use_up(&mut driver, slow);
    peer.resume_reading();
    driver.until(|driver| {
        peer.arrived();
        driver.news.contains(&News::Drained(slow))
    });
    assert_eq!(driver.set.backlog(), Backlog::default());

    let (gone, mut lost) = driver.connect();
    lost.stop_reading();
    use_up(&mut driver, gone);
    driver.set.abort(gone);
    driver.poll();
    assert_eq!(driver.set.backlog(), Backlog::default());
}

fn a_group_that_has_used_up_its_quota_is_held_up_alone<W: World>() {
    let mut driver = Driver::<W>::new();
    let mut quotas = [0; limits::POOL_GROUPS];
    quotas[1] = POOL_BYTES;
    quotas[2] = STALLED_SOCKET_BYTES + 80_000;
    driver.set = W::set_with_quotas(POOL_BYTES * 4, quotas);
    let large = Frame::text(&"l".repeat(5_000));
    let ((greedy, mut first), (same, mut second), (other, mut third)) =
        (driver.connect(), driver.connect(), driver.connect());
    for (slot, group, peer) in [(greedy, 1, &mut first), (same, 1, &mut second), (other, 2, &mut third)] {
        driver.set.assign(slot, Group(group));
        peer.stop_reading();
    }
    use_up(&mut driver, greedy);
    // One frame is taken by each socket that holds nothing; of the next the group decides.
    for (slot, expected) in [(same, Offer::Full), (other, Offer::Queued)] {
        driver.until(|driver| {
            let _ = driver.set.offer(slot, &Frame::text("r"), Lane::Reply);
            let _ = driver.set.offer(slot, &large, Lane::Feed);
            driver.set.flush();
            driver.news.contains(&News::Stalled(slot))
        });
        assert_eq!(driver.set.offer(slot, &Frame::text("little"), Lane::Feed), expected);
    }
    // Who changes groups takes along what waits for it.
    driver.set.assign(greedy, Group(2));
    assert_eq!(driver.set.offer(same, &Frame::text("little"), Lane::Feed), Offer::Queued);
    assert_eq!(driver.set.offer(other, &Frame::text("little"), Lane::Feed), Offer::Full);
    let charged = driver.set.charged();
    assert_eq!(charged.iter().sum::<usize>(), driver.set.backlog().charged_bytes());
    assert!(0 < charged[1] && charged[1] < charged[2], "{charged:?}");
}

fn slow_readers_that_are_held_wait_for_themselves_alone<W: World>() {
    let mut driver = Driver::<W>::new();
    driver.set = W::set_with_pool(POOL_BYTES * 100);
    let (slow, mut peer) = driver.connect();
    peer.stop_reading();
    let frame = Frame::text(&"p".repeat(1_000));
    driver.until(|driver| {
        assert_eq!(driver.set.offer(slow, &frame, Lane::Feed), Offer::Queued, "the pool has room");
        driver.set.flush();
        driver.news.contains(&News::Stalled(slow))
    });
    driver.set.hold_slow(Some(limits::SLOW_READER_BYTES));
    driver.until(|driver| driver.set.offer(slow, &frame, Lane::Feed) == Offer::Full);
    assert!(driver.set.waiting_bytes(slow) <= limits::SLOW_READER_BYTES, "no more than a slow reader's");
    assert_eq!(driver.set.offer(slow, &frame, Lane::Reply), Offer::Queued, "answers come all the same");
    let (other, mut reader) = driver.connect();
    for _ in 0..8 {
        assert_eq!(driver.set.offer(other, &frame, Lane::Feed), Offer::Queued, "who reads does not notice");
    }
    driver.set.flush();
    assert_eq!(driver.arrivals(&mut reader, 8).len(), 8);
    peer.resume_reading();
    driver.until(|driver| {
        peer.arrived();
        driver.news.contains(&News::Drained(slow))
    });
    driver.set.hold_slow(None);
    assert_eq!(driver.set.offer(slow, &frame, Lane::Feed), Offer::Queued);
}
