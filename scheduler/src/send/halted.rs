//! May these mailings send? One answer for everybody who has letters in hand, or is about to start a run.
//!
//! People are promised that a mailing that they pause, disable or cancel, and those of somebody whom they block, stop within a
//! second. Read models can be behind the log for longer than that: the process that keeps them may stand still. So where the
//! log knows more of a mailing than the read models show, the answer is read from its stream. Whether the owner is shut out is
//! asked of the doors, which are written with the events. The rule itself stands in SQL (`may_send`) and in the domain, and a
//! test compares the two.

use crate::context::Context;
use crate::error::EngineError;
use domain::mailing::Mailing;
use eventstore::StoreError;
use std::collections::HashSet;
use uuid::Uuid;

impl Context {
    /// Which of these mailings may not send at this moment.
    pub(crate) async fn halted(&self, mailings: &[Uuid]) -> Result<HashSet<Uuid>, EngineError> {
        let mut asked = mailings.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let mut halted = HashSet::new();
        if asked.is_empty() {
            return Ok(halted);
        }
        let rows = sqlx::query_file!("src/send/halted.sql", &asked, self.clock.now()).fetch_all(self.pool()).await?;
        for row in rows {
            let may_send = if row.behind { self.may_send_by_its_stream(row.id).await? } else { row.may_send };
            if !may_send {
                halted.insert(row.id);
            }
        }
        Ok(halted)
    }

    /// An event that only a newer program can read may mean anything, so then the answer is no.
    async fn may_send_by_its_stream(&self, mailing: Uuid) -> Result<bool, StoreError> {
        let answer = async {
            let mailing = self.store.load::<Mailing>(mailing).await?.state;
            let Some(owner) = mailing.owner().filter(|_| mailing.may_send(self.clock.now())) else { return Ok(false) };
            let blocked = sqlx::query_scalar!("select blocked from doors where user_id = $1", owner.0);
            Ok::<_, StoreError>(!blocked.fetch_optional(self.pool()).await?.unwrap_or(false))
        };
        match answer.await {
            Err(error) if !error.blame().may_pass() => {
                tracing::warn!(%mailing, %error, "nobody can tell here whether a mailing may be sent, so it is not");
                Ok(false)
            }
            answer => answer,
        }
    }
}
