//! How often somebody may try: who guesses passwords or has letters sent is slowed down, per address and per account.
//!
//! An allowance is a bucket that fills up with time (GCRA: one moment per subject says how empty it is). It is kept in
//! PostgreSQL, because the nodes share it, in a table that is not logged, because nothing is lost with it. An account is
//! what was typed, whether there is one or not: a limit tells nobody which.
//!
//! Log-ins are limited per account and address, so that nobody keeps somebody else from logging in by guessing. Many addresses
//! together meet a higher limit per account; from where its holder has logged in before, that one does not count.

pub use super::neighbourhood::neighbourhood;

use crate::Services;
use crate::refusal::{Problem, Refused};
use chrono::TimeDelta;
use domain::Code;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Logging in. Right passwords are given back.
    LogIn,
    /// Showing one's password although one is signed in. Right ones are given back.
    OwnPassword,
    /// Opening an account.
    Register,
    /// Having a letter with a link sent.
    Letter,
    /// Having a test letter sent to oneself.
    TestLetter,
    /// Having a domain looked up in the name service.
    SenderCheck,
    /// Asking for an owner's letters without an account. An account is an owner's id and an address: each owner's form has one letter
    /// an hour sent to an address.
    Subscribe,
    /// The same, in a day.
    SubscribeDaily,
    /// Being asked for letters, for an owner.
    SubscribeTo,
}

/// Who is limited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom<'a> {
    /// Who sends from there.
    Address(Option<IpAddr>),
    /// Who is, or would be, at this e-mail address, as it is compared.
    Account(&'a str),
    /// The same, from there.
    AccountFrom(&'a str, Option<IpAddr>),
}

/// A bucket's size, and how long a try takes to come back.
#[derive(Clone, Copy, Debug)]
struct Rate {
    tries: i32,
    back_after: TimeDelta,
}

impl Rate {
    /// So many a day: as many at once, and each of them comes back after its part of the day.
    fn a_day(most: u32) -> Self {
        let tries = i32::try_from(most.max(1)).unwrap_or(i32::MAX);
        Self { tries, back_after: TimeDelta::days(1) / tries }
    }
}

impl Act {
    /// One address may be a whole company's, so it may do more than one account.
    fn rate(self, whom: Whom<'_>) -> Rate {
        let (tries, seconds) = match (self, whom) {
            (Self::LogIn, Whom::AccountFrom(..)) => (10, 60),
            // No more than one address alone comes to in the long run, or one address could use it up.
            (Self::LogIn, Whom::Account(_)) => (100, 60),
            (Self::OwnPassword, Whom::Account(_) | Whom::AccountFrom(..)) => (10, 60),
            (Self::LogIn | Self::OwnPassword, Whom::Address(_)) => (100, 6),
            (Self::Register, Whom::Account(_) | Whom::AccountFrom(..)) => (5, 600),
            (Self::Register, Whom::Address(_)) => (20, 60),
            (Self::Letter, Whom::Account(_) | Whom::AccountFrom(..)) => (5, 600),
            (Self::Letter, Whom::Address(_)) => (20, 60),
            // Somebody tries a message out, changes it, tries again: often, but not for hours.
            (Self::TestLetter, Whom::Account(_) | Whom::AccountFrom(..)) => (10, 60),
            (Self::TestLetter, Whom::Address(_)) => (100, 6),
            // Somebody corrects a record and looks again, for an hour perhaps.
            (Self::SenderCheck, Whom::Account(_) | Whom::AccountFrom(..)) => (20, 30),
            (Self::SenderCheck, Whom::Address(_)) => (100, 6),
            (Self::Subscribe, Whom::Account(_) | Whom::AccountFrom(..)) => (1, 3_600),
            (Self::Subscribe, Whom::Address(_)) => (20, 60),
            (Self::SubscribeDaily, _) => (3, 86_400),
            // No network address alone uses up what an owner has in a day.
            (Self::SubscribeTo, Whom::AccountFrom(..)) => (20, 120),
            // Unless it is told how many.
            (Self::SubscribeTo, _) => (1_000, 86),
        };
        Rate { tries, back_after: TimeDelta::seconds(seconds) }
    }

    fn name(self) -> &'static str {
        match self {
            // As it was called when nothing else had to do with passwords: nodes of that time share the buckets.
            Self::LogIn => "password",
            Self::OwnPassword => "own_password",
            Self::Register => "register",
            Self::Letter => "letter",
            Self::TestLetter => "test_letter",
            Self::SenderCheck => "sender_check",
            Self::Subscribe => "subscribe",
            Self::SubscribeDaily => "subscribe_daily",
            Self::SubscribeTo => "subscribe_to",
        }
    }

    fn subject(self, whom: Whom<'_>) -> Vec<u8> {
        let name = self.name();
        let text = match whom {
            Whom::Address(address) => format!("{name} address {}", written(address)),
            Whom::Account(key) => format!("{name} account {key}"),
            Whom::AccountFrom(key, address) => format!("{name} account {key} from {}", written(address)),
        };
        Sha256::digest(text).to_vec()
    }
}

