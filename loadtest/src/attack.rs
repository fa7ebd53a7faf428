//! Who wants the hub no good: threads beside the workers, for as long as a phase lasts.
//!
//! They count what they were answered and judge nothing; whether anybody noticed is in the figures of everybody else.
//! Each waits for its next turn on the channel whose other end is dropped when the phase is over.

mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use rustix::process::setpriority_process;
use socket2::{Domain, Protocol, Socket, Type};

use crate::breath::Breath;
use crate::door::Word;
use crate::guest::{Guest, Line};
use crate::moment::{now_ns, seconds_ns};
use crate::orders::Target;
use crate::scenario::{Assault, Attack};
use crate::school;
use crate::subject::go_to;
use crate::token;
use crate::wire::{Body, ClientFrame, Kind, ServerFrame};

use turns::Turns;

/// Accounts that attackers have: of who opens sessions, of who posts, and two who show tickets.
pub(crate) const ACCOUNTS: u32 = 4;
/// Source addresses that they come from, in turns, so that no port is asked for again while it rests.
const SOURCES: u32 = 50;
/// For a connection to open, and for an answer to a forged handshake. Longer: counted as unanswered.
const PATIENCE: Duration = Duration::from_millis(500);
/// Threads that share the forged handshakes: each waits for its answers.
const HANDSHAKE_THREADS: u32 = 4;
/// Attackers have machines of their own: clients that share one with them are not to wait for them.
const NICE: i32 = 10;
/// Kept connections that are looked at in each turn, for those that the hub has ended.
const LOOKED_AT: usize = 16;
/// A request whose head never ends.
const HALF_A_HEAD: &[u8] = b"GET /v1/socket?seat=x HTTP/1.1\r\nHost: h\r\n";
/// A place that nobody was given.
const FORGED_TICKET: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w.forged";

/// Counts by name, such as `handshakes.403`.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The attackers of a phase. They end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Attackers {
    /// Dropped to end them.
    stops: Vec<SyncSender<()>>,
    threads: Vec<JoinHandle<Counts>>,
}

/// What an attacker works with.
struct Attacker {
    attack: Attack,
    address: SocketAddr,
    tokens: Vec<Box<str>>,
    counts: Counts,
}

impl Attackers {
    /// Lets them begin, on the CPUs that clients have.
    ///
    /// # Errors
    /// No tokens, or no threads.
    pub(crate) fn begin(
        attacks: &[Attack],
        breath: Breath,
        target: &Target,
        cpus: &[usize],
    ) -> io::Result<Self> {
        let mut attackers = Self::default();
        if attacks.is_empty() {
            return Ok(attackers);
        }
        let key = target.tokens.as_ref().ok_or_else(|| io::Error::other("no key to sign tokens with"))?;
        let tokens = token::mint(key, (0..ACCOUNTS).map(school::attacker)).map_err(io::Error::other)?;
        for attack in attacks {
            let threads = if attack.what == Assault::Handshakes { HANDSHAKE_THREADS } else { 1 };
            let per_second = attack.per_second / f64::from(threads);
            for _ in 0..threads {
                let (stop, stopped) = sync_channel(1);
                let step_ns = seconds_ns(1.0 / per_second.max(0.001));
                let next_ns = now_ns() + seconds_ns(attack.at_s);
                let turns = Turns { stop: stopped, next_ns, step_ns, breath };
                let (tokens, address) = (tokens.clone(), target.address);
                let attacker = Attacker { attack: attack.clone(), address, tokens, counts: Counts::new() };
                let thread = Builder::new().name("attacker".to_owned());
                let cpus = cpus.to_vec();
                let attack = move || {
                    // On another CPU, and before its turn, it attacks as well.
                    let _ = (go_to(&cpus), setpriority_process(None, NICE));
                    attacker.run(turns)
                };
                attackers.threads.push(thread.spawn(attack)?);
                attackers.stops.push(stop);
            }
        }
        Ok(attackers)
    }

    /// Ends them; what they were answered.
    pub(crate) fn end(mut self) -> Counts {
        self.stops.clear();
        let mut sums = Counts::new();
        for counts in self.threads.drain(..).filter_map(|thread| thread.join().ok()) {
            for (name, count) in counts {
                *sums.entry(name).or_default() += count;
            }
        }
        sums
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        self.stops.clear();
        for thread in self.threads.drain(..) {
            // What it counted is of no interest any more.
            let _ = thread.join();
        }
    }
}

