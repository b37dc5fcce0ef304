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
    /// When the window opens, and never again.
    Once,
    /// When the window opens, then every day at the same local time.
    Daily,
    /// When the window opens, then every week on the same weekday at the same local time.
    Weekly,
    /// When the window opens, then every month on the same day, or on the month's last one where it is shorter.
    Monthly,
    /// At the local times that an expression names.
    Cron,
}

/// How often a mailing runs inside its window.
#[derive(SimpleObject)]
pub(super) struct Periodicity {
    kind: PeriodicityKind,
    /// Minute, hour, day of month, month, day of week; only with the kind `CRON`.
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

#[derive(InputObject)]
pub(super) struct PeriodicityInput {
    kind: PeriodicityKind,
    /// Minute, hour, day of month, month, day of week, as in `0 9 * * 1`; with the kind `CRON`.
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

/// Who gets the letter: single clients and whole groups, each client once.
#[derive(Description)]
pub(super) struct Audience(pub(super) MailingId);

#[Object(use_type_description)]
impl Audience {
    /// The single clients.
    async fn clients(&self, context: &Context<'_>) -> Result<Option<Vec<Client>>, Failure> {
        let ids = mailings::audience_clients(context.pool(), self.0).await?;
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let mut rows = context.tables().load_many(ids.iter().copied().map(ClientKey)).await?;
        Ok(Some(ids.iter().filter_map(|id| rows.remove(&ClientKey(*id))).map(Client).collect()))
    }

    /// The groups: everybody who belongs to them when a run starts.
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

    /// How many letters a run would have that started now.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        let access = context.viewer()?.reads();
        let clients = mailings::audience_clients(context.pool(), self.0).await?;
        let groups = mailings::audience_groups(context.pool(), self.0).await?;
        Ok(Some(int(mailings::audience_size(context.pool(), access, &clients, &groups).await?)))
    }
}

/// Who gets the letter. Everybody gets one, however often they are named.
#[derive(InputObject)]
pub(super) struct AudienceInput {
    /// Single clients.
    client_ids: Option<Vec<ID>>,
    /// Whole groups, as they are when a run starts.
    group_ids: Option<Vec<ID>>,
}

impl From<AudienceInput> for Recipients {
    fn from(input: AudienceInput) -> Self {
        Self {
            clients: texts(input.client_ids.unwrap_or_default()),
            groups: texts(input.group_ids.unwrap_or_default()),
        }
    }
}
