//! What every TCP socket is told before a set watches it, whichever set it is.

use std::io;
use std::net::TcpStream;

use socket2::SockRef;

use crate::base::limits::SOCKET_UNSENT_BYTES_MAX;

/// Makes a socket ready to be watched: it never blocks, sends at once, and keeps little in the kernel.
pub(super) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    socket.set_nodelay(true)?;
    bound_unsent(socket)
}

/// Lets the kernel hold only a little that the network has not taken, so that a peer that does not read stalls its
/// outbox after kilobytes instead of megabytes of kernel memory. Elsewhere the send buffer's own bound must do.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_tcp_notsent_lowat(SOCKET_UNSENT_BYTES_MAX)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_send_buffer_size(SOCKET_UNSENT_BYTES_MAX as usize)
}
