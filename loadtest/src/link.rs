//! One TCP connection of the loop: opened from a source address, edge-triggered, written at once, read into a buffer
//! that all share. At rest it holds a file number and two empty vectors.
//!
//! It knows bytes alone: what they mean is its owner's.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// A connection.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    is_open: bool,
    /// The beginning of something whose end has not come.
    unread: Vec<u8>,
    /// What the system did not take yet.
    unsent: Vec<u8>,
}

/// What a reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The buffer's first so many bytes are to be heard; then read again, if `more`.
    Bytes {
        /// How many.
        filled: usize,
        /// Whether there may be more.
        more: bool,
    },
    /// Nothing now.
    Nothing,
    /// The other side has ended.
    Ended,
}

impl Link {
    /// Begins to connect.
    pub(crate) fn open(
        registry: &Registry,
        token: Token,
        address: SocketAddr,
        source: Option<Ipv4Addr>,
    ) -> io::Result<Self> {
        let socket =
            Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        socket.set_tcp_nodelay(true)?;
        if let Some(source) = source {
            // The port is chosen by connect(2), which may use one port for several servers and after a TIME-WAIT.
            setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(nix::errno::Errno::EINPROGRESS as i32) => {
                return Err(error);
            }
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, is_open: false, unread: Vec::new(), unsent: Vec::new() })
    }

    /// To be called when it may be written to; whether that opened it.
    pub(crate) fn writable(&mut self) -> io::Result<bool> {
        if self.is_open {
            self.flush()?;
            return Ok(false);
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => self.is_open = true,
            // A late event of the socket that had this token before.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Writes what the system takes and keeps the rest for later, in order.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let written = self.push(bytes)?;
        self.unsent.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Reads behind what was kept; `buffer` is shared with others and holds nothing between calls.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Reading> {
        let kept = self.unread.len();
        let room = buffer.len() - kept;
        buffer[..kept].copy_from_slice(&self.unread);
        loop {
            return match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => Ok(Reading::Ended),
                Ok(count) => {
                    self.unread = Vec::new();
                    // With edges a short read has emptied the socket: what comes later is another edge (epoll(7)).
                    Ok(Reading::Bytes { filled: kept + count, more: count == room })
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Reading::Nothing),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Keeps what was not understood yet.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.unread = bytes.to_vec();
        }
    }

    /// Ends it as a cable that is pulled does not, but as close as a process comes: a reset, without a word.
    pub(crate) fn cut(self) {
        // If it can't be set, the line ends politely, which the server hears all the same.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        let written = self.push(&unsent)?;
        if written < unsent.len() {
            self.unsent = unsent[written..].to_vec();
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.stream.write(&bytes[written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}
