//! What the hub tells its operators about its gate, each second: seats, load, who waits.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::http;
use crate::moment::now_ns;

/// The file in the hub's folder that says where operators ask.
const POINTER_FILE: &str = "operator.json";
/// For one answer. Longer: this look is missed, and counted.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// Bytes of an answer. More: missed too.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Where operators ask, and with what.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Operators {
    address: SocketAddr,
    secret: String,
    /// A connection that is kept: one that is opened for each look costs a hub at rest more than the look.
    #[serde(skip)]
    line: Arc<Mutex<Option<TcpStream>>>,
}

/// The gate at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Status {
    /// When, on the shared clock.
    pub(crate) at_ns: u64,
    /// Seats in force.
    pub(crate) seats: u32,
    /// Seats that capacity and settings allow.
    pub(crate) seats_allowed: u32,
    /// Seats that somebody has.
    pub(crate) taken: u32,
    /// Who waits, about.
    pub(crate) waiting: u32,
    /// The load level.
    pub(crate) level: u8,
    /// Admissions per second.
    pub(crate) rate: f64,
}

#[derive(Deserialize)]
struct Answer {
    gate: Gate,
}

#[derive(Deserialize)]
struct Gate {
    level: u8,
    rate: f64,
    seats: u32,
    seats_allowed: u32,
    classes: Vec<Class>,
}

#[derive(Deserialize)]
struct Class {
    taken: u32,
    waiting: u32,
}

impl Operators {
    /// As the hub has written it down in its folder; `None` for a hub that has not.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(POINTER_FILE)).ok()?).ok()
    }

    /// Asks once. A connection that breaks is opened anew at the next look.
    ///
    /// # Errors
    /// The system's, or that the answer is not one.
    pub(crate) fn ask(&self) -> io::Result<Status> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stream = match line.take() {
            Some(stream) => stream,
            None => TcpStream::connect_timeout(&self.address, ANSWER_WAIT)?,
        };
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        let Self { address, secret, .. } = self;
        write!(
            stream,
            "GET /v1/operator/status HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\n\r\n"
        )?;
        let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
        while bytes.len() < ANSWER_BYTES_MAX {
            let count = stream.read(&mut part)?;
            bytes.extend_from_slice(&part[..count]);
            if let Some(status) = status(&bytes) {
                *line = Some(stream);
                return Ok(status);
            }
            if count == 0 {
                break;
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}

fn status(bytes: &[u8]) -> Option<Status> {
    let answer = http::read(bytes).ok()??;
    let Answer { gate } = serde_json::from_slice(answer.body).ok()?;
    let Gate { level, rate, seats, seats_allowed, classes } = gate;
    let sum = |count: fn(&Class) -> u32| classes.iter().map(count).sum();
    let (taken, waiting) = (sum(|class| class.taken), sum(|class| class.waiting));
    Some(Status { at_ns: now_ns(), seats, seats_allowed, taken, waiting, level, rate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_read_from_what_operators_are_told() {
        let body = r#"{"version":"0.1.0","gate":{"level":2,"pressure":0.8,"rate":140.5,"seats":6000,
            "seats_allowed":6100,"free":1000,"classes":[{"class":"teacher","taken":300,"waiting":0},
            {"class":"student","taken":4700,"waiting":900}]}}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let found = status(answer.as_bytes()).unwrap();
        let wanted = Status {
            at_ns: found.at_ns,
            seats: 6_000,
            seats_allowed: 6_100,
            taken: 5_000,
            waiting: 900,
            level: 2,
            rate: 140.5,
        };
        assert_eq!(found, wanted);
        assert_eq!(status(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"), None);
    }
}
