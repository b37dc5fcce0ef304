//! What came back of letters that mail servers had taken: bounces and complaints, one by one, and how many letters that is.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{ClientKey, MailingKey, RunKey};
use crate::graphql::mailings::delivery::{self, Delivery};
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::Run;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::feedback::Via;
use domain::{MailingId, RunId, UserId};
use projections::feedback::{self, Counts, Filter, Place, Report, What};
use uuid::Uuid;

/// Whether a letter came back for good, for the moment, or not at all so far. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum BounceSeverity {
    /// The letter will not arrive.
    Permanent,
    /// The letter came back, and another one may arrive: the mailbox is full, for example. Reports that do not say whether it is for good
    /// have this severity, too.
    Temporary,
    /// The letter is late, and whoever has it goes on trying. It has not come back, and mostly arrives, so it is in no number of what came
    /// back.
    Delayed,
}

/// On which way something came in from mail servers and mailbox providers. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Via")]
pub(crate) enum FeedbackVia {
    /// A mail server delivered it (SMTP, RFC 5321, or LMTP, RFC 2033).
    Smtp,
    /// It lay in a mailbox that the service looks into (IMAP).
    Imap,
    /// A program handed it over, with the command `skymailing intake`.
    Pipe,
    /// Amazon SES told it.
    Ses,
    /// The service `SendGrid` told it.
    Sendgrid,
    /// Mailgun told it.
    Mailgun,
    /// Postmark told it.
    Postmark,
    /// Brevo told it.
    Brevo,
}

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

/// A report that a letter came back, or is late, after a mail server had taken it. It changes nothing of the outcome of the delivery: a
/// letter that was accepted and came back was both.
#[derive(SimpleObject)]
pub(crate) struct Bounce {
    /// Whether it is for good, for the moment, or no bounce at all so far.
    severity: BounceSeverity,
    /// Whether the report says that there is no such mailbox, so that no other letter arrives there either.
    dead: bool,
    /// The code that tells why: an enhanced status code (RFC 3463) such as `5.1.1`, or the three digits of a reply (RFC 5321) such as
    /// `550`; null if the report has none.
    code: Option<String>,
    /// What the report says in its own words, with addresses masked, of at most 500 characters; null if it says nothing.
    words: Option<String>,
    /// The way on which the report came.
    via: FeedbackVia,
    /// Who reports it: the name of a mail server or of a provider, as it calls itself; null if the report does not say.
    reported_by: Option<String>,
    /// The moment when the report was taken in.
    reported_at: DateTime,
}

impl Bounce {
    /// What the report says, if it is of a bounce.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let severity = match report.what {
            What::Permanent => BounceSeverity::Permanent,
            What::Temporary => BounceSeverity::Temporary,
            What::Delayed => BounceSeverity::Delayed,
            What::Complaint => return None,
        };
        Some(Self {
            severity,
            dead: report.dead,
            code: report.code.clone(),
            words: report.words.clone(),
            via: report.via.into(),
            reported_by: report.reported_by.clone(),
            reported_at: report.reported_at.into(),
        })
    }
}

/// A report that the recipient told their mailbox provider that a letter was unwanted (RFC 5965). It changes nothing of the outcome of
/// the delivery.
#[derive(SimpleObject)]
pub(crate) struct Complaint {
    /// The kind of complaint as the provider calls it, such as `abuse` or `fraud`; null if the report does not say.
    kind: Option<String>,
    /// The way on which the report came.
    via: FeedbackVia,
    /// Who reports it: the name of a mailbox provider, as it calls itself; null if the report does not say.
    reported_by: Option<String>,
    /// The moment when the report was taken in.
    reported_at: DateTime,
}

impl Complaint {
    /// What the report says, if it is of a complaint.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        match report.what {
            What::Complaint => Some(Self {
                kind: report.words.clone(),
                via: report.via.into(),
                reported_by: report.reported_by.clone(),
                reported_at: report.reported_at.into(),
            }),
            What::Permanent | What::Temporary | What::Delayed => None,
        }
    }
}

/// How many letters came back or were complained of after mail servers had taken them. Each letter counts once in each number, however
/// many reports there are of it, and one that is only late in none. These numbers stand beside the outcomes of deliveries and are no part of their sum.
/// They are what was reported so far: what comes back without telling anybody is in none of them.
#[derive(SimpleObject)]
pub(crate) struct Feedback {
    /// How many letters came back for good.
    bounced: i32,
    /// How many letters came back for the moment, of which nobody has said that they came back for good.
    soft_bounced: i32,
    /// How many letters recipients complained of.
    complained: i32,
    /// How many letters came back for good, divided by how many mail servers took, such as 0.02 for 2 percent; null if they took none.
    bounced_share: Option<f64>,
    /// How many letters came back for the moment, divided by how many mail servers took, such as 0.02 for 2 percent; null if they took
    /// none.
    soft_bounced_share: Option<f64>,
    /// How many letters recipients complained of, divided by how many mail servers took, such as 0.001 for 0.1 percent; null if they
    /// took none.
    complained_share: Option<f64>,
}

impl Feedback {
    /// These numbers of letters, of which mail servers took so many.
    pub(crate) fn new(counts: &Counts, accepted: i32) -> Self {
        let share = |letters: i64| (accepted > 0).then(|| f64::from(int(letters)) / f64::from(accepted));
        Self {
            bounced: int(counts.bounced),
            soft_bounced: int(counts.soft_bounced),
            complained: int(counts.complained),
            bounced_share: share(counts.bounced),
            soft_bounced_share: share(counts.soft_bounced),
            complained_share: share(counts.complained),
        }
    }
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
