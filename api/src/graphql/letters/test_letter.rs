//! Test letters.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::user_error::{done, payload};
use crate::graphql::letters::warning;
use crate::graphql::mailings::delivery::DeliveryOutcome;
use acts::letters::test_letters::Wanted;
use async_graphql::{Context, Description, ID, InputObject, Object};
use domain::{NoticeId, Outcome};
use projections::notices;

/// A message as a client would get it, but sent to whoever asked for it. Nobody else sees it here.
#[derive(Description)]
pub(crate) struct TestLetter(notices::Notice);

#[Object(use_type_description)]
impl TestLetter {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Your own address, as it was when you asked.
    async fn to(&self) -> &str {
        &self.0.email
    }

    /// When you asked for it.
    async fn requested_at(&self) -> DateTime {
        self.0.requested_at.into()
    }

    /// What became of it so far. `EXPIRED`: the mail server put it off for too long.
    async fn outcome(&self) -> DeliveryOutcome {
        let settled = self.0.outcome.as_deref().and_then(Outcome::from_name);
        let waiting = if self.0.next_at.is_some() { Outcome::Deferred } else { Outcome::Pending };
        settled.unwrap_or(waiting).into()
    }

    /// When it got an outcome that stays; null before.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime::from)
    }

    /// How often it has been tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The letter's `Message-ID`, the same over all attempts; null before the first.
    async fn message_id(&self) -> Option<&str> {
        self.0.message_id.as_deref()
    }

    /// The last reply's three digits.
    async fn code(&self) -> Option<i32> {
        self.0.code.map(i32::from)
    }

    /// The last reply's enhanced code, such as `5.1.1`.
    async fn enhanced_code(&self) -> Option<&str> {
        self.0.enhanced.as_deref()
    }

    /// The last reply's text, or what went wrong without one.
    async fn server_reply(&self) -> Option<&str> {
        self.0.reply.as_deref()
    }
}

#[derive(Default)]
pub(crate) struct TestLetterQuery;

#[Object]
impl TestLetterQuery {
    /// A test letter; null if you have asked for none of this id.
    async fn test_letter(&self, context: &Context<'_>, id: ID) -> Result<Option<TestLetter>, Failure> {
        context.viewer()?;
        read(context, &id).await
    }
}

/// The viewer's test letter of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, id: &str) -> Result<Option<TestLetter>, Failure> {
    let Ok(id) = id.parse::<NoticeId>() else { return Ok(None) };
    let row = notices::test_letter(context.pool(), context.viewer()?.id(), id).await?;
    Ok(row.map(TestLetter))
}

#[derive(InputObject)]
struct MessageSendTestInput {
    /// A message that you can read: your own, or a shared one.
    id: ID,
    /// A client that you can see, whose values fill the merge fields. If it is left out, your own name and address do.
    client_id: Option<ID>,
    /// The same key with the same input is answered by the same letter, and nothing is sent again.
    idempotency_key: Option<String>,
}

payload! {
    /// The letter that is on its way, or what is wrong.
    MessageSendTestPayload { test_letter: TestLetter, warnings }
}

#[derive(Default)]
pub(crate) struct TestLetterMutation;

#[Object]
impl TestLetterMutation {
    /// Sends a message in its current revision to your own address, and to no other: all as a client would get it, but
    /// marked in the subject. What became of it tells the query `testLetter`.
    async fn message_send_test(
        &self,
        context: &Context<'_>,
        input: MessageSendTestInput,
    ) -> Result<Option<MessageSendTestPayload>, Failure> {
        let MessageSendTestInput { id, client_id, idempotency_key } = input;
        let message = id.parse().ok();
        let wanted = Wanted { message: id.0, client: client_id.map(|id| id.0), key: idempotency_key };
        let outcome =
            acts::letters::test_letters::send(context.services(), context.caller(), context.viewer()?, wanted).await;
        let done = done(context, outcome, async |id: NoticeId| read(context, &id.to_string()).await).await?;
        let Some(mut done) = done else { return Ok(None) };
        if let (Some(message), Some(_)) = (message, &done.noun)
            && context.look_ahead().field("warnings").exists()
        {
            done.warnings = warning::of_id(context, message).await?;
        }
        Ok(Some(done.into()))
    }
}
