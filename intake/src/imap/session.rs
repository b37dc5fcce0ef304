//! A dialogue with a mail server: getting in, and the commands that it takes.

use super::failure::Failure;
use super::mailbox::{Mailbox, Security};
use super::names;
use super::response::{Fetched, Response, Said, Status, parse};
use super::trust::Trust;
use super::wire::{Carrier, Wire};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// So much of a message is fetched, in bytes: what a report says is at its beginning.
const FETCHED: usize = 512 * 1024;

/// So much is read of what a mail server says to a command, in bytes.
const ANSWER: usize = 256 * 1024;

/// So many messages are searched at once: the answer has a number for each of them.
const WINDOW: u32 = 10_000;

/// So many times it is searched in one look.
const WINDOWS: u32 = 100;

/// How long the mail server has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// What marks messages that were read where they cannot be moved away.
const MARK: &str = "$SkyMailing";

/// A dialogue with a mail server that knows who we are.
pub(super) struct Session {
    wire: Wire,
    /// How many commands there were, which makes their tags.
    commands: u64,
    abilities: BTreeSet<String>,
    /// How many messages there are in the mailbox that is open.
    exists: u32,
    /// How long what is waited for.
    answer: Duration,
    message: Duration,
}

/// A command, and how much is heard of what the server says to it.
struct Command<'a> {
    /// All of it, without a tag.
    text: &'a str,
    /// What follows when the server asks for more.
    more: Option<&'a str>,
    /// How long its end is waited for.
    time: Duration,
    /// How many bytes are read until then.
    most: usize,
}

impl Session {
    /// Connects, starts TLS, and logs in.
    pub(super) async fn open(mailbox: &Mailbox, trust: &Trust) -> Result<Self, Failure> {
        let stream = connect(mailbox).await?;
        let carrier = match mailbox.security {
            Security::Implicit => Carrier::Tls(Box::new(encrypt(stream, mailbox, trust).await?)),
            Security::StartTls | Security::Plain => Carrier::Tcp(stream),
        };
        let (answer, message) = (mailbox.patience.answer, mailbox.patience.message);
        let (wire, abilities) = (Wire::new(carrier), BTreeSet::new());
        let mut session = Self { wire, commands: 0, abilities, exists: 0, answer, message };
        let is_known = session.greeting().await?;
        if mailbox.security == Security::StartTls {
            // Whoever sits on the line could say it, to have us go on without TLS.
            if is_known {
                return Err(Failure::Unprotected("it takes us for somebody before TLS has begun".to_owned()));
            }
            session = session.upgraded(mailbox, trust).await?;
        }
        if !is_known {
            session.look_at_abilities().await?;
            session.log_in(mailbox).await?;
        }
        // Some say only then what they can do.
        session.look_at_abilities().await?;
        Ok(session)
    }

    /// Whether the server knows who we are already.
    async fn greeting(&mut self) -> Result<bool, Failure> {
        let mut most = ANSWER;
        let greeting = within(self.answer, self.wire.response(&mut most)).await?;
        match parse(greeting)? {
            Response::Told(said) => match said.status {
                Status::Ok => Ok(false),
                Status::Preauth => Ok(true),
                Status::Bye => Err(goodbye(&said)),
                Status::No | Status::Bad => Err(Failure::Garbage("it greets nobody like that")),
            },
            Response::GoOn
            | Response::Done { .. }
            | Response::Abilities(_)
            | Response::Exists(_)
            | Response::Expunged
            | Response::Found(_)
            | Response::Fetched(_)
            | Response::Other => Err(Failure::Garbage("it does not greet")),
        }
    }

