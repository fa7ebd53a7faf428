//! What each subject does besides delivering, as it is set up here: figures alone would compare a hub with a pipe.

/// A row of the page.
pub(crate) struct Abilities {
    /// The subject.
    pub(crate) subject: &'static str,
    /// Who may follow and publish.
    pub(crate) rights: &'static str,
    /// What is on disk before anybody receives it.
    pub(crate) disk: &'static str,
    /// In what order publications of one channel come.
    pub(crate) order: &'static str,
    /// What a client that was away gets.
    pub(crate) resume: &'static str,
    /// What happens to who does not read.
    pub(crate) slow: &'static str,
}

/// All of them.
pub(crate) const ABILITIES: [Abilities; 8] = [
    Abilities {
        subject: "floor",
        rights: "none",
        disk: "nothing",
        order: "as published",
        resume: "nothing",
        slow: "1 MiB waits, then closed",
    },
    Abilities {
        subject: "commit-floor",
        rights: "none",
        disk: "every publication, by `fdatasync`; nothing can be read again",
        order: "as published",
        resume: "nothing",
        slow: "1 MiB waits, then closed",
    },
    Abilities {
        subject: "preau",
        rights: "token verified, each subscription and publication checked against the roster",
        disk: "every publication, by `fdatasync`",
        order: "one log per channel, the same for all",
        resume: "all it missed, from its position, within retention",
        slow: "its position stands still; it catches up from the log",
    },
    Abilities {
        subject: "nchan",
        rights: "none here; it can ask a server of yours",
        disk: "nothing",
        order: "one buffer per channel",
        resume: "nothing here; up to 10 messages by its message ids",
        slow: "its queue grows in shared memory",
    },
    Abilities {
        subject: "ws",
        rights: "none",
        disk: "nothing",
        order: "as published",
        resume: "nothing",
        slow: "its queue grows",
    },
    Abilities {
        subject: "nats",
        rights: "none here; it has accounts and subject permissions",
        disk: "nothing here; JetStream is another service of it",
        order: "per publisher",
        resume: "nothing",
        slow: "closed",
    },
    Abilities {
        subject: "axum",
        rights: "none",
        disk: "nothing",
        order: "one channel per room",
        resume: "nothing",
        slow: "misses what is overwritten",
    },
    Abilities {
        subject: "sockudo",
        rights: "publications are signed; followers of public channels are not asked",
        disk: "nothing here; history wants a database",
        order: "as published",
        resume: "nothing here",
        slow: "closed",
    },
];

/// What a subject does.
pub(crate) fn of(subject: &str) -> Option<&'static Abilities> {
    ABILITIES.iter().find(|abilities| abilities.subject == subject)
}
