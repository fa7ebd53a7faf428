//! The contract's part on the registry of items.

use jiff::civil::date;
use preau::base::body::{Announcement, Assignment};
use preau::base::{AccountId, Audience, Body, Channel, ItemId, Kind, Reason, SchoolTime, limits};
use preau::ledger::{Held, Item, ItemMark, Json, Ledger, PutItem};

use crate::asking::{Stage, ask, entry, page, reasons};

fn id(name: &str) -> ItemId {
    ItemId::parse(name).unwrap()
}

fn json<T: serde::Serialize>(body: &T) -> Json {
    Json::of(body).unwrap()
}

fn item(name: &str, version: u32, text: &str) -> Item {
    Item {
        id: id(name),
        kind: Kind::Announcement,
        author: AccountId::parse("teacher-1").unwrap(),
        version,
        is_withdrawn: false,
        places: vec![Channel::parse("class:2a").unwrap(), Channel::parse("level:lp/2nde").unwrap()],
        audience: Audience::EVERYONE,
        body: json(&Announcement::new("t", text)),
        created_at: SchoolTime(100),
        changed_at: SchoolTime(100),
        publish_at: None,
        urgent: false,
        why: None,
        held: None,
        is_settled: false,
    }
}

fn assignment(name: &str, due: &str) -> Item {
    let body = format!(r#"{{"title":"t","text":"","due":"{due}"}}"#);
    let body = Body::parse(Kind::Assignment, &body).unwrap();
    let body: Assignment = preau::base::body::read(body.json()).unwrap();
    Item { kind: Kind::Assignment, body: json(&body), ..item(name, 1, "") }
}

fn put(ledger: &dyn Ledger, item: &Item, expected: Option<u32>) -> PutItem {
    ask(|answer| ledger.put_item(item.clone(), expected, answer)).unwrap()
}

fn settle(ledger: &dyn Ledger, item: &Item) {
    ask(|answer| ledger.settle_item(item.id.clone(), item.version, item.is_withdrawn, answer)).unwrap();
}

fn stands(ledger: &dyn Ledger, name: &str) -> Option<Item> {
    ask(|answer| ledger.items(vec![id(name)], answer)).unwrap().pop()
}

fn unsettled(ledger: &dyn Ledger) -> Vec<String> {
    let items = ask(|answer| ledger.unsettled_items(answer)).unwrap();
    items.into_iter().map(|item| item.id.to_string()).collect()
}

pub(crate) fn an_item_is_written_once_and_then_version_by_version<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let first = item("a", 1, "one");
    assert_eq!(put(&*ledger, &item("a", 2, "two"), Some(1)), PutItem::Unknown);
    assert_eq!(put(&*ledger, &first, None), PutItem::Stored);
    assert_eq!(put(&*ledger, &first, None), PutItem::Same(Box::new(first.clone())));
    let other = put(&*ledger, &item("a", 1, "other"), None);
    assert_eq!(other, PutItem::Conflict(Box::new(first.clone())));
    let held = Some(Held { since: SchoolTime(5), until: SchoolTime(9), due: "2026-11-30".into() });
    let why = Some(Reason::parse("a pipe has burst").unwrap());
    let publish_at = Some(SchoolTime(700));
    let second = Item { held, why, urgent: true, publish_at, ..item("a", 2, "two") };
    assert_eq!(put(&*ledger, &second, Some(1)), PutItem::Stored);
    assert_eq!(put(&*ledger, &second, Some(1)), PutItem::Same(Box::new(second.clone())));
    let late = put(&*ledger, &item("a", 2, "late"), Some(1));
    assert_eq!(late, PutItem::Conflict(Box::new(second.clone())));
    let again = put(&*ledger, &first, None);
    assert_eq!(again, PutItem::Same(Box::new(second.clone())), "what was sent before is known");
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(stands(&*ledger, "a"), Some(second));
    assert_eq!(stands(&*ledger, "b"), None);
}

pub(crate) fn what_is_not_settled_is_found<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let (first, second) = (item("a", 1, "one"), item("a", 2, "two"));
    put(&*ledger, &first, None);
    put(&*ledger, &item("b", 1, "b"), None);
    settle(&*ledger, &first);
    assert_eq!(unsettled(&*ledger), ["b"]);
    put(&*ledger, &second, Some(1));
    settle(&*ledger, &first);
    assert!(!stands(&*ledger, "a").unwrap().is_settled, "an earlier version says nothing of this one");
    settle(&*ledger, &second);
    let gone = Item { is_withdrawn: true, ..second };
    settle(&*ledger, &gone);
    assert_eq!(unsettled(&*ledger), ["b"]);
}

