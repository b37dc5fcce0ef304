//! One connection of the server: it reads commands, asks the script what to do and does it.

use std::{
    io,
    sync::{Arc, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::yield_now,
    time::sleep,
};

use super::{Act, Beat, Encryption, Offers, Received, Stage, Turn};

const REFUSED_TOKEN: &str =
    "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Session {
    stage: Arc<Stage>,
    stream: BufReader<Box<dyn Stream>>,
    connection: usize,
    encrypted: bool,
    user: Option<String>,
    mail: String,
    recipient: Option<String>,
}

/// One connection fewer, however it ends.
struct Leaves(Arc<Stage>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.record.send_modify(|record| record.open -= 1);
    }
}

/// What comes after an act.
enum Next {
    GoOn,
    /// The usual is still to be done.
    Usual(Manner),
    Leave,
}

/// How the usual is said.
#[derive(Clone, Copy)]
enum Manner {
    AtOnce,
    InPieces,
    And(&'static [u8]),
}

pub(super) async fn serve(stage: Arc<Stage>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = 0;
    let mut too_many = false;
    stage.record.send_modify(|record| {
        record.connections += 1;
        connection = record.connections;
        too_many = record.open >= stage.offers.most_connections;
        record.turned_away += usize::from(too_many);
        record.open += usize::from(!too_many);
    });
    if too_many {
        let mut stream = stream;
        stream.write_all(format!("{}\r\n", stage.offers.too_many).as_bytes()).await?;
        return stream.shutdown().await;
    }
    let _leaves = Leaves(Arc::clone(&stage));
    let mut session = Session {
        stage,
        stream: BufReader::new(Box::new(stream)),
        connection,
        encrypted: false,
        user: None,
        mail: String::new(),
        recipient: None,
    };
    if session.stage.offers.encryption == Encryption::Implicit {
        let Some(encrypted) = session.shake_hands().await? else { return Ok(()) };
        session = encrypted;
    }
    if matches!(session.usually(Turn::Greeting, "220 test.example ESMTP").await?, Next::Leave) {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        if session.stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        session.stage.record.send_modify(|record| record.commands.push((session.connection, line.to_owned())));
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let next = match verb.as_str() {
            "EHLO" => session.ehlo().await?,
            "HELO" => session.usually(Turn::Helo, "250 test.example at your service").await?,
            "STARTTLS" if session.stage.offers.encryption == Encryption::StartTls && !session.encrypted => {
                session = match session.start_tls().await? {
                    Some(session) => session,
                    None => return Ok(()),
                };
                Next::GoOn
            }
            "AUTH" => session.auth(line).await?,
            "MAIL" => session.mail(line).await?,
            "RCPT" => session.rcpt(line).await?,
            "DATA" => session.data().await?,
            "RSET" => {
                session.recipient = None;
                session.mail.clear();
                session.usually(Turn::Rset, "250 2.0.0 forgotten").await?
            }
            "QUIT" => match session.usually(Turn::Quit, "221 2.0.0 bye").await? {
                Next::Usual(_) => Next::Leave,
                other => other,
            },
            _ => {
                session.say("502 5.5.1 not here").await?;
                Next::GoOn
            }
        };
        if matches!(next, Next::Leave) {
            return Ok(());
        }
    }
}

impl Session {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.send(format!("{text}\r\n").as_bytes()).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn spell(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.send(&[*byte]).await?;
            // The client reads it now, when it runs in this thread.
            yield_now().await;
        }
        Ok(())
    }

    /// Until the other side has enough of it.
    async fn say_nothing_more(&mut self) -> io::Result<Next> {
        self.stream.read_to_end(&mut Vec::new()).await?;
        Ok(Next::Leave)
    }