    async fn upgraded(mut self, mailbox: &Mailbox, trust: &Trust) -> Result<Self, Failure> {
        self.look_at_abilities().await?;
        if !self.can("STARTTLS") {
            return Err(Failure::Unprotected(
                "it offers no STARTTLS; use imaps://, or tls=none if that is fine".to_owned(),
            ));
        }
        self.does("STARTTLS", "STARTTLS").await?;
        let stream = encrypt(self.wire.into_bare_tcp()?, mailbox, trust).await?;
        // What was said before counts for nothing any more.
        Ok(Self { wire: Wire::new(Carrier::Tls(Box::new(stream))), abilities: BTreeSet::new(), ..self })
    }

    async fn look_at_abilities(&mut self) -> Result<(), Failure> {
        let mut abilities = BTreeSet::new();
        let said = self.ask("CAPABILITY", |response| {
            if let Response::Abilities(all) = response {
                abilities.extend(all);
            }
        });
        done("CAPABILITY", &said.await?)?;
        self.abilities = abilities;
        Ok(())
    }

    fn can(&self, what: &str) -> bool {
        self.abilities.contains(what)
    }

    async fn log_in(&mut self, mailbox: &Mailbox) -> Result<(), Failure> {
        let (user, password) = (&mailbox.user, mailbox.password.expose_secret());
        let said = if self.can("AUTH=PLAIN") {
            // RFC 4616; with SASL-IR (RFC 4959) in the command itself.
            let proof = STANDARD.encode(format!("\0{user}\0{password}"));
            if self.can("SASL-IR") {
                self.ask(&format!("AUTHENTICATE PLAIN {proof}"), drop).await?
            } else {
                let command = Command { more: Some(&proof), ..self.command("AUTHENTICATE PLAIN") };
                self.ask_within(command, drop).await?
            }
        } else if self.can("LOGINDISABLED") {
            return Err(Failure::Unfit(
                "the mail server takes no password here: it asks for TLS, or for another way to log in",
            ));
        } else {
            let (Some(user), Some(password)) = (names::quoted(user), names::quoted(password)) else {
                return Err(Failure::Unfit(
                    "user and password are not ASCII, and the mail server offers no AUTH=PLAIN",
                ));
            };
            self.ask(&format!("LOGIN {user} {password}"), drop).await?
        };
        let not_now = ["UNAVAILABLE", "SERVERBUG", "INUSE", "LIMIT"].iter().any(|code| said.coded(code).is_some());
        match said.status {
            Status::No if !not_now => Err(Failure::Denied(without(said.told(), user))),
            Status::Ok | Status::No | Status::Bad | Status::Bye | Status::Preauth => done("LOGIN", &said),
        }
    }

    /// Opens a mailbox for reading and moving. Its UIDVALIDITY: as long as it is the same, every message keeps its number.
    pub(super) async fn select(&mut self, folder: &str) -> Result<u32, Failure> {
        let (mut validity, mut keeps_marks) = (None, true);
        self.exists = 0;
        let text = format!("SELECT {}", names::mailbox(folder));
        let said = self.ask(&text, |response| {
            let Response::Told(said) = response else { return };
            if let Some(number) = said.coded("UIDVALIDITY") {
                validity = number.parse().ok();
            }
            // Where nothing is said of them, all flags can be kept (RFC 3501, section 6.3.1).
            if let Some(flags) = said.coded("PERMANENTFLAGS") {
                let flags = flags.trim_matches(['(', ')']);
                keeps_marks = flags.split(' ').any(|flag| flag == r"\*" || flag.eq_ignore_ascii_case(MARK));
            }
        });
        let said = said.await?;
        done("SELECT", &said)?;
        if said.coded("READ-ONLY").is_some() {
            return Err(Failure::Unfit("the mailbox may only be read, and messages have to be moved away from it"));
        }
        if !keeps_marks && !self.can("MOVE") && !self.can("UIDPLUS") {
            return Err(Failure::Unfit(
                "the mail server can neither move messages (MOVE, UIDPLUS) nor mark them: each would be read again and again",
            ));
        }
        validity.ok_or(Failure::Garbage("it does not number messages (UIDVALIDITY)"))
    }

