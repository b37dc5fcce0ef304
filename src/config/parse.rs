//! From text to values. Each parser answers with a reason that continues "it ...".

use std::{
    ffi::OsStr,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use api::{PublicKey, ReportsVisibility, Secret, Topic, TrustedProxies};
use clap::{
    Arg, Command,
    builder::TypedValueParser,
    error::{ContextKind, ErrorKind},
};
use dkim::MasterKey;
use domain::alignment::spf::Network;
use domain::feedback::guard::Share;
use domain::letter::Separator;
use domain::sender_domain::DomainName;
use intake::imap;
use scheduler::smtp::{HelloName, Mailbox, Relay};
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{Limit, LogFormat, TransactionalMailings};

/// A setting that may be absent. Clap's own `Option` does not take `DATABASE_URL=` in a file for "not set".
#[derive(Debug, Clone)]
pub struct Optional<T>(Option<T>);

impl<T> Optional<T> {
    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// A parser whose errors name the setting and show an example, wherever the value came from. Clap's own message names
/// only the flag, and repeats the value, which may be a secret.
#[derive(Clone)]
pub(super) struct Checked<F> {
    example: &'static str,
    parse: F,
}

pub(super) fn checked<T, F>(example: &'static str, parse: F) -> Checked<F>
where
    F: Fn(&str) -> Result<T, String>,
{
    Checked { example, parse }
}

impl<T, F> TypedValueParser for Checked<F>
where
    T: Clone + Send + Sync + 'static,
    F: Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let text = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        text.and_then(|text| (self.parse)(text.trim())).map_err(|reason| {
            let name = arg.map_or_else(String::new, |arg| arg.get_id().as_str().to_uppercase());
            let message = format!("{name} is wrong: {reason}\n  example: {name}={}\n", self.example);
            let mut error = clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command);
            error.insert(ContextKind::InvalidArg, clap::error::ContextValue::String(name));
            error
        })
    }
}

/// Nothing is fine.
pub(super) fn optional<T>(
    parse: impl Fn(&str) -> Result<T, String> + Clone,
) -> impl Fn(&str) -> Result<Optional<T>, String> + Clone {
    move |text| if text.is_empty() { Ok(Optional(None)) } else { parse(text).map(|value| Optional(Some(value))) }
}

pub(super) fn database_url(text: &str) -> Result<SecretString, String> {
    let url = Url::parse(text).map_err(|why| {
        format!("it is not a URL ({why}); special characters in the password are percent-encoded, for example @ as %40")
    })?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(format!("it begins with {}://, but only PostgreSQL can be used: postgres://", url.scheme()));
    }
    PgConnectOptions::from_str(text).map_err(|why| format!("it cannot be used as a connection string: {why}"))?;
    Ok(SecretString::from(text))
}

pub(super) fn relays(text: &str) -> Result<Arc<[Relay]>, String> {
    Relay::parse_list(text).map(Arc::from).map_err(|why| why.to_string())
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    Mailbox::parse(text).map_err(|why| why.to_string())
}

pub(super) fn hello_name(text: &str) -> Result<HelloName, String> {
    HelloName::from_str(text).map_err(|why| why.to_string())
}

/// The reason says nothing of the text.
pub(super) fn master_key(text: &str) -> Result<MasterKey, String> {
    MasterKey::parse(text).map_err(|why| format!("it is none: {why}"))
}

/// A topic of Amazon's SNS.
pub(super) fn topic(text: &str) -> Result<Topic, String> {
    Topic::parse(text).map_err(|why| why.to_string())
}

/// The key that the signatures of `SendGrid` are checked with.
pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).map_err(|why| why.to_string())
}

/// What a provider proves itself with. The reason says nothing of the text.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    Secret::parse(text).map_err(|why| why.to_string())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

/// Read once here, so that a wrong file is refused at the start and not with the first letter.
pub(super) fn ca_file(text: &str) -> Result<PathBuf, String> {
    let any = Relay::parse("smtps://localhost").map_err(|why| why.to_string())?;
    any.with_ca_file(Path::new(text)).map_err(|why| why.to_string())?;
    Ok(PathBuf::from(text))
}

/// So many addresses can be named: SPF is evaluated for each of them.
const NETWORKS: usize = 20;

