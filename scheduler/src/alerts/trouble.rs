//! Administrators are told by letter that a part of the service does not do its work: a relay that refuses the password at once, all else
//! when it lasts.
//!
//! Engines take turns at looking, and keep in a table what they see: since when, and when administrators were told of it. They are told once,
//! and again after a day if it goes on by then, or has come back.

use super::people::{self, Accounts};
use crate::context::Context;
use crate::error::EngineError;
use crate::follow::Follow;
use crate::interval::interval;
use chrono::{DateTime, Utc};
use domain::notice::{Kind, Part, Trouble};
use domain::reply::masked;
use domain::{NoticeId, Role};
use eventstore::{Append, AppendError};
use projections::{statuses, ways};
use sqlx::PgConnection;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(10);

/// How long something must have lasted before anybody is told, unless it does not pass by itself.
const LASTING: Duration = Duration::from_mins(10);

/// How many characters are told of what is wrong.
const WORDS: usize = 500;

/// Something that does not do its work at this moment.
struct Seen {
    part: Part,
    name: String,
    words: String,
    /// Since when, if it is said; else since it is seen.
    since: Option<DateTime<Utc>>,
}

/// Something of which administrators are to be told.
struct Due {
    trouble: Trouble,
    /// How many days it has lasted: another day, another letter.
    days: i64,
}

