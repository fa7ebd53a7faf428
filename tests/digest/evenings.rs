//! Single evenings: what a crash leaves behind, what a withdrawal is answered after, what waits for the next digest.

use std::sync::atomic::{AtomicBool, Ordering};

use preau::base::body::{self, Digest, Withdrawal};
use preau::base::{Body, Kind, SchoolTime, limits};
use preau::digest::Settings;
use preau::ledger::Frequency;

use crate::draft::{Draft, words};
use crate::world::World;

/// Tuesday 24 November 2026, 10:00 in Paris.
const MORNING: SchoolTime = SchoolTime(1_795_510_800_000);
const HOUR_MS: i64 = 3_600_000;

fn draft(id: &str, places: &[&'static str]) -> Draft {
    let (id, places, due) = (id.to_owned(), places.to_vec(), "2026-12-18".to_owned());
    Draft { id, kind: Kind::Announcement, places, is_for_guardians: true, is_urgent: false, due }
}

fn evening(world: &World) {
    world.pass_until(SchoolTime(MORNING.0 + 15 * HOUR_MS / 2));
}

/// Half past six.
fn after_six(world: &World) {
    world.pass_until(SchoolTime(MORNING.0 + 17 * HOUR_MS / 2));
}

fn digests(world: &World) -> Vec<(String, Digest)> {
    let log = world.log.lock().unwrap();
    let digest = |publication: &preau::base::Publication| {
        (publication.channel.to_string(), body::read(&publication.body).unwrap())
    };
    let mut digests: Vec<_> =
        log.iter().filter(|publication| publication.kind == Kind::Digest).map(digest).collect();
    digests.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    digests
}

#[test]
fn wherever_the_process_dies_one_digest_each_arrives() {
    let mut blown = 0;
    for looks in 0..200 {
        let mut world = World::new(MORNING, Settings::default());
        world.send(&draft("i1", &["class:2a", "class:2b"]), 1);
        evening(&world);
        after_six(&world);
        world.fuse.set(looks);
        let is_whole = world.work(1);
        blown += u32::from(!is_whole);
        world.work(1);
        let arrived: Vec<String> = digests(&world).into_iter().map(|(channel, _)| channel).collect();
        assert_eq!(arrived, ["account:g1", "account:g2", "account:g3", "account:g4"], "{looks}");
        if is_whole {
            assert!(blown > 20, "the fuse blew at {blown} places");
            return;
        }
    }
    panic!("the press never came to an end");
}

#[test]
fn the_text_is_that_of_the_moment_and_a_withdrawn_thing_is_left_out() {
    let mut world = World::new(MORNING, Settings::default());
    for id in ["i1", "i2", "i3"] {
        world.send(&draft(id, &["class:2a"]), 1);
    }
    evening(&world);
    world.work(1);
    assert_eq!(digests(&world).len(), 0, "ready, and not out");
    world.send(&draft("i1", &["class:2a"]), 2);
    world.withdraw(&draft("i2", &["class:2a"]));
    // The link of g3 to s3.
    world.cut(&[3]);
    after_six(&world);
    world.work(1);
    let arrived = digests(&world);
    let channels: Vec<&str> = arrived.iter().map(|(channel, _)| channel.as_str()).collect();
    assert_eq!(channels, ["account:g1", "account:g2", "account:g4"]);
    for (_, digest) in &arrived {
        let texts: Vec<&str> = digest.entries().map(|entry| entry.text.as_str()).collect();
        assert_eq!(texts, [words("i1", 2), words("i3", 1)]);
    }
}

#[test]
fn a_guardian_of_two_has_a_section_for_each_and_the_school_once() {
    let mut world = World::new(MORNING, Settings::default());
    world.send(&draft("i1", &["class:2a", "class:2b"]), 1);
    world.send(&draft("i2", &["class:2a", "school:lycee"]), 1);
    world.send(&draft("i3", &["level:lycee/2nde"]), 1);
    evening(&world);
    world.work(1);
    after_six(&world);
    world.work(1);
    let arrived = digests(&world);
    let (_, digest) = arrived.iter().find(|(channel, _)| channel == "account:g2").unwrap();
    let titles =
        |entries: &[body::DigestEntry]| entries.iter().map(|entry| entry.title.clone()).collect::<Vec<_>>();
    let children: Vec<_> =
        digest.children.iter().map(|section| (section.child.as_str(), titles(&section.entries))).collect();
    for (child, titles) in &children {
        let mut titles = titles.clone();
        titles.sort_unstable();
        assert_eq!(titles, ["i1", "i3"], "{child}");
    }
    assert_eq!((children.len(), titles(&digest.school)), (2, vec!["i2".to_owned()]));
}

#[test]
fn what_does_not_fit_is_in_the_next_digest() {
    let mut world = World::new(MORNING, Settings::default());
    let many = limits::DIGEST_ENTRIES_MAX + 5;
    for number in 0..many {
        world.pass(1_000);
        world.send(&draft(&format!("i{number:03}"), &["class:maths"]), 1);
    }
    evening(&world);
    world.work(1);
    after_six(&world);
    world.work(1);
    let of_g1 = |world: &World| {
        let all = digests(world).into_iter().filter(|(channel, _)| channel == "account:g1");
        all.map(|(_, digest)| digest).collect::<Vec<_>>()
    };
    let first = of_g1(&world).remove(0);
    let shown = first.entries().count();
    assert_eq!((shown + first.left_out as usize, first.left_out > 0), (many, true));
    world.pass(24 * HOUR_MS);
    world.work(1);
    let mut titles: Vec<String> =
        of_g1(&world).iter().flat_map(Digest::entries).map(|entry| entry.title.clone()).collect();
    assert_eq!(titles.len(), many);
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), many, "each once");
}

