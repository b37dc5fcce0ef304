//! What clients have agreed to: for each topic the consent that was given last, and what became of it.

use crate::columns::{FromColumn, read};
use crate::{Access, Event, FoldError, Listed, Read, touched};
use chrono::{DateTime, Utc};
use domain::client::{self, Client, Consent, Source, State};
use domain::{ClientId, GroupId};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

/// A consent of a client's, with its evidence. Evidence that does not read makes no consent disappear.
#[derive(Clone, Debug)]
pub struct ConsentRow {
    /// The client who agreed.
    pub client_id: Uuid,
    /// The group that it is about; `None` for all that the owner sends.
    pub topic_id: Option<Uuid>,
    /// The words that they agreed to.
    pub wording: String,
    /// When they agreed.
    pub given_at: DateTime<Utc>,
    /// Whence it is known.
    pub source: Read<Source>,
    /// The network address that they agreed from; `None` if it is not known.
    pub address: Option<String>,
    /// When they confirmed it by the link in a letter to the address that they have; `None` if they never did.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The network address that the link was followed from; `None` if it is not known.
    pub confirmed_address: Option<String>,
    /// When it was withdrawn; `None` if it is in force.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Whence it is known that it was withdrawn; `None` if it is in force.
    pub withdrawn_source: Option<Read<Source>>,
    /// When it was written down that they agreed.
    pub recorded_at: DateTime<Utc>,
}

impl ConsentRow {
    fn given(client: ClientId, consent: &Consent, recorded_at: DateTime<Utc>) -> Self {
        Self {
            client_id: client.0,
            topic_id: consent.topic.map(Uuid::from),
            wording: consent.wording.clone(),
            given_at: consent.at,
            source: Ok(consent.source.clone()),
            address: consent.address.map(|address| address.to_string()),
            confirmed_at: None,
            confirmed_address: None,
            withdrawn_at: None,
            withdrawn_source: None,
            recorded_at,
        }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::of(self.confirmed_at, self.withdrawn_at)
    }

    /// What an event of the client's makes of their consents, as the table is folded: for whoever reads a stream up to a moment. The
    /// client is as they were `before` it.
    pub fn retell(
        rows: &mut Vec<Self>,
        (client, before): (ClientId, &Client),
        event: &client::Event,
        recorded_at: DateTime<Utc>,
    ) {
        match event {
            client::Event::Changed { .. } if before.is_moved_by(event) => {
                for row in rows.iter_mut() {
                    (row.confirmed_at, row.confirmed_address) = (None, None);
                }
            }
            client::Event::ConsentGiven(consent) => {
                rows.retain(|row| row.topic_id != consent.topic.map(Uuid::from));
                rows.push(Self::given(client, consent, recorded_at));
            }
            client::Event::ConsentConfirmed { topic, at, address } => {
                for row in rows.iter_mut().filter(|row| row.topic_id == topic.map(Uuid::from)) {
                    row.confirmed_at = Some(*at);
                    row.confirmed_address = address.map(|address| address.to_string());
                }
            }
            client::Event::ConsentWithdrawn { topic, at, source } => {
                let taken_back = |row: &Self| row.source.as_ref().is_ok_and(|given| source.takes_back(given));
                rows.retain(|row| row.topic_id != topic.map(Uuid::from) || !taken_back(row));
                for row in rows.iter_mut().filter(|row| row.topic_id == topic.map(Uuid::from)) {
                    row.withdrawn_at = Some(*at);
                    row.withdrawn_source = Some(Ok(source.clone()));
                }
            }
            _ => {}
        }
    }
}

/// What stands for a topic in the table's key: the nil UUID for all that the owner sends.
fn key(topic: Option<GroupId>) -> Uuid {
    topic.map_or(Uuid::nil(), Uuid::from)
}

/// What these clients have agreed to, also deleted ones; for each of them in the order in which it was written down.
pub async fn consents(pool: &PgPool, access: Access, clients: &[Uuid]) -> Result<Vec<ConsentRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select s.client_id, s.topic_id, s.wording, s.given_at, s.source, s.address, s.confirmed_at, s.confirmed_address,
                s.withdrawn_at, s.withdrawn_source, s.recorded_at
           from client_consents s join clients c on c.id = s.client_id
          where s.client_id = any($1) and ($2::uuid is null or c.owner_id = $2)
          order by s.client_id, s.recorded_at, s.topic_id",
        clients,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let id = format!("{}.{}", row.client_id, row.topic_id);
        ConsentRow {
            client_id: row.client_id,
            topic_id: Some(row.topic_id).filter(|topic| !topic.is_nil()),
            wording: row.wording,
            given_at: row.given_at,
            source: read::<Json<Source>>("client_consents", "source", &id, row.source).map(|Json(source)| source),
            address: row.address,
            confirmed_at: row.confirmed_at,
            confirmed_address: row.confirmed_address,
            withdrawn_at: row.withdrawn_at,
            withdrawn_source: row.withdrawn_source.map(|stored| {
                read::<Json<Source>>("client_consents", "withdrawn_source", &id, stored).map(|Json(source)| source)
            }),
            recorded_at: row.recorded_at,
        }
    });
    Ok(rows.collect())
}

