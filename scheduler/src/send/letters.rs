//! What a letter says, to whom.

use crate::error::EngineError;
use crate::send::desk::Desk;
use crate::settings::Settings;
use crate::smtp::{Contents, Letter, LetterError, Mailbox};
use chrono::{DateTime, Utc};
use domain::batch::Slice;
use domain::letter::{MergeFields, Recipient, TemplateError, Templates, message_id};
use domain::{Language, MessageId, RunId};
use projections::{Access, deliveries, messages, runs};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use uuid::Uuid;
use words::Sentence;

/// How many runs' letters are kept; more runs than this at once parse their message now and then again.
const KEPT: usize = 64;

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
    templates: Templates,
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
    kept: Mutex<HashMap<RunId, Arc<RunLetter>>>,
    desk: Desk,
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
        if let Some(letter) = self.get(id) {
            return Ok(letter);
        }
        let missing = || EngineError::Inconsistent(format!("the message of run {id} is not there"));
        let run = runs::get(&self.pool, Access::All, id).await?.ok_or_else(missing)?;
        let (Some(message), Some(revision)) = (run.message_id, run.message_revision) else { return Err(missing()) };
        let message = messages::revision(&self.pool, MessageId(message), revision).await?.ok_or_else(missing)?;
        let templates = templates(&message)
            .map_err(|error| EngineError::Inconsistent(format!("the message of run {id}: {error}")))?;
        let letter = Arc::new(RunLetter {
            run: id,
            templates,
            date: run.started_at,
            message_id_domain: run.message_id_domain.unwrap_or_else(|| self.settings.message_id_domain()),
            sender: self.settings.sender.clone(),
        });
        self.keep(id, Arc::clone(&letter));
        Ok(letter)
    }

    /// The recipients of a batch, each in the revision that was frozen, in order.
    pub(crate) async fn people(&self, slice: &Slice) -> Result<Vec<Option<Recipient>>, EngineError> {
        let ids: Vec<Uuid> = slice.deliveries.iter().map(|delivery| delivery.recipient.0.0).collect();
        let revisions: Vec<i32> =
            slice.deliveries.iter().map(|delivery| i32::try_from(delivery.recipient.1).unwrap_or(i32::MAX)).collect();
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

    fn get(&self, id: RunId) -> Option<Arc<RunLetter>> {
        self.kept.lock().ok()?.get(&id).cloned()
    }

    fn keep(&self, id: RunId, letter: Arc<RunLetter>) {
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(id, letter);
        }
    }
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
