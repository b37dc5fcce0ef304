//! Accounts: opening one, proving addresses, passwords, the profile.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, TimeZone};
use crate::graphql::kit::user_error::{UserError, done, payload};
use crate::graphql::who::language::Language;
use crate::graphql::who::viewer::User;
use acts::refusal::Refused;
use acts::who::accounts::{self, Profile, Registration};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::UserId;
use eventstore::Receipt;
use projections::users;

/// The account that `userRegister` opens.
#[derive(InputObject)]
struct UserRegisterInput {
    /// The e-mail address with which the user will log in: at most 254 bytes in UTF-8 (`EMAIL_MISSING`,
    /// `EMAIL_INVALID`, `EMAIL_TOO_LONG`). A letter with a link goes there.
    email: String,
    /// The name under which the user is shown to others: one line of at most 200 characters, which may be empty
    /// (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`).
    #[graphql(default)]
    full_name: String,
    /// The time zone in which the user's mailings are planned and times are shown (`TIME_ZONE_UNKNOWN`); UTC if it is
    /// null or left out.
    time_zone: Option<TimeZone>,
    /// The language in which the service writes to the user; English if it is null or left out.
    language: Option<Language>,
    /// The password: at least 10 characters (`PASSWORD_TOO_SHORT`) that are hard to guess (`PASSWORD_WEAK`), at most
    /// 1024 bytes in UTF-8 (`PASSWORD_TOO_LONG`), and no control characters (`PASSWORD_CONTROL_CHARACTER`).
    password: String,
}

/// The address to which `verificationRequest` sends the letter again.
#[derive(InputObject)]
struct VerificationRequestInput {
    /// The e-mail address with which the account was opened (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`).
    email: String,
}

/// The proof that `emailVerify` checks.
#[derive(InputObject)]
struct EmailVerifyInput {
    /// The token from the link in the letter that went to the address. A link that is used, expired or incomplete gets
    /// `LINK_INVALID`.
    token: String,
}

/// The account whose password is forgotten.
#[derive(InputObject)]
struct PasswordRecoverInput {
    /// The e-mail address of the account (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`).
    email: String,
}

/// The proof that `passwordReset` checks, and the new password.
#[derive(InputObject)]
struct PasswordResetInput {
    /// The token from the link in the letter that `passwordRecover` sent. A link that is used, expired or incomplete
    /// gets `LINK_INVALID`.
    token: String,
    /// The new password: at least 10 characters (`PASSWORD_TOO_SHORT`) that are hard to guess (`PASSWORD_WEAK`), at
    /// most 1024 bytes in UTF-8 (`PASSWORD_TOO_LONG`), and no control characters (`PASSWORD_CONTROL_CHARACTER`).
    password: String,
}

/// The old and the new password of the viewer.
#[derive(InputObject)]
struct PasswordChangeInput {
    /// The viewer's present password. Another one gets `PASSWORD_WRONG`.
    old_password: String,
    /// The new password: at least 10 characters (`PASSWORD_TOO_SHORT`) that are hard to guess (`PASSWORD_WEAK`), at
    /// most 1024 bytes in UTF-8 (`PASSWORD_TOO_LONG`), and no control characters (`PASSWORD_CONTROL_CHARACTER`).
    new_password: String,
}

/// The e-mail address with which the viewer wants to log in, and the proof that it is the viewer.
#[derive(InputObject)]
struct EmailChangeInput {
    /// The new e-mail address, to which a letter with a link goes: at most 254 bytes in UTF-8 (`EMAIL_MISSING`,
    /// `EMAIL_INVALID`, `EMAIL_TOO_LONG`).
    new_email: String,
    /// The viewer's present password. Another one gets `PASSWORD_WRONG`.
    password: String,
}

/// The proof that `emailChangeConfirm` checks.
#[derive(InputObject)]
struct EmailChangeConfirmInput {
    /// The token from the link in the letter that went to the new address. A link that is used, expired or incomplete
    /// gets `LINK_INVALID`.
    token: String,
}

