//! What events make of senders and of domains whose letters are signed.

use crate::{Event, FoldError, touched};
use domain::sender_domain::DomainName;
use domain::{EmailAddress, Fact, SenderDomainId, SenderId, sender, sender_domain};
use sqlx::PgConnection;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        match &event.fact {
            Fact::Sender(id, fact) => fold_sender(connection, *id, fact, event).await?,
            Fact::SenderDomain(id, fact) => fold_domain(connection, *id, fact, event).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn fold_sender(
    connection: &mut PgConnection,
    id: SenderId,
    fact: &sender::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        sender::Event::Created { owner, name, address, reply_to } => {
            let domain = DomainName::of(address).map(|domain| domain.to_string()).unwrap_or_default();
            sqlx::query!(
                "insert into senders (id, owner_id, name, address, domain, reply_to, created_at, revision, version)
                 values ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
                id.0,
                owner.0,
                name.as_str(),
                address.as_str(),
                domain,
                reply_to.as_ref().map(EmailAddress::as_str),
                event.at,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            keep_form(connection, id, event).await
        }
        sender::Event::Changed { name, reply_to } => {
            let done = sqlx::query!(
                "update senders set name = $2, reply_to = $3, revision = revision + 1, version = $4 where id = $1",
                id.0,
                name.as_str(),
                reply_to.as_ref().map(EmailAddress::as_str),
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "senders", id.0)?;
            keep_form(connection, id, event).await
        }
        sender::Event::Verified { at } => {
            let done = sqlx::query!(
                "update senders set verified_at = $2, version = $3 where id = $1",
                id.0,
                *at,
                event.version
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "senders", id.0)
        }
        sender::Event::Revoked { reason, at } => {
            let done = sqlx::query!(
                "update senders set verified_at = null, revoked_at = $2, revoked_why = $3, version = $4 where id = $1",
                id.0,
                *at,
                reason.as_str(),
                event.version
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "senders", id.0)
        }
        sender::Event::Allowed { .. } => {
            let done = sqlx::query!(
                "update senders set revoked_at = null, revoked_why = null, version = $2 where id = $1",
                id.0,
                event.version
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "senders", id.0)
        }
        sender::Event::Deleted => {
            let done = sqlx::query!(
                "update senders set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "senders", id.0)
        }
    }
}

/// Keeps the form that the sender has now, for runs that start with it.
async fn keep_form(connection: &mut PgConnection, id: SenderId, event: &Event) -> Result<(), FoldError> {
    sqlx::query!(
        "insert into sender_revisions (sender_id, revision, name, reply_to, at)
         select id, revision, name, reply_to, $2 from senders where id = $1",
        id.0,
        event.at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn fold_domain(
    connection: &mut PgConnection,
    id: SenderDomainId,
    fact: &sender_domain::Event,
    event: &Event,
) -> Result<(), FoldError> {
    if let sender_domain::Event::Added { domain } = fact {
        sqlx::query!(
            // It may have been there before.
            "insert into sender_domains (id, domain, added_at, version) values ($1, $2, $3, $4)
                 on conflict (id) do update set added_at = excluded.added_at, removed_at = null, version = excluded.version",
            id.0,
            domain.as_str(),
            event.at,
            event.version,
        )
        .execute(&mut *connection)
        .await?;
        return Ok(());
    }
    let removed_at = matches!(fact, sender_domain::Event::Removed).then_some(event.at);
    let done = sqlx::query!(
        "update sender_domains set version = $2, removed_at = coalesce($3, removed_at) where id = $1",
        id.0,
        event.version,
        removed_at,
    )
    .execute(&mut *connection)
    .await?;
    touched(&done, "sender_domains", id.0)?;
    match fact {
        sender_domain::Event::KeyMade { .. }
        | sender_domain::Event::KeyActivated { .. }
        | sender_domain::Event::KeyRetired { .. }
        | sender_domain::Event::KeyRemoved { .. } => fold_key(connection, id, fact, event).await?,
        sender_domain::Event::Granted { owner } => {
            sqlx::query!(
                "insert into sender_domain_grants (domain_id, owner_id, granted_at) values ($1, $2, $3)
                     on conflict do nothing",
                id.0,
                owner.0,
                event.at,
            )
            .execute(connection)
            .await?;
        }
        sender_domain::Event::GrantWithdrawn { owner } => {
            sqlx::query!("delete from sender_domain_grants where domain_id = $1 and owner_id = $2", id.0, owner.0)
                .execute(connection)
                .await?;
        }
        sender_domain::Event::Removed => {
            sqlx::query!("delete from sender_domain_grants where domain_id = $1", id.0)
                .execute(&mut *connection)
                .await?;
            sqlx::query!(
                "update sender_domain_keys set removed_at = $2 where domain_id = $1 and removed_at is null",
                id.0,
                event.at,
            )
            .execute(connection)
            .await?;
        }
        sender_domain::Event::Added { .. } => {}
    }
    Ok(())
}

async fn fold_key(
    connection: &mut PgConnection,
    id: SenderDomainId,
    fact: &sender_domain::Event,
    event: &Event,
) -> Result<(), FoldError> {
    let done = match fact {
        sender_domain::Event::KeyMade { selector, algorithm, public, imported, at } => {
            sqlx::query!(
                "insert into sender_domain_keys (domain_id, selector, algorithm, public, imported, made_at)
                 values ($1, $2, $3, $4, $5, $6)",
                id.0,
                selector.as_str(),
                algorithm.name(),
                public.as_str(),
                *imported,
                *at,
            )
            .execute(connection)
            .await?
        }
        sender_domain::Event::KeyActivated { selector, at } => sqlx::query!(
            "update sender_domain_keys set activated_at = $3, retired_at = null where domain_id = $1 and selector = $2",
            id.0,
            selector.as_str(),
            *at,
        )
        .execute(connection)
        .await?,
        sender_domain::Event::KeyRetired { selector, at } => {
            sqlx::query!(
                "update sender_domain_keys set retired_at = $3 where domain_id = $1 and selector = $2",
                id.0,
                selector.as_str(),
                *at,
            )
            .execute(connection)
            .await?
        }
        sender_domain::Event::KeyRemoved { selector } => {
            sqlx::query!(
                "update sender_domain_keys set removed_at = $3 where domain_id = $1 and selector = $2",
                id.0,
                selector.as_str(),
                event.at,
            )
            .execute(connection)
            .await?
        }
        sender_domain::Event::Added { .. }
        | sender_domain::Event::Granted { .. }
        | sender_domain::Event::GrantWithdrawn { .. }
        | sender_domain::Event::Removed => return Ok(()),
    };
    touched(&done, "sender_domain_keys", id.0)
}
