//! Letters of the service itself.

use crate::columns::{Word, row};
use crate::{Event, FoldError, ReadError, touched};
use chrono::{DateTime, Utc};
use domain::batch::AttemptOutcome;
use domain::notice::{self, Attempt};
use domain::{Fact, Language, NoticeId, Outcome, UserId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What a notice is about; [`notice::Kind`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The link that proves a new account's address.
    VerifyEmail,
    /// Somebody registered with an address that has an account.
    AlreadyRegistered,
    /// The link with which a forgotten password is replaced.
    RecoverPassword,
    /// The password was changed.
    PasswordChanged,
    /// The link that proves the address that an account is about to have.
    ConfirmEmailChange,
    /// The account has another address now.
    EmailChanged,
    /// The link that proves the address of a sender.
    VerifySender,
    /// The link by which somebody confirms that they want an owner's letters.
    ConfirmSubscription,
    /// A mailing was stopped by somebody else than its owner.
    MailingStopped,
    /// A part of the service does not do its work.
    Trouble,
    /// A message as a client would get it.
    TestLetter,
}

impl Kind {
    fn of(kind: &notice::Kind) -> Self {
        match kind {
            notice::Kind::VerifyEmail => Self::VerifyEmail,
            notice::Kind::AlreadyRegistered => Self::AlreadyRegistered,
            notice::Kind::RecoverPassword => Self::RecoverPassword,
            notice::Kind::PasswordChanged => Self::PasswordChanged,
            notice::Kind::ConfirmEmailChange => Self::ConfirmEmailChange,
            notice::Kind::EmailChanged { .. } => Self::EmailChanged,
            notice::Kind::VerifySender { .. } => Self::VerifySender,
            notice::Kind::ConfirmSubscription { .. } => Self::ConfirmSubscription,
            notice::Kind::MailingStopped(_) => Self::MailingStopped,
            notice::Kind::Trouble(_) => Self::Trouble,
            notice::Kind::TestLetter(_) => Self::TestLetter,
        }
    }
}

impl Word for Kind {
    const ALL: &'static [Self] = &[
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::RecoverPassword,
        Self::PasswordChanged,
        Self::ConfirmEmailChange,
        Self::EmailChanged,
        Self::VerifySender,
        Self::ConfirmSubscription,
        Self::MailingStopped,
        Self::Trouble,
        Self::TestLetter,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::RecoverPassword => "recover_password",
            Self::PasswordChanged => "password_changed",
            Self::ConfirmEmailChange => "confirm_email_change",
            Self::EmailChanged => "email_changed",
            Self::VerifySender => "verify_sender",
            Self::ConfirmSubscription => notice::CONFIRM_SUBSCRIPTION,
            Self::MailingStopped => "mailing_stopped",
            Self::Trouble => "trouble",
            Self::TestLetter => notice::TEST_LETTER,
        }
    }
}

/// How far a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The notice waits to be sent, perhaps once more.
    Waiting,
    /// The notice is at a mail server, or its sender is gone.
    InFlight,
    /// The notice has its outcome.
    Settled,
}

impl Word for Status {
    const ALL: &'static [Self] = &[Self::Waiting, Self::InFlight, Self::Settled];

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InFlight => "in_flight",
            Self::Settled => "settled",
        }
    }
}

/// What became of a notice that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// Nobody knows whether the mail server took the letter.
    Unknown,
    /// The letter was put off for too long.
    Expired,
}

impl From<Settled> for Outcome {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Accepted => Self::Accepted,
            Settled::Rejected => Self::Rejected,
            Settled::Unknown => Self::Unknown,
            Settled::Expired => Self::Expired,
        }
    }
}

impl Word for Settled {
    const ALL: &'static [Self] = &[Self::Accepted, Self::Rejected, Self::Unknown, Self::Expired];

    fn word(self) -> &'static str {
        Outcome::from(self).name()
    }
}

row! {
    /// A letter of the service itself.
    pub struct Notice from Stored {
        words {
            /// What the notice is about.
            pub kind: Kind = "notices"(id),
            /// The language in which the notice is written.
            pub language: Language = "notices"(id),
            /// How far the notice is.
            pub status: Status = "notices"(id),
            /// What became of the notice; `None` until it is settled.
            pub outcome: Option<Settled> = "notices"(id),
        }
        /// The notice's id.
        pub id: Uuid,
        /// The user whose account the notice is about.
        pub user_id: Uuid,
        /// The address to which the notice goes.
        pub email: String,
        /// The end of a retry pause.
        pub next_at: Option<DateTime<Utc>>,
        /// How many attempts to send the notice have been used up.
        pub attempts: i32,
        /// The last reply's three digits.
        pub code: Option<i16>,
        /// The last reply's enhanced code.
        pub enhanced: Option<String>,
        /// The last reply's text with addresses masked, or what went wrong without a reply.
        pub reply: Option<String>,
        /// The letter's `Message-ID`, once there was an attempt.
        pub message_id: Option<String>,
        /// The moment when the notice was asked for.
        pub requested_at: DateTime<Utc>,
        /// The moment when the notice got its outcome; `None` before.
        pub settled_at: Option<DateTime<Utc>>,
        /// The notice's version: the place in its stream of the last event that is shown.
        pub version: i64,
    }
}

