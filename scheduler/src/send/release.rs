//! Giving batches back.

use domain::BatchId;
use sqlx::PgPool;
use uuid::Uuid;

/// Gives batches back that are this worker's.
pub(crate) async fn release(pool: &PgPool, worker: Uuid, batches: &[BatchId]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = batches.iter().map(|batch| batch.0).collect();
    sqlx::query!("delete from batch_leases where batch_id = any($1) and worker = $2", &ids, worker)
        .execute(pool)
        .await?;
    Ok(())
}
