//! Rows by their ids, gathered: one statement per table however many rows of an answer ask for one.
//!
//! Made per request: what one user may see must not be remembered for another.

use crate::failure::Failure;
use crate::graphql::kit::room::Letters;
use acts::who::Viewer;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::client::Source;
use domain::suppression::Reason;
use domain::{MailingId, UserId};
use projections::clients::ConsentRow;
use projections::deliveries::{Attempt, Delivery, Suppressed};
use projections::feedback::{self, Counts, Report};
use projections::messages::{Readers, Revision};
use projections::senders::domains::{self, Grant, Key};
use projections::suppressions::guard::{self, Asked};
use projections::{
    Access, Cursor, Listed, Read, articles, clients, custom_fields, deliveries, groups, mailings, messages, runs,
    senders, users,
};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The tables, as one viewer may read them.
pub(crate) struct Tables {
    pool: PgPool,
    reads: Option<Access>,
    readers: Option<Readers>,
    letters: Arc<Letters>,
}

/// A loader for one request.
pub(crate) fn tables(pool: &PgPool, viewer: Option<&Viewer>, letters: &Arc<Letters>) -> DataLoader<Tables> {
    let (reads, readers) = (viewer.map(Viewer::reads), viewer.map(Viewer::letters));
    let tables = Tables { pool: pool.clone(), reads, readers, letters: Arc::clone(letters) };
    DataLoader::new(tables, tokio::spawn)
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident($($part:ty),+)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) struct $name($(pub(crate) $part),+);
    };
}

key! {
    /// A user. Whoever asks has been allowed to see what names them.
    UserKey(Uuid)
}
key! {
    /// A client, also a deleted one.
    ClientKey(Uuid)
}
key! {
    /// The groups of a client.
    GroupsOf(Uuid)
}
key! {
    /// The custom fields of an owner. Whoever asks has been allowed to see a client of theirs.
    FieldsOf(Uuid)
}
key! {
    /// What a client has agreed to.
    ConsentsOf(Uuid)
}
key! {
    /// How a client came into the address book.
    SourceOf(Uuid)
}
key! {
    /// A group, unless it is deleted.
    GroupKey(Uuid)
}
key! {
    /// How many clients belong to a group.
    SizeOf(Uuid)
}
key! {
    /// A message that the viewer may read, also a deleted one.
    MessageKey(Uuid)
}
key! {
    /// A revision of a message that has been read.
    RevisionKey(Uuid, i32)
}
key! {
    /// A mailing, also a deleted one.
    MailingKey(Uuid)
}
key! {
    /// The body of an article that has been read.
    BodyOf(Uuid)
}
key! {
    /// The HTML of an article that has been read.
    HtmlOf(Uuid)
}
key! {
    /// A run.
    RunKey(Uuid)
}
key! {
    /// The first page of a mailing's runs, and how many rows of it are read.
    RunsOf(Uuid, i64)
}
key! {
    /// A sender, also a deleted one.
    SenderKey(Uuid)
}
key! {
    /// The keys of a domain whose letters are signed. Whoever asks has been allowed to see it.
    KeysOf(Uuid)
}
key! {
    /// The owners to whom such a domain is granted.
    GrantsOf(Uuid)
}
key! {
    /// How many deliveries of a run were suppressed for which cause.
    SuppressedOf(Uuid)
}
key! {
    /// The attempts of a delivery: its run and its place there.
    AttemptsOf(Uuid, i32)
}

key! {
    /// A delivery: its run and its place there.
    DeliveryKey(Uuid, i32)
}
key! {
    /// What was reported of a delivery that has been read: its run and its place there.
    ReportsOf(Uuid, i32)
}
key! {
    /// How many letters of a run that has been read came back.
    FeedbackOf(Uuid)
}
key! {
    /// How many letters of a mailing that has been read came back, and how many mail servers took.
    FeedbackOfMailing(Uuid)
}

/// A mailbox that a run, which has been read, still wants to write to: the run, and the mailbox as addresses are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WithheldFrom(pub(crate) Uuid, pub(crate) String);

/// Custom fields. Every client of a list is shown with them.
type Defined = Vec<Arc<custom_fields::CustomField>>;

impl Tables {
    /// Room for letters that are read.
    pub(crate) fn letters(&self) -> &Letters {
        &self.letters
    }
}

impl Loader<UserKey> for Tables {
    type Value = Read<users::User>;
    type Error = Failure;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, Read<users::User>>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = users::by_ids(&self.pool, &ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (UserKey(id), row)).collect())
    }
}

