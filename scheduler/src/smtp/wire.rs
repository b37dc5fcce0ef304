//! The bytes under an SMTP dialogue: a TCP or TLS stream as lettre wants it, with what lettre leaves out.
//!
//! - **One write per turn.** lettre writes a body and its final dot separately and flushes after each. Here nothing is
//!   written until lettre waits for the reply.
//! - **Nobody speaks out of turn.** Reading gives at most one line at a time, so lettre's own buffer never runs ahead.
//!   If anything is there to be read when it is our turn to speak, the connection is an error: a reply too many would
//!   else be taken for the answer to the next command, in the worst case for the relay's word on a letter.
//! - **Whether the final dot can have left** is known at any time.
//! - **Lines are put right** before lettre parses them: text that is not UTF-8, a bare LF, a code without a text
//!   (RFC 5321, 4.2, asks clients to take it), more text than lettre takes, blanks at the end (over a line of blanks in
//!   the answer to EHLO lettre panics). After the final dot a parse error would make a letter's fate unknown.
//! - **Everything has an end:** lines, and the lines of one reply.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// Longer lines are no SMTP (RFC 5321, 4.5.3.1.5, has 512 bytes).
const LONGEST_LINE: usize = 2000;

/// So much of a line is given to lettre, which takes 1,000 bytes; nobody keeps more of it.
const LONGEST_GIVEN: usize = 900;

/// No reply has more lines. lettre parses all of them again with each that comes.
const MOST_LINES: usize = 100;

/// What carries the bytes.
#[derive(Debug)]
pub(super) enum Carrier {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream for lettre. See the module's page.
#[derive(Debug)]
pub(super) struct Wire {
    carrier: Carrier,
    peer: SocketAddr,
    /// Read, not yet given out.
    incoming: Vec<u8>,
    /// One line, put right, and how much of it was given out.
    line: Vec<u8>,
    given: usize,
    /// Lines since anything was written.
    lines: usize,
    /// lettre says what has been said already; see [`Wire::rehearse`].
    rehearsing: bool,
    /// To be written, and how much of it was.
    outgoing: Vec<u8>,
    written: usize,
    all_left: Arc<AtomicBool>,
}

impl Wire {
    pub(super) fn new(carrier: Carrier, peer: SocketAddr) -> Self {
        Self {
            carrier,
            peer,
            incoming: Vec::new(),
            line: Vec::new(),
            given: 0,
            lines: 0,
            rehearsing: false,
            outgoing: Vec::new(),
            written: 0,
            all_left: Arc::new(AtomicBool::new(true)),
        }
    }

    /// `true` when everything given to the wire may have reached the other side. Whoever wants to know about a certain
    /// turn sets it to `false` before.
    pub(super) fn all_left(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.all_left)
    }

    /// lettre begins every connection with a greeting and EHLO. Both have been by now, so it reads the replies once
    /// more, and what it says goes nowhere.
    pub(super) fn rehearse(&mut self, greeting: &str, hello: &str) {
        self.line = [greeting, hello].concat().into_bytes();
        self.given = 0;
        self.rehearsing = true;
    }

    /// Gives back the TCP stream, to start TLS on it. Anything that has already been read would have come before the
    /// handshake, from whoever can write to the unencrypted connection, and must not be taken for the relay's words
    /// (CVE-2011-0411 and its kin).
    pub(super) fn into_bare_tcp(self) -> io::Result<TcpStream> {
        match self {
            Self { carrier: Carrier::Tcp(stream), line, given, incoming, .. }
                if given == line.len() && incoming.is_empty() =>
            {
                Ok(stream)
            }
            _ => Err(out_of_turn()),
        }
    }

    fn has_spoken(&self) -> bool {
        self.given < self.line.len() || !self.incoming.is_empty()
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [0_u8; 1024];
        let mut space = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.carrier).poll_read(cx, &mut space))?;
        self.incoming.extend_from_slice(space.filled());
        Poll::Ready(Ok(space.filled().len()))
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.written == 0 {
            match self.poll_fill(cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Poll::Ready(Ok(_)) => return Poll::Ready(Err(out_of_turn())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        while self.written < self.outgoing.len() {
            let count = ready!(Pin::new(&mut self.carrier).poll_write(cx, &self.outgoing[self.written..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        self.all_left.store(true, Ordering::Release);
        ready!(Pin::new(&mut self.carrier).poll_flush(cx))?;
        self.outgoing.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Moves the next whole line to `self.line`; `false` when there is none yet.
    fn next_line(&mut self) -> io::Result<bool> {
        let end = self.incoming.iter().position(|&byte| byte == b'\n');
        if end.unwrap_or(self.incoming.len()) > LONGEST_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the relay's line does not end"));
        }
        let Some(end) = end else {
            return Ok(false);
        };
        self.lines += 1;
        if self.lines > MOST_LINES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the relay's reply does not end"));
        }
        let text = String::from_utf8_lossy(&self.incoming[..end]);
        let text = text[..text.floor_char_boundary(LONGEST_GIVEN)].trim_end();
        self.line.clear();
        self.line.extend_from_slice(text.as_bytes());
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.line.push(b' ');
        }
        self.line.extend_from_slice(b"\r\n");
        self.given = 0;
        self.incoming.drain(..=end);
        Ok(true)
    }
}

fn out_of_turn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the relay spoke out of turn")
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = &mut *self;
        ready!(wire.poll_drain(cx))?;
        while wire.given == wire.line.len() && !wire.next_line()? {
            if ready!(wire.poll_fill(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
        let count = buf.remaining().min(wire.line.len() - wire.given);
        buf.put_slice(&wire.line[wire.given..wire.given + count]);
        wire.given += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.rehearsing {
            return Poll::Ready(Ok(buf.len()));
        }
        if self.has_spoken() {
            return Poll::Ready(Err(out_of_turn()));
        }
        self.lines = 0;
        self.outgoing.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    /// Writes nothing: what was written leaves when the reply is read, or at shutdown. lettre always does one of the two.
    /// It flushes after every command, so with the first one the rehearsal is over.
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.rehearsing = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.carrier).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Carrier {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
