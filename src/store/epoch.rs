//! Draws the number of a store's new life.

use crate::base::Epoch;

/// The machine gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct DrawError;

/// A random epoch, for a store that is made or restored. It must differ from those that readers have seen, which no
/// counter in the lost or replaced database could promise.
///
/// # Errors
/// [`DrawError`] if the machine has no randomness.
pub fn draw_epoch() -> Result<Epoch, DrawError> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| DrawError)?;
    Ok(Epoch(u32::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_differ() {
        let drawn: std::collections::HashSet<_> = (0..8).map(|_| draw_epoch().unwrap()).collect();
        assert!(drawn.len() > 1);
    }
}
