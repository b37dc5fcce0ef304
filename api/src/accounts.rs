//! Accounts: opening one, and proving that it is yours.

use crate::input::Problems;
use crate::refused::{Problem, Refused, not_appended};
use crate::sessions::{self, Session};
use crate::{Services, passwords, together};
use domain::user::{Command, User};
use domain::{EmailAddress, FullName, Role, TimeZone, UserId};
use eventstore::{Append, AppendError, ExecuteError, Metadata, Receipt};
use projections::users;
use secrecy::SecretString;
use uuid::Uuid;

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address to log in with.
    pub email: String,
    /// The name shown to others.
    pub full_name: String,
    /// The user's zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// At least [`passwords::MIN_LENGTH`] characters.
    pub password: SecretString,
    /// What they may do beyond owning mailings.
    pub roles: Vec<Role>,
}

/// Opens an account whose address needs no proof: for the command line, and for the demo.
pub async fn create_user(services: &Services, new: NewUser, metadata: &Metadata) -> Result<(UserId, Receipt), Refused> {
    let mut problems = Problems::default();
    let email = EmailAddress::parse(&new.email).map_err(|error| Problem::new(error.code(), &["email"], error));
    let email = problems.take(email);
    let name = FullName::parse(&new.full_name).map_err(|error| Problem::new(error.code(), &["fullName"], error));
    let name = problems.take(name);
    let zone = TimeZone::parse(&new.time_zone).map_err(|error| Problem::new(error.code(), &["timeZone"], error));
    let zone = problems.take(zone);
    problems.take(passwords::check(&new.password));
    let (Some(email), Some(full_name), Some(time_zone), true) = (email, name, zone, problems.is_empty()) else {
        return Err(problems.into());
    };

    let mut commands = vec![Command::Register { email, full_name, time_zone }, Command::VerifyEmail];
    commands.extend(new.roles.into_iter().map(|role| Command::GrantRole { role }));
    let events = together::decide(User::default(), commands).map_err(ExecuteError::Refused)?;
    let id = UserId(Uuid::now_v7());
    // The password first: an account that nobody can log in to would keep its address for ever.
    passwords::store(services.pool(), id, new.password).await?;
    let appended = services.store.append(&[Append::begin::<User>(id.0, events)?], metadata).await;
    match appended {
        Ok(receipt) => Ok((id, receipt)),
        Err(error) => {
            // Only if it is certain that there is no account: a commit may have succeeded without an answer.
            if !matches!(error, AppendError::Store(_)) {
                passwords::forget(services.pool(), id).await?;
            }
            Err(not_appended::<User>(error).into())
        }
    }
}

/// Gives the account a new password and ends all its sessions.
pub async fn set_password(
    services: &Services,
    id: UserId,
    password: SecretString,
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    passwords::check(&password)?;
    passwords::store(services.pool(), id, password).await?;
    sessions::end_all(services, id).await?;
    let changed = services.store.execute::<User>(id.0, Command::ChangePassword, metadata).await;
    changed.map_err(Refused::from)
}

/// Gives the account a role. Its address counts as proven: whoever may grant roles vouches for it.
pub async fn grant(services: &Services, id: UserId, role: Role, metadata: &Metadata) -> Result<Receipt, Refused> {
    let commands = vec![Command::VerifyEmail, Command::GrantRole { role }];
    let granted = together::execute::<User>(&services.store, id.0, None, commands, metadata).await;
    granted.map_err(Refused::from)
}

/// Logs in. What was wrong, the address or the password, is not told, and both take as long.
pub(crate) async fn log_in(
    services: &Services,
    email: &str,
    password: SecretString,
) -> Result<(UserId, Session), Refused> {
    let user = match EmailAddress::parse(email) {
        Ok(email) => users::by_email(services.pool(), &email).await?,
        Err(_) => None,
    };
    let id = user.as_ref().map(|user| UserId(user.id));
    let right = passwords::verify(services.pool(), id, password).await?;
    match user {
        Some(user) if right && user.blocked_at.is_some() => {
            let message = "the account is blocked: ask the people who run this service";
            Err(Problem::new("ACCOUNT_BLOCKED", &["email"], message).into())
        }
        Some(user) if right && user.verified => {
            let id = UserId(user.id);
            Ok((id, sessions::begin(services, id).await?))
        }
        Some(_) if right => {
            let message = "the address is not verified yet: follow the link in the letter that was sent to it";
            Err(Problem::new("EMAIL_NOT_VERIFIED", &["email"], message).into())
        }
        _ => {
            let message = "the e-mail address or the password is wrong";
            Err(Problem::new("INVALID_CREDENTIALS", &[], message).into())
        }
    }
}