impl Loader<ClientKey> for Tables {
    type Value = clients::Client;
    type Error = Failure;

    async fn load(&self, keys: &[ClientKey]) -> Result<HashMap<ClientKey, clients::Client>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = clients::by_ids(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|row| (ClientKey(row.id), row)).collect())
    }
}

impl Loader<GroupsOf> for Tables {
    type Value = Vec<groups::Group>;
    type Error = Failure;

    async fn load(&self, keys: &[GroupsOf]) -> Result<HashMap<GroupsOf, Vec<groups::Group>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let clients: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let pairs = clients::groups_of(&self.pool, &clients).await?;
        let mut ids: Vec<Uuid> = pairs.iter().map(|(_, group)| *group).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = groups::by_ids(&self.pool, access, &ids).await?;
        let rows: HashMap<Uuid, groups::Group> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut found: HashMap<GroupsOf, Vec<groups::Group>> = HashMap::new();
        for (client, group) in pairs {
            found.entry(GroupsOf(client)).or_default().extend(rows.get(&group).cloned());
        }
        Ok(found)
    }
}

impl Loader<ConsentsOf> for Tables {
    type Value = Vec<ConsentRow>;
    type Error = Failure;

    async fn load(&self, keys: &[ConsentsOf]) -> Result<HashMap<ConsentsOf, Vec<ConsentRow>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<ConsentsOf, Vec<ConsentRow>> = HashMap::new();
        for row in clients::consents(&self.pool, access, &ids).await? {
            found.entry(ConsentsOf(row.client_id)).or_default().push(row);
        }
        Ok(found)
    }
}

impl Loader<SourceOf> for Tables {
    type Value = Read<Source>;
    type Error = Failure;

    async fn load(&self, keys: &[SourceOf]) -> Result<HashMap<SourceOf, Read<Source>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = clients::sources(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|(id, read)| (SourceOf(id), read)).collect())
    }
}

impl Loader<GroupKey> for Tables {
    type Value = groups::Group;
    type Error = Failure;

    async fn load(&self, keys: &[GroupKey]) -> Result<HashMap<GroupKey, groups::Group>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = groups::by_ids(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|row| (GroupKey(row.id), row)).collect())
    }
}

impl Loader<FieldsOf> for Tables {
    type Value = Defined;
    type Error = Failure;

    async fn load(&self, keys: &[FieldsOf]) -> Result<HashMap<FieldsOf, Defined>, Failure> {
        let owners: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<FieldsOf, Defined> = HashMap::new();
        for field in custom_fields::of_owners(&self.pool, &owners).await? {
            found.entry(FieldsOf(field.owner_id)).or_default().push(Arc::new(field));
        }
        Ok(found)
    }
}

impl Loader<SizeOf> for Tables {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[SizeOf]) -> Result<HashMap<SizeOf, i64>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let sizes = groups::sizes(&self.pool, &ids).await?;
        Ok(sizes.into_iter().map(|(id, size)| (SizeOf(id), size)).collect())
    }
}

impl Loader<MessageKey> for Tables {
    type Value = messages::Message;
    type Error = Failure;

    async fn load(&self, keys: &[MessageKey]) -> Result<HashMap<MessageKey, messages::Message>, Failure> {
        let Some(readers) = self.readers else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = messages::by_ids(&self.pool, readers, &ids).await?;
        Ok(rows.into_iter().map(|row| (MessageKey(row.id), row)).collect())
    }
}

impl Loader<RevisionKey> for Tables {
    // Everybody who waits for it gets one at the same moment, and letters are long.
    type Value = Arc<Revision>;
    type Error = Failure;

    async fn load(&self, keys: &[RevisionKey]) -> Result<HashMap<RevisionKey, Arc<Revision>>, Failure> {
        let (ids, numbers): (Vec<Uuid>, Vec<i32>) = keys.iter().map(|key| (key.0, key.1)).unzip();
        if !self.letters.take(messages::size_of(&self.pool, &ids, &numbers).await?).await {
            return Ok(HashMap::new());
        }
        let rows = messages::revisions_of(&self.pool, &ids, &numbers).await?;
        Ok(rows.into_iter().map(|row| (RevisionKey(row.message_id, row.revision), Arc::new(row))).collect())
    }
}

impl Loader<BodyOf> for Tables {
    type Value = String;
    type Error = Failure;

