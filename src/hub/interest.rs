//! Which channels somebody on a shard follows, where the commit thread can see it: an echo that nobody waits for is no
//! letter and wakes no shard. The shard's thread alone changes it.
//!
//! Nothing is missed, whichever comes first. A shard enters a channel *before* it asks for the first page of it, and the
//! broker looks *after* it has committed and answered. Both take the same lock of the set, so one comes before the other:
//!
//! * the broker looks first and finds nobody: the publication was answered before the page was asked for, so it is in the
//!   log that the page reads (the broker's contract: a read that is asked for after an answer finds what was answered);
//! * the shard enters first: the broker finds it and posts a letter. Should the page hold the publication as well, the
//!   positions say so.
//!
//! A channel is withdrawn when the last subscriber has left and nothing of it waits in the wide lane: a letter that comes
//! after that would find nobody. Who follows it anew enters it anew, and asks for a page again.

use std::sync::Arc;

use dashmap::DashSet;

use crate::base::Channel;

/// See the module's text. Clones are the same set.
#[derive(Debug, Clone, Default)]
pub(super) struct Interest(Arc<DashSet<Channel>>);

impl Interest {
    /// Somebody follows the channel from now on.
    pub(super) fn enter(&self, channel: &Channel) {
        self.0.insert(channel.clone());
    }

    /// Nobody follows the channel any longer.
    pub(super) fn withdraw(&self, channel: &Channel) {
        self.0.remove(channel);
    }

    /// Whether somebody follows the channel.
    pub(super) fn includes(&self, channel: &Channel) -> bool {
        self.0.contains(channel)
    }
}
