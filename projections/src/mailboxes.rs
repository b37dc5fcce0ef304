//! Rows of before one mailbox could have several spellings, and of before search folded texts: what is compared in them is made
//! anew, once.
//!
//! Only rows with characters outside ASCII are concerned. It can be stopped at any point and begun again.

use domain::EmailAddress;
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Under this name it is written down that it is done.
const WORK: &str = "mailboxes";

/// The same of what clients are found by.
const SEARCH: &str = "found_by";

/// The same of what messages are found by.
const SEARCH_OF_MESSAGES: &str = "found_by of messages";

/// How many letters are looked through in one go: each may have a MiB.
const LETTERS: i64 = 100;

const PAGE: i64 = 5_000;

/// Makes anew what is compared of addresses, unless that was done before.
pub async fn respell(pool: &PgPool) -> Result<(), sqlx::Error> {
    if sqlx::query_scalar!(r#"select exists(select from work_done where name = $1) as "done!""#, WORK)
        .fetch_one(pool)
        .await?
    {
        return Ok(());
    }
    users(pool).await?;
    clients(pool).await?;
    let mut transaction = pool.begin().await?;
    // Whoever keeps the read models waits, or has folded what is there.
    sqlx::query!("select position from projections where name = 'clients' for update")
        .fetch_optional(&mut *transaction)
        .await?;
    client_addresses(&mut transaction).await?;
    sqlx::query!("insert into work_done (name) values ($1) on conflict do nothing", WORK)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Fills in what clients and messages of before search folded texts are found by, unless that was done before.
pub async fn fill_in_search(pool: &PgPool) -> Result<(), sqlx::Error> {
    fill_in_clients(pool).await?;
    fill_in_messages(pool).await
}

async fn fill_in_clients(pool: &PgPool) -> Result<(), sqlx::Error> {
    if sqlx::query_scalar!(r#"select exists(select from work_done where name = $1) as "done!""#, SEARCH)
        .fetch_one(pool)
        .await?
    {
        return Ok(());
    }
    let mut after = Some(Uuid::nil());
    while let Some(from) = after {
        after = sqlx::query_scalar!("select id from clients where id > $1 order by id offset $2 limit 1", from, PAGE)
            .fetch_optional(pool)
            .await?;
        sqlx::query!(
            "update clients set found_by = found_by(email, full_name, comment)
              where id > $1 and ($2::uuid is null or id <= $2) and found_by is null
                and found_by(email, full_name, comment) is not null",
            from,
            after,
        )
        .execute(pool)
        .await?;
    }
    sqlx::query!("insert into work_done (name) values ($1) on conflict do nothing", SEARCH).execute(pool).await?;
    Ok(())
}

async fn fill_in_messages(pool: &PgPool) -> Result<(), sqlx::Error> {
    if sqlx::query_scalar!(r#"select exists(select from work_done where name = $1) as "done!""#, SEARCH_OF_MESSAGES)
        .fetch_one(pool)
        .await?
    {
        return Ok(());
    }
    let mut after = Some((Uuid::nil(), 0));
    while let Some((message, revision)) = after {
        let last = sqlx::query!(
            "select message_id, revision from message_revisions where (message_id, revision) > ($1, $2)
              order by message_id, revision offset $3 limit 1",
            message,
            revision,
            LETTERS,
        )
        .fetch_optional(pool)
        .await?;
        after = last.map(|last| (last.message_id, last.revision));
        sqlx::query!(
            "update message_revisions set found_by = found_by(subject, text, '')
              where (message_id, revision) > ($1, $2)
                and ($3::uuid is null or (message_id, revision) <= ($3, $4)) and found_by is null
                and octet_length(subject) + octet_length(text) > char_length(subject) + char_length(text)",
            message,
            revision,
            after.map(|(message, _)| message),
            after.map(|(_, revision)| revision),
        )
        .execute(pool)
        .await?;
    }
    sqlx::query!("insert into work_done (name) values ($1) on conflict do nothing", SEARCH_OF_MESSAGES)
        .execute(pool)
        .await?;
    Ok(())
}

async fn users(pool: &PgPool) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!("select id, email, email_key from users where octet_length(email) <> char_length(email)")
        .fetch_all(pool)
        .await?;
    for row in rows {
        let key = EmailAddress::taken(&row.email).key();
        if key != row.email_key {
            // Unless the address was changed meanwhile, with its key.
            sqlx::query!("update users set email_key = $3 where id = $1 and email = $2", row.id, row.email, key)
                .execute(pool)
                .await?;
        }
    }
    Ok(())
}

async fn clients(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut after = Uuid::nil();
    loop {
        let rows = sqlx::query!(
            "select id, email from clients
              where id > $1 and mailbox is null and octet_length(email) <> char_length(email) order by id limit $2",
            after,
            PAGE,
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let (mut ids, mut emails, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            if let Some(key) = EmailAddress::taken(&row.email).key_of_its_own() {
                ids.push(row.id);
                emails.push(row.email);
                keys.push(key);
            }
        }
        sqlx::query!(
            "update clients c set mailbox = t.key
               from unnest($1::uuid[], $2::text[], $3::text[]) as t (id, email, key)
              where c.id = t.id and c.email = t.email",
            &ids,
            &emails,
            &keys,
        )
        .execute(pool)
        .await?;
    }
}

/// How many clients have an address, over all owners: two spellings of one are counted together.
async fn client_addresses(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        "select email_key, clients from client_addresses where octet_length(email_key) <> char_length(email_key)"
    )
    .fetch_all(&mut *connection)
    .await?;
    let (mut old, mut new) = (Vec::new(), BTreeMap::<String, i64>::new());
    for row in rows {
        let key = EmailAddress::taken(&row.email_key).key();
        if key != row.email_key {
            *new.entry(key).or_default() += row.clients;
            old.push(row.email_key);
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    sqlx::query!("delete from client_addresses where email_key = any($1)", &old).execute(&mut *connection).await?;
    let (keys, counts): (Vec<String>, Vec<i64>) = new.into_iter().unzip();
    sqlx::query!(
        "insert into client_addresses (email_key, clients) select * from unnest($1::text[], $2::bigint[])
             on conflict (email_key) do update set clients = client_addresses.clients + excluded.clients",
        &keys,
        &counts,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update client_numbers set addresses = (select count(*) from client_addresses)")
        .execute(connection)
        .await?;
    Ok(())
}
