//! Sheets of marks of which only is told whose they are: laying and clearing them.

use domain::batch::MAX_RECIPIENTS;
use domain::{BatchId, HoldId};
use sqlx::PgPool;
use uuid::Uuid;

/// As many bits as a batch has recipients.
pub(super) const BYTES: usize = MAX_RECIPIENTS.div_ceil(8);

/// A sheet of which only is told whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blank {
    pub(super) batch: BatchId,
    pub(super) hold: HoldId,
}

/// Lays sheets with nothing on them, each in place of any other of its batch.
pub(crate) async fn lay(pool: &PgPool, blanks: &[Blank]) -> Result<(), sqlx::Error> {
    let (batches, holds) = columns(blanks);
    sqlx::query!(
        "insert into batch_marks as old (batch_id, hold, begun)
         select batch_id, hold, $3 from unnest($1::uuid[], $2::uuid[]) as t (batch_id, hold)
             on conflict (batch_id) do update set hold = excluded.hold, begun = excluded.begun",
        &batches,
        &holds,
        &[0; BYTES][..],
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Clears these sheets away, as far as they are still there.
pub(crate) async fn clear(pool: &PgPool, sheets: &[Blank]) -> Result<(), sqlx::Error> {
    let (batches, holds) = columns(sheets);
    sqlx::query!(
        "delete from batch_marks m using unnest($1::uuid[], $2::uuid[]) as t (batch_id, hold)
          where m.batch_id = t.batch_id and m.hold = t.hold",
        &batches,
        &holds,
    )
    .execute(pool)
    .await?;
    Ok(())
}

fn columns(sheets: &[Blank]) -> (Vec<Uuid>, Vec<Uuid>) {
    sheets.iter().map(|sheet| (sheet.batch.0, sheet.hold.0)).unzip()
}
