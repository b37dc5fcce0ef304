//! Looking into the mailbox again and again, one process at a time.

use super::failure::Failure;
use super::mailbox::Mailbox;
use super::session::Session;
use super::trust::Trust;
use acts::intake::{Message, Turn, looked, take};
use acts::refusal::Fault;
use acts::{Refused, Services};
use domain::feedback::Via;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// So many messages are taken at one look, so that others get their turn, and the end of the process is not far.
const AT_ONCE: usize = 100;

/// So many messages may be left behind, as they could not be taken in or moved away, before no more are taken.
const LEFT: usize = 1_000;

/// How long this process keeps its turn without a sign of life while it looks: longer than one message takes.
const TURN: Duration = Duration::from_mins(5);

/// How long it keeps it beyond the next look.
const MARGIN: Duration = Duration::from_secs(30);

/// How long giving back the turn may take when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// Looks into the mailbox until it is to stop: what a message says is written by `acts::intake`, and then the message is moved away.
/// Of all processes one looks. How it went is recorded ([`looked`]).
pub async fn watch(services: Services, mailbox: Mailbox, trust: Trust, stop: CancellationToken) {
    tracing::info!(host = mailbox.host, folder = mailbox.folder, "bounces are fetched from a mailbox");
    let mut watcher = Watcher {
        services,
        mailbox,
        trust,
        turn: Turn::new(Via::Imap),
        failures: 0,
        validity: None,
        taken: BTreeSet::new(),
        stumbled: BTreeSet::new(),
    };
    loop {
        // Whatever a look is at, it may be broken off: what was taken and not moved away is known when it comes again.
        let pause = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            pause = watcher.round() => pause,
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = sleep(pause) => {}
        }
    }
    let _ = timeout(LAST, watcher.turn.give_back(&watcher.services)).await;
}

/// What this process knows of the mailbox.
struct Watcher {
    services: Services,
    mailbox: Mailbox,
    trust: Trust,
    turn: Turn,
    /// How many looks in a row failed.
    failures: usize,
    /// What the numbers of messages are of; with another one they mean other messages.
    validity: Option<u32>,
    /// Messages that were taken, and could not be moved away yet.
    taken: BTreeSet<u32>,
    /// Messages at which a look came to its end. They come last, so that they are in nobody's way.
    stumbled: BTreeSet<u32>,
}

/// How a look ended.
enum Looked {
    /// All that there is was taken.
    Empty,
    /// There is more.
    More,
    /// Another process has taken the turn.
    Outrun,
}

/// Why a look ended early, or not well.
enum Trouble {
    /// The mail server.
    Mailbox(Failure),
    /// What a message says cannot be written. It is told to nobody but the log: whoever tells it would write, too.
    Store(Refused),
    /// There is a message that cannot be taken in, though others can.
    Message,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Mailbox(failure)
    }
}

impl Watcher {
    /// Looks once, if it is this process's turn. How long to wait for the next time.
    async fn round(&mut self) -> Duration {
        let every = self.mailbox.every;
        match self.turn.take(&self.services, TURN).await {
            Ok(true) => {}
            Ok(false) => return every,
            Err(refused) => return self.failed(Trouble::Store(refused)).await,
        }
        match self.look().await {
            Ok(Looked::Outrun) => every,
            Ok(done @ (Looked::Empty | Looked::More)) => {
                self.failures = 0;
                self.tell(None).await;
                if matches!(done, Looked::More) {
                    return Duration::ZERO;
                }
                // Whoever has looked looks again the next time. If it cannot be said, another one may be faster.
                let _ = self.turn.take(&self.services, every + MARGIN).await;
                every
            }
            Err(trouble) => self.failed(trouble).await,
        }
    }

    /// Tells what went wrong, and leaves the turn to another process, which may have more luck.
    async fn failed(&mut self, trouble: Trouble) -> Duration {
        let (host, patience) = (&self.mailbox.host, &self.mailbox.patience);
        let last = patience.pauses.len().saturating_sub(1);
        let mut pause = patience.pauses.get(self.failures.min(last)).copied().unwrap_or(patience.denied);
        self.failures += 1;
        match &trouble {
            Trouble::Mailbox(failure) => {
                if matches!(failure, Failure::Denied(_)) {
                    pause = patience.denied;
                }
                tracing::warn!(host, %failure, ?pause, "bounces cannot be fetched");
                self.tell(Some(&format!("{host}: {failure}"))).await;
            }
            Trouble::Store(error) => {
                tracing::warn!(host, %error, ?pause, "bounces cannot be recorded, and are left in the mailbox");
            }
            Trouble::Message => {
                self.tell(Some(&format!("{host}: a message cannot be taken in, see the log; it is left where it is")))
                    .await;
            }
        }
        if let Err(error) = self.turn.give_back(&self.services).await {
            tracing::debug!(%error, "the turn is not given back, and ends by itself");
        }
        pause
    }

