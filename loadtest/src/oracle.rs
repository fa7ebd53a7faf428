//! Judges what clients receive: gaps, duplicates, disorder, and deliveries to somebody who may not see them.
//!
//! Every text says its stream and number. Per client and stream we keep the highest number and the holes below it. It
//! knows no socket and no clock; what was published, it is told when all is settled.

use std::collections::{BTreeMap, HashMap};

use crate::envelope::number;
use crate::flows::Flows;
use crate::limits::{ANNOUNCEMENT_CHARS_MAX, EXAMPLES_MAX};
use crate::orders::{StreamEnd, Verdict};
use crate::school::{Part, Person};

/// What a text says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its stream.
    pub(crate) stream: u32,
    /// Its number in it.
    pub(crate) sequence: u64,
    /// When it was intended.
    pub(crate) at_ns: u64,
}

impl Mark {
    /// The text that says it, filled up to so many bytes; long ones with wide characters, since characters are limited.
    pub(crate) fn text(self, bytes: u32) -> String {
        let mut text = format!("{} {} {} ", self.stream, self.sequence, self.at_ns);
        let filler = if bytes > ANNOUNCEMENT_CHARS_MAX { '…' } else { 'x' };
        let missing = (bytes as usize).saturating_sub(text.len()) / filler.len_utf8();
        // What the text says of itself is narrow: with wide characters alone beside it, the longest had too many.
        let missing = missing.min((ANNOUNCEMENT_CHARS_MAX as usize).saturating_sub(text.len()));
        text.extend(std::iter::repeat_n(filler, missing));
        text
    }

    /// Reads a text.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let (stream, rest) = number(text)?;
        let (sequence, rest) = number(rest.strip_prefix(b" ")?)?;
        let (at_ns, rest) = number(rest.strip_prefix(b" ")?)?;
        rest.starts_with(b" ").then_some(Self { stream: u32::try_from(stream).ok()?, sequence, at_ns })
    }
}

/// What one client has received of one stream.
#[derive(Debug)]
struct Track {
    stream: u32,
    /// The number before the first that is expected.
    base: u32,
    last: u32,
    /// Numbers between the two that did not come, as ranges with both ends, in order. Almost always none.
    #[expect(
        clippy::box_collection,
        reason = "there are several tracks to a client, almost all without holes"
    )]
    holes: Option<Box<Vec<(u32, u32)>>>,
}

/// What one client has received.
#[derive(Debug, Default)]
pub(crate) struct Record {
    tracks: Vec<Track>,
    /// The phase in which it first subscribed; 0 for the arrivals. Of that phase's streams it saw only the end.
    pub(crate) since_phase: u16,
}

/// Who received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listener<'a> {
    /// The person.
    pub(crate) person: Person,
    /// The places of the channels that are followed; what else is followed has no streams.
    pub(crate) follows: [Option<u32>; 2],
    /// All flows.
    pub(crate) flows: &'a Flows,
    /// Whether the server knows audiences. Peers do not: everybody gets everything.
    pub(crate) has_audiences: bool,
    /// Whether each author speaks over a connection of their own, so that only their own numbers must be in order.
    pub(crate) has_authors: bool,
}

impl Listener<'_> {
    fn may_see(&self, stream: u32) -> bool {
        self.flows.stream(stream).is_some_and(|(flow, stream)| {
            // Its author is a teacher as well: no other may choose who sees it.
            let may = !self.has_audiences || !flow.publish.teachers_only || self.person.part == Part::Teacher;
            may && self.follows.contains(&Some(stream.channel))
        })
    }

    /// Streams that may not be told before whole: of an earlier phase than the client.
    fn phase_of(&self, stream: u32) -> usize {
        self.flows.stream(stream).map_or(0, |(flow, _)| flow.phase)
    }

    fn authors(&self, stream: u32) -> u64 {
        let authors = self.flows.stream(stream).map_or(1, |(flow, _)| flow.authors);
        if self.has_authors { authors } else { 1 }
    }
}

/// The last acknowledged numbers, by channel.
#[derive(Debug, Default)]
pub(crate) struct Ends(HashMap<u32, Vec<(u32, StreamEnd)>>);

impl Ends {
    /// From the coordinator's order.
    pub(crate) fn new(streams: BTreeMap<u32, StreamEnd>, flows: &Flows) -> Self {
        let mut ends = Self::default();
        for (number, mut end) in streams {
            if let Some((_, stream)) = flows.stream(number) {
                end.refused.sort_unstable();
                ends.0.entry(stream.channel).or_default().push((number, end));
            }
        }
        ends
    }

    fn of<'a>(&'a self, listener: Listener<'a>) -> impl Iterator<Item = &'a (u32, StreamEnd)> {
        let lists = listener.follows.into_iter().flatten().filter_map(|channel| self.0.get(&channel));
        lists.flatten().filter(move |(stream, _)| listener.may_see(*stream))
    }
}

/// The judge of one worker.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    verdict: Verdict,
}

