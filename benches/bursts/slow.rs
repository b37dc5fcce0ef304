//! A relay that thinks before each reply, and what its connections can do at best.

use anyhow::{Context, ensure};
use chrono::DateTime;
use scheduler::smtp::{self, Contents, Judgement, Letter, Mailbox, Outbox, Permission};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Before each reply.
pub(crate) const THINKS: Duration = Duration::from_millis(200);

/// How many connections are open to it.
pub(crate) const CONNECTIONS: usize = 10;

/// A server that takes every letter, slowly. It listens as long as the program runs.
pub(crate) struct Relay {
    pub(crate) port: u16,
}

impl Relay {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream));
            }
        });
        Ok(Self { port })
    }

    /// How long so many letters take when nothing but the connections is there.
    pub(crate) async fn ceiling(&self, letters: usize, length: usize) -> anyhow::Result<Duration> {
        let relay = smtp::Relay::parse(&format!("smtp://127.0.0.1:{}", self.port))?.with_connections(CONNECTIONS);
        let outbox = Outbox::start(relay);
        let (from, to) = (Mailbox::parse("bench@example.com")?, Mailbox::parse("client@example.org")?);
        let (text, wanted) = ("This is the news of the day.\n".repeat(length / 29), CancellationToken::new());
        let letter = Letter::new(Contents {
            from: &from,
            reply_to: None,
            to: &to,
            subject: "Hello",
            text: &text,
            html: None,
            message_id: "<1@example.com>",
            date: DateTime::UNIX_EPOCH,
            headers: &[],
            structured: &[],
        })?;
        let began = Instant::now();
        let sent = (0..letters).map(|_| outbox.deliver(letter.clone(), Permission::from(&wanted)));
        for judgement in futures::future::join_all(sent).await {
            ensure!(matches!(judgement, Judgement::Accepted { .. }), "{judgement:?}");
        }
        let took = began.elapsed();
        outbox.close().await;
        Ok(took)
    }
}

/// One connection.
async fn talk(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut in_text, mut line) = (false, String::new());
    let mut reply = Some("220 slow.example ESMTP\r\n");
    loop {
        if let Some(reply) = reply {
            tokio::time::sleep(THINKS).await;
            stream.get_mut().write_all(reply.as_bytes()).await?;
        }
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the other side is gone");
        let command = line.trim_end().to_ascii_uppercase();
        let verb = command.split([' ', ':']).next().context("the first word")?;
        reply = match verb {
            "." if in_text => {
                in_text = false;
                Some("250 2.0.0 taken\r\n")
            }
            _ if in_text => None,
            "EHLO" => Some("250-slow.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"),
            "DATA" => {
                in_text = true;
                Some("354 go on\r\n")
            }
            "QUIT" => return Ok(stream.get_mut().write_all(b"221 bye\r\n").await?),
            _ => Some("250 2.0.0 well\r\n"),
        };
    }
}
