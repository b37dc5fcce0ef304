//! Every setting: its environment variable, flag, default and meaning.
//!
//! A setting comes from its flag, else from the environment, else from the file `.env` in the working directory, else it has
//! its default. `main` reads `.env` into the environment before it parses, so this module sees no difference between
//! those two. A variable that is set to nothing counts as not set where nothing is possible.
//!
//! A value that is wrong is refused while parsing, with the setting's name, the reason and an example.

mod given;
mod limit;
mod modes;
mod parse;
mod quotas;
mod requests;
mod returns;
mod table;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use acts::senders::{Dns, Senders};
use acts::who::SessionTimes;
use api::{ReportsVisibility, TrustedProxies};
use chrono::TimeDelta;
use clap::Args;
use dkim::MasterKey;
use domain::alignment::spf::Network;
use domain::alignment::{self, Domain};
use intake::imap;
use scheduler::smtp::{CaFileError, HelloName, Mailbox, Relay, Timeouts, certificates_in, client_config};
use secrecy::SecretString;
use url::Url;

use crate::{postgres, serving};
pub use given::Source;
pub use limit::Limit;
pub use modes::{LogFormat, TransactionalMailings};
pub use parse::Optional;
use parse::checked;
pub use quotas::Quotas;
pub use requests::Requests;
pub use returns::{NoBounceDomain, Returns};
pub use table::Setting;

/// The settings, as a group of arguments: `#[command(flatten)] config: Config` in the program's `Parser`.
///
/// They are global, so they may stand before and after a subcommand. The first line of each comment is what `--help` and
/// `skymailing config` say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings (flag or environment variable; the file .env is read, too)")]
pub struct Config {
    // First, because the fields after it take their values out of what it reads.
    #[command(flatten)]
    given: given::Given,

    /// Connection string of your PostgreSQL; without it a private one is started in `DATA_DIR`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("postgres://user:password@localhost/skymailing", parse::optional(parse::database_url)))]
    pub database_url: Optional<SecretString>,

