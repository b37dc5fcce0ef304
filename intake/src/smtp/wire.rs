//! The connection: lines and texts that come in, answers that go out.

use super::Limits;
use super::patience::Patience;
use super::text::Text;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::time::{Instant, timeout, timeout_at};

/// The longest line of a command, in bytes: RFC 5321, section 4.5.3.1.4, has 512, and extensions add to that.
const LONGEST_LINE: usize = 1_024;

/// After so many bytes without an end of line nobody waits for it any longer.
const FLOOD: usize = 64 * 1_024;

/// How much is read at once.
const PIECE: usize = 16 * 1_024;

/// A message that is so many times as large as one may be is not read to its end.
const ENDLESS: u64 = 4;

/// Both directions of a connection.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: BufReader<BufWriter<S>>,
    /// How long somebody may take in nothing of their answer.
    patience: Duration,
}

/// What came where a command was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, which ended as a line has to.
    Whole,
    /// A line that is longer than any command.
    TooLong,
    /// A line that ended with a lone LF.
    Bare,
    /// Nothing, or not all of a line, for too long.
    Late,
    /// So much without an end of line that it is none.
    Flood,
    /// The client is gone.
    Gone,
}

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With its dot.
    Whole,
    /// It came too slowly.
    Slow,
    /// It goes on and on.
    Endless,
    /// The client is gone.
    Gone,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream: BufReader::with_capacity(PIECE, BufWriter::new(stream)), patience }
    }

    /// The next line, without what it ended with.
    pub(super) async fn line(&mut self, line: &mut Vec<u8>, within: Duration) -> io::Result<Line> {
        line.clear();
        // Answers to commands that came in one breath go out together (RFC 2920), and none waits for what may never come.
        if !self.stream.buffer().contains(&b'\n') {
            self.flush().await?;
        }
        let deadline = Instant::now() + within;
        let (mut length, mut last) = (0_usize, None);
        loop {
            let Ok(read) = timeout_at(deadline, self.stream.fill_buf()).await else { return Ok(Line::Late) };
            let came = read?;
            if came.is_empty() {
                return Ok(Line::Gone);
            }
            let end = came.iter().position(|byte| *byte == b'\n');
            let part = &came[..end.unwrap_or(came.len())];
            let room = LONGEST_LINE.saturating_sub(line.len());
            line.extend_from_slice(&part[..part.len().min(room)]);
            length += part.len();
            last = part.last().copied().or(last);
            let used = part.len() + usize::from(end.is_some());
            self.stream.consume(used);
            if end.is_some() {
                break;
            }
            if length > FLOOD {
                return Ok(Line::Flood);
            }
        }
        if last != Some(b'\r') {
            return Ok(Line::Bare);
        }
        if length > LONGEST_LINE {
            return Ok(Line::TooLong);
        }
        line.pop();
        Ok(Line::Whole)
    }

    /// The text of a message, up to its end.
    pub(super) async fn text(&mut self, text: &mut Text, limits: &Limits) -> io::Result<Ending> {
        self.flush().await?;
        let deadline = Instant::now() + limits.text;
        let mut patience = Patience::new(limits.pause);
        loop {
            let began = Instant::now();
            let until = deadline.min(began + patience.left());
            let Ok(read) = timeout_at(until, self.stream.fill_buf()).await else { return Ok(Ending::Slow) };
            let came = read?;
            if came.is_empty() {
                return Ok(Ending::Gone);
            }
            let fed = text.feed(came);
            self.stream.consume(fed.used);
            if fed.over {
                return Ok(Ending::Whole);
            }
            if text.size() > limits.size.saturating_mul(ENDLESS) {
                return Ok(Ending::Endless);
            }
            // One that comes so fast that it is never waited for must not go on for ever, either.
            if Instant::now() >= deadline {
                return Ok(Ending::Slow);
            }
            patience.came(fed.used, began.elapsed());
        }
    }

    /// Says this, together with the answers to whatever else has come.
    pub(super) async fn say(&mut self, reply: &str) -> io::Result<()> {
        let saying = async {
            self.stream.write_all(reply.as_bytes()).await?;
            self.stream.write_all(b"\r\n").await
        };
        timeout(self.patience, saying).await?
    }

    /// Says this as the last thing.
    pub(super) async fn bye(&mut self, reply: &str) -> io::Result<()> {
        self.say(reply).await?;
        timeout(self.patience, self.stream.shutdown()).await?
    }

    async fn flush(&mut self) -> io::Result<()> {
        timeout(self.patience, self.stream.flush()).await?
    }
}
