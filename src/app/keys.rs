//! The keys that tokens are checked with: a key set that is watched, or the embedded issuer's own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::base::drain::DrainSignal;
use crate::base::limits;
use crate::config::Config;
use crate::config::files::{self, Stamp};
use crate::identity::login::EndedLogins;
use crate::identity::{Issuer, IssuerError, KeySet, KeySetError, Terms, Verifier};

/// The embedded issuer's private key in the data folder, readable by its owner alone.
pub const ISSUER_KEY: &str = "issuer.key";
/// The embedded issuer's public key beside it, for other programs.
pub const ISSUER_JWKS: &str = "jwks.json";

/// The key that the tokens of log-ins are signed with, readable by its owner alone.
const LOGIN_KEY: &str = "login.key";
/// What those tokens say of who signs them. No provider can call itself so.
const LOGIN_ISSUER: &str = "urn:preau:login";

/// Why there are no keys to check tokens with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file can't be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The configured key set is refused.
    #[error("the key set {path} is refused: {error}; `identity.jwks` names it")]
    KeySet {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: KeySetError,
    },
    /// The embedded issuer's key is damaged.
    #[error("{path}: {error}; remove the file and a new key is made, which ends all tokens of the old one")]
    Issuer {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: IssuerError,
    },
}

/// What tokens must say to be meant for this hub.
pub fn terms(config: &Config) -> Terms {
    Terms {
        issuer: config.identity.issuer.clone(),
        audience: config.identity.audience.clone(),
        leeway: config.leeway(),
    }
}

/// The embedded issuer of a data folder, made there if it is new.
///
/// # Errors
/// See [`KeysError`].
pub fn embedded_issuer(data_dir: &Path) -> Result<Issuer, KeysError> {
    let issuer = kept_issuer(data_dir, ISSUER_KEY)?;
    let jwks = data_dir.join(ISSUER_JWKS);
    if files::read(&jwks, limits::JWKS_BYTES_MAX).ok().as_deref() != Some(issuer.jwks().as_bytes()) {
        files::replace(&jwks, &issuer.jwks())
            .map_err(|error| KeysError::File { path: jwks.display().to_string(), error })?;
    }
    Ok(issuer)
}

/// The issuer whose key lies in a data folder under this name, made there if it is new.
fn kept_issuer(data_dir: &Path, name: &str) -> Result<Issuer, KeysError> {
    let path = data_dir.join(name);
    let file = |error| KeysError::File { path: path.display().to_string(), error };
    let broken = |error| KeysError::Issuer { path: path.display().to_string(), error };
    std::fs::create_dir_all(data_dir).map_err(file)?;
    if !path.exists() {
        let fresh = Issuer::generate().map_err(broken)?;
        // Another process may have been first: what lies there then holds for both.
        files::create_secret(&path, fresh.pkcs8()).map_err(file)?;
    }
    let key = files::read(&path, limits::ISSUER_KEY_BYTES_MAX).map_err(file)?;
    Issuer::from_pkcs8(&key).map_err(broken)
}

/// Says which keys of a set can't be used. That is no fault: a provider may use them for something else.
pub(super) fn tell_left_out(keys: &KeySet) {
    for (place, why) in keys.left_out() {
        tracing::info!(key = place, %why, "a key of the set is left out");
    }
}

/// What signs the tokens of log-ins, and what their verifier goes by.
pub(super) struct LoginKeys {
    pub(super) issuer: Issuer,
    pub(super) terms: Terms,
    pub(super) ended: Arc<EndedLogins>,
}

impl LoginKeys {
    /// The key of the data folder.
    fn load(config: &Config) -> Result<Self, KeysError> {
        let issuer = kept_issuer(&config.data_dir, LOGIN_KEY)?;
        // The hub both signs and checks by its own clock.
        let (audience, leeway) = (config.identity.audience.clone(), Duration::ZERO);
        let terms = Terms { issuer: LOGIN_ISSUER.into(), audience, leeway };
        Ok(Self { issuer, terms, ended: Arc::default() })
    }
}

/// The verifier, and the file that its keys come from.
pub(super) struct Keys {
    verifier: Arc<Verifier>,
    login: Option<LoginKeys>,
    watched: Option<Watched>,
}

struct Watched {
    path: PathBuf,
    stamp: Option<Stamp>,
}