impl Attacker {
    fn run(mut self, mut turns: Turns) -> Counts {
        match self.attack.what {
            Assault::Unfinished => self.begin_and_never_end(&mut turns),
            Assault::Handshakes => self.forge_handshakes(&mut turns),
            Assault::Sessions => self.open_sessions(&mut turns),
            Assault::Posts => self.post(&mut turns),
            Assault::Tickets => self.show_tickets(&mut turns),
        }
        self.counts
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(format!("{}.{what}", self.attack.what.word())).or_default() += 1;
    }

    /// Opens connections that never complete a request, and others for those that the hub ends.
    fn begin_and_never_end(&mut self, turns: &mut Turns) {
        let mut open: VecDeque<TcpStream> = VecDeque::new();
        let mut number = 0;
        while turns.next() {
            for _ in 0..LOOKED_AT.min(open.len()) {
                let Some(mut line) = open.pop_front() else { break };
                match line.read(&mut [0; 512]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => open.push_back(line),
                    _ => self.count("ended"),
                }
            }
            if open.len() >= self.attack.count as usize {
                continue;
            }
            number += 1;
            let begun = connect(self.address, number).and_then(|mut line| {
                line.write_all(HALF_A_HEAD)?;
                line.set_nonblocking(true)?;
                Ok(line)
            });
            match begun {
                Ok(line) => {
                    self.count("begun");
                    open.push_back(line);
                }
                Err(_) => self.count("unanswered"),
            }
        }
    }

    /// Upgrades with seats that nobody gave.
    fn forge_handshakes(&mut self, turns: &mut Turns) {
        let request = "GET /v1/socket?seat=forged HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Protocol: preau.v1\r\n\r\n";
        let mut number = 0;
        while turns.next() {
            number += 1;
            let mut answer = [0; 512];
            let tried = connect(self.address, number).and_then(|mut line| {
                line.write_all(request.as_bytes())?;
                let read = line.read(&mut answer)?;
                // A reset: a port that rests for a minute would be missed soon.
                let _ = socket2::SockRef::from(&line).set_linger(Some(Duration::ZERO));
                Ok(read)
            });
            // "HTTP/1.1 403"
            match tried.ok().and_then(|read| str::from_utf8(answer.get(9..read.min(12))?).ok()) {
                Some(status) if status.len() == 3 => self.count(status),
                _ => self.count("unanswered"),
            }
        }
    }

    /// One account opens one session after another, and keeps them all.
    fn open_sessions(&mut self, turns: &mut Turns) {
        let mut guests = VecDeque::new();
        while turns.next() {
            match self.sit(0) {
                Ok(Some(guest)) => {
                    self.count("seated");
                    guests.push_back(guest);
                }
                Ok(None) => self.count("refused"),
                Err(_) => self.count("unanswered"),
            }
            if guests.len() > self.attack.count as usize {
                guests.pop_front();
            }
        }
    }

    /// One pupil posts to the class, faster than anybody may.
    fn post(&mut self, turns: &mut Turns) {
        let mut guest = None;
        let mut id = 0;
        while turns.next() {
            if guest.is_none() {
                guest = self.sit(1).ok().flatten();
            }
            let Some(sitting) = guest.as_mut() else {
                self.count("outside");
                continue;
            };
            id += 1;
            match say(sitting, id) {
                Ok(true) => self.count("taken"),
                Ok(false) => self.count("refused"),
                Err(_) => {
                    self.count("closed");
                    guest = None;
                }
            }
        }
    }

    /// Shows tickets that nobody gave, another's, and the same again and again.
    fn show_tickets(&mut self, turns: &mut Turns) {
        let mut line = None;
        let mut real: Option<Box<str>> = None;
        let mut number = 0_u64;
        while turns.next() {
            number += 1;
            // The holder of the real one, and somebody else.
            let account = if number.is_multiple_of(2) { 2 } else { 3 };
            let shown = if number.is_multiple_of(3) { Some(FORGED_TICKET) } else { real.as_deref() };
            let told = match &mut line {
                Some(line) => Line::ask(line, &self.tokens[account], shown),
                None => Line::open(self.address)
                    .and_then(|fresh| line.insert(fresh).ask(&self.tokens[account], shown)),
            };
            let Ok(told) = told else {
                self.count("unanswered");
                line = None;
                continue;
            };
            self.count(&told.status.to_string());
            if let (Some(Word::Wait { ticket, .. }), true) = (told.word, account == 2) {
                real.get_or_insert(ticket);
            }
        }
    }

