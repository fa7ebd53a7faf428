//! The relay: lines to it, and what it says of a letter.
//!
//! A line is opened, protected and logged in on before any letter is begun: what fails there is the relay's fault and no
//! letter's. From the recipient's address on, an answer is about that one letter. Errors hold codes alone: a relay's words
//! often repeat the address.

use std::future::Future;
use std::net::Ipv4Addr;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{Error, response::Response};

use super::settings::{Settings, Tls};
use crate::base::limits;

/// Why there can be no relay with these settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// TLS can't be set up for that host.
    #[error("TLS can't be set up for mail.host")]
    Tls,
    /// The sender's address is none.
    #[error("mail.from is no address")]
    From,
}

/// Where mail goes.
pub struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    from: Address,
}

/// An open line to the relay.
pub(super) struct Line(AsyncSmtpConnection);

/// Why no letter can be handed over on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// Nobody answers, or not in time, or the line broke.
    #[error("no line to the relay, or it broke")]
    Broken,
    /// The relay answers, and takes nothing from us: its code.
    #[error("the relay takes nothing from this sender: {0}")]
    Unwilling(u16),
    /// TLS or the log-in is not possible with it.
    #[error(
        "the relay offers no TLS or log-in that fits the configuration, or its certificate is not trusted"
    )]
    Unfit,
}

/// What the relay says of one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has taken it.
    Taken,
    /// Never: its code.
    Refused(u16),
    /// Not now: its code.
    Later(u16),
    /// The line broke before the letter was said.
    Broken,
    /// The line broke after: the relay may have taken it.
    Ambiguous,
}

impl Relay {
    /// The relay of checked settings, with the password if there is a user.
    ///
    /// # Errors
    /// See [`RelayError`].
    pub fn new(settings: &Settings, password: &str) -> Result<Self, RelayError> {
        let from: Address = settings.from.parse().map_err(|_| RelayError::From)?;
        let is_named = !settings.user.is_empty();
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            tls: settings.tls,
            parameters: TlsParameters::new(settings.host.clone()).map_err(|_| RelayError::Tls)?,
            credentials: is_named.then(|| Credentials::new(settings.user.clone(), password.to_owned())),
            // What we are called is no business of the relay's, and this form is always right (RFC 5321 §4.1.3).
            hello: ClientId::Ipv4(Ipv4Addr::LOCALHOST),
            from,
        })
    }

    /// Opens a line, on which the sender is announced.
    ///
    /// # Errors
    /// See [`LineError`].
    pub(super) async fn open(&self, to: &Address) -> Result<Line, LineError> {
        let (wait, at_once) = (limits::RELAY_TIMEOUT, self.tls == Tls::Tls);
        let parameters = at_once.then(|| self.parameters.clone());
        let address = (self.host.as_str(), self.port);
        let opened = AsyncSmtpConnection::connect_tokio1(address, Some(wait), &self.hello, parameters, None);
        let mut line = Line(in_time(opened).await?);
        if self.tls == Tls::Starttls {
            in_time(line.0.starttls(self.parameters.clone(), &self.hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            in_time(line.0.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        line.announce(self, to).await?;
        Ok(line)
    }
}

impl Line {
    /// Announces the sender of one more letter: whether the line still holds, and the relay takes anything from us.
    ///
    /// # Errors
    /// See [`LineError`].
    pub(super) async fn announce(&mut self, relay: &Relay, to: &Address) -> Result<(), LineError> {
        let is_wide = !is_ascii(to) || !is_ascii(&relay.from);
        let speaks_wide = self.0.server_info().supports_feature(Extension::SmtpUtfEight);
        let parameters = if is_wide && speaks_wide { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        in_time(self.0.command(Mail::new(Some(relay.from.clone()), parameters))).await.map(drop)
    }

    /// Hands over a letter whose sender is announced.
    pub(super) async fn hand_over(&mut self, to: &Address, bytes: &[u8]) -> Verdict {
        if let Err(verdict) = self.say(Rcpt::new(to.clone(), Vec::new())).await {
            return verdict;
        }
        if let Err(verdict) = self.say(Data).await {
            return verdict;
        }
        match tokio::time::timeout(limits::RELAY_TIMEOUT, self.0.message(bytes)).await {
            Ok(Ok(_)) => Verdict::Taken,
            Ok(Err(error)) => verdict(&error).unwrap_or(Verdict::Ambiguous),
            Err(_) => Verdict::Ambiguous,
        }
    }

    /// Takes back what was announced; whether the line still holds.
    pub(super) async fn reset(&mut self) -> bool {
        in_time(self.0.command(Rset)).await.is_ok()
    }

    /// Ends the line as is proper.
    pub(super) async fn end(mut self) {
        // A relay that does not say goodbye is left.
        let _ = in_time(self.0.quit()).await;
    }

    async fn say(&mut self, command: impl std::fmt::Display) -> Result<Response, Verdict> {
        match tokio::time::timeout(limits::RELAY_TIMEOUT, self.0.command(command)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(verdict(&error).unwrap_or(Verdict::Broken)),
            Err(_) => Err(Verdict::Broken),
        }
    }
}

/// What a refusal says of the letter; nothing if it is none.
fn verdict(error: &Error) -> Option<Verdict> {
    let code = error.status().map(u16::from)?;
    Some(if error.is_permanent() { Verdict::Refused(code) } else { Verdict::Later(code) })
}

/// The relay's answer, if it comes in time and is not a refusal.
async fn in_time<T>(asked: impl Future<Output = Result<T, Error>>) -> Result<T, LineError> {
    match tokio::time::timeout(limits::RELAY_TIMEOUT, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.is_client() || error.is_tls() => Err(LineError::Unfit),
        Ok(Err(error)) => {
            Err(error.status().map_or(LineError::Broken, |code| LineError::Unwilling(code.into())))
        }
        Err(_) => Err(LineError::Broken),
    }
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}
