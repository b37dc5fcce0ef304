//! Relays as the workers know them: whether letters go through them, and if not, why. Not a fold of the log: the workers
//! write these rows themselves, and may lose them.

use crate::columns::{self, Word, row};
use crate::{Listed, Read, ReadError};
use chrono::{DateTime, Utc};
use domain::MailingId;
use domain::mailing::Status;
use sqlx::PgPool;

/// Whether letters go through a relay: the state of its circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Letters go through.
    Closed,
    /// Letters wait.
    Open,
}

impl Word for State {
    const ALL: &'static [Self] = &[Self::Closed, Self::Open];

    fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

/// Whose problem it is that a relay's circuit is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The relay cannot be reached, or does not answer as it should.
    Relay,
    /// The relay refuses our user name or password.
    Credentials,
    /// Letters come too fast for the relay.
    Rate,
}

impl Word for Scope {
    const ALL: &'static [Self] = &[Self::Relay, Self::Credentials, Self::Rate];

    fn word(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Credentials => "credentials",
            Self::Rate => "rate",
        }
    }
}

row! {
    /// A relay that a worker has in its settings at this moment.
    pub struct Relay from Stored {
        words {
            /// Whether letters go through it.
            pub state: State = "relay_states"(name),
            /// Whose problem it is if it is open; `None` if it is closed.
            pub scope: Option<Scope> = "relay_states"(name),
        }
        /// The name by which people call the relay.
        pub name: String,
        /// The relay's host and port.
        pub address: String,
        /// How many connections each worker may open to the relay.
        pub connections: i32,
        /// Letters per second over all workers, if that is limited.
        pub per_second: Option<f64>,
        /// The moment since which the relay is open or closed.
        pub since: DateTime<Utc>,
        /// The moment when the relay is probed next; `None` if its circuit is closed.
        pub until: Option<DateTime<Utc>>,
        /// What happened, in the relay's or the system's words; may name addresses.
        pub why: Option<String>,
    }
}

impl Relay {
    /// Why letters wait, as a sentence without its full stop; `None` if they do not. Details may name addresses of machines,
    /// so they are for those who look after the service.
    #[must_use]
    pub fn reason(&self, detailed: bool) -> Option<String> {
        if self.state == State::Closed {
            return None;
        }
        let (name, since) = (&self.name, self.since.format("%Y-%m-%d %H:%M:%S UTC"));
        let what = match self.scope {
            Some(Scope::Credentials) => "refuses our user name or password",
            Some(Scope::Rate) => "asks for a pause because letters come too fast",
            Some(Scope::Relay) | None => "cannot be reached, or does not answer as it should",
        };
        let why = self.why.as_ref().filter(|_| detailed).map(|why| format!(": {why}")).unwrap_or_default();
        Some(format!("the mail server {name:?} {what} since {since}{why}"))
    }
}

/// All relays that some worker has in its settings at this moment, by their names.
pub async fn all(pool: &PgPool) -> Result<Listed<String, Relay>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select name, address, connections, per_second, state, since, until, scope, why
           from relay_states where seen_at > clock_timestamp() - interval '1 minute' order by name"
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name.clone(), row.read())).collect())
}

