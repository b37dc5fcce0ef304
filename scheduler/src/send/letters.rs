//! What a letter says, to whom.

use crate::error::EngineError;
use crate::send::desk::Desk;
use crate::settings::Settings;
use crate::smtp::{Contents, Letter, LetterError, Mailbox};
use chrono::{DateTime, Utc};
use domain::batch;
use domain::letter::{MergeFields, Recipient, TemplateError, Templates, message_id};
use domain::{Language, MessageId, RunId};
use projections::{Access, deliveries, messages, runs};
use sqlx::PgPool;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use uuid::Uuid;
use words::Sentence;

/// How many runs' letters are kept; more runs than this at once read their message now and then again.
const KEPT: usize = 128;

/// How one letter of a message differs from another, beside its merge fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addressed<'a> {
    pub(crate) from: &'a Mailbox,
    pub(crate) to: &'a Mailbox,
    /// Stands before the subject.
    pub(crate) mark: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) date: DateTime<Utc>,
}

/// The texts of a revision, taken apart.
pub(crate) fn templates(revision: &messages::Revision) -> Result<Templates, TemplateError> {
    Templates::stored(&revision.subject, &revision.text, revision.html.as_deref())
}

/// One letter of a message, for a mail server.
pub(crate) fn letter(
    templates: &Templates,
    fields: &MergeFields<'_>,
    addressed: Addressed<'_>,
) -> Result<Letter, LetterError> {
    let Addressed { from, to, mark, message_id, date } = addressed;
    let rendered = templates.render(fields).map_err(|error| LetterError::Build { why: error.told(Language::En) })?;
    Letter::new(Contents {
        from,
        to,
        subject: &format!("{mark}{}", rendered.subject),
        text: &rendered.text,
        html: rendered.html.as_deref(),
        message_id,
        date,
        headers: &[],
    })
}

/// A run's letter: everything but the recipient.
#[derive(Debug)]
pub(crate) struct RunLetter {
    run: RunId,
    /// The message and its revision.
    text: (Uuid, i32),
    /// The same for all runs that send it.
    templates: Arc<Templates>,
    /// The same for all letters and all attempts.
    date: DateTime<Utc>,
    message_id_domain: String,
    sender: Mailbox,
}

/// Where letters and recipients come from: the read models, and a cache of the runs that are under way, so that each
/// batch need not read and parse its message again.
#[derive(Debug)]
pub(crate) struct Letters {
    pool: PgPool,
    settings: Settings,
    kept: Mutex<Kept>,
    desk: Desk,
}

#[derive(Debug, Default)]
struct Kept {
    letters: HashMap<RunId, Arc<RunLetter>>,
    /// The oldest first.
    order: VecDeque<RunId>,
    texts: HashMap<(Uuid, i32), Weak<Templates>>,
}

impl Letters {
    pub(crate) fn new(pool: PgPool, settings: Settings) -> Self {
        Self { pool, settings, kept: Mutex::default(), desk: Desk::default() }
    }

