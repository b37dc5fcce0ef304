//! The keys with which a domain's letters are signed.
//!
//! They are read when the first letter of a domain is to be sent, opened, and kept. Every second it is looked whether anything was done
//! about any domain at all, and if so, keys are read anew: a key that is activated signs within a second, in every process.

use super::NoSigner;
use dkim::{Domain, Key, MasterKey, PrivateKey, Selector, Signer};
use projections::sealed_keys::{self, SigningKey};
use sqlx::PgPool;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long nobody looks whether there is anything new.
const FRESH: Duration = Duration::from_secs(1);

/// How long keys are still signed with when nobody can be asked for others.
const STALE: Duration = Duration::from_mins(1);

/// So many domains are kept in mind; beyond that all are forgotten.
const DOMAINS: usize = 1_024;

/// The keys of all domains that letters were from.
#[derive(Debug)]
pub(super) struct Keys {
    pool: PgPool,
    master_key: Option<MasterKey>,
    known: Mutex<Known>,
    /// One asks for all.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    domains: HashMap<String, Found>,
    /// As of when they were read.
    stamp: Stamp,
    /// When it was looked last, with an answer.
    looked_at: Option<Instant>,
    /// When it was looked last, with an answer or in vain.
    tried_at: Option<Instant>,
}

/// What grows with everything that is done about any domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    domains: i64,
    events: i64,
}

/// What was found about the keys of a domain.
#[derive(Clone, Debug)]
enum Found {
    /// It has none that are active.
    Nothing,
    Signer(Arc<Signer>),
    /// They cannot be used anywhere, for this reason.
    Unusable {
        domain: Arc<str>,
        why: Arc<str>,
    },
    /// They cannot be used in this process, for this reason.
    Elsewhere {
        domain: Arc<str>,
        why: Arc<str>,
    },
}

/// Why the keys of a domain cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Closed {
    /// It is this process that has not the master key that they are sealed under.
    Elsewhere(String),
    /// They do not open under that, either, or are no keys.
    Broken(String),
}

impl Keys {
    pub(super) fn new(pool: PgPool, master_key: Option<MasterKey>) -> Self {
        Self { pool, master_key, known: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Who signs for this domain, which is in the form that DNS has. None: it has no keys.
    pub(super) async fn signer(&self, domain: &str) -> Result<Option<Arc<Signer>>, NoSigner> {
        let domain = domain.to_ascii_lowercase();
        let known = self.known().current(&domain);
        match known {
            Some(found) => found.signer(),
            None => self.looked(&domain).await?.signer(),
        }
    }

    async fn looked(&self, domain: &str) -> Result<Found, NoSigner> {
        let _turn = self.turn.lock().await;
        // Whoever had the turn before has looked for all.
        if let Some(found) = self.known().current(domain) {
            return Ok(found);
        }
        match self.look(domain).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let mut known = self.known();
                // Who comes next need not wait for the same.
                known.tried_at = Some(Instant::now());
                known.usable(domain).ok_or(NoSigner::Unread(error))
            }
        }
    }

    async fn look(&self, domain: &str) -> Result<Found, sqlx::Error> {
        let looked_at = Instant::now();
        // Before the keys: what changes in between is seen the next time.
        let stamp = self.stamp().await?;
        let known = self.known().as_of(stamp, domain);
        let found = match known {
            Some(found) => found,
            None => self.read(domain).await?,
        };
        self.known().learn(stamp, looked_at, domain, &found);
        Ok(found)
    }

    async fn stamp(&self) -> Result<Stamp, sqlx::Error> {
        sqlx::query_as!(
            Stamp,
            r#"select count(*) as "domains!", coalesce(sum(version), 0)::bigint as "events!" from sender_domains"#
        )
        .fetch_one(&self.pool)
        .await
    }