    /// Connections to PostgreSQL that one process may open
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "16")]
    #[arg(value_parser = checked("16", parse::number::<8, 1_000>))]
    pub database_connections: u32,

    /// Longest that PostgreSQL may work on one statement of a request
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "5s")]
    #[arg(value_parser = checked("5s", parse::time::<1, 3_600>))]
    pub request_statement_timeout: Duration,

    /// Directory for what the program itself keeps, such as the private PostgreSQL
    #[arg(long, env, global = true, hide_env_values = true, value_name = "DIR", default_value = "./data")]
    #[arg(value_parser = checked("./data", parse::path))]
    pub data_dir: PathBuf,

    /// Directory of PostgreSQL's programs for the private one; without it they are searched for
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("/usr/lib/postgresql/15/bin", parse::optional(parse::path)))]
    pub pg_bin_dir: Optional<PathBuf>,

    /// Directory of time zones as /usr/share/zoneinfo; without it the newer of the system's and the program's own are used
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("/usr/share/zoneinfo", parse::optional(parse::path)))]
    pub tzdata_dir: Optional<PathBuf>,

    #[arg(
        help = "Mail server that takes the letters: smtp://host:25, smtp://user:password@host:587?tls=required (STARTTLS), smtps://user:password@host (TLS); several with spaces between, each with ?name=NAME and, if wanted, &rate=100/s, &connections=20, &letters=500"
    )]
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL",
        default_value = "smtp://127.0.0.1:1025"
    )]
    #[arg(value_parser = checked("smtp://user:password@smtp.example.org:587?tls=required", parse::relays))]
    smtp_url: Arc<[Relay]>,

    /// Connections to a mail server at the same time
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "10")]
    #[arg(value_parser = checked("10", parse::number::<1, 200>))]
    pub smtp_connections: u32,

    /// Letters over one connection before it is closed and opened again
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = checked("1000", parse::number::<1, 1_000_000>))]
    pub smtp_letters_per_connection: u32,

    /// Longest wait for a connection to the mail server, and for TLS
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "15s")]
    #[arg(value_parser = checked("15s", parse::time::<1, 3_600>))]
    pub smtp_connect_timeout: Duration,

    /// Longest wait for the mail server's answer to a command
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = checked("30s", parse::time::<1, 3_600>))]
    pub smtp_command_timeout: Duration,

    /// Longest wait after a letter's text; giving up early leaves its fate unknown
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "10m")]
    #[arg(value_parser = checked("10m", parse::time::<1, 3_600>))]
    pub smtp_data_timeout: Duration,

    /// PEM file with certificates that are trusted in addition to the system's
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("/etc/ssl/our-ca.pem", parse::optional(parse::ca_file)))]
    pub smtp_ca_file: Optional<PathBuf>,

    /// Name said to mail servers in EHLO; without it this machine's full name, or the address that the connection comes from
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("mail.example.org", parse::optional(parse::hello_name)))]
    pub smtp_hello: Optional<HelloName>,

    /// Sender where none is named
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "MAILBOX",
        default_value = "SkyMailing <no-reply@localhost>"
    )]
    #[arg(value_parser = checked("SkyMailing <no-reply@example.org>", parse::mailbox))]
    pub mail_from: Mailbox,

    /// Key under which private keys of domains are sealed, 32 bytes in base64 or hex; with a private PostgreSQL a file in `DATA_DIR`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "KEY",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("what openssl rand -base64 32 prints", parse::optional(parse::master_key)))]
    pub master_key: Optional<MasterKey>,

    /// Server that domains of senders are looked up with (DNS), by UDP and TCP; without it the system's
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESS[:PORT]",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("192.0.2.53", parse::optional(parse::dns_server)))]
    dns_server: Optional<SocketAddr>,

    /// IP addresses and networks from which letters reach other mail servers, with commas between; SPF is checked for each of them
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESS[/LENGTH],...",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("192.0.2.7,2001:db8::/64", parse::optional(parse::networks)))]
    sending_addresses: Optional<Arc<[Network]>>,

    /// Whether mailings start only if nothing bad is found of the records (SPF, DKIM, DMARC, MX) of their sender's domain
    #[arg(long, env, global = true, hide_env_values = true, value_name = "true|false", default_value = "false")]
    #[arg(action = clap::ArgAction::Set, value_parser = checked("true", parse::truth))]
    pub require_alignment: bool,

    /// What comes back
    #[command(flatten)]
    pub returns: Returns,

    /// Address and port where the program listens for HTTP
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080"
    )]
    #[arg(value_parser = checked("127.0.0.1:8080", parse::socket_address))]
    pub http_addr: SocketAddr,

    /// Connections over HTTP at the same time, fewer if the system allows fewer open files
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = checked("1000", parse::number::<8, 100_000>))]
    pub http_connections: u32,

    /// Of these, from one address (for IPv6 one /64); proxies of `TRUSTED_PROXIES` may have all
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "100")]
    #[arg(value_parser = checked("100", parse::number::<1, 100_000>))]
    pub http_connections_per_address: u32,

    /// Longest wait for a whole request line with its headers
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "10s")]
    #[arg(value_parser = checked("10s", parse::time::<1, 3_600>))]
    pub http_header_timeout: Duration,

    /// Longest wait for more of a request's body; one that keeps coming, at 1 KiB a second or more, may take longer in all
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = checked("30s", parse::time::<1, 3_600>))]
    pub http_body_timeout: Duration,

    /// How long a connection is kept open for the next request; longer than a load balancer keeps it
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "75s")]
    #[arg(value_parser = checked("75s", parse::time::<1, 3_600>))]
    pub http_idle_timeout: Duration,

    /// Longest wait for somebody to take in more of their answer
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = checked("30s", parse::time::<1, 3_600>))]
    pub http_write_timeout: Duration,

    /// What one request may have
    #[command(flatten)]
    pub requests: Requests,

    /// Requests of one account that are answered at the same time; more wait a moment, then they are refused
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "4")]
    #[arg(value_parser = checked("4", parse::number::<1, 1_000>))]
    pub requests_per_account: u32,

    /// The same for requests from one address of people who are not signed in
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "16")]
    #[arg(value_parser = checked("16", parse::number::<1, 10_000>))]
    pub requests_per_address: u32,

    /// Address of the program as people's browsers see it, for links in letters; without it `http://HTTP_ADDR`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("https://mail.example.org", parse::optional(parse::public_url)))]
    public_url: Optional<Url>,

    /// Addresses and networks of proxies that are believed about where requests come from (`X-Forwarded-For`); without it none
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESSES",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("10.0.0.0/8,203.0.113.5", parse::trusted_proxies))]
    pub trusted_proxies: TrustedProxies,

    /// Whether the home page and the blog are kept in memory for half a second
    #[arg(long, env, global = true, hide_env_values = true, value_name = "true|false", default_value = "true")]
    #[arg(action = clap::ArgAction::Set, value_parser = checked("false", parse::truth))]
    pub cache_enabled: bool,

    /// Who may read the report log besides managers and administrators: owner (everybody their own), or signed-in
    #[arg(long, env, global = true, hide_env_values = true, value_name = "owner|signed-in", default_value = "owner")]
    #[arg(value_parser = checked("signed-in", parse::reports_visibility))]
    pub reports_visibility: ReportsVisibility,

    /// Who may say that a mailing is transactional, so that those who have left get its letters, too: owner, or nobody
    #[arg(long, env, global = true, hide_env_values = true, value_name = "owner|nobody", default_value = "owner")]
    #[arg(value_parser = checked("nobody", parse::transactional_mailings))]
    pub transactional_mailings: TransactionalMailings,

    /// How long a session lasts from the log-in on
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30d")]
    #[arg(value_parser = checked("30d", parse::time::<300, 31_622_400>))]
    pub session_lifetime: Duration,

    /// How long a session lasts that nobody uses
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "14d")]
    #[arg(value_parser = checked("14d", parse::time::<300, 31_622_400>))]
    pub session_idle: Duration,

    /// Address and port for Prometheus, at `/metrics`; without it there are no metrics
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESS:PORT",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("127.0.0.1:9464", parse::optional(parse::socket_address)))]
    pub metrics_addr: Optional<SocketAddr>,

    /// What is logged: error, warn, info, debug or trace, or per part as in info,sqlx=warn
    #[arg(long, env, global = true, hide_env_values = true, value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = checked("info,scheduler=debug", parse::log_filter))]
    pub log: String,

    /// How it is logged: text for people, json for programs
    #[arg(long, env, global = true, hide_env_values = true, value_name = "text|json", default_value = "text")]
    #[arg(value_parser = checked("json", parse::log_format))]
    pub log_format: LogFormat,

    /// How long a worker that stopped answering keeps its batches from the others
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "10s")]
    #[arg(value_parser = checked("10s", parse::time::<1, 3_600>))]
    pub lease: Duration,

    /// How far PostgreSQL's clock may jump before nothing is started, completed or given up until it is clear what time it is
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "5s")]
    #[arg(value_parser = checked("5s", parse::time::<1, 60>))]
    pub clock_tolerance: Duration,

    /// How long letters in flight are waited for when the program is to end; 45 s later it ends whatever hangs
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = checked("30s", parse::time::<1, 3_600>))]
    pub shutdown_timeout: Duration,

    /// Pauses before the second, third, ... attempt of a letter that was put off
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIMES", default_value = "5m,15m,45m,2h,6h")]
    #[arg(value_parser = checked("5m,15m,45m,2h,6h", parse::times))]
    pub retry_pauses: Arc<[Duration]>,

    /// How much one account may have, and do at once
    #[command(flatten)]
    pub quotas: Quotas,
}

