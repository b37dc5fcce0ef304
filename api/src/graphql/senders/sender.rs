//! The senders of owners.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::audit::history::{self, AuditEvents};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::UserKey;
use crate::graphql::kit::user_error::{UserError, done, payload};
use crate::graphql::who::viewer::User;
use acts::senders::{Change, New};
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::{SenderId, StreamKind};
use projections::Access;
use projections::audit::Stream;
use projections::senders::{self, Which};

/// A sender: a name and an address that letters of its owner's mailings can be from. It can be used when its address is known to be
/// the owner's, by the link of a letter that goes there, or when an administrator has granted its domain to the owner, as long as no
/// administrator has revoked it. Mailings without a sender are from the service itself.
#[derive(Description)]
pub(crate) struct Sender(pub(crate) senders::Sender);

#[Object(use_type_description)]
impl Sender {
    /// The id of the sender.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user whose sender it is. Null only if the user could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The name that recipients see; empty if they see the address alone.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The address that letters are from, and that bounces go to. It never changes.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// The address that replies go to; null if they go to the sender's own.
    async fn reply_to(&self) -> Option<&str> {
        self.0.reply_to.as_deref()
    }

    /// Whether letters can be from the sender now.
    async fn usable(&self) -> bool {
        self.0.is_usable()
    }

    /// The moment when somebody followed the link in the letter to the address; null if nobody has, or not since the sender was revoked.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(DateTime::from)
    }

    /// Whether an administrator has granted the domain of the address to the owner, so that the sender can be used without the link.
    async fn domain_granted(&self) -> bool {
        self.0.granted
    }

    /// The moment when an administrator revoked the sender; null if nobody has, or if one has allowed it again. Letters cannot be from it
    /// before it is allowed again, and then only when its address is verified anew or its domain granted.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime::from)
    }

    /// Why the sender was revoked; null if `revokedAt` is.
    async fn revoked_why(&self) -> Option<&str> {
        self.0.revoked_why.as_deref()
    }

    /// Which form of the sender this is, counted from 1. It grows by one with each `senderChange` that changes anything. A run
    /// keeps the form that the sender had when it started.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// The moment when the sender was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The moment when the sender was deleted; null if it was not. Runs that started before are still from it, unless an administrator
    /// revokes it, or another one of the same owner with the same address.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// Everything that happened to the sender, oldest first. Null only if the list could not be read; then the
    /// top-level `errors` say why.
    async fn history(
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
    ) -> Result<Option<AuditEvents>, Failure> {
        let stream = Stream::new(StreamKind::Sender, self.0.id);
        history::of_streams(context, vec![stream], first, after.as_deref()).await
    }

    /// The version of the sender, counted from 1. It grows by one whenever the sender is changed, verified,
    /// revoked, allowed or deleted. Pass it as
    /// `expectedVersion` to `senderChange`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// The senders that a list shows: those that meet all conditions that are given.
#[derive(InputObject)]
struct SenderFilter {
    /// Only senders whose name or address contains this text, in upper or lower case; null, left out or empty for all.
    search: Option<String>,
}

#[derive(Default)]
pub(crate) struct SendersQuery;

#[Object]
impl SendersQuery {
    /// The sender of this id, also a deleted one; null if there is none that the viewer may see.
    async fn sender(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the sender.")] id: ID,
    ) -> Result<Option<Sender>, Failure> {
        let access = context.viewer()?.reads();
        let Ok(id) = id.parse::<SenderId>() else { return Ok(None) };
        read(context, access, id).await
    }

    /// The viewer's senders, or everybody's if the scope says so, in the order in which they were made, the oldest first. Deleted ones are
    /// among them only if they are revoked, as they hold their address then.
    async fn senders(
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
        #[graphql(desc = "The conditions that the senders have to meet; without it the list has all senders.")]
        filter: Option<SenderFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Sender>>, Failure> {
        let access = context.scope(scope)?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let search = filter.and_then(|filter| searchable(filter.search));
        let which = Which::Holding;
        let rows = senders::page(&pool, access, which, search.as_deref(), page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, search) = (pool.clone(), search.clone());
            async move { senders::count(&pool, access, which, search.as_deref()).await }
        });
        Ok(Some(page.of(rows, senders::Sender::cursor, Sender, total)))
    }
}

async fn read(context: &Context<'_>, access: Access, id: SenderId) -> Result<Option<Sender>, Failure> {
    Ok(senders::get(context.pool(), access, id).await?.map(Sender))
}

