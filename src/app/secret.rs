//! Secrets that survive restarts, each in a file of the data folder that its owner alone may read: what the order of guardians'
//! evenings is drawn from, so that an instant once promised stays promised; and what seals letters, so that one that is sent
//! again has its name, and the link of an old one still works.

use std::path::Path;

use super::AppError;
use crate::config::{entropy, files};

const ORDER_KEY: &str = "order.key";
const LETTERS_KEY: &str = "letters.key";

const BYTES: usize = 32;

/// The secret behind the order of evenings.
///
/// # Errors
/// [`AppError::Secret`] and [`AppError::Entropy`].
pub(super) fn of_evenings(folder: &Path) -> Result<[u8; BYTES], AppError> {
    kept(&folder.join(ORDER_KEY), "with other instants for guardians")
}

/// The secret that seals letters.
///
/// # Errors
/// As for [`of_evenings`].
pub(super) fn of_letters(folder: &Path) -> Result<[u8; BYTES], AppError> {
    kept(&folder.join(LETTERS_KEY), "and links in letters of before do not work any more")
}

/// The secret in a file, drawn if it is new.
fn kept(path: &Path, price: &'static str) -> Result<[u8; BYTES], AppError> {
    let told = |error| AppError::Secret { path: path.display().to_string(), price, error };
    if !path.exists() {
        // Of two processes that come at once, what the first has written holds for both.
        files::create_secret(path, &entropy::bytes::<BYTES>()?).map_err(told)?;
    }
    let bytes = files::read(path, BYTES).map_err(told)?;
    bytes.try_into().map_err(|_| told(std::io::ErrorKind::InvalidData.into()))
}
