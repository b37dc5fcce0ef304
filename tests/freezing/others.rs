//! An audience is frozen beside planners of the program of before.

use super::{first_page_is_out, held};
use crate::support::planners::let_planners_go;

#[tokio::test]
async fn a_planner_of_the_program_of_before_does_not_take_over_what_is_planned_in_pages() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let run = first_page_is_out(&service, mailing).await;

    // What it does first.
    let staged = sqlx::query(
        "insert into run_audience (run_id, ordinal, client_id, revision)
         select $1, row_number() over (order by id) - 1, id, revision from clients",
    )
    .bind(run.id)
    .execute(&service.database.pool)
    .await;

    let refused = staged.expect_err("it is refused").to_string();
    assert!(refused.contains("is planned in pages"), "{refused}");
    let_planners_go(&service.database.pool).await;
    assert_eq!(service.finished(mailing).await.accepted, 1_700);
    engine.stop().await;
}
