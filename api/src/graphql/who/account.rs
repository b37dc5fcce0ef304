//! Accounts: opening one, proving addresses, passwords, the profile.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, TimeZone};
use crate::graphql::kit::user_error::{UserError, done, payload};
use crate::graphql::who::viewer::{Language, User};
use acts::refusal::Refused;
use acts::who::accounts::{self, Profile, Registration};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::UserId;
use eventstore::Receipt;
use projections::users;

#[derive(InputObject)]
struct UserRegisterInput {
    /// The address to log in with. A letter with a link goes there.
    email: String,
    /// The name shown to others.
    #[graphql(default)]
    full_name: String,
    /// The zone in which times are shown; UTC if it is left out.
    time_zone: Option<TimeZone>,
    /// In which the service writes to you; English if it is left out.
    language: Option<Language>,
    /// At least ten characters, and hard to guess.
    password: String,
}

#[derive(InputObject)]
struct VerificationRequestInput {
    email: String,
}

#[derive(InputObject)]
struct EmailVerifyInput {
    /// From the link in the letter.
    token: String,
}

#[derive(InputObject)]
struct PasswordRecoverInput {
    email: String,
}

#[derive(InputObject)]
struct PasswordResetInput {
    /// From the link in the letter.
    token: String,
    /// The new one.
    password: String,
}

#[derive(InputObject)]
struct PasswordChangeInput {
    old_password: String,
    new_password: String,
}

#[derive(InputObject)]
struct EmailChangeInput {
    /// A letter with a link goes there.
    new_email: String,
    /// Your password.
    password: String,
}

#[derive(InputObject)]
struct EmailChangeConfirmInput {
    /// From the link in the letter.
    token: String,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct ProfileUpdateInput {
    /// The name shown to others.
    full_name: Option<String>,
    time_zone: Option<TimeZone>,
    language: Option<Language>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

/// A payload that says no more than that something was done, or why not.
macro_rules! said {
    ($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident }) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        struct $name {
            $(#[$field_doc])*
            $field: bool,
            /// What is wrong with the input; then nothing was done.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of<T>(outcome: Result<T, Refused>) -> Result<Option<Self>, Failure> {
                let (done, problems) = match outcome {
                    Ok(_) => (true, Vec::new()),
                    Err(refused) => (false, problems_or_failure(refused)?),
                };
                Ok(Some(Self { $field: done, user_errors: problems.into_iter().map(UserError::from).collect() }))
            }
        }
    };
}

said! {
    /// The registration taken down, or what is wrong.
    UserRegisterPayload {
        /// It is taken down and a letter goes to the address. So it is said, too, if the address has an account: then the
        /// letter tells its holder.
        accepted
    }
}
said! {
    /// The request taken down, or what is wrong.
    VerificationRequestPayload {
        /// If an account with that address waits for it, the letter goes there once more.
        accepted
    }
}
said! {
    /// The address is proven, or what is wrong.
    EmailVerifyPayload {
        /// Whether the account works now.
        verified
    }
}
said! {
    /// The request taken down, or what is wrong.
    PasswordRecoverPayload {
        /// If the address has an account, a letter with a link goes there.
        accepted
    }
}
said! {
    /// The new password counts, or what is wrong.
    PasswordResetPayload {
        /// Whether you can log in with it now.
        changed
    }
}
said! {
    /// The new password counts, or what is wrong.
    PasswordChangePayload {
        /// Whether you log in with it from now on.
        changed
    }
}
said! {
    /// The request taken down, or what is wrong.
    EmailChangePayload {
        /// If the address is free, a letter with a link goes there.
        accepted
    }
}
said! {
    /// The new address counts, or what is wrong.
    EmailChangeConfirmPayload {
        /// Whether you log in with it from now on.
        changed
    }
}
payload! {
    /// The user as they are now, or what is wrong.
    ProfileUpdatePayload { viewer: User }
}

