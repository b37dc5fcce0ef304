//! Clients, letters and mailings of the demo. Each is looked for first, so that the demo can be run again and again.

use super::doing::as_demo;
use super::people::Account;
use acts::Services;
use acts::letters::messages;
use acts::mailings::{self, Every, Recipients};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::mailing::{InDoubt, Kind};
use domain::{Language, MailingId, MessageId, Periodicity};
use projections::{Access, groups};

/// Imports a file into somebody's address book, and finds the group that it names.
pub(super) async fn group(services: &Services, of: &Account, csv: &str, name: &str) -> anyhow::Result<String> {
    if let Some(id) = find_group(services, of, name).await? {
        return Ok(id);
    }
    let bytes = csv.as_bytes();
    let imported =
        acts::address_book::import::import(services, of.owner(), bytes, &as_demo(), Language::En, |_| {}).await?;
    if let Some(position) = imported.position {
        services.shown(position).await;
    }
    find_group(services, of, name).await?.with_context(|| format!("the file makes no group {name}"))
}

/// Somebody's group of this name.
pub(super) async fn find_group(services: &Services, of: &Account, name: &str) -> anyhow::Result<Option<String>> {
    let found = groups::page(services.pool(), Access::Owner(of.id), Some(name), None, 100).await?;
    Ok(found.into_iter().find(|group| group.name == name).map(|group| group.id.to_string()))
}

/// A letter of the demo.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Letter {
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) html: Option<&'static str>,
    pub(super) shared: bool,
}

/// Somebody's letter with this subject.
pub(super) async fn letter(services: &Services, of: &Account, letter: Letter) -> anyhow::Result<MessageId> {
    let Letter { subject, text, html, shared } = letter;
    let filter = projections::messages::Filter::default();
    let own = projections::messages::page(services.pool(), Access::Owner(of.id), &filter, None, 1_000).await?;
    if let Some(found) = own.into_iter().find(|message| message.subject == subject) {
        return Ok(MessageId(found.id));
    }
    let html = html.map(str::to_owned);
    let new = messages::New { subject: subject.to_owned(), text: text.to_owned(), html, shared, ..Default::default() };
    let (id, receipt) = messages::create(services, of.owner().into(), None, new, &of.metadata()).await?;
    services.shown(receipt.position).await;
    Ok(id)
}

/// A mailing of the demo.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    pub(super) name: &'a str,
    pub(super) letter: MessageId,
    pub(super) groups: Vec<String>,
    pub(super) window: (DateTime<Utc>, DateTime<Utc>),
    pub(super) every: Periodicity,
    pub(super) relay: Option<&'a str>,
}

/// Somebody's mailing of this name, if they have planned it.
pub(super) async fn find_mailing(services: &Services, of: &Account, name: &str) -> anyhow::Result<Option<MailingId>> {
    let filter =
        projections::mailings::Filter { search: Some(name.to_owned()), now: services.now(), ..Default::default() };
    let found = projections::mailings::page(services.pool(), Access::Owner(of.id), &filter, None, 100).await?;
    let mut readable = found.into_iter().filter_map(|(_, mailing)| mailing.ok());
    Ok(readable.find(|mailing| mailing.name == name).map(|mailing| MailingId(mailing.id)))
}

/// Somebody's mailing of this name, and whether it was planned just now.
pub(super) async fn mailing(services: &Services, of: &Account, plan: Plan<'_>) -> anyhow::Result<(MailingId, bool)> {
    if let Some(found) = find_mailing(services, of, plan.name).await? {
        return Ok((found, false));
    }
    let new = mailings::New {
        name: plan.name.to_owned(),
        message: plan.letter.to_string(),
        recipients: Recipients { groups: plan.groups, ..Recipients::default() },
        starts_at: Ok(plan.window.0),
        ends_at: Ok(plan.window.1),
        every: Every::Plain(plan.every),
        time_zone: None,
        in_doubt: InDoubt::Hold,
        relay: plan.relay.map(str::to_owned),
        kind: Kind::Bulk,
        sender: None,
    };
    let (id, receipt) = mailings::create(services, of.owner(), None, new, &of.metadata()).await?;
    services.shown(receipt.position).await;
    Ok((id, true))
}