/// The sender that `senderCreate` makes.
#[derive(InputObject)]
struct SenderCreateInput {
    /// The name that recipients see: one line of at most 200 characters, which may be empty (`FULL_NAME_NOT_A_LINE`,
    /// `FULL_NAME_TOO_LONG`).
    name: String,
    /// The address that letters are to be from: at most 254 bytes in UTF-8 (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`). No
    /// other sender of yours may have it, or have had it when it was revoked (`SENDER_ADDRESS_TAKEN`). It cannot be changed later.
    address: String,
    /// The address that replies are to go to (`EMAIL_INVALID`, `EMAIL_TOO_LONG`); null, left out or empty for the sender's own.
    reply_to: Option<String>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the sender that was made
    /// first, as it is now. So a request whose answer got lost can be repeated. With another input the user error has
    /// the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its sender is deleted: the answer then has the
    /// sender with `deletedAt`. Null or left out: every request makes another sender.
    idempotency_key: Option<String>,
}

/// What `senderChange` changes of a sender. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct SenderChangeInput {
    /// The id of the sender to change.
    id: ID,
    /// The name that recipients see from now on: one line of at most 200 characters, which may be empty (`FULL_NAME_NOT_A_LINE`,
    /// `FULL_NAME_TOO_LONG`).
    name: Option<String>,
    /// The address that replies go to from now on (`EMAIL_INVALID`, `EMAIL_TOO_LONG`); an empty text for the sender's own.
    reply_to: Option<String>,
    /// The `version` of the sender that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the sender is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The sender that `senderDelete` deletes.
#[derive(InputObject)]
struct SenderDeleteInput {
    /// The id of the sender to delete.
    id: ID,
}

/// The sender that `senderRevoke` revokes, and why.
#[derive(InputObject)]
struct SenderRevokeInput {
    /// The id of the sender to revoke.
    id: ID,
    /// The reason, which the sender's owner reads: 1 to 500 characters (`REASON_MISSING`, `REASON_TOO_LONG`). If the sender is
    /// revoked already, the reason that was given first stays.
    reason: String,
}

/// The sender that `senderAllow` allows again.
#[derive(InputObject)]
struct SenderAllowInput {
    /// The id of the sender to allow.
    id: ID,
}

/// The sender to whose address `senderSendLink` sends the letter again.
#[derive(InputObject)]
struct SenderSendLinkInput {
    /// The id of the sender.
    id: ID,
}

/// The proof that `senderVerify` checks.
#[derive(InputObject)]
struct SenderVerifyInput {
    /// The token from the link in the letter that went to the sender's address. A link that is used, expired or incomplete, or that was
    /// sent before the sender was revoked, gets `LINK_INVALID`.
    token: String,
}

