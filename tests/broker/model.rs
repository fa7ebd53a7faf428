//! Random operations on a broker and on a model that is too simple to be wrong.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use flume::Receiver;
use preau::base::{
    AccountId, Audience, Body, Channel, Epoch, Kind, MessageId, NewPublication, Offset, Position,
    Publication, Role, SchoolTime, limits,
};
use preau::base::{ReplayFrom, ResetWhy};
use preau::broker::{Accepted, Broker, Committed, Cut, History, PublishError, Read, Scheduled, Start};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::asking::{Ask, Echo, class, wait};
use crate::stage::Stage;

#[derive(Debug, Clone)]
enum Step {
    Publish(NewPublication),
    Read { channel: Channel, from: Whence, role: Role, limit: usize },
    Past(History),
    Trim { before: [i64; Kind::COUNT] },
    Release { now: i64 },
    Reopen,
}

#[derive(Debug, Clone, Copy)]
enum Whence {
    Position(u64),
    Next(u64),
    OtherEpoch(u64),
    Now,
    Last(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let trim = prop::array::uniform11(0_i64..60).prop_map(|before| Step::Trim { before });
    let step = prop_oneof![
        12 => publication().prop_map(Step::Publish),
        6 => (channel(), whence(), role(), 0_usize..12)
            .prop_map(|(channel, from, role, limit)| Step::Read { channel, from, role, limit }),
        4 => question().prop_map(Step::Past),
        1 => trim,
        3 => (0_i64..110).prop_map(|now| Step::Release { now }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..120)
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(&["a", "b"][..]).prop_map(class)
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&Role::ALL[..])
}

/// What is published here. A deletion takes words away or is refused, and has tests of its own.
fn published() -> impl Strategy<Value = Kind> {
    kind().prop_filter("no deletion", |kind| *kind != Kind::Deletion)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(&Kind::ALL[..])
}

fn publication() -> impl Strategy<Value = NewPublication> {
    let audience = (1_u8..32).prop_map(|bits| Audience::from_bits(bits).unwrap());
    let times = (0_i64..100, prop::option::weighted(0.3, 0_i64..100));
    (channel(), 0_u8..2, 0_u8..40, published(), 0_u8..2, audience, times).prop_map(
        |(channel, author, key, kind, text, audience, (at, later))| NewPublication {
            channel,
            author: AccountId::parse(&format!("author-{author}")).unwrap(),
            message_id: MessageId::parse(&format!("key-{key}")).unwrap(),
            audience,
            body: body(kind, text),
            published_at: SchoolTime(at),
            deliver_at: later.map(SchoolTime),
            urgent: None,
        },
    )
}

fn whence() -> impl Strategy<Value = Whence> {
    prop_oneof![
        4 => (0_u64..60).prop_map(Whence::Position),
        2 => (0_u64..60).prop_map(Whence::Next),
        1 => (0_u64..60).prop_map(Whence::OtherEpoch),
        1 => Just(Whence::Now),
        3 => (0_usize..20).prop_map(Whence::Last),
    ]
}

fn question() -> impl Strategy<Value = History> {
    let bound = || prop::option::of((0_u64..60).prop_map(Offset));
    (channel(), bound(), bound(), prop::option::of(kind()), role(), 0_usize..12).prop_map(
        |(channel, after, before, kind, role, limit)| History { channel, after, before, kind, role, limit },
    )
}

/// What a channel's log ought to hold.
#[derive(Default)]
struct Log {
    last: u64,
    trimmed: u64,
    rows: Vec<(u64, NewPublication)>,
    /// What waits for its time, in the order in which it came.
    waiting: Vec<NewPublication>,
}

impl Log {
    fn visible(&self, role: Role) -> impl Iterator<Item = u64> {
        self.rows.iter().filter(move |(_, new)| new.audience.includes(role)).map(|(offset, _)| *offset)
    }

    fn publish(&mut self, new: &NewPublication, epoch: Epoch) -> Result<Accepted, PublishError> {
        let at = |offset| Position { epoch, offset: Offset(offset) };
        let committed =
            |offset, duplicate| Ok(Accepted::Committed(Committed { position: at(offset), duplicate }));
        let scheduled = |deliver_at, duplicate| Ok(Accepted::Scheduled(Scheduled { deliver_at, duplicate }));
        let same_key = |row: &NewPublication| row.author == new.author && row.message_id == new.message_id;
        let same = |row: &NewPublication| row.body == new.body && row.audience == new.audience;
        if let Some((offset, row)) = self.rows.iter().find(|(_, row)| same_key(row)) {
            return if same(row) { committed(*offset, true) } else { Err(PublishError::KeyReused) };
        }
        if let Some(row) = self.waiting.iter().find(|row| same_key(row)) {
            let deliver_at = row.deliver_at.unwrap();
            return if same(row) { scheduled(deliver_at, true) } else { Err(PublishError::KeyReused) };
        }
        if let Some(deliver_at) = new.deliver_at {
            self.waiting.push(new.clone());
            return scheduled(deliver_at, false);
        }
        self.append(new.clone());
        committed(self.last, false)
    }