    /// The numbers of at most so many messages that are there to be read and are `wanted`.
    pub(super) async fn waiting(&mut self, most: usize, wanted: impl Fn(u32) -> bool) -> Result<Vec<u32>, Failure> {
        let (mut waiting, mut end) = (Vec::new(), u32::MAX);
        // From the end on: where messages can only be marked, those that were read are at the beginning.
        for _ in 0..WINDOWS {
            end = end.min(self.exists);
            if end == 0 || waiting.len() >= most {
                break;
            }
            let begin = end.saturating_sub(WINDOW - 1).max(1);
            let mut found = self.search(&format!("{begin}:{end} UNDELETED UNKEYWORD {MARK}")).await?;
            found.sort_unstable();
            found.dedup();
            waiting.extend(found.into_iter().filter(|uid| wanted(*uid)));
            end = begin - 1;
        }
        waiting.truncate(most);
        Ok(waiting)
    }

    async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, Failure> {
        let mut found = Vec::new();
        let text = format!("UID SEARCH {criteria}");
        let said = self.ask(&text, |response| {
            if let Response::Found(numbers) = response {
                found.extend(numbers);
            }
        });
        done("SEARCH", &said.await?)?;
        Ok(found)
    }

    /// The beginning of a message, and how long all of it is. None: it is not there any more.
    pub(super) async fn fetch(&mut self, uid: u32) -> Result<Option<(Vec<u8>, u64)>, Failure> {
        let mut found = None;
        let text = format!("UID FETCH {uid} (UID RFC822.SIZE BODY.PEEK[]<0.{FETCHED}>)");
        let command = Command { time: self.message, most: FETCHED + ANSWER, ..self.command(&text) };
        let said = self.ask_within(command, |response| {
            if let Response::Fetched(Fetched { uid: Some(of), size, body: Some(body) }) = response
                && of == uid
            {
                found = Some((body, size));
            }
        });
        done("FETCH", &said.await?)?;
        Ok(found.map(|(mut body, size)| {
            let whole = size.unwrap_or_default().max(body.len() as u64);
            body.truncate(FETCHED);
            (body, whole)
        }))
    }

    /// Moves a message away, or marks it where that cannot be done; the other mailbox is made if it is not there. A message that is not
    /// there any more is away.
    pub(super) async fn put_away(&mut self, uid: u32, folder: &str) -> Result<(), Failure> {
        let folder = names::mailbox(folder);
        if self.can("MOVE") {
            self.over("MOVE", uid, &folder).await?;
            return Ok(());
        }
        if !self.over("COPY", uid, &folder).await? {
            return Ok(());
        }
        if self.can("UIDPLUS") {
            self.does("STORE", &format!(r"UID STORE {uid} +FLAGS.SILENT (\Deleted)")).await?;
            // Only this one, and not whatever else somebody has marked.
            self.does("EXPUNGE", &format!("UID EXPUNGE {uid}")).await
        } else {
            self.does("STORE", &format!(r"UID STORE {uid} +FLAGS.SILENT (\Seen {MARK})")).await
        }
    }

    /// Brings a message over to another mailbox; whether it was there.
    async fn over(&mut self, verb: &'static str, uid: u32, folder: &str) -> Result<bool, Failure> {
        let text = format!("UID {verb} {uid} {folder}");
        let said = self.ask(&text, drop).await?;
        if said.status != Status::No {
            return done(verb, &said).map(|()| true);
        }
        // Not every server says that this is why (TRYCREATE). That the mailbox is there already is no harm.
        let made = self.ask(&format!("CREATE {folder}"), drop).await?;
        if made.status == Status::Ok {
            // Mail programs show people what they are subscribed to.
            self.ask(&format!("SUBSCRIBE {folder}"), drop).await?;
        }
        let again = self.ask(&text, drop).await?;
        if again.status != Status::Ok && self.search(&format!("UID {uid}")).await?.is_empty() {
            return Ok(false);
        }
        done(verb, &again).map(|()| true)
    }

