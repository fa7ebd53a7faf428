//! The way to a hub's operators' surface: found by its data folder, spoken to over HTTP.

use std::io;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Method;

use super::HubArgs;
use crate::app::operators::Pointer;
use crate::config::{Config, ConfigError};

/// A hub's limits are changed within a second; a dry run looks at every connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an operator's command failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no hub.
    #[error("{0}")]
    NoHub(String),
    /// The hub can't be reached, or speaks another language.
    #[error("the hub at {address} does not answer ({error}); is it still running?")]
    Silent {
        /// Where it should be.
        address: String,
        /// Why not.
        #[source]
        error: Box<ureq::Error>,
    },
    /// The hub refused.
    #[error("{0}")]
    Refused(String),
    /// The output can't be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// A hub that can be spoken to.
pub(in crate::commands) struct Desk {
    agent: Agent,
    pointer: Pointer,
    who: Option<String>,
}

impl Desk {
    /// Finds the hub that the arguments mean.
    ///
    /// # Errors
    /// [`DeskError::Config`] and [`DeskError::NoHub`].
    pub(in crate::commands) fn find(args: &HubArgs) -> Result<Self, DeskError> {
        let folder = match &args.data {
            Some(folder) => folder.clone(),
            None => Config::load(args.config.as_deref())?.data_dir,
        };
        let pointer = Pointer::read(&folder).map_err(DeskError::NoHub)?;
        let config = Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
        let who = args.who().as_ref().map(ToString::to_string);
        Ok(Self { agent: config.build().into(), pointer, who })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`DeskError::Silent`] and [`DeskError::Refused`].
    pub(in crate::commands) fn get(&self, path: &str) -> Result<Value, DeskError> {
        self.send(Method::GET, path, None::<&()>)
    }

    /// Wants something done, or tried.
    ///
    /// # Errors
    /// [`DeskError::Silent`] and [`DeskError::Refused`].
    pub(in crate::commands) fn order(
        &self,
        path: &str,
        is_trial: bool,
        body: &impl Serialize,
    ) -> Result<Value, DeskError> {
        let dry_run = if is_trial { "?dry_run=true" } else { "" };
        self.send(Method::POST, &format!("/v1/operator/{path}{dry_run}"), Some(body))
    }

    fn send(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Value, DeskError> {
        let silent = |error: ureq::Error| DeskError::Silent {
            address: self.pointer.address.to_string(),
            error: Box::new(error),
        };
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.pointer.address))
            .header("authorization", format!("Bearer {}", self.pointer.secret));
        if let Some(who) = &self.who {
            request = request.header("preau-who", who);
        }
        let text = match body {
            Some(body) => serde_json::to_string(body).map_err(|error| silent(error.into()))?,
            None => String::new(),
        };
        let request = request.body(text).map_err(|error| silent(error.into()))?;
        let mut answer = self.agent.run(request).map_err(silent)?;
        let body: Value = answer.body_mut().read_json().map_err(silent)?;
        if answer.status().is_success() { Ok(body) } else { Err(DeskError::Refused(refusal(&body))) }
    }
}

/// A problem as a sentence (RFC 9457).
fn refusal(problem: &Value) -> String {
    let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("the hub refused: {} ({})", text("detail"), text("code"))
}
