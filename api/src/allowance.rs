//! How often somebody may try: who guesses passwords or has letters sent is slowed down, per address and per account.
//!
//! An allowance is a bucket that fills up with time (GCRA: one moment per subject says how empty it is). It is kept in
//! PostgreSQL, because the nodes share it, in a table that is not logged, because nothing is lost with it. An account is
//! what was typed, whether there is one or not: a limit tells nobody which.

use crate::Services;
use crate::refused::{Problem, Refused};
use chrono::TimeDelta;
use domain::Said;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Showing a password. Right ones are given back.
    Password,
    /// Opening an account.
    Register,
    /// Having a letter with a link sent.
    Letter,
    /// Having a test letter sent to oneself.
    TestLetter,
}

/// Who is limited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom<'a> {
    /// Who sends from there.
    Address(Option<IpAddr>),
    /// Who is, or would be, at this e-mail address, as it is compared.
    Account(&'a str),
}

/// A bucket's size, and how long a try takes to come back.
#[derive(Clone, Copy, Debug)]
struct Rate {
    tries: i32,
    back_after: TimeDelta,
}

impl Act {
    /// One address may be a whole company's, so it may do more than one account.
    fn rate(self, whom: Whom<'_>) -> Rate {
        let (tries, seconds) = match (self, whom) {
            (Self::Password, Whom::Account(_)) => (10, 60),
            (Self::Password, Whom::Address(_)) => (100, 6),
            (Self::Register, Whom::Account(_)) => (5, 600),
            (Self::Register, Whom::Address(_)) => (20, 60),
            (Self::Letter, Whom::Account(_)) => (5, 600),
            (Self::Letter, Whom::Address(_)) => (20, 60),
            // Somebody tries a message out, changes it, tries again: often, but not for hours.
            (Self::TestLetter, Whom::Account(_)) => (10, 60),
            (Self::TestLetter, Whom::Address(_)) => (100, 6),
        };
        Rate { tries, back_after: TimeDelta::seconds(seconds) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Register => "register",
            Self::Letter => "letter",
            Self::TestLetter => "test_letter",
        }
    }

    fn subject(self, whom: Whom<'_>) -> Vec<u8> {
        let text = match whom {
            Whom::Address(Some(address)) => format!("{} address {}", self.name(), neighbourhood(address)),
            Whom::Address(None) => format!("{} address unknown", self.name()),
            Whom::Account(key) => format!("{} account {key}", self.name()),
        };
        Sha256::digest(text).to_vec()
    }
}

/// What counts as one address: an IPv6 host has at least 2^64 of its own.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Takes a try from the allowances of the address and, if it is known, of the account. Nothing is done when one of them
/// is used up.
pub(crate) async fn take(
    services: &Services,
    act: Act,
    address: Option<IpAddr>,
    account: Option<&str>,
) -> Result<(), Refused> {
    let subjects = [Some(Whom::Address(address)), account.map(Whom::Account)];
    for whom in subjects.into_iter().flatten() {
        if let Some(seconds) = take_one(services, act, whom).await? {
            let said = Said::filled(
                format!("too many tries: try again in {seconds} s"),
                format!("слишком много попыток: попробуйте снова через {seconds} с"),
            );
            return Err(Problem::new("RATE_LIMITED", &[], said).in_seconds(seconds).into());
        }
    }
    Ok(())
}

/// In how many seconds there is a try again, if there is none now.
async fn take_one(services: &Services, act: Act, whom: Whom<'_>) -> Result<Option<u32>, sqlx::Error> {
    let Rate { tries, back_after } = act.rate(whom);
    let (subject, now) = (act.subject(whom), services.now());
    // The latest moment at which the bucket, full again, still has a try in it now.
    let latest = now + back_after * (tries - 1);
    let taken = sqlx::query_scalar!(
        // Those who are back at their full allowance are swept out on the way, a few at a time.
        "with full_again as (
             delete from rate_limits where subject in (
                 select subject from rate_limits where full_at <= $2 and subject <> $1
                  order by full_at limit 10 for update skip locked))
         insert into rate_limits as held (subject, full_at) values ($1, $2 + make_interval(secs => $3))
         on conflict (subject) do update set full_at = greatest(held.full_at, $2) + make_interval(secs => $3)
          where greatest(held.full_at, $2) <= $4
         returning full_at",
        &subject,
        now,
        seconds(back_after),
        latest,
    )
    .fetch_optional(services.pool())
    .await?;
    if taken.is_some() {
        return Ok(None);
    }
    let full_at = sqlx::query_scalar!("select full_at from rate_limits where subject = $1", &subject)
        .fetch_optional(services.pool())
        .await?;
    let wait = full_at.map_or(TimeDelta::zero(), |full_at| full_at - latest);
    let whole = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    Ok(Some(u32::try_from(whole).unwrap_or(u32::MAX).max(1)))
}

/// After a right password: its try is given back to the address, and the account's wrong ones are forgotten.
pub(crate) async fn give_back(services: &Services, address: Option<IpAddr>, account: &str) -> Result<(), sqlx::Error> {
    let whom = Whom::Address(address);
    sqlx::query!(
        "with forgotten as (delete from rate_limits where subject = $3)
         update rate_limits set full_at = full_at - make_interval(secs => $2) where subject = $1",
        Act::Password.subject(whom),
        seconds(Act::Password.rate(whom).back_after),
        Act::Password.subject(Whom::Account(account)),
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// The account's wrong passwords are forgotten: its holder has shown who they are by other means.
pub(crate) async fn forgive(services: &Services, account: &str) -> Result<(), sqlx::Error> {
    let subject = Act::Password.subject(Whom::Account(account));
    sqlx::query!("delete from rate_limits where subject = $1", subject).execute(services.pool()).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a few minutes")]
fn seconds(delta: TimeDelta) -> f64 {
    delta.num_seconds() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_ipv6_host_count_as_one() {
        let of = |text: &str| neighbourhood(text.parse().expect("an address")).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn what_is_limited_and_who_are_told_apart() {
        let acts = [Act::Password, Act::Register, Act::Letter, Act::TestLetter];
        let whom = [Whom::Account("a@example.com"), Whom::Account("b@example.com"), Whom::Address(None)];
        let subjects: std::collections::BTreeSet<_> =
            acts.into_iter().flat_map(|act| whom.map(|whom| act.subject(whom))).collect();
        assert_eq!(subjects.len(), 12);
        assert!(subjects.iter().all(|subject| subject.len() == 32));
    }
}
