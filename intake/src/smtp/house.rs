//! What all connections share: who is asked whether an address is one of ours, and who takes messages in.

use super::Limits;
use super::seats::Seats;
use super::tally::{Refusal, Tally};
use super::text::Text;
use acts::Services;
use acts::intake::{self, Message, Refusal as Refused, Taken};
use domain::feedback::Via;
use domain::sender_domain::DomainName;
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// The name that every domain with mail has to have (RFC 5321, section 4.5.1). What comes to it is kept for the administrators.
const POSTMASTER: &str = "postmaster";

/// Whoever knows the addresses and takes in the messages.
pub(super) trait Desk: Send + Sync + 'static {
    /// Whether this is an address that something may come to.
    fn expects(&self, address: &str) -> impl Future<Output = Result<bool, PutOff>> + Send;

    /// Takes a message in, and returns once that is written.
    fn take(&self, message: &Message<'_>) -> impl Future<Output = Result<Taken, PutOff>> + Send;

    /// Is told how it is with the mail server, for whoever looks after it.
    fn notes(&self, _note: Note<'_>) {}
}

/// How it is with the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note<'a> {
    /// It listens.
    Listens,
    /// Nobody can come, for this reason.
    Shut(&'a str),
    /// A message was taken in.
    Took,
    /// A message could not be taken in, or an address not be looked up, for this reason.
    PutOff(&'a str),
}

/// Nothing was written, and the same may succeed later: why, for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct PutOff(String);

impl PutOff {
    pub(super) fn of(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

impl Desk for Services {
    async fn expects(&self, address: &str) -> Result<bool, PutOff> {
        intake::expects(self, address).await.map_err(PutOff::of)
    }

    async fn take(&self, message: &Message<'_>) -> Result<Taken, PutOff> {
        intake::take(self, message).await.map_err(PutOff::of)
    }

    fn notes(&self, note: Note<'_>) {
        match note {
            Note::Listens => self.ways.opens(Via::Smtp),
            Note::Shut(why) => self.ways.shuts(Via::Smtp, why),
            Note::Took => self.ways.takes(Via::Smtp),
            Note::PutOff(why) => self.ways.refuses(Via::Smtp, Refused::PutOff, why),
        }
    }
}

/// The shared part of a mail server.
#[derive(Debug)]
pub(super) struct House<D> {
    pub(super) desk: D,
    /// What it is called, and whose mail it takes.
    pub(super) domain: DomainName,
    pub(super) limits: Limits,
    pub(super) seats: Arc<Seats>,
    pub(super) tally: Arc<Tally>,
    /// A few messages at a time are read and written down; the others wait in line.
    turns: Semaphore,
    /// Whether the last message could not be taken: that is said once.
    away: AtomicBool,
}

impl<D: Desk> House<D> {
    pub(super) fn new(desk: D, domain: DomainName, limits: Limits) -> Self {
        let seats = Arc::new(Seats::default());
        let tally = Arc::new(Tally::new(Arc::clone(&seats)));
        let turns = Semaphore::new(limits.takes);
        Self { desk, domain, limits, seats, tally, turns, away: AtomicBool::new(false) }
    }

    /// Counts what is refused, and says so at the lowest level, as all the world may connect.
    pub(super) fn refuses(&self, refusal: Refusal, peer: IpAddr) {
        self.tally.refuses(refusal);
        tracing::debug!(%peer, refused = refusal.name(), "a client of the intake was refused something");
    }

    /// Whether mail for this address is taken; none if that cannot be found out now.
    pub(super) async fn expects(&self, address: &str) -> Option<bool> {
        if self.is_postmaster(address) {
            return Some(true);
        }
        let asked = timeout_at(Instant::now() + self.limits.taking, self.desk.expects(address)).await;
        self.told(asked.unwrap_or_else(|_| Err(PutOff::of("it took too long to look up an address"))))
    }

    fn is_postmaster(&self, address: &str) -> bool {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, self.domain.as_str()));
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        local.eq_ignore_ascii_case(POSTMASTER) && domain.eq_ignore_ascii_case(self.domain.as_str())
    }

    /// Takes a message in for one of its recipients; whether it is written down, which it is until then at the latest.
    pub(super) async fn takes(&self, text: &Text, from: &str, to: &str, until: Instant) -> bool {
        let message = Message {
            bytes: text.kept(),
            size: text.size(),
            via: Via::Smtp,
            envelope_from: Some(from),
            envelope_to: Some(to),
        };
        let taking = async {
            // The semaphore is never closed.
            let _turn = self.turns.acquire().await.map_err(PutOff::of)?;
            self.desk.take(&message).await
        };
        let took = timeout_at(until, taking).await;
        match self.told(took.unwrap_or_else(|_| Err(PutOff::of("it took too long to take a message in")))) {
            Some(taken) => {
                self.tally.took(taken);
                // That an address can be looked up does not say that a message can be written down.
                self.desk.notes(Note::Took);
                true
            }
            None => false,
        }
    }

    /// The answer, if there is one. That there is none is logged when it begins and when it is over, and not for each message.
    fn told<T>(&self, answer: Result<T, PutOff>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("what comes in by mail is taken again");
                }
                Some(answer)
            }
            Err(error) => {
                self.desk.notes(Note::PutOff(&error.0));
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "what comes in by mail cannot be taken, so its senders are told to come again");
                }
                None
            }
        }
    }
}
