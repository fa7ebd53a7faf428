//! The binary, and what it says when it is run to its end.

use tokio::process::Command;

use super::client::PATIENCE;

/// What the machine may be pressed by without a hub's closing its gate: in a container, tests and builds beside it are of one
/// control group with it. Whoever looks at a loaded hub sets its own.
const OUT_OF_REACH: [(&str, &str); 4] = [
    ("PREAU_ADMISSION__WATERMARKS__PSI_PART__LOW", "2.0"),
    ("PREAU_ADMISSION__WATERMARKS__PSI_PART__HIGH", "3.0"),
    ("PREAU_ADMISSION__WATERMARKS__MEMORY_PART__LOW", "2.0"),
    ("PREAU_ADMISSION__WATERMARKS__MEMORY_PART__HIGH", "3.0"),
];

/// The binary, in an environment without settings but these.
pub(super) fn preau(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preau"));
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
        command.env_remove(name);
    }
    command.envs(OUT_OF_REACH);
    command
}

/// Runs the binary to its end: the exit code, and what it said on standard output and standard error.
pub(crate) async fn outcome(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = preau(arguments).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("the command ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
