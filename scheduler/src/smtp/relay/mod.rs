//! Where letters go: a relay's address, how to get in, and its limits.

use std::{fmt, fs, net::IpAddr, path::Path, time::Duration};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::SecretString;
use url::Url;

use super::{
    bearer::{Bearer, Mechanism, TokenSource},
    breaker::Pauses,
    hello::HelloName,
    rate::Rate,
};

mod error;

pub use error::{CaFileError, RelayListError, RelayUrlError};

use error::LONGEST_NAME;

/// The name of a relay that was given none.
const DEFAULT_NAME: &str = "default";

/// What limits a URL may set.
const CONNECTIONS: std::ops::RangeInclusive<usize> = 1..=200;
const LETTERS: std::ops::RangeInclusive<u32> = 1..=1_000_000;

/// How the connection is protected. Certificates are always verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not at all.
    Plain,
    /// STARTTLS when the relay offers it. Protects against listeners, not against somebody who removes the offer;
    /// credentials are therefore never sent when it is missing.
    Opportunistic,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// User and password for AUTH PLAIN or LOGIN.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password; never shown.
    pub password: SecretString,
}

/// How long each phase may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving, connecting and the TLS handshake, each.
    pub connect: Duration,
    /// The reply to any command before the body.
    pub command: Duration,
    /// Writing the body and waiting for the reply after the final dot. A relay may take minutes (RFC 5321, 4.5.3.2.6),
    /// and giving up early makes the letter's fate unknown.
    pub data: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), command: Duration::from_secs(30), data: Duration::from_mins(10) }
    }
}

/// A relay. Built from a URL; everything that is not in the URL has a default and a `with_` setter.
#[derive(Clone)]
pub struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    pub(super) bearer: Option<Bearer>,
    pub(super) plaintext_auth: bool,
    name: Option<String>,
    connections: Option<usize>,
    letters_per_connection: Option<u32>,
    rate: Option<Rate>,
    pub(super) idle: Duration,
    pub(super) timeouts: Timeouts,
    pub(super) hello: Option<HelloName>,
    pub(super) extra_roots: Vec<CertificateDer<'static>>,
    pub(super) pauses: Pauses,
}