impl Config {
    /// The mail servers of `SMTP_URL`, with all settings that begin with `SMTP_` where a URL says nothing else.
    pub fn relays(&self) -> Result<Vec<Relay>, CaFileError> {
        self.smtp_url.iter().cloned().map(|relay| self.complete(relay)).collect()
    }

    fn complete(&self, relay: Relay) -> Result<Relay, CaFileError> {
        let timeouts = Timeouts {
            connect: self.smtp_connect_timeout,
            command: self.smtp_command_timeout,
            data: self.smtp_data_timeout,
        };
        let relay = relay.or_connections(self.smtp_connections as usize);
        let relay = relay.or_letters_per_connection(self.smtp_letters_per_connection).with_timeouts(timeouts);
        let relay = match self.smtp_hello.get() {
            Some(name) => relay.with_hello_name(name.clone()),
            None => relay,
        };
        match self.smtp_ca_file.get() {
            Some(file) => relay.with_ca_file(file),
            None => Ok(relay),
        }
    }

    /// Which certificates of the mail server of `INTAKE_IMAP_URL` are trusted: the same as those of mail servers that take letters.
    pub fn trust(&self) -> Result<imap::Trust, CaFileError> {
        let named = self.smtp_ca_file.get().map(|file| certificates_in(file)).transpose()?.unwrap_or_default();
        Ok(imap::Trust::new(move || client_config(named.clone())))
    }

