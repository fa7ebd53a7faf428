//! One person on blocking sockets, for what needs no thousands: asks at the door, takes a seat, follows, publishes.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::door::{self, Word};
use crate::frame::{self, TEXT};
use crate::http::{self, Upgrader};
use crate::limits::READ_BYTES;
use crate::wire::{ClientFrame, ServerFrame};

/// For one answer. Longer: the line is given up.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// A kept-alive line on which seats are asked for.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    upgrader: Upgrader,
    unread: Vec<u8>,
}

/// What an asking came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The status.
    pub(crate) status: u16,
    /// The door's word, if it is one that a client waits for.
    pub(crate) word: Option<Word>,
}

/// A socket that follows.
#[derive(Debug)]
pub(crate) struct Guest {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Line {
    /// Opens one.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: open(address)?, upgrader: Upgrader::new(address), unread: Vec::new() })
    }

    /// Asks for a seat.
    pub(crate) fn ask(&mut self, token: &str, ticket: Option<&str>) -> io::Result<Told> {
        let mut request = Vec::new();
        self.upgrader.seat(&mut request, token, ticket, None);
        self.stream.write_all(&request)?;
        loop {
            let answer = http::read(&self.unread).map_err(io::Error::other)?;
            if let Some(answer) = answer {
                let result = Told { status: answer.status, word: door::read(&answer) };
                let length = answer.taken;
                self.unread.drain(..length);
                return Ok(result);
            }
            more(&mut self.stream, &mut self.unread)?;
        }
    }
}

impl Guest {
    /// Takes a seat: the upgrade, up to the hub's welcome.
    pub(crate) fn sit(address: SocketAddr, seat: &str) -> io::Result<Self> {
        let mut stream = open(address)?;
        let upgrader = Upgrader::new(address);
        let mut request = Vec::new();
        upgrader.request(&mut request, &format!("/v1/socket?seat={seat}"), Some("preau.v1"));
        stream.write_all(&request)?;
        let mut unread = Vec::new();
        let taken = loop {
            if let Some(answer) = http::read(&unread).map_err(io::Error::other)? {
                if !upgrader.is_accepted(&answer) {
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                break answer.taken - answer.body.len();
            }
            more(&mut stream, &mut unread)?;
        };
        unread.drain(..taken);
        let mut guest = Self { stream, unread };
        while !matches!(guest.hear()?, ServerFrame::Welcome { .. }) {}
        Ok(guest)
    }

    /// Says something.
    pub(crate) fn say(&mut self, said: &[ClientFrame]) -> io::Result<()> {
        let mut out = Vec::new();
        for frame in said {
            // Masks need not be secret here: no proxy stands between that could be fooled (RFC 6455 §10.3).
            frame::write(&mut out, TEXT, &serde_json::to_vec(frame)?, [0x5A; 4]);
        }
        self.stream.write_all(&out)
    }

    /// The next thing that the hub says.
    pub(crate) fn hear(&mut self) -> io::Result<ServerFrame> {
        loop {
            let frame = frame::read(&self.unread, READ_BYTES).map_err(io::Error::other)?;
            if let Some(frame) = frame {
                let (opcode, taken) = (frame.opcode, frame.taken);
                let said = (opcode == TEXT).then(|| serde_json::from_slice(frame.payload));
                self.unread.drain(..taken);
                match said {
                    Some(said) => return Ok(said?),
                    None if opcode == frame::CLOSE => return Err(io::ErrorKind::ConnectionReset.into()),
                    None => continue,
                }
            }
            more(&mut self.stream, &mut self.unread)?;
        }
    }
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_WAIT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_WAIT))?;
    stream.set_write_timeout(Some(ANSWER_WAIT))?;
    Ok(stream)
}

fn more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; CHUNK_BYTES];
    match stream.read(&mut chunk)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            unread.extend_from_slice(&chunk[..count]);
            Ok(())
        }
    }
}
