//! A due mailing becomes a run.
//!
//! What keeps an occurrence from being started twice, or from being both started and recorded as missed, is the stream of a
//! run: everything that follows the last occurrence begins with the same one, be it started, or the first of those that
//! were missed. So of two engines that looked at different moments only one can append, and what one of them starts after a
//! missed occurrence it appends together with it.

use super::aligned::{self, Aligned};
use crate::context::Context;
use crate::error::EngineError;
use chrono::{DateTime, Utc};
use domain::mailing::Mailing;
use domain::run::{Command, Origin, Run, Trigger};
use domain::{Decide, Language, MailingId, Missed, UserId};
use eventstore::{Append, AppendError, Cause};
use projections::mailings::Gone;
use projections::senders::{self, Sender};
use projections::{Access, mailings};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;
use words::Sentence;
use words::mailings::Halt;

/// How many mailings are started in one go, with one append: few enough for whoever becomes due meanwhile to be seen soon.
const MAILINGS: i64 = 100;

/// How long a mailing is left alone that another engine was faster with: until the read models show it.
const OVERTAKEN: Duration = Duration::from_secs(1);

/// How long a mailing is left alone while the name service is asked about its sender's domain.
const ASKED: Duration = Duration::from_millis(200);

/// What is to be appended for a mailing whose moment has come.
struct Beginning {
    mailing: Uuid,
    /// Of its run, if one starts.
    occurrence: Option<DateTime<Utc>>,
    appends: Vec<Append>,
}

impl Context {
    /// Starts a run for the first mailings whose moment has come; owners take turns. Late means once: of several
    /// occurrences that passed, the last one runs and the others are recorded as missed. Says whether to look for more at
    /// once.
    pub(crate) async fn start_due(&self) -> Result<bool, EngineError> {
        let due = mailings::due(self.pool(), self.clock.now(), &self.stuck.now(), MAILINGS).await?;
        let (looked_at, due) = (due.len(), self.readable(due));
        if due.is_empty() {
            return Ok(false);
        }
        let ids: Vec<_> = due.iter().map(|mailing| mailing.id).collect();
        // Stopped since the read models were told: it starts when they show that it goes on.
        let halted = self.halted(&ids).await?;
        let causes = self.store.last_of_each::<Mailing>(&ids).await?;
        let origins = mailings::origins(self.pool(), &ids).await?;
        let senders = self.senders_of(&due).await?;
        let not_aligned = self.not_aligned(&due, &senders).await?;
        let gone: HashMap<Uuid, Gone> = mailings::gone(self.pool(), &ids).await?.into_iter().collect();
        let (mut beginnings, mut done) = (Vec::new(), halted.is_empty());
        for mailing in due.iter().filter(|mailing| !halted.contains(&mailing.id)) {
            let (origin, cause) = (origins.get(&mailing.id).copied(), causes.get(&mailing.id).copied());
            let why = mailing.sender_id.and_then(|id| unusable(senders.get(&id)));
            let why = why.or_else(|| gone.get(&mailing.id).map(|gone| incomplete(*gone)));
            let why = match (why, not_aligned.get(&mailing.id)) {
                (None, Some(Aligned::Asked)) => {
                    self.stuck.leave_alone(mailing.id, ASKED);
                    continue;
                }
                (None, Some(Aligned::Bad(found))) => Some(aligned::reason(found)),
                (why, _) => why,
            };
            if let Some(why) = why {
                self.stuck.leave_alone(mailing.id, OVERTAKEN);
                if let Err(error) = self.suspend(MailingId(mailing.id), mailing.version, why, cause).await {
                    self.cannot_start(mailing.id, error)?;
                }
                continue;
            }
            match self.beginning(mailing, origin, cause) {
                Ok(beginning) if beginning.appends.is_empty() => {
                    self.stuck.leave_alone(mailing.id, OVERTAKEN);
                    done = false;
                }
                Ok(beginning) => beginnings.push(beginning),
                Err(error) => self.cannot_start(mailing.id, error)?,
            }
        }
        let (position, all) = self.start_all(&beginnings).await?;
        // Looking again makes sense only if there is more, and if the read models show what was done.
        let more = looked_at >= usize::try_from(MAILINGS).unwrap_or(usize::MAX);
        Ok(self.shown(position).await && done && all && more)
    }

    /// Who the letters of those of these mailings are from that name somebody, by the senders' ids.
    async fn senders_of(&self, due: &[mailings::Mailing]) -> Result<HashMap<Uuid, Sender>, EngineError> {
        let named: Vec<Uuid> = due.iter().filter_map(|mailing| mailing.sender_id).collect();
        if named.is_empty() {
            return Ok(HashMap::new());
        }
        let senders = senders::by_ids(self.pool(), Access::All, &named).await?;
        Ok(senders.into_iter().map(|sender| (sender.id, sender)).collect())
    }

