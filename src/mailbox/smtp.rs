//! The SMTP server (RFC 5321) of the mailbox, as much of it as senders need: no TLS, no passwords, no queue.

use super::Mailbox;
use super::manners::{self, Ending};
use crate::wire::wall_clock;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The longest line of a command (RFC 5321, 4.5.3.1.4, has 512 bytes).
const LONGEST_COMMAND: u64 = 4_096;

/// The largest letter. The service's largest are 4 MiB or so.
const LARGEST: usize = 32 * 1024 * 1024;

/// How long to wait for somebody who says nothing (RFC 5321, 4.5.3.2, asks for five minutes).
const PATIENCE: Duration = Duration::from_mins(5);

/// How long to wait when the system takes no more connections.
const BACK_OFF: Duration = Duration::from_millis(100);

/// What it calls itself.
const NAME: &str = "mailbox.localhost";

/// Takes letters until `stop` is cancelled.
pub(super) async fn listen(listener: TcpListener, mailbox: Mailbox, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "the mailbox cannot take a connection");
                sleep(BACK_OFF).await;
                continue;
            }
        };
        let (mailbox, stop) = (mailbox.clone(), stop.clone());
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = Session::new(stream, mailbox).serve() => ended,
                () = stop.cancelled() => Ok(()),
            };
            // A sender that goes away ends its session and nothing else.
            if let Err(error) = ended {
                tracing::debug!(%error, "a sender has left the mailbox");
            }
        });
    }
}

/// Whether the dialogue goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    HangUp,
}

/// One connection.
struct Session {
    stream: BufReader<BufWriter<TcpStream>>,
    mailbox: Mailbox,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    fn new(stream: TcpStream, mailbox: Mailbox) -> Self {
        // Replies are small and waited for.
        let _ = stream.set_nodelay(true);
        Self { stream: BufReader::new(BufWriter::new(stream)), mailbox, from: None, to: Vec::new() }
    }