impl Context {
    /// Looks now and then until `stop` is cancelled, and gets over PostgreSQL being away.
    pub(crate) async fn watch_for_trouble(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                looked = self.look_for_trouble() => looked,
                () = stop.cancelled() => return,
            };
            if let Err(error) = looked {
                tracing::debug!(%error, "nobody can be told what does not do its work");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Looks once, if no other engine does.
    async fn look_for_trouble(&self) -> Result<(), EngineError> {
        let mut transaction = self.store.begin_steps().await?;
        let mine = sqlx::query_scalar!(
            "select position from followers where name = $1 for update skip locked",
            super::Alerts::NAME
        );
        if mine.fetch_optional(&mut *transaction).await?.is_none() {
            return Ok(());
        }
        let seen = seen(&mut transaction).await?;
        keep_in_mind(&mut transaction, &seen).await?;
        let due = due(&mut transaction).await?;
        let administrators = if due.is_empty() {
            Accounts::new()
        } else {
            people::with_roles(&mut transaction, &[Role::Administrator]).await?
        };
        if administrators.is_empty() {
            // Nobody is told, so they are as soon as there is somebody.
            transaction.commit().await?;
            return Ok(());
        }
        told(&mut transaction, &due).await?;
        let mut letters = letters(&due, &administrators)?;
        let ids: Vec<NoticeId> = letters.iter().map(|(id, _)| *id).collect();
        // Of what the table has forgotten somebody may have been told, and that keeps nobody from being told of all else.
        let asked_for = people::asked_for(&mut transaction, &ids).await?;
        letters.retain(|(id, _)| !asked_for.contains(id));
        let appends: Vec<Append> = letters.into_iter().map(|(_, letter)| letter).collect();
        if appends.is_empty() {
            transaction.commit().await?;
            return Ok(());
        }
        match self.store.append_within(&mut transaction, &appends, &self.metadata()).await {
            Ok(receipt) => {
                transaction.commit().await?;
                self.store.appended(receipt);
                tracing::warn!(
                    troubles = due.len(),
                    letters = appends.len(),
                    "administrators are told what does not do its work"
                );
                Ok(())
            }
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => Err(EngineError::Conflict),
            Err(AppendError::Store(error)) => Err(error.into()),
        }
    }
}

/// What does not do its work at this moment.
async fn seen(transaction: &mut PgConnection) -> Result<Vec<Seen>, EngineError> {
    let relays = sqlx::query!(
        r#"select name, since, coalesce(why, '') as "why!" from relay_states
            where state = 'open' and scope = 'credentials' and seen_at > clock_timestamp() - interval '1 minute'"#
    )
    .fetch_all(&mut *transaction)
    .await?;
    let relays = relays.into_iter().map(|row| Seen {
        part: Part::Relay,
        name: row.name,
        words: row.why,
        since: Some(row.since),
    });
    let read_models = statuses(&mut *transaction).await?.into_iter().filter(|one| !one.name.starts_with("rebuild:"));
    let read_models = read_models
        .filter_map(|one| Some(Seen { part: Part::ReadModel, name: one.name, words: one.error?, since: None }));
    let followers = sqlx::query!(r#"select name, error as "error!" from followers where error is not null"#)
        .fetch_all(&mut *transaction)
        .await?;
    let followers =
        followers.into_iter().map(|row| Seen { part: Part::Follower, name: row.name, words: row.error, since: None });
    // A mailbox that nobody has in their settings any more is in nobody's way, nor is a process that has ended.
    let ways = ways::standing(&mut *transaction).await?.into_iter();
    let ways = ways.filter_map(|way| {
        Some(Seen { part: Part::Intake, words: way.closed()?.to_owned(), name: way.via, since: way.since })
    });
    Ok(relays.chain(read_models).chain(followers).chain(ways).collect())
}

/// Keeps in mind since when something does not do its work, and that all else does.
async fn keep_in_mind(transaction: &mut PgConnection, seen: &[Seen]) -> Result<(), EngineError> {
    let parts: Vec<String> = seen.iter().map(|one| word(one.part).to_owned()).collect();
    let names: Vec<String> = seen.iter().map(|one| one.name.clone()).collect();
    sqlx::query!(
        "update troubles set since = null
          where since is not null
            and not exists (select from unnest($1::text[], $2::text[]) as s (part, name)
                             where s.part = troubles.part and s.name = troubles.name)",
        &parts,
        &names,
    )
    .execute(&mut *transaction)
    .await?;
    if seen.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into troubles (part, name, words, since)
         select part, name, words, coalesce(since, clock_timestamp())
           from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as s (part, name, words, since)
         on conflict (part, name) do update
            set words = excluded.words, since = coalesce(troubles.since, excluded.since)",
        &parts,
        &names,
        &seen.iter().map(|one| told_words(&one.words)).collect::<Vec<_>>(),
        &seen.iter().map(|one| one.since).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// What a part says is wrong, as it is told: without addresses, and not more than a few lines of it.
fn told_words(words: &str) -> String {
    let spaced: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    masked(&spaced).chars().take(WORDS).collect()
}

/// What administrators are to be told now.
async fn due(transaction: &mut PgConnection) -> Result<Vec<Due>, EngineError> {
    let rows = sqlx::query!(
        r#"select part, name, words, since as "since!",
                  floor(extract(epoch from clock_timestamp() - since) / 86400)::bigint as "days!"
             from troubles
            where since is not null and (part = $1 or since <= clock_timestamp() - $2::interval)
              and (told_at is null or told_at <= clock_timestamp() - interval '1 day')
            order by part, name"#,
        word(Part::Relay),
        interval(LASTING),
    )
    .fetch_all(transaction)
    .await?;
    let due = rows.into_iter().filter_map(|row| {
        let trouble = Trouble { part: part(&row.part)?, name: row.name, words: row.words, since: row.since };
        Some(Due { trouble, days: row.days })
    });
    Ok(due.collect())
}

/// Administrators were told of these.
async fn told(transaction: &mut PgConnection, due: &[Due]) -> Result<(), EngineError> {
    sqlx::query!(
        "update troubles set told_at = clock_timestamp() from unnest($1::text[], $2::text[]) as s (part, name)
          where troubles.part = s.part and troubles.name = s.name",
        &due.iter().map(|due| word(due.trouble.part).to_owned()).collect::<Vec<_>>(),
        &due.iter().map(|due| due.trouble.name.clone()).collect::<Vec<_>>(),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// A letter to each of them about each of these, with its id.
fn letters(due: &[Due], to: &Accounts) -> Result<Vec<(NoticeId, Append)>, EngineError> {
    let mut letters = Vec::with_capacity(due.len() * to.len());
    for Due { trouble, days } in due {
        let part = format!("{} {}", word(trouble.part), trouble.name);
        let since = format!("{} {days}", trouble.since.to_rfc3339());
        for (user, account) in to {
            let id = NoticeId::of_trouble(&part, &since, *user);
            letters.push((id, people::letter(id, *user, account, Kind::Trouble(trouble.clone()))?));
        }
    }
    Ok(letters)
}

/// The name under which a part is kept in mind.
fn word(part: Part) -> &'static str {
    match part {
        Part::Relay => "relay",
        Part::ReadModel => "read_model",
        Part::Follower => "follower",
        Part::Intake => "intake",
    }
}

/// The part of that name; none if only a newer program knows it, which tells of it itself.
fn part(name: &str) -> Option<Part> {
    [Part::Relay, Part::ReadModel, Part::Follower, Part::Intake].into_iter().find(|part| word(*part) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_name() {
        for one in [Part::Relay, Part::ReadModel, Part::Follower, Part::Intake] {
            assert_eq!(part(word(one)), Some(one));
            assert_eq!(serde_json::to_value(one).expect("json"), word(one));
        }
        assert_eq!(part("moon"), None);
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line_without_addresses() {
        let words = told_words("535 5.7.8 bad password\r\nfor <ann@example.org>");
        assert_eq!(words, "535 5.7.8 bad password  for <address>");
        assert_eq!(told_words(&"ж".repeat(WORDS + 1)).chars().count(), WORDS);
    }
}
