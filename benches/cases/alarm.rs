//! An alarm for the whole region: how long until a letter to each guardian stands in the ledger, and what that takes.

use std::sync::Arc;
use std::time::Instant;

use preau::access::Identity;
use preau::base::body::Announcement;
use preau::base::{AccountId, Channel, Clock, ItemId, Reason, Role};
use preau::items::{Content, Draft, Ground, Publisher};
use preau::ledger::Rendering;

use super::{World, asked, cpu_seconds, memory_mib};

/// Sends the alarm twice, as a client that missed the answer does, and counts letters.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(crate) fn sound(world: &World) {
    let roster = world.roster.current();
    let operator = roster.accounts().find(|account| account.role() == Role::Operator).unwrap();
    let operator = Identity { account: AccountId::parse(operator.id()).unwrap(), role: Role::Operator };
    let publisher = Publisher::new(Ground {
        clock: Arc::clone(&world.clock) as Arc<dyn Clock>,
        directory: Arc::clone(&world.roster),
        ledger: Arc::clone(&world.ledger),
        broker: Arc::clone(&world.broker),
        quiet: Box::new(|_, _| None),
        rendering: Rendering::default(),
        has_relay: true,
    });
    let draft = Draft {
        id: ItemId::parse("alarm").unwrap(),
        places: vec![Channel::Region],
        audience: None,
        content: Content::Announcement(Box::new(Announcement::new(
            "Alerte",
            "Tous les lycées ferment à 14 h.",
        ))),
        publish_at: None,
        urgent: Some(Reason::parse("Consigne de la préfecture").unwrap()),
    };
    let before = world.letters();
    let (began, cpu, memory) = (Instant::now(), cpu_seconds(), memory_mib());
    publisher.compose(&operator, draft.clone()).unwrap();
    let (took, cpu, grown) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu, memory_mib() - memory);
    let letters = world.letters() - before;
    println!(
        "an alarm for the region: {letters} letters stand after {took:.1} s, {cpu:.1} s of CPU; memory grew by {grown:.0} MiB"
    );
    let reached = roster.accounts().filter(|account| account.children().any(|link| link.terms.receives));
    assert_eq!(letters, reached.count(), "each guardian who is to be told has one");
    assert!(publisher.compose(&operator, draft).unwrap().is_duplicate);
    assert_eq!(world.letters() - before, letters, "again is no second letter");
}

impl World {
    fn letters(&self) -> usize {
        asked(|answer| self.ledger.waiting_letters(answer))
    }
}
