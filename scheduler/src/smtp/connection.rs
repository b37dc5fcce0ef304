//! One SMTP connection, command by command, so that it is always known in which phase something happened.

use std::{
    error::Error as _,
    io, mem,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::AsyncSmtpConnection,
    commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
    response::Response,
};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, lookup_host},
    sync::OnceCell,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    judge::{Happening, Phase, Reply, Verdict, judge},
    letter::Letter,
    relay::{Relay, Security},
    wire::{Carrier, Wire},
};

/// QUIT is a courtesy; nobody waits for it longer than this.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

/// AUTH LOGIN has two challenges, and no mechanism that is known here has more.
const MOST_CHALLENGES: usize = 2;

/// Opens connections to one relay.
#[derive(Debug)]
pub struct Connector {
    relay: Relay,
    /// Reading the system's certificates takes a while, so it is done once; it also lets TLS sessions be resumed.
    tls: OnceCell<Arc<ClientConfig>>,
}

/// An open connection that has greeted and, where the relay wants it, logged in.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    timeouts: super::Timeouts,
    phase: Phase,
    /// Whether the last bytes given to the wire may have reached the relay.
    all_left: Arc<AtomicBool>,
    /// No reply is outstanding and nothing was in doubt. `false` while a dialogue is on its way, so also when it was
    /// abandoned: the reply that it did not wait for would else be taken for the answer to the next letter.
    in_step: bool,
    /// Whether the relay takes two commands in one turn.
    pipelining: bool,
    /// MAIL was refused, and the answer to the RCPT that went with it was not read yet.
    owes_reply: bool,
    letters: u32,
}

/// Where and what ended an attempt to open a connection.
type Failure = (Phase, Happening);

/// What the relay says to EHLO.
struct HelloReply {
    raw: String,
    offers_starttls: bool,
    offers_pipelining: bool,
}

impl Connector {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(relay: Relay) -> Self {
        Self { relay, tls: OnceCell::new() }
    }

