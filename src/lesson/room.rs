//! A class that has a lesson, or had one of which its end is still to be told, with what each shard is to tell.

use super::live::Live;
use super::news::News;

/// One class.
#[derive(Debug)]
pub(super) struct Room {
    /// Its lesson.
    pub(super) live: Option<Live>,
    by_shard: Vec<News>,
}

impl Room {
    /// A class without a lesson, of a hub with so many shards.
    pub(super) fn new(shards: usize) -> Self {
        Self { live: None, by_shard: vec![News::default(); shards] }
    }

    /// Each shard is to tell this. Those that had nothing to tell of this class until now.
    pub(super) fn tell(&mut self, news: &News) -> Vec<usize> {
        if news.is_none() {
            return Vec::new();
        }
        let mut woken = Vec::new();
        for (shard, pending) in self.by_shard.iter_mut().enumerate() {
            if pending.is_none() {
                woken.push(shard);
            }
            pending.add(news);
        }
        woken
    }

    /// What a shard is to tell; it does now.
    pub(super) fn take(&mut self, shard: usize) -> News {
        self.by_shard.get_mut(shard).map(std::mem::take).unwrap_or_default()
    }

    /// Whether nothing is left: no lesson, and nothing to tell.
    pub(super) fn is_over(&self) -> bool {
        self.live.is_none() && self.by_shard.iter().all(News::is_none)
    }
}