#[test]
fn who_chose_none_has_none_and_what_stands_alone_is_shown_as_well() {
    let mut world = World::new(MORNING, Settings::default());
    world.choose("g1", Frequency::Off);
    world.choose("g3", Frequency::Weekly);
    let alone = Body::sent(Kind::Announcement, r#"{"title":"alone","text":"words"}"#).unwrap();
    world.post("class:2a", "m1", alone);
    world.post("class:2a", "m2", Body::post("chatter").unwrap());
    evening(&world);
    world.work(2);
    after_six(&world);
    world.work(2);
    let arrived = digests(&world);
    let channels: Vec<&str> = arrived.iter().map(|(channel, _)| channel.as_str()).collect();
    assert_eq!(channels, ["account:g2", "account:g4"]);
    assert!(arrived.iter().all(|(_, digest)| digest.entries().count() == 1));
}

/// Withdrawals come in from another thread while digests are published: none is committed after its answer.
#[test]
fn no_digest_shows_what_was_withdrawn_before_it() {
    for round in 0..10_u64 {
        let mut world = World::new(MORNING, Settings::default());
        let drafts: Vec<Draft> = (0..8).map(|number| draft(&format!("i{number}"), &["class:2a"])).collect();
        for draft in &drafts {
            world.send(draft, 1);
        }
        evening(&world);
        world.work(1);
        after_six(&world);
        let is_begun = AtomicBool::new(false);
        let mut press = world.press().unwrap();
        let world = &world;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                is_begun.store(true, Ordering::Release);
                while press.step() == Ok(preau::digest::Progress::Worked) {}
            });
            while !is_begun.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            let first = usize::try_from(round).unwrap() % drafts.len();
            drafts.iter().cycle().skip(first).take(4).for_each(|draft| world.withdraw(draft));
        });
        let mut withdrawn: Vec<String> = Vec::new();
        for publication in world.log.lock().unwrap().iter() {
            if publication.kind == Kind::Withdrawal {
                let Withdrawal { item } = body::read(&publication.body).unwrap();
                withdrawn.push(item.to_string());
            } else if publication.kind == Kind::Digest {
                let digest: Digest = body::read(&publication.body).unwrap();
                assert!(digest.entries().all(|entry| !withdrawn.contains(&entry.title)), "round {round}");
            }
        }
    }
}
