//! Who got what, and why not.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::address_book::group::Group;
use crate::graphql::address_book::suppressed::{SuppressionReason, SuppressionScope};
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::tables::{ClientKey, GroupKey, MailingKey};
use crate::graphql::kit::user_error::failed;
use crate::graphql::mailings::delivery::Delivery;
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::Run;
use acts::audit::why::{self, Asked, Finding};
use async_graphql::{Context, Description, Enum, ID, Object};
use domain::suppression::{Entry, Reason};
use domain::{EmailAddress, MailingId, Why};
use projections::columns::Word as _;
use projections::suppressions::ScopeKind;
use words::Sentence as _;

/// What became of a run's letter to an address, or why there was none. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum DeliveryVerdict {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off, and it will be tried again.
    Deferred,
    /// The letter waits for its first try.
    Pending,
    /// Nobody knows whether the mail server took the letter.
    Unknown,
    /// The letter was given up before a mail server took it.
    Expired,
    /// Another recipient of the run has the same mailbox, and the letter went to them.
    SameMailbox,
    /// The mailing was cancelled or deleted before the letter was tried.
    Cancelled,
    /// The address was not to be written to; `suppressions` tell where, why and since when.
    Suppressed,
    /// No client of the mailing's owner has this address, or ever had it.
    NoClient,
    /// The client was added when the run had begun already; `since` tells when.
    AddedLater,
    /// The client was deleted before the run began; `since` tells when.
    DeletedBefore,
    /// The client had another address when the run began.
    OtherAddress,
    /// The client was in the address book, and the mailing did not go to them.
    NotInAudience,
    /// The mailing went to the client, or to a group of theirs, and they were left out by a group, a segment or a mailing that it leaves
    /// out.
    LeftOut,
    /// The run was only for those whose letters had failed in another run, and the client's had not.
    NotFailed,
    /// The run has begun, and its recipients are still being gathered.
    BeingPlanned,
    /// The run was missed: its moment passed while nothing could start it.
    Missed,
    /// No run of the mailing has begun.
    NotStarted,
}

impl From<Why> for DeliveryVerdict {
    fn from(why: Why) -> Self {
        match why {
            Why::Accepted => Self::Accepted,
            Why::Rejected => Self::Rejected,
            Why::Deferred => Self::Deferred,
            Why::Pending => Self::Pending,
            Why::InDoubt => Self::Unknown,
            Why::Expired => Self::Expired,
            Why::SameMailbox => Self::SameMailbox,
            Why::Cancelled => Self::Cancelled,
            Why::Suppressed(
                Reason::Unsubscribed
                | Reason::Dead
                | Reason::Bounced
                | Reason::Complained
                | Reason::ByHand
                | Reason::Imported,
            ) => Self::Suppressed,
            Why::NoClient => Self::NoClient,
            Why::AddedLater => Self::AddedLater,
            Why::DeletedBefore => Self::DeletedBefore,
            Why::OtherAddress => Self::OtherAddress,
            Why::NotInAudience => Self::NotInAudience,
            Why::LeftOut => Self::LeftOut,
            Why::NotFailed => Self::NotFailed,
            Why::BeingPlanned => Self::BeingPlanned,
            Why::Missed => Self::Missed,
            Why::NotStarted => Self::NotStarted,
        }
    }
}

/// What kept letters from an address, as it was when a run left the address out.
#[derive(Description)]
struct SuppressedBy(Entry);

#[Object(use_type_description)]
impl SuppressedBy {
    /// Why the address was not written to.
    async fn reason(&self) -> SuppressionReason {
        self.0.reason.into()
    }

    /// Where the address was not written to. Null only if this program does not know the scope.
    async fn scope(&self) -> Option<SuppressionScope> {
        ScopeKind::from_word(self.0.scope.name()).map(SuppressionScope::from)
    }

    /// The moment since which it was not written to.
    async fn since(&self) -> DateTime {
        self.0.since.into()
    }

    /// The moment from which it might be written to again; null if only lifting ended the suppression.
    async fn until(&self) -> Option<DateTime> {
        self.0.until.map(DateTime::from)
    }
}

/// What became of the letter of one run to an address, or why there was none, as the log tells it. What becomes of client and mailing
/// later does not change it.
#[derive(Description)]
pub(crate) struct DeliveryFinding(Finding);

