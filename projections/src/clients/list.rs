//! Address books as lists: filtered, in several orders, page by page.

use super::Client;
use crate::{Access, Cursor, sought_of_people};
use chrono::{DateTime, Utc};
use domain::UserId;
use sqlx::PgPool;
use uuid::Uuid;

/// The clients that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only clients who belong to this group.
    pub group: Option<Uuid>,
    /// Who belong to any of these groups; of no group at all nobody does.
    pub any_group: Option<Vec<Uuid>>,
    /// Only clients who do not belong to this group.
    pub without_group: Option<Uuid>,
    /// Whose address, name or comment contains this, in any case, with or without accents.
    pub search: Option<String>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// The list is ordered by the moments when clients were added.
    #[default]
    Created,
    /// The list is ordered by the clients' addresses, in any case.
    Email,
    /// The list is ordered by the clients' names, in any case.
    FullName,
}

/// The order of a list. Of those that are equal in it, the id decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What the list is ordered by.
    pub key: Key,
    /// The last one first.
    pub descending: bool,
}

/// A place in a list of a certain order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A place in an order by time.
    At(Order, Cursor),
    /// A place in an order by text.
    Text(Order, String, Uuid),
}

impl Place {
    /// The order in which it is a place.
    #[must_use]
    pub fn order(&self) -> Order {
        match self {
            Self::At(order, _) | Self::Text(order, ..) => *order,
        }
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(_, cursor) => Some(cursor.at),
            Self::Text(..) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::At(..) => None,
            Self::Text(_, text, _) => Some(text),
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Self::At(_, cursor) => cursor.id,
            Self::Text(_, _, id) => *id,
        }
    }
}

impl Client {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }

    /// Its place in [`ordered`].
    #[must_use]
    pub fn place(&self, order: Order) -> Place {
        match order.key {
            Key::Created => Place::At(order, self.cursor()),
            Key::Email => Place::Text(order, self.email.clone(), self.id),
            Key::FullName => Place::Text(order, self.full_name.clone(), self.id),
        }
    }
}

/// The clients after a place, oldest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    let order = Order::default();
    let after = after.map(|cursor| Place::At(order, cursor));
    ordered(pool, access, filter, order, after.as_ref(), limit).await
}

/// A query of the clients that pass a filter: what it selects, and what comes after the filter. All are checked when they
/// are compiled.
macro_rules! passing {
    ($query:ident, ($($row:ident)?), $access:expr, $filter:expr, $select:literal, $rest:literal $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $select
                + " from clients c
              where deleted_at is null
                and ($1::uuid is null or owner_id = $1)
                and ($2::uuid is null
                     or exists (select from group_members m where m.group_id = $2 and m.client_id = c.id))
                and ($3::uuid[] is null
                     or exists (select from group_members m where m.group_id = any($3) and m.client_id = c.id))
                and ($4::uuid is null
                     or not exists (select from group_members m where m.group_id = $4 and m.client_id = c.id))
                and ($5::text[] is null
                     or strpos(coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)),
                               (select folded(($5::text[])[1]))) > 0
                     or coalesce(mailbox, lower(email)) = ($5::text[])[2]) "
                + $rest,
            $access.owner(),
            $filter.group,
            $filter.any_group.as_deref(),
            $filter.without_group,
            sought_of_people($filter.search.as_deref()) as Option<Vec<Option<String>>>,
            $($more,)*
        )
    };
}

/// The clients after a place of the same order.
pub async fn ordered(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    let (at, text, id) = (after.and_then(Place::at), after.and_then(Place::text), after.map(Place::id));
    macro_rules! in_order {
        ($after:expr, $rest:literal) => {
            passing!(
                query_as,
                (Client),
                access,
                filter,
                "select id, owner_id, revision, email, full_name, first_name, last_name, comment, created_at, deleted_at, version",
                $rest,
                $after,
                id,
                limit
            )
            .fetch_all(pool)
            .await
        };
    }
    match (order.key, order.descending) {
        (Key::Created, false) => in_order!(
            at,
            "and ($6::timestamptz is null or (created_at, id) > ($6, $7)) order by created_at, id limit $8"
        ),
        (Key::Created, true) => in_order!(
            at,
            "and ($6::timestamptz is null or (created_at, id) < ($6, $7)) order by created_at desc, id desc limit $8"
        ),
        (Key::Email, false) => in_order!(
            text,
            "and ($6::text is null or (lower(email), id) > (lower($6), $7)) order by lower(email), id limit $8"
        ),
        (Key::Email, true) => in_order!(
            text,
            "and ($6::text is null or (lower(email), id) < (lower($6), $7)) order by lower(email) desc, id desc limit $8"
        ),
        (Key::FullName, false) => in_order!(
            text,
            "and ($6::text is null or (lower(full_name), id) > (lower($6), $7)) order by lower(full_name), id limit $8"
        ),
        (Key::FullName, true) => in_order!(
            text,
            "and ($6::text is null or (lower(full_name), id) < (lower($6), $7))
             order by lower(full_name) desc, id desc limit $8"
        ),
    }
}

/// The clients of an owner who are deleted and had the text in their address or name, or who had it there before they were changed;
/// in no order.
pub(crate) async fn former(pool: &PgPool, owner: UserId, text: &str, limit: i64) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id!" from (
               select c.id from clients c
                where c.owner_id = $1 and c.deleted_at is not null
                  and (strpos(coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)),
                              (select folded(($2::text[])[1]))) > 0
                       or coalesce(mailbox, lower(email)) = ($2::text[])[2])
               union
               select v.client_id from client_revisions v join clients c on c.id = v.client_id
                where c.owner_id = $1
                  and strpos(folded(v.email || chr(10) || v.full_name), (select folded(($2::text[])[1]))) > 0
           ) former limit $3"#,
        owner.0,
        sought_of_people(Some(text)) as Option<Vec<Option<String>>>,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many clients pass the filter.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    let count = passing!(query_scalar, (), access, filter, r#"select count(*) as "count!""#, "");
    count.fetch_one(pool).await
}