payload! {
    /// The new sender, or what is wrong with the input.
    created SenderCreatePayload {
        /// The sender as it is now; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}
payload! {
    /// The sender after the change, or what is wrong with the input.
    SenderChangePayload {
        /// The sender as it is now; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}
payload! {
    /// The deleted sender, or what is wrong with the input.
    SenderDeletePayload {
        /// The sender as it was, with `deletedAt`; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}
payload! {
    /// The revoked sender, or what is wrong with the input.
    SenderRevokePayload {
        /// The sender as it is now; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}
payload! {
    /// The sender that is allowed again, or what is wrong with the input.
    SenderAllowPayload {
        /// The sender as it is now; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}
payload! {
    /// The sender whose letter goes out again, or why it does not.
    SenderSendLinkPayload {
        /// The sender as it is now; null if there are user errors, or if `behind` is true.
        sender: Sender
    }
}

/// Whether the address is verified, or what is wrong with the input.
#[derive(SimpleObject)]
struct SenderVerifyPayload {
    /// Whether letters can be from the sender's address now. False if there are user errors.
    verified: bool,
    /// Why the request was refused; empty if it was not. If it was, nothing was done. The description of the mutation names
    /// the codes.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SendersMutation;

#[Object]
impl SendersMutation {
    /// Makes a sender. A letter with a link goes to its address, which works for three days, unless an administrator has granted the
    /// domain of the address to the viewer. Letters can be from the sender when somebody has followed the link.
    ///
    /// The user errors are `FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`, `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`,
    /// `SENDER_ADDRESS_TAKEN`, `QUOTA_REACHED`, `RATE_LIMITED`, `IDEMPOTENCY_KEY_INVALID` and `IDEMPOTENCY_KEY_REUSED`.
    async fn sender_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender to make.")] input: SenderCreateInput,
    ) -> Result<Option<SenderCreatePayload>, Failure> {
        let owner = context.owner()?;
        let SenderCreateInput { name, address, reply_to, idempotency_key } = input;
        let new = New { name, address, reply_to };
        let outcome = acts::senders::create(context.services(), context.caller(), owner, idempotency_key, new).await;
        let outcome = outcome.map(|(made, receipt)| (made.id, receipt));
        let access = context.viewer()?.reads();
        Ok(done(context, outcome, async |id| read(context, access, id).await).await?.map(Into::into))
    }

    /// Changes the name of one of the viewer's senders, or the address that replies go to. Runs that have started keep what they
    /// started with.
    ///
    /// The user errors are `SENDER_NOT_FOUND`, `FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`, `EMAIL_INVALID`, `EMAIL_TOO_LONG` and
    /// `STALE_VERSION`.
    async fn sender_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender and the changes.")] input: SenderChangeInput,
    ) -> Result<Option<SenderChangePayload>, Failure> {
        let by = context.owner()?;
        let change = Change { name: input.name, reply_to: input.reply_to };
        let expected = input.expected_version.map(|version| version.0);
        let metadata = context.metadata()?;
        let outcome = acts::senders::change(context.services(), by, &input.id, expected, change, &metadata).await;
        let access = context.viewer()?.reads();
        Ok(done(context, outcome, async |id| read(context, access, id).await).await?.map(Into::into))
    }

    /// Deletes one of the viewer's senders. Runs that have started are still from it, unless an administrator revokes it; mailings that
    /// name it are paused when they would start the next one. It is safe to repeat. The user errors are `SENDER_NOT_FOUND` and
    /// `SENDER_REVOKED`.
    async fn sender_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender to delete.")] input: SenderDeleteInput,
    ) -> Result<Option<SenderDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::senders::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let access = context.viewer()?.reads();
        Ok(done(context, outcome, async |id| read(context, access, id).await).await?.map(Into::into))
    }

    /// Revokes a sender, whoever owns it: no letters can be from its address any more, its mailings are paused, also in the middle of a
    /// run, the links that went to its address end, and its owner can neither verify its address nor delete it, until an administrator
    /// allows it again. Deleted senders are revoked, too, as letters of runs that have started are from them, and their owners cannot make
    /// them once more then; if the owner has another one with the same address by now, that one is revoked, and is in the answer. It is
    /// safe to repeat. This is for administrators. The user errors are `SENDER_NOT_FOUND`, `REASON_MISSING` and `REASON_TOO_LONG`.
    async fn sender_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender to revoke, and why.")] input: SenderRevokeInput,
    ) -> Result<Option<SenderRevokePayload>, Failure> {
        let by = context.administrator()?;
        let metadata = context.metadata()?;
        let outcome = acts::senders::revoke(context.services(), by, &input.id, input.reason, &metadata).await;
        Ok(done(context, outcome, async |id| read(context, Access::All, id).await).await?.map(Into::into))
    }

    /// Allows a sender again that was revoked, whoever owns it. Its owner can then verify the address anew, by a link that is sent after
    /// that; if its domain is granted to them, letters can be from it at once. One that is deleted stays so, and its owner can make
    /// another one with its address. The mailings that were paused stay paused until their owner resumes them. It is safe to repeat. This
    /// is for administrators. The only user error is `SENDER_NOT_FOUND`.
    async fn sender_allow(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender to allow again.")] input: SenderAllowInput,
    ) -> Result<Option<SenderAllowPayload>, Failure> {
        let by = context.administrator()?;
        let outcome = acts::senders::allow(context.services(), by, &input.id, &context.metadata()?).await;
        Ok(done(context, outcome, async |id| read(context, Access::All, id).await).await?.map(Into::into))
    }

    /// Sends the letter with the link to the address of one of the viewer's senders once more. Links in letters of before work no
    /// longer than they did. Nothing is sent if the address is verified already.
    ///
    /// The user errors are `SENDER_NOT_FOUND`, `SENDER_REVOKED` and `RATE_LIMITED`.
    async fn sender_send_link(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sender to whose address the letter goes.")] input: SenderSendLinkInput,
    ) -> Result<Option<SenderSendLinkPayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::senders::send_link(context.services(), context.caller(), by, &input.id).await;
        let access = context.viewer()?.reads();
        Ok(done(context, outcome, async |id| read(context, access, id).await).await?.map(Into::into))
    }

    /// Verifies the address of a sender by the token of the link that went there. The token works once. Nobody has to be signed
    /// in. The user errors are `LINK_INVALID` and `SENDER_REVOKED`.
    async fn sender_verify(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token from the letter.")] input: SenderVerifyInput,
    ) -> Result<Option<SenderVerifyPayload>, Failure> {
        let outcome = acts::senders::verify(context.services(), context.caller(), &input.token).await;
        let (verified, problems) = match outcome {
            Ok((_, receipt)) => {
                context.services().shown(receipt.position).await;
                (true, Vec::new())
            }
            Err(refused) => (false, problems_or_failure(refused)?),
        };
        Ok(Some(SenderVerifyPayload { verified, user_errors: problems.into_iter().map(UserError::from).collect() }))
    }
}
