//! Whom an item reaches, and who may do what with it.

use super::world::{CROWD, World, draft, for_roles, identity, later, notice, places, roster, urgent, work};
use crate::access::NotAllowed;
use crate::base::{Audience, Kind, ReceiptBy, Role};
use crate::items::{ItemError, Reach, reach};

const DENIED: ItemError = ItemError::NotAllowed(NotAllowed);

fn counted(to: &[&str], roles: &[Role], receipt: Option<ReceiptBy>) -> Reach {
    let audience = if roles.is_empty() { Audience::EVERYONE } else { Audience::of(roles).unwrap() };
    reach(&roster(), &places(to), audience, receipt)
}

/// Teachers, students, guardians, staff, operators.
fn by_role(to: &[&str]) -> [usize; 5] {
    counted(to, &[], None).by_role
}

#[test]
fn everybody_is_counted_once_in_however_many_places() {
    assert_eq!(by_role(&["class:2a"]), [1, 2, 2, 0, 0], "one guardian is not written to");
    assert_eq!(by_role(&["class:2a", "class:2b"]), [1, 3, 2, 0, 0]);
    assert_eq!(by_role(&["level:lp/2nde"]), [1, 3, 2, 1, 0]);
    assert_eq!(by_role(&["class:2a", "level:lp/2nde", "class:2b"]), [1, 3, 2, 1, 0]);
    assert_eq!(by_role(&["school:lp"]), [2, 3 + CROWD, 2 + CROWD, 1, 0]);
    assert_eq!(by_role(&["bulletin:lp"]), [2, 3 + CROWD, 3 + CROWD, 1, 0]);
    assert_eq!(by_role(&["region"]), [2, 4 + CROWD, 2 + CROWD, 2, 1]);
    assert_eq!(by_role(&["bulletin:region"]), [2, 4 + CROWD, 3 + CROWD, 2, 1]);
    assert_eq!(by_role(&["class:gone", "school:gone", "level:gone/2nde"]), [0; 5]);
}

#[test]
fn receipts_are_counted_by_student_or_by_account() {
    let receipts = |roles: &[Role], by| counted(&["class:2a", "class:2b"], roles, Some(by)).receipts;
    assert_eq!(receipts(&[Role::Guardian], ReceiptBy::Student), Some(2), "nobody reads it for the third");
    assert_eq!(receipts(&[Role::Student], ReceiptBy::Student), Some(3));
    assert_eq!(receipts(&[Role::Guardian], ReceiptBy::Account), Some(2));
    assert_eq!(receipts(&[Role::Teacher], ReceiptBy::Student), Some(0));
    assert_eq!(receipts(&[], ReceiptBy::Account), Some(6));
    assert_eq!(counted(&["class:2a"], &[], None).receipts, None);
}

#[test]
fn each_place_needs_its_right() {
    let world = World::new();
    let compose = |who: &str, to: &[&str], content| world.compose(who, draft("i", to, content)).err();
    for (who, to) in [
        ("p1", &["class:2a"][..]),
        ("g1", &["class:2a"]),
        ("colleague", &["class:2a"]),
        ("teacher", &["class:2a", "school:lp"]),
        ("teacher", &["account:p1"]),
        ("head", &["school:lp", "school:other"]),
        ("head", &["region"]),
        ("operator", &["account:g1"]),
    ] {
        assert_eq!(compose(who, to, notice("x")), Some(DENIED), "{who} {to:?}");
    }
    assert_eq!(compose("head", &["class:2a"], work("x", "2027-02-01")), Some(DENIED));
    assert_eq!(compose("teacher", &[], notice("x")), Some(ItemError::Places));
    assert_eq!(compose("teacher", &["class:2a", "class:2a"], notice("x")), Some(ItemError::Places));
    let teachers = urgent(draft("i", &["class:2a"], notice("x")));
    assert_eq!(world.compose("teacher", teachers).err(), Some(DENIED));
    let far = later(draft("i", &["class:2a"], notice("x")), 367 * 24 * 60);
    assert_eq!(world.compose("teacher", far).err(), Some(ItemError::Time));
    let both = later(urgent(draft("i", &["class:2a"], notice("x"))), 10);
    assert_eq!(world.compose("head", both).err(), Some(ItemError::Time));
    let reached = |who: &str, to: &[&str], kind| {
        world.publisher.reach(&identity(who), &places(to), (None, kind), None).map(|reach| reach.total())
    };
    assert_eq!(reached("teacher", &["class:2a"], Kind::Assignment), Ok(5));
    assert_eq!(reached("teacher", &["school:lp"], Kind::Announcement), Err(DENIED));
    assert_eq!(reached("head", &["class:2a"], Kind::Assignment), Err(DENIED));
    assert!(world.channels().is_empty(), "nothing was sent");
}

#[test]
fn an_item_is_its_authors_and_staff_may_withdraw_it_saying_why() {
    let world = World::new();
    world.compose("teacher", draft("i", &["class:2a", "class:2b"], notice("x"))).unwrap();
    for who in ["colleague", "head", "operator", "p1"] {
        assert_eq!(world.edit(who, "i", 1, notice("y")).err(), Some(DENIED), "{who}");
        let taken = world.compose(who, draft("i", &["class:2a"], notice("x"))).err();
        assert_eq!(taken, Some(DENIED), "{who}: the name is another's");
    }
    for who in ["colleague", "p1", "g1", "neighbour"] {
        assert_eq!(world.withdraw(who, "i", Some("because")).err(), Some(DENIED), "{who}");
        assert_eq!(world.publisher.item(&identity(who), &super::world::id("i")).err(), Some(DENIED));
    }
    assert_eq!(world.withdraw("head", "i", None).err(), Some(ItemError::NoReason));
    assert_eq!(world.reasons(), [""; 0]);
    assert!(world.withdraw("head", "i", Some("wrong class")).unwrap().item.is_withdrawn);
    assert_eq!(world.reasons(), ["withdraw: wrong class"]);
    assert_eq!(world.log("class:2a"), ["i.1", "i.x"]);
    assert_eq!(world.withdraw("teacher", "nothing", None).err(), Some(ItemError::Unknown));
}

#[test]
fn an_audience_holds_its_author() {
    let world = World::new();
    let sent = for_roles(draft("i", &["class:2a"], notice("x")), &[Role::Guardian]);
    let item = world.compose("teacher", sent).unwrap().item;
    assert_eq!(item.audience, Audience::of(&[Role::Teacher, Role::Guardian]).unwrap());
}
