//! A segment's filter as a condition in SQL, and who passes it.
//!
//! Every test is of one client, whose row is called `c`. A test of which nothing is known, such as one on a name that nobody has
//! written down, is not met, so that its negation is: no condition is ever null.
//!
//! What a client belongs to is one look-up by key for each of them, and who has had which letters is a set that is made once and hashed
//! (`offset 0`, `distinct` of what a function gives, and `is true` keep PostgreSQL from anything else, whatever it believes about how
//! many there are: one that it compares one by one with a million clients would take hours).

use crate::clients::{self, Client};
use crate::{Access, Cursor};
use chrono::{DateTime, TimeDelta, Utc};
use domain::client::State;
use domain::custom_field::{Key, Kind, Value};
use domain::segment::{Filter, Join, Test, TextOf, TextTest, ValueTest};
use domain::{EmailAddress, MailingId};
use eventstore::{EventStore, StoreError};
use sqlx::{PgPool, Postgres, QueryBuilder};
use std::time::Duration;
use uuid::Uuid;

/// Appends the condition that a client passes the filter at a moment, over `c`, a row of `clients`. The client is one of `owner`'s,
/// whose mailings are looked at; under the nil id they are everybody's.
pub fn push(query: &mut QueryBuilder<'_, Postgres>, filter: &Filter, owner: Uuid, now: DateTime<Utc>) {
    push_asked(query, filter, Asked { owner, now, also_deleted: false });
}

/// What a filter is asked about, beside the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Whose mailings are looked at.
    pub(crate) owner: Uuid,
    /// The moment at which days are counted back.
    pub(crate) now: DateTime<Utc>,
    /// Whether somebody belongs to a group also after it was deleted: for a run that had started before.
    pub(crate) also_deleted: bool,
}

/// Appends the same condition for whoever asks like this.
pub(crate) fn push_asked(query: &mut QueryBuilder<'_, Postgres>, filter: &Filter, asked: Asked) {
    if filter.conditions.is_empty() {
        // There is none like that, and it would be everybody.
        query.push("false");
        return;
    }
    let between = match filter.join {
        Join::All => " and ",
        Join::Any => " or ",
    };
    query.push("(");
    for (place, condition) in filter.conditions.iter().enumerate() {
        if place > 0 {
            query.push(between);
        }
        query.push("((");
        push_test(query, &condition.test, asked);
        query.push(if condition.not { ") is not true)" } else { ") is true)" });
    }
    query.push(")");
}

fn push_test(query: &mut QueryBuilder<'_, Postgres>, test: &Test, asked: Asked) {
    let Asked { owner, now, also_deleted } = asked;
    match test {
        Test::InGroup { group } => {
            if !also_deleted {
                query
                    .push("exists (select from groups g where g.deleted_at is null and g.id = ")
                    .push_bind(group.0)
                    .push(" offset 0) and ");
            }
            query
                .push("exists (select from group_members m where m.client_id = c.id and m.group_id = ")
                .push_bind(group.0)
                .push(" offset 0)");
        }
        Test::Text { of, test, text } => push_text(query, *of, *test, text.trim()),
        Test::Field { key, test } => push_field(query, key, test),
        Test::Consent { topic, state } => {
            query
                .push("exists (select from client_consents k where k.client_id = c.id and k.topic_id = ")
                // All that the owner sends is kept under the nil id.
                .push_bind(topic.map_or_else(Uuid::nil, |topic| topic.0))
                .push(match state {
                    State::Given => " and k.withdrawn_at is null and k.confirmed_at is null offset 0)",
                    State::Confirmed => " and k.withdrawn_at is null and k.confirmed_at is not null offset 0)",
                    State::Withdrawn => " and k.withdrawn_at is not null offset 0)",
                });
        }
        Test::Accepted { mailing } => push_accepted(query, Accepted::By(*mailing)),
        Test::AcceptedWithin { days } => push_accepted(query, Accepted::Since(owner, before(now, *days))),
        Test::AddedWithin { days } => {
            query.push("c.created_at >= ").push_bind(before(now, *days));
        }
    }
}

/// So many days before. What is further back than there are moments is further back than anything.
fn before(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or_default().max(DateTime::UNIX_EPOCH)
}

