//! A client's part in its class's lesson: its teacher begins it, students raise hands, vote, react, ask, upvote, take back
//! what they said and propose, and all hear pulses.
//!
//! What somebody does counts once the hub has answered; so it is known what the last pulse has to say.

mod hearing;
mod words;

use std::collections::{BTreeSet, VecDeque};

use crate::client::{Break, Client, Place, Stage};
use crate::pupil::{channel_name, put};
use crate::scenario::Does;
use crate::scene::{Scene, Speech};
use crate::school::Part;
use crate::wire::{Body, ClientFrame, Deed, Kind, Poll, Position, Reaction, Rules, Scale, Shown, Votes};

use words::Fate;
pub(crate) use words::Words;

/// The ids of a teacher's requests; those of subscriptions are above.
const START_ID: u32 = u32::MAX - 3;
const POLL_ID: u32 = u32::MAX - 2;
const RULE_ID: u32 = u32::MAX - 5;
/// Ids of deeds count from here; those of publications are below.
const DEED_ID: u32 = 1 << 31;
/// And so many of them, before they begin anew.
const DEEDS_MAX: u32 = 1 << 30;
/// The one poll of each class.
const POLL: &str = "poll";

/// See the module.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Lesson {
    /// For a teacher: whether the lesson has begun.
    has_begun: bool,
    /// For a teacher: whether it reads first.
    is_moderated: bool,
    /// What was done and has no answer yet, and when it was intended.
    sent: VecDeque<(u32, Under, u64)>,
    count: u32,
    /// Whether its hand is raised, by what the hub has answered.
    is_raised: bool,
    has_voted: bool,
    /// The question that was heard last.
    question: Option<Position>,
    /// The places of those that it finds worth asking, by what the hub has answered.
    upvoted: BTreeSet<u64>,
    /// For a teacher: the proposals that it has judged.
    judged: BTreeSet<(u32, u32)>,
    /// Whether it reads its class again.
    looks_back: bool,
    heard: Option<Standing>,
    /// Pulses since the phase began.
    pulses: u32,
}

/// How many of each a pulse counts.
type Counts<'a, T> = &'a [(T, u32)];

/// What a pulse says that can be checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Raised hands.
    pub(crate) hands: u32,
    /// Who has voted.
    pub(crate) voters: u32,
    /// Upvotes of all questions.
    pub(crate) upvotes: u32,
}

/// What was asked and has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Under {
    /// A deed.
    Deed(Does),
    /// An upvote, of the question at a place, or that it is taken back.
    Upvote(u64, bool),
    /// Words that are taken back once they stand.
    Words,
    /// A teacher's judgement.
    Judged,
}

impl Client {
    /// Begins the lesson of the class that it teaches and follows, unless it has.
    pub(crate) fn lead(&mut self, scene: &mut Scene) -> Result<(), Break> {
        let class = Some(Place::Stream(self.person.class));
        let follows = self.follows.iter().flatten().any(|follow| Some(follow.place) == class);
        let leads = self.person.part == Part::Teacher && follows && matches!(scene.speech, Speech::Preau(_));
        if !leads || self.lesson.as_ref().is_some_and(|lesson| lesson.has_begun) {
            return Ok(());
        }
        self.says(scene, START_ID, Some("lesson"), Deed::Start { title: String::new() })
    }

    /// A teacher of a class whose lesson goes on reads first from now on, or does not.
    pub(crate) fn moderates(&mut self, scene: &mut Scene, is_moderated: bool) -> Result<(), Break> {
        let Some(lesson) = self.lesson.as_mut().filter(|lesson| lesson.has_begun) else { return Ok(()) };
        if self.stage != Stage::Live
            || std::mem::replace(&mut lesson.is_moderated, is_moderated) == is_moderated
        {
            return Ok(());
        }
        let name = format!("rule-{}", scene.phase);
        self.says(scene, RULE_ID, Some(&name), Deed::Rule { rules: Rules::moderated(is_moderated) })
    }

    /// Does something at its intended instant.
    pub(crate) fn does(&mut self, scene: &mut Scene, does: Does, at_ns: u64) -> Result<(), Break> {
        if self.stage != Stage::Live {
            scene.counts.deeds_refused += 1;
            scene.error("deed/away");
            return Ok(());
        }
        let lesson = self.lesson.get_or_insert_default();
        let deed = match does {
            Does::React => Deed::React { reaction: Reaction::ThumbsUp },
            Does::Hand if lesson.will_be_raised() => Deed::Lower { account: None },
            Does::Hand => Deed::Raise { hand: None },
            Does::Vote => Deed::Vote { poll: POLL.to_owned(), choice: (lesson.count % 4) as u8 },
            Does::Upvote => {
                // Before the class has asked anything, there is nothing to find worth asking.
                let Some(at) = lesson.question.clone() else { return Ok(()) };
                let up = !lesson.upvoted.contains(&at.offset);
                return self.wants(scene, Under::Upvote(at.offset, up), at_ns, Some(Deed::Upvote { at, up }));
            }
            Does::Delete => return self.wants(scene, Under::Words, at_ns, None),
            Does::Ask | Does::Propose => return self.wants(scene, Under::Deed(does), at_ns, None),
        };
        self.wants(scene, Under::Deed(does), at_ns, Some(deed))
    }

