//! The main job, measured: from a file of clients to a report.

use super::doing::{as_demo, say};
use super::letters::SPRING;
use super::people::OWNER;
use super::stage::Stage;
use super::things::{self, find_group};
use crate::cli::{import, send};
use acts::Services;
use acts::mailings::{Every, New, Recipients};
use chrono::TimeDelta;
use domain::mailing::{InDoubt, Kind};
use domain::{Language, MailingId, Periodicity, RunId};
use projections::{Access, Cursor, reports, runs};
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;

/// The clients that come with the demo: a thousand, in three groups.
const CLIENTS: &str = include_str!("../../../demo/clients.csv");

/// How many they are.
pub(super) const SHIPPED: u32 = 1_000;

/// What came of it.
pub(super) struct Done {
    pub(super) mailing: MailingId,
    pub(super) run: RunId,
    pub(super) report: reports::Report,
    /// The groups that were written to.
    pub(super) groups: Vec<String>,
}

/// Imports as many clients, plans a mailing to them, and sees it through. `None`: it was stopped before it was done.
pub(super) async fn perform(stage: &Stage, recipients: u32, stop: &CancellationToken) -> anyhow::Result<Option<Done>> {
    let services = &stage.node.services;
    let groups = clients(stage, recipients).await?;
    let mailing = plan(stage, groups.clone()).await?;
    say(&format!("The mailing {mailing} is planned and its window is open: it starts by itself."));
    let Some(run) = first_run(services, mailing, stop).await? else { return Ok(None) };
    send::watch(&stage.node, run, stop).await?;
    let report = reports::get(services.pool(), Access::All, run).await?;
    let Some(report) = report else { return Ok(None) };
    say(&format!("\n{}", acts::mailings::reports::text(&report, report.language)));
    say(&numbers(&report));
    say(&format!("The mailbox has received {} letters.", stage.mailbox.count()));
    Ok(Some(Done { mailing, run, report, groups }))
}

/// Imports the clients and tells the groups to write to.
async fn clients(stage: &Stage, recipients: u32) -> anyhow::Result<Vec<String>> {
    let (csv, wanted) = if recipients == SHIPPED { shipped() } else { made_up(recipients) };
    say(&format!("Importing {recipients} clients ..."));
    let bar = import::progress_bar(csv.len() as u64);
    let (services, owner) = (&stage.node.services, stage.people.of(OWNER)?);
    let progress = |progress| import::show(&bar, progress);
    let bytes = csv.as_bytes();
    let report =
        acts::address_book::import::import(services, owner.owner(), bytes, &as_demo(), Language::En, progress).await?;
    bar.finish_and_clear();
    if let Some(position) = report.position {
        services.shown(position).await;
    }
    say(&format!("{} imported, {} were already there.", report.imported, report.already_there));
    let mut groups = Vec::with_capacity(wanted.len());
    for name in wanted {
        groups.extend(find_group(services, owner, &name).await?);
    }
    Ok(groups)
}

/// Writes a message with merge fields, and plans a mailing whose window is open.
async fn plan(stage: &Stage, groups: Vec<String>) -> anyhow::Result<MailingId> {
    let (services, owner) = (&stage.node.services, stage.people.of(OWNER)?);
    let message = things::letter(services, owner, SPRING).await?;
    let now = services.now();
    // One more each time, as each is measured.
    let new = New {
        name: "Spring catalogue".to_owned(),
        message: message.to_string(),
        recipients: Recipients { groups, ..Recipients::default() },
        starts_at: Ok(now),
        ends_at: Ok(now + TimeDelta::hours(1)),
        every: Every::Plain(Periodicity::Once),
        time_zone: None,
        in_doubt: InDoubt::Hold,
        relay: None,
        kind: Kind::Bulk,
        sender: None,
    };
    let (mailing, _) = acts::mailings::create(services, owner.owner(), None, new, &owner.metadata()).await?;
    Ok(mailing)
}

/// Waits for the run that starts by itself.
async fn first_run(services: &Services, mailing: MailingId, stop: &CancellationToken) -> anyhow::Result<Option<RunId>> {
    while !stop.is_cancelled() {
        if let Some((Cursor { id, .. }, _)) = runs::page(services.pool(), Access::All, mailing, None, 1).await?.pop() {
            return Ok(Some(RunId(id)));
        }
        tokio::time::sleep(send::LOOK).await;
    }
    Ok(None)
}

/// The shipped file, and the groups in it.
fn shipped() -> (String, Vec<String>) {
    (CLIENTS.to_owned(), ["Customers", "Partners", "Press"].map(str::to_owned).to_vec())
}

/// A file of as many clients, all in one group.
fn made_up(count: u32) -> (String, Vec<String>) {
    let group = format!("Demo {count}");
    let mut csv = String::from("email,full_name,comment,groups\n");
    for number in 1..=count {
        let _ = writeln!(csv, "demo.{count}.{number}@example.org,Reader {number},made up for the demo,{group}");
    }
    (csv, vec![group])
}

fn numbers(report: &reports::Report) -> String {
    let mut table = String::new();
    let totals = report.totals.0;
    for (name, number) in [
        ("planned", totals.planned),
        ("accepted", totals.accepted),
        ("rejected", totals.rejected),
        ("deferred", totals.deferred),
        ("unknown", totals.unknown),
        ("suppressed", totals.suppressed),
        ("expired", totals.expired),
        ("pending", totals.pending),
    ] {
        let _ = writeln!(table, "  {name:<12}{number:>10}");
    }
    let _ = write!(table, "  {:<12}{:>10.0}", "per second", report.per_second());
    table
}
