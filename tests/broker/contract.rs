//! The contract of `preau::broker`, test by test, for any implementation.

use std::sync::{Arc, Mutex};

use preau::base::{Kind, NewPublication, Offset, Publication, ReplayFrom, SchoolTime, limits};
use preau::broker::{History, Sink, Start};

use crate::asking::{
    Ask, Echo, Gate, Opened, Reply, announcement, class, committed, history, offsets, post, read, replay,
    wait,
};
use crate::stage::Stage;

/// Makes a test of each part of the contract for one stage.
macro_rules! suite {
    ($name:ident, $stage:ty) => {
        mod $name {
            $crate::contract::suite!(@ $stage, contract:
                echoes_follow_the_order_of_commits the_answer_comes_after_the_note_and_before_the_echo
                an_answer_without_an_echo_is_settled_too what_was_released_is_settled_too
                a_sink_sees_what_is_committed_after_it_was_attached the_past_is_paged_both_ways
                a_selective_look_at_the_past_ends_and_goes_on
                what_was_answered_is_read_at_once an_author_is_answered_before_anyone_reads);
            $crate::contract::suite!(@ $stage, replays:
                a_position_is_resumed_without_gap_or_repeat a_fresh_reader_begins_where_it_asked
                a_position_of_another_life_is_reset a_position_beyond_the_end_is_reset
                an_audience_leaves_holes pages_are_clamped_and_bounded);
            $crate::contract::suite!(@ $stage, keys:
                the_same_publication_is_committed_once a_key_belongs_to_one_publication
                duplicates_in_one_batch_are_told_apart keys_survive_a_restart);
            $crate::contract::suite!(@ $stage, retention:
                retention_removes_by_kind_and_leaves_holes offsets_are_not_reused_after_retention
                a_position_before_what_was_removed_is_reset a_replay_goes_on_over_what_retention_removed
                a_key_goes_with_its_publication);
            $crate::contract::suite!(@ $stage, erasure:
                an_erased_account_leaves_its_publications_their_places an_erased_account_is_named_by_no_lesson
                erasing_again_changes_nothing);
            $crate::contract::suite!(@ $stage, deletion:
                what_is_deleted_has_no_words_from_its_answer_on a_deletion_takes_what_was_proposed_too
                a_deletion_takes_words_of_its_own_channel_and_life_alone what_is_deleted_may_be_sent_again
                what_is_pinned_or_reported_stands_there_with_its_words);
            $crate::contract::suite!(@ $stage, schedule:
                what_is_for_later_waits_outside_the_log a_key_is_taken_while_its_publication_waits
                releases_follow_the_times_asked_for one_author_can_not_fill_the_schedule
                a_clock_that_steps_releases_nothing_twice_and_loses_nothing
                a_copy_of_the_storage_holds_the_schedule waiting_releases_are_bounded
                what_waits_is_listed_and_taken_back what_is_taken_back_is_never_released_too one_release_is_bounded);
            $crate::contract::suite!(@ $stage, replacements:
                what_nobody_has_seen_is_replaced_at_its_time what_was_seen_is_replaced_when_the_new_one_says
                a_withdrawal_is_silent_where_nothing_was_seen what_is_refused_leaves_everything_as_it_was
                a_release_comes_before_a_replacement_or_finds_nothing
                what_was_published_before_is_found_by_a_replacement_behind_it an_urgent_item_counts_once);
            $crate::contract::suite!(@ $stage, urgent:
                what_is_urgent_says_so_and_is_another_publication
                one_account_has_so_many_urgent_publications_an_hour
                one_school_has_so_many_urgent_publications_an_hour);
            $crate::contract::suite!(@ $stage, overflow:
                a_full_publish_queue_is_busy a_full_read_queue_is_busy waiting_removals_are_bounded
                equal_reads_are_joined shutting_down_answers_everything);
            $crate::contract::suite!(@ $stage, model: random_operations_agree_with_the_model);
        }
    };
    (@ $stage:ty, $part:ident: $($test:ident)+) => {
        $(#[test] fn $test() { $crate::$part::$test::<$stage>(); })+
    };
}
pub(crate) use suite;

pub(crate) fn echoes_follow_the_order_of_commits<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let echoed = Echo::attach(&*broker);
    let channels = [class("a"), class("b"), class("c")];
    std::thread::scope(|scope| {
        for publisher in 0..4 {
            let (broker, channels) = (&broker, &channels);
            scope.spawn(move || {
                let answers: Vec<_> = (0..120)
                    .map(|n| broker.offer(post(&channels[n % 3], &format!("{publisher}-{n}"))).unwrap())
                    .collect();
                let acks: Vec<_> =
                    answers.iter().map(|answer| wait(answer).unwrap().position.offset).collect();
                // One publisher's own publications keep the order in which it offered them.
                for channel in 0..3 {
                    let own: Vec<_> = acks.iter().skip(channel).step_by(3).collect();
                    assert!(own.is_sorted_by(|a, b| a < b));
                }
            });
        }
    });
    let heard: Vec<_> = (0..480).map(|_| wait(&echoed)).collect();
    for channel in &channels {
        let of_channel: Vec<_> = heard.iter().filter(|p| p.channel == *channel).cloned().collect();
        assert_eq!(of_channel.len(), 160);
        assert!(offsets(&of_channel).is_sorted_by(|a, b| a < b));
        let start = ReplayFrom::Position(broker.at(0));
        assert_eq!(replay(&*broker, &read(channel, start, 32)), of_channel, "the log is what was echoed");
    }
    broker.shut_down();
    assert!(echoed.is_empty(), "each publication is echoed once");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Note(Offset),
    Answer(Offset),
    Echo(Offset),
    Settled,
}

