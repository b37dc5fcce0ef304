//! `skymailing consent`: what a client has agreed to, and whether they had at some moment, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::address_book::consent::{self, AsOf};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::client::Source;
use domain::{ClientId, EmailAddress, Language, UserId};
use projections::clients::{self, Client, ConsentRow, Filter, Order};
use projections::{Access, Read, groups, users};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use words::Sentence as _;

/// How many of those are looked through whose details have the address in them.
const LOOKED_THROUGH: i64 = 200;

/// Show what a client has agreed to, with what shows it.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address of the client.
    email: String,
    /// The address of the user whose client it is.
    #[arg(long, value_name = "ADDRESS")]
    owner: String,
    /// Whether the client was to get letters at this moment, such as `2026-05-01T10:00:00Z`; a day stands for its beginning in UTC.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<DateTime<Utc>>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// A moment as RFC 3339 writes it, or a day.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day = text.parse::<NaiveDate>().map_err(|_| "it is a moment like 2026-05-01T10:00:00Z, or a day".to_owned())?;
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let owner = EmailAddress::parse(&self.owner).map_err(super::told)?;
        let email = EmailAddress::parse(&self.email).map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let told = self.tell(&node, (&owner, &email), &stop).await;
        node.close().await?;
        output::say(told?.trim_end());
        Ok(())
    }

    async fn tell(
        &self,
        node: &Node,
        (owner, email): (&EmailAddress, &EmailAddress),
        stop: &CancellationToken,
    ) -> anyhow::Result<String> {
        node.caught_up(stop).await?;
        let pool = node.services.pool();
        let user = users::by_email(pool, owner).await?;
        let access = Access::Owner(UserId(user.with_context(|| format!("there is no user {owner}"))?.id));
        let client = find(node, access, email).await?;
        let client = client.with_context(|| format!("there is no client {email} of {owner}"))?;
        let rows = clients::consents(pool, access, &[client.id]).await?;
        let as_of = match self.at {
            None => None,
            Some(at) => consent::was_subscribed(&node.services, access, ClientId(client.id), at).await?,
        };
        if self.json {
            let as_of = as_of.as_ref().map(of_moment);
            return Ok(json!({
                "id": client.id,
                "email": client.email,
                "consents": rows.iter().map(of_consent).collect::<Vec<_>>(),
                "as_of": as_of,
            })
            .to_string());
        }
        let names = names(node, access, &rows, as_of.as_ref()).await?;
        let mut said = format!("{}\n{}", client.email, lines(&rows, &names));
        if let Some(as_of) = as_of {
            let (at, answer) = (as_of.at.to_rfc3339(), as_of.answer.told(Language::En));
            let _ = write!(said, "\nAs of {at}: {answer}.\n{}", lines(&as_of.consents, &names));
            let groups = as_of.card.iter().flat_map(|card| &card.groups);
            for group in groups {
                let _ = writeln!(said, "  belonged to {}", called(Some(group.0), &names));
            }
            for entry in &as_of.suppressions {
                let since = entry.since.to_rfc3339();
                let _ =
                    writeln!(said, "  not written to: {} ({}) since {since}", entry.reason.name(), entry.scope.name());
            }
        }
        Ok(said)
    }
}

/// The client who has this address, in whichever of its spellings.
async fn find(node: &Node, access: Access, email: &EmailAddress) -> anyhow::Result<Option<Client>> {
    let filter = Filter { search: Some(email.to_string()), ..Filter::default() };
    let rows = clients::ordered(node.services.pool(), access, &filter, Order::default(), None, LOOKED_THROUGH).await?;
    Ok(rows.into_iter().find(|row| EmailAddress::taken(&row.email).key() == email.key()))
}

