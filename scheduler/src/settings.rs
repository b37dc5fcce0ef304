use crate::records::Records;
use crate::smtp::Mailbox;
use dkim::MasterKey;
use domain::feedback::guard::{Limits, Share};
use domain::letter::ReturnPaths;
use std::time::Duration;
use url::Url;

/// How the engine sends.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who the letters are from.
    pub sender: Mailbox,
    /// The service's address as browsers see it, with a slash at its end: where the links in letters lead.
    pub public_url: Url,
    /// How long a batch stays with a worker that does not show signs of life.
    pub lease: Duration,
    /// The pauses after the first, second, ... temporary refusal; the last one repeats.
    pub retry_pauses: Vec<Duration>,
    /// How long letters in flight are waited for when the engine is to end; then they are cut off.
    pub drain: Duration,
    /// How many batches are worked on at the same time, for each relay.
    pub batches: usize,
    /// How many small batches are worked on besides: those of small mailings, of which it takes many to keep a relay busy. With none,
    /// small batches take the slots of the others.
    pub small_batches: usize,
    /// The key under which private keys of domains are sealed; `None` if nobody has set one.
    pub master_key: Option<MasterKey>,
    /// Whether a mailing may be transactional. If not, runs of those that are write to many from now on, as all others do.
    pub transactional: bool,
    /// If there is somebody who knows them: no due mailing starts if something is bad of the records of the domain that its letters are
    /// from.
    pub records: Option<Records>,
    /// The addresses to which letters come back, and to which recipients write to leave; `None` if letters come back to their senders.
    pub returns: Option<ReturnPaths>,
    /// When mailings are paused because too many letters came back, or too many recipients complained.
    pub guard: Limits,
    /// How many letters may come back from an address without saying that there is no such mailbox, before it is not written to,
    pub soft_bounces: u32,
    /// and within which time that must be so many.
    pub soft_bounces_within: Duration,
}

impl Settings {
    /// The defaults with this sender and this address.
    #[must_use]
    pub fn new(sender: Mailbox, public_url: Url) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            sender,
            public_url,
            lease: Duration::from_secs(10),
            retry_pauses: [5, 15, 45, 120, 360].map(minutes).to_vec(),
            drain: Duration::from_secs(30),
            batches: 4,
            small_batches: 48,
            master_key: None,
            transactional: true,
            records: None,
            returns: None,
            guard: Limits { minimum: 200, bounces: Some(Share(5_000)), complaints: Some(Share(300)) },
            soft_bounces: 5,
            soft_bounces_within: Duration::from_hours(30 * 24),
        }
    }

    /// The right side of the letters' `Message-ID`: the sender's domain (RFC 5322, section 3.6.4).
    #[must_use]
    pub fn message_id_domain(&self) -> String {
        self.sender.domain()
    }
}