    async fn load(&self, keys: &[BodyOf]) -> Result<HashMap<BodyOf, String>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = articles::bodies(&self.pool, &ids).await?;
        Ok(rows.into_iter().map(|(id, body)| (BodyOf(id), body)).collect())
    }
}

impl Loader<HtmlOf> for Tables {
    type Value = String;
    type Error = Failure;

    async fn load(&self, keys: &[HtmlOf]) -> Result<HashMap<HtmlOf, String>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = articles::html(&self.pool, &ids).await?;
        Ok(rows.into_iter().map(|(id, html)| (HtmlOf(id), html)).collect())
    }
}

impl Loader<MailingKey> for Tables {
    type Value = Read<mailings::Mailing>;
    type Error = Failure;

    async fn load(&self, keys: &[MailingKey]) -> Result<HashMap<MailingKey, Read<mailings::Mailing>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = mailings::by_ids(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (MailingKey(id), row)).collect())
    }
}

impl Loader<RunKey> for Tables {
    type Value = Read<runs::Run>;
    type Error = Failure;

    async fn load(&self, keys: &[RunKey]) -> Result<HashMap<RunKey, Read<runs::Run>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = runs::by_ids(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (RunKey(id), row)).collect())
    }
}

impl Loader<RunsOf> for Tables {
    type Value = Listed<Cursor, runs::Run>;
    type Error = Failure;

    async fn load(&self, keys: &[RunsOf]) -> Result<HashMap<RunsOf, Listed<Cursor, runs::Run>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        // Pages of a list are all as long as each other, unless it is asked for twice.
        let mut lengths: HashMap<i64, Vec<Uuid>> = HashMap::new();
        for RunsOf(mailing, limit) in keys {
            lengths.entry(*limit).or_default().push(*mailing);
        }
        let mut found = HashMap::new();
        for (limit, mailings) in lengths {
            let pages = runs::first_pages(&self.pool, access, &mailings, limit).await?;
            found.extend(pages.into_iter().map(|(mailing, page)| (RunsOf(mailing, limit), page)));
        }
        Ok(found)
    }
}

impl Loader<SenderKey> for Tables {
    type Value = senders::Sender;
    type Error = Failure;

    async fn load(&self, keys: &[SenderKey]) -> Result<HashMap<SenderKey, senders::Sender>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = senders::by_ids(&self.pool, access, &ids).await?;
        Ok(rows.into_iter().map(|row| (SenderKey(row.id), row)).collect())
    }
}

impl Loader<KeysOf> for Tables {
    type Value = Vec<Read<Key>>;
    type Error = Failure;

    async fn load(&self, keys: &[KeysOf]) -> Result<HashMap<KeysOf, Vec<Read<Key>>>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<KeysOf, Vec<Read<Key>>> = HashMap::new();
        for (domain, key) in domains::keys(&self.pool, &ids).await? {
            found.entry(KeysOf(domain)).or_default().push(key);
        }
        Ok(found)
    }
}

impl Loader<GrantsOf> for Tables {
    type Value = Vec<Grant>;
    type Error = Failure;

    async fn load(&self, keys: &[GrantsOf]) -> Result<HashMap<GrantsOf, Vec<Grant>>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<GrantsOf, Vec<Grant>> = HashMap::new();
        for grant in domains::grants(&self.pool, &ids).await? {
            found.entry(GrantsOf(grant.domain_id)).or_default().push(grant);
        }
        Ok(found)
    }
}

impl Loader<SuppressedOf> for Tables {
    type Value = Vec<(Suppressed, i64)>;
    type Error = Failure;

    async fn load(&self, keys: &[SuppressedOf]) -> Result<HashMap<SuppressedOf, Vec<(Suppressed, i64)>>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<SuppressedOf, Vec<(Suppressed, i64)>> = HashMap::new();
        for (run, cause, deliveries) in runs::suppressed_by(&self.pool, &ids).await? {
            found.entry(SuppressedOf(run)).or_default().push((cause, deliveries));
        }
        Ok(found)
    }
}

impl Loader<WithheldFrom> for Tables {
    type Value = Reason;
    type Error = Failure;

