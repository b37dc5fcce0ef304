//! When a mailing runs, and to whom it goes: as it is asked for, and as it is told.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::address_book::group::Group;
use crate::graphql::address_book::segment::{self, Segment};
use crate::graphql::kit::arguments::texts;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::tables::ClientKey;
use crate::graphql::mailings::mailing::Mailing;
use acts::mailings::{Every, LeftOut, Recipients};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::mailing::Less;
use domain::{MailingId, SegmentId, UserId};
use projections::{Access, groups, mailings};
use uuid::Uuid;

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

/// The recipients of a mailing: single clients, whole groups and segments, less those who are left out. Each client gets one
/// letter, however often they are named.
#[derive(Description)]
pub(super) struct Audience {
    pub(super) mailing: MailingId,
    /// Whose clients they are: whoever sees the mailing sees these.
    pub(super) owner: UserId,
}

#[Object(use_type_description)]
impl Audience {
    /// The clients who are named one by one. Null only if they could not be read; then the top-level `errors` say why.
    async fn clients(&self, context: &Context<'_>) -> Result<Option<Vec<Client>>, Failure> {
        let ids = mailings::audience_clients(context.pool(), self.mailing).await?;
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
        let ids = mailings::audience_groups(context.pool(), self.mailing).await?;
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let mut rows = groups::by_ids(context.pool(), access, &ids).await?;
        rows.sort_by_key(|row| (row.created_at, row.id));
        Ok(Some(rows.into_iter().map(Group).collect()))
    }

    /// The segments whose clients get the letter: everybody who is in one of them when a run starts. A deleted one, which keeps the
    /// mailing from starting, is not in the list. Null only if they could not be read; then the top-level `errors` say why.
    async fn segments(&self, context: &Context<'_>) -> Result<Option<Vec<Segment>>, Failure> {
        let access = context.viewer()?.reads();
        let ids = mailings::audience_segments(context.pool(), self.mailing).await?;
        segment::all(context, access, ids.into_iter().map(SegmentId).collect()).await
    }

    /// Who gets no letter although they are named. Null only if it could not be read; then the top-level `errors` say why.
    async fn less(&self, context: &Context<'_>) -> Result<Option<AudienceLess>, Failure> {
        Ok(Some(AudienceLess(mailings::audience_less(context.pool(), self.mailing).await?)))
    }

    /// How many clients a run would have that started now. A client who is named twice, or belongs to several of the
    /// groups and segments, is counted once, and who is left out is not counted. Two clients whose addresses lead to the same mailbox are
    /// counted twice, although only one of them gets the letter. Null only if it could not be read; then the top-level `errors` say why.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        let audience = mailings::audience_of(context.pool(), self.mailing).await?;
        let (access, now) = (Access::Owner(self.owner), context.services().now());
        Ok(Some(int(mailings::audience_size(context.pool(), access, &audience, now).await?)))
    }
}

/// Who is left out of the recipients of a mailing, whatever brought them among these.
#[derive(Description)]
pub(super) struct AudienceLess(Less);

