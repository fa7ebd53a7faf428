//! What the server takes from the machine, read from `/proc`: CPU, memory, and the kernel's part of it.
//!
//! All of a server's processes count, its children too. `/proc/PID/fd` is never read: to list twenty thousand
//! descriptors makes as many kernel objects, which the next sample would count. Where another program of the machine lists
//! them (an agent that looks for open ports), these objects are taken off again, if the kernel lets us see how many there are.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

use crate::moment::now_ns;

/// One look at a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// When, on the shared clock.
    pub(crate) at_ns: u64,
    /// CPU time since the server's start, user and system.
    pub(crate) cpu_ns: u64,
    /// Resident memory.
    pub(crate) rss_bytes: u64,
    /// Resident memory with shared pages divided.
    pub(crate) pss_bytes: u64,
    /// Buffers of all TCP sockets of the machine, both ends.
    pub(crate) kernel_socket_bytes: u64,
    /// CPU time that the machine's host gave to others since the machine's start, of all CPUs.
    pub(crate) stolen_ns: u64,
    /// The kernel's objects, of the whole machine, but for the files of `/proc` that it remembers.
    pub(crate) slab_bytes: u64,
}

/// Why there is no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SampleError {
    /// The server is gone.
    #[error("the server's process {pid} has ended")]
    Gone {
        /// Which.
        pid: u32,
    },
    /// This is not the `/proc` that we know.
    #[error("/proc/{file} can't be read")]
    Unreadable {
        /// The file.
        file: &'static str,
    },
}

/// Looks at a server's processes.
#[derive(Debug)]
pub(crate) struct Sampler {
    pids: Vec<u32>,
}

impl Sampler {
    /// For these processes and their children.
    pub(crate) fn new(pids: Vec<u32>) -> Self {
        Self { pids }
    }

    /// Looks once.
    ///
    /// # Errors
    /// [`SampleError`].
    pub(crate) fn sample(&self) -> Result<Sample, SampleError> {
        let mut sample = Sample { at_ns: now_ns(), ..Sample::default() };
        for &pid in &self.pids {
            let cpu_ns = cpu_ns(pid).ok_or(SampleError::Gone { pid })?;
            sample.cpu_ns += cpu_ns;
            sample.rss_bytes += rss_bytes(pid).ok_or(SampleError::Gone { pid })?;
            sample.pss_bytes += pss_bytes(pid);
            // A child may end between two looks, as a worker of a web server does.
            for child in descendants(pid) {
                sample.cpu_ns += self::cpu_ns(child).unwrap_or_default();
                sample.rss_bytes += rss_bytes(child).unwrap_or_default();
                sample.pss_bytes += pss_bytes(child);
            }
        }
        let unreadable = |file| SampleError::Unreadable { file };
        sample.kernel_socket_bytes = socket_bytes().ok_or(unreadable("net/sockstat"))?;
        sample.stolen_ns = stolen_ns();
        let slab_bytes = kib("meminfo", "Slab:").ok_or(unreadable("meminfo"))?;
        // Readable by the superuser alone: for others all counts.
        let caches = fs::read_to_string("/proc/slabinfo").unwrap_or_default();
        sample.slab_bytes = slab_bytes.saturating_sub(remembered_bytes(&caches));
        Ok(sample)
    }
}

/// What the first line of `/proc/stat` says of all CPUs; 0 on a machine that has no host.
fn stolen_ns() -> u64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = text.lines().next().and_then(|line| line.split_whitespace().nth(8)?.parse::<u64>().ok());
    ticks.unwrap_or_default() * (1_000_000_000 / clock_ticks_per_second().max(1))
}

/// What `/proc/slabinfo` says of files of `/proc` that were looked at: an inode, its label and a name each.
fn remembered_bytes(caches: &str) -> u64 {
    let cache = |name: &str| {
        let line = caches.lines().find_map(|line| line.strip_prefix(name))?;
        let mut fields = line.split_whitespace().skip(1).map(|field| field.parse::<u64>().unwrap_or(0));
        Some((fields.next()?, fields.next()?))
    };
    let (count, inode_bytes) = cache("proc_inode_cache ").unwrap_or_default();
    let beside: u64 = ["dentry ", "lsm_inode_cache "].iter().filter_map(|name| Some(cache(name)?.1)).sum();
    count * (inode_bytes + beside)
}