    async fn load(&self, keys: &[WithheldFrom]) -> Result<HashMap<WithheldFrom, Reason>, Failure> {
        let mut mailboxes: HashMap<Uuid, Vec<String>> = HashMap::new();
        for WithheldFrom(run, mailbox) in keys {
            mailboxes.entry(*run).or_default().push(mailbox.clone());
        }
        let ids: Vec<Uuid> = mailboxes.keys().copied().collect();
        let (mut of, mut asked) = (Vec::new(), Vec::new());
        // Of a run that does not read its deliveries tell.
        for run in runs::by_ids(&self.pool, Access::All, &ids).await?.into_iter().filter_map(|(_, run)| run.ok()) {
            let (mailing, owner) = (MailingId(run.mailing_id), UserId(run.owner_id));
            let mailboxes = mailboxes.remove(&run.id).unwrap_or_default();
            asked.push(Asked::of_run((mailing, owner), run.kind, &[], mailboxes));
            of.push(run.id);
        }
        let reasons = guard::reasons_of_each(&self.pool, &asked).await?;
        let each = of.into_iter().zip(asked).zip(reasons).flat_map(|((run, one), reasons)| {
            let found = one.mailboxes.into_iter().zip(reasons);
            found.filter_map(move |(mailbox, reason)| Some((WithheldFrom(run, mailbox), reason?)))
        });
        Ok(each.collect())
    }
}

impl Loader<AttemptsOf> for Tables {
    type Value = Vec<Read<Attempt>>;
    type Error = Failure;

    async fn load(&self, keys: &[AttemptsOf]) -> Result<HashMap<AttemptsOf, Vec<Read<Attempt>>>, Failure> {
        let mut places: HashMap<Uuid, Vec<i32>> = HashMap::new();
        for AttemptsOf(run, ordinal) in keys {
            places.entry(*run).or_default().push(*ordinal);
        }
        let mut found: HashMap<AttemptsOf, Vec<Read<Attempt>>> = HashMap::new();
        for (run, ordinals) in places {
            for (ordinal, attempt) in deliveries::attempts(&self.pool, run.into(), &ordinals).await? {
                found.entry(AttemptsOf(run, ordinal)).or_default().push(attempt);
            }
        }
        Ok(found)
    }
}

impl Loader<DeliveryKey> for Tables {
    type Value = Read<Delivery>;
    type Error = Failure;

    async fn load(&self, keys: &[DeliveryKey]) -> Result<HashMap<DeliveryKey, Read<Delivery>>, Failure> {
        let Some(access) = self.reads else { return Ok(HashMap::new()) };
        let places: Vec<(Uuid, i32)> = keys.iter().map(|key| (key.0, key.1)).collect();
        let rows = deliveries::by_places(&self.pool, access, &places).await?;
        Ok(rows.into_iter().map(|((run, ordinal), row)| (DeliveryKey(run, ordinal), row)).collect())
    }
}

impl Loader<ReportsOf> for Tables {
    type Value = Vec<Read<Report>>;
    type Error = Failure;

    async fn load(&self, keys: &[ReportsOf]) -> Result<HashMap<ReportsOf, Vec<Read<Report>>>, Failure> {
        let mut places: HashMap<Uuid, Vec<i32>> = HashMap::new();
        for ReportsOf(run, ordinal) in keys {
            places.entry(*run).or_default().push(*ordinal);
        }
        let mut found: HashMap<ReportsOf, Vec<Read<Report>>> = HashMap::new();
        for (run, ordinals) in places {
            for (ordinal, report) in feedback::of_deliveries(&self.pool, run.into(), &ordinals).await? {
                found.entry(ReportsOf(run, ordinal)).or_default().push(report);
            }
        }
        Ok(found)
    }
}

impl Loader<FeedbackOf> for Tables {
    type Value = Counts;
    type Error = Failure;

    async fn load(&self, keys: &[FeedbackOf]) -> Result<HashMap<FeedbackOf, Counts>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let counts = feedback::counts(&self.pool, &ids).await?;
        Ok(counts.into_iter().map(|(run, counts)| (FeedbackOf(run), counts)).collect())
    }
}

impl Loader<FeedbackOfMailing> for Tables {
    type Value = (Counts, i64);
    type Error = Failure;

    async fn load(&self, keys: &[FeedbackOfMailing]) -> Result<HashMap<FeedbackOfMailing, (Counts, i64)>, Failure> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let counts = feedback::counts_of_mailings(&self.pool, &ids).await?;
        let mut counts: HashMap<Uuid, Counts> = counts.into_iter().collect();
        let accepted = runs::accepted_of_mailings(&self.pool, &ids).await?;
        let found = accepted.into_iter().map(|(mailing, accepted)| {
            let counts = counts.remove(&mailing).unwrap_or_default();
            (FeedbackOfMailing(mailing), (counts, accepted))
        });
        Ok(found.collect())
    }
}