fn push_text(query: &mut QueryBuilder<'_, Postgres>, of: TextOf, test: TextTest, needle: &str) {
    let column = match of {
        TextOf::Email => "c.email",
        TextOf::FullName => "c.full_name",
        TextOf::FirstName => "c.first_name",
        TextOf::LastName => "c.last_name",
        TextOf::Comment => "c.comment",
    };
    // Compared as a search compares: `folded` is the one place that knows which texts are the same. None of these has wildcards.
    match test {
        TextTest::Is => {
            query.push(format_args!("folded({column}) = folded(")).push_bind(needle.to_owned()).push(")");
        }
        TextTest::Contains => {
            query.push(format_args!("strpos(folded({column}), folded(")).push_bind(needle.to_owned()).push(")) > 0");
        }
        TextTest::StartsWith => {
            query.push(format_args!("starts_with(folded({column}), folded(")).push_bind(needle.to_owned()).push("))");
        }
        TextTest::EndsWith => {
            query
                .push(format_args!("right(folded({column}), char_length(folded("))
                .push_bind(needle.to_owned())
                .push("))) = folded(")
                .push_bind(needle.to_owned())
                .push(")");
        }
    }
    // A whole address is also found where its domain is spelled otherwise, as a search finds it.
    if let (TextOf::Email, TextTest::Is, Ok(address)) = (of, test, EmailAddress::parse(needle)) {
        query.push(" or coalesce(c.mailbox, lower(c.email)) = ").push_bind(address.key());
    }
}

/// What a client has in a field is `{"KIND": VALUE}` under the field's key. A value of another kind, which is there where a field was
/// removed and defined anew, meets no test on it, and never makes PostgreSQL refuse to compare it.
fn push_field(query: &mut QueryBuilder<'_, Postgres>, key: &Key, test: &ValueTest) {
    match test {
        ValueTest::Known => {
            query.push("c.fields ? ").push_bind(key.as_str().to_owned());
        }
        ValueTest::Is(Value::Text(needle)) => {
            query.push("folded(");
            push_value(query, key, Kind::Text);
            query.push(") = folded(").push_bind(needle.trim().to_owned()).push(")");
        }
        ValueTest::Contains(needle) => {
            query.push("strpos(folded(");
            push_value(query, key, Kind::Text);
            query.push("), folded(").push_bind(needle.trim().to_owned()).push(")) > 0");
        }
        ValueTest::Is(value) => push_comparison(query, key, "=", value),
        ValueTest::AtLeast(value) => push_comparison(query, key, ">=", value),
        ValueTest::AtMost(value) => push_comparison(query, key, "<=", value),
    }
}

/// What the client has in a field of that kind, as text; null if there is nothing, or a value of another kind.
fn push_value(query: &mut QueryBuilder<'_, Postgres>, key: &Key, kind: Kind) {
    query.push("(c.fields #>> ").push_bind(vec![key.as_str().to_owned(), kind.name().to_owned()]).push("::text[])");
}

fn push_comparison(query: &mut QueryBuilder<'_, Postgres>, key: &Key, than: &str, value: &Value) {
    let kind = value.kind();
    match value {
        Value::Number(number) => {
            query.push("case when ");
            push_value(query, key, kind);
            query.push(" ~ '^-?[0-9]{1,100}([.][0-9]{1,100})?$' then ");
            push_value(query, key, kind);
            query.push(format_args!("::numeric {than} "));
            query.push_bind(number.as_str().to_owned()).push("::text::numeric else false end");
        }
        // Days have four digits for the year, so that their order is that of their texts.
        Value::Date(day) => {
            push_value(query, key, kind);
            query.push(" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and ");
            push_value(query, key, kind);
            query.push(format_args!(" collate \"C\" {than} ")).push_bind(day.to_string());
        }
        Value::YesNo(_) | Value::Text(_) => {
            push_value(query, key, kind);
            query.push(format_args!(" collate \"C\" {than} ")).push_bind(value.plain());
        }
    }
}

/// Which letters a mail server has accepted.
#[derive(Clone, Copy)]
enum Accepted {
    /// Those of a mailing.
    By(MailingId),
    /// Those of any mailing of an owner's since a moment; of everybody's under the nil id.
    Since(Uuid, DateTime<Utc>),
}

/// Runs come first, and of each batch those are looked up whose letters have been accepted.
fn push_accepted(query: &mut QueryBuilder<'_, Postgres>, which: Accepted) {
    query.push(
        "c.id in (select distinct u.client_id
                    from runs r
                   cross join lateral (select number, clients from batches where run_id = r.id offset 0) b
                   cross join lateral unnest(b.clients) with ordinality as u (client_id, place)
                   cross join lateral (select d.at from deliveries d
                                        where d.run_id = r.id and d.ordinal = (b.number * 500 + u.place - 1)::integer
                                          and d.outcome = 'accepted' offset 0) d
                   where ",
    );
    match which {
        Accepted::By(mailing) => {
            query.push("r.mailing_id = ").push_bind(mailing.0);
        }
        Accepted::Since(owner, moment) => {
            // What no run has tried since then, none of its letters has.
            query.push("r.last_attempt_at >= ").push_bind(moment).push(" and d.at >= ").push_bind(moment);
            if !owner.is_nil() {
                query.push(" and r.owner_id = ").push_bind(owner);
            }
        }
    }
    query.push(")");
}