/// What `profileUpdate` changes of the viewer. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct ProfileUpdateInput {
    /// The name under which the viewer is shown to others: one line of at most 200 characters, which may be empty
    /// (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`).
    full_name: Option<String>,
    /// The time zone in which the viewer's new mailings are planned and times are shown (`TIME_ZONE_UNKNOWN`).
    time_zone: Option<TimeZone>,
    /// The language in which the service writes to the viewer.
    language: Option<Language>,
    /// Where the viewer can be reached by post, which stands below the viewer's letters to many: lines, at most 300 characters together
    /// (`POSTAL_ADDRESS_TOO_LONG`). An empty text for nowhere.
    postal_address: Option<String>,
    /// The `version` of the user that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the user is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
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
            /// Why the request was refused; empty if it was not. If it was, nothing was done. The description of the mutation names
            /// the codes.
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
    /// Whether the registration was accepted, or what is wrong with the input.
    UserRegisterPayload {
        /// Whether the registration was accepted, and a letter goes to the address. It is true, too, if the address has
        /// an account already: then the letter says so to its holder. False if there are user errors.
        accepted
    }
}
said! {
    /// Whether the request was accepted, or what is wrong with the input.
    VerificationRequestPayload {
        /// Whether the request was accepted. If an account with that address waits to be proven, the letter goes there
        /// once more. The answer does not reveal whether there is such an account. False if there are user errors.
        accepted
    }
}
said! {
    /// Whether the address is proven, or what is wrong with the input.
    EmailVerifyPayload {
        /// Whether the address is proven, so that the account works now. False if there are user errors.
        verified
    }
}
said! {
    /// Whether the request was accepted, or what is wrong with the input.
    PasswordRecoverPayload {
        /// Whether the request was accepted. If the address has an account, a letter with a link goes there. The answer
        /// does not reveal whether there is such an account. False if there are user errors.
        accepted
    }
}
said! {
    /// Whether the new password is in force, or why it is not.
    PasswordResetPayload {
        /// Whether the new password is in force: it was put in the place of the old one, and is needed to log in. False
        /// if there are user errors.
        changed
    }
}
said! {
    /// Whether the new password is in force, or why it is not.
    PasswordChangePayload {
        /// Whether the new password is in force: it was put in the place of the old one, and is needed to log in. False
        /// if there are user errors.
        changed
    }
}
said! {
    /// Whether the request was accepted, or what is wrong with the input.
    EmailChangePayload {
        /// Whether the request was accepted. If no other account has the address, a letter with a link goes there. The
        /// answer does not reveal whether another account has it. False if there are user errors.
        accepted
    }
}
said! {
    /// Whether the new address is in force, or why it is not.
    EmailChangeConfirmPayload {
        /// Whether the new address is in force: it was put in the place of the old one, and is needed to log in. False
        /// if there are user errors.
        changed
    }
}
payload! {
    /// The viewer after the change, or what is wrong with the input.
    ProfileUpdatePayload {
        /// The viewer as they are now; null if there are user errors, or if `behind` is true.
        viewer: User
    }
}

