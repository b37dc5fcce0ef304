//! An SMTP server that tests write the script for: what it says at each turn of the dialogue, or that it says nothing,
//! hangs up, or waits until it is told to go on. It keeps every letter it took, also those it took without saying so.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// After this a test that waits gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether and when the server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Never.
    None,
    /// When asked with STARTTLS.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What the server offers. By default: no TLS, no AUTH, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, PIPELINING.
#[derive(Debug, Clone)]
pub(crate) struct Offers {
    pub(crate) encryption: Encryption,
    /// User and password that AUTH wants; nothing is taken from those who did not log in.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    /// The mechanisms named in EHLO.
    pub(crate) mechanisms: &'static str,
    /// The other extensions.
    pub(crate) extensions: &'static [&'static str],
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            encryption: Encryption::None,
            credentials: None,
            mechanisms: "PLAIN LOGIN",
            extensions: &["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING"],
        }
    }
}

/// A turn of the dialogue, before the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn<'a> {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    /// The recipient.
    Rcpt(&'a str),
    Data,
    /// The whole letter is here; the recipient.
    Body(&'a str),
}

/// What the server does at a turn.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// What a good server does.
    Usual,
    /// Says this (lines with `\r\n` between them) and goes on. A letter is kept when it begins with `2`.
    Say(&'static str),
    /// Says these bytes as they are, good or not.
    Bytes(&'static [u8]),
    /// Says nothing any more and keeps the connection open.
    Silent,
    /// Says this and listens no more.
    Deaf(&'static str),
    /// Hangs up.
    HangUp,
    /// Keeps the letter and hangs up without a word.
    TakeAndHangUp,
    /// Waits at the gate, then does as usual.
    Wait(Gate),
}

/// Where the server waits until the test opens it.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<watch::Sender<(usize, bool)>>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new((0, false))))
    }

    /// Waits until so many transactions wait here.
    pub(crate) async fn reached_by(&self, waiting: usize) {
        patiently("the gate is reached", self.0.subscribe().wait_for(|state| state.0 >= waiting)).await;
    }

    pub(crate) fn open(&self) {
        self.0.send_modify(|state| state.1 = true);
    }

    async fn pass(&self) {
        let mut state = self.0.subscribe();
        self.0.send_modify(|state| state.0 += 1);
        // The sender lives in `self`.
        let _ = state.wait_for(|state| state.1).await;
    }
}

/// A letter as the server took it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The first connection is 1.
    pub(crate) connection: usize,
    pub(crate) encrypted: bool,
    pub(crate) user: Option<String>,
    /// The whole MAIL command, with its parameters.
    pub(crate) mail: String,
    pub(crate) recipient: String,
    /// Without dot-stuffing and without the final dot.
    pub(crate) letter: Vec<u8>,
}

