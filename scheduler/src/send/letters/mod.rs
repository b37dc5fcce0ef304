//! What a letter says, to whom.

mod addressed;
mod footing;
mod groups;
mod kept;
mod people;
mod run_letter;
mod sender;

pub(crate) use addressed::{Addressed, letter};
pub(crate) use footing::footings;
pub(crate) use run_letter::RunLetter;

use crate::error::EngineError;
use crate::send::desk::Desk;
use crate::send::leaving::Leaving;
use crate::send::texts::{Footing, Texts};
use crate::settings::Settings;
use crate::signing::{NoSigner, Signing};
use dkim::Signer;
use domain::letter::LinkKey;
use domain::mailing::Kind;
use domain::{GroupId, MailingId, MessageId, RunId};
use kept::Kept;
use projections::senders::{self, Bar};
use projections::{Access, LinkKeys, messages, runs};
use run_letter::Text;
use sender::Sender;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Where letters and recipients come from: the read models, and a cache of the runs that are under way, so that each
/// batch need not read and parse its message again.
#[derive(Debug)]
pub(crate) struct Letters {
    pool: PgPool,
    settings: Settings,
    link_keys: LinkKeys,
    kept: Mutex<Kept>,
    desk: Desk,
    signing: Signing,
}

impl Letters {
    pub(crate) fn new(pool: PgPool, settings: Settings) -> Self {
        let signing = Signing::new(pool.clone(), settings.master_key.clone());
        Self { pool, settings, link_keys: LinkKeys::default(), kept: Mutex::default(), desk: Desk::default(), signing }
    }

    /// Where they are written.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Where they are signed.
    pub(crate) fn signing(&self) -> &Signing {
        &self.signing
    }

    /// Who signs a run's letters at this moment. None: nobody does.
    pub(crate) async fn signer(&self, letter: &RunLetter) -> Result<Option<Arc<Signer>>, NoSigner> {
        self.signing.signer(&letter.sender.mailbox.domain()).await
    }

    /// Why a run's letters do not go on from the sender that it has started with, if they do not: an administrator has revoked it since.
    pub(crate) async fn bar(&self, letter: &RunLetter) -> Result<Option<Bar>, EngineError> {
        match letter.sender.id {
            Some(id) => Ok(senders::bar(&self.pool, id).await?),
            None => Ok(None),
        }
    }

    /// Who signs the letters of the service itself at this moment. None: nobody does.
    pub(crate) async fn own_signer(&self) -> Result<Option<Arc<Signer>>, NoSigner> {
        self.signing.signer(&self.settings.sender.domain()).await
    }

    /// The letter of a run, from the cache or from the read models.
    pub(crate) async fn of(&self, id: RunId) -> Result<Arc<RunLetter>, EngineError> {
        let letter = self.of_each(&[id]).await?.pop();
        letter.ok_or_else(|| missing(id))
    }

    /// The letter of each of these runs.
    pub(crate) async fn of_each(&self, ids: &[RunId]) -> Result<Vec<Arc<RunLetter>>, EngineError> {
        let mut letters: HashMap<RunId, Arc<RunLetter>> =
            ids.iter().filter_map(|id| Some((*id, self.kept().of(*id)?))).collect();
        let unread: Vec<Uuid> = ids.iter().filter(|id| !letters.contains_key(id)).map(|id| id.0).collect();
        if !unread.is_empty() {
            let key = self.link_keys.newest(&self.pool).await?;
            let found = runs::by_ids(&self.pool, Access::All, &unread).await?.into_iter();
            let found = found.map(|(_, run)| run).collect::<Result<Vec<_>, _>>().map_err(EngineError::Unreadable)?;
            let (footings, mut senders, mut groups) = tokio::try_join!(
                footing::of_runs(&self.pool, &found),
                sender::of_runs(&self.pool, &found),
                groups::of_runs(&self.pool, &found)
            )?;
            for run in found {
                let footing = footings.get(&run.id).cloned().unwrap_or_default();
                let sender = match run.sender_id {
                    None => Sender { id: None, mailbox: self.settings.sender.clone(), reply_to: None },
                    Some(_) => senders.remove(&run.id).ok_or_else(|| missing_sender(RunId(run.id)))?,
                };
                let groups = groups.remove(&run.id).unwrap_or_default();
                let letter = self.read(run, (sender, footing, groups), key).await?;
                letters.insert(letter.run, letter);
            }
        }
        ids.iter().map(|id| letters.get(id).cloned().ok_or_else(|| missing(*id))).collect()
    }

    /// Reads the letter of a run, or the text that it shares with another one's.
    async fn read(
        &self,
        run: runs::Run,
        (sender, footing, groups): (Sender, Footing, Vec<GroupId>),
        key: &LinkKey,
    ) -> Result<Arc<RunLetter>, EngineError> {
        let id = RunId(run.id);
        let (Some(message), Some(revision)) = (run.message_id, run.message_revision) else { return Err(missing(id)) };
        let language = footing.language;
        let footing = match run.kind {
            Kind::Bulk => Some(footing),
            Kind::Transactional => None,
        };
        let text = Text { message, revision, footing };
        let shared = self.kept().text(&text);
        let texts = if let Some(texts) = shared {
            texts
        } else {
            let message = messages::revision(&self.pool, MessageId(message), revision).await?;
            let texts = Texts::of(&message.ok_or_else(|| missing(id))?, text.footing.as_ref())
                .map_err(|error| EngineError::Inconsistent(format!("the message of run {id}: {error}")))?;
            Arc::new(texts)
        };
        let mailing = MailingId(run.mailing_id);
        let (public_url, returns) = (&self.settings.public_url, self.settings.returns.clone());
        let leaving = Leaving::new(id, mailing, run.kind, key.clone(), public_url, returns)
            .map_err(|error| EngineError::Inconsistent(format!("the letters of run {id}: {error}")))?;
        let letter = Arc::new(RunLetter {
            run: id,
            text,
            texts,
            date: run.started_at,
            message_id_domain: run.message_id_domain.unwrap_or_else(|| self.settings.message_id_domain()),
            sender,
            leaving,
            language,
            groups,
        });
        self.kept().keep(&letter);
        Ok(letter)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here leaves it half changed when it panics.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing(run: RunId) -> EngineError {
    EngineError::Inconsistent(format!("the message of run {run} is not there"))
}

fn missing_sender(run: RunId) -> EngineError {
    EngineError::Inconsistent(format!("the sender of run {run} is not there"))
}
