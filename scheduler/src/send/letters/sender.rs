//! Who letters are from.

use crate::error::EngineError;
use crate::smtp::Mailbox;
use domain::{RunId, SenderId};
use projections::runs;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// Who the letters of a run are from.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// Which of the owner's senders; none for the service itself.
    pub(super) id: Option<SenderId>,
    pub(super) mailbox: Mailbox,
    /// Where replies go, if not there.
    pub(super) reply_to: Option<Mailbox>,
}

/// Who the letters of those of these runs are from that name a sender, by the runs' ids: each in the revision with which its run
/// has started.
pub(super) async fn of_runs(pool: &PgPool, runs: &[runs::Run]) -> Result<HashMap<Uuid, Sender>, EngineError> {
    let (mut ids, mut senders, mut revisions) = (Vec::new(), Vec::new(), Vec::new());
    for run in runs {
        if let (Some(sender), Some(revision)) = (run.sender_id, run.sender_revision) {
            ids.push(run.id);
            senders.push(sender);
            revisions.push(revision);
        }
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select t.run_id as "run_id!", s.id, s.address, v.name, v.reply_to
             from unnest($1::uuid[], $2::uuid[], $3::integer[]) as t (run_id, sender_id, revision)
             join senders s on s.id = t.sender_id
             join sender_revisions v on v.sender_id = t.sender_id and v.revision = t.revision"#,
        &ids,
        &senders,
        &revisions,
    )
    .fetch_all(pool)
    .await?;
    let read = |address: &str, name: Option<&str>, run: Uuid| {
        Mailbox::new(address, name)
            .map_err(|error| EngineError::Inconsistent(format!("the sender of run {}: {error}", RunId(run))))
    };
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let mailbox = read(&row.address, Some(&row.name), row.run_id)?;
        let reply_to = row.reply_to.map(|address| read(&address, None, row.run_id)).transpose()?;
        found.insert(row.run_id, Sender { id: Some(SenderId(row.id)), mailbox, reply_to });
    }
    Ok(found)
}