    fn append(&mut self, new: NewPublication) {
        self.last += 1;
        self.rows.push((self.last, new));
    }

    /// What a release lets in, in the order in which it waited.
    fn release(&mut self, now: SchoolTime) -> Vec<u64> {
        let (mut due, waiting): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|row| row.deliver_at.is_some_and(|at| at <= now));
        self.waiting = waiting;
        due.sort_by_key(|row| row.deliver_at);
        let before = self.last;
        for row in due {
            self.append(NewPublication { published_at: now, ..row });
        }
        (before + 1..=self.last).collect()
    }

    /// The start, and all that a whole replay shows.
    fn replay(&self, from: Whence, role: Role) -> (Start, Vec<u64>) {
        let after = |start: u64| self.visible(role).filter(|offset| *offset > start).collect::<Vec<_>>();
        let last = |count: usize| {
            let all = after(0);
            all[all.len().saturating_sub(count)..].to_vec()
        };
        let reset = |why| (Start::Reset(why), last(limits::LAST_MAX));
        match from {
            Whence::Now => (Start::Fresh, vec![]),
            Whence::Last(count) => (Start::Fresh, last(count)),
            Whence::OtherEpoch(_) => reset(ResetWhy::Epoch),
            Whence::Position(offset) | Whence::Next(offset) if offset > self.last => reset(ResetWhy::Ahead),
            Whence::Position(offset) if offset < self.trimmed => reset(ResetWhy::Trimmed),
            Whence::Position(offset) | Whence::Next(offset) => (Start::Resumed, after(offset)),
        }
    }

    fn trim(&mut self, before: [i64; Kind::COUNT]) -> [u64; Kind::COUNT] {
        let mut removed = [0; Kind::COUNT];
        let gone = |new: &NewPublication| new.published_at.0 < before[new.body.kind() as usize];
        for (offset, new) in self.rows.iter().filter(|(_, new)| gone(new)) {
            removed[new.body.kind() as usize] += 1;
            self.trimmed = self.trimmed.max(*offset);
        }
        self.rows.retain(|(_, new)| !gone(new));
        removed
    }
}

