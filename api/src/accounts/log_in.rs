//! Logging in.

use crate::allowance::{self, Act};
use crate::guard::Caller;
use crate::passwords::Asker;
use crate::refused::{Problem, Refused};
use crate::sessions::{self, Session};
use crate::{Services, passwords};
use domain::{EmailAddress, Said, UserId};
use projections::users;
use secrecy::SecretString;

/// Logs in. What was wrong, the address or the password, is not told, and both take as long. After too many wrong ones a
/// right one has to wait too: otherwise the limit would tell which it was.
pub(crate) async fn log_in(
    services: &Services,
    caller: &Caller,
    email: &str,
    password: SecretString,
) -> Result<(UserId, Session), Refused> {
    let email = EmailAddress::parse(email).ok();
    let key = email.as_ref().map(EmailAddress::key);
    allowance::take(services, Act::Password, caller.address, key.as_deref()).await?;
    let user = match &email {
        Some(email) => users::by_email(services.pool(), email).await?,
        None => None,
    };
    let id = user.as_ref().map(|user| UserId(user.id));
    let shown = passwords::verify(services, Asker::stranger(caller.address), id, password).await?;
    let (Some(user), Some(shown)) = (user, shown) else { return Err(wrong().into()) };
    allowance::give_back(services, caller.address, key.as_deref().unwrap_or_default()).await?;
    if user.blocked_at.is_some() {
        let said = Said::new(
            "the account is blocked: ask the people who run this service",
            "учётная запись заблокирована: обратитесь к тем, кто отвечает за эту службу",
        );
        Err(Problem::new("ACCOUNT_BLOCKED", &["email"], said).into())
    } else if user.verified {
        let id = UserId(user.id);
        // Changed at this very moment, it is not their password any more.
        let session = sessions::begin(services, id, &shown, caller).await?.ok_or_else(wrong)?;
        Ok((id, session))
    } else {
        let said = Said::new(
            "the address is not verified yet: follow the link in the letter that was sent to it, or have it sent again",
            "адрес ещё не подтверждён: перейдите по ссылке из письма, которое на него пришло, или запросите письмо снова",
        );
        Err(Problem::new("EMAIL_NOT_VERIFIED", &["email"], said).into())
    }
}

fn wrong() -> Problem {
    let said =
        Said::new("the e-mail address or the password is wrong", "адрес электронной почты или пароль не подходит");
    Problem::new("INVALID_CREDENTIALS", &[], said)
}
