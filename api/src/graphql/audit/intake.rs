//! What comes in from mail servers and mailbox providers: the ways, how much came, and messages that were not understood.

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, Long};
use crate::graphql::kit::user_error::{UserError, done_or_told};
use crate::graphql::mailings::came_back::FeedbackVia;
use crate::limits;
use acts::intake::kept::{self, Kept};
use acts::intake::{self, Count, Standing, Taken};
use acts::who::rights::Administrator;
use acts::{Problem, Refused};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::Days;
use domain::Code;
use projections::Cursor;
use uuid::Uuid;
use words::queries::Problem as Words;

/// What a message was that came in. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Taken")]
enum IntakeTaken {
    /// It was a report that a letter came back.
    Bounce,
    /// It was a report that a letter is late, and that it goes on being tried.
    Delay,
    /// It was a report that a recipient complained.
    Complaint,
    /// It was a wish to get no more letters.
    Unsubscribed,
    /// It said what was known already, such as a report that came a second time.
    Known,
    /// It was an automatic reply, such as one that somebody is on holiday; nothing follows from it.
    AutoReply,
    /// It wanted a proof that a person has written the letter; nothing follows from it.
    Challenge,
    /// It was not understood, and is kept for a person to look at.
    Kept,
}

/// A way on which messages come in: a mailbox that is looked into, the mail server of the service, or a provider that reports over HTTP. Of
/// ways on which others deliver nobody knows that something is in the way before several of those who came were refused.
#[derive(SimpleObject)]
struct IntakeWay {
    /// Which way it is.
    via: FeedbackVia,
    /// Why nothing comes in on this way, as an English text; null as long as nothing is in the way, as far as is known. Where several processes
    /// can be delivered to, it is what is in the way of one of them.
    error: Option<String>,
    /// The moment since which nothing comes in; null as long as nothing is in the way.
    since: Option<DateTime>,
    /// The moment when it was last looked for messages, or when a process last said how it is.
    looked_at: DateTime,
}

impl From<Standing> for IntakeWay {
    fn from(standing: Standing) -> Self {
        Self {
            via: standing.via.into(),
            error: standing.error,
            since: standing.since.map(DateTime::from),
            looked_at: standing.looked_at.into(),
        }
    }
}

/// How many messages of one kind came in on one day by one way.
#[derive(SimpleObject)]
struct IntakeCount {
    /// The day in UTC, as ISO 8601 writes days: `2026-05-01`.
    day: String,
    /// The way on which the messages came.
    via: FeedbackVia,
    /// What the messages were.
    taken: IntakeTaken,
    /// How many messages that were.
    messages: Long,
}

impl From<Count> for IntakeCount {
    fn from(count: Count) -> Self {
        Self {
            day: count.day.to_string(),
            via: count.via.into(),
            taken: count.taken.into(),
            messages: Long(count.messages),
        }
    }
}

/// A message that came in and was not understood. It is kept for a while, for a person to look at.
#[derive(Description)]
struct IntakeMessage(Kept);

#[Object(use_type_description)]
impl IntakeMessage {
    /// The id of the message.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The way on which the message came.
    async fn via(&self) -> FeedbackVia {
        self.0.via.into()
    }

    /// The moment when the message came in.
    async fn received_at(&self) -> DateTime {
        self.0.received_at.into()
    }

    /// The address that the message came to, as the mail server said it that delivered it; null if it did not say.
    async fn envelope_to(&self) -> Option<&str> {
        self.0.envelope_to.as_deref()
    }

    /// Who the message says that it is from; empty if it does not say.
    async fn from(&self) -> &str {
        &self.0.from
    }

    /// The subject of the message; empty if it has none.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// How many bytes all of the message had.
    async fn size(&self) -> Long {
        Long(self.0.size)
    }
}

/// A message that was not understood, with its text.
#[derive(Description)]
struct OpenedIntakeMessage {
    message: IntakeMessage,
    bytes: Vec<u8>,
}

#[Object(use_type_description)]
impl OpenedIntakeMessage {
    /// The message itself.
    async fn message(&self) -> &IntakeMessage {
        &self.message
    }

    /// The message as it came (RFC 5322), with its header fields; of a long one the beginning alone, as no more of it is kept. What is not
    /// in UTF-8 is replaced by U+FFFD. Show it as text only: anybody may have written it.
    async fn text(&self) -> LongText<String> {
        LongText(String::from_utf8_lossy(&self.bytes).into_owned())
    }

    /// Whether the text is that of all of the message; false if only its beginning is kept.
    async fn whole(&self) -> bool {
        i64::try_from(self.bytes.len()).is_ok_and(|kept| kept >= self.message.0.size)
    }
}

/// What comes in from mail servers and mailbox providers: bounces, complaints, and wishes to get no more letters.
#[derive(Description)]
struct Intake {
    by: Administrator,
}

#[Object(use_type_description)]
impl Intake {
    /// The ways on which messages come in, and whether something is in the way; empty if none is set up, or nothing is known of any.
    /// Null only if it could not be read; then the top-level `errors` say why.
    async fn ways(&self, context: &Context<'_>) -> Result<Option<Vec<IntakeWay>>, Failure> {
        let ways = intake::standing(context.pool()).await?;
        Ok(Some(ways.into_iter().map(IntakeWay::from).collect()))
    }

