//! What clients hear of words in lessons, and may: and what they find when all is quiet and they read their class again.
//!
//! What was taken back may have been heard before it was, and stands nowhere later; so some of each class follow it anew in the
//! end, from its last publications. A proposal reaches nobody but the teacher, unless it is let through.

use crate::client::{Break, Client, Place, Stage};
use crate::envelope::Envelope;
use crate::lesson::words::{Fate, Words};
use crate::pupil::{channel_name, put};
use crate::scene::Scene;
use crate::school::Part;
use crate::wire::{ClientFrame, Deed, From, Position};

/// The id of the requests by which somebody follows its class anew. Those of deeds are below.
const AGAIN_ID: u32 = u32::MAX - 4;
/// As many of the last publications as can be asked for.
const LAST: u8 = 100;
/// Besides the teacher, so many students of each class look back.
const LOOKERS: u32 = 1;

impl Client {
    /// Somebody has said something in a lesson.
    pub(crate) fn hears(
        &mut self,
        scene: &mut Scene,
        channel: Option<u32>,
        said: Envelope<'_>,
        words: Words,
    ) {
        let is_here = channel == Some(words.class) && self.person.class == words.class;
        let is_teacher = self.person.part == Part::Teacher;
        let fault = match words.fate {
            _ if !is_here => Some("hears another class"),
            Fate::TakenBack if self.looks_back() => Some("reads what was taken back"),
            Fate::Proposal if !is_teacher && !words.is_let_through() => Some("hears a proposal"),
            _ => None,
        };
        if let Some(fault) = fault {
            let listener = self.listener(&scene.flows, &scene.speech);
            scene.oracle.leak(listener, fault, &words.text());
            return;
        }
        let at = Position { epoch: said.epoch.to_owned(), offset: said.offset };
        let lesson = self.lesson.get_or_insert_default();
        match words.fate {
            Fate::Question => lesson.question = Some(at),
            Fate::Proposal if is_teacher && lesson.unjudged(words) => {
                let deed = Deed::Judge { at, approved: words.is_let_through() };
                if let Err(why) = self.judges(scene, deed) {
                    scene.error(&format!("judge/{why:?}"));
                }
            }
            Fate::Proposal | Fate::TakenBack => {}
        }
    }

    /// Follows its class anew, if it is one of those who do. Whether it is.
    pub(crate) fn looks_again(&mut self, scene: &mut Scene) -> bool {
        let class = self.person.class;
        let is_looker = self.person.part == Part::Teacher
            || self.person.part == Part::Student && self.person.number < LOOKERS;
        let follows = self.follows.iter().flatten().any(|follow| follow.place == Place::Stream(class));
        if self.stage != Stage::Live || !is_looker || !follows {
            return false;
        }
        scene.out.clear();
        let channel = channel_name(scene, class).to_owned();
        let leave = ClientFrame::Unsubscribe { id: AGAIN_ID, channel: channel.clone() };
        let follow = ClientFrame::Subscribe { id: AGAIN_ID, channel, from: From::Last(LAST) };
        let asked = put(scene, &leave).and_then(|()| put(scene, &follow));
        if asked.is_err() || self.send(scene).is_err() {
            return false;
        }
        self.lesson.get_or_insert_default().looks_back = true;
        true
    }

    /// Whether it reads its class again.
    pub(crate) fn looks_back(&self) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| lesson.looks_back)
    }

    /// It has read its class again.
    pub(crate) fn has_looked_back(&mut self, scene: &mut Scene) {
        if let Some(lesson) = self.lesson.as_mut().filter(|lesson| lesson.looks_back) {
            lesson.looks_back = false;
            scene.counts.looking = scene.counts.looking.saturating_sub(1);
        }
    }

    /// A teacher judges a proposal.
    fn judges(&mut self, scene: &mut Scene, deed: Deed) -> Result<(), Break> {
        let at_ns = scene.now_ns;
        self.wants(scene, super::Under::Judged, at_ns, Some(deed))
    }
}
