//! Random lessons against the naive model: what is allowed, how everybody stands, and that each shard is told all that changed.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::model::{Model, Thing};
use super::steps::{Step, step};
use super::verdict::{pupil_may, teacher_may, without_lesson};
use super::*;
use crate::base::body::Shown;
use crate::lesson::Whose;
use crate::protocol::lesson::{Lesson, Mine, Pulse};

/// A pupil, or the teacher: deeds are the teacher's half of the time.
fn person(number: usize) -> Identity {
    if number < PUPILS { pupil(number) } else { teacher() }
}

/// What a shard has told of the class, as whoever listens there holds it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Told {
    states: [Option<Lesson>; 2],
    pulses: [Option<Pulse>; 2],
    mine: [Mine; PUPILS],
    here: BTreeSet<AccountId>,
    /// The last two states of who is there.
    versions: [Option<u64>; 2],
}

const ROLES: [Role; 2] = [Role::Teacher, Role::Student];

struct Random {
    world: World,
    model: Option<Model>,
    told: [Told; SHARDS],
    following: [BTreeSet<usize>; SHARDS],
}

impl Random {
    fn new() -> Self {
        let told = std::array::from_fn(|_| Told::default());
        Self { world: World::new(), model: None, told, following: Default::default() }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Speak(who, asks) => self.speak(who, asks),
            Step::Do(who, deed) => self.act(who, &deed),
            Step::Commit => self.commit(),
            Step::Lose => drop(self.world.flying.pop_front()),
            Step::Pass(seconds) => self.world.pass(Duration::from_secs(seconds)),
            Step::Look => {
                self.world.lessons.overdue(self.world.now);
                let now = self.world.now;
                self.model.iter_mut().for_each(|model| model.sink(now));
            }
            Step::Follow(who, shard) => {
                self.following[shard].insert(who);
                self.present(shard, None);
            }
            Step::Leave(who, shard, says) => {
                let is_known = |model: &Model| model.follows[shard].contains(&who);
                let goes = (says && self.model.as_ref().is_some_and(is_known)).then_some(who);
                if goes.is_some() {
                    self.world.lessons.goes(&class(), &pupil(who).account);
                }
                self.following[shard].remove(&who);
                self.present(shard, goes);
            }
            Step::Tick(shard, stale) => self.tick(shard, stale),
        }
    }

    fn speak(&mut self, who: usize, asks: bool) {
        let kind = if asks { Kind::Question } else { Kind::Post };
        let now = self.world.now;
        let expected = match &self.model {
            None if asks => Err(ErrorCode::NoLesson),
            Some(model) if who < PUPILS => model.speak(who, asks, now),
            _ => Ok(false),
        };
        let name = self.world.new_name();
        let speech = self.world.speaks_as(&person(who), kind, &name);
        assert_eq!(speech.map(|speech| speech == Speech::Held).map_err(|refused| refused.code), expected);
        if let (Ok(_), Some(model), true) = (expected, &mut self.model, who < PUPILS) {
            model.things.push(Thing::Spoke(who, now));
        }
    }

    fn act(&mut self, who: usize, deed: &Deed) {
        let is_teacher = who >= PUPILS;
        let expected = match &self.model {
            None => without_lesson(is_teacher, deed),
            Some(model) if is_teacher => teacher_may(model, deed),
            Some(model) => pupil_may(model, who, deed),
        };
        let act = self.world.acts(&person(who), deed);
        assert_eq!(act.map(drop).map_err(|refused| refused.code), expected, "{who} {deed:?}");
        let now = self.world.now;
        let Some(model) = self.model.as_mut().filter(|_| expected.is_ok()) else { return };
        match deed {
            Deed::ClosePoll { .. } => model.things.push(Thing::Closing),
            Deed::Raise { hand } => model.raise(who, hand.clone(), now),
            Deed::Lower { account: Some(account) } => model.things.push(Thing::Lowered(number(account))),
            Deed::Lower { account: None } if is_teacher => {
                model.things.extend((0..PUPILS).map(Thing::Lowered));
            }
            Deed::Lower { account: None } => model.things.push(Thing::Lowered(who)),
            Deed::Call { account } => model.things.push(Thing::Called(number(account))),
            Deed::Vote { choice, .. } => model.things.push(Thing::Voted(who, *choice)),
            Deed::Upvote { at, up } => model.things.push(Thing::Upvoted(who, *at, *up)),
            Deed::React { reaction } => model.things.push(Thing::Reacted(*reaction)),
            _ => {}
        }
    }

    fn commit(&mut self) {
        let Some((publication, turn)) = self.world.commit() else { return };
        let began = matches!(Self::event(&publication), Some(Event::Started { .. })) && self.model.is_none();
        let ended = matches!(Self::event(&publication), Some(Event::Ended)) && self.model.is_some();
        let expected = match (began, ended) {
            (true, _) => Some(Turn::Began(class())),
            (_, true) => Some(Turn::Ended(class())),
            _ => None,
        };
        assert_eq!(turn, expected);
        if began {
            self.model = Some(Model::since(publication.position));
        } else if ended {
            self.model = None;
        } else if let Some(model) = &mut self.model {
            fold(model, &publication);
        }
    }

    fn event(publication: &Publication) -> Option<Event> {
        let is_event = publication.kind == Kind::Lesson;
        is_event.then(|| body::read::<LessonEvent>(&publication.body).unwrap().event)
    }

    /// A shard says who follows the class there; who is missing has perhaps said that it goes.
    fn present(&mut self, shard: usize, goes: Option<usize>) {
        let students: Vec<_> = self.following[shard].iter().map(|who| pupil(*who).account).collect();
        let now = self.world.now;
        self.world.lessons.present(&class(), shard, &students, 1, now);
        let Some(model) = &mut self.model else { return };
        let before = std::mem::replace(&mut model.follows[shard], self.following[shard].clone());
        for who in 0..PUPILS {
            if model.follows.iter().any(|shard| shard.contains(&who)) {
                model.left.remove(&who);
            } else if before.contains(&who) && goes == Some(who) {
                if model.raised().contains(&who) {
                    model.things.push(Thing::Aside(who));
                }
            } else if before.contains(&who) {
                model.left.insert(who, now);
            }
        }
        model.come_back(now);
    }

    /// A shard tells what it was told to, and then holds all that there is.
    fn tick(&mut self, shard: usize, stale: bool) {
        for _ in 0..3 {
            for changed in self.world.lessons.changed(shard) {
                if changed.began {
                    self.present(shard, None);
                }
                self.tell(shard, &changed, stale);
            }
        }
        let lessons = &self.world.lessons;
        let told = &self.told[shard];
        for (index, role) in ROLES.into_iter().enumerate() {
            let holds = lessons.state(&class(), role).lesson;
            assert_eq!(told.states[index].clone().map(without_votes), holds.map(without_votes));
            assert_eq!(told.pulses[index], lessons.pulse(&class(), role, 0, &[]));
        }
        for (who, mine) in told.mine.iter().enumerate() {
            assert_eq!(*mine, lessons.mine(&class(), &pupil(who).account));
        }
        let here = lessons.presence(&class(), None).map(|presence| presence.here).unwrap_or_default();
        assert_eq!(told.here, here.into_iter().collect());
    }

    fn tell(&mut self, shard: usize, changed: &crate::lesson::Changed, stale: bool) {
        let lessons = &self.world.lessons;
        let told = &mut self.told[shard];
        let is_live = lessons.is_live(&class());
        for (index, role) in ROLES.into_iter().enumerate() {
            if changed.state {
                told.states[index] = lessons.state(&class(), role).lesson;
            }
            if changed.pulse || !is_live {
                told.pulses[index] = lessons.pulse(&class(), role, 0, &[]);
            }
        }
        for who in 0..PUPILS {
            let account = pupil(who).account;
            let is_told = match &changed.mine {
                Whose::Nobody => false,
                Whose::These(some) => some.contains(&account),
                Whose::Everybody => true,
            };
            if is_told {
                told.mine[who] = lessons.mine(&class(), &account);
            }
        }
        if !is_live {
            told.here.clear();
        }
        // A change since an older state than the one held does no harm.
        let since = told.versions[usize::from(stale)];
        if let Some(presence) = lessons.presence(&class(), since).filter(|_| changed.presence) {
            if presence.since.is_none() {
                told.here.clear();
            }
            told.here.retain(|account| !presence.gone.contains(account));
            told.here.extend(presence.here);
            told.versions = [Some(presence.version), told.versions[0]];
        }
    }

    /// Everybody stands as the model says.
    fn check(&self) {
        let lessons = &self.world.lessons;
        assert_eq!(lessons.count(), usize::from(self.model.is_some()));
        let Some(model) = &self.model else {
            assert_eq!(lessons.pulse(&class(), Role::Teacher, 0, &[]), None);
            return;
        };
        for who in 0..PUPILS {
            let mine = lessons.mine(&class(), &pupil(who).account);
            assert_eq!((mine.muted, mine.vote), (model.is_muted(who), model.vote(who)), "{who}");
            let place = model.raised().iter().position(|raised| *raised == who);
            assert_eq!(mine.hand, place.map(|place| u32::try_from(place).unwrap() + 1), "{who}");
            let upvoted = model.questions().into_iter().map(|(at, _)| at);
            let upvoted: Vec<_> = upvoted.filter(|at| model.has_upvoted(who, *at)).collect();
            assert_eq!(mine.upvoted, upvoted, "{who}");
            let held = model.proposals().into_iter().filter(|(_, author, _)| *author == who);
            let held: Vec<_> = held.map(|(at, _, name)| (at, name)).collect();
            let told: Vec<_> = mine.held.into_iter().map(|held| (held.at, held.message_id)).collect();
            assert_eq!(told, held, "{who}");
        }
        check_state(model, &lessons.state(&class(), Role::Teacher).lesson.unwrap());
        check_pulse(model, &lessons.pulse(&class(), Role::Teacher, 0, &[]).unwrap());
        let here: Vec<_> = (0..PUPILS).filter(|who| model.is_here(*who)).collect();
        let told = lessons.presence(&class(), None).unwrap().here;
        assert_eq!(told.iter().map(number).collect::<Vec<_>>(), here);
    }

    /// A hub that has nothing but the log holds what it says, and the class sees the same of it.
    fn check_restart(&self) {
        let durable = |lessons: &Lessons| {
            let lesson = lessons.state(&class(), Role::Teacher).lesson?;
            let questions: Vec<_> =
                lesson.questions.iter().map(|question| (question.at, question.standing)).collect();
            let poll = lesson.poll.map(|state| (state.poll, state.open));
            let rest = (
                lesson.rules,
                lesson.muted_all,
                lesson.muted,
                lesson.pinned,
                lesson.proposals,
                lesson.reports,
            );
            Some((lesson.since, questions, poll, rest))
        };
        assert_eq!(durable(&self.world.restarted()), durable(&self.world.lessons));
    }
}