    /// The relay.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Connects, starts TLS, greets and logs in, each within its timeout.
    ///
    /// The error says in which phase what happened; [`judge`] knows what it means.
    pub async fn open(&self) -> Result<Connection, Failure> {
        let timeouts = self.relay.timeouts;
        let stream = self.connect().await?;
        let local = stream.local_addr().map_err(|error| (Phase::Connect, Happening::Lost(error.to_string())))?.ip();
        let peer = stream.peer_addr().map_err(|error| (Phase::Connect, Happening::Lost(error.to_string())))?;
        let hello = self.relay.hello.clone().unwrap_or(match local {
            IpAddr::V4(address) => ClientId::Ipv4(address),
            IpAddr::V6(address) => ClientId::Ipv6(address),
        });

        let carrier = match self.relay.security {
            Security::Implicit => self.encrypt(stream).await?,
            _ => Carrier::Tcp(stream),
        };
        let mut encrypted = matches!(carrier, Carrier::Tls(_));
        let mut wire = Wire::new(carrier, peer);
        let greeting = within(timeouts.command, read_reply(&mut wire)).await.map_err(at(Phase::Greeting))?;
        expect(Phase::Greeting, &greeting.0)?;
        let mut hello_reply = self.say_hello(&mut wire, &hello).await?;
        if matches!(self.relay.security, Security::StartTls | Security::Opportunistic) {
            if hello_reply.offers_starttls {
                wire = Wire::new(self.upgrade(wire).await?, peer);
                encrypted = true;
                hello_reply = self.say_hello(&mut wire, &hello).await?;
            } else if self.relay.security == Security::StartTls {
                return Err((
                    Phase::Tls,
                    Happening::Refused("the relay offers no STARTTLS, which tls=required asks for".to_owned()),
                ));
            }
        }

        wire.rehearse(&greeting.1, &hello_reply.raw);
        let all_left = wire.all_left();
        let smtp = within(timeouts.command, AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello));
        let smtp = smtp.await.map_err(at(Phase::Greeting))?;
        let pipelining = hello_reply.offers_pipelining;
        let mut connection = Connection {
            smtp,
            timeouts,
            phase: Phase::Auth,
            all_left,
            in_step: true,
            pipelining,
            owes_reply: false,
            letters: 0,
        };
        if let Some(credentials) = &self.relay.credentials {
            if !encrypted && !self.relay.may_send_password_unencrypted() {
                let why = "the relay offers no STARTTLS, and the password is not sent unencrypted";
                return Err((Phase::Tls, Happening::Refused(why.to_owned())));
            }
            connection.log_in(credentials).await.map_err(at(Phase::Auth))?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let limit = self.relay.timeouts.connect;
        let addresses = within(limit, async {
            lookup_host((self.relay.host.as_str(), self.relay.port))
                .await
                .map_err(|error| Happening::Lost(format!("the name {} was not resolved: {error}", self.relay.host)))
        });
        let mut last = Happening::Lost(format!("the name {} has no address", self.relay.host));
        for address in addresses.await.map_err(at(Phase::Connect))? {
            let connecting = within(limit, async {
                let stream = TcpStream::connect(address).await?;
                // Without it every letter waits 40 ms for a delayed acknowledgement.
                stream.set_nodelay(true)?;
                Ok::<_, io::Error>(stream)
            });
            match connecting.await.map_err(|error| match error {
                Happening::Lost(why) => Happening::Lost(format!("{address}: {why}")),
                other => other,
            }) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err((Phase::Connect, last))
    }

    /// EHLO. Not lettre's, because lettre takes any positive code for an answer, and after a refusal it says QUIT and
    /// waits for the answer to that too: in a relay that then keeps silent a refusal would become a timeout.
    async fn say_hello(&self, wire: &mut Wire, hello: &ClientId) -> Result<HelloReply, Failure> {
        let limit = self.relay.timeouts.command;
        let (reply, raw) =
            within(limit, ask(wire, Ehlo::new(hello.clone()).to_string())).await.map_err(at(Phase::Greeting))?;
        if !reply.has_code(250) {
            return Err((Phase::Greeting, Happening::Reply(kept(&reply))));
        }
        let info = ServerInfo::from_response(&reply).map_err(|error| (Phase::Greeting, Happening::from(error)))?;
        let offers_starttls = info.supports_feature(Extension::StartTls);
        let offers_pipelining = reply.message().skip(1).any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
        Ok(HelloReply { raw, offers_starttls, offers_pipelining })
    }

    /// STARTTLS (RFC 3207). Not lettre's, because lettre keeps what it has read before the handshake and takes it for
    /// the relay's words after it: whoever sits on the line could put replies there.
    async fn upgrade(&self, mut wire: Wire) -> Result<Carrier, Failure> {
        let limit = self.relay.timeouts.command;
        let (reply, _) = within(limit, ask(&mut wire, Starttls.to_string())).await.map_err(at(Phase::Tls))?;
        expect(Phase::Tls, &reply)?;
        let stream = wire.into_bare_tcp().map_err(|error| (Phase::Tls, broken(&error)))?;
        self.encrypt(stream).await
    }

    async fn encrypt(&self, stream: TcpStream) -> Result<Carrier, Failure> {
        let config = self.tls.get_or_try_init(|| tls_config(&self.relay)).await.map_err(at(Phase::Tls))?;
        let name = ServerName::try_from(self.relay.host.clone()).map_err(|_| {
            (Phase::Tls, Happening::Refused(format!("{} cannot be the name in a certificate", self.relay.host)))
        })?;
        let handshake = within(self.relay.timeouts.connect, async {
            TlsConnector::from(Arc::clone(config)).connect(name, stream).await.map_err(|error| untrusted(&error))
        });
        Ok(Carrier::Tls(Box::new(handshake.await.map_err(at(Phase::Tls))?)))
    }
}

impl Connection {
    /// How many letters went over it.
    #[must_use]
    pub fn letters(&self) -> u32 {
        self.letters
    }

