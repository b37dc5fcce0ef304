//! Looking at the domain of a sender, by the records that the name service has of it.

use super::Dns;
use domain::alignment::{Domain, Error, Finding, Returns, Selector, Sender};

/// What checks need.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    /// The way to the name service.
    pub dns: Dns,
    /// The domain that all letters are from (`MAIL_FROM`); empty if nobody said.
    pub from: String,
    /// Whether no mailing may start whose letters many mail servers would not believe (`REQUIRE_ALIGNMENT`).
    pub required: bool,
    /// Where letters come back (`BOUNCE_DOMAIN`); none if they come back to their senders.
    pub returns: Option<Returns>,
}

/// What somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The domain; without one, that of `MAIL_FROM`.
    pub domain: Option<String>,
    /// The names of its DKIM keys; without any, of those that letters of the domain are signed with here.
    pub selectors: Vec<String>,
}

/// What was found about a domain.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The domain.
    pub domain: Domain,
    /// What was found, in the order in which it is read.
    pub findings: Vec<Finding>,
}

impl Senders {
    /// Reads what somebody wants to know; everything that is wrong with it.
    pub fn read(&self, wanted: &Wanted) -> Result<Sender, Vec<Error>> {
        let domain = Domain::parse(wanted.domain.as_deref().unwrap_or(&self.from));
        match (domain, Selector::parse_all(&wanted.selectors)) {
            (Ok(domain), Ok(selectors)) => Ok(self.with_keys(domain, selectors)),
            (domain, selectors) => Err([domain.err(), selectors.err()].into_iter().flatten().collect()),
        }
    }

    /// Whoever sends letters from this domain, with none of its keys named.
    #[must_use]
    pub fn of(&self, domain: Domain) -> Sender {
        self.with_keys(domain, Vec::new())
    }

    fn with_keys(&self, domain: Domain, selectors: Vec<Selector>) -> Sender {
        Sender::new(domain, selectors).returning(self.returns.as_ref())
    }

    /// Looks at a sender's domain.
    pub async fn look(&self, sender: Sender) -> Checked {
        let findings = self.dns.check(&sender).await;
        Checked { domain: sender.domain, findings }
    }
}