/// A lesson without what moves while it stands as it does: pulses tell that.
fn without_votes(mut lesson: Lesson) -> Lesson {
    lesson.poll.iter_mut().filter(|poll| poll.open).for_each(|poll| poll.counts = None);
    let questions = lesson.questions.iter_mut();
    questions.filter(|asked| asked.standing == body::Standing::Open).for_each(|asked| asked.upvotes = 0);
    lesson
}

fn check_state(model: &Model, lesson: &Lesson) {
    assert_eq!(
        (lesson.rules, lesson.muted_all, lesson.pinned),
        (model.rules(), model.all_muted(), model.pinned())
    );
    let questions = model.questions().into_iter().map(|(at, standing)| (at, standing, model.upvotes(at)));
    let told = lesson.questions.iter().map(|question| (question.at, question.standing, question.upvotes));
    assert_eq!(told.collect::<Vec<_>>(), questions.collect::<Vec<_>>());
    let proposals = model.proposals().into_iter().map(|(at, ..)| at);
    assert_eq!(lesson.proposals, Some(proposals.collect()));
    let poll =
        lesson.poll.as_ref().map(|state| (state.open, state.poll.shown, state.counts.clone().unwrap()));
    assert_eq!(poll, model.counts());
}

fn check_pulse(model: &Model, pulse: &Pulse) {
    let raised: Vec<_> = pulse.raised.as_ref().unwrap().iter().map(number).collect();
    assert_eq!((raised, pulse.called.as_ref().map(number)), (model.raised(), model.called()));
    let open = model.counts().filter(|(is_open, ..)| *is_open).map(|(_, _, counts)| counts);
    assert_eq!(pulse.votes.as_ref().map(|votes| votes.counts.clone().unwrap()), open);
    let questions = model.questions().into_iter();
    let open = questions.filter(|(_, standing)| *standing == body::Standing::Open);
    let upvotes = open.map(|(at, _)| (at, model.upvotes(at))).filter(|(_, count)| *count > 0);
    assert_eq!(pulse.upvotes, upvotes.collect::<Vec<_>>());
}