impl Relay {
    /// Parses a relay's URL:
    ///
    /// | URL | meaning |
    /// | --- | --- |
    /// | `smtp://host` | port 25, no encryption |
    /// | `smtp://host?tls=opportunistic` | port 25, STARTTLS if offered |
    /// | `smtp://user:password@host?tls=required` | port 587, STARTTLS or nothing |
    /// | `smtps://user:password@host` | port 465, TLS from the first byte |
    ///
    /// User and password are percent-encoded. Over an unencrypted connection they are refused, unless the host is this
    /// machine or the URL says `auth=plaintext`. What else a URL may say: `name=bulk`, `connections=20`, `letters=500`
    /// (per connection) and `rate=100/s` (or `/m`, `/h`).
    ///
    /// `smtp://user@host?tls=required&auth=xoauth2&token_command=...` logs in with an access token instead of a password; it is
    /// what a command prints or a file (`token_file=`) holds. `auth=oauthbearer` says it as RFC 7628 does.
    pub fn parse(url: &str) -> Result<Self, RelayUrlError> {
        let url = Url::parse(url.trim()).map_err(|why| RelayUrlError::Malformed { why })?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            other => return Err(RelayUrlError::Scheme { scheme: other.to_owned() }),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(RelayUrlError::Trailing);
        }
        let host = parse_host(&url)?;
        let mut security = if implicit { Security::Implicit } else { Security::Plain };
        let mut plaintext_auth = false;
        let (mut given_name, mut connections, mut letters, mut rate) = (None, None, None, None);
        let (mut mechanism, mut source) = (None, None);
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") if implicit => {}
                ("tls", "none") if !implicit => security = Security::Plain,
                ("tls", "opportunistic") if !implicit => security = Security::Opportunistic,
                ("tls", "required") => security = Security::StartTls,
                ("auth", "plaintext") => plaintext_auth = true,
                ("auth", "xoauth2") => mechanism = Some(Mechanism::Xoauth2),
                ("auth", "oauthbearer") => mechanism = Some(Mechanism::OauthBearer),
                ("token_command" | "token_file", "") => return Err(RelayUrlError::TokenSource),
                ("token_command" | "token_file", _) if source.is_some() => return Err(RelayUrlError::TokenSource),
                ("token_command", command) => source = Some(TokenSource::Command(command.to_owned())),
                ("token_file", path) => source = Some(TokenSource::File(path.into())),
                ("name", text) => given_name = Some(parse_name(text)?),
                ("connections", text) => connections = Some(limit("connections", text, &CONNECTIONS)?),
                ("letters", text) => letters = Some(limit("letters", text, &LETTERS)?),
                ("rate", text) => rate = Some(Rate::parse(text).ok_or(RelayUrlError::Rate)?),
                _ => return Err(RelayUrlError::Parameter { name: name.into_owned() }),
            }
        }
        let (credentials, bearer) = match (mechanism, source) {
            (None, None) => (parse_credentials(&url)?, None),
            (Some(mechanism), Some(source)) => (None, Some(Bearer { user: token_user(&url)?, mechanism, source })),
            (Some(_), None) => return Err(RelayUrlError::TokenSource),
            (None, Some(_)) => return Err(RelayUrlError::TokenWithoutAuth),
        };
        if (credentials.is_some() || bearer.is_some())
            && security == Security::Plain
            && !plaintext_auth
            && !is_this_machine(&host)
        {
            return Err(RelayUrlError::PlaintextPassword { host });
        }
        let port = match url.port() {
            Some(0) => return Err(RelayUrlError::PortZero),
            Some(port) => port,
            None => match security {
                Security::Plain | Security::Opportunistic => 25,
                Security::StartTls => 587,
                Security::Implicit => 465,
            },
        };
        Ok(Self {
            host,
            port,
            security,
            credentials,
            bearer,
            plaintext_auth,
            name: given_name,
            connections,
            letters_per_connection: letters,
            rate,
            idle: Duration::from_secs(10),
            timeouts: Timeouts::default(),
            hello: None,
            extra_roots: Vec::new(),
            pauses: Pauses::default(),
        })
    }

    /// Parses the URLs of one or several relays, with white space or commas between them. Their names differ.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, RelayListError> {
        let mut relays: Vec<Self> = Vec::new();
        for (url, number) in urls(text).into_iter().zip(1..) {
            let relay = Self::parse(url).map_err(|why| RelayListError::Url { number, why })?;
            if relays.iter().any(|other| other.name() == relay.name()) {
                return Err(RelayListError::SameName { name: relay.name().to_owned() });
            }
            relays.push(relay);
        }
        if relays.is_empty() { Err(RelayListError::Nothing) } else { Ok(relays) }
    }

    /// How many connections may be open at once (default 10, at least 1).
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = Some(connections.max(1));
        self
    }

    /// The same where the URL does not say it.
    #[must_use]
    pub fn or_connections(self, connections: usize) -> Self {
        if self.connections.is_some() { self } else { self.with_connections(connections) }
    }

    /// After how many letters a connection is closed and opened again (default 1000, at least 1).
    #[must_use]
    pub fn with_letters_per_connection(mut self, letters: u32) -> Self {
        self.letters_per_connection = Some(letters.max(1));
        self
    }

    /// The same where the URL does not say it.
    #[must_use]
    pub fn or_letters_per_connection(self, letters: u32) -> Self {
        if self.letters_per_connection.is_some() { self } else { self.with_letters_per_connection(letters) }
    }

    /// How long an unused connection stays open (default 10 s).
    #[must_use]
    pub fn with_idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long each phase may take.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// When the circuit breaker opens and for how long.
    #[must_use]
    pub fn with_pauses(mut self, pauses: Pauses) -> Self {
        self.pauses = pauses;
        self
    }

    /// The name for EHLO. Without it this machine's name is said if it is fully qualified, else the connection's own
    /// address, as RFC 5321, 4.1.4 asks of a client that has no name.
    #[must_use]
    pub fn with_hello_name(mut self, name: HelloName) -> Self {
        self.hello = Some(name);
        self
    }

    /// Trusts the certificates of this PEM file in addition to the system's, as authorities and as relays' own. The file is
    /// read now.
    pub fn with_ca_file(mut self, path: &Path) -> Result<Self, CaFileError> {
        self.extra_roots.extend(certificates_in(path)?);
        Ok(self)
    }

    /// What people call it; `default` if it was given no name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_NAME)
    }

    /// How many letters it takes in a time, if that is limited: over all processes together.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }

    /// User and password, if any.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The token to log in with instead, if any.
    #[must_use]
    pub fn bearer(&self) -> Option<&Bearer> {
        self.bearer.as_ref()
    }

    /// How many connections may be open at once.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.unwrap_or(10)
    }

    /// After how many letters a connection is closed and opened again.
    #[must_use]
    pub fn letters_per_connection(&self) -> u32 {
        self.letters_per_connection.unwrap_or(1000)
    }

    /// Whether a server that knows no extensions will do: neither STARTTLS nor AUTH is asked for.
    pub(super) fn can_do_without_extensions(&self) -> bool {
        self.security != Security::StartTls && self.credentials.is_none() && self.bearer.is_none()
    }

    /// Whether a password, or a token, may cross an unencrypted connection.
    pub(super) fn may_send_password_unencrypted(&self) -> bool {
        self.plaintext_auth || is_this_machine(&self.host)
    }
}

