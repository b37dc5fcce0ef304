//! An audience is frozen beside planners of the program of before.

use super::{each_got_one, first_page_is_out, held};
use crate::support::planners::let_planners_go;
use crate::support::service::metadata;
use domain::group;

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

#[tokio::test]
async fn a_planner_of_the_program_of_before_that_finds_nobody_any_more_does_not_end_what_is_planned_in_pages() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let run = first_page_is_out(&service, mailing).await;
    let (by, store) = (service.owner, &service.node.services.store);
    let deleted = store.execute::<group::Group>(group.0, group::Command::Delete { by }, &metadata()).await;
    assert!(service.node.services.shown(deleted.expect("it is deleted").position).await, "the read models follow");

    // For nobody there is nothing to stage and no batch to plan, so this is all that it does.
    let message_id_domain = "example.com".to_owned();
    let freeze = domain::run::Command::FreezeAudience { planned: 0, batches: 0, message_id_domain };
    let frozen = store.execute::<domain::run::Run>(run.id, freeze, &metadata()).await;

    let refused = frozen.expect_err("it is refused").to_string();
    assert!(refused.contains("is planned in pages"), "{refused}");
    let_planners_go(&service.database.pool).await;
    assert_eq!(service.finished(mailing).await.accepted, 1_700);
    each_got_one(&server);
    engine.stop().await;
}
