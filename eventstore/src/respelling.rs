//! Claims of addresses that were written by other rules of spelling than today's.

use crate::error::StoreError;
use crate::{EventStore, writing};
use std::collections::HashSet;

/// How many are looked at in one go.
const PAGE: i64 = 1_000;

/// How often a page is tried because somebody else took one of its values in between.
const ATTEMPTS: u32 = 5;

/// What became of claims that are spelled otherwise today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Respelled {
    /// How many claims have today's spelling now.
    pub moved: u64,
    /// They keep the old one, because another aggregate holds the new one: two that are one by today's rules.
    pub doubles: u64,
}

impl EventStore {
    /// Gives claims of addresses today's spelling, if it is free. Does nothing the second time, and goes on where it was stopped.
    pub async fn respell_addresses(&self, spelling: impl Fn(&str) -> String) -> Result<Respelled, StoreError> {
        let mut respelled = Respelled::default();
        let (mut kind, mut scope, mut value) = (String::new(), String::new(), String::new());
        loop {
            let page = sqlx::query!(
                "select kind, scope, value from claims
                  where kind in ('client-email', 'user-email', 'administrator')
                    and octet_length(value) <> char_length(value) and (kind, scope, value) > ($1, $2, $3)
                  order by kind, scope, value limit $4",
                kind,
                scope,
                value,
                PAGE,
            )
            .fetch_all(&self.pool)
            .await?;
            let Some(last) = page.last() else { return Ok(respelled) };
            (kind, scope, value) = (last.kind.clone(), last.scope.clone(), last.value.clone());

            let old = page.into_iter().map(|row| (spelling(&row.value), row)).filter(|(new, row)| *new != row.value);
            let (mut wanted, mut seen, mut all) = (Wanted::default(), HashSet::new(), 0);
            for (new, row) in old {
                all += 1;
                if seen.insert((row.kind.clone(), row.scope.clone(), new.clone())) {
                    wanted.0.push(row.kind);
                    wanted.1.push(row.scope);
                    wanted.2.push(row.value);
                    wanted.3.push(new);
                }
            }
            let moved = if all == 0 { 0 } else { self.respell(&wanted).await? };
            respelled.moved += moved;
            respelled.doubles += all - moved;
        }
    }

    async fn respell(&self, wanted: &Wanted) -> Result<u64, StoreError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let done = sqlx::query!(
                "update claims c set value = t.new
                   from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t (kind, scope, old, new)
                  where (c.kind, c.scope, c.value) = (t.kind, t.scope, t.old)
                    and not exists (select from claims o
                                     where (o.kind, o.scope, o.value) = (t.kind, t.scope, t.new))",
                &wanted.0,
                &wanted.1,
                &wanted.2,
                &wanted.3,
            )
            .execute(&self.pool)
            .await;
            match done {
                Ok(done) => return Ok(done.rows_affected()),
                Err(error) if writing::violated(&error) == Some("claims_pkey") && attempts < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// How many claims of addresses have a spelling that is not today's.
    pub async fn addresses_of_old_spelling(&self, spelling: impl Fn(&str) -> String) -> Result<u64, StoreError> {
        let values = sqlx::query_scalar!(
            "select value from claims
              where kind in ('client-email', 'user-email') and octet_length(value) <> char_length(value)
                and kind in ('client-email', 'user-email', 'administrator')"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(values.iter().filter(|value| spelling(value) != **value).count() as u64)
    }
}

/// Kinds, scopes, old and new values.
#[derive(Debug, Default)]
struct Wanted(Vec<String>, Vec<String>, Vec<String>, Vec<String>);
