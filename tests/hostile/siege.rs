//! The program under attack, and those who go on with their work.

use crate::support::TestDatabase;
use crate::support::database::Prepared;
use crate::support::http::{PASSWORD, address_of, open_account};
use crate::support::process::{Process, Program, skymailing};
use crate::support::service::{Service, in_flight, metadata};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use crate::support::visitor::Visitor;
use domain::{EmailAddress, FullName, GroupId, Role, client};
use eventstore::{Append, StoreError};
use serde_json::{Value, json};
use skymailing::wire::wall_clock;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The memory that the program may use, in bytes. A debug build at work takes a fifth of it.
const MEMORY: u64 = 512 * 1024 * 1024;

/// How many letters the run has: more than go out while any story lasts.
const LETTERS: usize = 10_000;

/// How many clients are added in one append.
const CHUNK: usize = 5_000;

/// How long the mail server thinks about each letter, so that the run lasts, and leaves the processors to those who attack: what is
/// looked at is whether letters go out, and not how many.
pub(super) const THOUGHT: Duration = Duration::from_millis(60);

/// How many letters have to go out before and after an attack.
const SIGNS_OF_LIFE: usize = 20;

/// How long the bystander rests between two requests.
const REST: Duration = Duration::from_millis(40);

/// Somebody with clients of their own who has nothing to do with the attack.
pub(super) const BYSTANDER: &str = "Bystander";

/// Somebody with an account who attacks.
pub(super) const ATTACKER: &str = "Attacker";

/// An administrator.
pub(super) const ADMINISTRATOR: &str = "Ann";

/// The program in the middle of a run, and everybody around it.
pub(super) struct Siege {
    pub(super) process: Process,
    pub(super) server: SmtpServer,
    pub(super) database: TestDatabase,
    /// Where the program serves; ends with a slash.
    pub(super) url: String,
    /// What is printed before each figure.
    name: &'static str,
    /// How long the bystander waited for each answer.
    latencies: Vec<Duration>,
}

impl Siege {
    /// The program with the settings of all stories, in the middle of a run. `name` says what is printed about it.
    pub(super) async fn laid(name: &'static str) -> Self {
        Self::laid_with(name, |program| program).await
    }

    /// The same with other settings, or other limits.
    pub(super) async fn laid_with(name: &'static str, change: impl FnOnce(Program) -> Program) -> Self {
        let (database, server) =
            (Prepared::copy(&RUN_TO_COME, a_run_to_come).await, SmtpServer::start(Offers::default()).await);
        server.play(|turn| match turn {
            Turn::Body(_) => Act::After(THOUGHT),
            _ => Act::Usual,
        });
        let program = skymailing(&["serve"])
            .through(&["prlimit", &format!("--data={MEMORY}"), "--"])
            .set("DATABASE_URL", &database.url)
            .set("SMTP_URL", format!("smtp://{}", server.address()));
        let mut process = change(program).start();
        let url = process.serves().await;
        server.wait_for(SIGNS_OF_LIFE).await;
        Self { process, server, database, url, name, latencies: Vec::new() }
    }

    /// Somebody who is not signed in.
    pub(super) fn anonymous(&self) -> Visitor {
        Visitor::of(&self.url)
    }

    /// [`ATTACKER`], [`ADMINISTRATOR`] or [`BYSTANDER`], signed in.
    pub(super) async fn signed_in(&self, name: &str) -> Visitor {
        let mut visitor = self.anonymous();
        visitor.logs_in(&address_of(name), PASSWORD).await;
        visitor
    }

    /// Attacks, while the bystander goes on with their work.
    pub(super) async fn under<T>(&mut self, attack: impl AsyncFnOnce(&Self) -> T) -> T {
        let bystander = Bystander::at_work(self.signed_in(BYSTANDER).await);
        let (before, began) = (self.server.count(), Instant::now());
        let outcome = attack(self).await;
        let (during, took) = (self.server.count() - before, began.elapsed());
        // Whatever was done to it, letters go out and the bystander is served.
        self.server.wait_for(before + during + SIGNS_OF_LIFE).await;
        self.latencies.extend(bystander.rests().await);
        let rate = f64::from(u32::try_from(during).unwrap_or(u32::MAX)) / took.as_secs_f64();
        say(&format!("{}: {during} letters in {took:.1?} of attack, {rate:.0} a second", self.name));
        outcome
    }

