//! Whether the ways are open on which messages come in: those on which they are fetched, as whoever looks for them says, and those on which
//! others deliver, as the processes say ([`super::Ways`]).

use super::storable::storable;
use crate::Services;
use crate::refusal::Refused;
use chrono::{DateTime, Utc};
use domain::feedback::Via;
use projections::ways;
use sqlx::PgPool;

/// The longest error that is kept, in characters.
const LONGEST: usize = 500;

/// How it is with a way on which messages come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The way.
    pub via: Via,
    /// Why nothing comes in; none as long as nothing is in the way.
    pub error: Option<String>,
    /// The moment since which nothing came in; none as long as nothing is in the way.
    pub since: Option<DateTime<Utc>>,
    /// The moment when somebody last looked, or said how it is.
    pub looked_at: DateTime<Utc>,
}

/// Notes how looking for messages went: that it went well, or why it did not. The error must tell no secret.
pub async fn looked(services: &Services, via: Via, error: Option<&str>) -> Result<(), Refused> {
    let error = error.map(|error| storable(error).chars().take(LONGEST).collect::<String>());
    sqlx::query!(
        "insert into intake_states as s (via, error, since, looked_at)
         values ($1, $2, case when $2::text is null then null else $3::timestamptz end, $3)
         on conflict (via) do update
            set error = excluded.error, looked_at = excluded.looked_at,
                since = case when excluded.error is null then null else coalesce(s.since, excluded.since) end",
        via.name(),
        error,
        services.now(),
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// How it is with each way on which somebody has looked for messages, or can deliver them. Where several processes say how it is, what is in
/// the way of one of them counts, and since when it has been. What this version has no name for is left out.
pub async fn standing(pool: &PgPool) -> Result<Vec<Standing>, sqlx::Error> {
    let standing = ways::standing(pool).await?.into_iter().filter_map(|way| {
        Some(Standing { via: Via::from_name(&way.via)?, error: way.error, since: way.since, looked_at: way.looked_at })
    });
    Ok(standing.collect())
}
