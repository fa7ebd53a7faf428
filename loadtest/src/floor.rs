//! The raw send floor: what a delivery costs when a server does nothing but deliver.
//!
//! One thread, one epoll set, a handshake written by hand, then one `send(2)` per delivery: no rights, no log, no
//! timers, no second thread. It speaks [`crate::dialect::plain`]. What a socket does not take is kept and sent when it
//! drains, so that a floor that lost something is never what others are divided by.
//!
//! With a journal it is the *committing* floor: what has come is written there and on the disk before anybody is sent it, by
//! one `fdatasync(2)` for all that came in one read. That is what a durable delivery costs at least.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, OpCode};

use crate::dialect::plain;
use crate::limits::{FLOOR_JOURNAL_BYTES, FLOOR_REQUEST_BYTES_MAX, FLOOR_WAITING_BYTES_MAX, LISTEN_BACKLOG};

/// The listener's token; connections have their place in `connections`.
const LISTENER: Token = Token(usize::MAX);

/// The server.
pub(crate) struct Floor {
    poll: Poll,
    events: Events,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    /// Places in `connections` that are free.
    free: Vec<usize>,
    /// Channels by name, as places in `followers`.
    channels: HashMap<Vec<u8>, usize>,
    /// By channel, the connections that follow it.
    followers: Vec<Vec<usize>>,
    /// What every socket is read into.
    scratch: Vec<u8>,
    /// The frame that is being sent.
    frame: Vec<u8>,
    journal: Option<Journal>,
}

/// A file whose blocks are all there, written round and round: a commit costs its write and nothing for the file's length.
struct Journal {
    file: File,
    end: u64,
}

impl Journal {
    fn create(path: &Path) -> io::Result<Self> {
        let file = File::create_new(path)?;
        file.write_all_at(&vec![0; FLOOR_JOURNAL_BYTES], 0)?;
        file.sync_all()?;
        Ok(Self { file, end: 0 })
    }

    fn commit(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        if self.end + length > FLOOR_JOURNAL_BYTES as u64 {
            self.end = 0;
        }
        self.file.write_all_at(bytes, self.end)?;
        self.end += length;
        self.file.sync_data()
    }
}

struct Connection {
    stream: TcpStream,
    part: Part,
    /// What the socket did not take.
    waiting: Vec<u8>,
}

/// What a connection is for.
enum Part {
    /// Its request, so far.
    Greeting(Vec<u8>),
    /// Follows a channel, with its place among the channel's followers.
    Follower { channel: usize, place: usize },
    /// Publishes; bytes that are not a whole frame yet.
    Publisher(Vec<u8>),
}

/// The end of a connection.
struct Over;

