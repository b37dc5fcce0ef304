//! What was found out about a relay's limits, shared by all engines.
//!
//! The rate that an engine finds is the rate of all: its tokens come from one bucket. Of the connections that the relay allows
//! all engines together, each gets its share; those that send nothing at the moment get none, and nobody who sends gets fewer
//! than one. Whether the relay counts by address, by account or over everything, nobody but the relay knows: where it counts by
//! address and the engines have different ones, each finds out after a while that it may have more.

use crate::interval::interval;
use crate::smtp::Outbox;
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How often an engine says that it uses the relay.
const SIGN: Duration = Duration::from_secs(1);

/// After so long without a sign it counts as one that does not.
const GRACE: Duration = Duration::from_secs(5);

/// Engines that are refused in the same moment have each measured their part of the rate.
const SAME_MOMENT: Duration = Duration::from_secs(2);

/// What nobody has confirmed for so long may have changed.
const OLD: Duration = Duration::from_hours(1);

/// One engine's part in sharing what was found out about one relay.
pub(super) struct SharedLimits<'a> {
    outbox: &'a Outbox,
    pool: PgPool,
    me: Uuid,
    /// The changes of this engine's own that have been said.
    said_rate: u64,
    said_connections: u64,
    /// It was the first that this engine has found.
    had_rate: bool,
    /// When it last said that it uses the relay, and with how many connections.
    sign: Option<(Instant, usize)>,
    /// What was read last.
    known: Known,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Known {
    rate: Option<f64>,
    /// Of all engines.
    connections: Option<i32>,
    /// How many engines use the relay, with this one, and how many of them come before it.
    users: i64,
    before: i64,
}

impl<'a> SharedLimits<'a> {
    pub(super) fn new(outbox: &'a Outbox, pool: PgPool, me: Uuid) -> Self {
        let known = Known::default();
        Self { outbox, pool, me, said_rate: 0, said_connections: 0, had_rate: false, sign: None, known }
    }

    pub(super) async fn step(&mut self) -> Result<(), sqlx::Error> {
        let limits = self.outbox.limits();
        self.show(limits.busy || limits.open > 0, limits.open).await?;
        if limits.rate_changes != self.said_rate {
            self.say_rate(limits.rate).await?;
            self.said_rate = limits.rate_changes;
        }
        if limits.connections_changes != self.said_connections {
            // Without a limit of its own it has as many as it wants, and that is all there is.
            self.say_connections(limits.connections.unwrap_or(limits.open)).await?;
            self.said_connections = limits.connections_changes;
        }
        let known = self.read().await?;
        // What this engine has found meanwhile is said first.
        let now = self.outbox.limits();
        if now.rate_changes == self.said_rate && known.rate != now.rate {
            self.outbox.adopt_rate(known.rate);
        }
        self.had_rate = known.rate.is_some();
        let shared = (known.connections, known.users, known.before);
        if now.connections_changes == self.said_connections
            && shared != (self.known.connections, self.known.users, self.known.before)
        {
            self.outbox.adopt_connections(known.connections.map(|all| share(all, known.users, known.before)));
        }
        self.outbox.shared_by(u32::try_from(known.users).unwrap_or(1));
        self.known = known;
        Ok(())
    }

    /// An engine that ends leaves its share to the others.
    pub(super) async fn resign(&mut self) -> Result<(), sqlx::Error> {
        self.show(false, 0).await
    }

    /// Whether this engine uses the relay, and with how many connections.
    async fn show(&mut self, uses: bool, open: usize) -> Result<(), sqlx::Error> {
        let relay = self.outbox.relay().name();
        if !uses {
            if self.sign.take().is_some() {
                sqlx::query!("delete from relay_users where relay = $1 and engine = $2", relay, self.me)
                    .execute(&self.pool)
                    .await?;
            }
            return Ok(());
        }
        if self.sign.is_some_and(|(at, said)| said == open && at.elapsed() < SIGN) {
            return Ok(());
        }
        sqlx::query!(
            "insert into relay_users (relay, engine, connections) values ($1, $2, $3)
             on conflict (relay, engine) do update
                set connections = excluded.connections, seen_at = clock_timestamp()",
            relay,
            self.me,
            i32::try_from(open).unwrap_or(i32::MAX),
        )
        .execute(&self.pool)
        .await?;
        self.sign = Some((Instant::now(), open));
        Ok(())
    }

    async fn say_rate(&self, rate: Option<f64>) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update relay_states
                set found_rate = $3::float8 + case
                        when $4 and found_rate_by <> $2 and found_rate_at > clock_timestamp() - $5::interval
                        then coalesce(found_rate, 0) else 0 end,
                    found_rate_by = $2, found_rate_at = clock_timestamp()
              where name = $1",
            self.outbox.relay().name(),
            self.me,
            rate,
            !self.had_rate,
            interval(SAME_MOMENT),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Those of this engine, and those that the others have.
    async fn say_connections(&self, own: usize) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update relay_states
                set found_connections = $3 + (select coalesce(sum(connections), 0)::integer from relay_users
                                               where relay = $1 and engine <> $2
                                                 and seen_at > clock_timestamp() - $4::interval),
                    found_connections_at = clock_timestamp()
              where name = $1",
            self.outbox.relay().name(),
            self.me,
            i32::try_from(own).unwrap_or(i32::MAX),
            interval(GRACE),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn read(&self) -> Result<Known, sqlx::Error> {
        let known = sqlx::query_as!(
            Known,
            r#"select case when found_rate_at > clock_timestamp() - $4::interval then found_rate end as rate,
                      case when found_connections_at > clock_timestamp() - $4::interval
                           then nullif(found_connections, 0) end as connections,
                      count(engine) filter (where engine <> $2) + 1 as "users!",
                      count(engine) filter (where engine < $2) as "before!"
                 from relay_states
                 left join relay_users on relay = name and relay_users.seen_at > clock_timestamp() - $3::interval
                where name = $1 group by name"#,
            self.outbox.relay().name(),
            self.me,
            interval(GRACE),
            interval(OLD),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(known.unwrap_or(Known { users: 1, ..Known::default() }))
    }
}

/// One engine's share of all connections.
fn share(all: i32, users: i64, before: i64) -> usize {
    let (all, users) = (i64::from(all), users.max(1));
    let share = all / users + i64::from(before < all % users);
    usize::try_from(share).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_all_are_the_whole_and_nobody_gets_none() {
        for (all, users, shares) in
            [(2, 1, &[2][..]), (2, 2, &[1, 1]), (5, 2, &[3, 2]), (7, 3, &[3, 2, 2]), (2, 3, &[1, 1, 1])]
        {
            let given: Vec<usize> = (0..users).map(|before| share(all, users, before)).collect();
            assert_eq!(given, shares, "{all} for {users}");
        }
    }
}
