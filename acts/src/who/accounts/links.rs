//! The links in letters: each works once, for a while, and for what it was made for.

use crate::Services;
use crate::refusal::Problem;
use crate::who::secret;
use chrono::{DateTime, Utc};
use domain::notice::CONFIRM_SUBSCRIPTION;
use domain::{Code, EmailAddress, NoticeId, UserId};
use projections::columns::{Column, Word};
use sqlx::PgExecutor;
use uuid::Uuid;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    VerifyEmail,
    RecoverPassword,
    ConfirmEmailChange,
    VerifySender,
    ConfirmSubscription,
}

impl Word for Kind {
    const ALL: &'static [Self] = &[
        Self::VerifyEmail,
        Self::RecoverPassword,
        Self::ConfirmEmailChange,
        Self::VerifySender,
        Self::ConfirmSubscription,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::RecoverPassword => "recover_password",
            Self::ConfirmEmailChange => "confirm_email_change",
            Self::VerifySender => "verify_sender",
            Self::ConfirmSubscription => CONFIRM_SUBSCRIPTION,
        }
    }
}

/// The column that says what links are for.
pub(in crate::who) fn column() -> Column {
    Column::of::<Kind>("links", "kind", "notice_id")
}

/// A link that works.
#[derive(Debug)]
pub(crate) struct Link {
    user_id: Uuid,
    /// The address that it was sent to, of which it is the proof.
    pub(crate) email: String,
}

impl Link {
    pub(crate) fn user(&self) -> UserId {
        UserId(self.user_id)
    }

    /// Whether it was sent to this address.
    pub(super) fn proves(&self, email: &EmailAddress) -> bool {
        EmailAddress::taken(&self.email).key() == email.key()
    }
}

/// Why a link does not work. What of it, is not told.
pub(crate) fn invalid() -> Problem {
    Problem::new(Code::LinkInvalid, &["token"], words::accounts::Problem::LinkInvalid)
}

/// The link, without using it up.
pub(crate) async fn look(services: &Services, kind: Kind, token: &str) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as!(
        Link,
        "select user_id, email from links
          where token_hash = $1 and kind = $2 and used_at is null and voided_at is null and expires_at > $3",
        &secret::hash(token),
        kind.word(),
        services.now(),
    )
    .fetch_optional(services.pool())
    .await
}

/// Uses the link up. Of several who try at once, one has it.
pub(crate) async fn take(
    executor: impl PgExecutor<'_>,
    kind: Kind,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as!(
        Link,
        "update links set used_at = $3
          where token_hash = $1 and kind = $2 and used_at is null and voided_at is null and expires_at > $3
         returning user_id, email",
        &secret::hash(token),
        kind.word(),
        now,
    )
    .fetch_optional(executor)
    .await
}

/// The letter that a link was in, and whether the link is still young enough. Also that of a link that was used: whoever comes again
/// is told what they did.
pub(crate) async fn letter_of(
    services: &Services,
    kind: Kind,
    token: &str,
) -> Result<Option<(NoticeId, bool)>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select notice_id, expires_at > $3 as "works!" from links where token_hash = $1 and kind = $2"#,
        &secret::hash(token),
        kind.word(),
        services.now(),
    )
    .fetch_optional(services.pool())
    .await?;
    Ok(found.map(|row| (NoticeId(row.notice_id), row.works)))
}

/// Marks a link as used up, when what it was for is done.
pub(crate) async fn used(services: &Services, token: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update links set used_at = $2 where token_hash = $1 and used_at is null",
        &secret::hash(token),
        services.now(),
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// Lets the link work again: what it was taken for did not happen. One that was made useless meanwhile stays so.
pub(crate) async fn put_back(services: &Services, token: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update links set used_at = null where token_hash = $1 and voided_at is null", &secret::hash(token))
        .execute(services.pool())
        .await?;
    Ok(())
}

/// Makes all links of a user useless, those too that somebody has just taken: what they prove is not what counts any more. Once
/// more after the event that says why is committed: the engine, which looks for it when it has made a link, may not have found
/// it yet. Links by which others confirm that they want the user's letters prove nothing of the user's.
pub(super) async fn void(executor: impl PgExecutor<'_>, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        // Nodes of the time before this column look at the other one.
        "update links set voided_at = $2, used_at = coalesce(used_at, $2)
          where user_id = $1 and kind <> $3 and voided_at is null",
        user.0,
        now,
        Kind::ConfirmSubscription.word(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Makes all links useless, those too that somebody has just taken, that went to an address to show that it is this user's: the user's
/// sender with it was revoked. The engine looks for that itself when it makes one later, for a letter that was asked for before.
pub(crate) async fn void_of_sender(
    services: &Services,
    user: UserId,
    address: &EmailAddress,
) -> Result<(), sqlx::Error> {
    let links = sqlx::query!(
        "select notice_id, email from links where user_id = $1 and kind = $2 and voided_at is null",
        user.0,
        Kind::VerifySender.word(),
    )
    .fetch_all(services.pool())
    .await?;
    let key = address.key();
    let notices: Vec<Uuid> = links
        .into_iter()
        .filter(|link| EmailAddress::taken(&link.email).key() == key)
        .map(|link| link.notice_id)
        .collect();
    sqlx::query!(
        "update links set voided_at = $2, used_at = coalesce(used_at, $2) where notice_id = any($1) and voided_at is null",
        &notices,
        services.now(),
    )
    .execute(services.pool())
    .await?;
    Ok(())
}
