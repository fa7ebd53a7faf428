//! The bounds of letters.

use std::time::Duration;

/// Letters of one request to the ledger, and of one page that is read from it. More: refused, or the next page's.
pub const LETTERS_PAGE_MAX: usize = 1_000;
/// Letters that one look at the ledger takes to be sent: few, since what is urgent is looked for in between.
pub const LETTERS_ROUND_MAX: usize = 64;
/// Between two looks for letters that are due.
pub const LETTERS_INTERVAL: Duration = Duration::from_secs(1);
/// Between two looks for letters that are too old.
pub const LETTERS_SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// How long a letter is tried, in machine time. Older: it is given up.
pub const LETTER_TRIED_FOR: Duration = Duration::from_hours(24);
/// Between two attempts at one letter, at most: the wait doubles up to it.
pub const LETTER_RETRY_MAX: Duration = Duration::from_hours(1);
/// Until a letter is looked at again that its school's quiet hours keep, or whose content could not be read.
pub const LETTER_KEPT_BACK: Duration = Duration::from_mins(10);
/// How long an ended letter is remembered, so that it is not written again: longer than digests are.
pub const LETTERS_KEPT: Duration = Duration::from_hours(24 * 40);
/// Between two attempts to write down how a letter ended, while the ledger is busy.
pub const LETTER_WRITE_INTERVAL: Duration = Duration::from_millis(100);
/// Attempts to write that down. More: the letter counts as interrupted, and is sent again after the next start.
pub const LETTER_WRITES_MAX: usize = 600;
/// Connections to the relay at once. More: a mistake of the configuration.
pub const RELAY_CONNECTIONS_MAX: usize = 32;
/// For one answer of the relay's. Later: the line counts as broken.
pub const RELAY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a line that nobody needs stays open. Longer: it is ended, before the relay does.
pub const RELAY_IDLE: Duration = Duration::from_secs(20);
/// Until the relay is tried again after a line broke; it doubles with each further one.
pub const RELAY_REST_MIN: Duration = Duration::from_secs(1);
/// The longest such rest.
pub const RELAY_REST_MAX: Duration = Duration::from_mins(1);
/// Bytes of the file with the relay's password. Longer: it is not one.
pub const RELAY_PASSWORD_BYTES_MAX: usize = 4_096;
/// Bytes of a key to unsubscribe. Longer: `malformed`.
pub const UNSUBSCRIBE_KEY_BYTES_MAX: usize = 256;
