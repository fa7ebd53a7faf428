//! The bounds of tokens, keys and log-ins.

use std::time::Duration;

/// Bytes of a bearer token. Longer: `token_invalid`.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Verified tokens that are remembered by their hash. More: the older half is forgotten; those are verified again when they return.
pub const TOKENS_REMEMBERED_MAX: usize = 131_072;
/// Bytes of a JWKS file. Longer: the file is refused, and the keys in force stay.
pub const JWKS_BYTES_MAX: usize = 256 * 1024;
/// Keys in a JWKS file. More: as above.
pub const JWKS_KEYS_MAX: usize = 64;
/// Between two looks at the JWKS file.
pub const JWKS_CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Bits of an RSA modulus: below, the key is left out (RFC 7518 §3.3); above too, since a verification would cost too much.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// Log-ins that are remembered, ended ones counted until they are removed. Full: `busy`, for whoever logs in.
pub const LOGINS_MAX: usize = 500_000;
/// Log-ins of one account that are open at once. More: the one that was seen longest ago ends.
pub const LOGINS_PER_ACCOUNT_MAX: usize = 16;
/// Life of a token that a log-in is given. Renewed by the page before its end.
pub const LOGIN_TOKEN_TTL: Duration = Duration::from_mins(5);
/// How exactly it is known when a log-in was last seen: it is written down at most as often.
pub const LOGIN_SEEN_STEP: Duration = Duration::from_mins(5);
/// From the page's leaving for the provider to its coming back. Later: it begins again.
pub const LOGIN_ATTEMPT_TTL: Duration = Duration::from_mins(10);
/// Attempts at a log-in that came back within that time and can't come back again. Full: `busy`.
pub const LOGIN_ATTEMPTS_SPENT_MAX: usize = 65_536;
/// Ended log-ins that are remembered until their tokens have ended. Full: every token that a log-in has is renewed.
pub const LOGINS_ENDED_MAX: usize = 65_536;
/// How long an ended log-in and its account are remembered: longer than a token that was being signed as it ended.
pub const LOGIN_ENDED_KEPT: Duration = Duration::from_mins(7);
/// Addresses whose log-ins are counted apart. More: the one that was seen first begins anew.
pub const LOGIN_ADDRESSES_RATED_MAX: usize = 65_536;
/// How many more tokens than log-ins an address may ask for: each page renews its own every few minutes.
pub const LOGIN_TOKENS_PER_LOGIN: u32 = 5;
/// How old a provider's word that somebody has logged out may be. Older: refused.
pub const LOGOUT_TOKEN_AGE: Duration = Duration::from_mins(3);
/// Such words that are remembered for as long, so that none counts twice. Full: `busy`.
pub const LOGOUT_TOKENS_SEEN_MAX: usize = 65_536;
/// Bytes of the path that a log-in comes back to. Longer: it comes back to the first page.
pub const RETURN_TO_BYTES_MAX: usize = 1_024;
/// Bytes of a parameter that the provider sends back. Longer: the log-in begins again.
pub const LOGIN_PARAMETER_BYTES_MAX: usize = 4_096;
/// Bytes of what names a person or a log-in at the provider. Longer: the log-in is refused.
pub const PROVIDER_NAME_BYTES_MAX: usize = 255;
/// For one answer of the provider's. Later: it counts as away.
pub const PROVIDER_DEADLINE: Duration = Duration::from_secs(5);
/// Bytes of one answer of the provider's. Longer: it counts as away.
pub const PROVIDER_ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Codes that are redeemed at once. More: `busy`.
pub const PROVIDER_REDEEMING_MAX: usize = 64;
/// How long what the provider says of itself is used before it is asked again. Away: what it said last stays in use.
pub const PROVIDER_MAX_AGE: Duration = Duration::from_mins(10);
/// Until a provider is asked again that was away.
pub const PROVIDER_RETRY: Duration = Duration::from_secs(5);
/// Between two questions for a key that is not known. Sooner: the token that names it is refused.
pub const PROVIDER_KEY_INTERVAL: Duration = Duration::from_secs(10);
/// Bytes of the file with the client's secret. Longer: it is not one.
pub const CLIENT_SECRET_BYTES_MAX: usize = 4_096;
/// Log-ins that retention removes between two commits.
pub const LOGINS_TRIM_SLICE: usize = 1_000;

const _: () = assert!(LOGIN_TOKEN_TTL.as_secs() < LOGIN_ENDED_KEPT.as_secs());
