//! Reading and asking over GraphQL, measured on a service with a large address book, row by row against goals. `make bench` runs it
//! in the release profile.
//!
//! Everything is on this machine, see [`stage`], also who asks. `READS=1000000,200000` names the numbers of clients and of
//! deliveries of one run; `--quick` takes fewer of both.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

#[allow(dead_code, reason = "each benchmark uses what it needs of it")]
mod stage;

use anyhow::Context;
use chrono::TimeDelta;
use domain::{RunId, UserId};
use projections::runs::Status;
use serde_json::{Value, json};
use stage::{Caller, Filling, Plan, Stage, at, program, sizes};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// For so long each row is measured.
const LONG: Duration = Duration::from_secs(8);

/// Mailings of a page, with a run each.
const MAILINGS: usize = 100;

/// What `PostGraphile` 5 answered in a second on the same rows, on a machine of the same kind.
const PEER: f64 = 472.0;

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    let Some(sink) = program("smtp-sink") else {
        println!("smtp-sink is not installed (Debian: apt-get install postfix); nothing is measured");
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&sink))
}

/// What was measured, row by row.
#[derive(Default)]
struct Table(Vec<Value>);

impl Table {
    /// A row whose number may be this at the most.
    fn at_most(&mut self, row: &str, goal: f64, measured: f64, unit: &str, more: &str) {
        self.row(row, goal, measured, measured <= goal, "at most", unit, more);
    }

    /// A row whose number has to be this at least.
    fn at_least(&mut self, row: &str, goal: f64, measured: f64, unit: &str, more: &str) {
        self.row(row, goal, measured, measured >= goal, "at least", unit, more);
    }

    #[expect(clippy::too_many_arguments, reason = "a row has so many columns")]
    fn row(&mut self, row: &str, goal: f64, measured: f64, met: bool, bound: &str, unit: &str, more: &str) {
        let told = if met { "met" } else { "MISSED" };
        println!("{row:<44} {measured:>9.2} {unit:<10} goal {bound} {goal:>7.1}: {told:<7} {more}");
        self.0.push(json!({ "row": row, "goal": goal, "measured": measured, "unit": unit, "met": met, "more": more }));
    }
}

/// What is asked, the goal in milliseconds, the query, and its variables for the n-th time that it is asked.
type Row<'a> = (&'a str, f64, &'a str, &'a dyn Fn(usize) -> Value);

async fn run(sink: &Path) -> anyhow::Result<()> {
    let [clients, deliveries] = sizes("READS", [1_000_000, 200_000], [100_000, 20_000])?;
    let stage = Stage::start(sink).await?;
    println!("filling a service with {clients} clients, and a run with {deliveries} deliveries ...");
    let filling = stage.filling().await?;
    let full = fill(&filling, clients, deliveries).await?;
    let began = Instant::now();
    let indexed = projections::clients::make_indexes(filling.node.services.pool()).await?;
    println!("indexes for large address books: {indexed:?} after {:.1} s", began.elapsed().as_secs_f64());
    let counted = segments(&filling, &full).await?;
    filling.end().await?;
    println!("it is full");
    let served = stage.serve(&[("REQUESTS_PER_ACCOUNT", "16")]).await?;
    let caller = served.caller("bench@example.com", 1).await?;
    let other = served.caller("other@example.com", 2).await?;
    let mut table = Table::default();
    writes(&mut table, &caller, &full, clients).await?;
    lists(&mut table, &caller, &full).await?;
    audit(&mut table, &caller, &full).await?;
    address_book(&mut table, &caller, clients).await?;
    for (segment, took, count) in counted {
        let row = format!("segment of {segment}, among {clients}");
        table.at_most(&row, 4_000.0, took, "ms", &format!("{count} pass"));
    }
    creating(&mut table, &other).await?;
    crowd(&mut table, &caller, &other).await?;
    println!("PostGraphile is not installed here; its row is what was measured before on a machine of the same kind");
    println!("{}", json!({ "clients": clients, "deliveries": deliveries, "rows": table.0 }));
    drop(served);
    stage.stop().await
}

/// What is asked for.
struct Full {
    owner: UserId,
    run: RunId,
    everybody: String,
    letter: String,
}

