//! Events become answers.

use super::facet::{Facet, place};
use crate::{Event, FoldError};
use domain::{
    Actor, Fact, StreamKind, batch, client, custom_field, group, import, mailing, message, run, segment, sender,
    session, suppression, token, user,
};
use eventstore::Stored;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    if events.is_empty() {
        return Ok(());
    }
    let owners = owners(connection, events).await?;
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    // Whoever folds events is told what happened, and no more: who caused it is read here, by those who need it.
    let told = sqlx::query!(
        r#"select p.position as "position!", e.event_type as "event_type!", e.actor as "actor?",
                  e.correlation as "correlation?"
             from unnest($1::bigint[]) as p (position)
            cross join lateral (select event_type, metadata ->> 'actor' as actor, metadata ->> 'correlation_id' as correlation
                                  from events where position = p.position offset 0) e
            order by p.position"#,
        &positions,
    )
    .fetch_all(&mut *connection)
    .await?;
    let kinds: HashMap<i64, StreamKind> = events.iter().map(|event| (event.position, event.fact.kind())).collect();
    let (mut questions, mut keys, mut blocks, mut places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in told {
        // What another program wrote may lack both, and is then the doing of a system.
        let Ok(actor) = row.actor.as_deref().unwrap_or("system:unknown").parse::<Actor>();
        let correlation = row.correlation.as_deref().and_then(|id| Uuid::parse_str(id).ok()).filter(|id| !id.is_nil());
        let facets = [
            owners.get(&row.position).copied().map(Facet::owner),
            Some(Facet::actor(&actor)),
            kinds.get(&row.position).copied().map(Facet::kind),
            Some(Facet::event_type(&row.event_type)),
            correlation.map(Facet::correlation),
        ];
        let (block, place) = place(row.position);
        for Facet { question, key } in facets.into_iter().flatten() {
            questions.push(question);
            keys.push(key);
            blocks.push(block);
            places.push(place);
        }
    }
    sqlx::query!(
        "insert into audit (facet, key, block, places)
         select facet, key, block, array_agg(place order by n)
           from unnest($1::smallint[], $2::uuid[], $3::integer[], $4::smallint[])
                    with ordinality as t (facet, key, block, place, n)
          group by facet, key, block order by facet, key, block
             on conflict (facet, key, block) do update set places = audit.places || excluded.places",
        &questions,
        &keys,
        &blocks,
        &places,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// This user's.
    Of(Uuid),
    /// Nobody's: it is a matter for those who look after the service.
    Nobodys,
    /// The first event of its stream tells.
    OfItsStream,
}

/// Whose an event is, as far as it tells by itself.
fn whose(fact: &Fact) -> Whose {
    let owner = match fact {
        // An account's holder is told neither why it was blocked nor by whom.
        Fact::User(_, user::Event::Blocked { .. } | user::Event::Unblocked { .. }) => return Whose::Nobodys,
        Fact::User(id, _) => *id,
        Fact::Session(_, session::Event::Begun { user, .. } | session::Event::Ended { user, .. }) => *user,
        Fact::Token(_, token::Event::Created { owner, .. } | token::Event::Revoked { owner, .. })
        | Fact::Client(_, client::Event::Added { owner, .. })
        | Fact::Group(_, group::Event::Created { owner, .. })
        | Fact::Message(_, message::Event::Created { owner, .. })
        | Fact::Mailing(_, mailing::Event::Created { owner, .. })
        | Fact::Run(_, run::Event::OccurrencesMissed { owner, .. })
        | Fact::Batch(_, batch::Event::Planned { owner, .. })
        | Fact::Segment(_, segment::Event::Created { owner, .. })
        | Fact::Import(_, import::Event::Begun { owner, .. })
        | Fact::CustomField(_, custom_field::Event::Defined { owner, .. })
        | Fact::Sender(_, sender::Event::Created { owner, .. }) => *owner,
        Fact::Run(_, run::Event::Started { origin, .. }) => origin.owner,
        Fact::Feedback(_, event) => event.letter().owner,
        Fact::Suppression(_, suppression::Event::Suppressed { scope, .. }) => match scope.owner() {
            Some(owner) => owner,
            None => return Whose::Nobodys,
        },
        Fact::Article(..) | Fact::Notice(..) | Fact::Rebuild(..) | Fact::SenderDomain(..) | Fact::Subscription(..) => {
            return Whose::Nobodys;
        }
        Fact::Client(..)
        | Fact::Group(..)
        | Fact::Message(..)
        | Fact::Mailing(..)
        | Fact::Run(..)
        | Fact::Batch(..)
        | Fact::Segment(..)
        | Fact::Import(..)
        | Fact::CustomField(..)
        | Fact::Sender(..)
        | Fact::Suppression(..) => return Whose::OfItsStream,
    };
    Whose::Of(owner.0)
}

/// The stream that an event is of.
fn stream(fact: &Fact) -> Uuid {
    match fact {
        Fact::User(id, _) => id.0,
        Fact::Client(id, _) => id.0,
        Fact::Group(id, _) => id.0,
        Fact::Message(id, _) => id.0,
        Fact::Mailing(id, _) => id.0,
        Fact::Run(id, _) => id.0,
        Fact::Batch(id, _) => id.0,
        Fact::Notice(id, _) => id.0,
        Fact::Article(id, _) => id.0,
        Fact::Session(id, _) => id.0,
        Fact::Token(id, _) => id.0,
        Fact::Rebuild(id, _) => id.0,
        Fact::Suppression(id, _) => id.0,
        Fact::Sender(id, _) => id.0,
        Fact::SenderDomain(id, _) => id.0,
        Fact::CustomField(id, _) => id.0,
        Fact::Segment(id, _) => id.0,
        Fact::Import(id, _) => id.0,
        Fact::Subscription(id, _) => id.0,
        Fact::Feedback(id, _) => id.0,
    }
}

/// The owners of these events that have one, by the events' positions. Whose a stream is is told by its first event, which is read again
/// where it is not among these: a table of all streams would be as long as that of all clients.
async fn owners(connection: &mut PgConnection, events: &[&Event]) -> Result<HashMap<i64, Uuid>, FoldError> {
    let mut known: HashMap<(StreamKind, Uuid), Option<Uuid>> = HashMap::new();
    let mut asked: Vec<(StreamKind, Uuid)> = Vec::new();
    let mut found: HashMap<i64, Uuid> = HashMap::new();
    let mut waiting: Vec<(i64, (StreamKind, Uuid))> = Vec::new();
    for event in events {
        let key = (event.fact.kind(), stream(&event.fact));
        match whose(&event.fact) {
            Whose::Of(owner) => {
                known.insert(key, Some(owner));
                found.insert(event.position, owner);
            }
            Whose::Nobodys => {
                known.insert(key, None);
            }
            Whose::OfItsStream => {
                waiting.push((event.position, key));
                if let Entry::Vacant(unknown) = known.entry(key) {
                    unknown.insert(None);
                    asked.push(key);
                }
            }
        }
    }
    for (key, owner) in first_owners(connection, &asked).await? {
        known.insert(key, owner);
    }
    let of_streams = waiting.into_iter().filter_map(|(position, key)| Some((position, (*known.get(&key)?)?)));
    found.extend(of_streams);
    Ok(found)
}

/// Whose these streams are, as their first events tell.
async fn first_owners(
    connection: &mut PgConnection,
    streams: &[(StreamKind, Uuid)],
) -> Result<Vec<((StreamKind, Uuid), Option<Uuid>)>, FoldError> {
    if streams.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: Vec<&str> = streams.iter().map(|(kind, _)| kind.name()).collect();
    let ids: Vec<String> = streams.iter().map(|(_, id)| id.to_string()).collect();
    let rows = sqlx::query!(
        r#"select t.n as "n!", e.event_type as "event_type!", e.event_version as "event_version!", e.payload as "payload!"
             from unnest($1::text[], $2::text[]) with ordinality as t (kind, id, n)
            cross join lateral (select event_type, event_version, payload::text as payload from events
                                 where aggregate_type = t.kind and aggregate_id = t.id and sequence = 1 offset 0) e"#,
        &kinds as &[&str],
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let mut owners = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(key) = usize::try_from(row.n - 1).ok().and_then(|n| streams.get(n)) else { continue };
        let stored = Stored { event_type: &row.event_type, version: &row.event_version, payload: &row.payload };
        let first = eventstore::fact(key.0.name(), &key.1.to_string(), stored)?;
        let owner = match whose(&first) {
            Whose::Of(owner) => Some(owner),
            Whose::Nobodys | Whose::OfItsStream => None,
        };
        owners.push((*key, owner));
    }
    Ok(owners)
}
