//! Reactions, counted since the lesson began. Each shard keeps what it has told of them.

use crate::protocol::Reaction;

/// All reactions, in the order of their numbers.
const ALL: [Reaction; Reaction::COUNT] = [
    Reaction::ThumbsUp,
    Reaction::Clap,
    Reaction::Heart,
    Reaction::Smile,
    Reaction::Surprised,
    Reaction::Lost,
];

/// The reactions of a lesson that were told already. The default has never asked: it is told none that lie in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reacted {
    /// Which of the class's lessons; 0 for none.
    lesson: u64,
    counts: [u32; Reaction::COUNT],
}

/// The reactions of a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reactions(Reacted);

impl Reactions {
    /// Those of a lesson that begins; lessons are numbered from 1.
    pub(super) fn new(lesson: u64) -> Self {
        Self(Reacted { lesson, counts: [0; Reaction::COUNT] })
    }

    /// Somebody reacts.
    pub(super) fn count(&mut self, reaction: Reaction) {
        let count = &mut self.0.counts[reaction as usize];
        *count = count.wrapping_add(1);
    }

    /// What was not told yet; it is now.
    pub(super) fn since(&self, told: &mut Reacted) -> Vec<(Reaction, u32)> {
        let before = match told.lesson {
            0 => self.0.counts,
            lesson if lesson == self.0.lesson => told.counts,
            _ => [0; Reaction::COUNT],
        };
        *told = self.0;
        let new = ALL.into_iter().zip(self.0.counts.iter().zip(before));
        new.map(|(reaction, (now, before))| (reaction, now.wrapping_sub(before)))
            .filter(|(_, new)| *new > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reaction_is_told_once_to_each_who_asks() {
        let mut reactions = Reactions::new(1);
        reactions.count(Reaction::Clap);
        let (mut early, mut late) = (Reacted::default(), Reacted::default());
        assert_eq!(reactions.since(&mut early), [], "what lies in the past is not told");
        reactions.count(Reaction::Clap);
        reactions.count(Reaction::Lost);
        reactions.count(Reaction::Clap);
        assert_eq!(reactions.since(&mut early), [(Reaction::Clap, 2), (Reaction::Lost, 1)]);
        assert_eq!(reactions.since(&mut early), []);
        assert_eq!(reactions.since(&mut late), []);
        let mut next = Reactions::new(2);
        next.count(Reaction::Heart);
        assert_eq!(next.since(&mut early), [(Reaction::Heart, 1)], "another lesson begins at nothing");
    }
}
