//! An audience is frozen beside others, and beside planners of the program of before.

use super::{each_got_one, first_page_is_out, held};
use crate::support::planners::let_planners_go;
use crate::support::service::{Service, metadata};
use domain::group;

/// How many large runs there are: more than have a turn at the same time.
const LARGE: u64 = 6;

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

#[tokio::test]
async fn several_large_runs_take_turns_and_each_goes_to_the_audience_of_its_own_start() {
    let (service, server, group) = held().await;
    let engine = service.work(&server);
    let mut mailings = Vec::new();
    for number in 0..LARGE {
        let mailing = service.mailing(group).await;
        first_page_is_out(&service, mailing).await;
        // In the audience of those that start later.
        service.client(&format!("late{number}@example.org"), "Lee", &[group]).await;
        mailings.push(mailing);
    }
    let second = service.second_node().await;
    let other = Service::work_with(&second, Service::relay(&server), Service::settings());
    let_planners_go(&service.database.pool).await;

    let mut letters = 0;
    for (before, mailing) in (0..).zip(mailings) {
        let totals = service.finished(mailing).await;
        assert_eq!((totals.planned, totals.accepted), (1_700 + before, 1_700 + before));
        letters += totals.accepted;
    }
    assert_eq!(server.received().len() as u64, letters, "nobody gets two letters of one run");
    engine.stop().await;
    other.stop().await;
    second.close().await.expect("closed");
}
