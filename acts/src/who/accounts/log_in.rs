//! Logging in.

use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::allowance::{self, Act, Whom};
use crate::who::sessions::{self, Session};
use crate::who::{Caller, doors, known_addresses, passwords};
use domain::{Code, EmailAddress, UserId};
use eventstore::StoreError;
use secrecy::SecretString;
use uuid::Uuid;

/// Logs in. What was wrong, the address or the password, is not told, and both take as long. After too many wrong ones a
/// right one has to wait too: otherwise the limit would tell which it was.
pub async fn log_in(
    services: &Services,
    caller: &Caller,
    email: &str,
    password: SecretString,
) -> Result<(UserId, Session), Refused> {
    let email = EmailAddress::parse(email).ok();
    let known = async { Ok(who(services, caller, email.as_ref()).await?.1) };
    let turn = services.hashing.turn_of_a_stranger(services.hashing.asker(caller.address)?, known).await?;

    let (id, known) = who(services, caller, email.as_ref()).await?;
    let key = email.as_ref().map(EmailAddress::key);
    let tries = Tries { caller, account: key.as_deref(), known };
    tries.take(services).await?;
    let shown = passwords::verify(services.pool(), turn, id, password).await?.ok_or_else(wrong)?;
    tries.were_right(services).await?;
    let door = doors::of(services.pool(), id).await?.ok_or_else(wrong)?;
    if door.blocked {
        return Err(Problem::new(Code::AccountBlocked, &["email"], words::accounts::Problem::Blocked).into());
    }
    if !door.verified {
        return Err(Problem::new(Code::EmailNotVerified, &["email"], words::accounts::Problem::NotVerified).into());
    }
    known_addresses::remember(services, id, caller.address).await?;
    // Changed or blocked at this very moment, it does not open the door any more.
    let session = sessions::begin(services, id, &shown, caller).await?.ok_or_else(wrong)?;
    Ok((id, session))
}

/// Whose account it is, the nil id if it is nobody's, and whether they have logged in from there before. Takes as many steps for
/// nobody as for somebody.
async fn who(services: &Services, caller: &Caller, email: Option<&EmailAddress>) -> Result<(UserId, bool), StoreError> {
    let id = match email {
        Some(email) => super::holder(services, email).await?,
        None => UserId(Uuid::nil()),
    };
    Ok((id, known_addresses::has(services, id, caller.address).await?))
}

/// What a try to log in is counted against.
struct Tries<'a> {
    caller: &'a Caller,
    account: Option<&'a str>,
    known: bool,
}

impl<'a> Tries<'a> {
    fn address(&self) -> Whom<'a> {
        Whom::Address(self.caller.address)
    }

    fn account_from_there(&self) -> Option<Whom<'a>> {
        self.account.map(|account| Whom::AccountFrom(account, self.caller.address))
    }

    /// The account's from everywhere. It does not count for whom the service knows: others may have used it up.
    fn account(&self) -> Option<Whom<'a>> {
        self.account.filter(|_| !self.known).map(Whom::Account)
    }

    async fn take(&self, services: &Services) -> Result<(), Refused> {
        let all = [Some(self.address()), self.account_from_there(), self.account()];
        allowance::take_all(services, Act::LogIn, all.into_iter().flatten()).await
    }

    /// Wrong ones of before are forgotten too, but only those from there: others go on guessing from elsewhere.
    async fn were_right(&self, services: &Services) -> Result<(), sqlx::Error> {
        allowance::give_back(services, Act::LogIn, self.address()).await?;
        if let Some(whom) = self.account_from_there() {
            allowance::forgive(services, Act::LogIn, whom).await?;
        }
        if let Some(whom) = self.account() {
            allowance::give_back(services, Act::LogIn, whom).await?;
        }
        Ok(())
    }
}

fn wrong() -> Problem {
    Problem::new(Code::InvalidCredentials, &[], words::accounts::Problem::Credentials)
}