pub(crate) fn a_withdrawn_item_stays_so_and_the_entry_is_its_own<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let first = item("a", 1, "one");
    let withdraw = |name: &str, at, entry| {
        ask(|answer| ledger.withdraw_item(id(name), SchoolTime(at), entry, answer)).unwrap()
    };
    assert_eq!(withdraw("a", 200, Some(entry(1, "why"))), PutItem::Unknown);
    assert_eq!(page(&*ledger, None, 10), []);
    put(&*ledger, &first, None);
    settle(&*ledger, &first);
    assert_eq!(withdraw("a", 200, Some(entry(1, "why"))), PutItem::Stored);
    let gone = Item { is_withdrawn: true, changed_at: SchoolTime(200), ..first.clone() };
    assert_eq!(unsettled(&*ledger), ["a"]);
    settle(&*ledger, &gone);
    let gone = Item { is_settled: true, ..gone };
    assert_eq!(withdraw("a", 300, Some(entry(1, "again"))), PutItem::Same(Box::new(gone.clone())));
    assert_eq!(reasons(&page(&*ledger, None, 10)), ["why"]);
    for (version, expected) in [(1, None), (2, Some(1))] {
        let refused = put(&*ledger, &item("a", version, "more"), expected);
        assert_eq!(refused, PutItem::Conflict(Box::new(gone.clone())));
    }
}

pub(crate) fn what_was_refused_is_taken_back<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let undo = |item: &Item, before: Option<Item>| {
        ask(|answer| ledger.undo_item(item.id.clone(), item.version, before, answer)).unwrap();
    };
    let (first, second) = (item("a", 1, "one"), item("a", 2, "two"));
    put(&*ledger, &first, None);
    undo(&second, None);
    assert!(stands(&*ledger, "a").is_some(), "another version stands there");
    undo(&first, None);
    assert_eq!(stands(&*ledger, "a"), None);
    put(&*ledger, &first, None);
    settle(&*ledger, &first);
    undo(&first, None);
    let settled = stands(&*ledger, "a").expect("what is settled stays");
    put(&*ledger, &second, Some(1));
    undo(&second, Some(settled.clone()));
    assert_eq!(stands(&*ledger, "a"), Some(settled));
    assert_eq!(put(&*ledger, &item("a", 2, "other"), Some(1)), PutItem::Stored);
}

pub(crate) fn an_author_reads_its_own_by_pages_newest_first<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for n in 0..7 {
        let at = SchoolTime(100 + n / 2);
        put(&*ledger, &Item { created_at: at, ..item(&format!("i{n}"), 1, "x") }, None);
    }
    let other = AccountId::parse("teacher-2").unwrap();
    put(&*ledger, &Item { author: other, ..item("other", 1, "x") }, None);
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let author = AccountId::parse("teacher-1").unwrap();
        let page = ask(|answer| ledger.items_of(author, before.clone(), 3, answer)).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(ItemMark { created_at: last.created_at, id: last.id.clone() });
        seen.extend(page.into_iter().map(|item| item.id.to_string()));
    }
    assert_eq!(seen, ["i6", "i5", "i4", "i3", "i2", "i1", "i0"]);
}

pub(crate) fn live_assignments_are_found_by_their_day<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for (name, due) in
        [("c", "2026-11-30"), ("a", "2026-12-01T08:00"), ("b", "2026-12-02"), ("d", "2026-12-01")]
    {
        put(&*ledger, &assignment(name, due), None);
    }
    put(&*ledger, &item("e", 1, "no assignment"), None);
    let due = |after: Option<&str>, limit| {
        let days = (date(2026, 11, 30), date(2026, 12, 1));
        let items = ask(|answer| ledger.due_items(days, after.map(id), limit, answer)).unwrap();
        items.into_iter().map(|item| item.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(due(None, 2), ["a", "c"]);
    assert_eq!(due(Some("c"), 2), ["d"]);
    ask(|answer| ledger.withdraw_item(id("c"), SchoolTime(1), None, answer)).unwrap();
    assert_eq!(due(None, 10), ["a", "d"]);
}

pub(crate) fn old_items_leave_when_nothing_of_them_is_to_come<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let expiring = Announcement { expires_at: Some(SchoolTime(900)), ..Announcement::new("t", "t") };
    let items = [
        item("old", 1, "x"),
        Item { publish_at: Some(SchoolTime(700)), ..item("later", 1, "x") },
        Item { body: json(&expiring), ..item("expiring", 1, "x") },
        assignment("work", "2026-11-30"),
    ];
    for item in &items {
        put(&*ledger, item, None);
        settle(&*ledger, item);
    }
    put(&*ledger, &item("unsettled", 1, "x"), None);
    let trim =
        |before| ask(|answer| ledger.trim_items(Kind::Announcement, SchoolTime(before), answer)).unwrap();
    assert_eq!((trim(100), trim(101), trim(101)), (0, 1, 0));
    assert_eq!((trim(900), trim(901)), (1, 1));
    let rest = ["work", "unsettled"].map(|name| stands(&*ledger, name).is_some());
    assert_eq!(rest, [true, true]);
    let names: Vec<ItemId> =
        (0..=limits::ITEMS_PAGE_MAX).map(|n| id(&format!("n{n}"))).chain([id("work")]).collect();
    assert_eq!(ask(|answer| ledger.items(names, answer)).unwrap(), [], "a read has a bound");
}
