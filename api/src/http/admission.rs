//! Who may have a request answered now, and over which connections.
//!
//! Nobody, and no account, has more than a few requests answered at the same time; what comes beyond waits a moment and
//! is then refused. The connections for requests are divided into lanes of a few each, and all that one caller asks for at
//! a time goes through one of them: a request that wants hundreds of things at once waits for itself, and callers beside it
//! go through other lanes.

use crate::Options;
use acts::Services;
use domain::feedback::Via;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How long a request waits for others of the same caller.
const WAIT: Duration = Duration::from_secs(3);

/// The same for requests by the links of letters.
const WAIT_OF_HOLDERS: Duration = Duration::from_secs(20);

/// The same for reports of providers, who come again later.
const WAIT_OF_PROVIDERS: Duration = Duration::from_secs(10);

/// The connections for requests: services over pools of a few connections each.
#[derive(Clone, Debug)]
pub struct Lanes(Vec<Services>);

impl Lanes {
    /// At least one.
    #[must_use]
    pub fn new(first: Services, others: impl IntoIterator<Item = Services>) -> Self {
        Self(std::iter::once(first).chain(others).collect())
    }

    pub(crate) fn first(&self) -> &Services {
        &self.0[0]
    }
}

impl From<Services> for Lanes {
    fn from(services: Services) -> Self {
        Self(vec![services])
    }
}

/// Of whom requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// Signed in.
    Account(Uuid),
    /// Not signed in, from there.
    Address(Option<IpAddr>),
    /// With a token of which it is not known yet whose it is. They are apart from those without, so that these cannot keep
    /// those out who share their address.
    Token(Option<IpAddr>),
    /// With the link of a letter, to say that no more are wanted. A mail provider says so for all of its users, from a few addresses,
    /// and many of them at once after a large mailing; whom it is told to come again later may never come. So these are apart from
    /// everybody else at their address, wait much longer for each other, and are not refused as long as they are answered at all:
    /// sixteen at a time, a hundredth of a second each, are thirty thousand that may wait for their turn. They are still counted by
    /// address, since what looks like a link may be made up, and whoever makes up thousands keeps nobody waiting but themselves.
    /// Connections are another matter: an address has a hundred of them (`HTTP_CONNECTIONS_PER_ADDRESS`), and idle ones make room.
    Holder(Option<IpAddr>),
    /// With a report that says to be a provider's, from there. Whatever comes of it, nobody else at that address waits for it: behind a
    /// proxy that is not named in the settings, that is everybody's.
    Reporter(Option<IpAddr>),
    /// With a report that has been proved to be this provider's. After a large mailing many come at once and from many addresses, so they
    /// are counted together: a few at a time, as of an account. What only says to be theirs never gets so far, and keeps no real one
    /// waiting.
    Provider(Via),
}

impl Whose {
    /// How long one of these requests waits for others.
    fn patience(self) -> Duration {
        match self {
            Self::Account(_) | Self::Address(_) | Self::Token(_) => WAIT,
            Self::Holder(_) => WAIT_OF_HOLDERS,
            Self::Reporter(_) | Self::Provider(_) => WAIT_OF_PROVIDERS,
        }
    }
}

/// Too many of one caller's requests are being answered.
#[derive(Debug)]
pub(crate) struct TooMany;

/// Lets requests in.
#[derive(Debug)]
pub(crate) struct Admission {
    lanes: Lanes,
    per_account: usize,
    per_address: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    callers: HashMap<Whose, Group>,
    /// How many requests are in each lane.
    lanes: Vec<usize>,
}

/// One caller's requests.
#[derive(Debug)]
struct Group {
    lane: usize,
    room: Arc<Semaphore>,
    present: usize,
}

/// A request that was let in. Dropping it makes room for the next one.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// What it works with.
    pub(crate) services: Services,
    _permit: OwnedSemaphorePermit,
    _present: Present,
}

/// Counts a request as long as it is there, waiting or let in.
#[derive(Debug)]
struct Present {
    admission: Arc<Admission>,
    whose: Whose,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.admission.leave(self.whose);
    }
}