    async fn read(&self, domain: &str) -> Result<Found, sqlx::Error> {
        let stored = sealed_keys::active(&self.pool, domain).await?;
        if stored.is_empty() {
            return Ok(Found::Nothing);
        }
        let (name, master_key) = (domain.to_owned(), self.master_key.clone());
        // An RSA key signs once when it is opened.
        let opened = tokio::task::spawn_blocking(move || open(&name, &stored, master_key.as_ref())).await;
        let opened = opened.unwrap_or_else(|error| Err(Closed::Broken(error.to_string())));
        let found = match opened {
            Ok(signer) => Found::Signer(Arc::new(signer)),
            Err(Closed::Broken(why)) => Found::Unusable { domain: domain.into(), why: why.into() },
            Err(Closed::Elsewhere(why)) => Found::Elsewhere { domain: domain.into(), why: why.into() },
        };
        // It is looked at every second as long as it lasts, and told once.
        if !self.known().is_told(domain, &found) {
            match &found {
                Found::Unusable { why, .. } => {
                    tracing::error!(domain, %why, "letters from this domain cannot be signed, and do not go out");
                }
                Found::Elsewhere { why, .. } => {
                    tracing::error!(
                        domain, %why,
                        "letters from this domain are left to other processes: give this one the MASTER_KEY that they have, and start it anew"
                    );
                }
                Found::Nothing | Found::Signer(_) => {}
            }
        }
        Ok(found)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing in here leaves it half changed when it panics.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn signer(self) -> Result<Option<Arc<Signer>>, NoSigner> {
        match self {
            Self::Nothing => Ok(None),
            Self::Signer(signer) => Ok(Some(signer)),
            Self::Unusable { domain, why } => Err(NoSigner::Unusable { domain, why }),
            Self::Elsewhere { domain, why } => Err(NoSigner::Elsewhere { domain, why }),
        }
    }

    /// Why they cannot be used; none if they can.
    fn why(&self) -> Option<&str> {
        match self {
            Self::Nothing | Self::Signer(_) => None,
            Self::Unusable { why, .. } | Self::Elsewhere { why, .. } => Some(why),
        }
    }
}

impl Known {
    /// What is known of a domain, if it is not time to look again.
    fn current(&self, domain: &str) -> Option<Found> {
        let tried = self.tried_at.is_some_and(|tried_at| tried_at.elapsed() < FRESH);
        self.usable(domain).filter(|_| tried)
    }

    /// What is known of a domain, if that is not too long ago.
    fn usable(&self, domain: &str) -> Option<Found> {
        let recent = self.looked_at.is_some_and(|looked_at| looked_at.elapsed() < STALE);
        self.domains.get(domain).filter(|_| recent).cloned()
    }

    /// What is known of a domain, if nothing has been done about any since. What is sealed anew is no such thing, so keys that cannot be
    /// used are looked at again.
    fn as_of(&self, stamp: Stamp, domain: &str) -> Option<Found> {
        self.domains.get(domain).filter(|found| self.stamp == stamp && found.why().is_none()).cloned()
    }

    /// Whether it is known already that they cannot be used, for this very reason.
    fn is_told(&self, domain: &str, found: &Found) -> bool {
        self.domains.get(domain).is_some_and(|known| known.why() == found.why())
    }

