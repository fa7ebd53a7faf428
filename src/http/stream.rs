//! The stream under one HTTP connection: a socket whose writes have a deadline.
//!
//! The deadline for a request's head rests while an answer is written, so without this a client that asks and never
//! reads would keep its place for the connection's whole life. Every byte that the socket takes begins the time anew.
//! What the door has read before comes first again. Generic over the socket, so that its tests need none; it knows
//! nothing of HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A socket that fails with [`io::ErrorKind::TimedOut`] when it takes no byte for too long while some wait for it.
pub(super) struct Stream<S> {
    socket: S,
    /// Read from the socket, and not yet from here.
    unread: Bytes,
    write_deadline: Duration,
    /// Set while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Stream<S> {
    pub(super) fn new(socket: S, unread: Bytes, write_deadline: Duration) -> Self {
        Self { socket, unread, write_deadline, waiting: None }
    }

    /// The bare socket, and what was read from it but not from here.
    pub(super) fn into_parts(self) -> (S, Bytes) {
        (self.socket, self.unread)
    }

    /// Passes on what a write came to, and fails it if it has waited too long.
    fn in_time<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let deadline = self.write_deadline;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + deadline)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes no bytes")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let length = self.unread.len().min(buf.remaining());
        buf.put_slice(&self.unread.split_to(length));
        if self.unread.is_empty() {
            // The last piece keeps its memory no longer than needed.
            self.unread = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.in_time(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.in_time(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_fails_the_write_at_the_deadline() {
        let (near, _deaf) = duplex(4);
        let mut stream = Stream::new(near, Bytes::new(), DEADLINE);
        let began = Instant::now();
        let error = stream.write_all(b"too long").await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, DEADLINE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_has_the_whole_time_again_after_each_byte() {
        let (near, mut far) = duplex(1);
        let mut stream = Stream::new(near, Bytes::new(), DEADLINE);
        let began = Instant::now();
        let reading = async {
            let mut taken = Vec::new();
            while taken.len() < 4 {
                // Nearly the whole deadline passes between two bytes.
                let pause = DEADLINE.checked_sub(Duration::from_millis(1)).unwrap();
                assert!(timeout(pause, std::future::pending::<()>()).await.is_err());
                taken.push(far.read_u8().await.unwrap());
            }
            taken
        };
        let (written, taken) = tokio::join!(stream.write_all(b"slow"), reading);
        written.unwrap();
        assert_eq!(taken, b"slow");
        assert!(began.elapsed() > DEADLINE * 2);
    }

    #[tokio::test]
    async fn what_was_read_before_comes_first_and_the_rest_is_given_back() {
        let (near, mut far) = duplex(8);
        far.write_all(b"new").await.unwrap();
        let mut stream = Stream::new(near, Bytes::from_static(b"old"), DEADLINE);
        let mut read = [0; 5];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"oldne");
        let mut stream = Stream::new(far, Bytes::from_static(b"old"), DEADLINE);
        assert_eq!(stream.read_u8().await.unwrap(), b'o');
        assert_eq!(stream.into_parts().1, b"ld"[..]);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_has_no_deadline_here() {
        let (near, _silent) = duplex(4);
        let mut stream = Stream::new(near, Bytes::new(), DEADLINE);
        let read = timeout(DEADLINE * 100, stream.read_u8()).await;
        assert!(read.is_err(), "the wait was cut by its own timeout only");
    }
}
