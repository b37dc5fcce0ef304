//! The mailboxes that members of an audience have given up since.

use super::member::Member;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// The mailboxes of members who have given theirs up since.
#[derive(Debug, Default)]
pub(super) struct Former {
    /// The first of those who had it.
    pub(super) first: HashMap<String, Uuid>,
    /// Whether one of them spelled it otherwise than it is compared.
    pub(super) respelled: bool,
}

impl Former {
    pub(super) fn add(&mut self, member: &Member) {
        self.respelled |= member.respelled;
        let first = self.first.entry(member.mailbox.clone()).or_insert(member.id);
        *first = member.id.min(*first);
    }
}

/// Whether anybody's mailbox is spelled otherwise than it is compared.
pub(super) async fn any_is_respelled(snapshot: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from clients where mailbox is not null and deleted_at is null) as "any!""#
    )
    .fetch_one(snapshot)
    .await
}