/// How these clients came into their address books, also deleted ones, each with its id and in no order. Those of whom nobody has
/// written it down are not in the answer.
pub async fn sources(pool: &PgPool, access: Access, clients: &[Uuid]) -> Result<Listed<Uuid, Source>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id, source as "source!" from clients
            where id = any($1) and source is not null and ($2::uuid is null or owner_id = $2)"#,
        clients,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    let read = |id: Uuid, stored| read::<Json<Source>>("clients", "source", id, stored).map(|Json(source)| source);
    Ok(rows.into_iter().map(|row| (row.id, read(row.id, row.source))).collect())
}

/// Whether a value is a source, for whoever looks after rows that do not read.
pub(crate) fn is_source(json: &serde_json::Value) -> bool {
    Json::<Source>::from_column(json.clone()).is_ok()
}

/// Consents in a row, written as a set: a file of clients may bring in one for each.
#[derive(Default)]
pub(super) struct Given<'e> {
    seen: HashSet<(Uuid, Uuid)>,
    rows: Vec<(ClientId, &'e Consent, &'e Event)>,
}

impl<'e> Given<'e> {
    /// Whether a consent to the same topic is among them already: each is written once in a statement.
    pub(super) fn has(&self, client: ClientId, consent: &Consent) -> bool {
        self.seen.contains(&(client.0, key(consent.topic)))
    }

    pub(super) fn push(&mut self, client: ClientId, consent: &'e Consent, event: &'e Event) {
        self.seen.insert((client.0, key(consent.topic)));
        self.rows.push((client, consent, event));
    }

    /// Whoever agrees anew has neither confirmed that nor withdrawn it, whatever became of the consent before.
    pub(super) async fn write(self, connection: &mut PgConnection) -> Result<(), FoldError> {
        let rows = &self.rows;
        if rows.is_empty() {
            return Ok(());
        }
        let clients: Vec<Uuid> = rows.iter().map(|(client, ..)| client.0).collect();
        let addresses: Vec<Option<String>> =
            rows.iter().map(|(_, consent, _)| consent.address.map(|address| address.to_string())).collect();
        sqlx::query!(
            "insert into client_consents (client_id, topic_id, wording, given_at, source, address, recorded_at)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[],
                                  $7::timestamptz[])
                 on conflict (client_id, topic_id) do update
                set wording = excluded.wording, given_at = excluded.given_at, source = excluded.source,
                    address = excluded.address, recorded_at = excluded.recorded_at, confirmed_at = null,
                    confirmed_address = null, withdrawn_at = null, withdrawn_source = null",
            &clients,
            &rows.iter().map(|(_, consent, _)| key(consent.topic)).collect::<Vec<_>>(),
            &rows.iter().map(|(_, consent, _)| consent.wording.as_str()).collect::<Vec<_>>() as &[&str],
            &rows.iter().map(|(_, consent, _)| consent.at).collect::<Vec<_>>(),
            &rows.iter().map(|(_, consent, _)| Json(&consent.source)).collect::<Vec<_>>() as &[Json<&Source>],
            &addresses as &[Option<String>],
            &rows.iter().map(|(.., event)| event.at).collect::<Vec<_>>(),
        )
        .execute(&mut *connection)
        .await?;
        let done = sqlx::query!(
            "update clients c set version = seen.version
               from (select id, max(version) as version
                       from unnest($1::uuid[], $2::bigint[]) as t (id, version) group by id) seen
              where c.id = seen.id",
            &clients,
            &rows.iter().map(|(.., event)| event.version).collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
        let known: HashSet<&Uuid> = clients.iter().collect();
        if done.rows_affected() != known.len() as u64 {
            return Err(FoldError::Inconsistent("a client that has agreed has no row in clients".to_owned()));
        }
        Ok(())
    }
}