    fn learn(&mut self, stamp: Stamp, looked_at: Instant, domain: &str, found: &Found) {
        if self.stamp != stamp || self.domains.len() >= DOMAINS {
            self.domains.clear();
        }
        (self.stamp, self.looked_at, self.tried_at) = (stamp, Some(looked_at), Some(looked_at));
        self.domains.insert(domain.to_owned(), found.clone());
    }
}

/// Why this process cannot open a key, although others may.
fn elsewhere(key: &SigningKey, master_key: Option<&MasterKey>) -> Option<String> {
    let (selector, sealed) = (&key.selector, key.sealed.as_deref()?);
    let under = key.sealed_under.as_deref();
    match (master_key.map(|key| (key, key.fingerprint())), under) {
        (None, Some(under)) => {
            Some(format!("the key {selector} is sealed under the MASTER_KEY {under}, and there is no MASTER_KEY here"))
        }
        (None, None) => Some(format!("the key {selector} is sealed under a MASTER_KEY, and there is none here")),
        (Some((_, own)), Some(under)) => (own != under)
            .then(|| format!("the key {selector} is sealed under the MASTER_KEY {under}, and the one here is {own}")),
        // Nobody has noted yet under which it is.
        (Some((master_key, own)), None) => master_key
            .open(&key.purpose(), sealed)
            .is_err()
            .then(|| format!("the key {selector} does not open under the MASTER_KEY here, which is {own}")),
    }
}

/// The signer of a domain with all of its active keys; or why there is none.
fn open(domain: &str, stored: &[SigningKey], master_key: Option<&MasterKey>) -> Result<Signer, Closed> {
    if let Some(why) = stored.iter().find_map(|key| elsewhere(key, master_key)) {
        return Err(Closed::Elsewhere(why));
    }
    opened(domain, stored, master_key).map_err(Closed::Broken)
}

/// The same where the master key is the right one.
fn opened(domain: &str, stored: &[SigningKey], master_key: Option<&MasterKey>) -> Result<Signer, String> {
    let mut keys: Vec<Key> = Vec::with_capacity(stored.len());
    for key in stored {
        let selector = &key.selector;
        let told = |why: &dyn fmt::Display| format!("the key {selector}: {why}");
        let sealed = key.sealed.as_deref().ok_or_else(|| told(&"its private half is not there"))?;
        let master_key = master_key.ok_or_else(|| told(&"there is no MASTER_KEY here"))?;
        let der = master_key.open(&key.purpose(), sealed).map_err(|error| told(&error))?;
        let private = PrivateKey::from_der(&der).map_err(|error| told(&error))?;
        let selector = Selector::parse(selector).map_err(|error| told(&error))?;
        // While one takes the place of another, both may be there for a moment.
        keys.retain(|other| other.private.algorithm() != private.algorithm());
        keys.push(Key { selector, private });
    }
    let domain = Domain::parse(domain).map_err(|error| error.to_string())?;
    Signer::new(domain, keys).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dkim::Kind;
    use domain::SenderDomainId;
    use uuid::Uuid;

    const DOMAIN: SenderDomainId = SenderDomainId(Uuid::from_u128(7));

    fn stored(selector: &str, master_key: &MasterKey) -> SigningKey {
        let private = PrivateKey::generate(Kind::Ed25519).expect("a key");
        let sealed = master_key.seal(&sealed_keys::purpose(DOMAIN, selector), private.der()).expect("randomness");
        SigningKey {
            id: DOMAIN,
            domain: "example.org".to_owned(),
            selector: selector.to_owned(),
            sealed: Some(sealed),
            sealed_under: Some(master_key.fingerprint()),
        }
    }

    fn master_key() -> MasterKey {
        MasterKey::generate().expect("randomness")
    }

    fn why_not(stored: SigningKey, master_key: Option<&MasterKey>) -> Closed {
        open("example.org", &[stored], master_key).expect_err("it does not open")
    }

    fn elsewhere_for(stored: SigningKey, master_key: Option<&MasterKey>) -> String {
        match why_not(stored, master_key) {
            Closed::Elsewhere(why) => why,
            Closed::Broken(why) => panic!("nobody could open it: {why}"),
        }
    }

    fn broken(stored: SigningKey, master_key: &MasterKey) -> String {
        match why_not(stored, Some(master_key)) {
            Closed::Broken(why) => why,
            Closed::Elsewhere(why) => panic!("others could open it: {why}"),
        }
    }

    #[test]
    fn keys_open_under_the_key_that_they_were_sealed_under() {
        let key = master_key();
        let signer = open("example.org", &[stored("s1", &key)], Some(&key)).expect("a signer");
        assert_eq!(signer.domain().as_str(), "example.org");
    }

    #[test]
    fn whoever_has_another_master_key_is_wrong_itself_and_is_told_the_fingerprints() {
        let (key, other) = (master_key(), master_key());
        let none = elsewhere_for(stored("s1", &key), None);
        assert!(none.contains("MASTER_KEY") && none.contains(&key.fingerprint()), "{none}");
        let wrong = elsewhere_for(stored("s1", &key), Some(&other));
        assert!(wrong.contains(&key.fingerprint()) && wrong.contains(&other.fingerprint()), "{wrong}");
        // One that an older program has sealed: nobody knows who is wrong, and nothing is stopped for it.
        let unnoted = || SigningKey { sealed_under: None, ..stored("s1", &key) };
        assert!(elsewhere_for(unnoted(), Some(&other)).contains("does not open"));
        assert!(elsewhere_for(unnoted(), None).contains("MASTER_KEY"));
        assert!(open("example.org", &[unnoted()], Some(&key)).is_ok());
    }

    #[test]
    fn what_does_not_open_under_the_master_key_that_it_names_opens_nowhere() {
        let key = master_key();
        let gone = || SigningKey { sealed: None, ..stored("s1", &key) };
        assert!(broken(gone(), &key).contains("not there"));
        assert!(matches!(why_not(gone(), None), Closed::Broken(_)), "no other process has it either");
        // One that is put in the place of another does not open there.
        let moved = SigningKey { selector: "s2".to_owned(), ..stored("s1", &key) };
        let why = broken(moved, &key);
        assert!(why.starts_with("the key s2: ") && why.contains("does not open"), "{why}");
    }

    #[test]
    fn one_key_that_cannot_be_used_is_enough_to_send_nothing() {
        let (key, other) = (master_key(), master_key());
        let two = [stored("s1", &key), stored("s2", &other)];
        assert!(matches!(open("example.org", &two, Some(&key)), Err(Closed::Elsewhere(_))));
        // As long as another process may open all of them, it is not for this one to say that nobody can.
        let gone = SigningKey { sealed: None, ..stored("s3", &key) };
        let three = [gone, stored("s1", &key), stored("s2", &other)];
        assert!(matches!(open("example.org", &three, Some(&key)), Err(Closed::Elsewhere(_))));
    }

    #[test]
    fn of_two_keys_of_one_algorithm_one_signs() {
        let key = master_key();
        let three = [stored("s1", &key), stored("s2", &key), stored("s3", &key)];
        let signer = open("example.org", &three, Some(&key)).expect("a signer");
        let letter = b"From: a@example.org\r\n\r\nHello\r\n";
        let fields = signer.sign(letter, chrono::DateTime::UNIX_EPOCH).expect("signed");
        let fields = String::from_utf8(fields).expect("ASCII");
        assert!(fields.matches("DKIM-Signature:").count() == 1 && fields.contains("s=s3;"), "{fields}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_holds_for_a_second_and_until_something_is_done() {
        let mut known = Known::default();
        let (first, second) = (Stamp { domains: 1, events: 2 }, Stamp { domains: 1, events: 3 });
        known.learn(first, Instant::now(), "a.org", &Found::Nothing);
        assert!(known.current("a.org").is_some() && known.current("b.org").is_none());

        tokio::time::advance(FRESH).await;
        assert!(known.current("a.org").is_none() && known.usable("a.org").is_some());
        assert!(known.as_of(first, "a.org").is_some() && known.as_of(second, "a.org").is_none());

        known.learn(second, Instant::now(), "b.org", &Found::Nothing);
        assert!(known.current("a.org").is_none(), "it was read before");
        assert!(known.as_of(second, "b.org").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_cannot_be_used_are_looked_at_again_every_second_and_told_once() {
        let mut known = Known::default();
        let wrong = |why: &str| Found::Elsewhere { domain: "a.org".into(), why: why.into() };
        assert!(!known.is_told("a.org", &wrong("another one")));
        known.learn(Stamp::default(), Instant::now(), "a.org", &wrong("another one"));
        assert!(known.current("a.org").is_some() && known.as_of(Stamp::default(), "a.org").is_none());
        assert!(known.is_told("a.org", &wrong("another one")) && !known.is_told("a.org", &wrong("none")));
    }

    #[tokio::test(start_paused = true)]
    async fn while_nobody_can_be_asked_what_was_known_holds_for_a_minute_and_each_second_somebody_asks_again() {
        let mut known = Known::default();
        known.learn(Stamp::default(), Instant::now(), "a.org", &Found::Nothing);
        tokio::time::advance(FRESH).await;
        known.tried_at = Some(Instant::now());
        assert!(known.current("a.org").is_some());
        tokio::time::advance(FRESH).await;
        assert!(known.current("a.org").is_none() && known.usable("a.org").is_some());
        tokio::time::advance(STALE).await;
        assert!(known.usable("a.org").is_none());
    }
}