#[Object(use_type_description)]
impl AudienceLess {
    /// The groups whose clients get no letter: everybody who belongs to one of them when a run starts. A deleted one, which keeps the
    /// mailing from starting, is not in the list. Null only if they could not be read; then the top-level `errors` say why.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let access = context.viewer()?.reads();
        let ids: Vec<Uuid> = self.0.groups.iter().map(|group| group.0).collect();
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let mut rows = groups::by_ids(context.pool(), access, &ids).await?;
        rows.sort_by_key(|row| (row.created_at, row.id));
        Ok(Some(rows.into_iter().map(Group).collect()))
    }

    /// The segments whose clients get no letter: everybody who is in one of them when a run starts. A deleted one, which keeps the
    /// mailing from starting, is not in the list. Null only if they could not be read; then the top-level `errors` say why.
    async fn segments(&self, context: &Context<'_>) -> Result<Option<Vec<Segment>>, Failure> {
        let access = context.viewer()?.reads();
        segment::all(context, access, self.0.segments.iter().copied().collect()).await
    }

    /// The mailings whose recipients get no letter, also deleted ones: everybody whom one of their runs has sent a letter, may have sent
    /// one, or is about to. Whose letter was refused for good, given up or never sent is not left out. Null only if they could not be
    /// read; then the top-level `errors` say why.
    async fn mailings(&self, context: &Context<'_>) -> Result<Option<Vec<Mailing>>, Failure> {
        let access = context.viewer()?.reads();
        let ids: Vec<Uuid> = self.0.mailings.iter().map(|mailing| mailing.0).collect();
        if !context.has_room_for(ids.len()) {
            return Ok(None);
        }
        let rows = mailings::by_ids(context.pool(), access, &ids).await?;
        let mut rows: Vec<mailings::Mailing> = rows.into_iter().filter_map(|(_, row)| context.shown(row)).collect();
        rows.sort_by_key(|row| (row.created_at, row.id));
        Ok(Some(rows.into_iter().map(Mailing).collect()))
    }
}

/// The recipients of a mailing: single clients, whole groups and segments, less those who are left out. Each client gets one letter,
/// however often they are named.
#[derive(InputObject)]
pub(super) struct AudienceInput {
    /// The ids of single clients of yours, at most 5,000 (`TOO_MANY_CLIENTS`). If an id is not that of a client of
    /// yours, the whole request is refused (`NOT_FOUND`). Null or left out for none.
    client_ids: Option<Vec<ID>>,
    /// The ids of groups of yours, at most 5,000 (`TOO_MANY_GROUPS`), whose clients get the letter as they are when a
    /// run starts. If an id is not that of a group of yours, the whole request is refused (`NOT_FOUND`). Null or left
    /// out for none.
    group_ids: Option<Vec<ID>>,
    /// The ids of segments of yours, at most 5,000 (`TOO_MANY_SEGMENTS`): whoever is in one of them when a run starts gets the letter. If
    /// an id is not that of a segment of yours, the whole request is refused (`SEGMENT_NOT_FOUND`). Null or left out for none.
    segment_ids: Option<Vec<ID>>,
    /// Who gets no letter although they are named; null or left out for nobody.
    less: Option<AudienceLessInput>,
}

/// Who is left out of the recipients of a mailing, whatever brought them among these.
#[expect(clippy::struct_field_names, reason = "inputs name objects by their ids")]
#[derive(Default, InputObject)]
pub(super) struct AudienceLessInput {
    /// The ids of groups of yours, at most 5,000 (`TOO_MANY_GROUPS`): whoever belongs to one of them when a run starts gets no letter. If
    /// an id is not that of a group of yours, the whole request is refused (`NOT_FOUND`). Null or left out for none.
    group_ids: Option<Vec<ID>>,
    /// The ids of segments of yours, at most 5,000 (`TOO_MANY_SEGMENTS`): whoever is in one of them when a run starts gets no letter. If
    /// an id is not that of a segment of yours, the whole request is refused (`SEGMENT_NOT_FOUND`). Null or left out for none.
    segment_ids: Option<Vec<ID>>,
    /// The ids of mailings of yours, at most 5,000 (`TOO_MANY_MAILINGS`): whom one of their runs has sent a letter by the time at which a
    /// run of this one starts, or may have sent one, or is about to, gets none. If an id is not that of a mailing of yours, or it is
    /// deleted, the whole request is refused (`NOT_FOUND`). Null or left out for none.
    mailing_ids: Option<Vec<ID>>,
}

impl From<AudienceInput> for Recipients {
    fn from(input: AudienceInput) -> Self {
        let ids = |ids: Option<Vec<ID>>| texts(ids.unwrap_or_default());
        let less = input.less.unwrap_or_default();
        Self {
            clients: ids(input.client_ids),
            groups: ids(input.group_ids),
            segments: ids(input.segment_ids),
            less: LeftOut {
                groups: ids(less.group_ids),
                segments: ids(less.segment_ids),
                mailings: ids(less.mailing_ids),
            },
        }
    }
}