type Script = Arc<dyn Fn(Turn<'_>) -> Act + Send + Sync>;

/// The server. Stops when dropped.
pub(crate) struct SmtpServer {
    stage: Arc<Stage>,
    address: SocketAddr,
    stopped: CancellationToken,
    tasks: TaskTracker,
    certificate: String,
}

/// What all connections share.
struct Stage {
    offers: Offers,
    acceptor: TlsAcceptor,
    script: Mutex<Script>,
    record: watch::Sender<Record>,
}

impl Stage {
    /// What the script wants at this turn.
    fn asks(&self, turn: Turn<'_>) -> Act {
        let script = Arc::clone(&self.script.lock().unwrap_or_else(PoisonError::into_inner));
        script(turn)
    }
}

#[derive(Debug, Default)]
struct Record {
    connections: usize,
    received: Vec<Received>,
    /// Connection and command, in order.
    commands: Vec<(usize, String)>,
}

impl SmtpServer {
    /// Starts on a free port of this machine, well behaved.
    pub(crate) async fn start(offers: Offers) -> Self {
        let (acceptor, certificate) = identity();
        let stage = Stage {
            offers,
            acceptor,
            script: Mutex::new(Arc::new(|_| Act::Usual)),
            record: watch::Sender::new(Record::default()),
        };
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any_port).await.expect("a free port");
        let address = listener.local_addr().expect("the listener's address");
        let mut server = Self {
            stage: Arc::new(stage),
            address,
            stopped: CancellationToken::new(),
            tasks: TaskTracker::new(),
            certificate,
        };
        server.listen(listener);
        server
    }

    /// Stops listening and cuts all connections.
    pub(crate) async fn stop(&mut self) {
        self.stopped.cancel();
        self.tasks.close();
        timeout(PATIENCE, self.tasks.wait()).await.expect("the server stops");
    }

    /// Starts again on the same port, after [`SmtpServer::stop`].
    pub(crate) async fn start_again(&mut self) {
        self.stopped = CancellationToken::new();
        self.tasks = TaskTracker::new();
        let listener = TcpListener::bind(self.address).await.expect("the port is still free");
        self.listen(listener);
    }

    /// Cuts all connections and goes on listening.
    pub(crate) async fn hang_up(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// From now on the server does at every turn what `script` says.
    pub(crate) fn play(&self, script: impl Fn(Turn<'_>) -> Act + Send + Sync + 'static) {
        *self.stage.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that a client has to trust.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// All letters so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.stage.record.borrow().received.clone()
    }

    /// Who got a letter.
    pub(crate) fn accepted_recipients(&self) -> BTreeSet<String> {
        self.stage.record.borrow().received.iter().map(|received| received.recipient.clone()).collect()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.stage.record.borrow().connections
    }

    /// The verbs of all commands so far, in order.
    pub(crate) fn commands(&self) -> Vec<String> {
        let verb = |command: &str| command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        self.stage.record.borrow().commands.iter().map(|(_, command)| verb(command)).collect()
    }

    /// Waits until so many letters are here.
    pub(crate) async fn wait_for(&self, letters: usize) {
        let mut record = self.stage.record.subscribe();
        patiently("the letters arrive", record.wait_for(|record| record.received.len() >= letters)).await;
    }

    /// Waits until this verb came so many times.
    pub(crate) async fn wait_for_command(&self, verb: &str, times: usize) {
        let mut record = self.stage.record.subscribe();
        let enough =
            |record: &Record| record.commands.iter().filter(|(_, command)| command.starts_with(verb)).count() >= times;
        patiently("the command comes", record.wait_for(enough)).await;
    }

    fn listen(&mut self, listener: TcpListener) {
        let (stage, stopped, tasks) = (Arc::clone(&self.stage), self.stopped.clone(), self.tasks.clone());
        self.tasks.spawn(async move {
            loop {
                let stream = tokio::select! {
                    () = stopped.cancelled() => return,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => stream,
                        Err(_) => continue,
                    },
                };
                let (stage, stopped) = (Arc::clone(&stage), stopped.clone());
                tasks.spawn(async move {
                    tokio::select! {
                        () = stopped.cancelled() => {}
                        // A client that goes away ends its session and nothing else.
                        _ = serve(stage, stream) => {}
                    }
                });
            }
        });
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}

async fn patiently<T, E: std::fmt::Debug>(what: &str, happens: impl Future<Output = Result<T, E>>) {
    timeout(PATIENCE, happens).await.expect(what).expect(what);
}

/// A certificate for this machine, signed by itself.
fn identity() -> (TlsAcceptor, String) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key))
        .expect("a TLS configuration");
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One connection.
struct Session {
    stage: Arc<Stage>,
    stream: BufReader<Box<dyn Stream>>,
    connection: usize,
    encrypted: bool,
    user: Option<String>,
    mail: String,
    recipient: Option<String>,
}

/// What comes after an act.
enum Next {
    GoOn,
    /// The usual is still to be done.
    Usual,
    Leave,
}

