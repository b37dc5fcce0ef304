//! An event in an old form goes through the log, its stream, the read models, the history and a rebuild as today's does.

use domain::run::{self, Run, Trigger};
use domain::{Fact, Missed};
use eventstore::EventStore;
use projections::{Access, Projection, history, mailings, rebuild, runs};
use serde_json::json;

use super::{assert_same, begin_mailing, follow, insert, metadata, moment, owner, rows};
use crate::support::database;

#[tokio::test]
async fn an_old_form_of_an_event_is_read_as_that_of_today_everywhere() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    let origin = begin_mailing(&store, owner).await;
    let occurrence = moment("2026-03-01T08:00:00Z");
    let id = Trigger::Occurrence(occurrence).run_of(origin.mailing);
    let payload = json!({ "OccurrenceMissed": {
        "mailing": origin.mailing, "owner": owner, "occurrence": occurrence,
    } });

    let position = insert(&database.pool, ("run", id.0), 1, "OccurrenceMissed", &payload.to_string()).await;
    following.shows(position).await;

    // The stream.
    assert_eq!(store.load::<Run>(id.0).await.expect("loaded").state, Run::Missed);
    // The read models, the history, and the log through it.
    let shown = async || {
        let run = runs::get(&database.pool, Access::Owner(owner), id).await.expect("an answer").expect("a line");
        let mailing = mailings::get(&database.pool, Access::Owner(owner), origin.mailing).await;
        let mailing = mailing.expect("an answer").expect("it is there");
        let history = history::page(&database.pool, Access::Owner(owner), origin.mailing, None, 10).await;
        let last = history.expect("an answer").pop().expect("an event");
        (run.missed(), mailing.last_occurrence, last.event_type.clone(), last.fact().expect("a fact"))
    };
    let missed = Missed::one(occurrence);
    let fact = Fact::Run(id, run::Event::OccurrencesMissed { mailing: origin.mailing, owner, missed });
    let expected = (Some(missed), Some(occurrence), "OccurrenceMissed".to_owned(), fact);
    assert_eq!(shown().await, expected);

    for projection in [Projection::Mailings, Projection::Runs, Projection::History] {
        let live = rows(&database.pool, projection).await;
        rebuild(&store, projection, &metadata(), |_| ()).await.expect("rebuilt");
        assert_same("live and rebuilt", &live, &rows(&database.pool, projection).await);
    }
    assert_eq!(shown().await, expected);
}
