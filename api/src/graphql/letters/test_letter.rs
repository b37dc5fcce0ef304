//! Test letters.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::user_error::{done, payload};
use crate::graphql::letters::warning;
use crate::graphql::mailings::outcome::DeliveryOutcome;
use acts::letters::test_letters::Wanted;
use async_graphql::{Context, Description, ID, InputObject, Object};
use domain::{NoticeId, Outcome};
use projections::notices;

/// A test letter: a message as a client would get it, but sent to the user who asked for it. Nobody else can see it
/// here.
#[derive(Description)]
pub(crate) struct TestLetter(notices::Notice);

#[Object(use_type_description)]
impl TestLetter {
    /// The id of the test letter.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The viewer's own e-mail address, to which the letter goes, as it was when the viewer asked for it.
    async fn to(&self) -> &str {
        &self.0.email
    }

    /// The moment when the viewer asked for the letter.
    async fn requested_at(&self) -> DateTime {
        self.0.requested_at.into()
    }

    /// What became of the letter so far. A letter that a mail server has refused for the moment is tried again until an
    /// hour after its first attempt, and is then `EXPIRED`. A letter in doubt (`UNKNOWN`) is not sent again.
    async fn outcome(&self) -> DeliveryOutcome {
        let waiting = if self.0.next_at.is_some() { Outcome::Deferred } else { Outcome::Pending };
        self.0.outcome.map_or(waiting, Outcome::from).into()
    }

    /// The moment when the letter got an outcome that stays; null if it is still to be tried.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime::from)
    }

    /// How many attempts to send the letter have ended. Attempts of which nothing came, because a mail server could not
    /// be reached, for example, are not counted.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The letter's `Message-ID` (RFC 5322, section 3.6.4), which is the same in all attempts; null until the first
    /// attempt begins, even one of which nothing comes.
    async fn message_id(&self) -> Option<&str> {
        self.0.message_id.as_deref()
    }

    /// The three digits of the mail server's last reply (RFC 5321, section 4.2), such as 550; null if there was none.
    async fn code(&self) -> Option<i32> {
        self.0.code.map(i32::from)
    }

    /// The enhanced status code of the mail server's last reply (RFC 3463), such as `5.1.1`; null if there was none.
    async fn enhanced_code(&self) -> Option<&str> {
        self.0.enhanced.as_deref()
    }

    /// The text of the mail server's last reply, in the mail server's own words, or, if the last attempt got none, what
    /// went wrong, as an English text; null before the first attempt has ended.
    async fn server_reply(&self) -> Option<&str> {
        self.0.reply.as_deref()
    }
}

#[derive(Default)]
pub(crate) struct TestLetterQuery;

#[Object]
impl TestLetterQuery {
    /// The test letter of this id; null if the viewer has asked for none of this id.
    async fn test_letter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the test letter, as `messageSendTest` told it.")] id: ID,
    ) -> Result<Option<TestLetter>, Failure> {
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

/// The message that `messageSendTest` sends, and the client for whom it is filled in.
#[derive(InputObject)]
struct MessageSendTestInput {
    /// The id of a message: one of the viewer's own, or a shared one (`NOT_FOUND`).
    id: ID,
    /// The id of a client whom the viewer can see (`NOT_FOUND`), whose values fill the merge fields. If it is null or
    /// left out, they are the viewer's own name and address.
    client_id: Option<ID>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to this mutation again, with the same message and the same client, nothing is sent again, and the answer has the
    /// letter that was sent first. With another message or client the user error has the code `IDEMPOTENCY_KEY_REUSED`.
    /// A key never expires. Null or left out: every request sends another letter.
    idempotency_key: Option<String>,
}

payload! {
    /// The test letter that is on its way, or what is wrong with the input.
    MessageSendTestPayload {
        /// The test letter as it is now; null if there are user errors, or if `behind` is true.
        test_letter: TestLetter, warnings
    }
    position {
        /// The position in the log of the last event of the test letter. Administrators can compare it with the `position` of a
        /// read model in `projections`; everybody else needs only `behind`. Null if there are user errors.
    }
    behind {
        /// True if the letter was asked for, but the tables that answers are read from (the read models) did not show it within 5
        /// seconds. `testLetter` is then null in this answer, and the letter goes out all the same. If the request had an
        /// `idempotencyKey`, repeat it after about a second, and the answer has the letter; without a key do not repeat it,
        /// because a repeated request sends another letter. False if there are user errors.
    }
}

#[derive(Default)]
pub(crate) struct TestLetterMutation;

#[Object]
impl TestLetterMutation {
    /// Sends a message in its present revision to the viewer's own address, and to no other. The test letter is the
    /// same as a client would get in a mailing of the kind `BULK`, except for a mark in the subject, and that its link to
    /// leave leads to a page that says that this was a test. The query `testLetter` tells what became of it. Of
    /// the mutations that `sessionCreate` names a request can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `EMAIL_NOT_VERIFIED` for the viewer's own address, `NOT_FOUND`, for the message or for the
    /// client, `IDEMPOTENCY_KEY_INVALID`, `IDEMPOTENCY_KEY_REUSED` and `RATE_LIMITED`, and, if the message is older
    /// than a rule that it breaks, `LETTER_TOO_LARGE`, `MERGE_FIELD_UNKNOWN`, `MERGE_FIELD_UNCLOSED`,
    /// `MERGE_FIELD_IN_PROGRAM` and `MERGE_FILTER_UNKNOWN`.
    async fn message_send_test(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message to send.")] input: MessageSendTestInput,
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
