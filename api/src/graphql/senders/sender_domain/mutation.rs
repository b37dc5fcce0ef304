//! What can be done with a domain whose letters are signed.

use super::input::{
    SenderDomainCreateInput, SenderDomainGrantInput, SenderDomainGrantWithdrawInput, SenderDomainKeyActivateInput,
    SenderDomainKeyImportInput, SenderDomainKeyRemoveInput, SenderDomainKeyRetireInput, SenderDomainKeyRotateInput,
    SenderDomainRemoveInput,
};
use super::query::{SenderDomain, shown};
use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::user_error::{Done, done, payload};
use acts::refusal::{Problem, Refused};
use acts::senders::domains::{self, ImportKey, NewDomain};
use async_graphql::{Context, ID, Object};
use domain::UserId;
use domain::sender_domain::DomainName;
use eventstore::Receipt;

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
