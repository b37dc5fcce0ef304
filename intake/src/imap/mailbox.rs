//! Which mailbox is looked into: where it is, how to get in, and where messages go that were read.

use super::url_error::{LONGEST_NAME, UrlError};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;

/// The mailbox that every account has.
const INBOX: &str = "INBOX";

/// Where messages go that were read, if nobody says anything else.
const PROCESSED: &str = "Processed";

/// How often the mailbox is looked into, if nobody says anything else.
const EVERY: Duration = Duration::from_mins(1);

/// How often may be said.
const OFTEN: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// How the connection is protected. Certificates are always verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    Plain,
    /// STARTTLS, or nobody logs in.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// How long what is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Resolving, connecting to each address, and the TLS handshake, each.
    pub connect: Duration,
    /// The answer to any command.
    pub answer: Duration,
    /// The answer that has a message in it.
    pub message: Duration,
    /// The pauses after the first, second, ... look in a row that failed; the last one repeats.
    pub pauses: Vec<Duration>,
    /// The pause after the mail server has not taken user and password: it may shut out whoever tries too often.
    pub denied: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_mins(1),
            message: Duration::from_mins(2),
            pauses: [5, 15, 60, 300].map(Duration::from_secs).to_vec(),
            denied: Duration::from_mins(5),
        }
    }
}

/// A mailbox that is looked into. It is made from a URL.
#[derive(Clone)]
pub struct Mailbox {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) folder: String,
    pub(super) processed: String,
    pub(super) every: Duration,
    pub(super) patience: Patience,
}

impl Mailbox {
    /// Parses a mailbox's URL:
    ///
    /// | URL | meaning |
    /// | --- | --- |
    /// | `imaps://user:password@host` | `INBOX`, port 993, TLS from the first byte |
    /// | `imap://user:password@host/Bounces` | `Bounces`, port 143, STARTTLS or nothing |
    /// | `imap://user:password@localhost` | port 143, no encryption, as it is this machine |
    /// | `imap://user:password@host?tls=none` | port 143, no encryption |
    ///
    /// User, password and names are percent-encoded. What else a URL may say: `processed=Processed`, where messages go that were read,
    /// and `every=60s` (or `5m`, `1h`), how often the mailbox is looked into.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let url = Url::parse(url.trim()).map_err(|why| UrlError::Malformed { why })?;
        let implicit = match url.scheme() {
            "imap" => false,
            "imaps" => true,
            other => return Err(UrlError::Scheme { scheme: other.to_owned() }),
        };
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        let host = parse_host(&url)?;
        let mut security = match (implicit, is_this_machine(&host)) {
            (true, _) => Security::Implicit,
            (false, true) => Security::Plain,
            (false, false) => Security::StartTls,
        };
        let (mut processed, mut every) = (PROCESSED.to_owned(), EVERY);
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") if implicit => {}
                ("tls", "required") => security = Security::StartTls,
                ("tls", "none") if !implicit => security = Security::Plain,
                ("processed", value) => processed = parse_name(value)?,
                ("every", value) => every = parse_time(value).ok_or(UrlError::Every)?,
                _ => return Err(UrlError::Parameter { name: name.into_owned() }),
            }
        }
        let path = decoded(url.path())?;
        let folder = match path.strip_prefix('/').unwrap_or(&path) {
            "" => INBOX.to_owned(),
            name => parse_name(name)?,
        };
        if is_same(&folder, &processed) {
            return Err(UrlError::Same);
        }
        let (user, password) = (decoded(url.username())?, decoded(url.password().unwrap_or_default())?);
        if user.is_empty() || password.is_empty() {
            return Err(UrlError::NoCredentials);
        }
        let port = match (url.port(), security) {
            (Some(0), _) => return Err(UrlError::PortZero),
            (Some(port), _) => port,
            (None, Security::Implicit) => 993,
            (None, Security::Plain | Security::StartTls) => 143,
        };
        let (password, patience) = (password.into(), Patience::default());
        Ok(Self { host, port, security, user, password, folder, processed, every, patience })
    }

    /// How often the mailbox is looked into.
    #[must_use]
    pub fn with_every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// How long what is waited for.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
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

    /// The name of the mailbox that messages are read from.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The name of the mailbox that messages are moved to when they were read.
    #[must_use]
    pub fn processed(&self) -> &str {
        &self.processed
    }

    /// How often the mailbox is looked into.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }
}

/// Shows neither user nor password.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("folder", &self.folder)
            .field("processed", &self.processed)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

fn parse_host(url: &Url) -> Result<String, UrlError> {
    let given = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlError::NoHost)?;
    // `imap` is no scheme that the URL standard knows, so the host comes back as it was written.
    match url::Host::parse(given).map_err(|_| UrlError::Host { host: given.to_owned() })? {
        url::Host::Domain(name) => Ok(name),
        url::Host::Ipv4(address) => Ok(address.to_string()),
        url::Host::Ipv6(address) => Ok(address.to_string()),
    }
}

fn decoded(text: &str) -> Result<String, UrlError> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| UrlError::Encoding)?;
    if decoded.chars().any(char::is_control) { Err(UrlError::Encoding) } else { Ok(decoded.into_owned()) }
}

fn parse_name(name: &str) -> Result<String, UrlError> {
    if name.chars().any(char::is_control) {
        return Err(UrlError::Encoding);
    }
    if (1..=LONGEST_NAME).contains(&name.len()) { Ok(name.to_owned()) } else { Err(UrlError::Name) }
}

