//! The stream between hyper and the socket, on which what hyper itself refuses leaves in the hub's own words.
//!
//! All else passes untouched. Which words stand for what is `refusal`'s; here is only that all of them go out before
//! hyper is told that its own have.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::refusal;

/// A stream whose writer may be replaced for the length of one refusal.
pub(super) struct Worded<S> {
    stream: S,
    is_https: bool,
    /// What is left to write instead.
    instead: Option<Bytes>,
}

impl<S> Worded<S> {
    pub(super) fn new(stream: S, is_https: bool) -> Self {
        Self { stream, is_https, instead: None }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncWrite + Unpin> Worded<S> {
    /// Writes what stands for these bytes; `None` if they stand for themselves.
    fn poll_instead(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.instead.is_none() {
            self.instead = Some(refusal::instead_of(bytes, self.is_https)?);
        }
        while let Some(rest) = self.instead.as_mut().filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Ready(Ok(count)) if count > 0 => rest.advance(count),
                other => return Some(other),
            }
        }
        self.instead = None;
        Some(Poll::Ready(Ok(bytes.len())))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Worded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.poll_instead(cx, bytes) {
            Some(written) => written,
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        match first.and_then(|first| self.poll_instead(cx, first)) {
            Some(written) => written,
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What a peer reads of these writes, through a line that takes few bytes at once.
    async fn read_by_peer(writes: &[&[u8]]) -> String {
        let (near, mut far) = duplex(7);
        let mut worded = Worded::new(near, false);
        let writing = async {
            for bytes in writes {
                worded.write_all(bytes).await.unwrap();
            }
            drop(worded);
        };
        let mut text = String::new();
        let (read, ()) = tokio::join!(far.read_to_string(&mut text), writing);
        read.unwrap();
        text
    }

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn a_bare_refusal_leaves_in_our_words_to_its_last_byte() {
        let expected = refusal::instead_of(BARE, false).unwrap();
        assert_eq!(read_by_peer(&[BARE]).await.as_bytes(), expected);
    }

    #[tokio::test]
    async fn all_else_passes_untouched() {
        let answer: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";
        assert_eq!(
            read_by_peer(&[answer, b"four"]).await,
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour"
        );
        // After an answer of ours, a refusal is worded all the same.
        let both = read_by_peer(&[answer, b"four", BARE]).await;
        assert!(both.contains("four") && both.ends_with('}'), "{both}");
    }

    #[tokio::test]
    async fn the_same_holds_for_what_is_written_in_slices() {
        let (near, mut far) = duplex(4_096);
        let mut worded = Worded::new(near, false);
        let slices = [io::IoSlice::new(b""), io::IoSlice::new(BARE)];
        let written = std::future::poll_fn(|cx| Pin::new(&mut worded).poll_write_vectored(cx, &slices)).await;
        assert_eq!(written.unwrap(), BARE.len());
        drop(worded.into_inner());
        let mut text = String::new();
        far.read_to_string(&mut text).await.unwrap();
        assert!(text.contains("application/problem+json"), "{text}");
    }
}
