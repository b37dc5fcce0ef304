//! Relays as the workers know them: whether letters go through them, and if not, why. Not a fold of the log: the workers
//! write these rows themselves, and may lose them.

use chrono::{DateTime, Utc};
use domain::MailingId;
use sqlx::PgPool;

/// A relay that a worker has in its settings at this moment.
#[derive(Clone, Debug)]
pub struct Relay {
    /// The name by which people call the relay.
    pub name: String,
    /// The relay's host and port.
    pub address: String,
    /// How many connections each worker may open to the relay.
    pub connections: i32,
    /// Letters per second over all workers, if that is limited.
    pub per_second: Option<f64>,
    /// The circuit breaker is open: letters wait.
    pub open: bool,
    /// The moment since which the relay is open or closed.
    pub since: DateTime<Utc>,
    /// The moment when the relay is probed next; `None` if its circuit is closed.
    pub until: Option<DateTime<Utc>>,
    /// Whose problem it is: `relay`, `credentials` or `rate`.
    pub scope: Option<String>,
    /// What happened, in the relay's or the system's words; may name addresses.
    pub why: Option<String>,
}

impl Relay {
    /// Why letters wait, as a sentence without its full stop; `None` if they do not. Details may name addresses of machines,
    /// so they are for those who look after the service.
    #[must_use]
    pub fn reason(&self, detailed: bool) -> Option<String> {
        if !self.open {
            return None;
        }
        let (name, since) = (&self.name, self.since.format("%Y-%m-%d %H:%M:%S UTC"));
        let what = match self.scope.as_deref() {
            Some("credentials") => "refuses our user name or password",
            Some("rate") => "asks for a pause because letters come too fast",
            _ => "cannot be reached, or does not answer as it should",
        };
        let why = self.why.as_ref().filter(|_| detailed).map(|why| format!(": {why}")).unwrap_or_default();
        Some(format!("the mail server {name:?} {what} since {since}{why}"))
    }
}

/// All relays that some worker has in its settings at this moment.
pub async fn all(pool: &PgPool) -> Result<Vec<Relay>, sqlx::Error> {
    sqlx::query_as!(
        Relay,
        r#"select name, address, connections, per_second, state = 'open' as "open!", since, until, scope, why
             from relay_states where seen_at > clock_timestamp() - interval '1 minute' order by name"#
    )
    .fetch_all(pool)
    .await
}

/// The relay that a mailing names. `None`: the mailing may not send at the moment, whatever the relays do.
pub async fn named_by(
    pool: &PgPool,
    mailing: MailingId,
    now: DateTime<Utc>,
) -> Result<Option<Option<String>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select relay from mailings
          where id = $1 and status in ('active', 'completed') and deleted_at is null and ends_at > $2",
        mailing.0,
        now,
    )
    .fetch_optional(pool)
    .await
}

/// Why a run that could send has to wait for its relay, as a sentence without its full stop; `None` if it need not.
#[must_use]
pub fn waiting(relays: &[Relay], named: Option<&str>, detailed: bool) -> Option<String> {
    if relays.is_empty() {
        return Some("no worker is running".to_owned());
    }
    if let Some(named) = named {
        return match relays.iter().find(|relay| relay.name == named) {
            Some(relay) => relay.reason(detailed),
            None => Some(format!("no worker knows the mail server {named:?}; it has to be in the setting SMTP_URL")),
        };
    }
    let reasons: Option<Vec<String>> = relays.iter().map(|relay| relay.reason(detailed)).collect();
    reasons.map(|reasons| reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(name: &str, scope: Option<&str>) -> Relay {
        Relay {
            name: name.to_owned(),
            address: "smtp.example.org:25".to_owned(),
            connections: 10,
            per_second: None,
            open: scope.is_some(),
            since: DateTime::UNIX_EPOCH,
            until: None,
            scope: scope.map(str::to_owned),
            why: scope.map(|_| "10.0.0.1:25: refused".to_owned()),
        }
    }

    #[test]
    fn a_run_waits_when_no_relay_can_take_its_letters() {
        let (good, bad) = (relay("good", None), relay("bad", Some("relay")));
        let wrong = relay("wrong", Some("credentials"));
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
            let waiting = waiting(&relays, named, false);
            match expected {
                None => assert_eq!(waiting, None, "{named:?}"),
                Some(expected) => assert!(waiting.as_ref().is_some_and(|it| it.contains(expected)), "{waiting:?}"),
            }
        }
    }

    #[test]
    fn addresses_are_told_only_to_those_who_look_after_the_service() {
        let relay = relay("bad", Some("relay"));
        assert!(!relay.reason(false).expect("a reason").contains("10.0.0.1"));
        assert!(relay.reason(true).expect("a reason").ends_with(": 10.0.0.1:25: refused"));
    }
}