/// The relay that a mailing names. `None`: the mailing may not send at the moment, whatever the relays do.
pub async fn named_by(
    pool: &PgPool,
    mailing: MailingId,
    now: DateTime<Utc>,
) -> Result<Option<Option<String>>, ReadError> {
    let row = sqlx::query!(
        "select relay, status from mailings where id = $1 and deleted_at is null and ends_at > $2",
        mailing.0,
        now,
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let status: Status = columns::read("mailings", "status", mailing, row.status)?;
    let may = matches!(status, Status::Active | Status::Completed { paused: false, disabled: false });
    Ok(may.then_some(row.relay))
}

/// What keeps a run's letters that could be sent.
#[derive(Clone, Debug)]
pub enum Hold {
    /// The mailing may not send: it is paused, disabled, deleted, or its window has ended.
    Stopped,
    /// No worker tells of any relay.
    NoWorker,
    /// No worker has the relay of this name, which the mailing asks for.
    Unknown(String),
    /// The relay takes none for the moment.
    Open(Relay),
}

impl Hold {
    /// It as a sentence without its full stop, with the relay's own words for those who look after the service.
    #[must_use]
    pub fn reason(&self, detailed: bool) -> String {
        match self {
            Self::Stopped => "the mailing is stopped".to_owned(),
            Self::NoWorker => "no worker is running".to_owned(),
            Self::Unknown(named) => {
                format!("no worker knows the mail server {named:?}; it has to be in the setting SMTP_URL")
            }
            Self::Open(relay) => relay.reason(detailed).unwrap_or_default(),
        }
    }
}

/// What keeps the letters of a run that could send, of all relays that could take them; nothing if one of them takes some.
pub fn holds(relays: &[(String, Read<Relay>)], named: Option<&str>) -> Read<Vec<Hold>> {
    if relays.is_empty() {
        return Ok(vec![Hold::NoWorker]);
    }
    let open = |relay: &Read<Relay>| {
        let relay = relay.as_ref().map_err(Clone::clone)?;
        Ok((relay.state == State::Open).then(|| Hold::Open(relay.clone())))
    };
    if let Some(named) = named {
        return match relays.iter().find(|(name, _)| name == named) {
            Some((_, relay)) => Ok(open(relay)?.into_iter().collect()),
            None => Ok(vec![Hold::Unknown(named.to_owned())]),
        };
    }
    let all: Option<Vec<Hold>> = relays.iter().map(|(_, relay)| open(relay)).collect::<Read<_>>()?;
    Ok(all.unwrap_or_default())
}

/// Why a run that could send has to wait for its relay, as a sentence without its full stop; `None` if it need not.
pub fn waiting(relays: &[(String, Read<Relay>)], named: Option<&str>, detailed: bool) -> Read<Option<String>> {
    let reasons: Vec<String> = holds(relays, named)?.iter().map(|hold| hold.reason(detailed)).collect();
    Ok((!reasons.is_empty()).then(|| reasons.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(name: &str, scope: Option<Scope>) -> Relay {
        Relay {
            name: name.to_owned(),
            address: "smtp.example.org:25".to_owned(),
            connections: 10,
            per_second: None,
            state: if scope.is_some() { State::Open } else { State::Closed },
            since: DateTime::UNIX_EPOCH,
            until: None,
            scope,
            why: scope.map(|_| "10.0.0.1:25: refused".to_owned()),
        }
    }

    #[test]
    fn a_run_waits_when_no_relay_can_take_its_letters() {
        let (good, bad) = (relay("good", None), relay("bad", Some(Scope::Relay)));
        let wrong = relay("wrong", Some(Scope::Credentials));
        for (relays, named, expected) in [
            (vec![good.clone()], None, None),
            (vec![good.clone(), bad.clone()], None, None),
            (vec![good.clone(), bad.clone()], Some("good"), None),
            (vec![good.clone(), bad.clone()], Some("bad"), Some("\"bad\" cannot be reached")),
            (vec![good], Some("gone"), Some("no worker knows the mail server \"gone\"")),
            (vec![bad.clone()], None, Some("since 1970-01-01 00:00:00 UTC")),
            (vec![bad, wrong], None, Some("; the mail server \"wrong\" refuses our user name or password")),
            (vec![], None, Some("no worker is running")),
        ] {
            let relays: Vec<_> = relays.into_iter().map(|relay| (relay.name.clone(), Ok(relay))).collect();
            let waiting = waiting(&relays, named, false).expect("they read");
            match expected {
                None => assert_eq!(waiting, None, "{named:?}"),
                Some(expected) => assert!(waiting.as_ref().is_some_and(|it| it.contains(expected)), "{waiting:?}"),
            }
        }
    }

    #[test]
    fn a_relay_that_does_not_read_is_an_error_of_those_who_would_go_through_it() {
        let broken =
            columns::read::<State>("relay_states", "state", "bad", "rubbish".to_owned()).expect_err("no state");
        let relays = vec![("good".to_owned(), Ok(relay("good", None))), ("bad".to_owned(), Err(broken.clone()))];
        assert_eq!(waiting(&relays, Some("good"), false), Ok(None));
        assert_eq!(waiting(&relays, Some("bad"), false), Err(broken.clone()));
    }

    #[test]
    fn addresses_are_told_only_to_those_who_look_after_the_service() {
        let relay = relay("bad", Some(Scope::Relay));
        assert!(!relay.reason(false).expect("a reason").contains("10.0.0.1"));
        assert!(relay.reason(true).expect("a reason").ends_with(": 10.0.0.1:25: refused"));
    }
}
