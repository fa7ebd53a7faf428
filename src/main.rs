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
    #[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "mimalloc")))]
    if cli.runs_a_hub() {
        bound_arenas();
    }
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    let streams = Streams { out: &mut out, err: &mut err, out_is_terminal, err_is_terminal };
    commands::run(cli, streams).unwrap_or_else(|error| {
        // A closed pipe leaves nobody to tell; the code says it.
        let _ = writeln!(io::stderr(), "preau: {error}");
        ExitCode::FAILURE
    })
}

/// Becomes the same program with one arena of the system's allocator for each processor, two at least, where nobody has said how
/// many: `docs/decisions/0009-allocator.md`. glibc reads it once, before `main` (mallopt(3)). The process stays the same one. If
/// it can't, it goes on as it is: that costs memory and nothing else.
#[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "mimalloc")))]
fn bound_arenas() {
    use std::os::unix::process::CommandExt as _;
    use std::{env, process, thread};

    const ARENAS_MAX: &str = "MALLOC_ARENA_MAX";
    if env::var_os(ARENAS_MAX).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let arenas = thread::available_parallelism().map_or(2, |processors| processors.get().max(2));
    let mut again = process::Command::new(program);
    again.args(env::args_os().skip(1)).env(ARENAS_MAX, arenas.to_string());
    let _ = again.exec();
}
