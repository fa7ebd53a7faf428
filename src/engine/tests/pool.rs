//! The pool for what waits: one bound for all outboxes of a set and for what the kernel holds of stalled sockets.

use super::{Driver, News, Peer as _, World, suite};
use crate::base::limits::STALLED_SOCKET_BYTES;
use crate::engine::{Backlog, Frame, Lane, Offer, SocketSet};

suite! {
    a_pool_that_is_used_up_takes_no_more_of_the_feed_for_stalled_sockets,
    what_leaves_gives_its_room_back,
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
