//! Address books as lists: filtered, in several orders, page by page.

use super::{Client, counts};
use crate::{Access, Cursor, sought};
use chrono::{DateTime, Utc};
use domain::EmailAddress;
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

impl Filter {
    /// Whether every client passes it.
    fn is_open(&self) -> bool {
        self.group.is_none() && self.is_of_a_group_at_most()
    }

    /// Whether everybody passes who belongs to its group.
    fn is_of_a_group_at_most(&self) -> bool {
        self.any_group.is_none() && self.without_group.is_none() && sought(self.search.as_deref()).is_none()
    }

    /// The mailbox that is looked for, if the text is the whole address of one: its domain may be spelled otherwise there.
    fn mailbox(&self) -> Option<String> {
        sought(self.search.as_deref()).and_then(|text| EmailAddress::parse(text).ok()).map(|address| address.key())
    }
}

/// A query of the clients that pass a filter: what stands before its conditions, and after them. All are checked when they are
/// compiled. The text that is looked through is written as the index has it, see [`super::indexes`].
macro_rules! passing {
    ($query:ident, ($($row:ident)?), $access:expr, $filter:expr, [$($before:literal),*], [$($after:literal),*]
     $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $($before +)*
                " and ($1::uuid is null or owner_id = $1)
                and ($2::uuid is null
                     or exists (select from group_members m where m.group_id = $2 and m.client_id = c.id))
                and ($3::uuid[] is null
                     or exists (select from group_members m where m.group_id = any($3) and m.client_id = c.id))
                and ($4::uuid is null
                     or not exists (select from group_members m where m.group_id = $4 and m.client_id = c.id))
                and ($5::text is null
                     or coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)) like containing($5)
                     or mailbox = $6
                     or coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)) like containing($6)
                        and lower(email) = $6)"
                $(+ $after)*,
            $access.owner(),
            $filter.group,
            $filter.any_group.as_deref(),
            $filter.without_group,
            sought($filter.search.as_deref()),
            $filter.mailbox(),
            $($more,)*
        )
    };
}

/// The clients after a place of the same order.
///
/// Where many pass a filter, enough of them are among the next few thousand of the list, which are looked through in
/// milliseconds. Only if they are not, few pass, and all of these are looked up. PostgreSQL cannot know beforehand which of the
/// two it is, and among a million it takes a second over the wrong one.
pub async fn ordered(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    let (at, text, id) = (after.and_then(Place::at), after.and_then(Place::text), after.map(Place::id));
    macro_rules! read {
        ($after:expr, [$($before:literal),*], [$($rest:literal),*]) => {
            passing!(query_as, (Client), access, filter, [$($before),*], [$($rest),*], $after, id, limit)
                .fetch_all(pool)
                .await
        };
    }
    macro_rules! in_order {
        ($after:expr, $from:literal, $by:literal) => {{
            if filter.is_open() {
                return read!(
                    $after,
                    ["select id, owner_id, revision, email, full_name, first_name, last_name, comment, created_at, deleted_at,
                             version from clients c where deleted_at is null"],
                    [" and ", $from, " order by ", $by, " limit $9"]
                );
            }
            let near = read!(
                $after,
                ["select id, owner_id, revision, email, full_name, first_name, last_name, comment, created_at, deleted_at,
                         version
                    from (select * from clients where deleted_at is null and ($1::uuid is null or owner_id = $1) and ",
                 $from, " order by ", $by, " limit 4000) c where true"],
                [" order by ", $by, " limit $9"]
            )?;
            if i64::try_from(near.len()).is_ok_and(|found| found >= limit) {
                return Ok(near);
            }
            read!(
                $after,
                ["select id, owner_id, revision, email, full_name, first_name, last_name, comment, created_at, deleted_at,
                         version from (select * from clients c where deleted_at is null"],
                [" offset 0) all_that_pass where ", $from, " order by ", $by, " limit $9"]
            )
        }};
    }
    match (order.key, order.descending) {
        (Key::Created, false) => {
            in_order!(at, "($7::timestamptz is null or (created_at, id) > ($7, $8))", "created_at, id")
        }
        (Key::Created, true) => {
            in_order!(at, "($7::timestamptz is null or (created_at, id) < ($7, $8))", "created_at desc, id desc")
        }
        (Key::Email, false) => {
            in_order!(text, "($7::text is null or (lower(email), id) > (lower($7), $8))", "lower(email), id")
        }
        (Key::Email, true) => {
            in_order!(text, "($7::text is null or (lower(email), id) < (lower($7), $8))", "lower(email) desc, id desc")
        }
        (Key::FullName, false) => {
            in_order!(text, "($7::text is null or (lower(full_name), id) > (lower($7), $8))", "lower(full_name), id")
        }
        (Key::FullName, true) => in_order!(
            text,
            "($7::text is null or (lower(full_name), id) < (lower($7), $8))",
            "lower(full_name) desc, id desc"
        ),
    }
}

/// How many clients pass the filter. Those of an owner and those of a group are counted already; others are counted now.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    if filter.is_open() {
        return counts::of_address_book(pool, access).await;
    }
    if let Some(group) = filter.group.filter(|_| filter.is_of_a_group_at_most()) {
        return counts::of_group(pool, access, group).await;
    }
    let select = passing!(
        query_scalar,
        (),
        access,
        filter,
        [r#"select count(*) as "count!" from clients c where deleted_at is null"#],
        []
    );
    select.fetch_one(pool).await
}