    /// Says goodbye. Whatever becomes of it, all is done.
    pub(super) async fn log_out(mut self) {
        let command = Command { time: GOODBYE, ..self.command("LOGOUT") };
        let _ = self.ask_within(command, drop).await;
    }

    async fn does(&mut self, name: &'static str, text: &str) -> Result<(), Failure> {
        done(name, &self.ask(text, drop).await?)
    }

    async fn ask(&mut self, text: &str, hear: impl FnMut(Response)) -> Result<Said, Failure> {
        self.ask_within(self.command(text), hear).await
    }

    fn command<'a>(&self, text: &'a str) -> Command<'a> {
        Command { text, more: None, time: self.answer, most: ANSWER }
    }

    /// How a command ended. What the server says until then is heard, but for what it says of the number of messages.
    async fn ask_within(&mut self, command: Command<'_>, mut hear: impl FnMut(Response)) -> Result<Said, Failure> {
        let Command { text, mut more, time, mut most } = command;
        self.commands += 1;
        let tag = format!("s{}", self.commands);
        within(time, async {
            self.wire.send(format!("{tag} {text}\r\n").as_bytes()).await?;
            loop {
                match parse(self.wire.response(&mut most).await?)? {
                    Response::Done { tag: of, said } if of == tag => return Ok(said),
                    Response::Done { .. } => return Err(Failure::Garbage("it answers what nobody asked")),
                    Response::GoOn => match more.take() {
                        Some(more) => self.wire.send(format!("{more}\r\n").as_bytes()).await?,
                        None => return Err(Failure::Garbage("it wants more of what is whole")),
                    },
                    Response::Told(said) if said.status == Status::Bye => return Err(goodbye(&said)),
                    Response::Exists(number) => self.exists = number,
                    Response::Expunged => self.exists = self.exists.saturating_sub(1),
                    response @ (Response::Told(_)
                    | Response::Abilities(_)
                    | Response::Found(_)
                    | Response::Fetched(_)
                    | Response::Other) => hear(response),
                }
            }
        })
        .await
    }
}

fn done(command: &'static str, said: &Said) -> Result<(), Failure> {
    if said.status == Status::Ok { Ok(()) } else { Err(Failure::Refused { command, said: said.told().to_owned() }) }
}

fn goodbye(said: &Said) -> Failure {
    Failure::Away(format!("it says goodbye: {}", said.told()))
}

/// What a mail server says of whom it does not let in, without their name.
fn without(told: &str, user: &str) -> String {
    let is_user = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case(user);
    told.split(' ').map(|word| if is_user(word) { "<user>" } else { word }).collect::<Vec<_>>().join(" ")
}

async fn within<T>(time: Duration, happens: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(time, happens).await.unwrap_or(Err(Failure::Silent))
}

async fn connect(mailbox: &Mailbox) -> Result<TcpStream, Failure> {
    let limit = mailbox.patience.connect;
    let addresses = within(limit, async { Ok(lookup_host((mailbox.host.as_str(), mailbox.port)).await?) }).await?;
    let mut last = Failure::Away("its name has no address".to_owned());
    for address in addresses {
        let connecting = within(limit, async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        match connecting.await {
            Ok(stream) => return Ok(stream),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

async fn encrypt(stream: TcpStream, mailbox: &Mailbox, trust: &Trust) -> Result<TlsStream<TcpStream>, Failure> {
    let config = trust.config().await.map_err(Failure::Unprotected)?;
    let name = ServerName::try_from(mailbox.host.clone())
        .map_err(|_| Failure::Unprotected("its name cannot be the one in a certificate".to_owned()))?;
    within(mailbox.patience.connect, async {
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| untrusted(&error))
    })
    .await
}

fn untrusted(error: &io::Error) -> Failure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Failure::Unprotected(format!(
            "its certificate is not trusted ({why}); if it is your own, name it, or its authority's, in SMTP_CA_FILE"
        )),
        _ => Failure::Unprotected(format!("TLS does not begin: {error}")),
    }
}
