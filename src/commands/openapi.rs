//! `preau openapi`: prints the document that `docs/openapi.json` holds.

use std::io::{self, Write};
use std::process::ExitCode;

use super::fail;
use crate::http::openapi::document;

/// Runs the command.
///
/// # Errors
/// Those of the two writers.
pub fn run(out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    match document() {
        Ok(document) => {
            out.write_all(document.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => fail(err, &error),
    }
}
