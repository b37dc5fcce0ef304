//! What cannot be folded stops who would have to fold it, loudly, until a program comes that can. Nothing is ever skipped.

use domain::{
    MailingId,
    group::{self, Group},
};
use eventstore::EventStore;
use projections::{Access, Projection, ProjectionStatus, groups, mailings, statuses};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    POLL, begin, begin_mailing, create_group, equals_a_rebuild, execute, follow, group_name, import, insert,
    last_position, owner, rebuilt, status, within,
};
use crate::support::database;

/// Waits until the projection has stopped.
pub(super) async fn stopped(pool: &PgPool, name: &str) -> ProjectionStatus {
    loop {
        let status = status(pool, name).await;
        if status.error.is_some() {
            break status;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn groups_shown(pool: &PgPool) -> i64 {
    groups::count(pool, Access::All, None).await.expect("an answer")
}

/// These have stopped before `position`, with an error that names it and says `words`, and with them the audit log, which reads every
/// stream; the others show everything.
async fn only_these_stop_before(pool: &PgPool, names: &[&str], position: i64, words: &[&str]) {
    let names = if names.is_empty() { Vec::new() } else { [names, &["audit"]].concat() };
    for name in &names {
        let status = within("it has stopped", stopped(pool, name)).await;
        let error = status.error.unwrap_or_default();
        for word in [&[format!("position {position},").as_str()], words].concat() {
            assert!(error.contains(word), "{name} should say {word:?}: {error}");
        }
        assert_eq!(status.position, position - 1, "{name}: the last event it shows");
    }
    let last = last_position(pool).await;
    for projection in Projection::ALL.into_iter().filter(|it| !names.contains(&it.name())) {
        within("the others go on", async {
            while status(pool, projection.name()).await.position < last {
                tokio::time::sleep(POLL).await;
            }
        })
        .await;
        assert_eq!(status(pool, projection.name()).await.error, None, "{}", projection.name());
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_those_whom_it_concerns_before_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 20).await;
    begin::<Group>(&store, create_group(owner(), "Friends")).await;
    let stream = Uuid::now_v7();
    let broken = insert(&database.pool, ("group", stream), 1, "Exploded", r#""Exploded""#).await;
    begin::<Group>(&store, create_group(owner(), "Enemies")).await;

    let following = follow(&store);

    let words = ["Exploded of group", &stream.to_string()];
    only_these_stop_before(&database.pool, &["groups"], broken, &words).await;
    assert_eq!(groups_shown(&database.pool).await, 1, "what came before is shown, what comes after is not");
    drop(following);
}

#[tokio::test]
async fn an_event_that_several_projections_read_stops_them_all_before_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    begin_mailing(&store, owner()).await;
    let broken = insert(&database.pool, ("run", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;
    begin_mailing(&store, owner()).await;
    let _following = follow(&store);
    let names = ["mailings", "runs", "reports", "history"];
    only_these_stop_before(&database.pool, &names, broken, &["Exploded of run"]).await;
}

#[tokio::test]
async fn an_event_of_a_later_version_is_not_read_as_if_it_were_of_this_one() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = begin::<Group>(&store, create_group(owner(), "Friends")).await;
    let broken: i64 = sqlx::query_scalar(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ('group', $1, 2, 'Deleted', '2', '\"Deleted\"') returning position",
    )
    .bind(id.to_string())
    .fetch_one(&database.pool)
    .await
    .expect("written");

    let _following = follow(&store);

    only_these_stop_before(&database.pool, &["groups"], broken, &["Deleted of group", "version is \"2\""]).await;
    let refused = store.load::<Group>(id).await.expect_err("nobody decides without it");
    assert!(refused.to_string().contains("version \"2\""), "{refused}");
}

#[tokio::test]
async fn an_aggregate_that_nobody_knows_stops_nobody() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    for _ in 0..3 {
        insert(&database.pool, ("rocket", Uuid::now_v7()), 1, "Launched", r#""Launched""#).await;
    }
    begin::<Group>(&store, create_group(owner(), "Friends")).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    only_these_stop_before(&database.pool, &[], 0, &[]).await;
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn a_stopped_projection_stays_stopped_while_nobody_can_read_its_event() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    let broken = insert(&database.pool, ("group", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;
    for round in 0..3 {
        let following = follow(&store);
        begin::<Group>(&store, create_group(owner(), "Friends")).await;
        only_these_stop_before(&database.pool, &["groups"], broken, &["Exploded"]).await;
        assert_eq!(groups_shown(&database.pool).await, 0, "in round {round}");
        assert!(!following.task.is_finished(), "the projector lives");
        following.end().await;
    }
}

#[tokio::test]
async fn an_event_that_does_not_fit_stops_only_those_whom_it_concerns() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let cases = [
        ("mailing", "Paused", r#""Paused""#, &["mailings"][..]),
        (
            "batch",
            "GaveUp",
            r#"{"GaveUp": {"reason": "cancelled", "at": "2026-03-01T00:00:00Z"}}"#,
            &["history", "runs"],
        ),
    ];
    let mut expected: Vec<&str> = Vec::new();
    let following = follow(&store);
    for (aggregate, name, payload, concerned) in cases {
        begin_mailing(&store, owner()).await;
        let stream = Uuid::now_v7();
        let broken = insert(&database.pool, (aggregate, stream), 1, name, payload).await;
        begin_mailing(&store, owner()).await;
        let shown = begin::<Group>(&store, create_group(owner(), "Friends")).await;

        for name in concerned {
            let status = within("it has stopped", stopped(&database.pool, name)).await;
            let error = status.error.unwrap_or_default();
            assert_eq!(status.position, broken - 1, "{name} stopped before it: {error}");
            assert!(error.starts_with(&format!("position {broken}, ")), "{error}");
            assert!(error.contains(&format!("of {aggregate} {stream}: ")), "{error}");
        }
        expected.extend(concerned);
        expected.sort_unstable();
        within("the others go on", async {
            while groups::get(&database.pool, Access::All, shown.into()).await.expect("an answer").is_none() {
                tokio::time::sleep(POLL).await;
            }
        })
        .await;
        let statuses = statuses(&database.pool).await.expect("statuses");
        let (on, off): (Vec<_>, Vec<_>) = statuses.iter().partition(|status| status.error.is_none());
        let off: Vec<&str> = off.iter().map(|status| status.name.as_str()).collect();
        assert_eq!(off, expected);
        let last = last_position(&database.pool).await;
        assert!(on.iter().all(|status| status.position == last), "{on:?}");
    }
    drop(following);
}

#[tokio::test]
async fn what_came_before_in_the_same_page_is_shown_and_what_came_after_is_not() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let before = begin_mailing(&store, owner()).await.mailing;
    let broken = insert(&database.pool, ("mailing", Uuid::now_v7()), 1, "Paused", r#""Paused""#).await;
    let after = begin_mailing(&store, owner()).await.mailing;

    let _following = follow(&store);
    let status = within("it has stopped", stopped(&database.pool, "mailings")).await;

    let shown =
        async |id: MailingId| mailings::get(&database.pool, Access::All, id).await.expect("an answer").is_some();
    assert!(shown(before).await && !shown(after).await);
    assert_eq!(status.position, broken - 1);
}

#[tokio::test]
async fn a_stopped_projection_has_counted_the_events_up_to_its_position() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    import(&store, owner(), 3).await;
    following.shows_all(&database.pool).await;
    following.end().await;
    // In one page.
    import(&store, owner(), 5).await;
    let broken = insert(&database.pool, ("client", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;

    let _following = follow(&store);
    only_these_stop_before(&database.pool, &["clients"], broken, &[]).await;

    for status in statuses(&database.pool).await.expect("statuses") {
        let has_stopped = ["clients", "audit"].contains(&status.name.as_str());
        let expected = if has_stopped { (8, 8) } else { (9, 9) };
        assert_eq!((status.position, status.folded), expected, "{}", status.name);
    }
}

/// `later`: whether the stream began in a page before.
async fn a_gap_is_found(later: bool) {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let id = begin::<Group>(&store, create_group(owner, "Friends")).await;
    let following = follow(&store);
    if later {
        following.shows_all(&database.pool).await;
    } else {
        following.end().await;
    }
    let other = begin::<Group>(&store, create_group(owner, "Enemies")).await;
    let rename = group::Command::Rename { by: owner, name: group_name("Rivals") };
    execute::<Group>(&store, other, rename).await;
    let broken = insert(&database.pool, ("group", id), 3, "Deleted", r#""Deleted""#).await;

    let _following = follow(&store);

    let found = "goes on with event 3 where 2 should follow";
    only_these_stop_before(&database.pool, &["groups"], broken, &[&format!("group {id}"), found]).await;
    assert_eq!(groups_shown(&database.pool).await, 2, "the group is not deleted");
}

#[tokio::test]
async fn a_stream_that_goes_on_with_a_gap_stops_those_who_read_it() {
    a_gap_is_found(true).await;
}

#[tokio::test]
async fn a_stream_with_a_gap_within_a_page_stops_those_who_read_it() {
    a_gap_is_found(false).await;
}

#[tokio::test]
async fn a_stream_that_does_not_begin_at_one_stops_those_who_read_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 3).await;
    let id = Uuid::now_v7();
    let broken = insert(&database.pool, ("group", id), 2, "Deleted", r#""Deleted""#).await;
    let _following = follow(&store);
    let words = [&format!("group {id}"), "event 2 where 1 should follow"];
    only_these_stop_before(&database.pool, &["groups"], broken, &words).await;
}

/// Somebody wrote to a table by hand.
#[tokio::test]
async fn a_projection_whose_tables_were_damaged_is_healed_by_a_rebuild() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let mailing = begin_mailing(&store, owner).await.mailing;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    sqlx::query("delete from mailings").execute(&database.pool).await.expect("deleted");
    execute::<domain::mailing::Mailing>(&store, mailing.0, domain::mailing::Command::Pause { by: owner }).await;
    within("it has stopped", stopped(&database.pool, "mailings")).await;

    rebuilt(&store, Projection::Mailings).await;
    execute::<domain::mailing::Mailing>(&store, mailing.0, domain::mailing::Command::Resume { by: owner }).await;

    following.shows_all(&database.pool).await;
    assert_eq!(status(&database.pool, "mailings").await.error, None);
    equals_a_rebuild(&store).await;
}
