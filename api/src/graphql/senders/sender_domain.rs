//! Domains whose letters are signed, for administrators.

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{GrantsOf, KeysOf, UserKey};
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::letters::sender::DnsRecord;
use crate::graphql::who::viewer::User;
use acts::refusal::{Problem, Refused};
use acts::senders::domains::{self, ImportKey, NewDomain};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::UserId;
use domain::sender_domain::{Algorithm, DomainName, OVERLAP};
use eventstore::Receipt;
use projections::senders::domains as read;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Algorithm")]
enum SenderKeyAlgorithm {
    /// RSA with SHA-256 (RFC 6376), which every mail server knows.
    Rsa,
    /// Ed25519 with SHA-256 (RFC 8463), which stands beside the other one, as many mail servers do not know it.
    Ed25519,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SenderKeyStatus {
    /// The key waits: its record has to be published, and then somebody activates it.
    Waiting,
    /// Letters are signed with the key.
    Active,
    /// Letters are signed with the key no longer. Its record has to stay published until `recordNeededUntil`.
    Retired,
}

/// A key that letters of a domain are, were or will be signed with. Its private half is told to nobody.
#[derive(Description)]
struct SenderDomainKey {
    domain: String,
    key: read::Key,
}

#[Object(use_type_description)]
impl SenderDomainKey {
    /// The name of the key, under which its record is published. A domain never has it twice.
    async fn selector(&self) -> &str {
        &self.key.selector
    }

    /// How the key signs.
    async fn algorithm(&self) -> SenderKeyAlgorithm {
        self.key.algorithm.into()
    }

    /// What the key does.
    async fn status(&self) -> SenderKeyStatus {
        match (self.key.activated_at, self.key.retired_at) {
            (None, _) => SenderKeyStatus::Waiting,
            (Some(_), None) => SenderKeyStatus::Active,
            (Some(_), Some(_)) => SenderKeyStatus::Retired,
        }
    }

    /// The record that has to be entered where the domain is kept (DNS), so that others can verify letters.
    async fn record(&self) -> DnsRecord {
        let domains::Record { name, value, .. } = domains::record(&self.domain, &self.key);
        DnsRecord { name, kind: "TXT", value }
    }

    /// The same record as a line of a zone file.
    async fn zone_line(&self) -> String {
        domains::record(&self.domain, &self.key).zone_line
    }

    /// Whether somebody brought the key along, so that it was not made here.
    async fn imported(&self) -> bool {
        self.key.imported
    }

    /// The moment when the key was made here, or brought along.
    async fn made_at(&self) -> DateTime {
        self.key.made_at.into()
    }

    /// The moment since which letters are signed with the key; null if they never were.
    async fn activated_at(&self) -> Option<DateTime> {
        self.key.activated_at.map(DateTime::from)
    }

    /// The moment since which letters are signed with the key no longer; null if they are, or never were.
    async fn retired_at(&self) -> Option<DateTime> {
        self.key.retired_at.map(DateTime::from)
    }

    /// The moment until which the record of a retired key has to stay published, and from which the key can be removed; null
    /// unless the key is retired.
    async fn record_needed_until(&self) -> Option<DateTime> {
        self.key.retired_at.map(|at| DateTime::from(at + OVERLAP))
    }
}

/// An owner who may write from all addresses of a domain.
#[derive(Description)]
struct SenderDomainGrant(read::Grant);

#[Object(use_type_description)]
impl SenderDomainGrant {
    /// The owner. Null only if the user could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The moment when the domain was granted to them.
    async fn granted_at(&self) -> DateTime {
        self.0.granted_at.into()
    }
}

/// A domain whose letters are signed (DKIM, RFC 6376), and the owners who may write from all of its addresses. Letters of a domain
/// without an active key go out unsigned; letters of one whose keys cannot be used do not go out.
#[derive(Description)]
pub(crate) struct SenderDomain(read::SenderDomain);

#[Object(use_type_description)]
impl SenderDomain {
    /// The domain as the name service knows it (A-labels, RFC 5890).
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The keys of the domain, in the order in which they were made, without those that were removed. Null only if they could not
    /// be read; then the top-level `errors` say why.
    async fn keys(&self, context: &Context<'_>) -> Result<Option<Vec<SenderDomainKey>>, Failure> {
        let keys = context.tables().load_one(KeysOf(self.0.id)).await?.unwrap_or_default();
        if !context.has_room_for(keys.len()) {
            return Ok(None);
        }
        let shown = keys.into_iter().filter_map(|key| context.shown(key));
        Ok(Some(shown.map(|key| SenderDomainKey { domain: self.0.domain.clone(), key }).collect()))
    }

