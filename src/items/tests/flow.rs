//! Items on their way: once, in order, at their time, and no more after their withdrawal.

use super::world::{CROWD, World, draft, for_roles, id, identity, later, night, notice, urgent, work};
use crate::base::{Role, limits};
use crate::broker::{Accepted, PublishError};
use crate::items::{ItemError, Outcome};

const DUE: &str = "2027-02-01";

fn waits_until(outcome: &Outcome) -> Vec<Option<i64>> {
    let until = |accepted: &Accepted| match accepted {
        Accepted::Scheduled(scheduled) => Some(scheduled.deliver_at.0),
        Accepted::Committed(_) => None,
    };
    outcome.copies.iter().map(|copy| until(&copy.accepted)).collect()
}

#[test]
fn an_item_is_in_each_place_once_however_often_it_is_sent() {
    let world = World::new();
    let sent = || draft("i", &["class:2a", "class:2b"], notice("one"));
    let first = world.compose("teacher", sent()).unwrap();
    assert_eq!((first.is_duplicate, waits_until(&first)), (false, vec![None, None]));
    assert!(first.item.is_settled);
    let again = world.compose("teacher", sent()).unwrap();
    assert!(again.is_duplicate && again.copies.is_empty());
    let other = world.compose("teacher", draft("i", &["class:2a"], notice("other")));
    assert_eq!(other.err(), Some(ItemError::Conflict { version: 1 }));
    let second = world.edit("teacher", "i", 1, notice("two")).unwrap();
    assert_eq!((second.item.version, waits_until(&second)), (2, vec![None, None]));
    assert!(world.edit("teacher", "i", 1, notice("two")).unwrap().is_duplicate);
    let late = world.edit("teacher", "i", 1, notice("three")).err();
    assert_eq!(late, Some(ItemError::Conflict { version: 2 }));
    let known = world.compose("teacher", sent()).unwrap();
    assert_eq!((known.is_duplicate, known.item.version), (true, 2), "what was sent before is known");
    for channel in ["class:2a", "class:2b"] {
        assert_eq!(world.log(channel), ["i.1", "i.2"]);
        let said = serde_json::json!({"title": "t", "text": "two", "item": "i", "version": 2});
        assert_eq!(world.last(channel), said);
    }
    let unknown = world.edit("teacher", "i", 2, work("x", DUE)).err();
    assert_eq!(unknown, Some(ItemError::Unknown), "it is no assignment");
}

#[test]
fn what_waits_is_edited_in_place_and_withdrawn_without_a_word() {
    let world = World::new();
    let sent = world.compose("teacher", later(draft("i", &["class:2a"], work("one", DUE)), 60)).unwrap();
    let at = sent.item.publish_at.unwrap().0;
    assert_eq!(waits_until(&sent), [Some(at)]);
    let edited = world.edit("teacher", "i", 1, work("two", "2027-01-20")).unwrap();
    assert_eq!((waits_until(&edited), edited.item.held), (vec![Some(at)], None), "no hold, at its time");
    assert_eq!(world.waiting("class:2a"), ["i.2"]);
    world.compose("teacher", later(draft("gone", &["class:2a"], notice("x")), 60)).unwrap();
    world.withdraw("teacher", "gone", None).unwrap();
    assert!(world.withdraw("teacher", "gone", None).unwrap().is_duplicate);
    world.advance(60);
    assert_eq!(world.release(), 1);
    assert_eq!(world.log("class:2a"), ["i.2"]);
    assert_eq!(world.last("class:2a").get("earlier"), None, "nobody knew another date");
    let more = world.edit("teacher", "gone", 1, notice("y")).err();
    assert_eq!(more, Some(ItemError::Withdrawn));
    let again = world.compose("teacher", later(draft("gone", &["class:2a"], notice("x")), 60)).err();
    assert_eq!(again, Some(ItemError::Withdrawn));
}

