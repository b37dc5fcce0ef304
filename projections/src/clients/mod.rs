//! Address books.

mod consents;
pub(crate) mod counts;
mod ever;
mod fields;
mod indexes;
mod lacking;
mod list;
mod moves;
mod order;
mod within;

pub(crate) use consents::is_source;
pub use consents::{ConsentRow, consents, sources};
pub use counts::held;
pub use ever::{Ever, ever_had};
pub use fields::StoredFields;
pub use indexes::{Indexed, indexed, keep_indexes, make_indexes};
pub use lacking::{LOOKED_AT, Lacking, lacking, without};
pub(crate) use list::former;
pub use list::{COUNTED, about, count, ordered, page};
pub use order::{Filter, Key, Order, Place};

use crate::{Access, Event, FoldError, touched};
use chrono::{DateTime, Utc};
use consents::Given;
use domain::{ClientId, Fact, GroupId, client};
use moves::Moves;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A client in an address book.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's id.
    pub id: Uuid,
    /// The owner of the address book.
    pub owner_id: Uuid,
    /// The number of the client's present details, counted from 1.
    pub revision: i32,
    /// The address to which letters go.
    pub email: String,
    /// The name that letters greet.
    pub full_name: String,
    /// Their first name, if it is known which of the words it is.
    pub first_name: Option<String>,
    /// The client's last name; `None` if it is not known.
    pub last_name: Option<String>,
    /// A remark about the client; empty if there is none.
    pub comment: String,
    /// What the client has in the owner's own fields, also in those that were removed since.
    pub fields: client::Fields,
    /// The moment when the client was added.
    pub created_at: DateTime<Utc>,
    /// The moment when the client was deleted, as past deliveries still show it; `None` if it is there.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The client's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

/// A client, also a deleted one.
pub async fn get(pool: &PgPool, access: Access, id: ClientId) -> Result<Option<Client>, sqlx::Error> {
    sqlx::query_as!(
        Client,
        r#"select id, owner_id, revision, email, full_name, first_name, last_name, comment,
                  fields as "fields!: StoredFields", created_at, deleted_at, version
             from clients where id = $1 and ($2::uuid is null or owner_id = $2)"#,
        id.0,
        access.owner(),
    )
    .fetch_optional(pool)
    .await
}

/// Clients by their ids, also deleted ones, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<Client>, sqlx::Error> {
    sqlx::query_as!(
        Client,
        r#"select id, owner_id, revision, email, full_name, first_name, last_name, comment,
                  fields as "fields!: StoredFields", created_at, deleted_at, version
             from clients where id = any($1) and ($2::uuid is null or owner_id = $2)"#,
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await
}

/// The clients of these ids in their order, without those that are gone meanwhile.
pub(crate) async fn in_order(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<Client>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = by_ids(pool, access, ids).await?;
    let mut rows: HashMap<Uuid, Client> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// The groups of clients: pairs of client and group, without deleted groups.
pub async fn groups_of(pool: &PgPool, clients: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select m.client_id, m.group_id from group_members m join groups g on g.id = m.group_id
          where m.client_id = any($1) and g.deleted_at is null order by g.created_at, g.id",
        clients,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.client_id, row.group_id)).collect())
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // Events of one client keep their order: what is gathered is written before anything of another kind. Only clients and what they
    // agreed to are gathered beside each other, as a file brings in both: nobody agrees before they are added, so they are written
    // in that order.
    let (mut added, mut given, mut moves) = (Added::default(), Given::default(), Moves::default());
    for event in events {
        let Fact::Client(id, fact) = &event.fact else { continue };
        match fact {
            client::Event::Added { .. } => {
                std::mem::take(&mut moves).write(connection).await?;
                added.push(*id, event);
            }
            client::Event::ConsentGiven(consent) => {
                std::mem::take(&mut moves).write(connection).await?;
                if given.has(*id, consent) {
                    std::mem::take(&mut added).write(connection).await?;
                    std::mem::take(&mut given).write(connection).await?;
                }
                given.push(*id, consent, event);
            }
            client::Event::JoinedGroup { group } | client::Event::LeftGroup { group } => {
                std::mem::take(&mut added).write(connection).await?;
                std::mem::take(&mut given).write(connection).await?;
                let joining = matches!(fact, client::Event::JoinedGroup { .. });
                moves.push(connection, joining, (*id, *group, event.version)).await?;
            }
            client::Event::Changed { .. }
            | client::Event::FieldsChanged { .. }
            | client::Event::ConsentConfirmed { .. }
            | client::Event::ConsentWithdrawn { .. }
            | client::Event::Deleted => {
                std::mem::take(&mut added).write(connection).await?;
                std::mem::take(&mut given).write(connection).await?;
                std::mem::take(&mut moves).write(connection).await?;
                fold_one(connection, *id, fact, event).await?;
            }
        }
    }
    added.write(connection).await?;
    given.write(connection).await?;
    moves.write(connection).await
}