/// Whether two names are of the same mailbox: only that of the inbox is read without regard to case (RFC 3501, 5.1).
fn is_same(one: &str, other: &str) -> bool {
    one == other || one.eq_ignore_ascii_case(INBOX) && other.eq_ignore_ascii_case(INBOX)
}

/// A whole number with one of the units s, m and h.
fn parse_time(text: &str) -> Option<Duration> {
    let unit = |unit: char, seconds: u64| text.strip_suffix(unit).map(|number| (number, seconds));
    let (number, seconds) = unit('s', 1).or_else(|| unit('m', 60)).or_else(|| unit('h', 3_600))?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let time = number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(seconds).map(Duration::from_secs)?;
    OFTEN.contains(&time).then_some(time)
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn read(url: &str) -> Mailbox {
        Mailbox::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn a_url_says_where_the_mailbox_is_and_what_protects_the_way_to_it() {
        for (url, host, port, security) in [
            ("imaps://ann:secret@imap.example.org", "imap.example.org", 993, Security::Implicit),
            ("imaps://ann:secret@imap.example.org:1993/?tls=required", "imap.example.org", 1993, Security::Implicit),
            ("imap://ann:secret@imap.example.org/", "imap.example.org", 143, Security::StartTls),
            ("imap://ann:secret@imap.example.org?tls=required", "imap.example.org", 143, Security::StartTls),
            ("imap://ann:secret@imap.example.org?tls=none", "imap.example.org", 143, Security::Plain),
            ("imap://ann:secret@localhost:1143", "localhost", 1143, Security::Plain),
            ("imap://ann:secret@127.0.0.1", "127.0.0.1", 143, Security::Plain),
            ("imap://ann:secret@[::1]?tls=required", "::1", 143, Security::StartTls),
        ] {
            let mailbox = read(url);
            assert_eq!((mailbox.host(), mailbox.port(), mailbox.security()), (host, port, security), "{url}");
            assert_eq!((mailbox.folder(), mailbox.processed(), mailbox.every().as_secs()), ("INBOX", "Processed", 60));
        }
    }

    #[test]
    fn names_and_secrets_are_percent_encoded() {
        let url = "imaps://ann%40example.org:s%2Fc%23%3Aret@imap.example.org/Bounces/%D0%92%D1%85?processed=Done%20%26+read&every=5m";
        let mailbox = read(url);
        assert_eq!((mailbox.user.as_str(), mailbox.password.expose_secret()), ("ann@example.org", "s/c#:ret"));
        assert_eq!((mailbox.folder(), mailbox.processed()), ("Bounces/Вх", "Done & read"));
        assert_eq!(mailbox.every(), Duration::from_mins(5));
        let shown = format!("{mailbox:?}");
        assert!(!shown.contains("ret@") && !shown.contains("s/c#") && !shown.contains("ann"), "{shown}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_the_password() {
        let name = |name: &str| UrlError::Parameter { name: name.to_owned() };
        for (url, error) in [
            ("imap.example.org", UrlError::Malformed { why: url::ParseError::RelativeUrlWithoutBase }),
            ("pop3://ann:secret@mail.example.org", UrlError::Scheme { scheme: "pop3".to_owned() }),
            ("imaps:///INBOX", UrlError::NoHost),
            ("imaps://ann:secret@a%20b/", UrlError::Host { host: "a%20b".to_owned() }),
            ("imaps://ann:secret@imap.example.org:0", UrlError::PortZero),
            ("imaps://ann:secret@imap.example.org/#x", UrlError::Fragment),
            ("imaps://imap.example.org", UrlError::NoCredentials),
            ("imaps://ann@imap.example.org", UrlError::NoCredentials),
            ("imaps://:secret@imap.example.org", UrlError::NoCredentials),
            ("imaps://ann:secret%0D%0A@imap.example.org", UrlError::Encoding),
            ("imaps://ann:secret%FF@imap.example.org", UrlError::Encoding),
            ("imaps://ann:secret@imap.example.org/a%00", UrlError::Encoding),
            ("imaps://ann:secret@imap.example.org?processed=a%0Ab", UrlError::Encoding),
            ("imaps://ann:secret@imap.example.org?processed=", UrlError::Name),
            ("imaps://ann:secret@imap.example.org/Processed", UrlError::Same),
            ("imaps://ann:secret@imap.example.org?processed=inbox", UrlError::Same),
            ("imaps://ann:secret@imap.example.org?tls=none", name("tls")),
            ("imap://ann:secret@imap.example.org?tls=opportunistic", name("tls")),
            ("imap://ann:secret@imap.example.org?folder=a", name("folder")),
            ("imaps://ann:secret@imap.example.org?every=60", UrlError::Every),
            ("imaps://ann:secret@imap.example.org?every=0s", UrlError::Every),
            ("imaps://ann:secret@imap.example.org?every=2h", UrlError::Every),
            ("imaps://ann:secret@imap.example.org?every=%2B5s", UrlError::Every),
        ] {
            let refused = Mailbox::parse(url).expect_err(url);
            assert!(!refused.to_string().contains("secret"), "{refused}");
            assert_eq!(refused, error, "{url}");
        }
        let long = format!("imaps://ann:secret@imap.example.org/{}", "a".repeat(LONGEST_NAME + 1));
        assert_eq!(Mailbox::parse(&long).expect_err("it is too long"), UrlError::Name);
    }
}