#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Opens an account. It works once its address is proven by the link in the letter that goes there.
    async fn user_register(
        &self,
        context: &Context<'_>,
        input: UserRegisterInput,
    ) -> Result<Option<UserRegisterPayload>, Failure> {
        let new = Registration {
            email: input.email,
            full_name: input.full_name,
            time_zone: input.time_zone.map_or_else(|| domain::TimeZone::UTC.name().to_owned(), |zone| zone.0),
            language: input.language.map(Into::into).unwrap_or_default(),
            password: input.password.into(),
        };
        UserRegisterPayload::of(accounts::register(context.services(), context.caller(), new).await)
    }

    /// Asks for the letter with the link that proves an address again.
    async fn verification_request(
        &self,
        context: &Context<'_>,
        input: VerificationRequestInput,
    ) -> Result<Option<VerificationRequestPayload>, Failure> {
        let outcome = accounts::ask_again(context.services(), context.caller(), &input.email).await;
        VerificationRequestPayload::of(outcome)
    }

    /// Proves an address, by the link that went there. It works once.
    async fn email_verify(
        &self,
        context: &Context<'_>,
        input: EmailVerifyInput,
    ) -> Result<Option<EmailVerifyPayload>, Failure> {
        let outcome = accounts::verify(context.services(), context.caller(), &input.token).await;
        EmailVerifyPayload::of(shown(context, outcome).await)
    }

    /// Asks for a letter with a link with which a forgotten password is replaced.
    async fn password_recover(
        &self,
        context: &Context<'_>,
        input: PasswordRecoverInput,
    ) -> Result<Option<PasswordRecoverPayload>, Failure> {
        let outcome = accounts::recover(context.services(), context.caller(), &input.email).await;
        PasswordRecoverPayload::of(outcome)
    }

    /// Replaces a forgotten password, by the link in that letter. All sessions end and all API tokens are revoked.
    async fn password_reset(
        &self,
        context: &Context<'_>,
        input: PasswordResetInput,
    ) -> Result<Option<PasswordResetPayload>, Failure> {
        let (services, caller) = (context.services(), context.caller());
        let outcome = accounts::reset(services, caller, &input.token, input.password.into()).await;
        PasswordResetPayload::of(shown(context, outcome).await)
    }

    /// Replaces your password by another one. Your other sessions end and all your API tokens are revoked. For sessions only,
    /// not for API tokens.
    async fn password_change(
        &self,
        context: &Context<'_>,
        input: PasswordChangeInput,
    ) -> Result<Option<PasswordChangePayload>, Failure> {
        let (old, new) = (input.old_password.into(), input.new_password.into());
        let viewer = context.viewer()?;
        let by = context.in_person(viewer.signed_in())?;
        let outcome = accounts::change_password(context.services(), context.caller(), viewer, &by, old, new).await;
        PasswordChangePayload::of(shown(context, outcome).await)
    }

    /// Asks for another address to log in with: it counts once the link in the letter that goes there is followed. For
    /// sessions only, not for API tokens.
    async fn email_change(
        &self,
        context: &Context<'_>,
        input: EmailChangeInput,
    ) -> Result<Option<EmailChangePayload>, Failure> {
        let viewer = context.viewer()?;
        let by = context.in_person(viewer.signed_in())?;
        let (services, caller) = (context.services(), context.caller());
        let outcome =
            accounts::change_email(services, caller, viewer, &by, &input.new_email, input.password.into()).await;
        EmailChangePayload::of(outcome)
    }

    /// Proves the new address, by the link that went there, and logs in with it from now on. The old address gets a letter
    /// about it.
    async fn email_change_confirm(
        &self,
        context: &Context<'_>,
        input: EmailChangeConfirmInput,
    ) -> Result<Option<EmailChangeConfirmPayload>, Failure> {
        let outcome = accounts::confirm_email(context.services(), context.caller(), &input.token).await;
        EmailChangeConfirmPayload::of(shown(context, outcome).await)
    }

    /// Changes how you are shown and written to.
    async fn profile_update(
        &self,
        context: &Context<'_>,
        input: ProfileUpdateInput,
    ) -> Result<Option<ProfileUpdatePayload>, Failure> {
        let by = context.viewer()?.signed_in();
        let profile = Profile {
            full_name: input.full_name,
            time_zone: input.time_zone.map(|zone| zone.0),
            language: input.language.map(Into::into),
        };
        let expected = input.expected_version.map(|version| version.0);
        let metadata = context.metadata()?;
        let outcome = accounts::update_profile(context.services(), by, expected, profile, &metadata).await;
        let read = async |id: UserId| Ok(users::get(context.pool(), id).await?.map(User));
        Ok(done(context, outcome, read).await?.map(Into::into))
    }
}

/// Waits until the read models show what was written.
async fn shown(context: &Context<'_>, outcome: Result<Receipt, Refused>) -> Result<Receipt, Refused> {
    let receipt = outcome?;
    context.services().shown(receipt.position).await;
    Ok(receipt)
}
