//! The narrowest place of all: a worker loses its connection in the commit of an intent, and when it is back, another worker
//! has written the very same intent.

use super::dice::Seed;
use super::world::{LEASE, Member, PATIENCE, World, now};
use chrono::TimeDelta;
use domain::Periodicity;
use sqlx::{Connection, PgConnection};

/// The batch has so many recipients; the first intent names fewer.
const CLIENTS: usize = 40;

/// As long as somebody holds this lock, intents wait at their insert.
const BARRIER: &str = "
    create function intents_wait() returns trigger language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared(1);
        return new;
    end
    $$;
    create trigger intents_wait before insert on events
        for each row when (new.event_type = 'SendingStarted') execute function intents_wait();";

const AT_THE_BARRIER: &str = "select greatest(0, 1 - count(*)) from pg_locks
     where locktype = 'advisory' and not granted and classid = 0 and objid = 1";

/// A busy machine may look only when there is a second one already.
const INTENTS: &str = "select greatest(0, 1 - count(*)) from events where event_type = 'SendingStarted'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_takes_an_intent_for_its_own_only_if_it_wrote_it() {
    let _turn = super::TWO_AT_A_TIME.acquire().await;
    let world = World::start(Seed(0)).await;
    let owner = world.owner().await;
    let group = owner.clients(CLIENTS).await;
    owner.mailing(group, now() - TimeDelta::minutes(1), Periodicity::Once).await;
    owner.leave().await;
    sqlx::raw_sql(BARRIER).execute(&world.pool).await.expect("a trigger");
    let mut barrier = PgConnection::connect(world.postgres.url()).await.expect("a connection");
    sqlx::query("select pg_advisory_lock(1)").execute(&mut barrier).await.expect("a lock");

    // The first worker is at the commit of its first intent. It is stopped, and its connection lost.
    let mut first = Member::start(&world, "worker");
    world.none_left("the first worker intends to send", AT_THE_BARRIER).await;
    first.signal("STOP");
    // So are its other ones: as long as it is stopped, it would go on leading the read models, and what it had not folded yet
    // would keep the second worker waiting.
    let own: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut barrier).await.expect("a number");
    let lost = "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid not in (pg_backend_pid(), $1)";
    sqlx::query(lost).bind(own).execute(&world.pool).await.expect("they can be terminated");
    tokio::time::sleep(LEASE).await;
    // The second one takes the batch over, intends the same, and waits for the receiver's answers.
    world.receiver.answers_up_to(0);
    sqlx::query("select pg_advisory_unlock(1)").execute(&mut barrier).await.expect("a lock");
    let mut second = Member::start(&world, "worker");
    world.none_left("the second worker intends to send", INTENTS).await;
    world.letters(1, PATIENCE).await;
    // The first one goes on before it hears that its lease is gone.
    let mut leases = world.pool.begin().await.expect("a transaction");
    sqlx::query("lock table batch_leases").execute(&mut *leases).await.expect("a lock");
    first.signal("CONT");
    // It learns that it lost its connection, repeats its commit, and sees whose intent it is before it sends.
    first.says("outcomes wait for the database").await;
    first.says("another worker has taken over the batch").await;
    leases.rollback().await.expect("the lock is released");
    world.receiver.answers_up_to(usize::MAX);
    world.none_left("the run is finished", "select 1 - count(*) from runs where status = 'finished'").await;
    for member in [&mut first, &mut second] {
        member.leave().await;
    }

    let mut got: Vec<String> = world.receiver.accepted().into_iter().map(|letter| letter.message_id).collect();
    let letters = got.len();
    got.sort_unstable();
    got.dedup();
    assert_eq!(letters, got.len(), "nobody gets two letters");
}
