//! What is left to say when a letter is written: nothing withdrawn since, and nothing of a child whose link was cut.

use std::collections::BTreeSet;

use crate::base::body::{Digest, DigestEntry};
use crate::base::{Channel, ItemId};
use crate::roster::Account;

/// The items that a digest names.
pub(super) fn items(digest: &Digest) -> Vec<ItemId> {
    let items: BTreeSet<&ItemId> = digest.entries().filter_map(|entry| entry.item.as_ref()).collect();
    items.into_iter().cloned().collect()
}

/// What is left for a guardian, if anything is.
pub(super) fn left(
    mut digest: Digest,
    guardian: &Account<'_>,
    withdrawn: &BTreeSet<ItemId>,
) -> Option<Digest> {
    let children: Vec<Account<'_>> = children(guardian).collect();
    let holds = |entry: &DigestEntry| !entry.item.as_ref().is_some_and(|item| withdrawn.contains(item));
    digest.children.retain(|section| children.iter().any(|child| child.id() == section.child.as_str()));
    for section in &mut digest.children {
        section.entries.retain(holds);
    }
    digest.children.retain(|section| !section.entries.is_empty());
    digest.school.retain(|entry| holds(entry) && children.iter().any(|child| reaches(&entry.channel, child)));
    digest.entries().next()?;
    Some(digest)
}

/// Whether something in these places concerns a child of a guardian's.
pub(super) fn concerns(places: &[Channel], guardian: &Account<'_>) -> bool {
    children(guardian).any(|child| places.iter().any(|place| reaches(place, &child)))
}

/// Those about whom the guardian is written to.
fn children<'a>(guardian: &Account<'a>) -> impl Iterator<Item = Account<'a>> + use<'a> {
    guardian.children().filter(|link| link.terms.receives).map(|link| link.account)
}

/// Whether what stands in a channel concerns a child.
fn reaches(channel: &Channel, child: &Account<'_>) -> bool {
    match channel {
        Channel::Region | Channel::RegionBulletin => true,
        Channel::School(school) | Channel::Bulletin(school) => child.belongs_to(school.as_str()),
        Channel::Level(school, grade) => child.has_level(school.as_str(), grade.as_str()),
        Channel::Class(class) => child.attends(class.as_str()),
        Channel::Account(account) => child.id() == account.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn left_of(guardian: &str, withdrawn: &[&str]) -> Option<Vec<String>> {
        let roster = samples::roster();
        let withdrawn = withdrawn.iter().map(|item| ItemId::parse(item).unwrap()).collect();
        let left = left(samples::digest("fr"), &roster.account(guardian).unwrap(), &withdrawn)?;
        Some(left.entries().map(|entry| entry.title.clone()).collect())
    }

    #[test]
    fn a_digest_loses_what_was_withdrawn_and_children_whose_link_was_cut() {
        let titles = |titles: &[&str]| Some(titles.iter().map(|title| (*title).to_owned()).collect());
        assert_eq!(left_of("g-both", &[]), titles(&["Thalès", "Sortie au musée", "Grève jeudi", "Forum"]));
        assert_eq!(left_of("g-both", &["i-museum"]), titles(&["Thalès", "Grève jeudi", "Forum"]));
        assert_eq!(left_of("g-one", &[]), titles(&["Thalès", "Grève jeudi", "Forum"]));
        assert_eq!(left_of("g-elsewhere", &[]), titles(&["Forum"]), "the region's news is for every family");
        assert_eq!(left_of("g-elsewhere", &["i-forum"]), None);
        assert_eq!(left_of("g-silent", &[]), None, "a link that receives nothing");
        assert_eq!(left_of("g-none", &[]), None);
    }

    #[test]
    fn what_is_urgent_concerns_guardians_of_a_child_whom_it_reaches() {
        let roster = samples::roster();
        let concerned = |place: &str| -> Vec<&str> {
            let places = [Channel::parse(place).unwrap()];
            let guardians = ["g-both", "g-one", "g-elsewhere", "g-silent", "g-none"];
            guardians.into_iter().filter(|one| concerns(&places, &roster.account(one).unwrap())).collect()
        };
        assert_eq!(concerned("class:2b"), ["g-both"]);
        assert_eq!(concerned("level:lycee/2nde"), ["g-both", "g-one"]);
        assert_eq!(concerned("bulletin:lycee"), ["g-both", "g-one"]);
        assert_eq!(concerned("region"), ["g-both", "g-one", "g-elsewhere"]);
    }

    #[test]
    fn each_item_is_asked_about_once() {
        let asked: Vec<String> = items(&samples::digest("fr")).into_iter().map(String::from).collect();
        assert_eq!(asked, ["i-forum", "i-museum", "i-strike", "i-thales"]);
    }
}
