//! The parts that are at hand, and how the others are read: through the broker as any client would, and the registry.
//!
//! What is kept is bounded by bytes; what was not used for longest is read again when it is wanted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::asking::{Trouble, next};
use super::part::{Fold, Part};
use super::settings::Settings;
use crate::base::{Channel, ItemId, Offset, Publication, Role, SchoolTime, limits};
use crate::broker::{Broker, History, HistoryPage};
use crate::ledger::{Item, Ledger, wait};

/// The parts of one step's guardians.
pub(super) type PartsOf = HashMap<Channel, Arc<Part>>;

/// Parts that were read lately.
#[derive(Debug, Default)]
pub(super) struct Parts {
    kept: HashMap<Channel, Kept>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Kept {
    part: Arc<Part>,
    bytes: usize,
    used: u64,
}

/// A channel whose log is being read, newest first.
struct Look {
    channel: Channel,
    since: SchoolTime,
    before: Option<Offset>,
    found: Vec<Arc<Publication>>,
    is_over: bool,
}

impl Parts {
    /// The parts of channels, each with what was published since an instant, as the digests of an evening see them: see
    /// [`Fold::part`] for `remembered`.
    pub(super) fn of(
        &mut self,
        wanted: &BTreeMap<Channel, SchoolTime>,
        (broker, ledger): (&dyn Broker, &dyn Ledger),
        (settings, remembered): (&Settings, SchoolTime),
    ) -> Result<PartsOf, Trouble> {
        let (mut parts, mut looks) = (PartsOf::with_capacity(wanted.len()), Vec::new());
        for (channel, since) in wanted {
            match self.kept(channel, *since) {
                Some(part) => drop(parts.insert(channel.clone(), part)),
                None => looks.push(Look::new(channel, *since)),
            }
        }
        while !looks.is_empty() {
            let rest = looks.split_off(looks.len().min(limits::DIGEST_READS_IN_FLIGHT));
            for (channel, part) in
                read(std::mem::replace(&mut looks, rest), (broker, ledger), (settings, remembered))?
            {
                let part = Arc::new(part);
                self.keep(channel.clone(), &part);
                parts.insert(channel, part);
            }
        }
        self.shed();
        Ok(parts)
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn kept(&mut self, channel: &Channel, since: SchoolTime) -> Option<Arc<Part>> {
        let kept = self.kept.get_mut(channel).filter(|kept| kept.part.since <= since)?;
        self.uses += 1;
        kept.used = self.uses;
        Some(Arc::clone(&kept.part))
    }

    fn keep(&mut self, channel: Channel, part: &Arc<Part>) {
        self.uses += 1;
        let bytes = part.heap_bytes() + size_of::<(Channel, Kept)>();
        let kept = Kept { part: Arc::clone(part), bytes, used: self.uses };
        self.bytes += bytes;
        if let Some(before) = self.kept.insert(channel, kept) {
            self.bytes -= before.bytes;
        }
    }

    /// Lets go of the older half as soon as there is too much.
    fn shed(&mut self) {
        if self.bytes <= limits::DIGEST_PARTS_BYTES_MAX {
            return;
        }
        let mut uses: Vec<u64> = self.kept.values().map(|kept| kept.used).collect();
        let middle = uses.len() / 2;
        let (_, &mut median, _) = uses.select_nth_unstable(middle);
        self.kept.retain(|_, kept| kept.used > median);
        self.bytes = self.kept.values().map(|kept| kept.bytes).sum();
    }
}

impl Look {
    fn new(channel: &Channel, since: SchoolTime) -> Self {
        Self { channel: channel.clone(), since, before: None, found: Vec::new(), is_over: false }
    }

    fn question(&self) -> History {
        // Most channels need one small page; who needs a second needs many.
        let limit = if self.before.is_none() { limits::DIGEST_READ_PAGE } else { limits::READ_PAGE_MAX };
        let (channel, before) = (self.channel.clone(), self.before);
        History { channel, after: None, before, kind: None, role: Role::Guardian, limit }
    }

    fn take(&mut self, page: HistoryPage) {
        let is_reached = page.publications.first().is_some_and(|oldest| oldest.published_at < self.since);
        self.before = Some(page.through.offset);
        self.found.extend(page.publications);
        if self.found.len() >= limits::DIGEST_PART_ENTRIES_MAX && !is_reached && page.more {
            tracing::warn!(channel = %self.channel, "too much was published for one digest; the oldest is left out");
            self.is_over = true;
        }
        self.is_over |= is_reached || !page.more;
    }
}

/// Reads some channels at once.
fn read(
    mut looks: Vec<Look>,
    (broker, ledger): (&dyn Broker, &dyn Ledger),
    (settings, remembered): (&Settings, SchoolTime),
) -> Result<Vec<(Channel, Part)>, Trouble> {
    let (answer, answers) = flume::bounded(looks.len());
    loop {
        let mut asked = 0;
        for (index, look) in looks.iter().enumerate().filter(|(_, look)| !look.is_over) {
            let answer = answer.clone();
            // Nobody waits any more if it comes too late.
            broker.history(look.question(), Box::new(move |page| drop(answer.send((index, page)))))?;
            asked += 1;
        }
        if asked == 0 {
            break;
        }
        for _ in 0..asked {
            let (index, page) = next(&answers)?;
            if let Some(look) = looks.get_mut(index) {
                look.take(page?);
            }
        }
    }
    let folds = looks.into_iter().map(|look| {
        let fold = Fold::of(look.channel.clone(), look.since, &look.found);
        (look.channel, fold)
    });
    let folds: Vec<(Channel, Fold)> = folds.collect();
    let ids = folds.iter().flat_map(|(_, fold)| fold.items().cloned()).collect();
    let registry = registry(ids, ledger)?;
    Ok(folds
        .into_iter()
        .map(|(channel, fold)| (channel, fold.part(&registry, settings, remembered)))
        .collect())
}

/// What the registry says of items.
pub(super) fn registry(ids: HashSet<ItemId>, ledger: &dyn Ledger) -> Result<HashMap<ItemId, Item>, Trouble> {
    let mut known = HashMap::with_capacity(ids.len());
    let mut ids = ids.into_iter();
    loop {
        let page: Vec<ItemId> = ids.by_ref().take(limits::ITEMS_PAGE_MAX).collect();
        if page.is_empty() {
            return Ok(known);
        }
        let found = wait(|answer| ledger.items(page, answer))?;
        known.extend(found.into_iter().map(|item| (item.id.clone(), item)));
    }
}
