//! An IMAP server that tests write the script for: it keeps its mailboxes in memory, and at each command it does what the script wants,
//! which is the usual, or to hang up, to lie, or to say nothing.

mod folders;
mod session;

use super::smtp_server::{Certificate, Encryption, identity};
use folders::Folders;
pub(crate) use folders::Stored;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// After this a test that waits gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the server offers. By default: no TLS, user `sky` with the password `secret`, AUTH=PLAIN with SASL-IR, MOVE and UIDPLUS.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    pub(crate) encryption: Encryption,
    pub(crate) certificate: Certificate,
    /// What CAPABILITY names.
    pub(crate) abilities: &'static [&'static str],
    /// Whether flags can be kept that clients make up.
    pub(crate) keywords: bool,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            encryption: Encryption::None,
            certificate: Certificate::Good,
            abilities: &["AUTH=PLAIN", "SASL-IR", "MOVE", "UIDPLUS"],
            keywords: true,
        }
    }
}

/// A command as the script hears it. `GREETING` comes before the first one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard<'a> {
    /// Such as `SELECT` and `UID FETCH`.
    pub(crate) verb: &'a str,
    /// All of it, without the tag.
    pub(crate) text: &'a str,
    /// How often this verb came, over all connections; the first time is 1.
    pub(crate) time: usize,
}

/// What the server does at a command.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// What it is told.
    Usual,
    /// It hangs up before it does anything.
    HangUp,
    /// It does it, and hangs up instead of saying so.
    DoAndHangUp,
    /// It says this and does nothing; `TAG` stands for the tag.
    Say(String),
    /// It says and does nothing.
    Silence,
    /// It forgets the message of this number first, as if somebody had deleted it just then.
    Without(u32),
}

type Script = Arc<dyn Fn(Heard<'_>) -> Act + Send + Sync>;

/// The server. It stops when it is dropped.
pub(crate) struct ImapServer {
    stage: Arc<Stage>,
    address: SocketAddr,
    stopped: CancellationToken,
    certificate: String,
}

/// What all connections share.
struct Stage {
    offers: Offers,
    acceptor: TlsAcceptor,
    script: Mutex<Script>,
    password: Mutex<String>,
    folders: Mutex<Folders>,
    record: watch::Sender<Record>,
}

#[derive(Debug, Default)]
struct Record {
    open: usize,
    most_open: usize,
    sent: usize,
    commands: Vec<String>,
    verbs: Vec<String>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ImapServer {
    /// Starts on a free port of this machine, well behaved, with an empty inbox.
    pub(crate) async fn start(offers: Offers) -> Self {
        let (acceptor, certificate) = identity(offers.certificate);
        let stage = Arc::new(Stage {
            offers,
            acceptor,
            script: Mutex::new(Arc::new(|_| Act::Usual)),
            password: Mutex::new("secret".to_owned()),
            folders: Mutex::new(Folders::default()),
            record: watch::Sender::new(Record::default()),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the listener's address");
        let stopped = CancellationToken::new();
        tokio::spawn(stopped.clone().run_until_cancelled_owned(listen(Arc::clone(&stage), listener, stopped.clone())));
        Self { stage, address, stopped, certificate }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that a client has to trust.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// From now on the server does at every command what `script` says.
    pub(crate) fn play(&self, script: impl Fn(Heard<'_>) -> Act + Send + Sync + 'static) {
        *locked(&self.stage.script) = Arc::new(script);
    }

    /// From now on this password is right, and no other.
    pub(crate) fn takes_password(&self, password: &str) {
        password.clone_into(&mut locked(&self.stage.password));
    }

    /// Puts a message into the inbox, and returns its number.
    pub(crate) fn deliver(&self, message: &[u8]) -> u32 {
        self.deliver_long(message, 0)
    }

    /// Puts a message into the inbox that goes on with so many bytes, which are made up when somebody fetches them.
    pub(crate) fn deliver_long(&self, message: &[u8], more: usize) -> u32 {
        locked(&self.stage.folders).inbox().add(message.to_vec(), more)
    }

    /// Puts so many messages into the inbox that are empty and have this flag.
    pub(crate) fn deliver_flagged(&self, messages: usize, flag: &str) {
        locked(&self.stage.folders).inbox().add_flagged(messages, flag);
    }

    /// The inbox begins anew: it is empty, and its numbers mean other messages.
    pub(crate) fn renumber(&self) {
        locked(&self.stage.folders).inbox().renumber();
    }

    /// Sets a flag of a message in the inbox.
    pub(crate) fn flag(&self, uid: u32, flag: &str) {
        locked(&self.stage.folders).inbox().flag(uid, flag);
    }

    /// The messages of a mailbox; none if there is no such mailbox.
    pub(crate) fn folder(&self, name: &str) -> Vec<Stored> {
        locked(&self.stage.folders).named(name).map(|folder| folder.messages.clone()).unwrap_or_default()
    }

    /// All commands so far, without their tags.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.stage.record.borrow().commands.clone()
    }

    /// How often a command with this verb came.
    pub(crate) fn times(&self, verb: &str) -> usize {
        self.stage.record.borrow().times(verb)
    }

    /// How many connections there were at the same time.
    pub(crate) fn most_open(&self) -> usize {
        self.stage.record.borrow().most_open
    }

    /// How many bytes it has said.
    pub(crate) fn sent(&self) -> usize {
        self.stage.record.borrow().sent
    }

    /// Waits until a command with this verb came so many times.
    pub(crate) async fn wait_for(&self, verb: &str, times: usize) {
        let mut record = self.stage.record.subscribe();
        let enough = record.wait_for(|record| record.times(verb) >= times);
        timeout(PATIENCE, enough).await.expect(verb).expect(verb);
    }

    /// Waits until it was looked through so many times more, each to its end.
    pub(crate) async fn looked_through(&self, times: usize) {
        self.wait_for("LOGOUT", self.times("LOGOUT") + times).await;
    }
}

impl Drop for ImapServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}

impl Record {
    fn times(&self, verb: &str) -> usize {
        self.verbs.iter().filter(|heard| *heard == verb).count()
    }
}

async fn listen(stage: Arc<Stage>, listener: TcpListener, stopped: CancellationToken) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (stage, stopped) = (Arc::clone(&stage), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                // A client that goes away ends its session and nothing else.
                _ = session::serve(stage, stream) => {}
            }
        });
    }
}