async fn fold_one(
    connection: &mut PgConnection,
    id: ClientId,
    fact: &client::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        client::Event::Added { .. }
        | client::Event::ConsentGiven(_)
        | client::Event::JoinedGroup { .. }
        | client::Event::LeftGroup { .. } => {}
        client::Event::ConsentConfirmed { .. } | client::Event::ConsentWithdrawn { .. } => {
            consents::go_on(connection, id, fact, event).await?;
        }
        client::Event::Changed { email, full_name, first_name, last_name, comment } => {
            if let Some(email) = email {
                let (old, new) = (mailbox_of(connection, id).await?, email.key());
                if old != new {
                    consents::unconfirm(connection, id).await?;
                }
                drop_address(connection, &old).await?;
                add_addresses(connection, &[new]).await?;
            }
            keep_revision(connection, id).await?;
            let done = sqlx::query!(
                "update clients set revision = revision + 1, email = coalesce($2, email),
                        full_name = coalesce($3, full_name), comment = coalesce($4, comment), version = $5,
                        mailbox = case when $2::text is null then mailbox else $6 end,
                        first_name = case when $7::text is null then first_name else nullif($7, '') end,
                        last_name = case when $8::text is null then last_name else nullif($8, '') end,
                        found_by = found_by(coalesce($2, email), coalesce($3, full_name), coalesce($4, comment))
                  where id = $1",
                id.0,
                email.as_ref().map(domain::EmailAddress::as_str),
                full_name.as_ref().map(domain::FullName::as_str),
                comment.as_deref(),
                event.version,
                email.as_ref().and_then(domain::EmailAddress::key_of_its_own),
                first_name.as_ref().map(domain::FullName::as_str),
                last_name.as_ref().map(domain::FullName::as_str),
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "clients", id.0)?;
        }
        client::Event::FieldsChanged { fields } => {
            keep_revision(connection, id).await?;
            let (set, empty): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, value)| value.is_some());
            let set: BTreeMap<_, _> = set.into_iter().collect();
            let empty: Vec<&str> = empty.into_iter().map(|(key, _)| key.as_str()).collect();
            let done = sqlx::query!(
                "update clients set revision = revision + 1, fields = (fields - $2::text[]) || $3::jsonb, version = $4
                  where id = $1",
                id.0,
                &empty as &[&str],
                Json(&set) as _,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "clients", id.0)?;
        }
        client::Event::Deleted => {
            counts::leave_all_groups(connection, id).await?;
            let mailbox = mailbox_of(connection, id).await?;
            drop_address(connection, &mailbox).await?;
            counts::drop_client(connection, id).await?;
            let done = sqlx::query!(
                "update clients set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "clients", id.0)?;
        }
    }
    Ok(())
}

