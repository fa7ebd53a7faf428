//! Whom an item concerns through one account, and so whom that account's receipt stands for. Pure, over the roster in
//! force.
//!
//! Who may follow one of the item's channels is reached by it; a guardian through the children for whom it receives, or as
//! a bulletin's reader. One guardian's receipt never speaks of another.

use crate::access::{self, Identity, ReadHistory};
use crate::base::{AccountId, Audience, Channel, ReceiptBy, Role};
use crate::roster::{Account, Roster};

/// An account for which a receipt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub subject: AccountId,
    /// Its role.
    pub role: Role,
}

/// Whom somebody's receipt for an item stands for; nobody, if the item does not reach them.
pub fn standing(
    roster: &Roster,
    who: &Identity,
    (places, audience): (&[Channel], Audience),
    by: ReceiptBy,
) -> Vec<Standing> {
    if !audience.includes(who.role) {
        return Vec::new();
    }
    let own = Standing { subject: who.account.clone(), role: who.role };
    let is_reader = places.iter().any(|place| may_read(roster, who, place));
    if who.role != Role::Guardian {
        return if is_reader { vec![own] } else { Vec::new() };
    }
    let children = children(roster, who, places);
    match by {
        ReceiptBy::Account if is_reader || !children.is_empty() => vec![own],
        ReceiptBy::Account => Vec::new(),
        ReceiptBy::Student => children,
    }
}

/// The children that a guardian hears about, and that are in one of the places.
fn children(roster: &Roster, who: &Identity, places: &[Channel]) -> Vec<Standing> {
    let Some(guardian) = roster.account(who.account.as_str()) else {
        return Vec::new();
    };
    let receiving = guardian.children().filter(|link| link.terms.receives).map(|link| link.account);
    receiving
        .filter_map(identity)
        .filter(|child| places.iter().any(|place| may_read(roster, child, place)))
        .map(|child| Standing { subject: child.account, role: child.role })
        .collect()
}

fn identity(account: Account<'_>) -> Option<Identity> {
    Some(Identity { account: AccountId::parse(account.id()).ok()?, role: account.role() })
}

fn may_read(roster: &Roster, who: &Identity, place: &Channel) -> bool {
    access::may(roster, who, ReadHistory { channel: place.clone() }).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{
        ClassKind, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind,
        RosterBuilder,
    };

    /// Two classes of a lycée; a mother of a pupil in each, a father who is not written to about his only child.
    fn roster() -> Roster {
        let mut builder = RosterBuilder::new();
        builder.org(NewOrg { id: "lycee", name: "Lycée", kind: OrgKind::School }).unwrap();
        for (id, role) in [
            ("teacher", Role::Teacher),
            ("ada", Role::Student),
            ("bob", Role::Student),
            ("mother", Role::Guardian),
            ("father", Role::Guardian),
        ] {
            let orgs: &[&str] = &["lycee"];
            let (given_name, family_name, email) = ("", "", "");
            builder
                .account(NewAccount { id, role, given_name, family_name, email, orgs, grades: &[] })
                .unwrap();
        }
        for (class, student) in [("2a", "ada"), ("2b", "bob")] {
            let (title, subject, kind) = ("", "", ClassKind::Homeroom);
            let new = NewClass { id: class, title, subject, kind, school: "lycee", grades: &[] };
            builder.class(new).unwrap();
            builder.enrol(class, student, EnrolmentRole::Student).unwrap();
        }
        builder.enrol("2a", "teacher", EnrolmentRole::Teacher).unwrap();
        let parent = LinkTerms::by_default(LinkKind::Parent);
        for student in ["ada", "bob"] {
            builder.link(NewLink { guardian: "mother", student, terms: parent }).unwrap();
        }
        let silent = LinkTerms { receives: false, ..parent };
        builder.link(NewLink { guardian: "father", student: "ada", terms: silent }).unwrap();
        builder.build()
    }

    fn subjects(account: &str, places: &[&str], audience: &[Role], by: ReceiptBy) -> Vec<String> {
        let roster = roster();
        let who = Identity::of(&roster, &AccountId::parse(account).unwrap()).unwrap();
        let places: Vec<Channel> = places.iter().map(|place| Channel::parse(place).unwrap()).collect();
        let standing = standing(&roster, &who, (&places, Audience::of(audience).unwrap()), by);
        standing.into_iter().map(|one| one.subject.as_str().to_owned()).collect()
    }

    #[test]
    fn a_guardian_stands_for_the_children_that_are_reached_or_for_themselves() {
        let all = [Role::Student, Role::Guardian];
        assert_eq!(subjects("mother", &["class:2a"], &all, ReceiptBy::Student), ["ada"]);
        assert_eq!(subjects("mother", &["class:2a", "class:2b"], &all, ReceiptBy::Student), ["ada", "bob"]);
        assert_eq!(subjects("mother", &["school:lycee"], &all, ReceiptBy::Student), ["ada", "bob"]);
        assert_eq!(subjects("mother", &["class:2a", "class:2b"], &all, ReceiptBy::Account), ["mother"]);
        assert_eq!(subjects("ada", &["class:2a"], &all, ReceiptBy::Student), ["ada"]);
    }

    #[test]
    fn whom_the_item_does_not_reach_stands_for_nobody() {
        let by = ReceiptBy::Student;
        assert_eq!(subjects("mother", &["class:2a"], &[Role::Student], by), [""; 0]);
        assert_eq!(subjects("father", &["class:2a"], &[Role::Guardian], by), [""; 0]);
        assert_eq!(subjects("father", &["class:2a"], &[Role::Guardian], ReceiptBy::Account), [""; 0]);
        assert_eq!(subjects("bob", &["class:2a"], &[Role::Student], by), [""; 0]);
        assert_eq!(subjects("teacher", &["class:2b"], &[Role::Teacher], by), [""; 0]);
        assert_eq!(subjects("teacher", &["class:2a"], &[Role::Teacher], by), ["teacher"]);
    }

    #[test]
    fn a_bulletin_has_guardians_among_its_readers() {
        let by = ReceiptBy::Account;
        assert_eq!(subjects("father", &["bulletin:lycee"], &[Role::Guardian], by), ["father"]);
        assert_eq!(
            subjects("mother", &["bulletin:lycee"], &[Role::Guardian], ReceiptBy::Student),
            ["ada", "bob"]
        );
    }
}
