//! On what a run ran: without it no figure can be compared with another.

use std::fs;
use std::process::Command;

use rustix::process::{Resource, getrlimit};
use rustix::system::uname;

use crate::outcome::Machine;

/// Kernel settings that decide how many sockets there may be and what they hold.
const SETTINGS: [&str; 8] = [
    "net/core/somaxconn",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/tcp_mem",
    "net/ipv4/tcp_rmem",
    "net/ipv4/tcp_wmem",
    "net/ipv4/tcp_tw_reuse",
    "net/ipv4/tcp_slow_start_after_idle",
];
/// Ports that a client may have if the kernel does not say.
const PORTS: u32 = 28_232;

/// Looks at this machine.
pub(crate) fn machine() -> Machine {
    let text = |path: &str| fs::read_to_string(format!("/proc/{path}")).unwrap_or_default();
    let field = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let memory = field(&text("meminfo"), "MemTotal").unwrap_or_default();
    let memory_kib: u64 =
        memory.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
    let settings = SETTINGS.iter().filter_map(|name| {
        let value = text(&format!("sys/{name}"));
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        (!value.is_empty()).then(|| (name.replace('/', "."), value))
    });
    Machine {
        cpu: field(&text("cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: memory_kib * 1024,
        kernel: uname().release().to_string_lossy().into_owned(),
        open_files_max: getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX),
        commit: commit().unwrap_or_default(),
        settings: settings.collect(),
    }
}

/// Ports that clients may have per source address.
pub(crate) fn ports() -> u32 {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = text.split_whitespace().filter_map(|end| end.parse::<u32>().ok());
    match (ends.next(), ends.next()) {
        (Some(from), Some(to)) if from <= to => to - from + 1,
        _ => PORTS,
    }
}

/// The average number of processes that wanted a CPU in the last minute.
pub(crate) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|said| !said.is_empty());
    Some(if changed { commit + "+" } else { commit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_name_memory_and_limits() {
        let machine = machine();
        assert!(!machine.cpu.is_empty() && !machine.kernel.is_empty());
        assert!(machine.cores > 0 && machine.memory_bytes > 1 << 20 && machine.open_files_max > 0);
        assert!(machine.settings.contains_key("net.core.somaxconn"));
        assert!(ports() > 1_000);
    }
}