/// The names of the groups that are named, as far as they are there.
async fn names(
    node: &Node,
    access: Access,
    rows: &[ConsentRow],
    as_of: Option<&AsOf>,
) -> anyhow::Result<HashMap<Uuid, String>> {
    let then = as_of.iter().flat_map(|as_of| &as_of.consents);
    let belonged = as_of.iter().filter_map(|as_of| as_of.card.as_ref()).flat_map(|card| &card.groups);
    let topics = rows.iter().chain(then).filter_map(|row| row.topic_id);
    let ids: Vec<Uuid> = topics.chain(belonged.map(|group| group.0)).collect();
    let found = groups::by_ids(node.services.pool(), access, &ids).await?;
    Ok(found.into_iter().map(|group| (group.id, group.name)).collect())
}

/// What a topic is called.
fn called(topic: Option<Uuid>, names: &HashMap<Uuid, String>) -> String {
    match topic {
        None => "all letters".to_owned(),
        Some(topic) => names.get(&topic).cloned().unwrap_or_else(|| format!("a group that was deleted ({topic})")),
    }
}

/// Consents for people.
fn lines(rows: &[ConsentRow], names: &HashMap<Uuid, String>) -> String {
    if rows.is_empty() {
        return "  Nobody has written down that they agreed to get letters.\n".to_owned();
    }
    let mut lines = String::new();
    for row in rows {
        let (topic, state, given) = (called(row.topic_id, names), row.state().name(), row.given_at.to_rfc3339());
        let from = row.address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
        let _ = writeln!(lines, "  {topic}: {state}, agreed {given}{from} ({})", known(&row.source));
        let _ = writeln!(lines, "    {:?}", row.wording);
        if let Some(at) = row.confirmed_at {
            let _ = writeln!(lines, "    confirmed {} by a letter", at.to_rfc3339());
        }
        if let Some(at) = row.withdrawn_at {
            let how = row.withdrawn_source.as_ref().map(|source| format!(" ({})", known(source))).unwrap_or_default();
            let _ = writeln!(lines, "    withdrawn {}{how}", at.to_rfc3339());
        }
    }
    lines
}

/// Whence something is known.
fn known(source: &Read<Source>) -> String {
    match source {
        Ok(Source::File { file, row, .. }) => format!("file {file}, row {row}"),
        Ok(source) => source.name().to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A consent for programs.
fn of_consent(row: &ConsentRow) -> Value {
    json!({
        "topic": row.topic_id,
        "wording": row.wording,
        "state": row.state().name(),
        "given_at": row.given_at,
        "recorded_at": row.recorded_at,
        "source": row.source.as_ref().ok(),
        "address": row.address,
        "confirmed_at": row.confirmed_at,
        "confirmed_address": row.confirmed_address,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_source": row.withdrawn_source.as_ref().and_then(|source| source.as_ref().ok()),
    })
}

/// What was known at a moment, for programs.
fn of_moment(as_of: &AsOf) -> Value {
    let suppression = |entry: &domain::suppression::Entry| {
        json!({
            "reason": entry.reason.name(),
            "scope": entry.scope.name(),
            "suppressed_at": entry.since,
            "until": entry.until,
        })
    };
    json!({
        "at": as_of.at,
        "answer": as_of.answer.name(),
        "agreed": as_of.answer.agreed(),
        "in_address_book": as_of.card.is_some(),
        "groups": as_of.card.iter().flat_map(|card| &card.groups).collect::<Vec<_>>(),
        "consents": as_of.consents.iter().map(of_consent).collect::<Vec<_>>(),
        "suppressions": as_of.suppressions.iter().map(suppression).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_written_and_a_day_begins_at_midnight() {
        for (text, read) in [
            ("2026-05-01T12:00:00+02:00", Some("2026-05-01T10:00:00+00:00")),
            ("2026-05-01", Some("2026-05-01T00:00:00+00:00")),
            ("yesterday", None),
            ("2026-05-01T12:00", None),
        ] {
            assert_eq!(moment(text).ok().map(|at| at.to_rfc3339()).as_deref(), read, "{text}");
        }
    }
}
