//! How many connections there are, in all and per address, and how many messages an address has sent lately.
//!
//! When all seats are taken, the connection that has been silent for longest has to go, if that is long enough. So whoever connects
//! and says nothing keeps nobody out. An address that has its share gets no more, and takes no seat from others.

use super::Limits;
use acts::who::neighbourhood;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Over which time messages are counted.
const WINDOW: Duration = Duration::from_mins(1);

/// All seats of a listener.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    /// In the order in which they were taken.
    seats: BTreeMap<u64, Holder>,
    next: u64,
    per_address: HashMap<IpAddr, usize>,
    lately: Lately,
}

#[derive(Debug)]
struct Holder {
    address: IpAddr,
    /// Since when it is waited for the client; none while the server is at work, or takes in a message.
    silent_since: Option<Instant>,
    leave: CancellationToken,
}

/// How many messages came from whom since the minute began. Whoever sent none has no place here.
#[derive(Debug, Default)]
struct Lately {
    began: Option<Instant>,
    messages: HashMap<IpAddr, u32>,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many connections as there may be, and none of them is silent.
    All,
    /// The address has its share of them.
    Address,
}

/// A connection's seat; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    address: IpAddr,
    /// Cancelled when somebody else gets the seat.
    pub(super) leave: CancellationToken,
}

impl Seats {
    /// A seat, if need be that of somebody who has been silent for long.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr, limits: &Limits) -> Result<Seat, Full> {
        let (address, now) = (neighbourhood(peer), Instant::now());
        let mut taken = self.taken();
        if taken.per_address.get(&address).copied().unwrap_or(0) >= limits.per_address {
            return Err(Full::Address);
        }
        if taken.seats.len() >= limits.connections && !taken.dismiss(now, limits.silence) {
            return Err(Full::All);
        }
        let (number, leave) = (taken.next, CancellationToken::new());
        taken.next += 1;
        taken.seats.insert(number, Holder { address, silent_since: Some(now), leave: leave.clone() });
        *taken.per_address.entry(address).or_default() += 1;
        Ok(Seat { seats: Arc::clone(self), number, address, leave })
    }

    /// How many are taken.
    pub(super) fn count(&self) -> usize {
        self.taken().seats.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Has the one go that has been silent for longest; whether there is one that has been so for long enough.
    fn dismiss(&mut self, now: Instant, silence: Duration) -> bool {
        let silent = self.seats.iter().filter_map(|(number, holder)| Some((holder.silent_since?, *number)));
        let Some((_, number)) = silent.min().filter(|(since, _)| now.duration_since(*since) >= silence) else {
            return false;
        };
        if let Some(holder) = self.remove(number) {
            holder.leave.cancel();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Holder> {
        let holder = self.seats.remove(&number)?;
        if let Some(count) = self.per_address.get_mut(&holder.address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&holder.address);
            }
        }
        Some(holder)
    }
}

impl Lately {
    /// Counts one more message from there; whether it may come.
    fn count(&mut self, address: IpAddr, most: u32, now: Instant) -> bool {
        if self.began.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            *self = Self { began: Some(now), messages: HashMap::new() };
        }
        let messages = self.messages.entry(address).or_default();
        if *messages >= most {
            return false;
        }
        *messages += 1;
        true
    }
}

impl Seat {
    /// The client is waited for from now on.
    pub(super) fn waits(&self) {
        self.is_silent_since(Some(Instant::now()));
    }

    /// The client has said something, and keeps the seat until that is answered.
    pub(super) fn works(&self) {
        self.is_silent_since(None);
    }

    fn is_silent_since(&self, since: Option<Instant>) {
        if let Some(holder) = self.seats.taken().seats.get_mut(&self.number) {
            holder.silent_since = since;
        }
    }

    /// Whether the address may send one more message now. If it may, that one counts.
    pub(super) fn may_send(&self, limits: &Limits) -> bool {
        self.seats.taken().lately.count(self.address, limits.per_minute, Instant::now())
    }

    /// Where the client is: its address, or for IPv6 its /64.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // It is gone already when it was dismissed.
        self.seats.taken().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn limits(connections: usize, per_address: usize) -> Limits {
        Limits { connections, per_address, per_minute: 3, ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_its_share_and_takes_seats_from_nobody() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(100, 2));
        let other = seats.take(address("192.0.2.9"), &limits).unwrap();
        let held = ["2001:db8:1:2::1", "2001:db8:1:2::2"].map(|it| seats.take(address(it), &limits).unwrap());
        advance(limits.silence * 10).await;

        assert_eq!(seats.take(address("2001:db8:1:2:3::"), &limits).unwrap_err(), Full::Address);
        assert!(seats.take(address("2001:db8:1:3::"), &limits).is_ok());
        assert!(held.iter().chain([&other]).all(|seat| !seat.leave.is_cancelled()));
        drop(held);
        assert!(seats.take(address("2001:db8:1:2:3::"), &limits).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_been_silent_for_longest_goes_first_and_who_is_at_work_stays() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(3, 3));
        let held = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|it| seats.take(address(it), &limits).unwrap());
        held[0].works();
        assert_eq!(seats.take(address("192.0.2.4"), &limits).unwrap_err(), Full::All, "nobody is silent for long");
        advance(limits.silence / 2).await;
        held[1].waits();
        advance(limits.silence / 2).await;

        let _new = seats.take(address("192.0.2.4"), &limits).unwrap();
        assert_eq!(held.each_ref().map(|seat| seat.leave.is_cancelled()), [false, false, true]);
        assert_eq!(seats.take(address("192.0.2.5"), &limits).unwrap_err(), Full::All);
        assert_eq!(seats.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_are_counted_by_the_minute_and_for_each_address() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(10, 10));
        let [one, same, other] =
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"].map(|it| seats.take(address(it), &limits).unwrap());
        assert!(one.may_send(&limits) && same.may_send(&limits) && one.may_send(&limits));
        assert!(!one.may_send(&limits) && !same.may_send(&limits) && other.may_send(&limits));
        advance(WINDOW).await;
        assert!(one.may_send(&limits));
    }

    #[tokio::test]
    async fn seats_that_are_given_back_are_not_counted() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(3, 2));
        for _ in 0..10 {
            drop(seats.take(address("192.0.2.1"), &limits).unwrap());
        }
        let taken = seats.taken();
        assert!(taken.seats.is_empty() && taken.per_address.is_empty() && taken.lately.messages.is_empty());
    }
}
