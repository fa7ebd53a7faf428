//! What a guardian may still read of a digest. It was published for the family as it was then; it is read by the family as it
//! is now: a link that was cut takes its child out of what is past too, and gives it back when it is restored.
//!
//! What leaves by mail loses more where it is written (`outreach`), since it is not read again.

use std::sync::Arc;

use serde::Deserialize;

use crate::base::body::{self, Digest};
use crate::base::{AccountId, Channel, Kind, Publication};
use crate::roster::{Account, Roster};

/// Whom and where a digest is about: most are read as they are, and need no more than this.
#[derive(Deserialize)]
struct Outline {
    children: Vec<Section>,
    school: Vec<Place>,
}

#[derive(Deserialize)]
struct Section {
    child: AccountId,
}

#[derive(Deserialize)]
struct Place {
    channel: Channel,
}

/// A publication as its channel's readers may see it by the roster in force; none if nothing of it is left.
pub fn seen(roster: &Roster, publication: &Arc<Publication>) -> Option<Arc<Publication>> {
    let (Kind::Digest, Channel::Account(guardian)) = (publication.kind, &publication.channel) else {
        return Some(Arc::clone(publication));
    };
    let guardian = roster.account(guardian.as_str())?;
    let outline: Outline = serde_json::from_str(&publication.body).ok()?;
    let is_whole = outline.children.iter().all(|section| is_child(&guardian, &section.child))
        && outline.school.iter().all(|place| reaches(&guardian, &place.channel));
    if is_whole {
        return Some(Arc::clone(publication));
    }
    let mut digest: Digest = body::read(&publication.body).ok()?;
    digest.children.retain(|section| is_child(&guardian, &section.child));
    digest.school.retain(|entry| reaches(&guardian, &entry.channel));
    digest.entries().next()?;
    let body = serde_json::to_string(&digest).ok()?.into();
    Some(Arc::new(Publication { body, ..Publication::clone(publication) }))
}

/// Whether it is a child about whom the guardian is written to.
fn is_child(guardian: &Account<'_>, child: &AccountId) -> bool {
    guardian.children().any(|link| link.terms.receives && link.account.id() == child.as_str())
}

/// Whether what was for a whole school is for the guardian: of a child who is of age and silent it still is.
fn reaches(guardian: &Account<'_>, channel: &Channel) -> bool {
    match channel {
        Channel::School(school) | Channel::Bulletin(school) => guardian.belongs_to(school.as_str()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Audience, Epoch, MessageId, Offset, Position, Role, SchoolTime};
    use crate::roster::{
        Decision, Directory, LinkKind, LinkTerms, NewAccount, NewLink, NewOrg, OrgKind, RosterBuilder,
    };

    /// A guardian of one child at each of two schools.
    fn directory() -> Directory {
        let mut builder = RosterBuilder::new();
        for id in ["one", "two"] {
            builder.org(NewOrg { id, name: "", kind: OrgKind::School }).unwrap();
        }
        let accounts = [("ada", Role::Student, &["one"][..]), ("ben", Role::Student, &["two"][..])];
        for (id, role, orgs) in accounts.into_iter().chain([("guardian", Role::Guardian, &[][..])]) {
            let names =
                NewAccount { id, role, given_name: "", family_name: "", email: "", orgs, grades: &[] };
            builder.account(names).unwrap();
        }
        for student in ["ada", "ben"] {
            let terms = LinkTerms::by_default(LinkKind::Parent);
            builder.link(NewLink { guardian: "guardian", student, terms }).unwrap();
        }
        Directory::new(builder.build())
    }

    fn id(name: &str) -> AccountId {
        AccountId::parse(name).unwrap()
    }

    fn entry(channel: &str) -> String {
        format!(
            r#"{{"channel":"{channel}","kind":"announcement","author":"t","published_at":1,"title":"{channel}","text":"x"}}"#
        )
    }

    /// A digest with a section for each child, and something for each school and the region.
    fn digest() -> Arc<Publication> {
        let section = |child: &str| format!(r#"{{"child":"{child}","entries":[{}]}}"#, entry("class:2a"));
        let school = ["school:one", "school:two", "region"].map(entry).join(",");
        let body = format!(
            r#"{{"date":"2026-11-24","language":"fr","children":[{},{}],"school":[{school}]}}"#,
            section("ada"),
            section("ben")
        );
        Arc::new(Publication {
            channel: Channel::Account(id("guardian")),
            position: Position { epoch: Epoch(1), offset: Offset(1) },
            kind: Kind::Digest,
            author: AccountId::hub(),
            message_id: MessageId::parse("digest.2026-11-24").unwrap(),
            audience: Audience::only(Role::Guardian),
            body: body.into(),
            published_at: SchoolTime(1),
            urgent: false,
        })
    }

    fn read(publication: &Publication) -> (Vec<String>, Vec<String>) {
        let digest: Digest = body::read(&publication.body).unwrap();
        let children = digest.children.iter().map(|section| section.child.to_string()).collect();
        (children, digest.school.iter().map(|entry| entry.channel.to_string()).collect())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_digest_is_read_as_it_stands_in_the_log_while_the_family_is_the_same() {
        let (directory, digest) = (directory(), digest());
        assert!(Arc::ptr_eq(&seen(&directory.current(), &digest).unwrap(), &digest));
        let other =
            Arc::new(Publication { kind: Kind::Extension, body: "{}".into(), ..Publication::clone(&digest) });
        assert!(Arc::ptr_eq(&seen(&directory.current(), &other).unwrap(), &other));
    }

    #[test]
    fn a_cut_link_takes_its_child_and_its_school_out_of_past_digests_and_a_restored_one_gives_them_back() {
        let (directory, digest) = (directory(), digest());
        let decide = |decision| drop(directory.decide([decision]));
        decide(Decision::Cut { guardian: id("guardian"), child: id("ada") });
        let seen_now = seen(&directory.current(), &digest).unwrap();
        assert_eq!(read(&seen_now), (names(&["ben"]), names(&["school:two", "region"])));
        assert!(!seen_now.body.contains("ada") && seen_now.position == digest.position);
        decide(Decision::Restored { guardian: id("guardian"), child: id("ada") });
        assert!(Arc::ptr_eq(&seen(&directory.current(), &digest).unwrap(), &digest));
    }

    #[test]
    fn nothing_is_shown_of_what_is_about_nobody_any_more_or_can_not_be_read() {
        let (directory, digest) = (directory(), digest());
        let roster = directory.current();
        let strange =
            Arc::new(Publication { body: r#"{"children":1}"#.into(), ..Publication::clone(&digest) });
        assert_eq!(seen(&roster, &strange), None);
        let body = format!(
            r#"{{"date":"2026-11-24","language":"fr","children":[{{"child":"zoe","entries":[{}]}}],"school":[]}}"#,
            entry("class:2a")
        );
        let gone = Arc::new(Publication { body: body.into(), ..Publication::clone(&digest) });
        assert_eq!(seen(&roster, &gone), None);
        let nobody =
            Arc::new(Publication { channel: Channel::Account(id("left")), ..Publication::clone(&digest) });
        assert_eq!(seen(&roster, &nobody), None);
    }
}
