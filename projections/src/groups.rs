//! Groups. Who belongs to them is kept with the clients.

use crate::{Access, Cursor, Event, FoldError, clients, sought, split, touched};
use chrono::{DateTime, Utc};
use domain::{Fact, GroupId, UserId, group};
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use uuid::Uuid;

/// A group of clients.
#[derive(Clone, Debug)]
pub struct Group {
    /// The group's id.
    pub id: Uuid,
    /// The owner of the group.
    pub owner_id: Uuid,
    /// The group's name, which no other group of the owner has.
    pub name: String,
    /// What it is to people who can subscribe to it by themselves; `None` if it is its owner's alone.
    pub topic: Option<Topic>,
    /// The moment when the group was created.
    pub created_at: DateTime<Utc>,
    /// The group's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

/// A group that people can subscribe to by themselves, as they are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The group's id.
    pub id: Uuid,
    /// What it is called in public, which may be another name than the group's.
    pub title: String,
    /// What those get who subscribe; it may be empty.
    pub description: String,
}

/// A group as it is stored.
struct Stored {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    topic_title: Option<String>,
    topic_description: Option<String>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl From<Stored> for Group {
    fn from(row: Stored) -> Self {
        let Stored { id, owner_id, name, topic_title, topic_description, created_at, version } = row;
        let topic = topic_title.map(|title| Topic { id, title, description: topic_description.unwrap_or_default() });
        Self { id, owner_id, name, topic, created_at, version }
    }
}

impl Group {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }
}

/// The group of this id; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: GroupId) -> Result<Option<Group>, sqlx::Error> {
    Ok(by_ids(pool, access, &[id.0]).await?.pop())
}

/// Groups by their ids, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<Group>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, name, topic_title, topic_description, created_at, version from groups
          where id = any($1) and deleted_at is null and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Group::from).collect())
}

/// The groups of an owner that people can subscribe to by themselves, in the order in which they were created.
pub async fn topics(pool: &PgPool, owner: UserId) -> Result<Vec<Topic>, sqlx::Error> {
    sqlx::query_as!(
        Topic,
        r#"select id, topic_title as "title!", coalesce(topic_description, '') as "description!" from groups
            where owner_id = $1 and deleted_at is null and topic_title is not null order by created_at, id"#,
        owner.0,
    )
    .fetch_all(pool)
    .await
}

/// The names of the groups that each of these clients belongs to.
pub async fn names_of(
    pool: &PgPool,
    access: Access,
    clients: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>, sqlx::Error> {
    let pairs = clients::groups_of(pool, clients).await?;
    let mut ids: Vec<Uuid> = pairs.iter().map(|(_, group)| *group).collect();
    ids.sort_unstable();
    ids.dedup();
    let names: HashMap<Uuid, String> =
        by_ids(pool, access, &ids).await?.into_iter().map(|row| (row.id, row.name)).collect();
    let mut all: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (client, group) in pairs {
        all.entry(client).or_default().extend(names.get(&group).cloned());
    }
    Ok(all)
}

/// The groups whose name contains this, in any case, after a place, oldest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Group>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, name, topic_title, topic_description, created_at, version from groups
          where deleted_at is null and ($1::uuid is null or owner_id = $1)
            and ($2::text is null or strpos(folded(name), (select folded($2))) > 0)
            and ($3::timestamptz is null or (created_at, id) > ($3, $4))
          order by created_at, id limit $5",
        access.owner(),
        sought(search),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Group::from).collect())
}

/// How many groups have a name that contains this.
pub async fn count(pool: &PgPool, access: Access, search: Option<&str>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from groups
            where deleted_at is null and ($1::uuid is null or owner_id = $1)
              and ($2::text is null or strpos(folded(name), (select folded($2))) > 0)"#,
        access.owner(),
        sought(search),
    )
    .fetch_one(pool)
    .await
}

/// How many clients belong to each of these groups; a group without clients is not in the answer.
pub async fn sizes(pool: &PgPool, groups: &[Uuid]) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    let rows = sqlx::query!("select group_id, clients from group_counts where group_id = any($1)", groups)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|row| (row.group_id, row.clients)).collect())
}

/// How many groups an owner has; counted up to `most`, so that it takes no longer however many there are.
pub async fn held(pool: &PgPool, owner: UserId, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from groups where owner_id = $1 and deleted_at is null limit $2) as counted"#,
        owner.0,
        most,
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Group(id, fact) = &event.fact else { continue };
        match fact {
            group::Event::Created { owner, name } => {
                sqlx::query!(
                    "insert into groups (id, owner_id, name, created_at, version) values ($1, $2, $3, $4, $5)",
                    id.0,
                    owner.0,
                    name.as_str(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
            }
            group::Event::Renamed { name } => {
                let done = sqlx::query!(
                    "update groups set name = $2, version = $3 where id = $1",
                    id.0,
                    name.as_str(),
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "groups", id.0)?;
            }
            group::Event::Published(topic) => {
                let (title, description) = (topic.title.as_str(), topic.description.as_str());
                tell(connection, *id, Some((title, description)), event.version).await?;
            }
            group::Event::Unpublished => tell(connection, *id, None, event.version).await?,
            group::Event::Deleted => {
                let done = sqlx::query!(
                    "update groups set deleted_at = $2, version = $3 where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "groups", id.0)?;
            }
        }
    }
    Ok(())
}

/// What a group is in public from now on.
async fn tell(
    connection: &mut PgConnection,
    id: GroupId,
    topic: Option<(&str, &str)>,
    version: i64,
) -> Result<(), FoldError> {
    let done = sqlx::query!(
        "update groups set topic_title = $2, topic_description = $3, version = $4 where id = $1",
        id.0,
        topic.map(|(title, _)| title),
        topic.map(|(_, description)| description),
        version,
    )
    .execute(connection)
    .await?;
    touched(&done, "groups", id.0)
}