    /// Sends a deed, or words if there is none, and waits for the answer.
    fn wants(
        &mut self,
        scene: &mut Scene,
        under: Under,
        at_ns: u64,
        deed: Option<Deed>,
    ) -> Result<(), Break> {
        let person = self.person;
        let lesson = self.lesson.get_or_insert_default();
        let (id, number) = (DEED_ID + lesson.count % DEEDS_MAX, lesson.count);
        lesson.count += 1;
        let fate = match under {
            Under::Deed(Does::Ask) => Fate::Question,
            Under::Deed(Does::Propose) => Fate::Proposal,
            _ => Fate::TakenBack,
        };
        lesson.sent.push_back((id, under, at_ns));
        scene.counts.undone += 1;
        let name = format!("{}-{number}", person.account());
        if let Some(deed) = deed {
            let name = matches!(deed, Deed::Delete { .. } | Deed::Judge { .. }).then_some(name);
            return self.says(scene, id, name.as_deref(), deed);
        }
        let words = Words { fate, class: person.class, student: person.number, number };
        let kind = if fate == Fate::Question { Kind::Question } else { Kind::Post };
        scene.out.clear();
        let frame = ClientFrame::Publish {
            id,
            channel: channel_name(scene, person.class).to_owned(),
            kind,
            message_id: format!("{:x}-{name}", scene.seed),
            audience: None,
            body: Body::post(words.text()),
            publish_at: None,
            urgent: None,
        };
        put(scene, &frame)?;
        Ok(self.send(scene)?)
    }

    /// The hub has done what was asked.
    pub(crate) fn deed_done(&mut self, scene: &mut Scene, id: u32) {
        let Some(lesson) = &mut self.lesson else { return };
        let Some((under, at_ns)) = lesson.answered(id) else { return };
        match under {
            Under::Deed(Does::React) => scene.counts.reactions += 1,
            Under::Deed(Does::Hand) => lesson.is_raised = !lesson.is_raised,
            Under::Deed(Does::Vote) => lesson.has_voted = true,
            Under::Upvote(offset, true) => drop(lesson.upvoted.insert(offset)),
            Under::Upvote(offset, false) => drop(lesson.upvoted.remove(&offset)),
            Under::Deed(_) | Under::Words | Under::Judged => {}
        }
        scene.done(self.label, at_ns);
    }

    /// Words wait for the teacher, as they are to.
    pub(crate) fn words_held(&mut self, scene: &mut Scene, id: u32) -> bool {
        let is_due = |lesson: &Lesson| lesson.is_under(id, &Under::Deed(Does::Propose));
        let is_due = self.lesson.as_deref().is_some_and(is_due);
        if is_due {
            scene.counts.proposed += 1;
            self.deed_done(scene, id);
        }
        is_due
    }

    /// A request about a lesson stands in the log, at a place. Whether it was one.
    pub(crate) fn lesson_published(
        &mut self,
        scene: &mut Scene,
        id: u32,
        at: &Position,
    ) -> Result<bool, Break> {
        match id {
            START_ID => {
                self.lesson.get_or_insert_default().has_begun = true;
                if scene.flows.has_votes {
                    let (text, name) = (String::new(), POLL.to_owned());
                    let poll = Poll { name, scale: Scale::Letters, text, shown: Shown::Live };
                    self.says(scene, POLL_ID, Some("poll"), Deed::OpenPoll(poll))?;
                }
                Ok(true)
            }
            POLL_ID | RULE_ID => Ok(true),
            _ if (DEED_ID..RULE_ID).contains(&id) => self.words_stand(scene, id, at).map(|()| true),
            _ => Ok(false),
        }
    }

    /// What was to stand in the log does: a deed, or words, which may have to go again.
    fn words_stand(&mut self, scene: &mut Scene, id: u32, at: &Position) -> Result<(), Break> {
        let Some(lesson) = &mut self.lesson else { return Ok(()) };
        if lesson.is_under(id, &Under::Deed(Does::Propose)) {
            // Nobody was to read it before the teacher has.
            self.deed_refused(scene, id, "not_held");
        } else if lesson.is_under(id, &Under::Words) {
            let Some((_, at_ns)) = lesson.answered(id) else { return Ok(()) };
            scene.counts.undone = scene.counts.undone.saturating_sub(1);
            let deed = Deed::Delete { at: at.clone() };
            return self.wants(scene, Under::Deed(Does::Delete), at_ns, Some(deed));
        } else {
            if lesson.is_under(id, &Under::Deed(Does::Delete)) {
                scene.counts.taken_back += 1;
            }
            self.deed_done(scene, id);
        }
        Ok(())
    }