/// Bytes that wait in the send queues of a server's sockets. Costs a line per socket of the machine: between phases only.
pub(crate) fn queued_bytes(port: u16) -> u64 {
    let tables =
        ["net/tcp", "net/tcp6"].map(|file| fs::read_to_string(format!("/proc/{file}")).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(|line| queued(line, port)).sum()
}

/// The send queue of one line of `/proc/net/tcp`, if its local port is this.
fn queued(line: &str, port: u16) -> Option<u64> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?.rsplit(':').next()?;
    let queues = fields.nth(2)?;
    let is_ours = u16::from_str_radix(local, 16).ok()? == port;
    is_ours.then(|| u64::from_str_radix(queues.split(':').next()?, 16).ok()).flatten()
}

/// CPU time of a process. `stat` counts threads that have ended but in ticks; `schedstat` counts in nanoseconds but
/// forgets who has ended. Both only ever miss something, so the greater is nearer.
fn cpu_ns(pid: u32) -> Option<u64> {
    let stat = read(pid, "stat")?;
    // The name may hold blanks and brackets: what follows its last bracket is fixed.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let user: u64 = fields.nth(11)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let ticks_ns = (user + system) * (1_000_000_000 / clock_ticks_per_second().max(1));
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let run_ns = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Some(ticks_ns.max(run_ns.sum()))
}

fn rss_bytes(pid: u32) -> Option<u64> {
    let pages: u64 = read(pid, "statm")?.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

/// 0 where the kernel does not tell.
fn pss_bytes(pid: u32) -> u64 {
    kib(&format!("{pid}/smaps_rollup"), "Pss:").unwrap_or_default()
}

fn socket_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/sockstat").ok()?;
    let tcp = text.lines().find(|line| line.starts_with("TCP:"))?;
    let pages: u64 = tcp.split_whitespace().skip_while(|word| *word != "mem").nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

fn descendants(pid: u32) -> Vec<u32> {
    let mut all = Vec::new();
    let mut open = vec![pid];
    while let Some(parent) = open.pop() {
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let children = text.split_whitespace().filter_map(|child| child.parse::<u32>().ok());
            for child in children {
                all.push(child);
                open.push(child);
            }
        }
    }
    all
}

fn read(pid: u32, file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
}

/// A line such as `Slab:  123 kB`, in bytes.
fn kib(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;
    use crate::moment::wait_for;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn work_of_a_child_counts_and_an_end_is_noticed() {
        // The shell waits; what burns is its child.
        let mut shell = Command::new("/bin/sh")
            .args(["-c", "(i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done) & wait"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let sampler = Sampler::new(vec![shell.id()]);
        let first = sampler.sample().unwrap();
        assert!(first.rss_bytes > 0 && first.pss_bytes > 0 && first.slab_bytes > 0);
        let burnt = || sampler.sample().ok().filter(|sample| sample.cpu_ns > first.cpu_ns + 50_000_000);
        assert!(wait_for(PATIENCE, burnt).is_some());
        let children = descendants(shell.id());
        shell.kill().unwrap();
        shell.wait().unwrap();
        for child in children {
            let _ = Command::new("kill").arg(child.to_string()).status();
        }
        assert_eq!(sampler.sample(), Err(SampleError::Gone { pid: shell.id() }));
    }

    #[test]
    fn files_of_proc_that_others_look_at_are_no_memory_of_connections() {
        let caches = "slabinfo - version: 2.1\n\
             # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>\n\
             lsm_inode_cache    72283  72320     32  128    1 : tunables    0    0    0\n\
             proc_inode_cache   36288  36300    696   23    4 : tunables    0    0    0\n\
             dentry             72736  72800    192   21    1 : tunables    0    0    0\n";
        assert_eq!(remembered_bytes(caches), 36_300 * (696 + 192 + 32));
        assert_eq!(remembered_bytes(""), 0);
    }

    #[test]
    fn what_nobody_reads_waits_in_the_servers_queue() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let chunk = vec![0; 1 << 20];
        let mut written = 0;
        while let Ok(bytes) = server.write(&chunk) {
            written += bytes;
        }
        assert!(wait_for(PATIENCE, || (queued_bytes(port) > 1 << 16).then_some(())).is_some());
        let mut rest = vec![0; written];
        client.read_exact(&mut rest).unwrap();
        assert!(wait_for(PATIENCE, || (queued_bytes(port) == 0).then_some(())).is_some());
    }
}