#[test]
fn edits_of_what_was_seen_are_merged_and_an_earlier_date_is_told_at_once() {
    let world = World::new();
    world.compose("teacher", draft("i", &["class:2a"], work("one", DUE))).unwrap();
    for (version, text) in [(1, "two"), (2, "three")] {
        let edited = world.edit("teacher", "i", version, work(text, DUE)).unwrap();
        assert_eq!(waits_until(&edited), [edited.item.held.map(|held| held.until.0)]);
        world.advance(3);
        assert_eq!(world.release(), 0);
    }
    assert_eq!(world.waiting("class:2a"), ["i.3"]);
    world.advance(2);
    assert_eq!((world.release(), world.log("class:2a")), (1, vec!["i.1".to_owned(), "i.3".to_owned()]));
    world.edit("teacher", "i", 3, work("four", DUE)).unwrap();
    let earlier = world.edit("teacher", "i", 4, work("five", "2027-01-31")).unwrap();
    assert_eq!(waits_until(&earlier), [None]);
    assert_eq!(world.last("class:2a")["earlier"], true);
    let again = world.edit("teacher", "i", 4, work("five", "2027-01-31")).unwrap();
    assert!(again.is_duplicate, "what makes it earlier is no part of what was sent");
    assert_eq!(world.log("class:2a"), ["i.1", "i.3", "i.5"]);
    assert_eq!(world.waiting("class:2a"), [""; 0]);
    world.edit("teacher", "i", 5, work("six", DUE)).unwrap();
    world.withdraw("teacher", "i", None).unwrap();
    world.advance(60);
    assert_eq!(world.release(), 0);
    assert_eq!(world.log("class:2a"), ["i.1", "i.3", "i.5", "i.x"]);
    assert_eq!(world.last("class:2a"), serde_json::json!({"item": "i"}));
}

#[test]
fn quiet_hours_keep_what_is_not_urgent() {
    let world = World::new();
    world.compose("teacher", draft("seen", &["class:2a"], work("one", DUE))).unwrap();
    world.advance(6 * 60 - 2);
    let over = Some(night().1.0);
    let held = world.edit("teacher", "seen", 1, work("two", DUE)).unwrap();
    assert_eq!(waits_until(&held), [over], "the hold ends in the night");
    world.advance(10);
    let kept = world.compose("teacher", draft("kept", &["class:2a"], work("x", DUE))).unwrap();
    assert_eq!(waits_until(&kept), [over]);
    let edited = world.edit("teacher", "kept", 1, work("y", "2027-01-20")).unwrap();
    assert_eq!((waits_until(&edited), edited.item.held), (vec![over], None), "nobody has seen it");
    let alarm = world.compose("head", urgent(draft("alarm", &["class:2a"], notice("x")))).unwrap();
    assert_eq!(waits_until(&alarm), [None]);
    let gone = world.withdraw("teacher", "seen", None).unwrap();
    assert!(gone.item.is_withdrawn);
    assert_eq!(world.log("class:2a"), ["seen.1", "alarm.1", "seen.x"], "a withdrawal does not wait");
}

#[test]
fn what_is_urgent_reaches_guardians_once() {
    let world = World::new();
    let sent = urgent(draft("a", &["class:2a", "level:lp/2nde"], notice("x")));
    assert_eq!(world.compose("head", sent).unwrap().copies.len(), 2);
    let with_copies = ["account:g1", "account:g2", "class:2a", "level:lp/2nde"];
    assert_eq!(world.channels().into_iter().collect::<Vec<_>>(), with_copies);
    assert_eq!(world.log("account:g1"), ["a.1"]);
    let wide = world.compose("head", urgent(draft("b", &["school:lp"], notice("x")))).unwrap();
    assert_eq!(wide.item.places.len(), 2);
    assert_eq!((world.log("bulletin:lp"), world.log("account:g1").len()), (vec!["b.1".to_owned()], 1));
    let pupils = for_roles(urgent(draft("c", &["class:2a"], notice("x"))), &[Role::Student]);
    world.compose("head", pupils).unwrap();
    assert_eq!(world.log("account:g1"), ["a.1"]);
    world.edit("head", "a", 1, notice("y")).unwrap();
    world.withdraw("head", "a", None).unwrap();
    for channel in with_copies {
        let log: Vec<_> = world.log(channel).into_iter().filter(|id| id.starts_with("a.")).collect();
        assert_eq!(log, ["a.1", "a.2", "a.x"], "{channel}");
    }
    assert_eq!(world.reasons().len(), 4, "an entry for each item and school, class or level");
}