struct Witness(Arc<Mutex<Vec<Seen>>>);

impl Sink for Witness {
    fn noted(&self, publication: &Publication) {
        self.0.lock().unwrap().push(Seen::Note(publication.position.offset));
    }

    fn committed(&self, publication: &Arc<Publication>) {
        self.0.lock().unwrap().push(Seen::Echo(publication.position.offset));
    }

    fn settled(&self) {
        self.0.lock().unwrap().push(Seen::Settled);
    }
}

pub(crate) fn the_answer_comes_after_the_note_and_before_the_echo<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let seen = Arc::new(Mutex::new(Vec::new()));
    broker.attach(Arc::new(Witness(Arc::clone(&seen))));
    for n in 0..200 {
        let seen = Arc::clone(&seen);
        let answer = Box::new(move |accepted: Reply| {
            seen.lock().unwrap().push(Seen::Answer(committed(accepted).unwrap().position.offset));
        });
        broker.publish(post(&class("a"), &format!("p{n}")), answer).unwrap();
    }
    broker.shut_down();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.last(), Some(&Seen::Settled), "what came last is followed by it too");
    let seen: Vec<Seen> = seen.iter().copied().filter(|seen| *seen != Seen::Settled).collect();
    assert_eq!(seen.len(), 600);
    let place = |wanted| seen.iter().position(|seen| *seen == wanted);
    for entry in &seen {
        if let Seen::Answer(offset) = *entry {
            assert!(place(Seen::Note(offset)) < place(Seen::Answer(offset)), "{offset}");
            assert!(place(Seen::Answer(offset)) < place(Seen::Echo(offset)), "{offset}");
        }
    }
}

pub(crate) fn an_answer_without_an_echo_is_settled_too<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let position = broker.put(post(&class("a"), "1"));
    broker.attach(Arc::new(Witness(Arc::clone(&seen))));
    let again = Arc::clone(&seen);
    let answer = Box::new(move |reply: Reply| {
        again.lock().unwrap().push(Seen::Answer(committed(reply).unwrap().position.offset));
    });
    broker.publish(post(&class("a"), "1"), answer).unwrap();
    broker.shut_down();
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&Seen::Answer(position.offset)));
    assert_eq!(seen.last(), Some(&Seen::Settled));
}

pub(crate) fn what_was_released_is_settled_too<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let later = NewPublication { deliver_at: Some(SchoolTime(5)), ..announcement(&class("a"), "1") };
    broker.accept_wait(later).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    broker.attach(Arc::new(Witness(Arc::clone(&seen))));
    assert_eq!(broker.release_wait(5), Ok(1));
    broker.shut_down();
    // What was scheduled is settled after its answer, and so perhaps before this sink's eyes.
    let seen = seen.lock().unwrap();
    assert!(seen.ends_with(&[Seen::Echo(broker.at(1).offset), Seen::Settled]), "{seen:?}");
}

pub(crate) fn a_sink_sees_what_is_committed_after_it_was_attached<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let early = Echo::attach(&*broker);
    let first = broker.put(post(&class("a"), "1"));
    assert_eq!(wait(&early).position, first);
    let late = Echo::attach(&*broker);
    let second = broker.put(post(&class("a"), "2"));
    assert_eq!([wait(&early).position, wait(&late).position], [second, second]);
    let again = broker.publish_wait(post(&class("a"), "2")).unwrap();
    assert!(again.duplicate);
    broker.shut_down();
    assert!(early.is_empty() && late.is_empty(), "a duplicate is answered, not echoed");
}

