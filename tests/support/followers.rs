//! Those who follow the log: how far they have read it.

use super::service::{Service, found};

/// Waits until this follower of the log has read it up to there.
pub(crate) async fn followed(service: &Service, follower: &str, position: i64) {
    found("the follower has read it", async || {
        let at: i64 = sqlx::query_scalar("select position from followers where name = $1")
            .bind(follower)
            .fetch_one(&service.database.pool)
            .await
            .ok()?;
        (at >= position).then_some(())
    })
    .await;
}

/// A follower of the log reads all of it anew, or nothing for now.
pub(crate) async fn follow_from(service: &Service, follower: &str, position: i64) {
    sqlx::query("update followers set position = $2 where name = $1")
        .bind(follower)
        .bind(position)
        .execute(&service.database.pool)
        .await
        .expect("there is such a follower");
}
