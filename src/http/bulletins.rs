//! The bulletins of schools and region as bytes, ready to be sent to whoever asks, and kept until something changes.
//!
//! Nobody logs in to read one, so it holds what is for everyone, and of its authors only their role. It is read from the
//! log once after each change, by one request at a time; what is kept is bounded by
//! [`limits::BULLETINS_BYTES_MAX`], beyond which all are read again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::operations::notice::Notice;
use super::publish::PositionSchema;
use crate::base::{Audience, Channel, MachineTime, Position, Publication, Role, SchoolTime, limits};
use crate::broker::Sink;
use crate::roster::Roster;

/// One bulletin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bulletin<'a> {
    #[schema(value_type = String, example = "bulletin:0690026D")]
    channel: &'a Channel,
    /// What operators have to say to everybody, if anything.
    notice: Option<&'a Notice>,
    /// What is for everyone, newest first.
    publications: Vec<Entry>,
}

/// One publication, without its author's name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    #[schema(value_type = PositionSchema)]
    position: Position,
    kind: &'static str,
    /// What its author is; `null` if the roster holds the author no longer.
    #[schema(value_type = Option<String>)]
    author_role: Option<Role>,
    /// In milliseconds since 1970 of school time.
    #[schema(value_type = i64)]
    published_at: SchoolTime,
    #[schema(value_type = Object)]
    body: Box<RawValue>,
    /// `true` of what is urgent; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
}

/// A bulletin's bytes and their tag.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
    read_at: MachineTime,
    /// What the operators said then.
    notice: Option<Arc<Notice>>,
}

/// All bulletins that were asked for.
#[derive(Default)]
pub(super) struct Bulletins {
    kept: Mutex<Board>,
    /// Counts what changed: what was read before a change is not kept after it.
    changes: AtomicU64,
    /// Held by whoever reads the log.
    pub(super) turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Board {
    bulletins: HashMap<Channel, Arc<Kept>>,
    bytes: usize,
}

impl Bulletins {
    /// The bulletin, if it is kept, not too old, and says what the operators say now.
    pub(super) fn find(
        &self,
        channel: &Channel,
        notice: Option<&Arc<Notice>>,
        now: MachineTime,
    ) -> Option<Arc<Kept>> {
        let kept = Arc::clone(self.lock().bulletins.get(channel)?);
        let is_fresh = now < kept.read_at.after(limits::BULLETIN_TTL);
        (is_fresh && kept.notice.as_ref() == notice).then_some(kept)
    }

    /// What has changed so far; to be asked for before the log is read.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Writes a bulletin of these publications, and keeps it unless something has changed meanwhile.
    pub(super) fn write(
        &self,
        channel: &Channel,
        publications: Vec<Entry>,
        notice: Option<Arc<Notice>>,
        changes: u64,
        now: MachineTime,
    ) -> Arc<Kept> {
        let mut board = self.lock();
        let bulletin = Bulletin { channel, notice: notice.as_deref(), publications };
        let bytes = Bytes::from(serde_json::to_vec(&bulletin).unwrap_or_default());
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        let kept = Arc::new(Kept { bytes, etag, read_at: now, notice });
        if changes == self.changes() {
            board.keep(channel, Arc::clone(&kept));
        }
        kept
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn keep(&mut self, channel: &Channel, kept: Arc<Kept>) {
        self.forget(channel);
        if self.bytes + kept.bytes.len() > limits::BULLETINS_BYTES_MAX {
            (self.bulletins, self.bytes) = (HashMap::new(), 0);
        }
        self.bytes += kept.bytes.len();
        self.bulletins.insert(channel.clone(), kept);
    }

    fn forget(&mut self, channel: &Channel) {
        if let Some(kept) = self.bulletins.remove(channel) {
            self.bytes -= kept.bytes.len();
        }
    }
}

impl Sink for Bulletins {
    fn committed(&self, publication: &Arc<Publication>) {
        if matches!(publication.channel, Channel::Bulletin(_) | Channel::RegionBulletin) {
            let mut board = self.lock();
            self.changes.fetch_add(1, Ordering::SeqCst);
            board.forget(&publication.channel);
        }
    }
}

/// The newest that are for everyone, within the bounds of a bulletin; the first always.
pub(super) fn entries(publications: &[Arc<Publication>], roster: &Roster) -> Vec<Entry> {
    let mut bytes = 0;
    let public = publications.iter().rev().filter(|publication| publication.audience == Audience::EVERYONE);
    let fitting = public.take(limits::BULLETIN_PUBLICATIONS_MAX).take_while(|publication| {
        let is_first = bytes == 0;
        bytes += publication.body.len();
        is_first || bytes <= limits::BULLETIN_BYTES_MAX
    });
    let entry = |publication: &Arc<Publication>| {
        Some(Entry {
            position: publication.position,
            kind: publication.kind.as_str(),
            author_role: roster.account(publication.author.as_str()).map(|author| author.role()),
            published_at: publication.published_at,
            body: RawValue::from_string(publication.body.to_string()).ok()?,
            urgent: publication.urgent,
        })
    };
    fitting.filter_map(entry).collect()
}