    /// Where the dialogue is: what cutting it off now would mean for the letter.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase {
            Phase::Body if !self.all_left.load(Ordering::Acquire) => Phase::Data,
            phase => phase,
        }
    }

    /// One transaction. When the verdict says so, [`Connection::reset`] makes the connection ready for the next one;
    /// otherwise it must be dropped, and also when this future is dropped before it ends. Whoever uses it nevertheless
    /// is told that the letter was not tried.
    pub async fn send(&mut self, letter: &Letter) -> Verdict {
        if !mem::replace(&mut self.in_step, false) || self.owes_reply {
            self.phase = Phase::MailFrom;
            return judge(Phase::MailFrom, out_of_step());
        }
        let verdict = match self.transaction(letter).await {
            Ok(reply) => {
                self.letters += 1;
                judge(Phase::Body, Happening::Reply(reply))
            }
            Err(happening) => judge(self.phase(), happening),
        };
        self.in_step = verdict.keep_connection;
        verdict
    }

    /// RSET after a transaction that did not end with a letter taken over.
    pub async fn reset(&mut self) -> Result<(), Happening> {
        if !mem::replace(&mut self.in_step, false) {
            return Err(out_of_step());
        }
        self.phase = Phase::MailFrom;
        if mem::replace(&mut self.owes_reply, false) {
            // Whatever it says: without a sender there is no letter.
            match within(self.timeouts.command, self.smtp.read_response()).await {
                Ok(_) | Err(Happening::Reply(_)) => {}
                Err(happening) => return Err(happening),
            }
        }
        let reply = within(self.timeouts.command, self.smtp.command(Rset)).await?;
        if !reply.has_code(250) {
            return Err(Happening::Reply(kept(&reply)));
        }
        self.in_step = true;
        Ok(())
    }

    /// Says QUIT and closes; waits briefly for the answer.
    pub async fn quit(mut self) {
        // Whether the relay answers makes no difference to anybody. (lettre's own `quit` insists, and says it twice.)
        let _ = timeout(QUIT_WITHIN, self.smtp.command(Quit)).await;
    }

    /// AUTH. Not lettre's, because lettre says QUIT after a refused password and waits for the answer to that too: in a
    /// relay that then keeps silent wrong credentials would become a timeout.
    async fn log_in(&mut self, credentials: &super::Credentials) -> Result<(), Happening> {
        let Some(mechanism) = self.smtp.server_info().get_auth_mechanism(DEFAULT_MECHANISMS) else {
            return Err(Happening::Refused(
                "the relay offers neither AUTH PLAIN nor AUTH LOGIN, but a user is set".to_owned(),
            ));
        };
        let credentials = Credentials::new(credentials.user.clone(), credentials.password.expose_secret().to_owned());
        let smtp = &mut self.smtp;
        let reply = within(self.timeouts.command, async {
            let mut reply = smtp.command(Auth::new(mechanism, credentials.clone(), None)?).await?;
            // Who has said everything with the command has no answer to a challenge.
            let challenges = if mechanism.supports_initial_response() { 0 } else { MOST_CHALLENGES };
            for _ in 0..challenges {
                if !reply.has_code(334) {
                    break;
                }
                let answer = Auth::new_from_response(mechanism, credentials.clone(), &reply)?;
                reply = smtp.command(answer).await?;
            }
            Ok::<_, SmtpError>(reply)
        });
        let reply = reply.await?;
        if Phase::Auth.expects(reply.code().into()) { Ok(()) } else { Err(Happening::Reply(kept(&reply))) }
    }

    async fn transaction(&mut self, letter: &Letter) -> Result<Reply, Happening> {
        let parameters = self.mail_parameters(letter)?;
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        let rcpt = Rcpt::new(letter.recipient.clone(), Vec::new());
        if self.pipelining {
            // Both in one turn (RFC 2920), which is a quarter of a letter's turns. DATA has one of its own: what follows it
            // depends on the answer to RCPT.
            self.owes_reply = true;
            self.say(Phase::MailFrom, format!("{mail}{rcpt}")).await?;
            self.owes_reply = false;
            self.phase = Phase::RcptTo;
            expected(Phase::RcptTo, &within(self.timeouts.command, self.smtp.read_response()).await?)?;
        } else {
            self.say(Phase::MailFrom, mail).await?;
            self.say(Phase::RcptTo, rcpt).await?;
        }
        self.say(Phase::Data, Data).await?;
        self.phase = Phase::Body;
        self.all_left.store(false, Ordering::Release);
        // lettre ends every body with CRLF, dot, CRLF; a letter that ends its last line itself would get an empty one.
        let body = letter.bytes().strip_suffix(b"\r\n").unwrap_or(letter.bytes());
        let reply = within(self.timeouts.data, self.smtp.message(body)).await?;
        Ok(kept(&reply))
    }

    /// 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531), for the few letters that need them.
    fn mail_parameters(&mut self, letter: &Letter) -> Result<Vec<MailParameter>, Happening> {
        let mut parameters = Vec::new();
        let info = self.smtp.server_info();
        for (phase, address) in [(Phase::MailFrom, &letter.from), (Phase::RcptTo, &letter.recipient)] {
            let ascii = address.as_ref() as &str;
            if !ascii.is_ascii() {
                if !info.supports_feature(Extension::SmtpUtfEight) {
                    self.phase = phase;
                    let why = "this relay takes no address outside ASCII (it offers no SMTPUTF8)";
                    return Err(Happening::Refused(why.to_owned()));
                }
                if parameters.is_empty() {
                    parameters.push(MailParameter::SmtpUtfEight);
                }
            }
        }
        if !letter.is_ascii {
            if !info.supports_feature(Extension::EightBitMime) {
                self.phase = Phase::Data;
                return Err(Happening::Refused(
                    "this relay takes no letter outside ASCII (it offers no 8BITMIME)".to_owned(),
                ));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    async fn say(&mut self, phase: Phase, command: impl std::fmt::Display) -> Result<(), Happening> {
        self.phase = phase;
        expected(phase, &within(self.timeouts.command, self.smtp.command(command)).await?)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("phase", &self.phase())
            .field("letters", &self.letters)
            .finish_non_exhaustive()
    }
}

/// Whatever takes longer has timed out.
async fn within<T>(
    limit: Duration,
    happens: impl Future<Output = Result<T, impl Into<Happening>>>,
) -> Result<T, Happening> {
    match timeout(limit, pin!(happens)).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Happening::TimedOut),
    }
}

