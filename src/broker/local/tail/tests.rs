//! Tests of the tails: what memory serves, what it leaves to the disk, its bounds, and the wait for answers.

use super::*;
use crate::base::ResetWhy;
use crate::base::{AccountId, Audience, Body, MessageId, NewPublication, SchoolTime};
use crate::broker::Start;

const EPOCH: Epoch = Epoch(3);

fn channel(number: usize) -> Channel {
    Channel::parse(&format!("class:{number}")).unwrap()
}

fn publication(channel: &Channel, offset: u64, text: &str) -> Arc<Publication> {
    let new = NewPublication {
        channel: channel.clone(),
        author: AccountId::parse("teacher").unwrap(),
        message_id: MessageId::parse(&format!("m{offset}")).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::post(text).unwrap(),
        published_at: SchoolTime(0),
        deliver_at: None,
        urgent: None,
    };
    Arc::new(Publication::at(new, Position { epoch: EPOCH, offset: Offset(offset) }))
}

/// Publishes an offset of a channel as the commit thread does.
fn add(tails: &Tails, channel: &Channel, offset: u64, text: &str) {
    let previous = Offset(offset - 1);
    tails.prepare([(channel, previous)].into_iter());
    tails.announce(&[(publication(channel, offset, text), previous)]);
}

fn page(tails: &Tails, channel: &Channel, from: ReplayFrom) -> Option<Page> {
    tails.page(&Read { channel: channel.clone(), from, role: Role::Student, limit: 200 }, EPOCH)
}

fn after(offset: u64) -> ReplayFrom {
    ReplayFrom::Position(Position { epoch: EPOCH, offset: Offset(offset) })
}

fn offsets(page: &Page) -> Vec<u64> {
    page.publications.iter().map(|publication| publication.position.offset.0).collect()
}

#[test]
fn memory_serves_what_it_holds_and_leaves_the_rest_to_the_disk() {
    let (tails, a) = (Tails::default(), channel(1));
    assert_eq!(page(&tails, &a, ReplayFrom::Now), None, "nothing is known of the channel");
    for offset in 11..=15 {
        add(&tails, &a, offset, "x");
    }
    assert_eq!(page(&tails, &a, after(10)).map(|page| offsets(&page)), Some(vec![11, 12, 13, 14, 15]));
    assert_eq!(page(&tails, &a, after(14)).map(|page| offsets(&page)), Some(vec![15]));
    assert_eq!(page(&tails, &a, ReplayFrom::Last(2)).map(|page| offsets(&page)), Some(vec![14, 15]));
    assert_eq!(
        page(&tails, &a, ReplayFrom::Now).map(|page| (page.start, page.through.offset.0)),
        Some((Start::Fresh, 15))
    );
    let other_life = ReplayFrom::Position(Position { epoch: Epoch(4), offset: Offset(12) });
    for from in [after(9), after(16), ReplayFrom::Last(6), other_life] {
        assert_eq!(page(&tails, &a, from), None, "{from:?}");
    }
    tails.forget(&HashSet::from([a.clone()]));
    assert_eq!(page(&tails, &a, ReplayFrom::Now), None);
    assert_eq!(tails.lock().bytes, 0);
    let whole = replay::begin(after(16), EPOCH, End { last: Offset(15), trimmed_through: Offset(0) });
    assert_eq!(whole.0, Start::Reset(ResetWhy::Ahead), "which the disk then says");
}

#[test]
fn a_tail_holds_so_many_publications() {
    let (tails, a) = (Tails::default(), channel(1));
    let count = limits::TAIL_PUBLICATIONS_MAX as u64;
    for offset in 1..=count + 1 {
        add(&tails, &a, offset, "x");
    }
    assert_eq!(page(&tails, &a, after(0)), None, "the oldest has left");
    assert_eq!(page(&tails, &a, after(1)).map(|page| page.publications.len() as u64), Some(count));
    assert_eq!(page(&tails, &a, ReplayFrom::Last(limits::TAIL_PUBLICATIONS_MAX + 1)), None);
}

#[test]
fn the_least_recently_written_channel_leaves_when_there_are_too_many() {
    let tails = Tails::default();
    for number in 0..limits::TAIL_CHANNELS_MAX {
        add(&tails, &channel(number), 1, "x");
    }
    add(&tails, &channel(0), 2, "x");
    add(&tails, &channel(limits::TAIL_CHANNELS_MAX), 1, "x");
    assert!(page(&tails, &channel(0), after(0)).is_some(), "it was written again");
    assert!(page(&tails, &channel(limits::TAIL_CHANNELS_MAX), after(0)).is_some());
    assert_eq!(page(&tails, &channel(1), after(0)), None);
    let state = tails.lock();
    assert_eq!(
        (state.tails.len(), state.by_age.len()),
        (limits::TAIL_CHANNELS_MAX, limits::TAIL_CHANNELS_MAX)
    );
}

#[test]
fn all_tails_together_stay_within_their_bytes() {
    let tails = Tails::default();
    let text = "x".repeat(limits::POST_TEXT_CHARS_MAX);
    let per_channel = limits::TAIL_PUBLICATIONS_MAX * limits::POST_TEXT_CHARS_MAX;
    let channels = limits::TAIL_BYTES_MAX / per_channel + 2;
    for number in 0..channels {
        for offset in 1..=limits::TAIL_PUBLICATIONS_MAX as u64 {
            add(&tails, &channel(number), offset, &text);
        }
        assert!(tails.lock().bytes <= limits::TAIL_BYTES_MAX);
    }
    assert_eq!(page(&tails, &channel(0), after(0)), None);
    assert!(page(&tails, &channel(channels - 1), after(0)).is_some());
}

#[test]
fn a_batch_that_is_being_committed_is_left_to_the_disk() {
    let (tails, a) = (Tails::default(), channel(1));
    add(&tails, &a, 1, "x");
    tails.prepare([(&a, Offset(1)), (&a, Offset(2))].into_iter());
    assert_eq!(page(&tails, &a, ReplayFrom::Now), None);
    tails.wait_until_announced(&a, Offset(1));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| tails.wait_until_announced(&a, Offset(2)));
        tails.announce(&[(publication(&a, 2, "y"), Offset(1))]);
        waiting.join().unwrap();
    });
    assert_eq!(page(&tails, &a, after(1)).map(|page| offsets(&page)), Some(vec![2]));
    tails.prepare([(&a, Offset(2))].into_iter());
    tails.withdraw();
    assert_eq!(page(&tails, &a, ReplayFrom::Now).map(|page| page.last.offset.0), Some(2), "the batch failed");
}
