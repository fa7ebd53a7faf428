//! Logging in, joined: the line to the provider, the keys and secrets of a life, and the log-ins that ended before it.

use std::sync::Arc;

use super::AppError;
use super::keys::LoginKeys;
use super::provider::Workspace;
use crate::base::metrics::Metrics;
use crate::base::{Clock, MachineTime, limits};
use crate::config::{Config, entropy};
use crate::http::login::{Client, Cookies, Login, LoginRates};
use crate::identity::login::{Attempts, IdTerms, LogoutTokens};
use crate::ledger::{AskError, Ledger, wait};

/// How the edge logs in, and whom it speaks to for that; nothing where nobody logs in.
pub(super) type Opened = (Option<Box<Login>>, Option<Arc<Workspace>>);

/// Opens what logging in rests on, if this hub logs anybody in.
///
/// # Errors
/// [`AppError::Login`] and [`AppError::Entropy`].
pub(super) fn open(
    config: &Config,
    keys: Option<LoginKeys>,
    ledger: &Arc<dyn Ledger>,
    (clock, metrics): (&Arc<dyn Clock>, &Metrics),
) -> Result<Opened, AppError> {
    let Some(LoginKeys { issuer, terms, ended }) = keys else { return Ok((None, None)) };
    let settings = &config.login;
    let workspace = Workspace::open(settings, Arc::clone(clock), metrics.clone())?;
    let address = |what: &str| AppError::Login(format!("login.{what} is no address"));
    let now = clock.machine();
    restore(ledger, now, |login| ended.end(login.hash, &login.account, now))
        .map_err(|error| AppError::Login(format!("log-ins can't be read: {error}")))?;
    let login = Login {
        provider: Box::new(Arc::clone(&workspace)),
        id_terms: IdTerms {
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            account_claim: settings.account_claim.clone(),
            leeway: config.leeway(),
        },
        client: Client {
            public: settings.public().ok_or_else(|| address("public_address"))?,
            redirect_uri: settings.redirect_uri().ok_or_else(|| address("public_address"))?,
            post_logout_uri: settings.post_logout_uri(),
            scopes: settings.scopes.join(" "),
        },
        attempts: Attempts::new(&entropy::bytes()?),
        logout_tokens: LogoutTokens::default(),
        issuer,
        terms,
        ended,
        cookies: Cookies::new(settings.is_https()),
        ages: settings.ages(),
        rates: LoginRates::new(
            settings.per_address_per_second,
            settings.per_second,
            settings.proxies.clone(),
        ),
        draw: || entropy::bytes().ok(),
    };
    Ok((Some(Box::new(login)), Some(workspace)))
}

/// What ended so short a while ago that tokens of it may be about: a restart gives none of them back.
fn restore(
    ledger: &Arc<dyn Ledger>,
    now: MachineTime,
    end: impl Fn(&crate::ledger::Login),
) -> Result<(), AskError> {
    let kept_ms = u64::try_from(limits::LOGIN_ENDED_KEPT.as_millis()).unwrap_or(u64::MAX);
    let after = MachineTime(now.0.saturating_sub(kept_ms));
    wait(|answer| ledger.ended_logins(after, answer))?.iter().for_each(end);
    Ok(())
}
