//! Whose turn it is to look for messages: of all processes over a database one looks at a time.
//!
//! A turn lasts for a while, and is over by itself if whoever has it dies. Two who look at the same time, because one of them was held up,
//! do no harm, as what was taken in is known.

use crate::Services;
use crate::refusal::Refused;
use domain::feedback::Via;
use std::time::Duration;
use uuid::Uuid;

/// The turn to look for messages on one way, as one process takes it.
#[derive(Clone, Debug)]
pub struct Turn {
    via: Via,
    holder: Uuid,
}

impl Turn {
    /// A process that will want to look, and has no turn yet.
    #[must_use]
    pub fn new(via: Via) -> Self {
        Self { via, holder: Uuid::new_v4() }
    }

    /// Takes the turn for so long, or has it for so long again; `false` if another process has it.
    pub async fn take(&self, services: &Services, time: Duration) -> Result<bool, Refused> {
        let taken = sqlx::query!(
            "insert into intake_turns as turn (via, holder, expires_at)
             values ($1, $2, clock_timestamp() + make_interval(secs => $3))
             on conflict (via) do update set holder = excluded.holder, expires_at = excluded.expires_at
              where turn.holder = excluded.holder or turn.expires_at <= clock_timestamp()",
            self.via.name(),
            self.holder,
            time.as_secs_f64(),
        )
        .execute(services.pool())
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Gives the turn back, if this process has it.
    pub async fn give_back(&self, services: &Services) -> Result<(), Refused> {
        sqlx::query!("delete from intake_turns where via = $1 and holder = $2", self.via.name(), self.holder)
            .execute(services.pool())
            .await?;
        Ok(())
    }
}