async fn fill(filling: &Filling, clients: usize, deliveries: usize) -> anyhow::Result<Full> {
    let owner: UserId = filling.account("bench@example.com", &[]).await?;
    let other = filling.account("other@example.com", &[]).await?;
    filling.import(owner, clients).await?;
    // Somebody else has a few, as most have.
    filling.import(other, 1_000).await?;
    let everybody = filling.group(owner, "Everybody").await?;
    let letter = filling.letter(owner).await?;
    let pool = filling.node.services.pool();
    let (some, few) = (group(filling, owner, "Some", deliveries).await?, group(filling, owner, "Few", 10).await?);
    let large = filling.plan(&Plan::of(owner, &letter, &some, "Large"), TimeDelta::zero()).await?;
    let run = filling.run(large, Status::Finished).await?;
    let mut small = Vec::new();
    for number in 1..=MAILINGS {
        let name = format!("Mailing {number}");
        small.push(filling.plan(&Plan::of(owner, &letter, &few, &name), TimeDelta::zero()).await?);
    }
    for mailing in small {
        filling.run(mailing, Status::Finished).await?;
    }
    sqlx::query("analyze").execute(pool).await?;
    Ok(Full { owner, run, everybody, letter })
}

/// Segments, each with how many milliseconds it takes to count who passes it, and how many do. A preview gives up after 4 seconds.
async fn segments(filling: &Filling, full: &Full) -> anyhow::Result<Vec<(&'static str, f64, i64)>> {
    use domain::segment::{Condition, Filter, Join, Test, TextOf, TextTest};
    let (services, everybody) = (&filling.node.services, full.everybody.parse::<domain::GroupId>()?);
    let text = Test::Text { of: TextOf::Email, test: TextTest::Contains, text: "7".to_owned() };
    let mut counted = Vec::new();
    for (what, tests) in [
        ("a group, and a text", vec![(Test::InGroup { group: everybody }, false), (text, false)]),
        ("those not written to for 90 days", vec![(Test::AcceptedWithin { days: 90 }, true)]),
    ] {
        let conditions = tests.into_iter().map(|(test, not)| Condition { test, not }).collect();
        let (filter, access) = (Filter { join: Join::All, conditions }, projections::Access::Owner(full.owner));
        let began = Instant::now();
        let count = projections::segments::filter::count(services.pool(), access, &filter, services.now()).await?;
        counted.push((what, began.elapsed().as_secs_f64() * 1_000.0, count));
    }
    Ok(counted)
}

/// A group of the first so many clients.
async fn group(filling: &Filling, owner: UserId, name: &str, clients: usize) -> anyhow::Result<String> {
    use acts::address_book::{groups, membership};
    let services = &filling.node.services;
    let by = acts::who::Operator::of_this_host().owner(owner);
    let (id, receipt) = groups::create(services, by, None, name, &stage::metadata()).await?;
    services.shown(receipt.position).await;
    let pool = services.pool();
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from clients where owner_id = $1 order by id limit $2")
        .bind(owner.0)
        .bind(i64::try_from(clients)?)
        .fetch_all(pool)
        .await?;
    for some in ids.chunks(membership::MAX_NAMED) {
        let ids = some.iter().map(ToString::to_string).collect();
        let who = membership::Who::Named(ids);
        membership::change(services, by, &id.to_string(), who, membership::Membership::Joined, &stage::metadata())
            .await?;
    }
    services.shown(eventstore::EventStore::head(pool).await?).await;
    Ok(id.to_string())
}

async fn writes(table: &mut Table, caller: &Caller, full: &Full, clients: usize) -> anyhow::Result<()> {
    let query =
        "mutation($input: MailingCreateInput!) { mailingCreate(input: $input) { mailing { id } userErrors { code } } }";
    let input = json!({ "input": {
        "name": "Planned", "messageId": full.letter, "audience": { "groupIds": [full.everybody] },
        "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-02-01T00:00:00Z", "periodicity": { "kind": "ONCE" } } });
    let made = measure(caller, 8, query, |_| input.clone()).await?;
    let row = format!("mailingCreate to {clients} clients, 8 at once");
    table.at_most(&row, 15.0, made.p(50), "ms p50", &made.told());
    Ok(())
}