    async fn tell(&self, error: Option<&str>) {
        if let Err(error) = looked(&self.services, Via::Imap, error).await {
            tracing::warn!(%error, "how looking into the mailbox went is not recorded");
        }
    }

    async fn look(&mut self) -> Result<Looked, Trouble> {
        let mut session = Session::open(&self.mailbox, &self.trust).await?;
        let validity = session.select(&self.mailbox.folder).await?;
        if self.validity.replace(validity) != Some(validity) {
            self.taken.clear();
            self.stumbled.clear();
        }
        let mut trouble = None;
        let left: Vec<u32> = self.taken.iter().copied().take(AT_ONCE).collect();
        for uid in left {
            self.put_away(&mut session, uid, &mut trouble).await?;
        }
        let wanted = |uid: u32| !self.taken.contains(&uid) && !self.stumbled.contains(&uid);
        let most = if self.taken.len() + self.stumbled.len() < LEFT { AT_ONCE } else { 0 };
        let fresh = session.waiting(most, wanted).await?;
        let is_more = fresh.len() == AT_ONCE;
        let stumbled: Vec<u32> = self.stumbled.iter().copied().take(AT_ONCE).filter(|_| !is_more).collect();
        for uid in fresh.into_iter().chain(stumbled) {
            let is_ours = self.turn.take(&self.services, TURN).await.map_err(Trouble::Store)?;
            if !is_ours {
                return Ok(Looked::Outrun);
            }
            self.one(&mut session, uid, &mut trouble).await?;
        }
        session.log_out().await;
        match trouble {
            Some(trouble) => Err(trouble),
            None if is_more => Ok(Looked::More),
            None => Ok(Looked::Empty),
        }
    }

    /// Takes a message in, and moves it away. What is wrong with this message alone is noted, and nothing else ends for it.
    async fn one(&mut self, session: &mut Session, uid: u32, trouble: &mut Option<Trouble>) -> Result<(), Trouble> {
        let fetched = match session.fetch(uid).await {
            Ok(fetched) => fetched,
            Err(failure @ Failure::Refused { .. }) => {
                self.stumbled.insert(uid);
                trouble.get_or_insert(failure.into());
                return Ok(());
            }
            Err(failure) => {
                self.stumbled.insert(uid);
                return Err(failure.into());
            }
        };
        let Some((bytes, size)) = fetched else {
            // Somebody has removed it meanwhile. If it is found again all the same, it comes last: a server that names messages which it
            // does not have would keep us from all others, and at it without a pause.
            if !self.stumbled.remove(&uid) {
                self.stumbled.insert(uid);
            }
            return Ok(());
        };
        match self.take_in(bytes, size).await {
            Ok(()) => {}
            Err(Refused::Store(error)) => return Err(Trouble::Store(Refused::Store(error))),
            Err(
                error @ (Refused::Problems(_) | Refused::Forbidden(_) | Refused::Unreadable(_) | Refused::Fault(_)),
            ) => {
                tracing::error!(host = self.mailbox.host, uid, %error, "a message cannot be taken in");
                self.stumbled.insert(uid);
                trouble.get_or_insert(Trouble::Message);
                return Ok(());
            }
        }
        self.stumbled.remove(&uid);
        self.taken.insert(uid);
        self.put_away(session, uid, trouble).await
    }

    /// Strangers write what is read here. If that makes it panic, it does so in a task of its own.
    async fn take_in(&self, bytes: Vec<u8>, size: u64) -> Result<(), Refused> {
        let services = self.services.clone();
        let taking = tokio::spawn(async move {
            let message = Message { bytes: &bytes, size, via: Via::Imap, envelope_from: None, envelope_to: None };
            take(&services, &message).await
        });
        let taken = taking.await.map_err(Fault::from)??;
        tracing::debug!(host = self.mailbox.host, size, taken = taken.name(), "a message was taken in");
        Ok(())
    }

    async fn put_away(
        &mut self,
        session: &mut Session,
        uid: u32,
        trouble: &mut Option<Trouble>,
    ) -> Result<(), Trouble> {
        match session.put_away(uid, &self.mailbox.processed).await {
            Ok(()) => {
                self.taken.remove(&uid);
            }
            // The next one may be moved all the same.
            Err(failure @ Failure::Refused { .. }) => {
                trouble.get_or_insert(failure.into());
            }
            Err(failure) => return Err(failure.into()),
        }
        Ok(())
    }
}
