//! The line to the identity provider: the one place that sends it anything.
//!
//! Each question has a deadline and its answer a bound, and no redirect is followed: a secret goes where the provider's own
//! document says and nowhere else. What it said last stays in use while it is away, which the metric and the log tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore};
use url::form_urlencoded::byte_serialize;

use super::AppError;
use super::keys::tell_left_out;
use crate::base::drain::DrainSignal;
use crate::base::metrics::{CodeLabel, Metrics};
use crate::base::{Clock, MachineTime, limits};
use crate::config::{LoginConfig, files};
use crate::http::login::{Asked, Known, Provider, ProviderError};
use crate::identity::KeySet;
use crate::identity::login::Metadata;

/// Where a provider says what it is (`OpenID` Connect Discovery 1.0 §4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The workspace's identity provider.
pub(super) struct Workspace {
    http: Client,
    issuer: String,
    client_id: String,
    secret: Option<String>,
    redirect_uri: String,
    known: ArcSwapOption<Known>,
    /// Whether the last question about itself failed: told once, not each time.
    is_away: AtomicBool,
    /// When a key was last looked for, which one does for all.
    looked_at: Mutex<Option<MachineTime>>,
    redeeming: Semaphore,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

/// What a code is redeemed for.
#[derive(Deserialize)]
struct Redeemed {
    id_token: String,
}

/// Why a code is not (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// A question that failed, in a word for the log that holds nothing of the answer.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no answer: {0}")]
    Line(#[from] reqwest::Error),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("an answer longer than {} bytes", limits::PROVIDER_ANSWER_BYTES_MAX)]
    TooLong,
    #[error("{0}")]
    Metadata(#[from] crate::identity::login::MetadataError),
    #[error("{0}")]
    Keys(#[from] crate::identity::KeySetError),
}

impl Workspace {
    /// The line to the configured provider. Nothing is asked yet.
    ///
    /// # Errors
    /// [`AppError::Login`].
    pub(super) fn open(
        config: &LoginConfig,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Result<Arc<Self>, AppError> {
        let builder = Client::builder()
            .redirect(Policy::none())
            .timeout(limits::PROVIDER_DEADLINE)
            .user_agent(concat!("preau/", env!("CARGO_PKG_VERSION")));
        let told = |error: &dyn std::fmt::Display| AppError::Login(error.to_string());
        Ok(Arc::new(Self {
            http: builder.build().map_err(|error| told(&error))?,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            secret: secret(config)?,
            redirect_uri: config.redirect_uri().unwrap_or_default(),
            known: ArcSwapOption::empty(),
            is_away: AtomicBool::new(false),
            looked_at: Mutex::new(None),
            redeeming: Semaphore::new(limits::PROVIDER_REDEEMING_MAX),
            clock,
            metrics,
        }))
    }

    /// Asks the provider at start, again when what it said is old, and soon while it is away; until drained.
    pub(super) async fn watch(self: Arc<Self>, mut drain: DrainSignal) {
        loop {
            let rest = match self.ask().await {
                Ok(()) => limits::PROVIDER_MAX_AGE,
                Err(_) => limits::PROVIDER_RETRY,
            };
            if tokio::time::timeout(rest, drain.raised()).await.is_ok() {
                return;
            }
        }
    }

    /// Asks the provider what it is, and for its keys.
    async fn ask(&self) -> Result<(), ProviderError> {
        let found = self.read_all().await;
        self.take(found, "discovery")
    }

    async fn read_all(&self) -> Result<Known, Trouble> {
        let address = format!("{}{WELL_KNOWN}", self.issuer.trim_end_matches('/'));
        let metadata = Metadata::parse(&self.get(&address).await?, &self.issuer)?;
        let keys = KeySet::parse(&self.get(metadata.jwks_uri.as_str()).await?)?;
        Ok(Known { metadata, keys })
    }

    /// Asks for the keys alone, where the provider has said that they are.
    async fn read_keys(&self) -> Result<Known, Trouble> {
        match self.known.load_full() {
            None => self.read_all().await,
            Some(known) => {
                let keys = KeySet::parse(&self.get(known.metadata.jwks_uri.as_str()).await?)?;
                Ok(Known { metadata: known.metadata.clone(), keys })
            }
        }
    }

    /// Puts what was found into use; if nothing was, what was known stays.
    fn take(&self, found: Result<Known, Trouble>, what: &'static str) -> Result<(), ProviderError> {
        match found {
            Ok(known) => {
                self.metrics.provider_known.set(1);
                let before = self.known.load();
                if before.as_ref().is_none_or(|before| !before.keys.has_same_names(&known.keys)) {
                    self.metrics.provider_key_changes.inc();
                    tracing::info!(keys = known.keys.len(), "the identity provider's keys are in force");
                    tell_left_out(&known.keys);
                }
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the identity provider answers again");
                }
                self.known.store(Some(Arc::new(known)));
                Ok(())
            }
            Err(trouble) => {
                self.fails(what);
                self.metrics.provider_known.set(0);
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    let keeps = self.known.load().is_some();
                    tracing::warn!(%trouble, what, keeps, "the identity provider is away");
                }
                Err(ProviderError::Away)
            }
        }
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, Trouble> {
        let response = self.http.get(address).header("accept", "application/json").send().await?;
        match response.status() {
            StatusCode::OK => read(response).await,
            status => Err(Trouble::Status(status)),
        }
    }

    async fn redeem_code(&self, code: &str, verifier: &str) -> Result<String, ProviderError> {
        let known = self.known.load_full().ok_or(ProviderError::Away)?;
        let _place = self.redeeming.try_acquire().map_err(|_| ProviderError::Busy)?;
        let request = self.request(&known.metadata, code, verifier);
        let answer = async {
            let response = request.send().await?;
            let status = response.status();
            Ok::<_, Trouble>((status, read(response).await?))
        };
        let (status, body) = answer.await.map_err(|trouble| {
            self.fails("token");
            tracing::warn!(%trouble, "the identity provider did not redeem a code");
            ProviderError::Away
        })?;
        if status == StatusCode::OK {
            let redeemed = serde_json::from_slice::<Redeemed>(&body);
            return redeemed.map(|redeemed| redeemed.id_token).map_err(|_| self.fails("token"));
        }
        let refused = serde_json::from_slice::<Refused>(&body);
        if refused.is_ok_and(|refused| refused.error == "invalid_grant") {
            return Err(ProviderError::Refused);
        }
        tracing::error!(%status, "the identity provider refuses the hub: check login.client_id and its secret");
        Err(self.fails("token"))
    }

    /// The token request (RFC 6749 §4.1.3), with the verifier (RFC 7636 §4.5) and the hub's own name and secret.
    fn request(&self, metadata: &Metadata, code: &str, verifier: &str) -> RequestBuilder {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ]);
        let request = self.http.post(metadata.token_endpoint.clone());
        let request = match &self.secret {
            Some(secret) if !metadata.secret_in_body => {
                // §2.3.1: each is encoded as in a form first.
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                request.basic_auth(encoded(&self.client_id), Some(encoded(secret)))
            }
            secret => {
                form.append_pair("client_id", &self.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret);
                }
                request
            }
        };
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.finish())
    }

    fn fails(&self, what: &'static str) -> ProviderError {
        self.metrics.provider_failures.get_or_create(&CodeLabel { code: what }).inc();
        ProviderError::Away
    }

    async fn look(&self) -> Result<(), ProviderError> {
        let mut looked_at = self.looked_at.lock().await;
        let now = self.clock.machine();
        let is_recent = |at: MachineTime| now.since(at) < limits::PROVIDER_KEY_INTERVAL;
        if looked_at.is_some_and(is_recent) {
            // Whoever came while another asked finds its answer; whoever comes too often finds what there was.
            return Ok(());
        }
        *looked_at = Some(now);
        let found = self.read_keys().await;
        self.take(found, "keys")
    }
}

impl Provider for Arc<Workspace> {
    fn known(&self) -> Option<Arc<Known>> {
        self.known.load_full()
    }

    fn redeem<'a>(&'a self, code: &'a str, verifier: &'a str) -> Asked<'a, String> {
        Box::pin(self.redeem_code(code, verifier))
    }

    fn look_for_key(&self) -> Asked<'_, ()> {
        Box::pin(self.look())
    }
}

/// Reads an answer, as long as it may be.
async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > limits::PROVIDER_ANSWER_BYTES_MAX {
            return Err(Trouble::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The client's secret, without the line break that editors put behind it.
fn secret(config: &LoginConfig) -> Result<Option<String>, AppError> {
    let path = &config.client_secret_file;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let told = |why: &dyn std::fmt::Display| {
        AppError::Login(format!("login.client_secret_file {}: {why}", path.display()))
    };
    let bytes = files::read(path, limits::CLIENT_SECRET_BYTES_MAX).map_err(|error| told(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| told(&error))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(told(&"it is empty")) } else { Ok(Some(text.to_owned())) }
}
