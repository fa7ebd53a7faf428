//! A client's part in its class's lesson: its teacher begins it, students raise hands, vote and react, and all hear pulses.
//!
//! What somebody does counts once the hub has answered; so it is known what the last pulse has to say.

use std::collections::VecDeque;

use crate::client::{Break, Client, Place, Stage};
use crate::pupil::{channel_name, put};
use crate::scenario::Does;
use crate::scene::{Scene, Speech};
use crate::school::Part;
use crate::wire::{ClientFrame, Deed, Poll, Reaction, Scale, Shown, Votes};

/// The ids of a teacher's requests; those of subscriptions are above.
const START_ID: u32 = u32::MAX - 3;
const POLL_ID: u32 = u32::MAX - 2;
/// Ids of deeds count from here; those of publications are below.
const DEED_ID: u32 = 1 << 31;
/// The one poll of each class.
const POLL: &str = "poll";

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Lesson {
    /// For a teacher: whether the lesson has begun.
    has_begun: bool,
    /// What was done and has no answer yet, and when it was intended.
    sent: VecDeque<(u32, Does, u64)>,
    count: u32,
    /// Whether its hand is raised, by what the hub has answered.
    is_raised: bool,
    has_voted: bool,
    heard: Option<Standing>,
    /// Pulses since the phase began.
    pulses: u32,
}

/// What a pulse says that can be checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Raised hands.
    pub(crate) hands: u32,
    /// Who has voted.
    pub(crate) voters: u32,
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

    /// Does something at its intended instant.
    pub(crate) fn does(&mut self, scene: &mut Scene, does: Does, at_ns: u64) -> Result<(), Break> {
        if self.stage != Stage::Live {
            scene.counts.deeds_refused += 1;
            scene.error("deed/away");
            return Ok(());
        }
        let lesson = self.lesson.get_or_insert_default();
        let id = DEED_ID + lesson.count % (1 << 30);
        lesson.count += 1;
        lesson.sent.push_back((id, does, at_ns));
        scene.counts.undone += 1;
        let deed = match does {
            Does::React => Deed::React { reaction: Reaction::ThumbsUp },
            Does::Hand => {
                if lesson.will_be_raised() {
                    Deed::Raise
                } else {
                    Deed::Lower { account: None }
                }
            }
            Does::Vote => Deed::Vote { poll: POLL.to_owned(), choice: (lesson.count % 4) as u8 },
        };
        self.says(scene, id, None, deed)
    }

    /// The hub has done what was asked.
    pub(crate) fn deed_done(&mut self, scene: &mut Scene, id: u32) {
        let Some(lesson) = &mut self.lesson else { return };
        let Some((does, at_ns)) = lesson.answered(id) else { return };
        match does {
            Does::React => scene.counts.reactions += 1,
            Does::Hand => lesson.is_raised = !lesson.is_raised,
            Does::Vote => lesson.has_voted = true,
        }
        scene.done(self.label, at_ns);
    }

    /// A request about a lesson stands in the log. Whether it was one.
    pub(crate) fn lesson_published(&mut self, scene: &mut Scene, id: u32) -> Result<bool, Break> {
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
            POLL_ID => Ok(true),
            _ => Ok(false),
        }
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
        reactions: &[(Reaction, u32)],
    ) {
        let lesson = self.lesson.get_or_insert_default();
        lesson.pulses += 1;
        lesson.heard = Some(Standing { hands, voters: votes.map_or(0, |votes| votes.voters) });
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
        Standing { hands: u32::from(self.is_raised), voters: u32::from(self.has_voted) }
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
        let toggles = self.sent.iter().filter(|(_, does, _)| *does == Does::Hand);
        self.is_raised != (toggles.count() % 2 == 1)
    }

    fn answered(&mut self, id: u32) -> Option<(Does, u64)> {
        let place = self.sent.iter().position(|(sent, ..)| *sent == id)?;
        self.sent.remove(place).map(|(_, does, at_ns)| (does, at_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_counts_as_answered_and_is_asked_for_as_it_will_be() {
        let mut lesson = Lesson::default();
        lesson.sent.extend([(1, Does::Hand, 10), (2, Does::React, 11)]);
        assert!(lesson.will_be_raised());
        assert_eq!(lesson.own(), Standing::default(), "the hub has not said so yet");
        lesson.sent.push_back((3, Does::Hand, 12));
        assert!(!lesson.will_be_raised());
        assert_eq!(lesson.answered(1), Some((Does::Hand, 10)));
        lesson.is_raised = true;
        assert_eq!(lesson.own().hands, 1);
        assert!(!lesson.will_be_raised());
        // Refused: it stays as it is.
        assert_eq!(lesson.answered(3), Some((Does::Hand, 12)));
        assert!(lesson.will_be_raised());
        assert_eq!(lesson.answered(3), None);
    }
}
