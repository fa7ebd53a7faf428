//! The flows of a scenario with everything that follows from them: which classes have them, what their streams are
//! numbered, and who publishes which sequence number when. Pure, and the same in every worker.
//!
//! A stream is one flow in one channel. Its sequence numbers run from 1.

use crate::moment::{SECOND_NS, seconds_ns};
use crate::scenario::{Author, Does, Publish, Scenario, Where};
use crate::school;

/// The place of the region among channels; classes are their own number.
pub(crate) const REGION: u32 = u32::MAX;

/// One flow of one phase.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// The phase, counted from 1 as in orders.
    pub(crate) phase: usize,
    /// What the scenario says.
    pub(crate) publish: Publish,
    /// The channels that have it, in the order of their turns.
    pub(crate) channels: Vec<u32>,
    /// The number of its first channel's stream; the others follow.
    pub(crate) first_stream: u32,
    /// How many publications it has, over all channels.
    pub(crate) count: u64,
    /// Authors who take turns in one channel.
    pub(crate) authors: u64,
}

impl Flow {
    /// The n-th publication from 0: its channel, sequence number and author's number.
    pub(crate) fn turn(&self, n: u64) -> Turn {
        let channels = self.channels.len() as u64;
        let place = n % channels;
        let round = n / channels;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "less than the number of channels or authors, both u32"
        )]
        let (place, author) = (place as usize, (round % self.authors) as u32);
        Turn { place, sequence: round + 1, author }
    }

    /// When the n-th publication is intended, after the phase's beginning.
    pub(crate) fn instant_ns(&self, n: u64) -> u64 {
        if self.publish.back_to_back > 0 {
            return 0;
        }
        seconds_ns(n as f64 / self.publish.per_second)
    }

    /// The stream of the channel at a place.
    pub(crate) fn stream(&self, place: usize) -> u32 {
        self.first_stream + u32::try_from(place).unwrap_or(u32::MAX)
    }
}

/// Whose turn it is, where, and with which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The channel's place in the flow.
    pub(crate) place: usize,
    /// The number in the stream.
    pub(crate) sequence: u64,
    /// The author's number in the class, or among the operators.
    pub(crate) author: u32,
}

/// A stream, as receivers need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// Its flow's place among all.
    pub(crate) flow: u32,
    /// Its channel.
    pub(crate) channel: u32,
}

/// All flows and streams of a scenario.
#[derive(Debug)]
pub(crate) struct Flows {
    /// The flows, in the order of phases.
    pub(crate) all: Vec<Flow>,
    streams: Vec<Stream>,
    /// Whether students vote, so that teachers open polls.
    pub(crate) has_votes: bool,
    /// The first class of the probe.
    probe: u32,
}

impl Flows {
    /// Those of a scenario.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut deeds = scenario.phases.iter().flat_map(|phase| &phase.deeds);
        let has_votes = deeds.any(|deeds| deeds.what == Does::Vote);
        let probe = school::probe_from(scenario);
        let mut all = Self { all: Vec::new(), streams: Vec::new(), has_votes, probe };
        for (index, phase) in scenario.phases.iter().enumerate() {
            for publish in &phase.publishes {
                all.add(scenario, index + 1, phase.seconds, publish);
            }
        }
        all
    }

    /// A stream by its number.
    pub(crate) fn stream(&self, number: u32) -> Option<(&Flow, Stream)> {
        let stream = *self.streams.get(number as usize)?;
        Some((&self.all[stream.flow as usize], stream))
    }

    /// How many publications a phase has, over all its flows.
    pub(crate) fn planned(&self, phase: usize) -> u64 {
        self.all.iter().filter(|flow| flow.phase == phase).map(|flow| flow.count).sum()
    }

    /// Whether any flow goes to classes.
    pub(crate) fn reach_classes(&self) -> bool {
        self.all.iter().any(|flow| flow.publish.to != Where::Region)
    }

    /// Whether worker `index` of `of` sends what goes to a channel.
    pub(crate) fn are_of(&self, channel: u32, (index, of): (u32, u32)) -> bool {
        let holder = if channel == REGION { 0 } else { school::holder(channel, self.probe, of) };
        holder == index
    }

    fn add(&mut self, scenario: &Scenario, phase: usize, seconds: f64, publish: &Publish) {
        let probe_from = self.probe;
        let classes =
            (0..scenario.school.classes).filter(|class| school::is_chosen(u64::from(*class), publish.share));
        let channels: Vec<u32> = match publish.to {
            Where::Class => classes.filter(|class| *class < probe_from).collect(),
            Where::Probe => classes.filter(|class| *class >= probe_from).collect(),
            Where::Region => vec![REGION],
        };
        let authors = match publish.by {
            Author::Teacher => 1,
            Author::Student => scenario.school.students_per_class,
            Author::Operator => scenario.school.operators,
        };
        let count = if publish.back_to_back > 0 {
            u64::from(publish.back_to_back)
        } else {
            seconds_ns(seconds * publish.per_second).div_ceil(SECOND_NS)
        };
        let flow = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let first_stream = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        self.streams.extend(channels.iter().map(|channel| Stream { flow, channel: *channel }));
        let count = if channels.is_empty() { 0 } else { count };
        let publish = publish.clone();
        let authors = u64::from(authors.max(1));
        self.all.push(Flow { phase, publish, channels, first_stream, count, authors });
    }
}

#[cfg(test)]
mod tests;