    /// The owners who may write from all addresses of the domain, in the order in which it was granted to them. Null only if they
    /// could not be read; then the top-level `errors` say why.
    async fn grants(&self, context: &Context<'_>) -> Result<Option<Vec<SenderDomainGrant>>, Failure> {
        let grants = context.tables().load_one(GrantsOf(self.0.id)).await?.unwrap_or_default();
        if !context.has_room_for(grants.len()) {
            return Ok(None);
        }
        Ok(Some(grants.into_iter().map(SenderDomainGrant).collect()))
    }

    /// The moment when the domain was added.
    async fn added_at(&self) -> DateTime {
        self.0.added_at.into()
    }

    /// The version of the domain, counted from 1. It grows by one whenever something happens to the domain, its keys or grants.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct SenderDomainQuery;

#[Object]
impl SenderDomainQuery {
    /// This domain, if its letters are signed here; null if they are not. This is for administrators.
    async fn sender_domain(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain, such as `example.org`.")] domain: String,
    ) -> Result<Option<SenderDomain>, Failure> {
        context.administrator()?;
        let Ok(domain) = DomainName::parse(&domain) else { return Ok(None) };
        shown(context, &domain).await
    }

    /// The domains whose letters are signed, in the order in which they were added. This is for administrators.
    async fn sender_domains(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<List<SenderDomain>>, Failure> {
        context.administrator()?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let rows = read::page(&pool, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { read::count(&pool).await }
        });
        Ok(Some(page.of(rows, read::SenderDomain::cursor, SenderDomain, total)))
    }
}

async fn shown(context: &Context<'_>, domain: &DomainName) -> Result<Option<SenderDomain>, Failure> {
    Ok(read::get(context.pool(), domain).await?.map(SenderDomain))
}

/// A private key that somebody brings along, whose record is published already or will be.
#[derive(InputObject)]
struct SenderDomainImportKey {
    /// The private key in PEM: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1), not encrypted; RSA of 2048, 3072 or 4096
    /// bits, or Ed25519 (`DKIM_KEY_INVALID`).
    pem: String,
    /// The name under which its record is published: letters, digits and hyphens, 63 at most, no hyphen first or last
    /// (`SELECTOR_INVALID`). The domain must never have had it before (`SELECTOR_TAKEN`).
    selector: String,
}

impl From<SenderDomainImportKey> for ImportKey {
    fn from(key: SenderDomainImportKey) -> Self {
        Self { pem: key.pem.into(), selector: key.selector }
    }
}

/// The domain that `senderDomainCreate` adds.
#[derive(InputObject)]
struct SenderDomainCreateInput {
    /// The domain, also in letters beyond ASCII (`DOMAIN_INVALID`, `SENDER_DOMAIN_TAKEN`).
    domain: String,
    /// Keys to bring along, at most 10 (`DKIM_KEY_INVALID`); null, left out or empty: an RSA key of 2048 bits and an Ed25519 key
    /// are made.
    import_keys: Option<Vec<SenderDomainImportKey>>,
}

/// The key that `senderDomainKeyImport` brings along.
#[derive(InputObject)]
struct SenderDomainKeyImportInput {
    /// The domain whose key it is (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The key to import, with its selector.
    key: SenderDomainImportKey,
}

/// The key that `senderDomainKeyActivate` has letters signed with.
#[derive(InputObject)]
struct SenderDomainKeyActivateInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    selector: String,
}

/// The domain that `senderDomainKeyRotate` makes new keys for.
#[derive(InputObject)]
struct SenderDomainKeyRotateInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
}

