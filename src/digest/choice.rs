//! What of the parts goes into one guardian's digest, by its keys. Pure.

use std::collections::{HashMap, HashSet};

use super::family::Family;
use super::part::{Entry, Part};
use super::parts::PartsOf;
use crate::base::{Channel, SchoolTime, limits};

/// Where in a digest entries stand.
pub(super) struct Sections<'a> {
    /// For each child, in the family's order.
    pub(super) children: Vec<Vec<Placed<'a>>>,
    /// For all of them.
    pub(super) shared: Vec<Placed<'a>>,
}

/// An entry and the channel in which the family has it.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) channel: &'a Channel,
    pub(super) entry: &'a Entry,
}

/// What was chosen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// In the order of their times.
    pub(super) keys: Vec<u64>,
    /// Entries that did not fit.
    pub(super) left_out: u32,
}

/// Puts what the parts have for a family into sections, each thing once in a section; what is for the whole school stands
/// with that alone.
pub(super) fn sections<'a>(
    family: &'a Family,
    parts: &'a PartsOf,
    is_wanted: impl Fn(&Entry) -> bool,
) -> Sections<'a> {
    let mut whole = HashSet::new();
    let shared = section(&family.shared, parts, |entry| is_wanted(entry) && whole.insert(entry.key));
    let children = family.children.iter().map(|child| {
        let mut own = HashSet::new();
        let is_own = |entry: &Entry| is_wanted(entry) && !whole.contains(&entry.key) && own.insert(entry.key);
        section(&child.channels, parts, is_own)
    });
    Sections { children: children.collect(), shared }
}

fn section<'a>(
    channels: &'a [Channel],
    parts: &'a PartsOf,
    mut is_taken: impl FnMut(&Entry) -> bool,
) -> Vec<Placed<'a>> {
    let found = channels.iter().filter_map(|channel| Some((channel, parts.get(channel)?)));
    let placed = found.flat_map(|(channel, part): (&Channel, &'a std::sync::Arc<Part>)| {
        part.entries.iter().map(move |entry| Placed { channel, entry })
    });
    let mut taken: Vec<Placed<'a>> = placed.filter(|placed| is_taken(placed.entry)).collect();
    taken.sort_unstable_by_key(|placed| (placed.entry.published_at, placed.entry.key));
    taken
}

/// Chooses what was published since an instant, is for guardians by the time of the digest and was in none before. The
/// oldest first; what does not fit waits for the next digest.
pub(super) fn choose(
    family: &Family,
    parts: &PartsOf,
    (since, until): (SchoolTime, SchoolTime),
    known: &HashSet<u64>,
) -> Choice {
    let is_new = |entry: &Entry| {
        entry.published_at >= since
            && entry.from <= until
            && entry.expires_at.is_none_or(|at| at > until)
            && !known.contains(&entry.key)
    };
    let sections = sections(family, parts, is_new);
    let mut wanted: HashMap<u64, (SchoolTime, usize, usize)> = HashMap::new();
    for placed in sections.children.iter().flatten().chain(&sections.shared) {
        let Entry { key, published_at, bytes, .. } = placed.entry;
        let (_, entries, sum) = wanted.entry(*key).or_insert((*published_at, 0, 0));
        (*entries, *sum) = (*entries + 1, *sum + bytes);
    }
    let mut wanted: Vec<_> =
        wanted.into_iter().map(|(key, (at, entries, bytes))| (at, key, entries, bytes)).collect();
    wanted.sort_unstable();
    let (mut choice, mut entries_sum, mut bytes_sum) = (Choice::default(), 0, 0);
    for (_, key, entries, bytes) in wanted {
        let fits = entries_sum + entries <= limits::DIGEST_ENTRIES_MAX
            && bytes_sum + bytes <= limits::DIGEST_CHOSEN_BYTES_MAX;
        // One thing for many children may be too much by itself: it is shown shorter then.
        if fits || choice.keys.is_empty() {
            choice.keys.push(key);
            (entries_sum, bytes_sum) = (entries_sum + entries, bytes_sum + bytes);
        } else {
            choice.left_out += u32::try_from(entries).unwrap_or(u32::MAX);
        }
    }
    choice
}
