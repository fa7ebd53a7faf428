//! `preau ops status`: the hub on one screen.

use std::io::Write;

use super::desk::{Desk, DeskError};

/// Prints how the hub stands.
pub(super) fn run(desk: &Desk, is_json: bool, out: &mut dyn Write) -> Result<(), DeskError> {
    let standing = desk.get("/v1/operator/status")?;
    if is_json {
        writeln!(out, "{standing}")?;
        return Ok(());
    }
    writeln!(out, "{standing:#}")?;
    Ok(())
}