/// Keeps what a client is at present, for runs that have it, before it changes.
async fn keep_revision(connection: &mut PgConnection, id: ClientId) -> Result<(), FoldError> {
    sqlx::query!(
        "insert into client_revisions (client_id, revision, email, full_name, comment, first_name, last_name, fields)
         select id, revision, email, full_name, comment, first_name, last_name, fields from clients where id = $1",
        id.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The mailbox of a client that is there, as it is compared.
async fn mailbox_of(connection: &mut PgConnection, id: ClientId) -> Result<String, FoldError> {
    let email = sqlx::query_scalar!("select email from clients where id = $1", id.0).fetch_optional(connection).await?;
    let email = email.ok_or_else(|| FoldError::Inconsistent(format!("there is no client {id}")))?;
    Ok(domain::EmailAddress::taken(&email).key())
}

/// Addresses are counted over all owners, and those that are new make the number of all of them larger. Counting them when
/// somebody asks would take a second for a million.
async fn add_addresses(connection: &mut PgConnection, mailboxes: &[String]) -> Result<(), FoldError> {
    sqlx::query!(
        "with given as (
             select key, count(*) as clients from unnest($1::text[]) as t (key) group by 1
         ), written as (
             insert into client_addresses (email_key, clients) select key, clients from given order by key
                 on conflict (email_key) do update set clients = client_addresses.clients + excluded.clients
             returning email_key, clients
         )
         insert into client_numbers (id, addresses)
         select true, count(*) from written join given on key = email_key and written.clients = given.clients
             on conflict (id) do update set addresses = client_numbers.addresses + excluded.addresses",
        mailboxes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One client fewer has the address; the last one takes it along.
async fn drop_address(connection: &mut PgConnection, mailbox: &str) -> Result<(), FoldError> {
    let last = sqlx::query!("delete from client_addresses where email_key = $1 and clients = 1", mailbox)
        .execute(&mut *connection)
        .await?;
    if last.rows_affected() > 0 {
        sqlx::query!("update client_numbers set addresses = addresses - 1").execute(connection).await?;
        return Ok(());
    }
    let done = sqlx::query!("update client_addresses set clients = clients - 1 where email_key = $1", mailbox)
        .execute(connection)
        .await?;
    if done.rows_affected() == 0 {
        return Err(FoldError::Inconsistent("a client's address was not counted".to_owned()));
    }
    Ok(())
}

/// `Added` events in a row, written as a set: an import is tens of thousands of them.
#[derive(Default)]
struct Added<'a> {
    ids: Vec<Uuid>,
    owners: Vec<Uuid>,
    emails: Vec<&'a str>,
    /// The addresses as they are compared.
    keys: Vec<String>,
    mailboxes: Vec<Option<String>>,
    first_names: Vec<Option<&'a str>>,
    last_names: Vec<Option<&'a str>>,
    names: Vec<&'a str>,
    comments: Vec<&'a str>,
    /// None for nearly all, who have nothing in fields of their owner's own.
    fields: Vec<Option<Json<&'a client::Fields>>>,
    /// How they came; none of those before that was written down.
    sources: Vec<Option<Json<&'a client::Source>>>,
    times: Vec<DateTime<Utc>>,
    versions: Vec<i64>,
    members: Vec<Uuid>,
    groups: Vec<Uuid>,
}

impl<'a> Added<'a> {
    fn push(&mut self, id: ClientId, event: &'a Event) {
        let Fact::Client(_, fact) = &event.fact else { return };
        let client::Event::Added { owner, email, full_name, first_name, last_name, comment, groups, fields, source } =
            fact
        else {
            return;
        };
        self.ids.push(id.0);
        self.owners.push(owner.0);
        self.emails.push(email.as_str());
        self.keys.push(email.key());
        self.mailboxes.push(email.key_of_its_own());
        self.first_names.push(first_name.if_any());
        self.last_names.push(last_name.if_any());
        self.names.push(full_name.as_str());
        self.comments.push(comment);
        self.fields.push(Some(fields).filter(|fields| !fields.is_empty()).map(Json));
        self.sources.push(source.as_ref().map(Json));
        self.times.push(event.at);
        self.versions.push(event.version);
        for GroupId(group) in groups {
            self.members.push(id.0);
            self.groups.push(*group);
        }
    }

    async fn write(self, connection: &mut PgConnection) -> Result<(), FoldError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into clients (id, owner_id, revision, email, full_name, comment, created_at, version, mailbox,
                                  found_by, first_name, last_name, fields, source)
             select id, owner_id, 1, email, full_name, comment, at, version, mailbox,
                    found_by(email, full_name, comment), first_name, last_name, coalesce(fields, '{}'), source
               from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[],
                           $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[])
                 as t (id, owner_id, email, full_name, comment, at, version, mailbox, first_name, last_name, fields, source)",
            &self.ids,
            &self.owners,
            &self.emails as &[&str],
            &self.names as &[&str],
            &self.comments as &[&str],
            &self.times,
            &self.versions,
            &self.mailboxes as &[Option<String>],
            &self.first_names as &[Option<&str>],
            &self.last_names as &[Option<&str>],
            &self.fields as &[Option<Json<&client::Fields>>],
            &self.sources as &[Option<Json<&client::Source>>],
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "insert into client_counts (owner_id, clients)
             select owner_id, count(*) from unnest($1::uuid[]) as t (owner_id) group by 1
                 on conflict (owner_id) do update set clients = client_counts.clients + excluded.clients",
            &self.owners,
        )
        .execute(&mut *connection)
        .await?;
        add_addresses(connection, &self.keys).await?;
        if !self.members.is_empty() {
            counts::join_groups(connection, &self.members, &self.groups).await?;
        }
        Ok(())
    }
}
