//! The bytes under an IMAP dialogue: responses with their literals, each within a bound.

use super::failure::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// So much is read at once.
const CHUNK: usize = 16 * 1024;

/// What goes on without end.
const ENDLESS: Failure = Failure::Garbage("it does not come to an end");

/// What carries the bytes.
pub(super) enum Carrier {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A part of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What stands on a line, without its end, and without the announcement of the literal that follows.
    Line(Vec<u8>),
    /// What was announced by its length (RFC 3501, section 4.3).
    Literal(Vec<u8>),
}

/// A connection to a mail server.
pub(super) struct Wire {
    carrier: Carrier,
    /// Where what is read next is put first.
    space: Box<[u8]>,
    /// What was read and not yet taken.
    incoming: Vec<u8>,
}

impl Wire {
    pub(super) fn new(carrier: Carrier) -> Self {
        Self { carrier, space: vec![0; CHUNK].into_boxed_slice(), incoming: Vec::new() }
    }

    /// Gives back the TCP stream, to start TLS on it. What has been read already would have come before the handshake, from whoever
    /// can write to the unencrypted connection, and must not be taken for the server's words.
    pub(super) fn into_bare_tcp(self) -> Result<TcpStream, Failure> {
        match self.carrier {
            Carrier::Tcp(stream) if self.incoming.is_empty() => Ok(stream),
            Carrier::Tcp(_) | Carrier::Tls(_) => Err(Failure::Garbage("it spoke before TLS")),
        }
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.carrier {
            Carrier::Tcp(stream) => stream.write_all(bytes).await?,
            Carrier::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await?;
            }
        }
        Ok(())
    }

    /// The next response, of which all that is counted off `most` is at most that.
    pub(super) async fn response(&mut self, most: &mut usize) -> Result<Vec<Part>, Failure> {
        let mut parts = Vec::new();
        loop {
            let line = self.line(most).await?;
            // What a server says in words may look like anything.
            let announced = if parts.is_empty() && says_words(&line) { None } else { announced(&line) };
            let Some((end, length)) = announced else {
                parts.push(Part::Line(line));
                return Ok(parts);
            };
            parts.push(Part::Line(line.get(..end).unwrap_or_default().to_vec()));
            parts.push(Part::Literal(self.literal(length.ok_or(ENDLESS)?, most).await?));
        }
    }

    async fn line(&mut self, most: &mut usize) -> Result<Vec<u8>, Failure> {
        let mut searched = 0;
        let end = loop {
            let rest = self.incoming.get(searched..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                break searched + end;
            }
            searched = self.incoming.len();
            if searched > *most {
                return Err(ENDLESS);
            }
            self.fill().await?;
        };
        *most = most.checked_sub(end + 1).ok_or(ENDLESS)?;
        let mut line: Vec<u8> = self.incoming.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    async fn literal(&mut self, length: usize, most: &mut usize) -> Result<Vec<u8>, Failure> {
        // Before anything of it is read, as it may be announced as long as anything.
        *most = most.checked_sub(length).ok_or(ENDLESS)?;
        while self.incoming.len() < length {
            self.fill().await?;
        }
        Ok(self.incoming.drain(..length).collect())
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        let count = match &mut self.carrier {
            Carrier::Tcp(stream) => stream.read(&mut self.space).await?,
            Carrier::Tls(stream) => stream.read(&mut self.space).await?,
        };
        if count == 0 {
            return Err(Failure::Away("it closed the connection".to_owned()));
        }
        self.incoming.extend_from_slice(self.space.get(..count).unwrap_or_default());
        Ok(())
    }
}

/// Whether a line is a status response, or asks for more: both end in words for people.
fn says_words(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(first), second) = (words.next(), words.next().unwrap_or_default()) else { return true };
    first != b"*"
        || [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|word| second.eq_ignore_ascii_case(word))
}

/// Where the announcement of a literal begins at the end of a line, and how long the literal is; no length if that is out of all bounds.
fn announced(line: &[u8]) -> Option<(usize, Option<usize>)> {
    let rest = line.strip_suffix(b"}")?;
    let begin = rest.iter().rposition(|byte| *byte == b'{')?;
    let digits = rest.get(begin + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    Some((begin, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A connection on which these bytes come, and then its end.
    async fn saying(bytes: &[u8]) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let mut far = far.expect("a connection").0;
        let bytes = bytes.to_vec();
        tokio::spawn(async move {
            // Whoever has heard enough hangs up.
            let _ = far.write_all(&bytes).await;
        });
        Wire::new(Carrier::Tcp(near.expect("a connection")))
    }

    fn line(text: &str) -> Part {
        Part::Line(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn responses_are_read_with_their_literals() {
        let mut wire = saying(
            b"* OK hello {5}\r\n* 1 FETCH (BODY[] {7}\r\na\r\nb\r\n! X {0}\r\n)\n+ go {1}\r\na1 OK done {9}\r\n* 2 EXISTS\r\n",
        )
        .await;
        let mut most = 1_000;
        for expected in [
            vec![line("* OK hello {5}")],
            vec![
                line("* 1 FETCH (BODY[] "),
                Part::Literal(b"a\r\nb\r\n!".to_vec()),
                line(" X "),
                Part::Literal(Vec::new()),
                line(")"),
            ],
            vec![line("+ go {1}")],
            vec![line("a1 OK done {9}")],
            vec![line("* 2 EXISTS")],
        ] {
            assert_eq!(wire.response(&mut most).await, Ok(expected));
        }
        assert!(matches!(wire.response(&mut most).await, Err(Failure::Away(_))));
    }

    #[tokio::test]
    async fn nothing_is_read_that_is_longer_than_it_may_be() {
        for endless in [
            "a".repeat(1_000_000),
            "* 1 EXISTS\r\n".repeat(100_000),
            "* 1 FETCH (BODY[] {101}\r\n".to_owned(),
            "* 1 FETCH (BODY[] {4294967295}\r\n".to_owned(),
            "* 1 FETCH (BODY[] {99999999999999999999999999}\r\n".to_owned(),
            "* 1 FETCH (BODY[] {50}\r\n".to_owned() + &"a".repeat(50) + " BODY[] {50}\r\n",
        ] {
            let mut wire = saying(endless.as_bytes()).await;
            let mut most = 100;
            let ended = loop {
                if let Err(failure) = wire.response(&mut most).await {
                    break failure;
                }
            };
            assert_eq!(ended, ENDLESS, "{:?}", endless.get(..40));
            assert!(wire.incoming.capacity() <= 4 * CHUNK);
        }
    }

    #[tokio::test]
    async fn what_came_before_tls_is_not_heard_after_it() {
        let mut wire = saying(b"a1 OK begin\r\n* OK hello\r\n").await;
        assert!(wire.response(&mut 100).await.is_ok());
        // Both lines come in one piece, or the second one has not come yet.
        while wire.incoming.is_empty() {
            wire.fill().await.expect("there is more");
        }
        assert!(matches!(wire.into_bare_tcp(), Err(Failure::Garbage(_))));
    }
}
