//! When a mailing runs, and to whom it goes: as it is asked for, and as it is told.

use crate::failure::Failure;
use crate::graphql::address_book::client::{Client, texts};
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::tables::ClientKey;
use acts::mailings::{Every, Recipients};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::MailingId;
use projections::{groups, mailings};

/// How often a mailing runs inside its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum PeriodicityKind {
    /// The mailing runs when its window opens, and never again.
    Once,
    /// The mailing runs when its window opens, then every day at the same local time in the mailing's time zone. If the
    /// clocks skip that time on a day, it runs as soon as the gap is over; if they show it twice, it runs the first
    /// time.
    Daily,
    /// The mailing runs when its window opens, then every week on the same weekday at the same local time in the
    /// mailing's time zone. When clocks change, it runs as with `DAILY`.
    Weekly,
    /// The mailing runs when its window opens, then every month on the same day at the same local time in the mailing's
    /// time zone, or on the month's last day where the month is shorter. When clocks change, it runs as with `DAILY`.
    Monthly,
    /// The mailing runs at the local times in the mailing's time zone that a cron expression names, and not at the
    /// opening of the window as such. When clocks change, it runs as with `DAILY`.
    Cron,
}

/// How often a mailing runs inside its window. Each moment in the window at which the mailing is to run is an
/// occurrence.
#[derive(SimpleObject)]
pub(super) struct Periodicity {
    /// The kind of periodicity.
    kind: PeriodicityKind,
    /// The cron expression (POSIX.1, `crontab`), in five fields: minute, hour, day of month, month, day of week. Null
    /// unless the kind is `CRON`.
    cron: Option<String>,
}

impl From<&domain::Periodicity> for Periodicity {
    fn from(periodicity: &domain::Periodicity) -> Self {
        let (kind, cron) = match periodicity {
            domain::Periodicity::Once => (PeriodicityKind::Once, None),
            domain::Periodicity::Daily => (PeriodicityKind::Daily, None),
            domain::Periodicity::Weekly => (PeriodicityKind::Weekly, None),
            domain::Periodicity::Monthly => (PeriodicityKind::Monthly, None),
            domain::Periodicity::Cron(expression) => (PeriodicityKind::Cron, Some(expression.to_string())),
        };
        Self { kind, cron }
    }
}

/// How often a mailing runs inside its window.
#[derive(InputObject)]
pub(super) struct PeriodicityInput {
    /// The kind of periodicity.
    kind: PeriodicityKind,
    /// The cron expression (POSIX.1, `crontab`), in five fields: minute, hour, day of month, month, day of week, as in
    /// `0 9 * * 1`; at most 200 characters (`CRON_INVALID`, `CRON_TOO_LONG`, `CRON_NEVER_FIRES`). It is needed with the
    /// kind `CRON`, and null or left out with any other (`CRON_UNEXPECTED`).
    cron: Option<String>,
}

impl From<PeriodicityInput> for Every {
    fn from(input: PeriodicityInput) -> Self {
        let plain = match (input.kind, input.cron) {
            (PeriodicityKind::Cron, cron) => return Self::Cron(cron.unwrap_or_default()),
            (_, Some(_)) => return Self::Contradiction,
            (PeriodicityKind::Once, None) => domain::Periodicity::Once,
            (PeriodicityKind::Daily, None) => domain::Periodicity::Daily,
            (PeriodicityKind::Weekly, None) => domain::Periodicity::Weekly,
            (PeriodicityKind::Monthly, None) => domain::Periodicity::Monthly,
        };
        Self::Plain(plain)
    }
}

/// The recipients of a mailing: single clients and whole groups. Each client gets one letter, however often they are
/// named.
#[derive(Description)]
pub(super) struct Audience(pub(super) MailingId);

#[Object(use_type_description)]
impl Audience {
    /// The clients who are named one by one. Null only if they could not be read; then the top-level `errors` say why.
    async fn clients(&self, context: &Context<'_>) -> Result<Option<Vec<Client>>, Failure> {
        let ids = mailings::audience_clients(context.pool(), self.0).await?;
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let mut rows = context.tables().load_many(ids.iter().copied().map(ClientKey)).await?;
        Ok(Some(ids.iter().filter_map(|id| rows.remove(&ClientKey(*id))).map(Client).collect()))
    }

    /// The groups whose clients get the letter: everybody who belongs to one of them when a run starts. Null only if
    /// they could not be read; then the top-level `errors` say why.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let access = context.viewer()?.reads();
        let ids = mailings::audience_groups(context.pool(), self.0).await?;
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let mut rows = groups::by_ids(context.pool(), access, &ids).await?;
        rows.sort_by_key(|row| (row.created_at, row.id));
        Ok(Some(rows.into_iter().map(Group).collect()))
    }

    /// How many clients a run would have that started now. A client who is named twice, or belongs to several of the
    /// groups, is counted once. Two clients whose addresses lead to the same mailbox are counted twice, although only
    /// one of them gets the letter. Null only if it could not be read; then the top-level `errors` say why.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        let access = context.viewer()?.reads();
        let (audience, now) = (mailings::audience_of(context.pool(), self.0).await?, context.services().now());
        Ok(Some(int(mailings::audience_size(context.pool(), access, &audience, now).await?)))
    }
}

/// The recipients of a mailing: single clients and whole groups. Each client gets one letter, however often they are
/// named.
#[derive(InputObject)]
pub(super) struct AudienceInput {
    /// The ids of single clients of yours, at most 5,000 (`TOO_MANY_CLIENTS`). If an id is not that of a client of
    /// yours, the whole request is refused (`NOT_FOUND`). Null or left out for none.
    client_ids: Option<Vec<ID>>,
    /// The ids of groups of yours, at most 5,000 (`TOO_MANY_GROUPS`), whose clients get the letter as they are when a
    /// run starts. If an id is not that of a group of yours, the whole request is refused (`NOT_FOUND`). Null or left
    /// out for none.
    group_ids: Option<Vec<ID>>,
}

impl From<AudienceInput> for Recipients {
    fn from(input: AudienceInput) -> Self {
        Self {
            clients: texts(input.client_ids.unwrap_or_default()),
            groups: texts(input.group_ids.unwrap_or_default()),
            ..Self::default()
        }
    }
}