fn at(phase: Phase) -> impl Fn(Happening) -> Failure {
    move |happening| (phase, happening)
}

fn expect(phase: Phase, reply: &Response) -> Result<(), Failure> {
    expected(phase, reply).map_err(at(phase))
}

fn expected(phase: Phase, reply: &Response) -> Result<(), Happening> {
    if phase.expects(reply.code().into()) { Ok(()) } else { Err(Happening::Reply(kept(reply))) }
}

async fn ask(wire: &mut Wire, command: String) -> Result<(Response, String), Happening> {
    wire.write_all(command.as_bytes()).await?;
    read_reply(wire).await
}

/// A reply, parsed and as it was read.
async fn read_reply(wire: &mut Wire) -> Result<(Response, String), Happening> {
    let mut raw = Vec::new();
    loop {
        let start = raw.len();
        while !raw.ends_with(b"\n") || raw.len() == start {
            // The wire gives one line at a time, so nothing beyond this reply is read.
            if wire.read_buf(&mut raw).await? == 0 {
                return Err(Happening::Lost("closed by the relay".to_owned()));
            }
        }
        // What only looks like a line of several is none either: SSH-2.0-OpenSSH says nothing more.
        let goes_on = raw[start..].iter().take_while(|byte| byte.is_ascii_digit()).count() == 3
            && raw.get(start + 3) == Some(&b'-');
        if !goes_on {
            let text = String::from_utf8_lossy(&raw).into_owned();
            let reply = text.parse::<Response>().map_err(|_| Happening::Garbage(excerpt(&text)))?;
            return Ok((reply, text));
        }
    }
}

/// What may be kept of it: the code and the text.
fn kept(reply: &Response) -> Reply {
    Reply::new(reply.code().into(), &reply.message().collect::<Vec<_>>().join(" "))
}

impl From<SmtpError> for Happening {
    fn from(error: SmtpError) -> Self {
        let source = error.source();
        let said = source.map(ToString::to_string).unwrap_or_default();
        if let Some(code) = error.status() {
            return Self::Reply(Reply::new(code.into(), &said));
        }
        if let Some(error) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
            return broken(error);
        }
        match said.as_str() {
            // lettre's words for an end of the stream.
            "incomplete response" => Self::Lost("closed by the relay".to_owned()),
            _ => Self::Garbage(excerpt(&said)),
        }
    }
}

fn out_of_step() -> Happening {
    Happening::Garbage("an earlier dialogue on this connection was not brought to its end".to_owned())
}

/// What is not SMTP is shown like a reply: shortened, without addresses.
fn excerpt(text: &str) -> String {
    Reply::new(0, text).text
}

fn broken(error: &io::Error) -> Happening {
    match error.kind() {
        io::ErrorKind::InvalidData => Happening::Garbage(error.to_string()),
        io::ErrorKind::UnexpectedEof => Happening::Lost("closed by the relay".to_owned()),
        _ => Happening::Lost(error.to_string()),
    }
}

impl From<io::Error> for Happening {
    fn from(error: io::Error) -> Self {
        broken(&error)
    }
}

fn untrusted(error: &io::Error) -> Happening {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Happening::Refused(format!(
            "the relay's certificate is not trusted ({why}); if it is your own, give its authority's certificate"
        )),
        _ => broken(error),
    }
}

async fn tls_config(relay: &Relay) -> Result<Arc<ClientConfig>, Happening> {
    let extra = relay.extra_roots.clone();
    let roots = tokio::task::spawn_blocking(move || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(extra);
        roots
    });
    let roots = roots.await.map_err(|error| Happening::Refused(format!("certificates could not be read: {error}")))?;
    if roots.is_empty() {
        let why =
            "this system has no trusted certificates: install the package ca-certificates, or give a file of your own";
        return Err(Happening::Refused(why.to_owned()));
    }
    // Named, because two providers are linked into the program and rustls then knows no default.
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Happening::Refused(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