    /// How many messages came in on each of the last days, by the way on which they came and by what they were, without what there were
    /// none of. Null only if it could not be read; then the top-level `errors` say why.
    async fn counts(
        &self,
        context: &Context<'_>,
        #[graphql(
            default = 7,
            desc = "How many days are counted, today among them: 1 to 366, by default 7. Any other number gets the error `BAD_REQUEST`."
        )]
        days: i32,
    ) -> Result<Option<Vec<IntakeCount>>, Failure> {
        let most = limits::INTAKE_DAYS;
        let before = Some(days).filter(|days| (1..=most).contains(days)).and_then(|days| u64::try_from(days - 1).ok());
        let before = before.ok_or_else(|| Failure::BadRequest(Words::Days { most, days }.into()))?;
        let today = context.services().now().date_naive();
        let since = today.checked_sub_days(Days::new(before)).unwrap_or(today);
        let counts = intake::counts(context.pool(), since).await?;
        if !context.has_room_for(counts.len()) {
            return Ok(None);
        }
        Ok(Some(counts.into_iter().map(IntakeCount::from).collect()))
    }

    /// The messages that were not understood and are kept, the latest first. They go after a while by themselves. Null only if the list
    /// could not be read; then the top-level `errors` say why.
    async fn messages(
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
    ) -> Result<Option<List<IntakeMessage>>, Failure> {
        let page: Page<Cursor> = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let rows = kept::page(&pool, &self.by, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { kept::count(&pool).await }
        });
        Ok(Some(page.of(rows, |(place, _)| *place, |(_, message)| IntakeMessage(message), total)))
    }

    /// The kept message of this id with its text; null if there is none.
    async fn message(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the message.")] id: ID,
    ) -> Result<Option<OpenedIntakeMessage>, Failure> {
        let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
        let found = kept::get(context.pool(), &self.by, id).await?;
        Ok(found.map(|(message, bytes)| OpenedIntakeMessage { message: IntakeMessage(message), bytes }))
    }
}

#[derive(Default)]
pub(crate) struct IntakeQuery;

#[Object]
impl IntakeQuery {
    /// What comes in from mail servers and mailbox providers: the ways, how much came, and the messages that were not understood. This is
    /// for administrators.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn intake(&self, context: &Context<'_>) -> Result<Option<Intake>, Failure> {
        Ok(Some(Intake { by: context.administrator()? }))
    }
}

/// The message that `intakeMessageDismiss` throws away.
#[derive(InputObject)]
struct IntakeMessageDismissInput {
    /// The id of a message that is kept because it was not understood.
    id: ID,
}

/// The message that `intakeMessageReadAgain` reads once more.
#[derive(InputObject)]
struct IntakeMessageReadAgainInput {
    /// The id of a message that is kept because it was not understood.
    id: ID,
}

/// That the message was thrown away, or what is wrong with the input.
#[derive(SimpleObject)]
struct IntakeMessageDismissPayload {
    /// Whether the message was thrown away; false if there are user errors.
    dismissed: bool,
    /// Why the request was refused; empty if it was not. A refused request writes nothing.
    user_errors: Vec<UserError>,
}

/// What the message was taken for, or what is wrong with the input.
#[derive(SimpleObject)]
struct IntakeMessageReadAgainPayload {
    /// What the message was taken for this time: `KEPT` if it was not understood again, and then it stays where it is; anything else if it
    /// was, and then it is kept no longer. Null if there are user errors.
    taken: Option<IntakeTaken>,
    /// Why the request was refused; empty if it was not. A refused request writes nothing.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct IntakeMutation;

#[Object]
impl IntakeMutation {
    /// Throws away a message that was not understood, for somebody who has seen it. This is for administrators.
    ///
    /// The only user error is `NOT_FOUND`, if no message of this id is kept: also if it was thrown away before.
    async fn intake_message_dismiss(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message that is thrown away.")] input: IntakeMessageDismissInput,
    ) -> Result<Option<IntakeMessageDismissPayload>, Failure> {
        let by = context.administrator()?;
        let done = match input.id.parse::<Uuid>() {
            Ok(id) => kept::dismiss(context.services(), &by, id).await,
            Err(_) => Ok(false),
        };
        let done = done.and_then(|there| if there { Ok(true) } else { Err(absent()) });
        let (dismissed, user_errors) = done_or_told(done)?;
        Ok(Some(IntakeMessageDismissPayload { dismissed, user_errors }))
    }

    /// Reads a message once more that was not understood, as a newer version of the program may understand it. What it says then has the
    /// same consequences as if it came in now. This is for administrators.
    ///
    /// The only user error is `NOT_FOUND`, if no message of this id is kept: also if it was thrown away, or understood before.
    async fn intake_message_read_again(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message that is read once more.")] input: IntakeMessageReadAgainInput,
    ) -> Result<Option<IntakeMessageReadAgainPayload>, Failure> {
        let by = context.administrator()?;
        let done = match input.id.parse::<Uuid>() {
            Ok(id) => kept::again(context.services(), &by, id).await,
            Err(_) => Ok(None),
        };
        let done = done.and_then(|taken| taken.map(Some).ok_or_else(absent));
        let (taken, user_errors) = done_or_told(done)?;
        Ok(Some(IntakeMessageReadAgainPayload { taken: taken.map(IntakeTaken::from), user_errors }))
    }
}

/// No message of the id is kept.
fn absent() -> Refused {
    Problem::new(Code::NotFound, &["id"], Words::NoIntakeMessage).into()
}