/// An address as those are who count as one with it.
fn written(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unknown".to_owned(), |address| neighbourhood(address).to_string())
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
    take_all(services, act, subjects.into_iter().flatten()).await
}

/// Takes a try from each of these allowances. Nothing is done when one of them is used up.
pub(crate) async fn take_all(
    services: &Services,
    act: Act,
    subjects: impl Iterator<Item = Whom<'_>> + Send,
) -> Result<(), Refused> {
    for whom in subjects {
        if let Some(seconds) = take_one(services, act, whom).await? {
            return Err(Problem::new(Code::RateLimited, &[], words::requests::Problem::TooManyTries { seconds })
                .in_seconds(seconds)
                .into());
        }
    }
    Ok(())
}

/// Takes a try from one allowance. In how many seconds there is a try again, if there is none now.
pub(crate) async fn take_one(services: &Services, act: Act, whom: Whom<'_>) -> Result<Option<u32>, sqlx::Error> {
    take_at(services, act.subject(whom), act.rate(whom)).await
}

/// The same of an allowance of which an account has so many in a day, and gets them back over the day.
pub(crate) async fn take_of_day(
    services: &Services,
    act: Act,
    account: &str,
    most: u32,
) -> Result<Option<u32>, sqlx::Error> {
    take_at(services, act.subject(Whom::Account(account)), Rate::a_day(most)).await
}

async fn take_at(
    services: &Services,
    subject: Vec<u8>,
    Rate { tries, back_after }: Rate,
) -> Result<Option<u32>, sqlx::Error> {
    let now = services.now();
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

/// Gives a try back that was none: the password was right, or nobody looked at it.
pub(crate) async fn give_back(services: &Services, act: Act, whom: Whom<'_>) -> Result<(), sqlx::Error> {
    give_back_at(services, act.subject(whom), act.rate(whom)).await
}

/// The same of an allowance of which an account has so many in a day.
pub(crate) async fn give_back_of_day(
    services: &Services,
    act: Act,
    account: &str,
    most: u32,
) -> Result<(), sqlx::Error> {
    give_back_at(services, act.subject(Whom::Account(account)), Rate::a_day(most)).await
}

async fn give_back_at(services: &Services, subject: Vec<u8>, rate: Rate) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update rate_limits set full_at = full_at - make_interval(secs => $2) where subject = $1",
        subject,
        seconds(rate.back_after),
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// Forgets all tries: they were of somebody who has shown who they are.
pub(crate) async fn forgive(services: &Services, act: Act, whom: Whom<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from rate_limits where subject = $1", act.subject(whom)).execute(services.pool()).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a day at most")]
fn seconds(delta: TimeDelta) -> f64 {
    delta.num_microseconds().unwrap_or(i64::MAX) as f64 / 1_000_000.0
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
        let acts = [
            Act::LogIn,
            Act::OwnPassword,
            Act::Register,
            Act::Letter,
            Act::TestLetter,
            Act::SenderCheck,
            Act::Subscribe,
            Act::SubscribeDaily,
            Act::SubscribeTo,
        ];
        let [ann, bob] = ["a@example.com", "b@example.com"];
        let (here, there) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        let whom = [
            Whom::Account(ann),
            Whom::Account(bob),
            Whom::Address(None),
            Whom::Address(here),
            Whom::AccountFrom(ann, None),
            Whom::AccountFrom(ann, here),
            Whom::AccountFrom(ann, there),
            Whom::AccountFrom(bob, here),
        ];
        let subjects: std::collections::BTreeSet<_> =
            acts.into_iter().flat_map(|act| whom.map(|whom| act.subject(whom))).collect();
        assert_eq!(subjects.len(), acts.len() * whom.len());
        assert!(subjects.iter().all(|subject| subject.len() == 32));
    }

    #[test]
    fn what_there_is_of_a_day_comes_back_in_a_day() {
        for most in [1, 7, 1_000, 1_000_000] {
            let Rate { tries, back_after } = Rate::a_day(most);
            assert_eq!(tries.unsigned_abs(), most);
            assert!((TimeDelta::days(1) - back_after * tries).num_seconds().abs() <= 1, "{most}: {back_after}");
        }
    }

    #[test]
    fn one_address_alone_never_uses_up_what_all_have_for_an_account() {
        let [alone, all] = [Whom::AccountFrom("a", None), Whom::Account("a")].map(|whom| Act::LogIn.rate(whom));
        assert!(alone.tries < all.tries && alone.back_after >= all.back_after, "{alone:?} {all:?}");
        // Also of what an owner has in a day there is something left for all others.
        let [alone, all] = [Whom::AccountFrom("a", None), Whom::Account("a")].map(|whom| Act::SubscribeTo.rate(whom));
        let in_a_day = i64::from(alone.tries) + TimeDelta::days(1).num_seconds() / alone.back_after.num_seconds();
        assert!(in_a_day < i64::from(all.tries), "{in_a_day} of {all:?}");
    }
}
