//! A relay's rate, kept by all engines together: one row with the moment from which on nothing is given away yet.
//!
//! Taking n tokens moves it by the time that n letters take (the "generic cell rate algorithm"), in one statement
//! whose row lock puts all engines in a row. It counts by PostgreSQL's clock; what comes back is a difference, which
//! holds for the clocks of all.

use crate::interval::interval;
use crate::smtp::{Block, BlockToCome, Rate, Tokens};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long to wait for PostgreSQL. A block that comes later is lost, which keeps the rate.
const PATIENCE: Duration = Duration::from_secs(5);

/// The furthest that tokens are given ahead, beside a hundred blocks: should PostgreSQL's clock be set back, the relay
/// does not wait for the difference.
const AHEAD: Duration = Duration::from_secs(10);

/// Where the tokens of a relay come from.
#[derive(Debug)]
pub(super) struct SharedTokens {
    pool: PgPool,
    relay: String,
}

impl SharedTokens {
    pub(super) fn new(pool: PgPool, relay: &str) -> Self {
        Self { pool, relay: relay.to_owned() }
    }

    async fn take_block(&self, rate: Rate, tokens: u32) -> Result<Block, sqlx::Error> {
        let block = rate.time_of(rate.block());
        let starts_in = sqlx::query_scalar!(
            // A block's worth of time that nobody used is still given: the engines may have asked too late.
            r#"insert into relay_rates as bucket (relay, free_at) values ($1, clock_timestamp() + $2::interval)
               on conflict (relay) do update
                  set free_at = least(greatest(bucket.free_at, clock_timestamp() - $3::interval),
                                      clock_timestamp() + $4::interval) + $2::interval
               returning extract(epoch from free_at - $2::interval - clock_timestamp())::float8 as "starts_in!""#,
            self.relay,
            interval(rate.time_of(tokens)),
            interval(block),
            interval(block * 100 + AHEAD),
        )
        .fetch_one(&self.pool)
        .await?;
        // From the moment that the answer is here: a little late, and never early.
        Ok(Block { start: super::shared::after(Instant::now(), starts_in), tokens })
    }
}

impl Tokens for SharedTokens {
    fn take(&self, rate: Rate, tokens: u32) -> BlockToCome<'_> {
        Box::pin(async move {
            match timeout(PATIENCE, self.take_block(rate, tokens)).await {
                Ok(Ok(block)) => Some(block),
                Ok(Err(error)) => {
                    tracing::debug!(relay = self.relay, %error, "the relay's rate cannot be seen; its letters wait");
                    None
                }
                Err(_) => None,
            }
        })
    }
}