/// The key that `senderDomainKeyRetire` has letters signed with no longer.
#[derive(InputObject)]
struct SenderDomainKeyRetireInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    selector: String,
}

/// The key that `senderDomainKeyRemove` removes.
#[derive(InputObject)]
struct SenderDomainKeyRemoveInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The name of the key (`KEY_NOT_FOUND`).
    selector: String,
}

/// The domain that `senderDomainGrant` grants, and to whom.
#[derive(InputObject)]
struct SenderDomainGrantInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The id of the user (`NOT_FOUND`).
    user_id: ID,
}

/// The domain that `senderDomainGrantWithdraw` withdraws, and from whom.
#[derive(InputObject)]
struct SenderDomainGrantWithdrawInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
    /// The id of the user (`NOT_FOUND`).
    user_id: ID,
}

/// The domain that `senderDomainRemove` removes.
#[derive(InputObject)]
struct SenderDomainRemoveInput {
    /// The domain (`SENDER_DOMAIN_NOT_FOUND`).
    domain: String,
}

payload! {
    /// The new domain with its keys, or what is wrong with the input.
    SenderDomainCreatePayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainKeyImportPayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainKeyActivatePayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainKeyRotatePayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainKeyRetirePayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainKeyRemovePayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainGrantPayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The domain after the action, or what is wrong with the input.
    SenderDomainGrantWithdrawPayload {
        /// The domain as it is now; null if there are user errors, or if `behind` is true.
        sender_domain: SenderDomain
    }
}
payload! {
    /// The removed domain, or what is wrong with the input.
    deleted SenderDomainRemovePayload {
        /// The domain that is removed now; null if there are user errors, or if `behind` is true.
        removed_domain: String
    }
}

#[derive(Default)]
pub(crate) struct SenderDomainMutation;