    async fn act(&mut self, act: Act) -> io::Result<Next> {
        match act {
            Act::Usual => return Ok(Next::Usual(Manner::AtOnce)),
            Act::InPieces => return Ok(Next::Usual(Manner::InPieces)),
            Act::UsualAnd(bytes) => return Ok(Next::Usual(Manner::And(bytes))),
            Act::After(pause) => {
                sleep(pause).await;
                return Ok(Next::Usual(Manner::AtOnce));
            }
            Act::Wait(gate) => {
                gate.pass().await;
                return Ok(Next::Usual(Manner::AtOnce));
            }
            Act::Say(text) => self.say(text).await?,
            Act::Bytes(bytes) => self.send(bytes).await?,
            Act::Beats(beats) => {
                for beat in beats {
                    if matches!(self.beat(beat).await?, Next::Leave) {
                        return Ok(Next::Leave);
                    }
                }
            }
            Act::Silent => return self.say_nothing_more().await,
            Act::Deaf(text) => {
                self.say(text).await?;
                std::future::pending::<()>().await;
            }
            Act::HangUp | Act::TakeAndHangUp => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    async fn beat(&mut self, beat: Beat) -> io::Result<Next> {
        match beat {
            Beat::Say(bytes) => self.send(&bytes).await?,
            Beat::Spell(bytes) => self.spell(&bytes).await?,
            Beat::Repeat(bytes) => loop {
                // Ends with the connection.
                self.send(&bytes).await?;
            },
            Beat::Hear => {
                let heard = self.stream.fill_buf().await?.len();
                self.stream.consume(heard);
            }
            Beat::Pass(gate) => gate.pass().await,
            Beat::Rest(pause) => sleep(pause).await,
            Beat::Silent => return self.say_nothing_more().await,
            Beat::HangUp => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    async fn usually(&mut self, turn: Turn<'_>, text: &str) -> io::Result<Next> {
        let act = self.stage.asks(turn);
        self.do_or_say(act, text).await
    }

    async fn do_or_say(&mut self, act: Act, text: &str) -> io::Result<Next> {
        let next = self.act(act).await?;
        if let Next::Usual(manner) = next {
            let line = format!("{text}\r\n").into_bytes();
            match manner {
                Manner::AtOnce => self.send(&line).await?,
                Manner::InPieces => self.spell(&line).await?,
                Manner::And(more) => self.send(&[&line, more].concat()).await?,
            }
        }
        Ok(next)
    }

    async fn ehlo(&mut self) -> io::Result<Next> {
        let offers = self.stage.offers.clone();
        let mut lines = vec!["test.example".to_owned()];
        if offers.encryption == Encryption::StartTls && !self.encrypted {
            lines.push("STARTTLS".to_owned());
        }
        if offers.credentials.is_some() || offers.token.is_some() {
            lines.push(format!("AUTH {}", offers.mechanisms));
        }
        lines.extend(offers.extensions.iter().map(|&extension| extension.to_owned()));
        let last = lines.pop().unwrap_or_default();
        let mut text: Vec<_> = lines.iter().map(|line| format!("250-{line}")).collect();
        text.push(format!("250 {last}"));
        self.usually(Turn::Ehlo, &text.join("\r\n")).await
    }

    async fn start_tls(mut self) -> io::Result<Option<Self>> {
        match self.usually(Turn::StartTls, "220 2.0.0 go ahead").await? {
            Next::Leave => Ok(None),
            _ => self.shake_hands().await,
        }
    }

    async fn shake_hands(mut self) -> io::Result<Option<Self>> {
        let act = self.stage.asks(Turn::Handshake);
        match self.act(act).await? {
            Next::Usual(_) => {
                let stream = self.stage.acceptor.accept(self.stream.into_inner()).await?;
                Ok(Some(Self { stream: BufReader::new(Box::new(stream)), encrypted: true, ..self }))
            }
            // Nothing sensible can follow what is no handshake.
            Next::GoOn => self.say_nothing_more().await.map(|_| None),
            Next::Leave => Ok(None),
        }
    }

    async fn auth(&mut self, line: &str) -> io::Result<Next> {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["AUTH", mechanism @ ("XOAUTH2" | "OAUTHBEARER"), response] = words[..] {
            return self.auth_with_token(mechanism, response).await;
        }
        let given = match words[1..] {
            ["PLAIN", response] => {
                let decoded = decode_base64(response);
                let mut parts = decoded.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            ["LOGIN"] => (self.challenge("334 VXNlcm5hbWU6").await?, self.challenge("334 UGFzc3dvcmQ6").await?),
            _ => (String::new(), String::new()),
        };
        let good = self
            .stage
            .offers
            .credentials
            .is_some_and(|(user, password)| given == (user.to_owned(), password.to_owned()));
        let text = if good { "235 2.7.0 welcome" } else { "535 5.7.8 wrong user or password" };
        let next = self.usually(Turn::Auth, text).await?;
        self.user = Some(given.0).filter(|_| good);
        Ok(next)
    }

    /// As Google has it for XOAUTH2, and RFC 7628 for OAUTHBEARER: a refusal is a challenge, and a code after it.
    async fn auth_with_token(&mut self, mechanism: &str, response: &str) -> io::Result<Next> {
        let said = decode_base64(response);
        let (user, token) = match mechanism {
            "XOAUTH2" => said.strip_prefix("user=").and_then(|rest| rest.split_once("\u{1}auth=Bearer ")),
            _ => said.strip_prefix("n,a=").and_then(|rest| {
                let (user, rest) = rest.split_once(",\u{1}host=")?;
                Some((user, rest.split_once("\u{1}auth=Bearer ")?.1))
            }),
        }
        .unwrap_or_default();
        let token = token.strip_suffix("\u{1}\u{1}").unwrap_or_default();
        let right = self.stage.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let named = self.stage.offers.token.is_some_and(|(name, _)| name == user);
        let good = named && right.as_deref() == Some(token) && self.stage.offers.mechanisms.contains(mechanism);
        let user = user.to_owned();
        if !good {
            // {"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}
            let answer = self.challenge(&format!("334 {REFUSED_TOKEN}")).await?;
            let expected = if mechanism == "XOAUTH2" { "" } else { "\u{1}" };
            if answer != expected {
                self.say("501 5.5.2 not an answer to that").await?;
                return Ok(Next::Leave);
            }
        }
        let text = if good { "235 2.7.0 welcome" } else { "535 5.7.8 token not accepted" };
        let next = self.usually(Turn::Auth, text).await?;
        self.user = Some(user).filter(|_| good);
        Ok(next)
    }

    async fn challenge(&mut self, text: &str) -> io::Result<String> {
        self.say(text).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        Ok(decode_base64(line.trim_end()))
    }

    async fn mail(&mut self, line: &str) -> io::Result<Next> {
        let Offers { credentials, token, .. } = &self.stage.offers;
        if (credentials.is_some() || token.is_some()) && self.user.is_none() {
            self.say("530 5.7.0 log in first").await?;
            return Ok(Next::GoOn);
        }
        if !self.mail.is_empty() {
            self.say("503 5.5.1 nested MAIL").await?;
            return Ok(Next::GoOn);
        }
        let act = self.stage.asks(Turn::Mail);
        if act.agrees() {
            line.clone_into(&mut self.mail);
        }
        self.do_or_say(act, "250 2.1.0 sender ok").await
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<Next> {
        let recipient =
            line.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>')).map_or("", |(address, _)| address);
        if self.mail.is_empty() || self.recipient.is_some() {
            self.say("503 5.5.1 not now").await?;
            return Ok(Next::GoOn);
        }
        let act = self.stage.asks(Turn::Rcpt(recipient));
        if act.agrees() {
            self.recipient = Some(recipient.to_owned());
        }
        self.do_or_say(act, "250 2.1.5 recipient ok").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(recipient) = self.recipient.clone() else {
            self.say("503 5.5.1 no recipient").await?;
            return Ok(Next::GoOn);
        };
        let next = self.usually(Turn::Data, "354 go ahead").await?;
        if !matches!(next, Next::Usual(_)) {
            return Ok(next);
        }
        let Some(letter) = self.read_letter().await? else { return Ok(Next::Leave) };
        let act = self.stage.asks(Turn::Body(&recipient));
        if let Act::Wait(gate) = &act {
            gate.pass().await;
        }
        if act.agrees() {
            let received = Received {
                connection: self.connection,
                encrypted: self.encrypted,
                user: self.user.clone(),
                mail: std::mem::take(&mut self.mail),
                recipient,
                letter,
            };
            self.stage.record.send_modify(|record| record.received.push(received));
            self.recipient = None;
        }
        let act = if matches!(act, Act::Wait(_)) { Act::Usual } else { act };
        self.do_or_say(act, "250 2.0.0 queued as 42").await
    }

    /// `None` when the client hung up before the final dot.
    async fn read_letter(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut letter = Vec::new();
        loop {
            let start = letter.len();
            if self.stream.read_until(b'\n', &mut letter).await? == 0 {
                return Ok(None);
            }
            if &letter[start..] == b".\r\n" {
                letter.truncate(start);
                return Ok(Some(letter));
            }
            if letter[start] == b'.' {
                letter.remove(start);
            }
        }
    }
}

/// Good enough for what clients send; anything else decodes to something that is no password.
fn decode_base64(text: &str) -> String {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