    /// Takes a seat for one of the accounts; none if it is refused.
    fn sit(&self, account: usize) -> io::Result<Option<Guest>> {
        match Line::open(self.address)?.ask(&self.tokens[account], None)?.word {
            Some(Word::Seat(seat)) => Guest::sit(self.address, &seat).map(Some),
            _ => Ok(None),
        }
    }
}

/// Posts once; whether it was taken.
fn say(guest: &mut Guest, id: u32) -> io::Result<bool> {
    guest.say(&[ClientFrame::Publish {
        id,
        channel: school::class_channel(0),
        kind: Kind::Post,
        message_id: format!("x-{id}"),
        audience: None,
        publish_at: None,
        urgent: None,
        body: Body::post("x".to_owned()),
    }])?;
    loop {
        match guest.hear()? {
            ServerFrame::Published { id: answered, .. } if answered == id => return Ok(true),
            ServerFrame::Error { id: Some(answered), .. } if answered == id => return Ok(false),
            _ => {}
        }
    }
}

/// A connection from the next source address.
fn connect(address: SocketAddr, number: u32) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    // The port is chosen by connect(2), which may use it again after a TIME-WAIT.
    setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
    let last = u8::try_from(number % SOURCES + 1).unwrap_or(1);
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 250, last), 0)).into())?;
    socket.connect_timeout(&address.into(), PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc::Receiver;

    use super::*;
    use crate::moment::wait_for;

    /// Answers 403 to whole requests, and waits for the rest of others; says how many connections came.
    fn refuse() -> (SocketAddr, Receiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (came, coming) = sync_channel(1_000);
        let attend = move |mut stream: TcpStream| {
            let mut head = Vec::new();
            let mut chunk = [0; 512];
            while let Ok(read @ 1..) = stream.read(&mut chunk) {
                head.extend_from_slice(&chunk[..read]);
                if head.ends_with(b"\r\n\r\n") {
                    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                }
            }
        };
        let accept = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if came.send(()).is_err() {
                    return;
                }
                Builder::new().spawn(move || attend(stream)).unwrap();
            }
        };
        Builder::new().spawn(accept).unwrap();
        (address, coming)
    }

    fn target(address: SocketAddr) -> Target {
        let pkcs8 = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
        let word = || "k".to_owned();
        let tokens = crate::orders::TokenKey {
            pkcs8: pkcs8.to_owned(),
            kid: word(),
            issuer: word(),
            audience: word(),
        };
        Target { dialect: "preau".into(), address, publish_address: None, tokens: Some(tokens) }
    }

    #[test]
    fn attackers_do_what_they_are_told_and_end_with_their_phase() {
        let (address, coming) = refuse();
        let attack = |what, count| Attack { what, at_s: 0.0, per_second: 200.0, count };
        let attacks = [attack(Assault::Unfinished, 5), attack(Assault::Handshakes, 0)];
        let attackers = Attackers::begin(&attacks, Breath::default(), &target(address), &[]).unwrap();
        let mut came = 0;
        let enough = || {
            came += coming.try_iter().count();
            (came > 100).then_some(())
        };
        assert!(wait_for(Duration::from_secs(20), enough).is_some());
        let counts = attackers.end();
        assert_eq!(counts["unfinished.begun"], 5, "no more than are to be kept: {counts:?}");
        assert!(counts["handshakes.403"] > 50, "{counts:?}");
    }

    #[test]
    fn who_gets_no_seat_counts_that() {
        let (address, coming) = refuse();
        let attacks = [Assault::Sessions, Assault::Posts, Assault::Tickets];
        let attacks = attacks.map(|what| Attack { what, at_s: 0.0, per_second: 500.0, count: 1 });
        let attackers = Attackers::begin(&attacks, Breath::default(), &target(address), &[]).unwrap();
        let mut came = 0;
        let enough = || {
            came += coming.try_iter().count();
            (came > 100).then_some(())
        };
        assert!(wait_for(Duration::from_secs(20), enough).is_some());
        let counts = attackers.end();
        for name in ["sessions.refused", "posts.outside", "tickets.403"] {
            assert!(counts.get(name).is_some_and(|count| *count > 0), "{name}: {counts:?}");
        }
    }
}