#[Object]
impl SenderDomainMutation {
    /// Adds a domain whose letters are to be signed, with keys that wait: enter their records, and activate them with
    /// `senderDomainKeyActivate`. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_TAKEN`, `MASTER_KEY_MISSING`, and for keys that are brought along
    /// `DKIM_KEY_INVALID`, `SELECTOR_INVALID` and `SELECTOR_TAKEN`.
    async fn sender_domain_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain to add.")] input: SenderDomainCreateInput,
    ) -> Result<Option<SenderDomainCreatePayload>, Failure> {
        let by = context.administrator()?;
        let import = input.import_keys.unwrap_or_default().into_iter().map(ImportKey::from).collect();
        let new = NewDomain { domain: input.domain, import };
        answer(context, domains::add(context.services(), by, new, &context.metadata()?).await).await
    }

    /// Brings a key along for a domain. It waits until somebody activates it. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_NOT_FOUND`, `MASTER_KEY_MISSING`, `DKIM_KEY_INVALID`, `SELECTOR_INVALID` and
    /// `SELECTOR_TAKEN`.
    async fn sender_domain_key_import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain and its key.")] input: SenderDomainKeyImportInput,
    ) -> Result<Option<SenderDomainKeyImportPayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        answer(context, domains::import_key(services, by, &input.domain, input.key.into(), &metadata).await).await
    }

    /// Has letters of a domain signed with a key from now on, in all processes within a minute. The active key with the same
    /// algorithm is retired. Do it when the record of the key is published: what nobody can look up makes letters look forged.
    /// It is safe to repeat. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SELECTOR_INVALID`, `SENDER_DOMAIN_NOT_FOUND`, `KEY_NOT_FOUND` and `MASTER_KEY_MISSING`.
    async fn sender_domain_key_activate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key to activate.")] input: SenderDomainKeyActivateInput,
    ) -> Result<Option<SenderDomainKeyActivatePayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        answer(context, domains::activate(services, by, &input.domain, &[input.selector], &metadata).await).await
    }

    /// Makes new keys of a domain for those that are active, or one of each algorithm if none is. They wait: enter their records, and
    /// activate them; the ones before are retired then. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_NOT_FOUND` and `MASTER_KEY_MISSING`.
    async fn sender_domain_key_rotate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain that gets new keys.")] input: SenderDomainKeyRotateInput,
    ) -> Result<Option<SenderDomainKeyRotatePayload>, Failure> {
        let by = context.administrator()?;
        answer(context, domains::rotate(context.services(), by, &input.domain, &context.metadata()?).await).await
    }

    /// Has letters of a domain signed with a key no longer. Its record has to stay published for 7 days, as letters that were signed
    /// with it are on their way. Without another active key letters of the domain go out unsigned. It is safe to repeat. This
    /// is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SELECTOR_INVALID`, `SENDER_DOMAIN_NOT_FOUND` and `KEY_NOT_FOUND`.
    async fn sender_domain_key_retire(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key to retire.")] input: SenderDomainKeyRetireInput,
    ) -> Result<Option<SenderDomainKeyRetirePayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        answer(context, domains::retire(services, by, &input.domain, &input.selector, &metadata).await).await
    }

    /// Removes a key that waits, or that was retired 7 days ago or earlier; its private half is gone then. It is safe to repeat.
    /// This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SELECTOR_INVALID`, `SENDER_DOMAIN_NOT_FOUND`, `KEY_NOT_FOUND`, `KEY_ACTIVE` and
    /// `KEY_STILL_NEEDED`.
    async fn sender_domain_key_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key to remove.")] input: SenderDomainKeyRemoveInput,
    ) -> Result<Option<SenderDomainKeyRemovePayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        answer(context, domains::remove_key(services, by, &input.domain, &input.selector, &metadata).await).await
    }

    /// Lets an owner write from all addresses of a domain, without a link for each. It is safe to repeat. This is for
    /// administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_NOT_FOUND` and `NOT_FOUND`.
    async fn sender_domain_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain and the owner.")] input: SenderDomainGrantInput,
    ) -> Result<Option<SenderDomainGrantPayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        let outcome = match owner(&input.user_id) {
            Ok(owner) => domains::grant(services, by, &input.domain, owner, &metadata).await,
            Err(problem) => Err(problem.into()),
        };
        answer(context, outcome).await
    }

    /// Lets an owner write from no other addresses of a domain than those that they have verified. Mailings of theirs that name
    /// another one are paused when they would start the next run. It is safe to repeat. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_NOT_FOUND` and `NOT_FOUND`.
    async fn sender_domain_grant_withdraw(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain and the owner.")] input: SenderDomainGrantWithdrawInput,
    ) -> Result<Option<SenderDomainGrantWithdrawPayload>, Failure> {
        let by = context.administrator()?;
        let (services, metadata) = (context.services(), context.metadata()?);
        let outcome = match owner(&input.user_id) {
            Ok(owner) => domains::withdraw(services, by, &input.domain, owner, &metadata).await,
            Err(problem) => Err(problem.into()),
        };
        answer(context, outcome).await
    }

    /// Removes a domain with its keys and grants. None of its keys may be active, nor retired less than 7 days ago. It is safe to
    /// repeat. This is for administrators.
    ///
    /// The user errors are `DOMAIN_INVALID`, `SENDER_DOMAIN_NOT_FOUND`, `KEY_ACTIVE` and `KEY_STILL_NEEDED`.
    async fn sender_domain_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The domain to remove.")] input: SenderDomainRemoveInput,
    ) -> Result<Option<SenderDomainRemovePayload>, Failure> {
        let by = context.administrator()?;
        let outcome = domains::remove(context.services(), by, &input.domain, &context.metadata()?).await;
        let removed = async |domain: DomainName| Ok(Some(domain.to_string()));
        Ok(done(context, outcome, removed).await?.map(Into::into))
    }
}

/// The owner of an input.
fn owner(id: &ID) -> Result<UserId, Problem> {
    id.parse().map_err(|_| Problem::of(&domain::user::Error::NotFound).at(&["userId"]))
}

async fn answer<T: From<Done<SenderDomain>>>(
    context: &Context<'_>,
    outcome: Result<(DomainName, Receipt), Refused>,
) -> Result<Option<T>, Failure> {
    Ok(done(context, outcome, async |domain: DomainName| shown(context, &domain).await).await?.map(Into::into))
}
