//! Forgets marks whose time is over: receipts some weeks after their announcement has expired or was withdrawn, what was
//! marked of an assignment with the assignment.
//!
//! An announcement without an end lasts as long as its kind is kept. What the registry no longer knows is over.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::body::{self, Announcement};
use crate::base::{Clock, ItemId, Kind, SchoolTime, limits};
use crate::config;
use crate::ledger::{AskError, Item, Ledger, wait};

const DAY_MS: i64 = 24 * 3_600_000;

/// Looks for marks whose time is over.
pub(super) struct MarksRetention {
    pub(super) kept: config::Retention,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Arc<dyn Clock>,
}

impl MarksRetention {
    /// Forgets all that is over; how many marks that were.
    pub(super) fn trim(&self) -> Result<usize, AskError> {
        let (mut removed, mut after) = (0, None);
        loop {
            let from = after.clone();
            let page: Vec<ItemId> = wait(|answer| self.ledger.marked_items(from, answer))?;
            let Some(last) = page.last() else { return Ok(removed) };
            after = Some(last.clone());
            for item in self.over(page)? {
                removed += self.forget(&item)?;
            }
        }
    }

    /// Those whose marks are over.
    fn over(&self, ids: Vec<ItemId>) -> Result<Vec<ItemId>, AskError> {
        let asked = ids.clone();
        let items = wait(|answer| self.ledger.items(asked, answer))?;
        let known: HashMap<ItemId, Item> = items.into_iter().map(|item| (item.id.clone(), item)).collect();
        let now = self.clock.school();
        let is_over = |id: &ItemId| known.get(id).is_none_or(|item| end(item, self.kept) <= now);
        Ok(ids.into_iter().filter(is_over).collect())
    }

    fn forget(&self, item: &ItemId) -> Result<usize, AskError> {
        let mut removed = 0;
        loop {
            match wait(|answer| self.ledger.forget_marks(item.clone(), answer))? {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }
}

/// Until when an item's marks are kept.
fn end(item: &Item, kept: config::Retention) -> SchoolTime {
    let after = |at: SchoolTime, days: i64| SchoolTime(at.0.saturating_add(days.saturating_mul(DAY_MS)));
    if item.kind == Kind::Assignment {
        return after(
            item.changed_at.max(item.publish_at.unwrap_or(item.changed_at)),
            kept.assignment_days.into(),
        );
    }
    if item.is_withdrawn {
        return after(item.changed_at, limits::RECEIPTS_KEPT_DAYS);
    }
    let said: Option<Announcement> = body::read(item.body.as_str()).ok();
    let expires_at = said.and_then(|said| said.expires_at);
    let last = expires_at.unwrap_or_else(|| after(item.changed_at, kept.announcement_days.into()));
    after(last, limits::RECEIPTS_KEPT_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::base::{AccountId, Audience, Channel, Epoch, Role};
    use crate::config::Config;
    use crate::ledger::{Json, Local, Receipt};
    use crate::store::{Settings, Store};

    const NOW_DAYS: u64 = 1_000;

    fn item(id: &str, kind: Kind, body: &serde_json::Value, changed_days: i64) -> Item {
        let at = SchoolTime(changed_days * DAY_MS);
        Item {
            id: ItemId::parse(id).unwrap(),
            kind,
            author: AccountId::parse("teacher").unwrap(),
            version: 1,
            is_withdrawn: false,
            places: vec![Channel::Region],
            audience: Audience::EVERYONE,
            body: Json::of(body).unwrap(),
            created_at: at,
            changed_at: at,
            publish_at: None,
            urgent: false,
            why: None,
            held: None,
            is_settled: false,
        }
    }

    fn announcement(expires_days: Option<i64>) -> serde_json::Value {
        let expires_at = expires_days.map(|days| days * DAY_MS);
        serde_json::json!({ "title": "t", "text": "t", "expires_at": expires_at })
    }

    #[test]
    fn receipts_end_a_month_after_their_announcement_and_marks_with_their_assignment() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
        let ledger: Arc<dyn Ledger> = Arc::new(Local::start(&store).unwrap());
        let assignment = serde_json::json!({ "title": "t", "text": "", "due": "1972-09-27" });
        let withdrawn =
            Item { is_withdrawn: true, ..item("d-out", Kind::Announcement, &announcement(None), 980) };
        for item in [
            item("a-over", Kind::Announcement, &announcement(Some(970)), 1),
            item("b-kept", Kind::Announcement, &announcement(Some(971)), 1),
            item("c-endless", Kind::Announcement, &announcement(None), 980),
            withdrawn,
            item("e-done", Kind::Assignment, &assignment, 980),
            item("f-done-long-ago", Kind::Assignment, &assignment, 1_000 - 365),
        ] {
            wait(|answer| ledger.put_item(item, None, answer)).unwrap();
        }
        let (ada, at) = (AccountId::parse("ada").unwrap(), SchoolTime(1));
        for id in ["a-over", "b-kept", "c-endless", "d-out", "e-done", "f-done-long-ago", "g-unknown"] {
            let item = ItemId::parse(id).unwrap();
            let (subject, by) = (ada.clone(), ada.clone());
            let receipt = Receipt { item: item.clone(), subject, role: Role::Student, by, at };
            wait(|answer| ledger.put_receipts(vec![receipt], answer)).unwrap();
            wait(|answer| ledger.put_done(item, ada.clone(), Some(at), answer)).unwrap();
        }
        let clock = Arc::new(ManualClock::at(NOW_DAYS * 24 * 3_600_000));
        let kept = Config::default().retention;
        let retention = MarksRetention { kept, ledger: Arc::clone(&ledger), clock };
        assert_eq!((retention.trim().unwrap(), retention.trim().unwrap()), (6, 0));
        let left: Vec<ItemId> = wait(|answer| ledger.marked_items(None, answer)).unwrap();
        let left: Vec<&str> = left.iter().map(ItemId::as_str).collect();
        assert_eq!(left, ["b-kept", "c-endless", "d-out", "e-done"]);
    }
}
