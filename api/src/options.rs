//! What the service must know about its surroundings.

use crate::{Fetch, PublicKey, RequestLimits, Secret, Topic, TrustedProxies};
use acts::who::SessionTimes;
use std::str::FromStr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What the service must know about its surroundings.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address under which people's browsers see it.
    pub public_url: Url,
    /// Whether the home page and the blog are kept for a moment.
    pub cache: bool,
    /// Who may read the report log.
    pub reports: ReportsVisibility,
    /// Who is believed about where requests come from.
    pub trusted_proxies: TrustedProxies,
    /// How long sessions last.
    pub session_times: SessionTimes,
    /// How many requests of one account are answered at the same time.
    pub per_account: usize,
    /// The same for one address of people who are not signed in.
    pub per_address: usize,
    /// How many pages are kept live at the same time, all together: each of them has a connection.
    pub live: usize,
    /// What one request may have.
    pub limits: RequestLimits,
    /// The settings of this process as they are in effect, for its administrators: without passwords, in the order in which
    /// they are documented.
    pub settings: Arc<[Setting]>,
    /// The providers whose reports are taken.
    pub webhooks: Webhooks,
}

/// The providers whose reports are taken: each by what proves that a report is theirs. Without that there is nothing at its address.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    /// Amazon SES: the topic of SNS to which it tells.
    pub ses: Option<Topic>,
    /// `SendGrid`: the key that its signatures are checked with.
    pub sendgrid: Option<PublicKey>,
    /// Mailgun: the key that it signs with.
    pub mailgun: Option<Secret>,
    /// Postmark: the password that it shows.
    pub postmark: Option<Secret>,
    /// Brevo: the token that it shows.
    pub brevo: Option<Secret>,
    /// The way to certificates of Amazon's, and to where subscriptions are confirmed.
    pub fetch: Fetch,
}

/// A setting as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub name: String,
    /// The value in effect, passwords masked; empty when there is none.
    pub value: String,
    /// Where the value came from.
    pub source: SettingSource,
}

/// Where the value of a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// Nobody set it.
    Default,
    /// The environment, or the file `.env`.
    Environment,
    /// A flag.
    Flag,
}

impl Options {
    /// The usual ones at this address.
    #[must_use]
    pub fn new(public_url: Url) -> Self {
        let (reports, trusted_proxies) = (ReportsVisibility::default(), TrustedProxies::default());
        Self {
            public_url,
            cache: true,
            reports,
            trusted_proxies,
            session_times: SessionTimes::default(),
            per_account: 4,
            per_address: 16,
            live: 500,
            limits: RequestLimits::default(),
            settings: Arc::default(),
            webhooks: Webhooks::default(),
        }
    }
}

/// That the service is about to end, for answers that go on and on: a server puts it into the extensions of requests.
#[derive(Clone, Debug)]
pub struct Stopping(pub CancellationToken);

/// Who may read the report log, besides managers and administrators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportsVisibility {
    /// Everybody their own.
    #[default]
    Owner,
    /// Everybody who is signed in, all of it: the numbers, not the mailings, runs and deliveries.
    SignedIn,
}

impl FromStr for ReportsVisibility {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "owner" => Ok(Self::Owner),
            "signed-in" => Ok(Self::SignedIn),
            _ => Err(format!("{text:?} is neither owner nor signed-in")),
        }
    }
}