    /// One mailing that cannot be started does not keep the others waiting.
    fn cannot_start(&self, mailing: Uuid, error: EngineError) -> Result<(), EngineError> {
        if error.stops_all() {
            return Err(error);
        }
        tracing::error!(%mailing, %error, "a due mailing cannot be started");
        self.stuck.add(mailing);
        Ok(())
    }

    /// What follows from what happened last to the mailing. Nothing: another engine was faster, and the read models do not show
    /// it yet.
    fn beginning(
        &self,
        mailing: &mailings::Mailing,
        origin: Option<Origin>,
        cause: Option<Cause>,
    ) -> Result<Beginning, EngineError> {
        let now = self.clock.now();
        let (id, owner) = (MailingId(mailing.id), UserId(mailing.owner_id));
        if let Some(obstacle) = mailing.obstacle() {
            return Err(EngineError::refused(&obstacle));
        }
        let Some(mut due) = mailing.due_at(now) else {
            return Err(EngineError::Inconsistent(format!("the window of mailing {id} does not read")));
        };
        if let (Some(run), None) = (due.run, origin) {
            tracing::warn!(mailing = %id, "the message is deleted or shared no longer, so the occurrence is missed");
            let missed = due.missed.map(|missed| Missed { last: run, count: missed.count + 1, ..missed });
            (due.run, due.missed) = (None, missed.or(Some(Missed::one(run))));
        }
        let mut appends = Vec::with_capacity(2);
        if let Some(missed) = due.missed {
            tracing::info!(mailing = %id, count = missed.count, "occurrences passed unused");
            appends.push(begin(id, Command::Miss { mailing: id, owner, missed }, missed.first)?.caused_by(cause));
        }
        if let (Some(occurrence), Some(origin)) = (due.run, origin) {
            let message_id_domain = Some(self.settings.message_id_domain());
            let trigger = Trigger::Occurrence(occurrence);
            let origin = origin.where_transactional_is(self.settings.transactional);
            let command = Command::Start { origin, trigger, at: now, message_id_domain };
            appends.push(begin(id, command, occurrence)?.caused_by(cause));
        }
        Ok(Beginning { mailing: mailing.id, occurrence: due.run, appends })
    }

    /// Appends all of them at once; one by one if something is in the way of that. Says where they landed, and whether all did.
    async fn start_all(&self, beginnings: &[Beginning]) -> Result<(i64, bool), EngineError> {
        let appends: Vec<Append> = beginnings.iter().flat_map(|beginning| beginning.appends.clone()).collect();
        if appends.is_empty() {
            return Ok((0, true));
        }
        match self.store.append(&appends, &self.metadata()).await {
            Ok(receipt) => {
                beginnings.iter().for_each(Beginning::tell);
                return Ok((receipt.position, true));
            }
            Err(AppendError::Store(error)) if error.blame().may_pass() => return Err(error.into()),
            Err(_) => {}
        }
        let (mut position, mut all) = (0, true);
        for beginning in beginnings {
            match self.store.append(&beginning.appends, &self.metadata()).await {
                Ok(receipt) => {
                    beginning.tell();
                    position = position.max(receipt.position);
                }
                Err(AppendError::Store(error)) => self.cannot_start(beginning.mailing, error.into())?,
                // Another engine, or somebody who pressed "send now", has started it or recorded it as missed.
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
                    self.stuck.leave_alone(beginning.mailing, OVERTAKEN);
                    all = false;
                }
            }
        }
        Ok((position, all))
    }
}

impl Beginning {
    fn tell(&self) {
        if let Some(occurrence) = self.occurrence {
            let run = Trigger::Occurrence(occurrence).run_of(MailingId(self.mailing));
            tracing::info!(mailing = %self.mailing, %run, %occurrence, "a run starts");
        }
    }
}

/// Why letters cannot be from this sender, and what its owner can do. Nothing: they can. No address is named: it goes into the log.
fn unusable(sender: Option<&Sender>) -> Option<String> {
    let halt = match sender {
        Some(sender) if sender.is_usable() => return None,
        Some(Sender { deleted_at: None, revoked_at: Some(_), .. }) => Halt::SenderRevoked,
        Some(Sender { deleted_at: None, .. }) => Halt::SenderNotUsable,
        Some(_) | None => Halt::SenderDeleted,
    };
    Some(halt.told(Language::En))
}

/// Why a mailing does not go to those who were meant, and what its owner can do.
fn incomplete(gone: Gone) -> String {
    let halt = match gone {
        Gone::Segment => Halt::SegmentDeleted,
        Gone::LeftOutGroup => Halt::LeftOutGroupDeleted,
        Gone::GroupOfSegment => Halt::GroupOfSegmentDeleted,
    };
    halt.told(Language::En)
}

/// What a run that nobody has begun does with a command.
fn begin(mailing: MailingId, command: Command, occurrence: DateTime<Utc>) -> Result<Append, EngineError> {
    let events = Run::default().decide(command).map_err(|error| EngineError::refused(&error))?;
    Ok(Append::begin::<Run>(Trigger::Occurrence(occurrence).run_of(mailing).0, events)?)
}
