//! Address books as lists: filtered, in several orders, page by page.

use super::order::{Filter, Key, Order, Place};
use super::{Client, StoredFields, counts, within};
use crate::{Access, Cursor, sought, sought_of_people};
use domain::UserId;
use sqlx::PgPool;
use uuid::Uuid;

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

/// The longest page that somebody looks at.
const SHOWN: i64 = 200;

/// How many of a list are looked through for those that pass a filter, before all that pass are looked up.
const NEAR: [i64; 2] = [500, 4_000];

/// How long a piece is by which an index finds a text. The index has every three characters that follow each other, and each
/// of them costs a look: a whole address would cost two dozen, half of them at a domain that most clients have.
const TELLING: usize = 10;

/// The piece of a text that few others are likely to have: an index leads to those who have it, and only these are compared with
/// the whole. Digits and rare letters are preferred, and what stands before an `@`. It is the whole text if that is short, or if
/// it has characters beyond ASCII, which may be folded together with their neighbours.
fn telling(text: &str) -> &str {
    if !text.is_ascii() || text.len() <= TELLING {
        return text;
    }
    let domain = text.find('@').filter(|at| *at >= TELLING / 2).unwrap_or(text.len());
    let weigh = |(place, byte): (usize, u8)| match byte {
        _ if place > domain => 0,
        b'0'..=b'9' => 4,
        b'j' | b'k' | b'q' | b'v'..=b'z' | b'J' | b'K' | b'Q' | b'V'..=b'Z' => 3,
        b'a'..=b'z' | b'A'..=b'Z' => 2,
        _ => 1,
    };
    let weights: Vec<u32> = text.bytes().enumerate().map(weigh).collect();
    let pieces = weights.windows(TELLING).enumerate();
    let best = pieces.max_by_key(|(place, piece)| (piece.iter().sum::<u32>(), *place));
    best.map_or(text, |(place, _)| &text[place..place + TELLING])
}

/// A query of the clients that pass a filter: what stands before its conditions, and after them. All are checked when they are
/// compiled. The text that is looked through is written as the index has it, see [`super::indexes`].
///
/// Whether somebody belongs to a group is asked one by one where few are looked through, and of all at once where those who pass
/// are looked up: PostgreSQL would read the group, or everybody, whichever of the two it is.
macro_rules! passing {
    (one_by_one, $($rest:tt)*) => {
        passing!(
            "and ($2::uuid is null
                     or exists (select from group_members m where m.group_id = $2 and m.client_id = c.id offset 0))
                and ($3::uuid[] is null
                     or exists (select from group_members m where m.group_id = any($3) and m.client_id = c.id offset 0))",
            $($rest)*
        )
    };
    (all_at_once, $($rest:tt)*) => {
        passing!(
            "and ($2::uuid is null
                     or c.id = any(array(select m.client_id from group_members m where m.group_id = $2)))
                and ($3::uuid[] is null
                     or c.id = any(array(select m.client_id from group_members m where m.group_id = any($3))))",
            $($rest)*
        )
    };
    ($members:literal, $query:ident, ($($row:ident)?), $access:expr, $filter:expr, [$($before:literal),*], [$($after:literal),*]
     $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $($before +)*
                " and ($1::uuid is null or owner_id = $1)
"
                + $members
                + "
                and ($4::uuid is null
                     or not exists (select from group_members m where m.group_id = $4 and m.client_id = c.id))
                and ($5::text is null
                     or coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)) like containing($6)
                        and strpos(coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)),
                                   folded($5)) > 0
                     or mailbox = $7
                     or coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)) like containing($8)
                        and lower(email) = $7)"
                $(+ $after)*,
            $access.owner(),
            $filter.group,
            $filter.any_group.as_deref(),
            $filter.without_group,
            sought($filter.search.as_deref()),
            sought($filter.search.as_deref()).map(telling),
            $filter.mailbox(),
            $filter.spelled_otherwise().map(|mailbox| telling(&mailbox).to_owned()),
            $($more,)*
        )
    };
}

