//! What the machine says about this process: memory and waiting for processors, from the kernel's files.
//!
//! The process's own control group (version 2) knows most: what it may take, what it has taken with its sockets, how long it
//! waited. Without one it is the resident memory beside the machine's. What can't be read counts as nothing.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::param::page_size;

/// Bytes of the kernel's line about a process's memory: seven numbers.
const STATM_BYTES_MAX: usize = 160;

/// Where the kernel says it.
pub(super) struct Machine {
    proc: PathBuf,
    /// The process's own control group.
    group: Option<PathBuf>,
    /// Bytes that the machine has, read once: the kernel adds up all of its memory for each look at that file.
    total_bytes: Option<u64>,
    /// What the kernel says of the process's memory: kept open, as it is read several times a second.
    statm: Option<File>,
}

impl Machine {
    /// Finds the process's control group.
    pub(super) fn here() -> Self {
        Self::at(Path::new("/proc"), Path::new("/sys/fs/cgroup"))
    }

    fn at(proc: &Path, groups: &Path) -> Self {
        let own = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let group = own.map(|own| groups.join(own)).filter(|group| group.join("memory.current").exists());
        let total = fs::read_to_string(proc.join("meminfo")).ok();
        let total_bytes = total.and_then(|said| Some(field(&said, "MemTotal:")? * 1024));
        let statm = File::open(proc.join("self/statm")).ok();
        Self { proc: proc.to_owned(), group, total_bytes, statm }
    }

    /// The part of the memory that it may take which it has taken, with so much of it resident.
    pub(super) fn memory_part(&self, resident_bytes: u64) -> f32 {
        let of_group = self.group.as_ref().and_then(|group| {
            let limit = number(&group.join("memory.max"))?;
            Some((number(&group.join("memory.current"))?, limit))
        });
        let of_machine = || self.total_bytes.map(|total| (resident_bytes, total));
        let (used, may_take) = of_group.or_else(of_machine).unwrap_or((0, 1));
        part(used, may_take)
    }

    /// The part of the last ten seconds in which something of this process waited for a processor. Only its own control
    /// group knows: what the machine's other processes wait for says nothing about this one.
    pub(super) fn psi_part(&self) -> f32 {
        let said = self.group.as_ref().and_then(|group| fs::read_to_string(group.join("cpu.pressure")).ok());
        let some =
            said.as_deref().and_then(|said| said.lines().find_map(|line| line.strip_prefix("some avg10=")));
        let percent = some.and_then(|some| some.split_whitespace().next()?.parse::<f32>().ok());
        percent.unwrap_or_default() / 100.0
    }

    /// Whether the kernel says how long it waited.
    pub(super) fn measures_psi(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.join("cpu.pressure").exists())
    }

    /// Bytes that the process may take: its control group's limit, or all of the machine's.
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        let of_group = self.group.as_ref().and_then(|group| number(&group.join("memory.max")));
        match (of_group, self.total_bytes) {
            (Some(group), Some(machine)) => Some(group.min(machine)),
            (one, other) => one.or(other),
        }
    }

    /// Bytes of it that are resident.
    pub(super) fn resident_bytes(&self) -> Option<u64> {
        let mut said = [0; STATM_BYTES_MAX];
        let length = self.statm.as_ref()?.read_at(&mut said, 0).ok()?;
        let said = str::from_utf8(&said[..length]).ok()?;
        let pages = said.split_whitespace().nth(1)?.parse::<u64>().ok()?;
        Some(pages * page_size() as u64)
    }

    /// Bytes of all TCP buffers in use, which the kernel counts in pages; in a container they are those of its network alone.
    pub(super) fn socket_bytes(&self) -> Option<u64> {
        let said = fs::read_to_string(self.proc.join("net/sockstat")).ok()?;
        let tcp = said.lines().find_map(|line| line.strip_prefix("TCP:"))?;
        let mut words = tcp.split_whitespace().skip_while(|word| *word != "mem");
        words.nth(1)?.parse::<u64>().ok().map(|pages| pages * page_size() as u64)
    }

    /// Files that the process may open.
    pub(super) fn files_max(&self) -> Option<u64> {
        let said = fs::read_to_string(self.proc.join("self/limits")).ok()?;
        let files = said.lines().find_map(|line| line.strip_prefix("Max open files"))?;
        files.split_whitespace().next()?.parse().ok()
    }
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// One number's share of another.
#[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
pub(super) fn part(of: u64, whole: u64) -> f32 {
    of as f32 / whole.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f32, expected: f32) -> bool {
        (found - expected).abs() < 0.001
    }

    fn used(machine: &Machine) -> f32 {
        machine.memory_part(machine.resident_bytes().unwrap_or_default())
    }

    /// A folder with these files.
    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let machine = Machine::at(&folder.path().join("proc"), &folder.path().join("cgroup"));
        (folder, machine)
    }

    const RESIDENT: (&str, &str) = ("proc/self/statm", "9000 250 90 60 0 800 0\n");
    const TOTAL: (&str, &str) = ("proc/meminfo", "MemTotal:        4000 kB\nMemFree: 1 kB\n");
    const GROUP: (&str, &str) = ("proc/self/cgroup", "0::/hub.slice/hub\n");
    const CURRENT: (&str, &str) = ("cgroup/hub.slice/hub/memory.current", "800\n");

    #[test]
    fn a_control_group_with_a_limit_knows_best() {
        let pressure = "some avg10=12.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00\n";
        let (_folder, machine) = machine(&[
            RESIDENT,
            TOTAL,
            GROUP,
            CURRENT,
            ("cgroup/hub.slice/hub/memory.max", "1000\n"),
            ("cgroup/hub.slice/hub/cpu.pressure", pressure),
        ]);
        assert!(close(used(&machine), 0.8), "{}", used(&machine));
        assert!(close(machine.psi_part(), 0.125), "{}", machine.psi_part());
    }

    #[test]
    fn without_a_limit_the_machine_is_the_limit_and_what_can_not_be_read_is_nothing() {
        let unlimited = [RESIDENT, TOTAL, GROUP, CURRENT, ("cgroup/hub.slice/hub/memory.max", "max\n")];
        for files in [&unlimited[..], &[RESIDENT, TOTAL]] {
            let (_folder, machine) = machine(files);
            let expected = part(250 * page_size() as u64, 4_000 * 1024);
            assert!(close(used(&machine), expected), "{}", used(&machine));
            assert!(close(machine.psi_part(), 0.0));
        }
        let (_folder, nowhere) = machine(&[]);
        assert!(close(used(&nowhere), 0.0));
    }

    #[test]
    fn this_machine_can_be_read() {
        let part = used(&Machine::here());
        assert!(part > 0.0 && part < 1.0, "{part}");
    }
}
