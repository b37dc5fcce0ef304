//! An SMTP server that tests write the script for: what it says at each turn of the dialogue, or that it says nothing,
//! hangs up, or waits until it is told to go on. It keeps every letter it took, also those it took without saying so.

mod script;
mod session;

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use script::{Act, Beat, Gate, Turn};

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

/// What the server shows when it speaks TLS. All of them are signed by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// For this machine.
    Good,
    /// For another machine.
    OfAnother,
    /// For this machine, but long ago.
    Expired,
    /// For this machine, and it may sign others, as `openssl req -x509` makes them.
    Authority,
}

/// What the server offers. By default: no TLS, no AUTH, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, PIPELINING.
#[derive(Debug, Clone)]
pub(crate) struct Offers {
    pub(crate) encryption: Encryption,
    pub(crate) certificate: Certificate,
    /// User and password that AUTH wants; nothing is taken from those who did not log in.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    /// The access token that AUTH wants of this user instead. See [`SmtpServer::takes_token`].
    pub(crate) token: Option<(&'static str, &'static str)>,
    /// The mechanisms named in EHLO.
    pub(crate) mechanisms: &'static str,
    /// The other extensions.
    pub(crate) extensions: &'static [&'static str],
    /// How many connections there may be at the same time, and how one more is greeted.
    pub(crate) most_connections: usize,
    pub(crate) too_many: &'static str,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            encryption: Encryption::None,
            certificate: Certificate::Good,
            credentials: None,
            token: None,
            mechanisms: "PLAIN LOGIN",
            extensions: &["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING"],
            most_connections: usize::MAX,
            too_many: "421 4.7.0 too many connections",
        }
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
    /// The token that is right now.
    token: Mutex<Option<String>>,
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
    /// Of these, those that are open, and those that were one too many.
    open: usize,
    turned_away: usize,
    received: Vec<Received>,
    /// Connection and command, in order.
    commands: Vec<(usize, String)>,
}

impl SmtpServer {
    /// Starts on a free port of this machine, well behaved.
    pub(crate) async fn start(offers: Offers) -> Self {
        let (acceptor, certificate) = identity(offers.certificate);
        let token = Mutex::new(offers.token.map(|(_, token)| token.to_owned()));
        let stage = Stage {
            offers,
            token,
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

    /// From now on this token is right, and no other.
    pub(crate) fn takes_token(&self, token: &str) {
        *self.stage.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.to_owned());
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

    /// How many letters there are so far.
    pub(crate) fn count(&self) -> usize {
        self.stage.record.borrow().received.len()
    }

    /// Who got a letter.
    pub(crate) fn accepted_recipients(&self) -> BTreeSet<String> {
        self.stage.record.borrow().received.iter().map(|received| received.recipient.clone()).collect()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.stage.record.borrow().connections
    }

    /// How many connections were one too many.
    pub(crate) fn turned_away(&self) -> usize {
        self.stage.record.borrow().turned_away
    }

    /// The verbs of all commands so far, in order.
    pub(crate) fn commands(&self) -> Vec<String> {
        let verb = |command: &str| command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        self.stage.record.borrow().commands.iter().map(|(_, command)| verb(command)).collect()
    }

    /// All commands so far, in order, each with its connection; the first connection is 1.
    pub(crate) fn dialogue(&self) -> Vec<(usize, String)> {
        self.stage.record.borrow().commands.clone()
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
                        _ = session::serve(stage, stream) => {}
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

/// What speaks TLS with such a certificate, and the certificate as a client reads it.
pub(super) fn identity(kind: Certificate) -> (TlsAcceptor, String) {
    let name = if kind == Certificate::OfAnother { "other.example" } else { "localhost" };
    let address = if kind == Certificate::OfAnother { "192.0.2.1" } else { "127.0.0.1" };
    let mut names = CertificateParams::new([name.to_owned(), address.to_owned()]).expect("names");
    if kind == Certificate::Expired {
        names.not_before = date_time_ymd(2000, 1, 1);
        names.not_after = date_time_ymd(2001, 1, 1);
    }
    if kind == Certificate::Authority {
        names.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let pair = KeyPair::generate().expect("a key");
    let certificate = names.self_signed(&pair).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key))
        .expect("a TLS configuration");
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}
