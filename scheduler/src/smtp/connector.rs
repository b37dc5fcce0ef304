//! Opening a connection to a relay: connecting, TLS, greeting.

use std::{io, sync::Arc};

use lettre::transport::smtp::{
    client::AsyncSmtpConnection,
    commands::{Ehlo, Starttls},
    extension::{ClientId, Extension, ServerInfo},
    response::Response,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::{TcpStream, lookup_host},
    sync::OnceCell,
};
use tokio_rustls::TlsConnector;

use super::{
    bearer::Bearer,
    connection::Connection,
    dialogue::{Failure, ask, at, broken, expect, kept, read_reply, within},
    hello::HelloName,
    judge::{Happening, Phase},
    relay::{Relay, Security},
    token::{Token, Tokens},
    trust::{advice, tls_config},
    wire::{Carrier, Wire},
};

/// Opens connections to one relay.
#[derive(Debug)]
pub struct Connector {
    relay: Relay,
    /// Reading the system's certificates takes a while, so it is done once; it also lets TLS sessions be resumed.
    tls: OnceCell<Arc<ClientConfig>>,
    tokens: Tokens,
}

/// What the relay says to EHLO.
struct HelloReply {
    raw: String,
    offers_starttls: bool,
    /// The lines behind its name.
    offers: Vec<String>,
}

impl Connector {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(relay: Relay) -> Self {
        Self { relay, tls: OnceCell::new(), tokens: Tokens::default() }
    }

    /// The relay.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Connects, starts TLS, greets and logs in, each within its timeout.
    ///
    /// The error says in which phase what happened; [`judge`](super::judge()) knows what it means.
    pub async fn open(&self) -> Result<Connection, Failure> {
        let Some(bearer) = &self.relay.bearer else { return self.open_with(None).await };
        loop {
            // Before there is a connection, which would wait for it.
            let token = self.tokens.token(&bearer.source, self.relay.timeouts.command).await;
            let token = token.map_err(|error| (Phase::Auth, error.into()))?;
            let opened = self.open_with(Some((bearer, &token))).await;
            let refused = matches!(&opened, Err((Phase::Auth, Happening::Reply(reply))) if reply.code >= 500);
            if refused {
                self.tokens.refused(&token).await;
            }
            // One that was kept has probably run out. One that was fetched just now is refused for another reason.
            if !refused || token.is_fresh {
                return opened;
            }
        }
    }

    async fn open_with(&self, token: Option<(&Bearer, &Token)>) -> Result<Connection, Failure> {
        let timeouts = self.relay.timeouts;
        let stream = self.connect().await?;
        let local = stream.local_addr().map_err(|error| (Phase::Connect, Happening::Lost(error.to_string())))?.ip();
        let peer = stream.peer_addr().map_err(|error| (Phase::Connect, Happening::Lost(error.to_string())))?;
        let hello = self.relay.hello.clone().unwrap_or_else(|| HelloName::of_this_machine(local));
        let hello = hello.client_id();

        let carrier = match self.relay.security {
            Security::Implicit => self.encrypt(stream).await?,
            _ => Carrier::Tcp(stream),
        };
        let mut encrypted = matches!(carrier, Carrier::Tls(_));
        let mut wire = Wire::new(carrier, peer);
        let greeting = within(timeouts.command, read_reply(&mut wire)).await.map_err(at(Phase::Greeting))?;
        expect(Phase::Greeting, &greeting.0)?;
        let mut hello_reply = self.say_hello(&mut wire, hello).await?;
        if matches!(self.relay.security, Security::StartTls | Security::Opportunistic) {
            if hello_reply.offers_starttls {
                wire = Wire::new(self.upgrade(wire).await?, peer);
                encrypted = true;
                hello_reply = self.say_hello(&mut wire, hello).await?;
            } else if self.relay.security == Security::StartTls {
                return Err((
                    Phase::Tls,
                    Happening::Refused("the relay offers no STARTTLS, which tls=required asks for".to_owned()),
                ));
            }
        }

        wire.rehearse(&greeting.1, &hello_reply.raw);
        let all_left = wire.all_left();
        let smtp = within(timeouts.command, AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello));
        let smtp = smtp.await.map_err(at(Phase::Greeting))?;
        let mut connection = Connection::greeted(smtp, timeouts, all_left, hello_reply.offers);
        let logs_in = self.relay.credentials.is_some() || token.is_some();
        if logs_in && !encrypted && !self.relay.may_send_password_unencrypted() {
            let why = "the relay offers no STARTTLS, and neither password nor token is sent unencrypted";
            return Err((Phase::Tls, Happening::Refused(why.to_owned())));
        }
        if let Some(credentials) = &self.relay.credentials {
            connection.log_in(credentials).await.map_err(at(Phase::Auth))?;
        }
        if let Some((bearer, token)) = token {
            connection.log_in_with(bearer, &self.relay, token).await.map_err(at(Phase::Auth))?;
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
        let ehlo = Ehlo::new(hello.clone()).to_string();
        let (mut reply, mut raw) = within(limit, ask(wire, ehlo)).await.map_err(at(Phase::Greeting))?;
        if is_not_known(&reply) && self.relay.can_do_without_extensions() {
            let old_way = format!("HELO {hello}\r\n");
            (reply, raw) = within(limit, ask(wire, old_way)).await.map_err(at(Phase::Greeting))?;
            if reply.has_code(250) {
                // What it says after its name is a greeting, and no extension.
                let name = reply.first_word().unwrap_or("relay").to_owned();
                return Ok(HelloReply { raw: format!("250 {name}\r\n"), offers_starttls: false, offers: Vec::new() });
            }
        }
        if !reply.has_code(250) {
            return Err((Phase::Greeting, Happening::Reply(kept(&reply))));
        }
        let info = ServerInfo::from_response(&reply).map_err(|error| (Phase::Greeting, Happening::from(error)))?;
        let offers_starttls = info.supports_feature(Extension::StartTls);
        let offers = reply.message().skip(1).map(str::to_owned).collect();
        Ok(HelloReply { raw, offers_starttls, offers })
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
            TlsConnector::from(Arc::clone(config))
                .connect(name, stream)
                .await
                .map_err(|error| untrusted(&error, &self.relay.host))
        });
        Ok(Carrier::Tls(Box::new(handshake.await.map_err(at(Phase::Tls))?)))
    }
}

/// A server that is older than extensions (RFC 5321, 3.2 and 4.2.4).
fn is_not_known(reply: &Response) -> bool {
    matches!(u16::from(reply.code()), 500 | 502 | 504)
}

fn untrusted(error: &io::Error, host: &str) -> Happening {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Happening::Refused(advice(why, host)),
        _ => broken(error),
    }
}