#[test]
fn what_is_urgent_is_written_to_guardians_whom_it_concerns_unless_they_have_stopped_it() {
    let world = World::new();
    let letters = || world.rows("SELECT account || ' ' || about FROM letter ORDER BY about, account");
    for guardian in ["g2", "guardian-0"] {
        world.wants_urgent_mail(guardian, false);
    }
    world.compose("head", draft("plain", &["school:lp"], notice("x"))).unwrap();
    let pupils = for_roles(urgent(draft("pupils", &["school:lp"], notice("x"))), &[Role::Student]);
    world.compose("head", pupils).unwrap();
    assert_eq!(letters(), [""; 0], "not urgent, or not for guardians");
    world.compose("head", urgent(draft("class", &["class:2a"], notice("x")))).unwrap();
    world.compose("head", urgent(draft("school", &["school:lp", "class:2a"], notice("x")))).unwrap();
    let mut asked = vec!["g1 urgent class".to_owned(), "g1 urgent school".to_owned()];
    asked.extend((1..CROWD).map(|n| format!("guardian-{n} urgent school")));
    asked[2..].sort();
    assert_eq!(letters(), asked, "g2 has stopped it, and nobody writes to g3");
    world.wants_urgent_mail("g2", true);
    world.edit("head", "class", 1, notice("y")).unwrap();
    world.withdraw("head", "school", None).unwrap();
    assert_eq!(letters(), asked, "neither a later wording nor a withdrawal is written");
}

#[test]
fn what_the_broker_refuses_leaves_no_trace() {
    let world = World::new();
    for n in 0..limits::URGENT_PER_ACCOUNT_MAX {
        world.compose("head", urgent(draft(&format!("u{n}"), &["class:2a"], notice("x")))).unwrap();
    }
    let more = || urgent(draft("more", &["class:2b"], notice("x")));
    let refused = world.compose("head", more()).err();
    assert!(matches!(refused, Some(ItemError::Publish(PublishError::TooManyUrgent { .. }))), "{refused:?}");
    let gone = world.publisher.item(&identity("head"), &id("more")).err();
    assert_eq!(gone, Some(ItemError::Unknown));
    world.advance(60);
    let sent = world.compose("head", more()).unwrap();
    assert!(!sent.is_duplicate);
    world.compose("teacher", draft("work", &["class:2a"], work("one", DUE))).unwrap();
    for n in 0..limits::SCHEDULED_PER_AUTHOR_MAX / 2 {
        let both = ["class:2a", "class:2b"];
        world.compose("teacher", later(draft(&format!("s{n}"), &both, notice("x")), 600)).unwrap();
    }
    let full = Some(ItemError::Publish(PublishError::ScheduleFull));
    assert_eq!(world.edit("teacher", "work", 1, work("two", DUE)).err(), full);
    let stands = world.publisher.item(&identity("teacher"), &id("work")).unwrap();
    assert_eq!((stands.version, stands.is_settled), (1, true));
    world.withdraw("teacher", "s0", None).unwrap();
    assert_eq!(world.edit("teacher", "work", 1, work("two", DUE)).unwrap().item.version, 2);
}

#[test]
fn a_withdrawal_is_answered_when_nothing_is_rendered_any_more() {
    let world = World::new();
    world.compose("teacher", draft("i", &["class:2a"], notice("x"))).unwrap();
    let rendering = world.rendering.begin();
    let is_withdrawn = || world.publisher.item(&identity("teacher"), &id("i")).unwrap().is_withdrawn;
    std::thread::scope(|scope| {
        let withdrawing = scope.spawn(|| world.withdraw("teacher", "i", None).unwrap());
        while !is_withdrawn() {
            std::thread::yield_now();
        }
        assert!(!withdrawing.is_finished());
        drop(rendering);
        assert!(withdrawing.join().unwrap().item.is_withdrawn);
    });
}

#[test]
fn an_item_has_so_many_versions() {
    let world = World::new();
    world.compose("teacher", draft("i", &["class:2a"], notice("0"))).unwrap();
    for version in 1..limits::ITEM_VERSIONS_MAX {
        world.edit("teacher", "i", version, notice(&format!("{version}"))).unwrap();
    }
    let more = world.edit("teacher", "i", limits::ITEM_VERSIONS_MAX, notice("more")).err();
    assert_eq!(more, Some(ItemError::Versions));
    world.withdraw("teacher", "i", None).unwrap();
    assert_eq!(world.log("class:2a").len(), limits::ITEM_VERSIONS_MAX as usize + 1);
}
