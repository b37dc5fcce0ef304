//! Domains whose letters are signed, and what is asked of them.

use super::key::SenderDomainKey;
use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{GrantsOf, KeysOf, UserKey};
use crate::graphql::who::viewer::User;
use async_graphql::{Context, Description, Object};
use domain::sender_domain::DomainName;
use projections::senders::domains as read;

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

/// The domain as it is now; none if its letters are not signed here.
pub(super) async fn shown(context: &Context<'_>, domain: &DomainName) -> Result<Option<SenderDomain>, Failure> {
    Ok(read::get(context.pool(), domain).await?.map(SenderDomain))
}
