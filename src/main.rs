//! The thin binary: arguments in, an exit code out. Everything else is the library's.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use preau::commands::roster::Streams;
use preau::commands::{self, Cli};

/// Instead of the system's, where handshakes count for more than memory: `docs/decisions/0009-allocator.md`.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    let streams = Streams { out: &mut out, err: &mut err, out_is_terminal, err_is_terminal };
    commands::run(cli, streams).unwrap_or_else(|error| {
        // A closed pipe leaves nobody to tell; the code says it.
        let _ = writeln!(io::stderr(), "preau: {error}");
        ExitCode::FAILURE
    })
}