async fn lists(table: &mut Table, caller: &Caller, full: &Full) -> anyhow::Result<()> {
    let run = |total: &str| {
        format!(
            "query($id: ID!) {{ run(id: $id) {{ deliveries(first: 50) {{ {total} nodes {{ clientEmail outcome
                 attempts {{ at number outcome code serverReply }} }} }} }} }}"
        )
    };
    let id = json!({ "id": full.run.to_string() });
    for (row, total) in [("run with 50 deliveries, 16 at once", ""), ("the same with totalCount", "totalCount")] {
        let read = measure(caller, 16, &run(total), |_| id.clone()).await?;
        table.at_least(row, 3.0 * PEER, read.per_second(), "a second", &read.told());
    }
    let page = |runs: &str| format!("{{ mailings(first: 100) {{ nodes {{ id name status {runs} }} }} }}");
    let without = measure(caller, 16, &page(""), |_| json!({})).await?;
    let with = "runs(first: 1) { nodes { progress { planned accepted rejected pending } } }";
    let with = measure(caller, 16, &page(with), |_| json!({})).await?;
    table.at_most(
        "100 mailings, with one run's progress each",
        1.3,
        without.per_second() / with.per_second(),
        "times",
        &format!("with: {}; without: {}", with.told(), without.told()),
    );
    Ok(())
}

/// Who got what and why not, and the log.
async fn audit(table: &mut Table, caller: &Caller, full: &Full) -> anyhow::Result<()> {
    let some = "query($id: ID!) { run(id: $id) { deliveries(first: 50) { nodes { clientEmail } } } }";
    let (_, some) = caller.ask(some, json!({ "id": full.run.to_string() })).await?;
    let some = some["run"]["deliveries"]["nodes"].as_array().context("a run with deliveries")?;
    let emails: Vec<Value> = some.iter().map(|delivery| delivery["clientEmail"].clone()).collect();
    let why = "query($email: String!) { deliveriesTo(email: $email) { nodes { sentence groups { name }
                   delivery { attempts { at outcome code serverReply } } } } }";
    let of_some = |number: usize| json!({ "email": emails[number % emails.len()] });
    let of_nobody = |number: usize| json!({ "email": format!("nobody.{number}@example.net") });
    let newest = "{ auditLog(last: 50) { nodes { at type summary actor { name } } } }";
    let of_runs = "{ auditLog(last: 50, filter: { kind: RUN }) { nodes { at type summary } } }";
    let rare = "{ auditLog(last: 50, filter: { type: \"Deleted\", kind: MESSAGE }) { nodes { at type summary } } }";
    let rows: [Row<'_>; 5] = [
        ("who got what, of 20 runs", 50.0, why, &of_some),
        ("who got what, of nobody", 50.0, why, &of_nobody),
        ("audit log, the newest 50 of an owner", 30.0, newest, &|_| json!({})),
        ("audit log, the newest 50 of runs", 30.0, of_runs, &|_| json!({})),
        ("audit log, what is not there", 100.0, rare, &|_| json!({})),
    ];
    for (row, goal, query, variables) in rows {
        let read = measure(caller, 1, query, variables).await?;
        table.at_most(row, goal, read.p(95), "ms p95", &read.told());
    }
    Ok(())
}

async fn address_book(table: &mut Table, caller: &Caller, clients: usize) -> anyhow::Result<()> {
    let search = "query($search: String) { clients(first: 20, filter: { search: $search }) { nodes { email } } }";
    let nobody = |number: usize| json!({ "search": format!("nobody {number}") });
    let sort =
        "query($after: String) { clients(first: 20, orderBy: { by: EMAIL }, after: $after) { nodes { email } } }";
    let by_name = "{ clients(first: 20, orderBy: { by: FULL_NAME, direction: DESCENDING }) { nodes { fullName } } }";
    let total = "{ clients(first: 1) { totalCount } }";
    let rows: [Row<'_>; 6] = [
        ("search that finds nothing", 30.0, search, &nobody),
        ("search that finds some", 30.0, search, &|number| json!({ "search": format!("{}@example", 1 + number * 7) })),
        ("search that finds many", 30.0, search, &|_| json!({ "search": "clara nov" })),
        ("sorted by e-mail", 30.0, sort, &|_| json!({})),
        ("sorted by name, last first", 30.0, by_name, &|_| json!({})),
        ("totalCount", 20.0, total, &|_| json!({})),
    ];
    for (row, goal, query, variables) in rows {
        let read = measure(caller, 1, query, variables).await?;
        table.at_most(&format!("{row}, among {clients}"), goal, read.p(95), "ms p95", &read.told());
    }
    Ok(())
}

