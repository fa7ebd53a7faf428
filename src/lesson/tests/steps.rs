//! What may happen in a random lesson.

use proptest::prelude::*;

use super::*;
use crate::base::body::Rules;

/// What may happen next. Numbers choose a person, a place in the log or a way.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A pupil, or the teacher if there is no such pupil, says or asks something.
    Speak(usize, bool),
    Do(usize, Deed),
    Commit,
    Lose,
    Pass(u64),
    Look,
    Follow(usize, usize),
    /// On a shard; whether the pupil says so.
    Leave(usize, usize, bool),
    Tick(usize, bool),
}

fn rules() -> impl Strategy<Value = Rules> {
    let modes = prop_oneof![3 => Just("open"), 1 => Just("questions"), 1 => Just("teacher")];
    (modes, prop_oneof![2 => Just(0u16), 1 => Just(20)], prop::bool::weighted(0.3), prop::bool::weighted(0.8))
        .prop_map(|(mode, slow_s, moderated, reactions)| {
            let json = serde_json::json!({"mode": mode, "slow_s": slow_s, "moderated": moderated, "reactions": reactions});
            serde_json::from_value(json).unwrap()
        })
}

fn deeds() -> impl Strategy<Value = Deed> {
    let places = (1..30u64).prop_map(place);
    let whom = prop::option::of((0..PUPILS).prop_map(|number| pupil(number).account));
    let standings = prop_oneof![Just("open"), Just("answered"), Just("dismissed")];
    let shown = prop_oneof![Just("live"), Just("closed"), Just("never")];
    let polls = (0..4usize).prop_map(|number| message(&format!("poll{number}")));
    let of = |json: serde_json::Value| serde_json::from_value::<Deed>(json).unwrap();
    prop_oneof![
        2 => Just(of(serde_json::json!({"do": "start"}))),
        1 => Just(Deed::End),
        3 => rules().prop_map(|rules| Deed::Rule { rules }),
        2 => whom.clone().prop_map(|account| Deed::Mute { account }),
        3 => whom.clone().prop_map(|account| Deed::Unmute { account }),
        3 => places.clone().prop_map(|at| Deed::Pin { at }),
        1 => Just(Deed::Unpin),
        4 => (places.clone(), standings)
            .prop_map(move |(at, standing)| of(serde_json::json!({"do": "settle", "at": at, "standing": standing}))),
        6 => (places.clone(), any::<bool>()).prop_map(|(at, approved)| Deed::Judge { at, approved }),
        3 => (polls.clone(), shown).prop_map(move |(poll, shown)| {
            of(serde_json::json!({"do": "open_poll", "poll": poll, "scale": "letters", "shown": shown}))
        }),
        3 => polls.clone().prop_map(|poll| Deed::ClosePoll { poll }),
        3 => places.clone().prop_map(|at| Deed::Delete { at }),
        3 => places.clone().prop_map(|at| Deed::Report { at }),
        4 => prop::option::of(0..2usize).prop_map(|number| {
            Deed::Raise { hand: number.map(|number| message(&format!("hand{number}"))) }
        }),
        3 => whom.prop_map(|account| Deed::Lower { account }),
        2 => (0..PUPILS).prop_map(|number| Deed::Call { account: pupil(number).account }),
        8 => (polls, 0..5u8).prop_map(|(poll, choice)| Deed::Vote { poll, choice }),
        8 => (places, prop::bool::weighted(0.7)).prop_map(|(at, up)| Deed::Upvote { at, up }),
        2 => Just(of(serde_json::json!({"do": "react", "reaction": "clap"}))),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..=PUPILS, any::<bool>()).prop_map(|(who, asks)| Step::Speak(who, asks)),
        24 => (0..2 * PUPILS, deeds()).prop_map(|(who, deed)| Step::Do(who, deed)),
        20 => Just(Step::Commit),
        1 => Just(Step::Lose),
        3 => (0..12u64).prop_map(Step::Pass),
        2 => Just(Step::Look),
        4 => (0..PUPILS, 0..SHARDS).prop_map(|(who, shard)| Step::Follow(who, shard)),
        3 => (0..PUPILS, 0..SHARDS, any::<bool>()).prop_map(|(who, shard, says)| Step::Leave(who, shard, says)),
        5 => (0..SHARDS, any::<bool>()).prop_map(|(shard, stale)| Step::Tick(shard, stale)),
    ]
}