    async fn serve(mut self) -> io::Result<()> {
        self.say(&format!("220 {NAME} ESMTP: what comes here stays here")).await?;
        loop {
            let Some(line) = self.command().await? else { return Ok(()) };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let next = match verb.as_str() {
                "EHLO" => self.hello().await?,
                "HELO" => self.reply(&format!("250 {NAME}")).await?,
                "MAIL" => self.mail(&line).await?,
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.forget();
                    self.reply("250 2.0.0 Forgotten").await?
                }
                "NOOP" => self.reply("250 2.0.0 Still here").await?,
                "QUIT" => {
                    self.say("221 2.0.0 Good bye").await?;
                    Next::HangUp
                }
                _ => self.reply("502 5.5.1 This server knows no such command").await?,
            };
            if next == Next::HangUp {
                self.stream.flush().await?;
                return Ok(());
            }
        }
    }

    /// The next line; `None` if the sender has left.
    async fn command(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(LONGEST_COMMAND);
        let read = timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await?;
        if read? == 0 || line.last() != Some(&b'\n') {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    async fn reply(&mut self, text: &str) -> io::Result<Next> {
        self.say(text).await?;
        Ok(Next::GoOn)
    }

    /// Says it now, or together with the answers to what has come in the same breath (RFC 2920).
    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        if self.stream.buffer().is_empty() { self.stream.flush().await } else { Ok(()) }
    }

    async fn hello(&mut self) -> io::Result<Next> {
        self.forget();
        let offers = format!(
            "250-{NAME}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {LARGEST}"
        );
        self.reply(&offers).await
    }

    async fn mail(&mut self, line: &str) -> io::Result<Next> {
        let Some(address) = address(line) else { return self.reply("501 5.5.4 MAIL FROM:<address>, please").await };
        if self.from.is_some() {
            return self.reply("503 5.5.1 There is a sender already").await;
        }
        self.from = Some(address.to_owned());
        self.reply("250 2.1.0 Sender taken").await
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<Next> {
        let Some(address) = address(line) else { return self.reply("501 5.5.4 RCPT TO:<address>, please").await };
        if self.from.is_none() {
            return self.reply("503 5.5.1 The sender comes first").await;
        }
        if let Some(refusal) = manners::at_recipient(address) {
            return self.reply(refusal).await;
        }
        self.to.push(address.to_owned());
        self.reply("250 2.1.5 Recipient taken").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return self.reply("503 5.5.1 A recipient comes first").await;
        }
        self.say("354 Go ahead, and end with a dot").await?;
        self.stream.flush().await?;
        let letter = match timeout(PATIENCE, self.letter()).await?? {
            Text::Whole(letter) => letter,
            Text::TooLarge => {
                self.forget();
                return self.reply("552 5.3.4 This letter is too large").await;
            }
            Text::CutOff => return Ok(Next::HangUp),
        };
        let first = self.to.first().map(String::as_str).unwrap_or_default();
        let again = manners::remembers(first) && self.mailbox.shelf().has_seen(first, &letter);
        let ending = manners::at_end(first, again);
        match ending {
            Ending::Refuse(said) => {
                self.forget();
                return self.reply(said).await;
            }
            Ending::HangUp => return Ok(Next::HangUp),
            Ending::TakeAfter(pause) => sleep(pause).await,
            Ending::Take | Ending::TakeSilently => {}
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        let number = {
            let mut kept = self.mailbox.shelf();
            kept.put(from, to, letter, wall_clock().now());
            kept.count()
        };
        if ending == Ending::TakeSilently {
            return Ok(Next::HangUp);
        }
        self.reply(&format!("250 2.0.0 Taken as letter {number}")).await
    }

    /// The text up to its dot, without what was stuffed into it (RFC 5321, 4.5.2).
    async fn letter(&mut self) -> io::Result<Text> {
        let (mut letter, mut too_large) = (Vec::new(), false);
        loop {
            let start = letter.len();
            let room = (LARGEST + 4 - start) as u64;
            let read = (&mut self.stream).take(room).read_until(b'\n', &mut letter).await?;
            if read == 0 {
                return Ok(Text::CutOff);
            }
            match &letter[start..] {
                b".\r\n" | b".\n" => {
                    letter.truncate(start);
                    return Ok(if too_large { Text::TooLarge } else { Text::Whole(letter) });
                }
                [b'.', ..] => {
                    letter.remove(start);
                }
                _ => {}
            }
            if letter.len() > LARGEST {
                too_large = true;
                letter.clear();
            }
        }
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }
}

/// The text of a letter.
enum Text {
    Whole(Vec<u8>),
    TooLarge,
    /// The sender has left before the last dot.
    CutOff,
}

/// What stands in the angle brackets.
fn address(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the server answers to these lines, which come one by one.
    async fn dialogue(lines: &[&str]) -> (Vec<String>, Mailbox) {
        let mailbox = Mailbox::start(0, CancellationToken::new()).await.expect("a port");
        let stream = TcpStream::connect(mailbox.smtp()).await.expect("it listens");
        let mut stream = BufReader::new(stream);
        let mut said = Vec::new();
        let mut reply = String::new();
        for line in [""].iter().chain(lines) {
            stream.write_all(line.as_bytes()).await.expect("it reads");
            loop {
                reply.clear();
                if stream.read_line(&mut reply).await.expect("it speaks") == 0 {
                    said.push("(hung up)".to_owned());
                    return (said, mailbox);
                }
                if reply.as_bytes().get(3) == Some(&b' ') {
                    break;
                }
            }
            said.push(reply.trim_end().split(' ').next().unwrap_or_default().to_owned());
        }
        (said, mailbox)
    }

    #[tokio::test]
    async fn a_letter_is_taken_with_its_dots() {
        let letter = "Subject: Hello\r\n\r\n..two dots\r\n.\r\n";
        let lines = ["EHLO me\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", letter];
        let (said, mailbox) = dialogue(&[&lines[..], &["QUIT\r\n"]].concat()).await;
        assert_eq!(said, ["220", "250", "250", "250", "354", "250", "221"]);
        let kept = mailbox.shelf().letter(1).expect("it is kept");
        assert_eq!((&*kept.raw, kept.subject.as_str()), (&b"Subject: Hello\r\n\r\n.two dots\r\n"[..], "Hello"));
        assert_eq!((kept.from.as_str(), kept.to), ("a@example.org", vec!["b@example.org".to_owned()]));
    }

    #[tokio::test]
    async fn what_is_out_of_turn_is_told() {
        let (said, _) = dialogue(&["DATA\r\n", "RCPT TO:<b@example.org>\r\n", "MAIL FROM\r\n", "WHAT\r\n"]).await;
        assert_eq!(said, ["220", "503", "503", "501", "502"]);
    }

    #[tokio::test]
    async fn a_server_in_doubt_hangs_up_once() {
        let to = |name: &str| format!("RCPT TO:<{name}@doubt.example>\r\n");
        let letter = "Message-ID: <1@example.org>\r\n\r\nHello\r\n.\r\n";
        for (name, kept) in [("ann", 0), ("arrived.ann", 1)] {
            let (said, mailbox) = dialogue(&["MAIL FROM:<a@example.org>\r\n", &to(name), "DATA\r\n", letter]).await;
            assert_eq!(said.last().map(String::as_str), Some("(hung up)"));
            assert_eq!(mailbox.count(), kept, "{name}");
            assert!(mailbox.shelf().has_seen(&format!("{name}@doubt.example"), letter.as_bytes()));
        }
    }
}