const CREATE: &str =
    "mutation($input: ClientCreateInput!) { clientCreate(input: $input) { client { id } behind userErrors { code } } }";

/// A new client of this name and number.
fn new(name: &'static str) -> impl Fn(usize) -> Value {
    move |number| json!({ "input": { "email": format!("{name}.{number}@example.net"), "fullName": "New" } })
}

/// New clients, each of whom whoever made them reads in the answer.
async fn creating(table: &mut Table, caller: &Caller) -> anyhow::Result<()> {
    let made = measure(caller, 16, CREATE, new("many")).await?;
    table.at_least("clientCreate, 16 at once", 3_000.0, made.per_second(), "a second", &made.told());
    table.at_most("the same", 20.0, made.p(99), "ms p99", "");
    Ok(())
}

/// What others notice of sixteen searches at once that look through everything.
async fn crowd(table: &mut Table, caller: &Caller, other: &Caller) -> anyhow::Result<()> {
    let alone = measure(other, 1, CREATE, new("alone")).await?;
    let over = Arc::new(AtomicBool::new(false));
    // Two letters are too few for an index.
    let heavy = "query($search: String) { clients(first: 20, filter: { search: $search }) { nodes { email } } }";
    let searching: Vec<_> = (0..16)
        .map(|number| {
            let (caller, over) = (caller.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut answered, mut refused) = (0, 0);
                while !over.load(Ordering::Relaxed) {
                    match caller.ask(heavy, json!({ "search": format!("q{}", number % 10) })).await {
                        Ok(_) => answered += 1,
                        Err(_) => refused += 1,
                    }
                }
                (answered, refused)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let beside = measure(other, 1, CREATE, new("beside")).await?;
    over.store(true, Ordering::Relaxed);
    let (mut answered, mut refused) = (0, 0);
    for one in searching {
        let (fine, not) = one.await?;
        answered += fine;
        refused += not;
    }
    let more = format!(
        "{} ms without them; {answered} searches answered, {refused} refused",
        format_args!("{:.1}", alone.p(95)),
    );
    table.at_most("others' clientCreate beside 16 searches", 250.0, beside.p(95), "ms p95", &more);
    Ok(())
}

/// What was measured of one request, asked again and again.
struct Measured {
    /// Milliseconds, sorted.
    took: Vec<f64>,
    seconds: f64,
}

impl Measured {
    fn p(&self, percentile: usize) -> f64 {
        at(&self.took, percentile)
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn per_second(&self) -> f64 {
        self.took.len() as f64 / self.seconds
    }

    fn told(&self) -> String {
        let (p50, p95, p99) = (self.p(50), self.p(95), self.p(99));
        format!("{:.0} a second, p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms", self.per_second())
    }
}

/// Asks over so many connections for a while, each time with the variables of its number.
async fn measure(
    caller: &Caller,
    connections: usize,
    query: &str,
    variables: impl Fn(usize) -> Value,
) -> anyhow::Result<Measured> {
    // Once before, so that nothing is done for the first time.
    caller.ask(query, variables(usize::MAX / 16)).await?;
    let began = Instant::now();
    let asking = (0..connections).map(|connection| {
        let variables = &variables;
        async move {
            let mut took = Vec::new();
            for round in 0.. {
                if began.elapsed() > LONG {
                    break;
                }
                took.push(caller.ask(query, variables(round * connections + connection)).await?.0);
            }
            anyhow::Ok(took)
        }
    });
    let took = futures::future::try_join_all(asking).await?;
    let seconds = began.elapsed().as_secs_f64();
    let mut took = took.concat();
    took.sort_by(f64::total_cmp);
    took.first().context("something was measured")?;
    Ok(Measured { took, seconds })
}