/// The certificates in a PEM file, of which there is at least one.
pub fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
    let shown = path.display().to_string();
    let pem = fs::read(path).map_err(|why| CaFileError::Unreadable { path: shown.clone(), why })?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| CaFileError::Malformed { path: shown.clone(), why: why.to_string() })?;
    if certificates.is_empty() { Err(CaFileError::Empty { path: shown }) } else { Ok(certificates) }
}

/// `smtp.example.org:587`, as messages name it.
impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Shows neither user nor password.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("name", &self.name())
            .field("address", &format_args!("{self}"))
            .field("security", &self.security)
            .field("authenticated", &(self.credentials.is_some() || self.bearer.is_some()))
            .field("connections", &self.connections())
            .field("letters_per_connection", &self.letters_per_connection())
            .field("rate", &self.rate)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// The URLs in a text. A comma may also be part of a password, so it only separates when another URL follows.
fn urls(text: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word.trim_matches(',');
        let next = |rest: &str| rest.match_indices(',').map(|(at, _)| at).find(|at| is_url(&rest[at + 1..]));
        while let Some(comma) = next(rest) {
            urls.push(rest[..comma].trim_end_matches(','));
            rest = &rest[comma + 1..];
        }
        urls.push(rest);
    }
    urls.retain(|url| !url.is_empty());
    urls
}

/// Whether the text begins like a URL of any kind.
fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn parse_name(text: &str) -> Result<String, RelayUrlError> {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(good) {
        Ok(text.to_owned())
    } else {
        Err(RelayUrlError::Name)
    }
}

fn limit<T: PartialOrd + std::str::FromStr + fmt::Display>(
    name: &'static str,
    text: &str,
    range: &std::ops::RangeInclusive<T>,
) -> Result<T, RelayUrlError> {
    let wrong = || RelayUrlError::Limit { name, least: range.start().to_string(), most: range.end().to_string() };
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(wrong)
}

fn parse_host(url: &Url) -> Result<String, RelayUrlError> {
    let given = url.host_str().filter(|host| !host.is_empty()).ok_or(RelayUrlError::NoHost)?;
    // `smtp` is no scheme that the URL standard knows, so the host comes back as it was written.
    match url::Host::parse(given).map_err(|_| RelayUrlError::Host { host: given.to_owned() })? {
        url::Host::Domain(name) => Ok(name),
        url::Host::Ipv4(address) => Ok(address.to_string()),
        url::Host::Ipv6(address) => Ok(address.to_string()),
    }
}

fn parse_credentials(url: &Url) -> Result<Option<Credentials>, RelayUrlError> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(RelayUrlError::NoUser),
        (_, None) => Err(RelayUrlError::NoPassword),
        (user, Some(password)) => {
            let user = percent_decode(user).ok_or(RelayUrlError::Encoding)?;
            let password = percent_decode(password).ok_or(RelayUrlError::Encoding)?;
            Ok(Some(Credentials { user, password: password.into() }))
        }
    }
}

/// The user of a token, which stands in the place of the password.
fn token_user(url: &Url) -> Result<String, RelayUrlError> {
    if url.username().is_empty() || url.password().is_some() {
        return Err(RelayUrlError::TokenUser);
    }
    percent_decode(url.username()).ok_or(RelayUrlError::Encoding)
}

/// `None` when a `%` is not followed by two hex digits, or the result is not UTF-8 or has control characters.
fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            rest = tail;
            let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            decoded.push(first);
        }
    }
    String::from_utf8(decoded).ok().filter(|text| !text.chars().any(char::is_control))
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
