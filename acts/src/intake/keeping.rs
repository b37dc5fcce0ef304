//! Messages are kept: few of them, each once and only its beginning, and for a while.

use super::entry::Entry;
use super::message::Taken;
use super::storable::storable;
use crate::Services;
use crate::refusal::Refused;
use chrono::{DateTime, Utc};
use domain::ReportId;
use domain::feedback::{KEPT_FOR, Via};
use sqlx::PgConnection;

/// How much of a message is kept, in bytes.
pub const BEGINNING: usize = 64 * 1024;

/// How many messages are kept; the oldest go first.
pub const MOST: i64 = 1_000;

/// How many of them may have come by a mail server to one address, so that whoever has such an address, and who writes to the postmaster, does
/// not drive out what others have sent; the oldest go first.
pub const OF_ONE_ADDRESS: i64 = 20;

/// The longest address, `From` and subject that are kept, in characters.
const LONGEST: usize = 500;

/// A message that is to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unread<'a> {
    /// What stays the same of it when it comes again.
    pub(super) digest: &'a str,
    pub(super) via: Via,
    pub(super) envelope_from: Option<&'a str>,
    pub(super) envelope_to: Option<&'a str>,
    pub(super) from: &'a str,
    pub(super) subject: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) size: u64,
}

/// Keeps a message, counts it, and lets those go for which there is no more room or time, all in one transaction. The same one that is
/// kept already is known.
pub(super) async fn keep(services: &Services, unread: Unread<'_>, entry: Entry) -> Result<Taken, Refused> {
    if let Entry::Kept(_) = entry {
        return Ok(Taken::Kept);
    }
    let now = services.now();
    let mut transaction = services.store.begin_steps().await?;
    let is_new = insert(&mut transaction, &unread, now).await?;
    if is_new {
        make_room(&mut transaction, now).await?;
    }
    let taken = if is_new { Taken::Kept } else { Taken::Known };
    entry.close(&mut transaction, now.date_naive(), unread.via, taken).await?;
    transaction.commit().await?;
    Ok(taken)
}

/// Whether it was not there before.
async fn insert(transaction: &mut PgConnection, unread: &Unread<'_>, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let Unread { digest, via, envelope_from, envelope_to, from, subject, bytes, size } = *unread;
    let short = |text: &str| storable(text).chars().take(LONGEST).collect::<String>();
    let inserted = sqlx::query!(
        "insert into intake_messages (id, via, received_at, envelope_from, envelope_to, from_line, subject, message, size)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing",
        ReportId::derive("kept", digest).0,
        via.name(),
        now,
        envelope_from.map(short),
        envelope_to.map(short),
        short(from),
        short(subject),
        &bytes[..bytes.len().min(BEGINNING)],
        i64::try_from(size).unwrap_or(i64::MAX),
    )
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Lets the old ones go, and those that are too many. Two who do so at the same moment do not wait for each other: what one of them
/// cannot have, the other one deletes.
async fn make_room(transaction: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from intake_messages where id in (
             select id from intake_messages
              where received_at < $1
                 or id in (select id from intake_messages order by received_at desc, id desc offset $2)
                 or id in (select id from (
                               select id, row_number() over (partition by lower(envelope_to)
                                                             order by received_at desc, id desc) as place
                                 from intake_messages where via = $3 and envelope_to is not null) of_address
                            where place > $4)
                for update skip locked)",
        now - KEPT_FOR,
        MOST,
        Via::Smtp.name(),
        OF_ONE_ADDRESS,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
