//! A shell that goes through a chapter: one bash for all of its blocks, in a folder of its own, which ends with it together
//! with whatever it started.
//!
//! A hub that is started takes a free port; from then on the page's `http://127.0.0.1:8080` means that one.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

/// How long nothing may be printed before a block counts as stuck.
const PATIENCE: Duration = Duration::from_mins(2);
/// How much of what was complained about is shown.
const COMPLAINT_CHARACTERS: usize = 4_000;
/// Lines that wait to be looked at; whoever prints more waits.
const LINES_MAX: usize = 1_024;
const ADDRESS_ON_THE_PAGE: &str = "http://127.0.0.1:8080";
const ADDRESS: &str = "http://127.0.0.1:";

/// One chapter's shell.
pub(crate) struct Shell {
    folder: TempDir,
    replacements: Vec<(&'static str, String)>,
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
    blocks: usize,
    hub: Option<String>,
}

impl Shell {
    /// A shell, in an environment without settings. What is replaced may lie in its folder.
    pub(crate) fn open(replacements: impl Fn(&Path) -> Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let complaints = fs::File::create(folder.path().join("complaints")).unwrap();
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args(["--noprofile", "--norc", "-euo", "pipefail", "-s"])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .envs([("PREAU_ADDR", "127.0.0.1:0"), ("PREAU_OPERATOR_ADDR", "127.0.0.1:0")])
            // What is fetched was fetched by `make setup`.
            .envs([("npm_config_offline", "true"), ("npm_config_audit", "false"), ("PIP_NO_INDEX", "1")])
            .envs([("npm_config_update_notifier", "false"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .process_group(0)
            .spawn()
            .expect("there is a bash");
        let (sender, lines) = sync_channel(LINES_MAX);
        let output = BufReader::new(child.stdout.take().unwrap());
        let read = move || {
            let _ = output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        };
        let reader = Some(thread::Builder::new().name("shell output".to_owned()).spawn(read).unwrap());
        let input = child.stdin.take().unwrap();
        let replacements = replacements(folder.path());
        let mut shell = Self { folder, replacements, child, input, lines, reader, blocks: 0, hub: None };
        // Whatever ends the shell ends what it started, so that nothing holds the output open.
        writeln!(shell.input, "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT").unwrap();
        writeln!(shell.input, "export PATH={}:$PATH", programs()).unwrap();
        shell
    }

    /// Puts a file of the page where it says.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(self.meant(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.meant(text)).unwrap();
    }

    /// Runs a block to its end: what it printed, or why it failed.
    pub(crate) fn run(&mut self, text: &str) -> Result<Vec<String>, String> {
        self.blocks += 1;
        let end = format!("end of block {}", self.blocks);
        let script = self.folder.path().join(format!("block-{}.sh", self.blocks));
        fs::write(&script, self.meant(text)).unwrap();
        writeln!(self.input, ". {} </dev/null\necho; echo '{end}'", script.display())
            .map_err(|error| format!("the shell has ended: {error}"))?;
        let mut printed = Vec::new();
        loop {
            let line = self.line(text)?;
            if line == end {
                break;
            }
            printed.push(line);
        }
        // The empty line before the mark, which is there in case the block's last line has no end.
        if printed.last().is_some_and(String::is_empty) {
            printed.pop();
        }
        if text.lines().any(starts_a_hub) {
            self.hub = printed.iter().find_map(|line| address(line));
            while self.hub.is_none() {
                self.hub = address(&self.line(text)?);
            }
        }
        Ok(printed)
    }

    fn line(&self, block: &str) -> Result<String, String> {
        self.lines.recv_timeout(PATIENCE).map_err(|error| {
            let why = match error {
                RecvTimeoutError::Timeout => "is stuck",
                RecvTimeoutError::Disconnected => "failed",
            };
            let complaints = fs::read_to_string(self.folder.path().join("complaints")).unwrap_or_default();
            let skipped = complaints.chars().count().saturating_sub(COMPLAINT_CHARACTERS);
            let complaints: String = complaints.chars().skip(skipped).collect();
            format!("this {why}:\n{block}\n{complaints}")
        })
    }

    /// A text of the page as it is meant here.
    fn meant(&self, text: &str) -> String {
        let address = self.hub.clone().unwrap_or_else(|| ADDRESS_ON_THE_PAGE.to_owned());
        let text = text.replace(ADDRESS_ON_THE_PAGE, &address);
        self.replacements.iter().fold(text, |text, (page, here)| text.replace(page, here))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
        // To its end: nobody is left who could go on printing.
        while self.lines.recv().is_ok() {}
        let _ = self.reader.take().unwrap().join();
    }
}

/// The program under test first, then the clients that `make setup` installs; the machine's come after them.
fn programs() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_preau")).parent().unwrap();
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/venv/bin");
    assert!(venv.is_dir(), "run `make setup` first");
    format!("{}:{}", program.display(), venv.display())
}

fn starts_a_hub(line: &str) -> bool {
    line.ends_with('&') && (line.starts_with("preau serve") || line.starts_with("preau demo"))
}

/// The address in a line that a hub prints.
fn address(line: &str) -> Option<String> {
    let place = line.find(ADDRESS)?;
    line[place..].split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell() -> Shell {
        Shell::open(|folder| vec![("/etc/preau", format!("{}/etc", folder.display()))])
    }

    #[test]
    fn blocks_share_one_shell_and_what_is_replaced() {
        let mut shell = shell();
        shell.write("/etc/preau/a.txt", "one\n");
        assert_eq!(shell.run("name=/etc/preau/a.txt\n").unwrap(), [""; 0]);
        assert_eq!(shell.run("cat $name; printf 'without an end'").unwrap(), ["one", "without an end"]);
    }

    #[test]
    fn a_command_that_fails_fails_its_block_with_what_it_said() {
        let why = shell().run("echo before\nls /no/such/folder\necho after\n").unwrap_err();
        assert!(why.contains("this failed") && why.contains("/no/such/folder"), "{why}");
        let why = shell().run("false | true\necho after\n").unwrap_err();
        assert!(why.contains("this failed"), "{why}");
        let mut left = shell();
        left.run("sleep 1000 &\n").unwrap();
        // What was started does not keep the failure from being seen.
        assert!(left.run("exit 1\n").unwrap_err().contains("this failed"));
    }

    #[test]
    fn a_hub_is_known_by_what_it_prints() {
        assert!(starts_a_hub("preau serve --config a &") && !starts_a_hub("preau serve --help"));
        assert_eq!(address("  open:  http://127.0.0.1:4321  x"), Some("http://127.0.0.1:4321".to_owned()));
        let mut shell = shell();
        shell.run("preau demo --addr 127.0.0.1:0 --data demo &\n").unwrap();
        let health = shell.run("curl --fail --silent http://127.0.0.1:8080/healthz >health && echo well\n");
        // What the demo says besides its address may come later.
        assert_eq!(health.unwrap().last().unwrap(), "well");
    }
}