impl Oracle {
    /// Judges a delivery that came over `channel`; whether it is one that the client should have received once.
    pub(crate) fn judge(
        &mut self,
        listener: Listener<'_>,
        record: &mut Record,
        channel: Option<u32>,
        mark: Mark,
    ) -> bool {
        self.verdict.judged += 1;
        let home = listener.flows.stream(mark.stream).map(|(_, stream)| stream.channel);
        if channel.is_none() || home != channel || !listener.may_see(mark.stream) {
            self.verdict.leaks += 1;
            let Mark { stream, sequence, .. } = mark;
            self.example(&listener, || {
                format!("must not see {sequence} of stream {stream} in channel {channel:?}")
            });
            return false;
        }
        let Ok(sequence) = u32::try_from(mark.sequence) else {
            return false;
        };
        let begun = listener.phase_of(mark.stream) > usize::from(record.since_phase);
        let track = record.track(mark.stream, if begun { 0 } else { sequence.saturating_sub(1) });
        let authors = listener.authors(mark.stream);
        match track.take(sequence, authors) {
            Taken::InTurn => true,
            Taken::Late { is_disorder } => {
                if is_disorder {
                    self.verdict.disorders += 1;
                    let stream = mark.stream;
                    self.example(&listener, || {
                        format!("received {sequence} of stream {stream} after later ones")
                    });
                }
                true
            }
            Taken::Again => {
                self.verdict.duplicates += 1;
                let stream = mark.stream;
                self.example(&listener, || format!("received {sequence} of stream {stream} again"));
                false
            }
        }
    }

    /// Judges a position against the one that was kept of the same epoch; whether it goes forward.
    pub(crate) fn judge_position(&mut self, listener: Listener<'_>, kept: u64, new: u64) -> bool {
        if new > kept {
            return true;
        }
        self.verdict.disorders += 1;
        self.example(&listener, || format!("received offset {new} after {kept}"));
        false
    }

    /// Somebody has read what nobody, or it, may read.
    pub(crate) fn leak(&mut self, listener: Listener<'_>, fault: &str, text: &str) {
        self.verdict.judged += 1;
        self.verdict.leaks += 1;
        self.example(&listener, || format!("{fault}: {text}"));
    }

    /// How many numbers a client still lacks.
    pub(crate) fn lacking(listener: Listener<'_>, record: &Record, ends: &Ends) -> u64 {
        ends.of(listener).map(|(stream, end)| record.lacking(&listener, *stream, end)).sum()
    }

    /// Counts what a client lacks as gaps.
    pub(crate) fn settle(&mut self, listener: Listener<'_>, record: &Record, ends: &Ends) {
        for (stream, end) in ends.of(listener) {
            let lacking = record.lacking(&listener, *stream, end);
            if lacking > 0 {
                self.verdict.gaps += lacking;
                self.example(&listener, || {
                    format!("lacks {lacking} of the {} numbers of stream {stream}", end.last)
                });
            }
        }
    }

    /// What was found so far.
    pub(crate) fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn example(&mut self, listener: &Listener<'_>, words: impl FnOnce() -> String) {
        if self.verdict.examples.len() < EXAMPLES_MAX {
            self.verdict.examples.push(format!("{} {}", listener.person.account(), words()));
        }
    }
}

impl Record {
    fn track(&mut self, stream: u32, base: u32) -> &mut Track {
        // Those of the present phase are the last.
        let known = self.tracks.iter().rposition(|track| track.stream == stream);
        let place = known.unwrap_or_else(|| {
            self.tracks.reserve_exact(1);
            self.tracks.push(Track { stream, base, last: base, holes: None });
            self.tracks.len() - 1
        });
        &mut self.tracks[place]
    }

    fn lacking(&self, listener: &Listener<'_>, stream: u32, end: &StreamEnd) -> u64 {
        let begun = listener.phase_of(stream) > usize::from(self.since_phase);
        let Some(track) = self.tracks.iter().find(|track| track.stream == stream) else {
            return if begun { unrefused(1, end.last, &end.refused) } else { 0 };
        };
        let holes = track.holes.iter().flat_map(|holes| holes.iter());
        let holes = holes.map(|(from, to)| (u64::from(*from), u64::from(*to).min(end.last)));
        let tail = (u64::from(track.last) + 1, end.last);
        holes.chain([tail]).map(|(from, to)| unrefused(from, to, &end.refused)).sum()
    }
}

/// How many numbers from one to another are not among the refused ones.
fn unrefused(from: u64, to: u64, refused: &[u64]) -> u64 {
    if from > to {
        return 0;
    }
    let among =
        refused.partition_point(|number| *number <= to) - refused.partition_point(|number| *number < from);
    to - from + 1 - among as u64
}

enum Taken {
    InTurn,
    Late { is_disorder: bool },
    Again,
}

impl Track {
    fn take(&mut self, sequence: u32, authors: u64) -> Taken {
        if sequence > self.last {
            if sequence > self.last + 1 {
                self.holes.get_or_insert_default().push((self.last + 1, sequence - 1));
            }
            self.last = sequence;
            return Taken::InTurn;
        }
        if sequence <= self.base && self.base > 0 && !self.is_hole(sequence) {
            // Before the first that it saw of a stream that had begun: late, if it was not the first.
            return Taken::Late { is_disorder: authors == 1 };
        }
        if !self.is_hole(sequence) {
            return Taken::Again;
        }
        self.fill(sequence);
        // Authors take turns: the same one's next number is as many further as there are authors.
        let step = usize::try_from(authors).unwrap_or(usize::MAX);
        let mut later = (sequence..=self.last).step_by(step).skip(1);
        Taken::Late { is_disorder: later.any(|later| !self.is_hole(later)) }
    }

    fn is_hole(&self, sequence: u32) -> bool {
        let holes = self.holes.iter().flat_map(|holes| holes.iter());
        holes.rev().any(|(from, to)| (*from..=*to).contains(&sequence))
    }

    fn fill(&mut self, sequence: u32) {
        let Some(holes) = &mut self.holes else {
            return;
        };
        let Some(place) = holes.iter().position(|(from, to)| (*from..=*to).contains(&sequence)) else {
            return;
        };
        let (from, to) = holes.remove(place);
        if sequence < to {
            holes.insert(place, (sequence + 1, to));
        }
        if from < sequence {
            holes.insert(place, (from, sequence - 1));
        }
        if holes.is_empty() {
            self.holes = None;
        }
    }
}

#[cfg(test)]
mod tests;