impl Floor {
    /// A server that listens on a free port of the loopback, and commits to a new file if one is named.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn bind(journal: Option<&Path>) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Sockets that are accepted inherit it.
        socket.set_tcp_nodelay(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(LISTEN_BACKLOG)?;
        let mut listener = TcpListener::from_std(socket.into());
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            listener,
            connections: Vec::new(),
            free: Vec::new(),
            channels: HashMap::new(),
            followers: Vec::new(),
            scratch: vec![0; 64 * 1024],
            frame: Vec::new(),
            journal: journal.map(Journal::create).transpose()?,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for sockets, at most so long, and serves the ones that are ready.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn turn(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            match event.token() {
                LISTENER => self.accept()?,
                Token(at) => {
                    let drained = if event.is_writable() { self.drain(at) } else { Ok(()) };
                    if drained.and_then(|()| self.read(at)).is_err() {
                        self.close(at);
                    }
                }
            }
        }
        self.events = events;
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            let at = self.free.pop().unwrap_or(self.connections.len());
            self.poll.registry().register(&mut stream, Token(at), Interest::READABLE)?;
            let connection = Connection { stream, part: Part::Greeting(Vec::new()), waiting: Vec::new() };
            match self.connections.get_mut(at) {
                Some(place) => *place = Some(connection),
                None => self.connections.push(Some(connection)),
            }
        }
    }

    /// Reads until the socket has no more: epoll tells of each edge once.
    fn read(&mut self, at: usize) -> Result<(), Over> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let read = self.read_into(at, &mut scratch);
        self.scratch = scratch;
        read
    }

    fn read_into(&mut self, at: usize, scratch: &mut [u8]) -> Result<(), Over> {
        loop {
            let Some(Some(connection)) = self.connections.get_mut(at) else {
                return Ok(());
            };
            let bytes = match connection.stream.read(scratch) {
                Ok(0) => return Err(Over),
                Ok(count) => &scratch[..count],
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(Over),
            };
            match &mut connection.part {
                // A follower has nothing to say but goodbye.
                Part::Follower { .. } if bytes[0] & 0x0f == u8::from(OpCode::Control(Control::Close)) => {
                    return Err(Over);
                }
                Part::Follower { .. } => {}
                Part::Greeting(request) => {
                    request.extend_from_slice(bytes);
                    self.greet(at)?;
                }
                Part::Publisher(partial) => {
                    partial.extend_from_slice(bytes);
                    let taken = std::mem::take(partial);
                    let rest = self.publish_all(taken)?;
                    if let Some(Some(Connection { part: Part::Publisher(partial), .. })) =
                        self.connections.get_mut(at)
                    {
                        *partial = rest;
                    }
                }
            }
        }
    }

    /// Answers the upgrade, once it is whole. A follower is in its channel before it hears so.
    fn greet(&mut self, at: usize) -> Result<(), Over> {
        let Some(Some(Connection { part: Part::Greeting(request), .. })) = self.connections.get(at) else {
            return Err(Over);
        };
        if !request.ends_with(b"\r\n\r\n") {
            return if request.len() > FLOOR_REQUEST_BYTES_MAX { Err(Over) } else { Ok(()) };
        }
        let (path, key) = upgrade(request).ok_or(Over)?;
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            derive_accept_key(key)
        );
        let part = match path.strip_prefix(plain::FOLLOW.as_bytes()) {
            Some(channel) => self.follow(at, channel.to_vec()),
            None if path == plain::PUBLISH.as_bytes() => Part::Publisher(Vec::new()),
            None => return Err(Over),
        };
        let Some(Some(connection)) = self.connections.get_mut(at) else {
            return Err(Over);
        };
        connection.part = part;
        send(connection, answer.as_bytes(), &self.poll, at)
    }

    fn follow(&mut self, at: usize, name: Vec<u8>) -> Part {
        let channel = *self.channels.entry(name).or_insert_with(|| {
            self.followers.push(Vec::new());
            self.followers.len() - 1
        });
        let followers = &mut self.followers[channel];
        followers.push(at);
        Part::Follower { channel, place: followers.len() - 1 }
    }

    /// Publishes every whole frame; what is left over.
    fn publish_all(&mut self, mut bytes: Vec<u8>) -> Result<Vec<u8>, Over> {
        let mut from = 0;
        if let Some(journal) = &mut self.journal {
            journal.commit(&bytes).map_err(|_| Over)?;
        }
        while let Some((opcode, payload)) = whole_frame(&bytes, from)? {
            let end = payload.end;
            match opcode {
                OpCode::Control(Control::Close) => return Err(Over),
                OpCode::Data(_) => self.publish(bytes.get(payload).ok_or(Over)?),
                OpCode::Control(_) => {}
            }
            from = end;
        }
        bytes.drain(..from);
        Ok(bytes)
    }

    /// One `send(2)` for each follower.
    fn publish(&mut self, masked: &[u8]) {
        let (mask, body) = masked.split_at(4);
        let message: Vec<u8> = body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        let Some((channel, payload)) = plain::publication(&message) else {
            return;
        };
        let Some(&channel) = self.channels.get(channel) else {
            return;
        };
        text_frame(&mut self.frame, payload);
        let mut over = Vec::new();
        for &at in &self.followers[channel] {
            if let Some(Some(connection)) = self.connections.get_mut(at)
                && send(connection, &self.frame, &self.poll, at).is_err()
            {
                over.push(at);
            }
        }
        for at in over {
            self.close(at);
        }
    }

    /// Sends what waited.
    fn drain(&mut self, at: usize) -> Result<(), Over> {
        let Some(Some(connection)) = self.connections.get_mut(at) else {
            return Ok(());
        };
        let waiting = std::mem::take(&mut connection.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        send(connection, &waiting, &self.poll, at)
    }

    fn close(&mut self, at: usize) {
        let Some(connection) = self.connections.get_mut(at).and_then(Option::take) else {
            return;
        };
        self.free.push(at);
        let Part::Follower { channel, place } = connection.part else {
            return;
        };
        let followers = &mut self.followers[channel];
        followers.swap_remove(place);
        if let Some(&moved) = followers.get(place)
            && let Some(Some(Connection { part: Part::Follower { place: its, .. }, .. })) =
                self.connections.get_mut(moved)
        {
            *its = place;
        }
    }
}

/// One `send(2)`, unless something waits already.
fn send(connection: &mut Connection, bytes: &[u8], poll: &Poll, at: usize) -> Result<(), Over> {
    let sent = if connection.waiting.is_empty() {
        match connection.stream.write(bytes) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return Err(Over),
        }
    } else {
        0
    };
    if sent == bytes.len() {
        return Ok(());
    }
    if connection.waiting.len() + bytes.len() > FLOOR_WAITING_BYTES_MAX {
        return Err(Over);
    }
    connection.waiting.extend_from_slice(&bytes[sent..]);
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().reregister(&mut connection.stream, Token(at), both).map_err(|_| Over)
}

/// The path and the key of an upgrade request.
fn upgrade(request: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: &[u8] = b"sec-websocket-key:";
    let mut lines = request.split(|byte| *byte == b'\n');
    let path = lines.next()?.split(|byte| *byte == b' ').nth(1)?;
    let is_key = |line: &&[u8]| line.get(..KEY.len()).is_some_and(|name| name.eq_ignore_ascii_case(KEY));
    let key = lines.find(is_key)?.get(KEY.len()..)?.trim_ascii();
    Some((path, key))
}

/// The opcode of the frame that begins there and where its mask and payload lie, if it is whole.
fn whole_frame(bytes: &[u8], from: usize) -> Result<Option<(OpCode, std::ops::Range<usize>)>, Over> {
    let mut cursor = io::Cursor::new(bytes.get(from..).ok_or(Over)?);
    let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| Over)? else {
        return Ok(None);
    };
    // A client masks; the mask is the header's last four bytes.
    let begin = from + usize::try_from(cursor.position()).map_err(|_| Over)? - header.mask.ok_or(Over)?.len();
    let end = begin + 4 + usize::try_from(length).map_err(|_| Over)?;
    Ok((bytes.len() >= end).then_some((header.opcode, begin..end)))
}

/// A whole text frame, as a server sends it.
fn text_frame(frame: &mut Vec<u8>, payload: &[u8]) {
    frame.clear();
    frame.push(0x81);
    match payload.len() {
        length @ 0..=125 => frame.push(length.to_le_bytes()[0]),
        length @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&length.to_be_bytes()[size_of::<usize>() - 2..]);
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
}

#[cfg(test)]
mod tests;