    /// A request about a lesson was refused. Whether it was one.
    pub(crate) fn deed_refused(&mut self, scene: &mut Scene, id: u32, code: &str) -> bool {
        if !(DEED_ID..=POLL_ID).contains(&id) {
            return false;
        }
        let answered = self.lesson.as_mut().and_then(|lesson| lesson.answered(id));
        if answered.is_some() {
            scene.counts.undone = scene.counts.undone.saturating_sub(1);
            scene.counts.deeds_refused += 1;
        }
        scene.error(&format!("deed/{code}"));
        true
    }

    /// A pulse.
    pub(crate) fn pulsed(
        &mut self,
        scene: &mut Scene,
        hands: u32,
        votes: Option<Votes>,
        (reactions, upvotes): (Counts<'_, Reaction>, Counts<'_, Position>),
    ) {
        let lesson = self.lesson.get_or_insert_default();
        lesson.pulses += 1;
        let upvotes = upvotes.iter().map(|(_, count)| count).sum();
        lesson.heard = Some(Standing { hands, voters: votes.map_or(0, |votes| votes.voters), upvotes });
        scene.counts.pulses += 1;
        scene.counts.reactions_told += reactions.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
    }

    /// Its line is new: what had no answer has none.
    pub(crate) fn forget_deeds(&mut self, scene: &mut Scene) {
        let Some(lesson) = &mut self.lesson else { return };
        scene.counts.undone = scene.counts.undone.saturating_sub(lesson.sent.len() as u64);
        lesson.sent.clear();
    }

    /// Sends a deed.
    fn says(&mut self, scene: &mut Scene, id: u32, name: Option<&str>, deed: Deed) -> Result<(), Break> {
        scene.out.clear();
        let class = self.person.class;
        let channel = channel_name(scene, class).to_owned();
        let message_id = name.map(|name| format!("{:x}-{name}-{class}", scene.seed));
        put(scene, &ClientFrame::Lesson { id, channel, message_id, deed })?;
        Ok(self.send(scene)?)
    }
}

impl Lesson {
    /// What it contributes to how its class stands.
    pub(crate) fn own(&self) -> Standing {
        let upvotes = u32::try_from(self.upvoted.len()).unwrap_or(u32::MAX);
        Standing { hands: u32::from(self.is_raised), voters: u32::from(self.has_voted), upvotes }
    }

    /// What the last pulse said.
    pub(crate) fn heard(&self) -> Standing {
        self.heard.unwrap_or_default()
    }

    /// Pulses since the phase began; what is asked next begins anew.
    pub(crate) fn take_pulses(&mut self) -> u32 {
        std::mem::take(&mut self.pulses)
    }

    /// Whether its hand is raised once everything is answered; each toggles it.
    fn will_be_raised(&self) -> bool {
        let toggles = self.sent.iter().filter(|(_, under, _)| *under == Under::Deed(Does::Hand));
        self.is_raised != (toggles.count() % 2 == 1)
    }

    /// Whether what was asked under an id is this.
    fn is_under(&self, id: u32, what: &Under) -> bool {
        self.sent.iter().any(|(sent, under, _)| *sent == id && under == what)
    }

    /// Whether a proposal is one that the teacher has not judged; it does now.
    fn unjudged(&mut self, words: Words) -> bool {
        self.judged.insert((words.student, words.number))
    }

    fn answered(&mut self, id: u32) -> Option<(Under, u64)> {
        let place = self.sent.iter().position(|(sent, ..)| *sent == id)?;
        self.sent.remove(place).map(|(_, under, at_ns)| (under, at_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_counts_as_answered_and_is_asked_for_as_it_will_be() {
        let mut lesson = Lesson::default();
        let hand = Under::Deed(Does::Hand);
        lesson.sent.extend([(1, hand.clone(), 10), (2, Under::Deed(Does::React), 11)]);
        assert!(lesson.will_be_raised());
        assert_eq!(lesson.own(), Standing::default(), "the hub has not said so yet");
        lesson.sent.push_back((3, hand.clone(), 12));
        assert!(!lesson.will_be_raised());
        assert_eq!(lesson.answered(1), Some((hand.clone(), 10)));
        lesson.is_raised = true;
        assert_eq!(lesson.own().hands, 1);
        assert!(!lesson.will_be_raised());
        // Refused: it stays as it is.
        assert_eq!(lesson.answered(3), Some((hand, 12)));
        assert!(lesson.will_be_raised());
        assert_eq!(lesson.answered(3), None);
    }

    #[test]
    fn a_teacher_judges_each_proposal_once() {
        let mut lesson = Lesson::default();
        let words = Words { fate: Fate::Proposal, class: 1, student: 2, number: 4 };
        assert!(lesson.unjudged(words));
        assert!(!lesson.unjudged(words), "let through, it is heard again");
        assert!(lesson.unjudged(Words { number: 5, ..words }));
    }
}