#[Object(use_type_description)]
impl DeliveryFinding {
    /// The mailing, also a deleted one. Null only if it could not be read; then the top-level `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing)).await?.transpose()?.map(Mailing))
    }

    /// The run; null if no run of the mailing has begun.
    async fn run(&self) -> Option<Run> {
        self.0.run.clone().map(Run)
    }

    /// The client who has the address, or had it when the run began, as they are now, also a deleted one; null if there is none. Null,
    /// too, if the client could not be read; then the top-level `errors` say why.
    async fn client(&self, context: &Context<'_>) -> Result<Option<Client>, Failure> {
        let Some(client) = self.0.client else { return Ok(None) };
        Ok(context.tables().load_one(ClientKey(client)).await?.map(Client))
    }

    /// What became of the letter, or why there was none.
    async fn verdict(&self) -> DeliveryVerdict {
        self.0.why.into()
    }

    /// The same as a sentence in the viewer's language, which begins with a small letter and has no full stop.
    async fn sentence(&self, context: &Context<'_>) -> String {
        self.0.why.told(context.language())
    }

    /// The delivery with all of its attempts; null if the client has no place in the run.
    async fn delivery(&self) -> Option<Delivery> {
        let domain = self.0.run.as_ref().and_then(|run| run.message_id_domain.as_deref());
        self.0.delivery.clone().map(|delivery| Delivery::new(delivery, domain))
    }

    /// Which details of the client the letter was written with, counted from 1; null if the client has no place in the run.
    async fn client_revision(&self) -> Option<i32> {
        self.0.client_revision
    }

    /// Which revision of the message the run sends; null for a run that was missed, and if none has begun.
    async fn message_revision(&self) -> Option<i32> {
        self.0.run.as_ref().and_then(|run| run.message_revision)
    }

    /// Whether the mailing named the client when the run began.
    async fn by_name(&self) -> bool {
        self.0.through.by_name
    }

    /// The groups through which the client was in the audience when the run began, as they are now, without those that were deleted
    /// since. Null only if they could not be read; then the top-level `errors` say why.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let groups: Vec<GroupKey> = self.0.through.groups.iter().map(|group| GroupKey(group.0)).collect();
        if !context.has_room_for(groups.len()) {
            return Ok(None);
        }
        let mut rows = context.tables().load_many(groups.clone()).await?;
        Ok(Some(groups.iter().filter_map(|key| rows.remove(key)).map(Group).collect()))
    }

    /// The ids of the segments of the mailing, one of which brought the client in; empty if the client's name or a group did.
    async fn segment_ids(&self) -> Vec<ID> {
        self.0.through.segments.iter().map(|segment| segment.0.into()).collect()
    }

    /// When what kept the letter away came about: when the client was added, or deleted, or since when the address was not written to;
    /// null if no moment belongs to the verdict.
    async fn since(&self) -> Option<DateTime> {
        self.0.since.map(DateTime::from)
    }

    /// What kept letters from the address; empty unless the verdict is `SUPPRESSED`.
    async fn suppressions(&self) -> Vec<SuppressedBy> {
        self.0.suppressions.iter().cloned().map(SuppressedBy).collect()
    }
}

#[derive(Default)]
pub(crate) struct WhyQuery;

#[Object]
impl WhyQuery {
    /// What became of letters to an address, run by run, the newest first: whether the address was in the audience and through what, what
    /// was frozen, every attempt with the mail server's words, or why there was no letter. Managers and administrators ask about
    /// everybody's mailings, others about their own.
    ///
    /// If a mailing is named, all of its runs are told of; if it has none, one item says so. If none is named, all runs of those are told of
    /// who have, or ever had, a client of this address, so the list is empty if nobody has. Null if there is no such mailing that the viewer
    /// may see, or if the list could not be read; then the top-level `errors` say why. What is no e-mail address gets the error
    /// `BAD_REQUEST`.
    async fn deliveries_to(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The e-mail address, in whichever of its spellings.")] email: String,
        #[graphql(desc = "The id of the mailing that it is about; null for all mailings.")] mailing_id: Option<ID>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<List<DeliveryFinding>>, Failure> {
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let email = EmailAddress::parse(&email).map_err(|error| Failure::BadRequest(error.into()))?;
        let Ok(mailing) = mailing_id.map(|id| id.parse::<MailingId>()).transpose() else { return Ok(None) };
        let asked = Asked { email, mailing };
        let services = context.services().clone();
        let found = why::why(&services, access, &asked, page.after, page.limit()).await.map_err(failed)?;
        let Some(rows) = found else { return Ok(None) };
        let total = Total::new(move || {
            let (services, asked) = (services.clone(), asked.clone());
            async move { why::count(&services, access, &asked).await.map_err(failed) }
        });
        Ok(Some(page.of_read(context, rows, DeliveryFinding, total)))
    }
}