async fn serve(stage: Arc<Stage>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = 0;
    stage.record.send_modify(|record| {
        record.connections += 1;
        connection = record.connections;
    });
    let encrypted = stage.offers.encryption == Encryption::Implicit;
    let stream: Box<dyn Stream> =
        if encrypted { Box::new(stage.acceptor.accept(stream).await?) } else { Box::new(stream) };
    let mut session = Session {
        stage,
        stream: BufReader::new(stream),
        connection,
        encrypted,
        user: None,
        mail: String::new(),
        recipient: None,
    };
    match session.act(Turn::Greeting).await? {
        Next::Usual => session.say("220 test.example ESMTP").await?,
        Next::GoOn => {}
        Next::Leave => return Ok(()),
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
                session.say("250 2.0.0 forgotten").await?;
                Next::GoOn
            }
            "QUIT" => {
                session.say("221 2.0.0 bye").await?;
                Next::Leave
            }
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
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn act(&mut self, turn: Turn<'_>) -> io::Result<Next> {
        match self.stage.asks(turn) {
            Act::Usual => return Ok(Next::Usual),
            Act::Wait(gate) => {
                gate.pass().await;
                return Ok(Next::Usual);
            }
            Act::Say(text) => self.say(text).await?,
            Act::Bytes(bytes) => {
                self.stream.write_all(bytes).await?;
                self.stream.flush().await?;
            }
            Act::Silent => {
                // Until the other side has enough of it.
                self.stream.read_to_end(&mut Vec::new()).await?;
                return Ok(Next::Leave);
            }
            Act::Deaf(text) => {
                self.say(text).await?;
                std::future::pending::<()>().await;
            }
            Act::HangUp | Act::TakeAndHangUp => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    async fn usually(&mut self, turn: Turn<'_>, text: &str) -> io::Result<Next> {
        let next = self.act(turn).await?;
        if matches!(next, Next::Usual) {
            self.say(text).await?;
        }
        Ok(next)
    }

    async fn ehlo(&mut self) -> io::Result<Next> {
        let offers = self.stage.offers.clone();
        let mut lines = vec!["test.example".to_owned()];
        if offers.encryption == Encryption::StartTls && !self.encrypted {
            lines.push("STARTTLS".to_owned());
        }
        if offers.credentials.is_some() {
            lines.push(format!("AUTH {}", offers.mechanisms));
        }
        lines.extend(offers.extensions.iter().map(|&extension| extension.to_owned()));
        let last = lines.pop().unwrap_or_default();
        let mut text: Vec<_> = lines.iter().map(|line| format!("250-{line}")).collect();
        text.push(format!("250 {last}"));
        self.usually(Turn::Ehlo, &text.join("\r\n")).await
    }

    async fn start_tls(mut self) -> io::Result<Option<Self>> {
        if matches!(self.usually(Turn::StartTls, "220 2.0.0 go ahead").await?, Next::Leave) {
            return Ok(None);
        }
        let stream = self.stage.acceptor.accept(self.stream.into_inner()).await?;
        Ok(Some(Self { stream: BufReader::new(Box::new(stream)), encrypted: true, ..self }))
    }

    async fn auth(&mut self, line: &str) -> io::Result<Next> {
        let words: Vec<&str> = line.split(' ').collect();
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

    async fn challenge(&mut self, text: &str) -> io::Result<String> {
        self.say(text).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        Ok(decode_base64(line.trim_end()))
    }

    async fn mail(&mut self, line: &str) -> io::Result<Next> {
        if self.stage.offers.credentials.is_some() && self.user.is_none() {
            self.say("530 5.7.0 log in first").await?;
            return Ok(Next::GoOn);
        }
        if !self.mail.is_empty() {
            self.say("503 5.5.1 nested MAIL").await?;
            return Ok(Next::GoOn);
        }
        let next = self.usually(Turn::Mail, "250 2.1.0 sender ok").await?;
        if matches!(next, Next::Usual) {
            line.clone_into(&mut self.mail);
        }
        Ok(next)
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<Next> {
        let recipient =
            line.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>')).map_or("", |(address, _)| address);
        if self.mail.is_empty() || self.recipient.is_some() {
            self.say("503 5.5.1 not now").await?;
            return Ok(Next::GoOn);
        }
        let next = self.usually(Turn::Rcpt(recipient), "250 2.1.5 recipient ok").await?;
        if matches!(next, Next::Usual) {
            self.recipient = Some(recipient.to_owned());
        }
        Ok(next)
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(recipient) = self.recipient.clone() else {
            self.say("503 5.5.1 no recipient").await?;
            return Ok(Next::GoOn);
        };
        let next = self.usually(Turn::Data, "354 go ahead").await?;
        if !matches!(next, Next::Usual) {
            return Ok(next);
        }
        let Some(letter) = self.read_letter().await? else { return Ok(Next::Leave) };
        let act = self.stage.asks(Turn::Body(&recipient));
        let kept = match act {
            Act::Usual | Act::TakeAndHangUp | Act::Wait(_) => true,
            Act::Say(text) | Act::Deaf(text) => text.starts_with('2'),
            Act::Bytes(bytes) => bytes.starts_with(b"2"),
            Act::Silent | Act::HangUp => false,
        };
        if let Act::Wait(gate) = &act {
            gate.pass().await;
        }
        if kept {
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
        match act {
            Act::Usual | Act::Wait(_) => self.say("250 2.0.0 queued as 42").await?,
            Act::Say(text) => self.say(text).await?,
            Act::Deaf(text) => {
                self.say(text).await?;
                std::future::pending::<()>().await;
            }
            Act::Bytes(bytes) => {
                self.stream.write_all(bytes).await?;
                self.stream.flush().await?;
            }
            Act::Silent => drop(self.stream.read_to_end(&mut Vec::new()).await?),
            Act::HangUp | Act::TakeAndHangUp => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
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