/// The clients after a place of the same order.
///
/// Where many pass a filter, enough of them are among the next few hundred of the list, or the next few thousand, which are looked
/// through in milliseconds. Only if they are not, few pass, and all of these are looked up. PostgreSQL cannot know beforehand
/// which of these it is, and among a million it takes a second over the wrong one. A longer page than people look at is one of
/// many, read to the end.
pub async fn ordered(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    if let Some(segment) = &filter.segment {
        return within::ordered(pool, access, (filter, segment), order, after, limit).await;
    }
    let (at, text, id) = (after.and_then(Place::at), after.and_then(Place::text), after.map(Place::id));
    // How many belong to a group is known. Nobody needs to look for a few of them among all.
    let few = match filter.group {
        Some(group) => counts::of_group(pool, access, group).await? <= NEAR[1],
        None => false,
    };
    macro_rules! read {
        ($how:ident, $after:expr, [$($before:literal),*], [$($rest:literal),*] $(, $near:expr)?) => {
            passing!($how, query_as, (Client), access, filter, [$($before),*], [$($rest),*], $after, id, limit $(, $near)?)
                .fetch_all(pool)
                .await
        };
    }
    macro_rules! in_order {
        ($after:expr, $from:literal, $by:literal) => {{
            if filter.is_open() || limit > SHOWN {
                return read!(
                    one_by_one, $after,
                    [r#"select id, owner_id, revision, email, full_name, first_name, last_name, comment,
                               fields as "fields!: StoredFields", created_at, deleted_at, version
                          from clients c where deleted_at is null"#],
                    [" and ", $from, " order by ", $by, " limit $11"]
                );
            }
            for near in if few { [].as_slice() } else { NEAR.as_slice() } {
                let found = read!(
                    one_by_one, $after,
                    [r#"select id, owner_id, revision, email, full_name, first_name, last_name, comment,
                               fields as "fields!: StoredFields", created_at, deleted_at, version
                          from (select * from clients where deleted_at is null and ($1::uuid is null or owner_id = $1) and "#,
                     $from, " order by ", $by, " limit $12) c where true"],
                    [" order by ", $by, " limit $11"],
                    *near
                )?;
                if i64::try_from(found.len()).is_ok_and(|found| found >= limit) {
                    return Ok(found);
                }
            }
            read!(
                all_at_once, $after,
                [r#"select id, owner_id, revision, email, full_name, first_name, last_name, comment,
                           fields as "fields!: StoredFields", created_at, deleted_at, version
                      from (select * from clients c where deleted_at is null"#],
                [" offset 0) all_that_pass where ", $from, " order by ", $by, " limit $11"]
            )
        }};
    }
    match (order.key, order.descending) {
        (Key::Created, false) => {
            in_order!(at, "($9::timestamptz is null or (created_at, id) > ($9, $10))", "created_at, id")
        }
        (Key::Created, true) => {
            in_order!(at, "($9::timestamptz is null or (created_at, id) < ($9, $10))", "created_at desc, id desc")
        }
        (Key::Email, false) => {
            in_order!(text, "($9::text is null or (lower(email), id) > (lower($9), $10))", "lower(email), id")
        }
        (Key::Email, true) => {
            in_order!(text, "($9::text is null or (lower(email), id) < (lower($9), $10))", "lower(email) desc, id desc")
        }
        (Key::FullName, false) => {
            in_order!(text, "($9::text is null or (lower(full_name), id) > (lower($9), $10))", "lower(full_name), id")
        }
        (Key::FullName, true) => in_order!(
            text,
            "($9::text is null or (lower(full_name), id) < (lower($9), $10))",
            "lower(full_name) desc, id desc"
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

/// How many clients pass the filter. Those of an owner and those of a group are counted already; others are counted now.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    if filter.is_open() {
        return counts::of_address_book(pool, access).await;
    }
    if let Some(group) = filter.group.filter(|_| filter.is_of_a_group_at_most()) {
        return counts::of_group(pool, access, group).await;
    }
    if let Some(group) = filter.is_but_for_a_group() {
        return Ok(counts::of_address_book(pool, access).await? - counts::of_group(pool, access, group).await?);
    }
    found(pool, access, filter, i64::MAX).await
}

/// The most that are counted of what a search finds, for those who look at its first page.
pub const COUNTED: i64 = 2_000;

/// How many clients pass the filter, for people: of what a search finds no more than one more than [`COUNTED`] are counted.
pub async fn about(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    if sought(filter.search.as_deref()).is_none() {
        return count(pool, access, filter).await;
    }
    found(pool, access, filter, COUNTED + 1).await
}

/// So many of those who pass the filter, or all of them. Those whom an index leads to are gone through until there are enough, and a
/// plan for few is not taken for that: PostgreSQL does not hand the bound through a join.
async fn found(pool: &PgPool, access: Access, filter: &Filter, most: i64) -> Result<i64, sqlx::Error> {
    if let Some(segment) = &filter.segment {
        return within::count(pool, access, (filter, segment), most).await;
    }
    let select = passing!(
        all_at_once,
        query_scalar,
        (),
        access,
        filter,
        [r#"select count(*) as "count!" from (
                select from (select c.id from clients c where deleted_at is null"#],
        [" offset 0) all_that_pass cross join (values (1)) as one (n) limit $9) enough"],
        most
    );
    select.fetch_one(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_part_of_its_text_and_as_telling_as_can_be() {
        for text in ["nobody", "anna petro", "Ёлка Петрова из Москвы", ""] {
            assert_eq!(telling(text), text, "it is short, or folded as a whole");
        }
        for text in
            ["boris.cfcd201@example.com", "ann@a-long-domain.example.com", "nobody of that name", "%%%%%%%%%%%%"]
        {
            let piece = telling(text);
            assert!(text.contains(piece) && piece.len() == TELLING, "{text}: {piece}");
        }
        assert!(telling("boris.cfcd201@example.com").contains("201"));
        assert!(telling("Anna Maria Petrova 1971").contains("1971"));
    }

    #[test]
    fn a_mailbox_is_looked_for_beside_the_text_only_if_it_is_another_text() {
        let of = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
        assert_eq!(of("Ann@Example.com").mailbox().as_deref(), Some("ann@example.com"));
        assert_eq!(of("Ann@Example.com").spelled_otherwise(), None);
        assert_eq!(of("ann@bücher.example").spelled_otherwise().as_deref(), Some("ann@xn--bcher-kva.example"));
        assert_eq!((of("ann").mailbox(), of("ann").spelled_otherwise()), (None, None));
    }
}