#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Opens an account. You can log in only after you have followed the link in the letter that goes to its address,
    /// which works for three days. Nobody has to be signed in. Of the mutations that `sessionCreate` names a request
    /// can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`, `FULL_NAME_NOT_A_LINE`,
    /// `FULL_NAME_TOO_LONG`, `TIME_ZONE_UNKNOWN`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`,
    /// `PASSWORD_CONTROL_CHARACTER`, `PASSWORD_WEAK` and `RATE_LIMITED`.
    async fn user_register(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account to open.")] input: UserRegisterInput,
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

    /// Asks once more for the letter with the link that proves the address of a new account. The link works for three
    /// days. Nobody has to be signed in. Of the mutations that `sessionCreate` names a request can have one only
    /// (`TOO_COMPLEX`).
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG` and `RATE_LIMITED`.
    async fn verification_request(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The address to prove.")] input: VerificationRequestInput,
    ) -> Result<Option<VerificationRequestPayload>, Failure> {
        let outcome = accounts::ask_again(context.services(), context.caller(), &input.email).await;
        VerificationRequestPayload::of(outcome)
    }

    /// Proves the address of a new account by the token of the link that went there. The token works once. Nobody has
    /// to be signed in. The only user error is `LINK_INVALID`.
    async fn email_verify(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token from the letter.")] input: EmailVerifyInput,
    ) -> Result<Option<EmailVerifyPayload>, Failure> {
        let outcome = accounts::verify(context.services(), context.caller(), &input.token).await;
        EmailVerifyPayload::of(shown(context, outcome).await)
    }

    /// Asks for a letter with a link by which a forgotten password is replaced. The link works for an hour. Nobody has
    /// to be signed in. Of the mutations that `sessionCreate` names a request can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG` and `RATE_LIMITED`.
    async fn password_recover(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account whose password is forgotten.")] input: PasswordRecoverInput,
    ) -> Result<Option<PasswordRecoverPayload>, Failure> {
        let outcome = accounts::recover(context.services(), context.caller(), &input.email).await;
        PasswordRecoverPayload::of(outcome)
    }

    /// Replaces a forgotten password by a new one, by the token of the link that `passwordRecover` sent. All sessions
    /// of the account end, and all its API tokens are revoked. Nobody has to be signed in. Of the mutations that
    /// `sessionCreate` names a request can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `LINK_INVALID`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `PASSWORD_CONTROL_CHARACTER`,
    /// `PASSWORD_WEAK` and `RATE_LIMITED`. A password that is refused does not use the link up.
    async fn password_reset(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token from the letter, and the new password.")] input: PasswordResetInput,
    ) -> Result<Option<PasswordResetPayload>, Failure> {
        let (services, caller) = (context.services(), context.caller());
        let outcome = accounts::reset(services, caller, &input.token, input.password.into()).await;
        PasswordResetPayload::of(shown(context, outcome).await)
    }

    /// Replaces the viewer's password by a new one. All other sessions of the viewer end, and all API tokens are
    /// revoked. This can be done with a session only: an API token gets the error `FORBIDDEN`. Of the mutations that
    /// `sessionCreate` names a request can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `PASSWORD_WRONG` for the old password, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`,
    /// `PASSWORD_CONTROL_CHARACTER` and `PASSWORD_WEAK` for the new one, and `RATE_LIMITED`.
    async fn password_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The old and the new password.")] input: PasswordChangeInput,
    ) -> Result<Option<PasswordChangePayload>, Failure> {
        let (old, new) = (input.old_password.into(), input.new_password.into());
        let by = context.in_person(context.viewer()?.signed_in())?;
        let outcome = accounts::change_password(context.services(), context.caller(), &by, old, new).await;
        PasswordChangePayload::of(shown(context, outcome).await)
    }

    /// Asks for another e-mail address to log in with. You can log in with it only after you have followed, within a
    /// day, the link in the letter that goes there. This can be done with a session only: an API token gets the error
    /// `FORBIDDEN`. Of the mutations that `sessionCreate` names a request can have one only (`TOO_COMPLEX`).
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`, `PASSWORD_WRONG` and `RATE_LIMITED`. If
    /// another account has the address, the answer does not tell, and no letter goes out.
    async fn email_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new address, and the password.")] input: EmailChangeInput,
    ) -> Result<Option<EmailChangePayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let (services, caller) = (context.services(), context.caller());
        let outcome = accounts::change_email(services, caller, &by, &input.new_email, input.password.into()).await;
        EmailChangePayload::of(outcome)
    }

    /// Replaces the e-mail address to log in with, by the token of the link that went to the new one. The old address
    /// gets a letter about it. Nobody has to be signed in. The user errors are `LINK_INVALID` and `EMAIL_TAKEN`.
    async fn email_change_confirm(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token from the letter.")] input: EmailChangeConfirmInput,
    ) -> Result<Option<EmailChangeConfirmPayload>, Failure> {
        let outcome = accounts::confirm_email(context.services(), context.caller(), &input.token).await;
        EmailChangeConfirmPayload::of(shown(context, outcome).await)
    }

    /// Changes the viewer's name, time zone, language or postal address.
    ///
    /// The user errors are `FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`, `TIME_ZONE_UNKNOWN`, `POSTAL_ADDRESS_TOO_LONG` and
    /// `STALE_VERSION`.
    async fn profile_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to change of the viewer's account.")] input: ProfileUpdateInput,
    ) -> Result<Option<ProfileUpdatePayload>, Failure> {
        let by = context.viewer()?.signed_in();
        let profile = Profile {
            full_name: input.full_name,
            time_zone: input.time_zone.map(|zone| zone.0),
            language: input.language.map(Into::into),
            postal_address: input.postal_address,
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