impl Admission {
    pub(crate) fn new(lanes: Lanes, options: &Options) -> Arc<Self> {
        let inside = Inside { callers: HashMap::new(), lanes: vec![0; lanes.0.len()] };
        let (per_account, per_address) = (options.per_account, options.per_address);
        Arc::new(Self { lanes, per_account, per_address, inside: Mutex::new(inside) })
    }

    /// Lets one more request in, as soon as there is room for it, if that is soon.
    pub(crate) async fn enter(self: &Arc<Self>, whose: Whose) -> Result<Admitted, TooMany> {
        let (lane, room) = self.arrive(whose);
        let present = Present { admission: Arc::clone(self), whose };
        let permit = tokio::time::timeout(whose.patience(), room.acquire_owned()).await;
        let permit = permit.map_err(|_| TooMany)?.map_err(|_| TooMany)?;
        Ok(Admitted { services: self.lanes.0[lane].clone(), _permit: permit, _present: present })
    }

    /// The largest file of clients that somebody may send, in bytes.
    pub(crate) fn largest_file(&self) -> usize {
        self.lanes.first().quotas.bounds().file
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrive(&self, whose: Whose) -> (usize, Arc<Semaphore>) {
        let most = match whose {
            Whose::Account(_) | Whose::Provider(_) => self.per_account,
            Whose::Address(_) | Whose::Token(_) | Whose::Holder(_) | Whose::Reporter(_) => self.per_address,
        };
        let mut inside = self.inside();
        let Inside { callers, lanes } = &mut *inside;
        let quietest = (0..lanes.len()).min_by_key(|lane| lanes[*lane]).unwrap_or(0);
        let fresh = || Group { lane: quietest, room: Arc::new(Semaphore::new(most)), present: 0 };
        let group = callers.entry(whose).or_insert_with(fresh);
        group.present += 1;
        lanes[group.lane] += 1;
        (group.lane, Arc::clone(&group.room))
    }

    fn leave(&self, whose: Whose) {
        let mut inside = self.inside();
        let Inside { callers, lanes } = &mut *inside;
        let Some(group) = callers.get_mut(&whose) else { return };
        group.present -= 1;
        lanes[group.lane] -= 1;
        if group.present == 0 {
            callers.remove(&whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acts::Health;
    use acts::Quotas;
    use acts::blog::Views;
    use acts::who::Hashing;
    use eventstore::{Clock, EventStore};
    use projections::Projector;
    use sqlx::PgPool;
    use sqlx::postgres::PgConnectOptions;

    fn services(number: u16) -> Services {
        let pool = PgPool::connect_lazy(&format!("postgres://nobody@127.0.0.1:{number}/nothing")).unwrap();
        let store = EventStore::new(pool);
        let (_, reached) = Projector::new(store.clone());
        let (health, _) = Health::watch(PgConnectOptions::new(), reached.clone());
        let clock = Clock::new(|| chrono::DateTime::UNIX_EPOCH);
        let (views, hashing, quotas) = (Views::default(), Hashing::default(), Quotas::default());
        Services {
            store,
            reached,
            clock,
            views,
            hashing,
            quotas,
            health,
            message_id_domain: None,
            master_key: None,
            senders: acts::senders::Senders::default(),
            letters: None,
            returns: None,
            ways: acts::intake::Ways::default(),
        }
    }

    fn admission(lanes: u16) -> Arc<Admission> {
        let url = url::Url::parse("http://localhost/").unwrap();
        let options = Options { per_account: 2, per_address: 3, ..Options::new(url) };
        Admission::new(Lanes::new(services(1), (2..=lanes).map(services)), &options)
    }

    fn account(number: u128) -> Whose {
        Whose::Account(Uuid::from_u128(number))
    }

    fn lane(admitted: &Admitted) -> u16 {
        admitted.services.pool().connect_options().get_port()
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_has_a_few_requests_answered_at_a_time_and_others_do_not_notice() {
        let admission = admission(1);
        let first = admission.enter(account(1)).await.unwrap();
        let _second = admission.enter(account(1)).await.unwrap();

        admission.enter(account(1)).await.unwrap_err();
        let _other = admission.enter(account(2)).await.unwrap();
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.enter(account(1)).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap().is_ok(), "who waits gets the room that is made");
    }

    #[tokio::test(start_paused = true)]
    async fn people_without_an_account_are_counted_by_address_and_apart_from_tokens() {
        let admission = admission(1);
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        let mut inside = Vec::new();
        for _ in 0..3 {
            inside.push(admission.enter(Whose::Address(here)).await.unwrap());
        }

        admission.enter(Whose::Address(here)).await.unwrap_err();
        inside.push(admission.enter(Whose::Token(here)).await.unwrap());
        inside.push(admission.enter(Whose::Address(Some(IpAddr::from([192, 0, 2, 2])))).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_for_many_that_they_want_no_more_letters_waits_and_is_apart_from_everybody_at_the_same_address() {
        let admission = admission(1);
        let provider = Some(IpAddr::from([192, 0, 2, 1]));
        let visitors = [(); 3].map(|()| admission.enter(Whose::Address(provider)));
        let visitors = futures::future::join_all(visitors).await;
        assert!(visitors.iter().all(Result::is_ok), "visitors have all the room that there is for them");

        let mut coming = tokio::task::JoinSet::new();
        for _ in 0..60 {
            let admission = Arc::clone(&admission);
            coming.spawn(async move {
                let admitted = admission.enter(Whose::Holder(provider)).await;
                // Each keeps its room as long as a slow database takes: a crowd of strangers would have been refused.
                tokio::time::sleep(Duration::from_millis(900)).await;
                admitted.is_ok()
            });
        }
        let come = coming.join_all().await;
        assert!(come.into_iter().all(|admitted| admitted), "nobody is sent away");
    }

    #[tokio::test(start_paused = true)]
    async fn forged_reports_keep_neither_people_nor_the_provider_waiting() {
        let admission = admission(1);
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        let forgers = futures::future::join_all([(); 3].map(|()| admission.enter(Whose::Reporter(here)))).await;
        assert!(forgers.iter().all(Result::is_ok), "they have all the room that there is for them");

        admission.enter(Whose::Reporter(here)).await.unwrap_err();
        let _person = admission.enter(Whose::Address(here)).await.unwrap();
        let _reader = admission.enter(Whose::Holder(here)).await.unwrap();
        let _real = admission.enter(Whose::Provider(Via::Sendgrid)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_one_provider_waits_for_itself_and_for_nobody_else() {
        let admission = admission(1);
        let mut coming = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let admission = Arc::clone(&admission);
            coming.spawn(async move {
                let admitted = admission.enter(Whose::Provider(Via::Sendgrid)).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                admitted.is_ok()
            });
        }
        tokio::task::yield_now().await;
        let began = tokio::time::Instant::now();
        let _other = admission.enter(Whose::Provider(Via::Mailgun)).await.unwrap();
        let _person = admission.enter(Whose::Address(None)).await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO, "nobody else waits");
        assert!(coming.join_all().await.into_iter().all(|admitted| admitted), "two at a time, all get their turn");
    }

    #[tokio::test]
    async fn whoever_asks_for_much_keeps_one_lane_busy_and_others_go_through_the_quiet_ones() {
        let admission = admission(3);
        let greedy = [admission.enter(account(1)).await.unwrap(), admission.enter(account(1)).await.unwrap()];
        let second = admission.enter(account(2)).await.unwrap();
        let third = admission.enter(account(3)).await.unwrap();

        assert_eq!(lane(&greedy[0]), lane(&greedy[1]));
        let lanes: std::collections::BTreeSet<u16> = [&greedy[0], &second, &third].map(lane).into();
        assert_eq!(lanes.len(), 3);
        let fourth = admission.enter(account(4)).await.unwrap();
        assert_ne!(lane(&fourth), lane(&greedy[0]), "it goes beside those who have one request");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_those_who_have_left() {
        let admission = admission(2);
        let inside = [admission.enter(account(1)).await.unwrap(), admission.enter(Whose::Address(None)).await.unwrap()];
        drop(inside);

        assert!(admission.inside().callers.is_empty());
        assert_eq!(admission.inside().lanes, [0, 0]);
    }
}