/// Addresses and networks that letters leave from.
pub(super) fn networks(text: &str) -> Result<Arc<[Network]>, String> {
    let wrong = |part: &str| format!("{part:?} is neither an IP address nor a network such as 192.0.2.0/24");
    let read = |part: &str| Network::parse(part.trim()).ok_or_else(|| wrong(part));
    let networks = text.split(',').map(read).collect::<Result<Arc<[Network]>, String>>()?;
    if networks.len() > NETWORKS {
        return Err(format!(
            "there are {} of them, and at most {NETWORKS} can be named: name networks instead",
            networks.len()
        ));
    }
    Ok(networks)
}

/// The port of the name service.
const DNS: u16 = 53;

/// An IP address, and a port if it is not the usual one. A name would have to be looked up first.
pub(super) fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let with_port = text.parse().ok();
    let bare = || text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, DNS));
    with_port.or_else(bare).ok_or_else(|| format!("{text:?} is not an IP address, with or without a port"))
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("{text:?} is not an IP address with a port; 127.0.0.1 is this machine only, 0.0.0.0 every network")
    })
}

/// Ends with a slash, for [`Url::join`].
pub(super) fn public_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|why| format!("it is not a URL ({why})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("it begins with {}:, and browsers need http:// or https://", url.scheme()));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("it may have a host, a port and a path, and nothing else".to_owned());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Whole mebibytes, as `16MiB`; the unit is written, so that nobody takes it for bytes or megabytes.
pub(super) fn mebibytes<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    let number = text.strip_suffix("MiB").map(str::trim).and_then(|number| number.parse().ok());
    let Some(number) = number else {
        return Err(format!("{text:?} is not a number of mebibytes, such as 16MiB"));
    };
    if !(LEAST..=MOST).contains(&number) {
        return Err(format!("{text} is not between {LEAST}MiB and {MOST}MiB"));
    }
    Ok(number * 1024 * 1024)
}

pub(super) fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

pub(super) fn reports_visibility(text: &str) -> Result<ReportsVisibility, String> {
    text.parse()
}

pub(super) fn transactional_mailings(text: &str) -> Result<TransactionalMailings, String> {
    match text {
        "owner" => Ok(TransactionalMailings::Owner),
        "nobody" => Ok(TransactionalMailings::Nobody),
        _ => Err(format!("{text:?} is neither owner nor nobody")),
    }
}

pub(super) fn trusted_proxies(text: &str) -> Result<TrustedProxies, String> {
    text.parse()
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is empty; `off` logs nothing".to_owned());
    }
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|why| format!("{text:?} is not a filter ({why})"))
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is neither text nor json")),
    }
}

pub(super) fn number<const MIN: u32, const MAX: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a number from {MIN} to {MAX}"))
}

pub(super) fn imap_mailbox(text: &str) -> Result<imap::Mailbox, String> {
    imap::Mailbox::parse(text).map_err(|why| why.to_string())
}

/// A domain that mail goes to.
pub(super) fn domain(text: &str) -> Result<DomainName, String> {
    DomainName::parse(text).map_err(|_| format!("{text:?} is no domain"))
}

pub(super) fn separator(text: &str) -> Result<Separator, String> {
    match text {
        "+" => Ok(Separator::Plus),
        "-" => Ok(Separator::Hyphen),
        _ => Err(format!("{text:?} is neither + nor -")),
    }
}

/// A share in percent with at most three decimals, or `off`.
pub(super) fn share(text: &str) -> Result<Limit, String> {
    if text == "off" {
        return Ok(Limit(None));
    }
    let wrong = || format!("{text:?} is neither off nor a number from 0 to 100 with at most three decimals");
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || whole.len() > 3 || rest.len() > 3 {
        return Err(wrong());
    }
    let thousandths = format!("{whole}{rest:0<3}").parse::<u32>().map_err(|_| wrong())?;
    if thousandths > 100_000 { Err(wrong()) } else { Ok(Limit(Some(Share(thousandths)))) }
}

/// A duration with limits in seconds.
pub(super) fn time<const MIN: u64, const MAX: u64>(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if (Duration::from_secs(MIN)..=Duration::from_secs(MAX)).contains(&time) {
        Ok(time)
    } else {
        Err(format!("{text} is not between {MIN}s and {MAX}s"))
    }
}

/// Pauses between attempts.
pub(super) fn times(text: &str) -> Result<Arc<[Duration]>, String> {
    text.split(',').map(|part| time::<1, 604_800>(part.trim())).collect()
}

/// A number and a unit. Without a unit it is refused: seconds and minutes are both likely.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let milliseconds: Option<u64> = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    let total = milliseconds.zip(number.parse::<u64>().ok()).and_then(|(unit, number)| number.checked_mul(unit));
    total
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{text:?} is not a whole number with one of the units ms, s, m, h, d"))
}