/// The client has another mailbox from now on: a letter to the one before says nothing of whoever has this one.
pub(super) async fn unconfirm(connection: &mut PgConnection, id: ClientId) -> Result<(), FoldError> {
    sqlx::query!(
        "update client_consents set confirmed_at = null, confirmed_address = null
          where client_id = $1 and confirmed_at is not null",
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What became of a consent.
pub(super) async fn go_on(
    connection: &mut PgConnection,
    id: ClientId,
    fact: &client::Event,
    event: &Event,
) -> Result<(), FoldError> {
    let done = match fact {
        client::Event::ConsentConfirmed { topic, at, address } => {
            sqlx::query!(
                "update client_consents set confirmed_at = $3, confirmed_address = $4 where client_id = $1 and topic_id = $2",
                id.0,
                key(*topic),
                *at,
                address.map(|address| address.to_string()),
            )
            .execute(&mut *connection)
            .await?
        }
        client::Event::ConsentWithdrawn { topic, at, source } => {
            // One that was taken back with its import is not there any more, see `Source::takes_back`.
            let gone = sqlx::query!(
                "delete from client_consents where client_id = $1 and topic_id = $2 and source = $3 and $4",
                id.0,
                key(*topic),
                Json(source) as _,
                matches!(source, Source::File { .. }),
            )
            .execute(&mut *connection)
            .await?;
            let update = sqlx::query!(
                "update client_consents set withdrawn_at = $3, withdrawn_source = $4 where client_id = $1 and topic_id = $2",
                id.0,
                key(*topic),
                *at,
                Json(source) as _,
            );
            if gone.rows_affected() > 0 { gone } else { update.execute(&mut *connection).await? }
        }
        _ => return Ok(()),
    };
    touched(&done, "client_consents", id.0)?;
    let done =
        sqlx::query!("update clients set version = $2 where id = $1", id.0, event.version).execute(connection).await?;
    touched(&done, "clients", id.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Decide, EmailAddress, FullName, ImportId, UserId};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minute)
    }

    #[test]
    fn a_stream_retells_what_the_table_shows() {
        let (client, topic) = (ClientId(Uuid::from_u128(1)), Some(GroupId(Uuid::from_u128(2))));
        let given = |topic, minute| {
            let (wording, source) = ("News".to_owned(), Source::Person);
            client::Event::ConsentGiven(Consent { topic, wording, at: at(minute), source, address: None })
        };
        let address = "192.0.2.1".parse().ok();
        let confirmed = client::Event::ConsentConfirmed { topic, at: at(3), address };
        let withdrawn = client::Event::ConsentWithdrawn { topic, at: at(4), source: Source::Program };
        let (mut rows, mut state) = (Vec::new(), Client::default());
        state.evolve(client::Event::Added {
            owner: UserId(Uuid::from_u128(3)),
            email: EmailAddress::parse("anna@example.org").expect("an address"),
            full_name: FullName::default(),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            groups: [].into(),
            fields: client::Fields::new(),
            source: None,
        });
        let moved = client::Event::Changed {
            email: EmailAddress::parse("hanna@example.org").ok(),
            full_name: None,
            first_name: None,
            last_name: None,
            comment: None,
        };
        let mut tell = |event: &client::Event| {
            ConsentRow::retell(&mut rows, (client, &state), event, at(9));
            state.evolve(event.clone());
            rows.iter().map(|row| (row.topic_id, row.state())).collect::<Vec<_>>()
        };
        let named = topic.map(Uuid::from);
        assert!(tell(&confirmed).is_empty(), "there is nothing to confirm");
        assert_eq!(tell(&given(None, 1)), [(None, State::Given)]);
        assert_eq!(tell(&given(topic, 2)), [(None, State::Given), (named, State::Given)]);
        assert_eq!(tell(&confirmed), [(None, State::Given), (named, State::Confirmed)]);
        assert_eq!(tell(&moved), [(None, State::Given), (named, State::Given)], "it was the letter to another mailbox");
        assert_eq!(tell(&withdrawn), [(None, State::Given), (named, State::Withdrawn)]);
        assert_eq!(tell(&client::Event::Deleted), [(None, State::Given), (named, State::Withdrawn)]);
        assert_eq!(tell(&given(topic, 5)), [(None, State::Given), (named, State::Given)]);
        let row = Source::File { import: ImportId(Uuid::nil()), file: String::new(), row: 2 };
        let consent =
            Consent { topic: None, wording: "News".to_owned(), at: at(6), source: row.clone(), address: None };
        let taken_back = client::Event::ConsentWithdrawn { topic: None, at: at(7), source: row };
        assert_eq!(tell(&client::Event::ConsentGiven(consent)), [(named, State::Given), (None, State::Given)]);
        assert_eq!(tell(&taken_back), [(named, State::Given)], "it went with its import");
        let [last] = rows.as_slice() else { panic!("one for each topic: {rows:?}") };
        assert_eq!((last.given_at, last.recorded_at, last.confirmed_address.as_deref()), (at(5), at(9), None));
    }
}
