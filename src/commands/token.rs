//! `preau token`: a bearer token of the embedded issuer, for scripts, tests and small installations.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::fail;
use crate::app::keys::{embedded_issuer, terms};
use crate::base::clock::SystemClock;
use crate::base::{AccountId, Clock as _, limits};
use crate::config::Config;

/// Mint a bearer token of the embedded issuer.
///
/// Whoever can read the data folder can do this: its key is what the hub trusts when no other key set is configured.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The hub's data folder, where the issuer's key lies. It is made if it is new.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The account: a `sourcedId` of the roster.
    #[arg(long, value_parser = AccountId::parse)]
    account: AccountId,
    /// How long the token holds, such as 90s, 15m or 8h; 30 days at most.
    #[arg(long, default_value = "8h", value_parser = ttl)]
    ttl: Duration,
    /// The hub's configuration file, if it sets another issuer, audience or data folder.
    #[arg(long)]
    config: Option<PathBuf>,
}

fn ttl(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration such as 90s, 15m or 8h, of 1 second to 30 days".to_owned();
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from(duration).map_err(|_| wrong())?;
    if duration < Duration::from_secs(1) || duration > limits::TOKEN_TTL_MAX {
        return Err(wrong());
    }
    Ok(duration)
}

/// Runs the command: the token on `out`, and nothing else.
///
/// # Errors
/// Those of the two writers.
pub fn run(args: &TokenArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    let config = match Config::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return fail(err, &error),
    };
    let folder = args.data.as_ref().unwrap_or(&config.data_dir);
    let issuer = match embedded_issuer(folder) {
        Ok(issuer) => issuer,
        Err(error) => return fail(err, &error),
    };
    let now = SystemClock::start().machine();
    match issuer.token(&args.account, &terms(&config), now, args.ttl) {
        Ok((token, _)) => {
            writeln!(out, "{token}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => fail(err, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_second_to_thirty_days() {
        assert_eq!(ttl("8h"), Ok(Duration::from_hours(8)));
        assert_eq!(ttl("90s"), Ok(Duration::from_secs(90)));
        for text in ["", "0s", "-1h", "721h", "soon"] {
            assert!(ttl(text).is_err(), "{text}");
        }
    }
}