/// The clients who pass the filter at a moment, after a place, oldest first.
pub async fn clients_of(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    now: DateTime<Utc>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    let mut query = passing("select c.id ", access, filter, now);
    if let Some(Cursor { at, id }) = after {
        query.push(" and (c.created_at, c.id) > (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    query.push(" order by c.created_at, c.id limit ").push_bind(limit);
    let ids: Vec<Uuid> = query.build_query_scalar().persistent(false).fetch_all(pool).await?;
    clients::in_order(pool, access, &ids).await
}

/// How many clients pass the filter at a moment.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter, now: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    passing("select count(*) ", access, filter, now).build_query_scalar().persistent(false).fetch_one(pool).await
}

/// How many clients pass the filter at a moment, and the first of them by the time at which they were added, for somebody who
/// looks at it while they write it. `None`: that takes longer than `patience`.
pub async fn preview(
    store: &EventStore,
    access: Access,
    filter: &Filter,
    now: DateTime<Utc>,
    (first, patience): (i64, Duration),
) -> Result<Option<(i64, Vec<Client>)>, StoreError> {
    let begin = format!("begin read only; set local statement_timeout = {}", patience.as_millis().max(1));
    let mut transaction = store.begin_with(begin).await?;
    // Counted and listed in one go: what costs is to find them.
    let mut query = passing("with passing as materialized (select c.id, c.created_at ", access, filter, now);
    query.push(
        ") select (select count(*) from passing),
                  array(select id from passing order by created_at, id limit ",
    );
    query.push_bind(first).push(")");
    let found = query.build_query_as().persistent(false).fetch_one(&mut *transaction).await;
    let (count, ids): (i64, Vec<Uuid>) = match found {
        Ok(found) => found,
        Err(error) if is_out_of_time(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    transaction.commit().await?;
    Ok(Some((count, clients::in_order(store.pool(), access, &ids).await?)))
}

/// Whether PostgreSQL has given up because of how long a statement took.
pub(crate) fn is_out_of_time(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "57014")
}

/// A query of those who pass the filter.
fn passing(select: &str, access: Access, filter: &Filter, now: DateTime<Utc>) -> QueryBuilder<'static, Postgres> {
    let mut query = QueryBuilder::new(select);
    query.push("from clients c where c.deleted_at is null");
    if let Some(owner) = access.owner() {
        query.push(" and c.owner_id = ").push_bind(owner);
    }
    query.push(" and ");
    push(&mut query, filter, access.owner().unwrap_or_default(), now);
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::segment::Condition;

    fn sql(filter: &Filter) -> String {
        let mut query = QueryBuilder::new("");
        push(&mut query, filter, Uuid::from_u128(1), DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        query.into_sql()
    }

    fn added_within(days: u32, not: bool) -> Condition {
        Condition { test: Test::AddedWithin { days }, not }
    }

    #[test]
    fn every_condition_is_true_or_false_and_they_belong_together_as_the_filter_says() {
        let conditions = vec![added_within(1, false), added_within(2, true)];
        assert_eq!(
            sql(&Filter { join: Join::All, conditions: conditions.clone() }),
            "(((c.created_at >= $1) is true) and ((c.created_at >= $2) is not true))"
        );
        assert_eq!(
            sql(&Filter { join: Join::Any, conditions }),
            "(((c.created_at >= $1) is true) or ((c.created_at >= $2) is not true))"
        );
    }

    #[test]
    fn whoever_belonged_to_a_group_that_is_deleted_belongs_to_it_for_a_run_that_had_started_before() {
        let (owner, now) = (Uuid::from_u128(1), DateTime::UNIX_EPOCH);
        let test = Test::InGroup { group: domain::GroupId(Uuid::from_u128(2)) };
        let filter = Filter { join: Join::All, conditions: vec![Condition { test, not: true }] };
        for also_deleted in [false, true] {
            let mut query = QueryBuilder::new("");
            push_asked(&mut query, &filter, Asked { owner, now, also_deleted });
            assert_ne!(query.into_sql().contains("deleted_at is null"), also_deleted);
        }
    }

    #[test]
    fn a_filter_that_asks_nothing_is_passed_by_nobody() {
        assert_eq!(sql(&Filter { join: Join::All, conditions: Vec::new() }), "false");
    }

    #[test]
    fn what_people_write_is_bound_and_never_part_of_the_statement() {
        let hostile = "'); drop table clients; --";
        for of in TextOf::ALL {
            for test in TextTest::ALL {
                let test = Test::Text { of, test, text: hostile.to_owned() };
                let written = sql(&Filter { join: Join::All, conditions: vec![Condition { test, not: false }] });
                assert!(!written.contains("drop"), "{written}");
            }
        }
    }

    #[test]
    fn days_are_counted_back_however_many_there_are() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(3);
        assert_eq!(before(now, 1), DateTime::UNIX_EPOCH + TimeDelta::days(2));
        assert_eq!(before(now, u32::MAX), DateTime::UNIX_EPOCH);
    }
}