impl Keys {
    /// Reads the configured key set, or makes the embedded issuer.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub(super) fn load(config: &Config) -> Result<Self, KeysError> {
        let (keys, watched) = if config.issues_tokens() {
            let issuer = embedded_issuer(&config.data_dir)?;
            (parse(Path::new(ISSUER_JWKS), issuer.jwks().as_bytes())?, None)
        } else {
            let path = config.identity.jwks.clone();
            // Before the file: a change in between is seen as one.
            let stamp = files::stamp(&path);
            (read(&path)?, Some(Watched { path, stamp }))
        };
        let (mut verifier, mut login) = (Verifier::new(terms(config), keys), None);
        if config.login.is_on() {
            let own = LoginKeys::load(config)?;
            let keys = parse(Path::new(LOGIN_KEY), own.issuer.jwks().as_bytes())?;
            verifier = verifier.with_logins(own.terms.clone(), keys, Arc::clone(&own.ended));
            login = Some(own);
        }
        Ok(Self { verifier: Arc::new(verifier), login, watched })
    }

    /// What signs the tokens of log-ins, once, if this hub logs anybody in.
    pub(super) fn take_login(&mut self) -> Option<LoginKeys> {
        self.login.take()
    }

    /// Checks tokens.
    pub(super) fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Reads the file again whenever it has changed, until drained. A bad file leaves the keys as they are.
    pub(super) async fn watch(mut self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::JWKS_CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = drain.raised() => return,
                _ = ticks.tick() => self.look(),
            }
        }
    }

    fn look(&mut self) {
        let Some(watched) = &mut self.watched else { return };
        let stamp = files::stamp(&watched.path);
        if stamp == watched.stamp {
            return;
        }
        watched.stamp = stamp;
        match read(&watched.path) {
            Ok(keys) => {
                self.verifier.replace_keys(&keys);
                tracing::info!(keys = keys.len(), "the key set changed and is in force");
            }
            Err(error) => tracing::warn!(%error, "the key set changed and can't be used: the old keys stay"),
        }
    }
}

fn read(path: &Path) -> Result<KeySet, KeysError> {
    let bytes = files::read(path, limits::JWKS_BYTES_MAX)
        .map_err(|error| KeysError::File { path: path.display().to_string(), error })?;
    let keys = parse(path, &bytes)?;
    tell_left_out(&keys);
    Ok(keys)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<KeySet, KeysError> {
    KeySet::parse(bytes).map_err(|error| KeysError::KeySet { path: path.display().to_string(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AccountId, MachineTime};
    use crate::identity::TokenError;

    const NOW: MachineTime = MachineTime(1_800_000_000_000);

    fn config(folder: &Path) -> Config {
        let mut config = Config::default();
        config.identity.jwks = folder.join("keys.json");
        config
    }

    #[test]
    fn the_embedded_issuer_keeps_its_key_and_shows_its_public_half() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("data");
        let first = embedded_issuer(&home).unwrap();
        assert_eq!(embedded_issuer(&home).unwrap().pkcs8(), first.pkcs8());
        assert_eq!(std::fs::read_to_string(home.join(ISSUER_JWKS)).unwrap(), first.jwks());
        std::fs::write(home.join(ISSUER_KEY), "x").unwrap();
        assert!(matches!(embedded_issuer(&home), Err(KeysError::Issuer { .. })));
    }

    #[test]
    fn a_key_set_that_is_missing_or_bad_refuses_to_start() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        assert!(matches!(Keys::load(&config), Err(KeysError::File { .. })));
        std::fs::write(&config.identity.jwks, "{}").unwrap();
        let refused = Keys::load(&config).err().unwrap();
        assert!(matches!(refused, KeysError::KeySet { error: KeySetError::Malformed, .. }), "{refused}");
    }

    #[test]
    fn a_changed_key_set_takes_over_and_a_bad_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let (old, new) = (Issuer::generate().unwrap(), Issuer::generate().unwrap());
        let token = |issuer: &Issuer| {
            let account = AccountId::parse("u1").unwrap();
            issuer.token(&account, &terms(&config), NOW, Duration::from_mins(1)).unwrap().0
        };
        std::fs::write(&config.identity.jwks, old.jwks()).unwrap();
        let mut keys = Keys::load(&config).unwrap();
        std::fs::write(&config.identity.jwks, "not a key set, and of another length").unwrap();
        keys.look();
        assert!(keys.verifier().verify(&token(&old), NOW).is_ok());
        files::replace(&config.identity.jwks, &(new.jwks() + "\n")).unwrap();
        keys.look();
        assert_eq!(keys.verifier().verify(&token(&old), NOW), Err(TokenError::KidUnknown));
        assert!(keys.verifier().verify(&token(&new), NOW).is_ok());
        std::fs::remove_file(&config.identity.jwks).unwrap();
        keys.look();
        assert!(keys.verifier().verify(&token(&new), NOW).is_ok());
    }
}
