//! The file by which operators on the machine itself find the hub and may run it: `operator.json` in the data folder.
//!
//! It is written at start, readable by its owner alone, and removed at the end. The secret in it is another at each start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::AppError;
use crate::base::limits;
use crate::config::files;
use crate::http::edge::Edge;

/// The file's name.
pub const OPERATOR_NOTICE: &str = "operator.json";

/// Where the operators' surface is, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Where it listens.
    pub address: SocketAddr,
    /// To be sent as a bearer token.
    pub secret: String,
}

/// The file, while it lies there.
pub(super) struct Notice(PathBuf);

impl Notice {
    /// Writes the file, in the place of one that a hub left which was killed.
    ///
    /// # Errors
    /// [`AppError::Notice`].
    pub(super) fn put(folder: &Path, address: SocketAddr, edge: &Edge) -> Result<Self, AppError> {
        let path = folder.join(OPERATOR_NOTICE);
        let pointer = Pointer { address, secret: edge.operators().as_str().to_owned() };
        let written = serde_json::to_vec(&pointer).map_err(Into::into);
        written
            .and_then(|bytes| files::replace_secret(&path, &bytes))
            .map_err(|error| AppError::Notice { path: path.display().to_string(), error })?;
        Ok(Self(path))
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        // What stays behind opens nothing: the secret ends with the process.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Pointer {
    /// Reads the file in a data folder.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join(OPERATOR_NOTICE);
        let hint = |error: &dyn std::fmt::Display| {
            format!(
                "no hub runs on {}: {} can't be read ({error}); --data or --config name its data folder",
                folder.display(),
                path.display()
            )
        };
        let bytes = files::read(&path, limits::ISSUER_KEY_BYTES_MAX).map_err(|error| hint(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| hint(&error))
    }
}