pub(crate) fn the_past_is_paged_both_ways<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let mut all = Vec::new();
    for n in 0..30 {
        let text = format!("{n}");
        let new = if n % 3 == 0 { announcement(&class("a"), &text) } else { post(&class("a"), &text) };
        all.push(broker.put(new).offset);
    }
    let numbers = |range: &[Offset]| range.iter().map(|offset| offset.0).collect::<Vec<_>>();
    let past = |after, before, kind, limit| {
        let page = broker.past(History { after, before, kind, limit, ..history(&class("a")) });
        assert_eq!((page.last.offset, page.trimmed.offset), (all[29], Offset::START));
        (offsets(&page.publications), page.more)
    };
    assert_eq!(past(None, None, None, 10), (numbers(&all[20..]), true));
    assert_eq!(past(None, Some(all[20]), None, 10), (numbers(&all[10..20]), true));
    assert_eq!(past(None, Some(all[10]), None, 10), (numbers(&all[..10]), false));
    assert_eq!(past(Some(all[4]), None, None, 10), (numbers(&all[5..15]), true));
    assert_eq!(past(Some(all[4]), Some(all[8]), None, 10), (numbers(&all[5..8]), false));
    assert_eq!(past(Some(Offset(u64::MAX)), Some(Offset(u64::MAX)), None, 10), (vec![], false));
    let announcements: Vec<_> = all.iter().copied().step_by(3).collect();
    assert_eq!(past(None, None, Some(Kind::Announcement), 4), (numbers(&announcements[6..]), true));
    assert_eq!(past(None, None, Some(Kind::Assignment), 4), (vec![], false));
    let unknown = broker.past(history(&class("nobody")));
    assert_eq!((unknown.publications.len(), unknown.more, unknown.last), (0, false, broker.at(0)));
}

/// A reader that begins after an answer does not miss what was answered, however it reads.
/// One page looks at so many publications, whatever it finds, and says where to go on.
pub(crate) fn a_selective_look_at_the_past_ends_and_goes_on<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = broker.put(announcement(&class("a"), "first"));
    let numbers: Vec<usize> = (0..limits::READ_SCAN_MAX).collect();
    let mut posts = Vec::new();
    for chunk in numbers.chunks(limits::PUBLISH_QUEUE_MAX / 2) {
        let offer = |n: &usize| broker.offer(post(&class("a"), &format!("{n}"))).unwrap();
        let answers: Vec<_> = chunk.iter().map(offer).collect();
        posts.extend(answers.iter().map(|answer| wait(answer).unwrap().position));
    }
    let look = |after, before| {
        let kind = Some(Kind::Announcement);
        let page = broker.past(History { after, before, kind, ..history(&class("a")) });
        (offsets(&page.publications), page.more, page.through)
    };
    assert_eq!(look(None, None), (vec![], true, posts[0]));
    assert_eq!(look(None, Some(posts[0].offset)), (vec![first.offset.0], false, broker.at(0)));
    let last = broker.put(announcement(&class("a"), "last"));
    assert_eq!(look(Some(first.offset), None), (vec![], true, posts[posts.len() - 1]));
    assert_eq!(look(Some(posts[0].offset), None), (vec![last.offset.0], false, last));
    assert_eq!(look(Some(first.offset), Some(last.offset)), (vec![], false, posts[posts.len() - 1]));
}

pub(crate) fn what_was_answered_is_read_at_once<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let _echoed = Echo::attach(&*broker);
    for n in 0..300 {
        let position = broker.put(post(&class("a"), &format!("{n}")));
        let page = match n % 4 {
            0 => broker.page(read(&class("a"), ReplayFrom::Position(position), 10)),
            1 => broker.page(read(&class("a"), ReplayFrom::Now, 10)),
            2 => broker.page(read(&class("a"), ReplayFrom::Last(1), 10)),
            _ => {
                let past = broker.past(history(&class("a")));
                assert_eq!(past.publications.last().map(|p| p.position), Some(position));
                continue;
            }
        };
        assert!(!matches!(page.start, Start::Reset(_)));
        assert_eq!((page.through, page.last), (position, position));
    }
}

/// A publication whose author is just being answered is on disk; who reads it then waits for that answer.
pub(crate) fn an_author_is_answered_before_anyone_reads<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = broker.put(post(&class("a"), "1"));
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    let (seen, all_seen) = flume::bounded(2);
    let (answered, at_gate) = (seen.clone(), Arc::clone(&gate));
    let answer = Box::new(move |accepted: Reply| {
        at_gate.pass();
        answered.send((committed(accepted).unwrap().position, "answered")).unwrap();
    });
    broker.publish(post(&class("a"), "2"), answer).unwrap();
    gate.wait_for(1);
    let after = read(&class("a"), ReplayFrom::Position(first), 10);
    broker.read(after, Box::new(move |page| seen.send((page.unwrap().last, "read")).unwrap())).unwrap();
    // Another channel is read meanwhile.
    assert_eq!(broker.page(read(&class("b"), ReplayFrom::Now, 1)).last, broker.at(0));
    gate.open();
    let [first, second] = [wait(&all_seen), wait(&all_seen)];
    assert_eq!([first.1, second.1], ["answered", "read"]);
    assert_eq!(first.0, second.0);
}
