//! The process that keeps the read models for all stands still in the middle of it, as under a debugger, in a suspended
//! container, or on a machine that swaps.

use super::siege::{Siege, THOUGHT, say};
use crate::support::process::{Process, skymailing};
use crate::support::service::{found, in_flight};
use crate::support::smtp_server::{Act, Turn};
use serde_json::json;
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How the connections of the process that freezes are called in PostgreSQL.
const NAME: &str = "frozen";

/// PostgreSQL used to wait for a frozen process for 30 seconds. What is promised is printed; this is what no busy machine can
/// make of it.
const FAR_TOO_LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_frozen_leader_holds_up_neither_the_read_models_nor_a_pause() {
    let mut siege = Siege::laid("a frozen leader").await;
    let begun = Arc::new(Mutex::new(Instant::now()));
    let last = Arc::clone(&begun);
    siege.server.play(move |turn| match turn {
        Turn::Mail => {
            *last.lock().expect("it works") = Instant::now();
            Act::Usual
        }
        Turn::Body(_) => Act::After(THOUGHT),
        _ => Act::Usual,
    });
    let other = skymailing(&["api"]);
    let mut other = other.set("DATABASE_URL", format!("{}&application_name={NAME}", siege.database.url)).start();
    other.serves().await;
    let owner = siege.signed_in("Owner").await;
    let mailings = owner.ask("{ mailings(first: 1) { nodes { id } } }", json!({})).await;
    let mailing = &mailings["mailings"]["nodes"][0]["id"];

    siege
        .under(async |siege| {
            let pool = &siege.database.pool;
            let at = freeze_in_the_middle(&other, pool).await;
            let frozen = Instant::now();
            let paused = async {
                let asked = Instant::now();
                owner.does("mailingPause", json!({ "id": mailing }), "mailing { id }").await;
                found("no letter is on its way", async || (in_flight(pool).await == 0).then_some(())).await;
                let stopped = begun.lock().expect("it works").saturating_duration_since(asked);
                say(&format!("a frozen leader: the last letter began {stopped:.1?} after somebody asked for a pause"));
                assert!(stopped < FAR_TOO_LONG, "{stopped:?}");
            };
            let moved = async {
                found("the read models move", async || (hindmost(pool).await > at).then_some(())).await;
                let held = frozen.elapsed();
                say(&format!("a frozen leader: the read models stood still for {held:.1?}"));
                assert!(held < FAR_TOO_LONG, "{held:?}");
            };
            tokio::join!(paused, moved);
            owner.does("mailingResume", json!({ "id": mailing }), "mailing { id }").await;
        })
        .await;

    other.signal("CONT");
    other.signal("TERM");
    assert_eq!(other.ends().await.code, Some(0));
    siege.withstood().await;
}

/// Stops the process when it holds the read models, and says how far they are then.
async fn freeze_in_the_middle(process: &Process, pool: &PgPool) -> i64 {
    // Who has locked a row has a transaction id.
    let holds = "select exists (select from pg_stat_activity
                  where application_name = $1 and state = 'idle in transaction' and backend_xid is not null)";
    found("it is frozen in the middle of a page", async || {
        process.signal("STOP");
        // PostgreSQL ends what it is at.
        for _ in 0..5 {
            if sqlx::query_scalar(holds).bind(NAME).fetch_one(pool).await.ok()? {
                return Some(hindmost(pool).await);
            }
            tokio::task::yield_now().await;
        }
        process.signal("CONT");
        None
    })
    .await
}

async fn hindmost(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select min(position) from projections").fetch_one(pool).await.expect("an answer")
}