    /// What has to be true after any attack.
    pub(super) async fn withstood(mut self) {
        assert!(self.process.is_running(), "the process lives");
        let peak = peak(self.process.pid());
        self.latencies.sort_unstable();
        let at = |share: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let place = ((self.latencies.len() - 1) as f64 * share) as usize;
            self.latencies[place]
        };
        say(&format!(
            "{}: the bystander was answered {} times, p50 {:.1?}, p99 {:.1?}, worst {:.1?}; memory at most {peak} MiB",
            self.name,
            self.latencies.len(),
            at(0.5),
            at(0.99),
            at(1.0),
        ));
        assert!(peak * 1024 * 1024 < MEMORY, "{peak} MiB");

        self.process.signal("TERM");
        let ended = self.process.ends().await;

        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(in_flight(&self.database.pool).await, 0, "no letter is in doubt");
        let query = "select count(*) from deliveries where outcome = 'unknown'";
        let unknown: i64 =
            sqlx::query_scalar(query).fetch_one(&self.database.pool).await.expect("there are deliveries");
        assert_eq!(unknown, 0, "no letter is unknown");
        assert_eq!(self.server.count(), self.server.accepted_recipients().len(), "nobody gets two letters");
    }
}

/// Somebody who reads and writes, and expects to be served.
struct Bystander {
    task: JoinHandle<Vec<Duration>>,
    stop: CancellationToken,
}

impl Bystander {
    fn at_work(visitor: Visitor) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut latencies = Vec::new();
            for number in 0_u64.. {
                let asked = Instant::now();
                if number.is_multiple_of(10) {
                    let input = json!({ "name": format!("Group {}", Uuid::now_v7()) });
                    visitor.does("groupCreate", input, "group { id }").await;
                } else {
                    let answer =
                        visitor.ask("{ viewer { email } groups(first: 5) { nodes { name } } }", json!({})).await;
                    assert_eq!(answer["viewer"]["email"], Value::from(address_of(BYSTANDER)));
                }
                latencies.push(asked.elapsed());
                tokio::select! {
                    () = tokio::time::sleep(REST) => {}
                    () = stopped.cancelled() => break,
                }
            }
            latencies
        });
        Self { task, stop }
    }

    /// Finishes what is under way. How long each request took.
    async fn rests(self) -> Vec<Duration> {
        self.stop.cancel();
        self.task.await.expect("every request of the bystander was answered rightly")
    }
}

static RUN_TO_COME: OnceCell<Prepared> = OnceCell::const_new();

/// A database with accounts and a mailing that is due.
async fn a_run_to_come() -> TestDatabase {
    let mut service = Service::start().await;
    service.clock.advance(wall_clock().now() - service.clock.now());
    open_account(&service.node.services, "Writer", &[]).await;
    open_account(&service.node.services, BYSTANDER, &[]).await;
    open_account(&service.node.services, ATTACKER, &[]).await;
    open_account(&service.node.services, ADMINISTRATOR, &[Role::Administrator]).await;
    service.owner = open_account(&service.node.services, "Owner", &[]).await;
    let group = service.group("Everybody").await;
    clients(&service, group).await.expect("clients are added");
    service.node.caught_up(&CancellationToken::new()).await.expect("the read models follow");
    service.mailing(group).await;
    let Service { node, database, .. } = service;
    node.close().await.expect("it was there only to write the plan");
    database
}

async fn clients(service: &Service, group: GroupId) -> Result<(), StoreError> {
    for first in (0..LETTERS).step_by(CHUNK) {
        let added = (first..first + CHUNK).map(|number| {
            let added = client::Event::Added {
                owner: service.owner,
                email: EmailAddress::parse(&format!("client{number}@example.org")).expect("an address"),
                full_name: FullName::parse(&format!("Client {number}")).expect("a name"),
                first_name: FullName::default(),
                last_name: FullName::default(),
                comment: String::new(),
                groups: BTreeSet::from([group]),
                fields: client::Fields::new(),
                source: Some(client::Source::Person),
            };
            Append::begin::<client::Client>(Uuid::now_v7(), vec![added])
        });
        let appends = added.collect::<Result<Vec<_>, _>>()?;
        service.node.services.store.append(&appends, &metadata()).await.expect("clients are added");
    }
    Ok(())
}

/// The most memory that a process has used, in MiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") / 1024
}

/// Prints a line, also when output is captured.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "hostile: {line}");
}