/// What the log says happens to the model too.
fn fold(model: &mut Model, publication: &Publication) {
    let at = publication.position;
    let author = Some(&publication.author).filter(|author| **author != teacher().account).map(number);
    match publication.kind {
        Kind::Post | Kind::Question => {
            let mut waiting = model.proposals().into_iter();
            let name = &publication.message_id;
            if let Some((proposal, ..)) = waiting.find(|(_, who, held)| Some(*who) == author && held == name)
            {
                model.things.push(Thing::Judged(proposal));
            }
            model.things.push(Thing::Said(at, author, publication.kind == Kind::Question));
        }
        Kind::Proposal => {
            let proposal: Proposal = body::read(&publication.body).unwrap();
            model.things.push(Thing::Proposed(at, author.unwrap(), proposal.message_id));
        }
        Kind::Deletion => {
            let deletion: Deletion = body::read(&publication.body).unwrap();
            // The store takes away what stands in the log already, and nothing else.
            if deletion.at.offset < at.offset {
                model.things.push(Thing::Deleted(deletion.at));
            }
        }
        _ => {
            let entry: LessonEvent = body::read(&publication.body).unwrap();
            model.things.extend(thing(model, entry.event, author));
        }
    }
}

fn thing(model: &Model, event: Event, author: Option<usize>) -> Option<Thing> {
    Some(match event {
        Event::Started { .. } | Event::Ended => return None,
        Event::Rules { rules } => Thing::Rules(rules),
        Event::Muted { account } => Thing::Mute(account.as_ref().map(number), true),
        Event::Unmuted { account } => Thing::Mute(account.as_ref().map(number), false),
        Event::Pinned { at } => Thing::Pinned(Some(at)),
        Event::Unpinned => Thing::Pinned(None),
        Event::Question { at, .. } if model.is_question(at).is_err() => return None,
        Event::Question { at, standing } => Thing::Settled(at, standing),
        Event::Rejected { at } => Thing::Judged(at),
        Event::PollOpened(poll) => Thing::Opened(poll.poll, poll.shown),
        Event::PollClosed { poll, counts } => {
            let is_last = model.last_poll() == Some(&poll);
            if let (true, Some((_, shown, own))) = (is_last, model.counts()) {
                assert_eq!(counts, (shown != Shown::Never).then_some(own), "the log has the last counts");
            }
            return is_last.then_some(Thing::Closed);
        }
        Event::Reported { .. } => Thing::Reported(author.unwrap()),
    })
}

proptest! {
    #[test]
    fn lessons_are_what_has_happened_in_them(steps in prop::collection::vec(step(), 1..250)) {
        let mut random = Random::new();
        for step in steps {
            random.step(step);
            random.check();
        }
        random.check_restart();
        for shard in 0..SHARDS {
            random.tick(shard, false);
        }
    }
}