fn body(kind: Kind, text: u8) -> Body {
    let json = match kind {
        Kind::Post | Kind::Question => format!(r#"{{"text":"{text}"}}"#),
        Kind::Lesson => format!(r#"{{"event":"started","title":"{text}"}}"#),
        Kind::Proposal => format!(r#"{{"kind":"post","text":"{text}","message_id":"m"}}"#),
        Kind::Deletion => r#"{"at":{"epoch":"00000000","offset":1}}"#.to_owned(),
        Kind::Announcement => format!(r#"{{"title":"t","text":"{text}"}}"#),
        Kind::Assignment => format!(r#"{{"title":"t","text":"{text}","due":"2026-11-30"}}"#),
        Kind::Withdrawal => format!(r#"{{"item":"{text}"}}"#),
        Kind::Extension => format!(r#"{{"item":"{text}","due":"2026-11-30"}}"#),
        Kind::Reminder => format!(
            r#"{{"entries":[{{"item":"i","channel":"class:a","title":"{text}","due":"2026-11-30","when":"eve"}}]}}"#
        ),
        Kind::Digest => format!(
            r#"{{"date":"2026-11-30","language":"fr","children":[],"school":[{{"channel":"school:a","kind":"announcement",
                "author":"a","published_at":1,"title":"t","text":"{text}"}}]}}"#
        ),
    };
    Body::parse(kind, &json).unwrap()
}

fn read(broker: &dyn Broker, log: &Log, (channel, from, role, limit): (&Channel, Whence, Role, usize)) {
    let (start, expected) = log.replay(from, role);
    let other = Position { epoch: Epoch(broker.epoch().0 ^ 1), offset: Offset(0) };
    let asked = match from {
        Whence::Position(offset) => ReplayFrom::Position(broker.at(offset)),
        Whence::Next(offset) => ReplayFrom::Next(broker.at(offset)),
        Whence::OtherEpoch(offset) => ReplayFrom::Position(Position { offset: Offset(offset), ..other }),
        Whence::Now => ReplayFrom::Now,
        Whence::Last(count) => ReplayFrom::Last(count),
    };
    let asked = Read { channel: channel.clone(), from: asked, role, limit };
    let page = broker.page(asked.clone());
    assert_eq!((page.start, page.last.offset.0), (start, log.last));
    let seen: Vec<_> = crate::asking::replay(broker, &asked);
    assert_eq!(crate::asking::offsets(&seen), expected);
    let shown = |offset: u64| &log.rows.iter().find(|(row, _)| *row == offset).unwrap().1;
    assert!(seen.iter().all(|p| *p.body == *shown(p.position.offset.0).body.json()));
}

fn past(broker: &dyn Broker, log: &Log, asked: &History) {
    let matches = |(offset, new): &&(u64, NewPublication)| {
        asked.after.is_none_or(|after| *offset > after.0)
            && asked.before.is_none_or(|before| *offset < before.0)
            && asked.kind.is_none_or(|kind| new.body.kind() == kind)
            && new.audience.includes(asked.role)
    };
    let all: Vec<_> = log.rows.iter().filter(matches).map(|(offset, _)| *offset).collect();
    let count = asked.limit.max(1).min(all.len());
    let expected = if asked.after.is_some() { &all[..count] } else { &all[all.len() - count..] };
    let page = broker.past(asked.clone());
    assert_eq!(
        (crate::asking::offsets(&page.publications), page.more),
        (expected.to_vec(), count < all.len())
    );
    assert_eq!((page.last.offset.0, page.trimmed.offset.0), (log.last, log.trimmed));
    if page.more {
        // Going on from where it ended gives the rest, without gap or repeat.
        let onward = Some(page.through.offset);
        past(
            broker,
            log,
            &match asked.after {
                Some(_) => History { after: onward, ..asked.clone() },
                None => History { before: onward, ..asked.clone() },
            },
        );
        let rest = if asked.after.is_some() { &all[count..] } else { &all[..all.len() - count] };
        let beyond = |offset: &u64| (*offset > page.through.offset.0) == asked.after.is_some();
        assert!(rest.iter().all(|offset| beyond(offset) && *offset != page.through.offset.0));
    }
}

/// A broker, its model, and what was seen of both.
struct World<S: Stage> {
    stage: S,
    broker: Arc<dyn Broker>,
    echoed: Receiver<Arc<Publication>>,
    logs: HashMap<Channel, Log>,
    given: HashSet<(Channel, Position)>,
}

impl<S: Stage> World<S> {
    fn begin() -> Self {
        let mut stage = S::set_up();
        let broker = stage.open();
        let echoed = Echo::attach(&*broker);
        Self { stage, broker, echoed, logs: HashMap::new(), given: HashSet::new() }
    }

    fn log(&mut self, channel: &Channel) -> &mut Log {
        self.logs.entry(channel.clone()).or_default()
    }

    fn apply(&mut self, step: Step) {
        let broker = Arc::clone(&self.broker);
        match step {
            Step::Publish(new) => self.publish(new),
            Step::Read { channel, from, role, limit } => {
                read(&*broker, self.log(&channel), (&channel, from, role, limit));
            }
            Step::Past(asked) => past(&*broker, self.log(&asked.channel), &asked),
            Step::Trim { before } => {
                let cut = Cut { before: before.map(SchoolTime) };
                let mut expected = [0; Kind::COUNT];
                for log in self.logs.values_mut() {
                    for (sum, by) in expected.iter_mut().zip(log.trim(before)) {
                        *sum += by;
                    }
                }
                assert_eq!(broker.trim_wait(cut).unwrap().removed, expected);
            }
            Step::Release { now } => self.release(SchoolTime(now)),
            Step::Reopen => {
                self.end();
                self.broker = self.stage.open();
                self.echoed = Echo::attach(&*self.broker);
            }
        }
    }

    fn publish(&mut self, new: NewPublication) {
        let epoch = self.broker.epoch();
        let expected = self.log(&new.channel).publish(&new, epoch);
        let channel = new.channel.clone();
        assert_eq!(self.broker.accept_wait(new), expected);
        if let Ok(Accepted::Committed(Committed { position, duplicate: false })) = expected {
            assert_eq!(wait(&self.echoed).position, position);
            assert!(self.given.insert((channel, position)), "no position is given twice");
        }
    }

    fn release(&mut self, now: SchoolTime) {
        let released: HashMap<Channel, Vec<u64>> =
            self.logs.iter_mut().map(|(channel, log)| (channel.clone(), log.release(now))).collect();
        let count: usize = released.values().map(Vec::len).sum();
        assert_eq!(self.broker.release_wait(now.0), Ok(count as u64));
        let mut heard: HashMap<Channel, Vec<u64>> = HashMap::new();
        for publication in (0..count).map(|_| wait(&self.echoed)) {
            assert_eq!(publication.published_at, now);
            heard.entry(publication.channel.clone()).or_default().push(publication.position.offset.0);
            let position = publication.position;
            assert!(self.given.insert((publication.channel.clone(), position)), "no position is given twice");
        }
        for (channel, offsets) in released {
            assert_eq!(heard.remove(&channel).unwrap_or_default(), offsets, "{channel}");
        }
    }

    fn end(&self) {
        self.broker.shut_down();
        assert!(self.echoed.is_empty(), "nothing is echoed twice");
    }
}

pub(crate) fn random_operations_agree_with_the_model<S: Stage>() {
    let usual = Config::default();
    let config = Config { cases: usual.cases.div_ceil(5), failure_persistence: None, ..usual };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let mut world = World::<S>::begin();
        for step in steps {
            world.apply(step);
        }
        world.end();
        Ok(())
    });
    outcome.unwrap();
}
