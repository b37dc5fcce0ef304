//! What came back of letters that mail servers had taken: bounces and complaints, one by one, and how many letters that is.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::tables::{ClientKey, MailingKey, RunKey};
use crate::graphql::mailings::came_back::{Bounce, Complaint};
use crate::graphql::mailings::delivery::{self, Delivery};
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::Run;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::{MailingId, RunId, UserId};
use projections::feedback::{self, Filter, Place, Report, What};
use uuid::Uuid;

/// What a report says of a letter. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "What")]
enum FeedbackKind {
    /// The letter came back for good.
    Permanent,
    /// The letter came back for the moment, or without being said to do so for good.
    Temporary,
    /// The letter is late, and whoever has it goes on trying.
    Delayed,
    /// The recipient told their mailbox provider that the letter was unwanted.
    Complaint,
}

/// A report of a letter, in the list of all that came back.
#[derive(Description)]
pub(crate) struct FeedbackReport(Report);

#[Object(use_type_description)]
impl FeedbackReport {
    /// What the report says of the letter.
    async fn kind(&self) -> FeedbackKind {
        self.0.what.into()
    }

    /// What the report says of a letter that came back or is late; null if the kind is `COMPLAINT`.
    async fn bounce(&self) -> Option<Bounce> {
        Bounce::of(&self.0)
    }

    /// What the report says of a complaint; null unless the kind is `COMPLAINT`.
    async fn complaint(&self) -> Option<Complaint> {
        Complaint::of(&self.0)
    }

    /// The moment when the report was taken in.
    async fn reported_at(&self) -> DateTime {
        self.0.reported_at.into()
    }

    /// The mailing that the letter was of, also a deleted one. Null only if it could not be read; then the top-level `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing_id)).await?.transpose()?.map(Mailing))
    }

    /// The run that the letter was of. Null only if it could not be read; then the top-level `errors` say why.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.0.run_id)).await?.transpose()?.map(Run))
    }

    /// The delivery of the letter, with all that was reported of it. Null only if it could not be read; then the top-level `errors` say
    /// why.
    async fn delivery(&self, context: &Context<'_>) -> Result<Option<Delivery>, Failure> {
        delivery::at(context, self.0.run_id, self.0.ordinal).await
    }

    /// The client to whom the letter went, as they are now, also a deleted one. Null only if the client could not be read; then the
    /// top-level `errors` say why.
    async fn client(&self, context: &Context<'_>) -> Result<Option<Client>, Failure> {
        Ok(context.tables().load_one(ClientKey(self.0.client_id)).await?.map(Client))
    }
}

/// The reports that a list shows: those that meet all conditions that are given. A condition that is null or left out does not limit
/// the list.
#[derive(Default, InputObject)]
struct FeedbackFilter {
    /// Only reports of this kind.
    kind: Option<FeedbackKind>,
    /// Only reports of letters of the mailing of this id.
    mailing_id: Option<ID>,
    /// Only reports of letters of the run of this id.
    run_id: Option<ID>,
    /// Only reports of letters of the user of this id. Whoever may not see everybody's finds none but their own.
    owner_id: Option<ID>,
}

impl FeedbackFilter {
    /// Whose alone it lets through. What is no id is nobody's.
    fn owner(&self) -> Option<UserId> {
        self.owner_id.as_ref().map(|id| id.parse().unwrap_or(UserId(Uuid::nil())))
    }
}

impl From<FeedbackFilter> for Filter {
    fn from(filter: FeedbackFilter) -> Self {
        Self {
            // Who may read whose is decided beside the filter.
            owner: None,
            mailing: filter.mailing_id.map(|id| id.parse().unwrap_or(MailingId(Uuid::nil()))),
            run: filter.run_id.map(|id| id.parse().unwrap_or(RunId(Uuid::nil()))),
            what: filter.kind.map(What::from),
        }
    }
}

#[derive(Default)]
pub(crate) struct FeedbackQuery;

#[Object]
impl FeedbackQuery {
    /// What came back of the letters of the viewer's mailings, or of everybody's if the scope says so: each report of a bounce, a delay or a
    /// complaint, the latest first.
    async fn feedback(
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
        #[graphql(desc = "The conditions that the reports have to meet; without it the list has all reports.")]
        filter: Option<FeedbackFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<FeedbackReport>>, Failure> {
        let filter = filter.unwrap_or_default();
        let access = context.scope(scope)?.of_owner(filter.owner());
        let page: Page<Place> = Page::new(first, after.as_deref())?;
        let (pool, filter) = (context.pool().clone(), Filter::from(filter));
        let rows = feedback::page(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { feedback::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of_read(context, rows, FeedbackReport, total)))
    }
}