    /// What an account may have and do.
    #[must_use]
    pub fn bounds(&self) -> acts::Bounds {
        let transactional = self.transactional_mailings == TransactionalMailings::Owner;
        acts::Bounds { transactional, ..self.quotas.bounds() }
    }

    /// How many open files PostgreSQL, the mail servers, and those that deliver here may need at the same time.
    pub fn descriptors(&self) -> Result<usize, CaFileError> {
        let relays: usize = self.relays()?.iter().map(Relay::connections).sum();
        let intake = self.returns.intake_addr.get().map_or(0, |_| self.intake_limits().connections);
        Ok(relays + self.database_connections as usize + intake)
    }

    /// How long the mail server for what comes back waits for whom, and how much it takes.
    #[must_use]
    pub fn intake_limits(&self) -> intake::smtp::Limits {
        intake::smtp::Limits { drain: self.shutdown_timeout, ..intake::smtp::Limits::default() }
    }

    /// `PUBLIC_URL`, or what a browser on this machine can use. Its path ends with a slash, so that `join` appends.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "an address and a port always make a URL")]
    pub fn public_url(&self) -> Url {
        self.public_url.get().cloned().unwrap_or_else(|| {
            let address = self.http_addr;
            // 0.0.0.0 and [::] are for listening everywhere; a browser cannot go there.
            let host = if address.ip().is_unspecified() {
                format!("localhost:{}", address.port())
            } else {
                address.to_string()
            };
            Url::parse(&format!("http://{host}/")).expect("an address and a port make a URL")
        })
    }

    /// Who letters are from, and who is asked about their domain.
    #[must_use]
    pub fn senders(&self) -> Senders {
        Senders {
            dns: Dns::new(self.dns_server.get().copied())
                .sending_from(self.sending_addresses.get().cloned().unwrap_or_default()),
            from: self.mail_from.domain(),
            required: self.require_alignment,
            returns: self.returns.paths().map(|paths| alignment::Returns::to(&paths.domain, self.exchange())),
        }
    }

    /// The mail server that takes what comes back, as others know it: this one under its name in `PUBLIC_URL`, if it takes mail.
    fn exchange(&self) -> Option<Domain> {
        self.returns.intake_addr.get()?;
        Domain::parse(self.public_url.get()?.host_str()?).ok()
    }

    /// What the API must know, when browsers see it at `public_url`.
    #[must_use]
    pub fn api(&self, public_url: Url) -> api::Options {
        api::Options {
            public_url,
            cache: self.cache_enabled,
            reports: self.reports_visibility,
            trusted_proxies: self.trusted_proxies.clone(),
            session_times: SessionTimes {
                lifetime: TimeDelta::seconds(self.session_lifetime.as_secs().cast_signed()),
                idle: TimeDelta::seconds(self.session_idle.as_secs().cast_signed()),
            },
            per_account: self.requests_per_account as usize,
            per_address: self.requests_per_address as usize,
            // The other half is for those who ask for something.
            live: self.http_connections as usize / 2,
            limits: self.requests.limits(),
            settings: self.table().into_iter().map(api::Setting::from).collect(),
            webhooks: self.returns.webhooks(),
        }
    }

    /// How long HTTP waits for whom, and how many connections it takes: at most `most`.
    #[must_use]
    pub fn http(&self, most: usize) -> serving::Limits {
        serving::Limits {
            connections: most.min(self.http_connections as usize),
            per_address: self.http_connections_per_address as usize,
            proxies: self.trusted_proxies.clone(),
            header: self.http_header_timeout,
            body: self.http_body_timeout,
            idle: self.http_idle_timeout,
            write: self.http_write_timeout,
        }
    }

    /// How to run the private PostgreSQL, for when there is no `DATABASE_URL`.
    #[must_use]
    pub fn private_postgres(&self) -> postgres::Options {
        postgres::Options {
            data_dir: self.data_dir.clone(),
            bin_dir: self.pg_bin_dir.get().cloned(),
            settings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