    /// Where they are written.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
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
            for (_, run) in runs::by_ids(&self.pool, Access::All, &unread).await? {
                let letter = self.read(run.map_err(EngineError::Unreadable)?).await?;
                letters.insert(letter.run, letter);
            }
        }
        ids.iter().map(|id| letters.get(id).cloned().ok_or_else(|| missing(*id))).collect()
    }

    /// Reads the letter of a run, or the text that it shares with another one's.
    async fn read(&self, run: runs::Run) -> Result<Arc<RunLetter>, EngineError> {
        let id = RunId(run.id);
        let (Some(message), Some(revision)) = (run.message_id, run.message_revision) else { return Err(missing(id)) };
        let shared = self.kept().text(message, revision);
        let templates = if let Some(templates) = shared {
            templates
        } else {
            let message = messages::revision(&self.pool, MessageId(message), revision).await?;
            let text = templates(&message.ok_or_else(|| missing(id))?)
                .map_err(|error| EngineError::Inconsistent(format!("the message of run {id}: {error}")))?;
            Arc::new(text)
        };
        let letter = Arc::new(RunLetter {
            run: id,
            text: (message, revision),
            templates,
            date: run.started_at,
            message_id_domain: run.message_id_domain.unwrap_or_else(|| self.settings.message_id_domain()),
            sender: self.settings.sender.clone(),
        });
        self.kept().keep(&letter);
        Ok(letter)
    }

    /// These recipients, each in the revision that was frozen, in order.
    pub(crate) async fn people(&self, recipients: &[batch::Recipient]) -> Result<Vec<Option<Recipient>>, EngineError> {
        let ids: Vec<Uuid> = recipients.iter().map(|recipient| recipient.0.0).collect();
        let revisions: Vec<i32> =
            recipients.iter().map(|recipient| i32::try_from(recipient.1).unwrap_or(i32::MAX)).collect();
        let rows = sqlx::query!(
            r#"select t.n as "n!", coalesce(v.email, c.email) as "email!", coalesce(v.full_name, c.full_name) as "full_name!",
                      coalesce(v.comment, c.comment) as "comment!",
                      case when v.email is null then c.first_name else v.first_name end as first_name,
                      case when v.email is null then c.last_name else v.last_name end as last_name
                 from unnest($1::uuid[], $2::integer[]) with ordinality as t (client_id, revision, n)
                -- One look-up each, whatever the planner believes about an address book that has just grown.
                cross join lateral (select email, full_name, first_name, last_name, comment from clients
                                     where id = t.client_id offset 0) c
                 left join lateral (select email, full_name, first_name, last_name, comment from client_revisions
                                     where client_id = t.client_id and revision = t.revision offset 0) v on true"#,
            &ids,
            &revisions,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut people = vec![None; ids.len()];
        for row in rows {
            if let Some(place) = usize::try_from(row.n - 1).ok().and_then(|place| people.get_mut(place)) {
                *place = Some(Recipient {
                    email: row.email,
                    full_name: row.full_name,
                    first_name: row.first_name.unwrap_or_default(),
                    last_name: row.last_name.unwrap_or_default(),
                    comment: row.comment,
                });
            }
        }
        Ok(people)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here leaves it half changed when it panics.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn of(&self, run: RunId) -> Option<Arc<RunLetter>> {
        self.letters.get(&run).cloned()
    }

    /// A text that a run's letter has which is kept.
    fn text(&self, message: Uuid, revision: i32) -> Option<Arc<Templates>> {
        self.texts.get(&(message, revision)).and_then(Weak::upgrade)
    }

    fn keep(&mut self, letter: &Arc<RunLetter>) {
        while self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.letters.remove(&oldest);
        }
        self.texts.retain(|_, text| text.strong_count() > 0);
        self.texts.insert(letter.text, Arc::downgrade(&letter.templates));
        if self.letters.insert(letter.run, Arc::clone(letter)).is_none() {
            self.order.push_back(letter.run);
        }
    }
}

fn missing(run: RunId) -> EngineError {
    EngineError::Inconsistent(format!("the message of run {run} is not there"))
}

impl RunLetter {
    /// About how many bytes the texts of the letter to one person have.
    pub(crate) fn bytes(&self, person: &Recipient) -> usize {
        self.templates.bytes(&person.fields())
    }

    /// The letter to one person. The `Message-ID` is the delivery's: the same for every attempt.
    pub(crate) fn to(&self, person: &Recipient, batch: u32, place: u16) -> Result<Letter, LetterError> {
        let name = Some(person.full_name.as_str()).filter(|name| !name.is_empty());
        let to = Mailbox::new(&person.email, name)?;
        let ordinal = deliveries::ordinal(batch, place);
        let delivery = message_id::Letter::Delivery { run: self.run, ordinal };
        let message_id = delivery.message_id(&self.message_id_domain);
        let addressed = Addressed { from: &self.sender, to: &to, mark: "", message_id: &message_id, date: self.date };
        letter(&self.templates, &person.fields(), addressed)
    }
}
