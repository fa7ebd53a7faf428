//! A secret that survives restarts: what the order of guardians' evenings is drawn from, so that an instant once promised
//! stays promised.

use std::path::Path;

use super::AppError;
use crate::config::{entropy, files};

/// The file in the data folder, readable by its owner alone.
const ORDER_KEY: &str = "order.key";

const BYTES: usize = 32;

/// The secret of a data folder, drawn if it is new.
///
/// # Errors
/// [`AppError::Secret`] and [`AppError::Entropy`].
pub(super) fn kept(folder: &Path) -> Result<[u8; BYTES], AppError> {
    let path = folder.join(ORDER_KEY);
    let told = |error| AppError::Secret { path: path.display().to_string(), error };
    if !path.exists() {
        // Of two processes that come at once, what the first has written holds for both.
        files::create_secret(&path, &entropy::bytes::<BYTES>()?).map_err(told)?;
    }
    let bytes = files::read(&path, BYTES).map_err(told)?;
    bytes.try_into().map_err(|_| told(std::io::ErrorKind::InvalidData.into()))
}