/// A notice. For the service itself: the addressee need not be told of it.
pub async fn get(pool: &PgPool, id: NoticeId) -> Result<Option<Notice>, ReadError> {
    let row = sqlx::query_as!(
        Stored,
        "select id, user_id, kind, email, language, status, outcome, next_at, attempts, code, enhanced, reply, message_id,
                requested_at, settled_at, version
           from notices where id = $1",
        id.0,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Stored::read).transpose()?)
}

/// A test letter, for the user who asked for it.
pub async fn test_letter(pool: &PgPool, user: UserId, id: NoticeId) -> Result<Option<Notice>, ReadError> {
    let notice = sqlx::query_as!(
        Stored,
        "select id, user_id, kind, email, language, status, outcome, next_at, attempts, code, enhanced, reply, message_id,
                requested_at, settled_at, version
           from notices where id = $1 and user_id = $2",
        id.0,
        user.0,
    )
    .fetch_optional(pool)
    .await?;
    let notice = notice.map(Stored::read).transpose()?;
    Ok(notice.filter(|notice| notice.kind == Kind::TestLetter))
}

/// How many notices have no outcome yet.
pub async fn waiting(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "waiting!" from notices where status in ('waiting', 'in_flight')"#)
        .fetch_one(pool)
        .await
}

/// Whether somebody has ever asked for a test letter.
pub async fn has_tested(pool: &PgPool, user: UserId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from notices where user_id = $1 and kind = $2) as "has_tested!""#,
        user.0,
        notice::TEST_LETTER,
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Notice(id, fact) = &event.fact else { continue };
        match fact {
            notice::Event::Requested(request) => {
                sqlx::query!(
                    "insert into notices (id, user_id, kind, email, language, requested_at, version)
                     values ($1, $2, $3, $4, $5, $6, $7)",
                    id.0,
                    request.user.0,
                    Kind::of(&request.kind).word(),
                    request.to.as_str(),
                    request.language.name(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
            }
            notice::Event::SendingStarted { message_id } => {
                let done = sqlx::query!(
                    "update notices set status = 'in_flight', message_id = $2, next_at = null, version = $3 where id = $1",
                    id.0,
                    message_id,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "notices", id.0)?;
            }
            notice::Event::AttemptRecorded(attempt) => record(connection, *id, attempt, event).await?,
            notice::Event::Expired { .. } => {
                let done = sqlx::query!(
                    "update notices set status = 'settled', outcome = $2, next_at = null, settled_at = $3, version = $4
                      where id = $1",
                    id.0,
                    Settled::Expired.word(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "notices", id.0)?;
            }
        }
    }
    Ok(())
}

async fn record(
    connection: &mut PgConnection,
    id: NoticeId,
    attempt: &Attempt,
    event: &Event,
) -> Result<(), FoldError> {
    let (outcome, next_at) = match &attempt.outcome {
        AttemptOutcome::Accepted => (Some(Settled::Accepted), None),
        AttemptOutcome::Rejected { .. } => (Some(Settled::Rejected), None),
        AttemptOutcome::Unknown { .. } => (Some(Settled::Unknown), None),
        AttemptOutcome::Deferred { until } => (None, Some(*until)),
        AttemptOutcome::NotTried => (None, None),
    };
    let done = sqlx::query!(
        "update notices
            set status = $2, outcome = $3, next_at = $4, settled_at = $5, attempts = attempts + $6,
                code = $7, enhanced = $8, reply = $9, version = $10
          where id = $1",
        id.0,
        if outcome.is_some() { Status::Settled } else { Status::Waiting }.word(),
        outcome.map(Settled::word),
        next_at,
        outcome.map(|_| event.at),
        i32::from(attempt.outcome != AttemptOutcome::NotTried),
        attempt.code.and_then(|code| i16::try_from(code).ok()),
        attempt.enhanced,
        attempt.reply,
        event.version,
    )
    .execute(connection)
    .await?;
    touched(&done, "notices", id.0)
}
