//! What those who follow a channel may read of its past, where that follows the roster in force: digests.

use std::sync::Arc;

use crate::access;
use crate::base::{Channel, Kind};
use crate::broker::Page;
use crate::roster::Roster;

/// The page without what its channel's account may not read any more. It goes on where the whole page does.
pub(super) fn sift(roster: &Roster, channel: &Channel, page: Arc<Page>) -> Arc<Page> {
    let is_personal = matches!(channel, Channel::Account(_));
    if !is_personal || page.publications.iter().all(|publication| publication.kind != Kind::Digest) {
        return page;
    }
    let seen = page.publications.iter().filter_map(|publication| access::seen(roster, publication));
    Arc::new(Page { publications: seen.collect(), ..*page })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AccountId, Audience, Epoch, MessageId, Offset, Position, Publication, SchoolTime};
    use crate::broker::Start;
    use crate::roster::RosterBuilder;

    fn position(offset: u64) -> Position {
        Position { epoch: Epoch(1), offset: Offset(offset) }
    }

    fn page(channel: &Channel, kinds: &[Kind]) -> Arc<Page> {
        let publication = |(kind, offset)| {
            Arc::new(Publication {
                channel: channel.clone(),
                position: position(offset),
                kind,
                author: AccountId::hub(),
                message_id: MessageId::parse("m").unwrap(),
                audience: Audience::EVERYONE,
                body: r#"{"children":[],"school":[]}"#.into(),
                published_at: SchoolTime(1),
                urgent: false,
            })
        };
        let publications = kinds.iter().copied().zip(1..).map(publication).collect();
        let (before, through, last) = (position(0), position(7), position(9));
        Arc::new(Page { start: Start::Resumed, before, publications, through, last })
    }

    #[test]
    fn a_digest_that_is_nobody_s_any_more_is_left_out_and_the_reader_goes_on_behind_it() {
        let (roster, own) = (RosterBuilder::new().build(), Channel::Account(AccountId::parse("g").unwrap()));
        let whole = page(&own, &[Kind::Announcement, Kind::Digest, Kind::Announcement]);
        let sifted = sift(&roster, &own, Arc::clone(&whole));
        let offsets: Vec<u64> = sifted.publications.iter().map(|one| one.position.offset.0).collect();
        assert_eq!((offsets, sifted.through, sifted.last), (vec![1, 3], whole.through, whole.last));
        assert_eq!((sifted.start, sifted.before), (whole.start, whole.before));
    }

    #[test]
    fn pages_without_digests_are_the_same_pages() {
        let (roster, own) = (RosterBuilder::new().build(), Channel::Account(AccountId::parse("g").unwrap()));
        for (channel, kinds) in [(&own, &[Kind::Reminder][..]), (&Channel::Region, &[Kind::Digest])] {
            let whole = page(channel, kinds);
            assert!(Arc::ptr_eq(&sift(&roster, channel, Arc::clone(&whole)), &whole));
        }
    }
}
