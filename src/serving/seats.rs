//! How many connections there are, in all and per address.
//!
//! When there is no seat left, a connection without a request in hand has to go: first one that never had any, then the
//! one whose last request is longest ago. So silent connections keep nobody out: who sends a request has a seat as soon as
//! they come, keeps it until it is answered, and keeps it longest if they go on asking.

use super::Limits;
use super::activity::Activity;
use acts::who::neighbourhood;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// All seats of a listener.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    /// In the order in which they were taken.
    seats: BTreeMap<u64, Holder>,
    next: u64,
    per_address: HashMap<IpAddr, usize>,
    told: bool,
}

#[derive(Debug)]
struct Holder {
    address: IpAddr,
    activity: Arc<Activity>,
    leave: CancellationToken,
}

/// A connection's seat; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    /// What the connection is doing. It says so itself.
    pub(super) activity: Arc<Activity>,
    /// Cancelled when somebody else gets the seat.
    pub(super) leave: CancellationToken,
}

impl Seats {
    /// A seat, if need be that of somebody who waits for nothing. None if all are busy.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr, limits: &Limits) -> Option<Seat> {
        let address = neighbourhood(peer);
        let mut taken = self.taken();
        let theirs = taken.per_address.get(&address).copied().unwrap_or(0);
        let is_proxy = limits.proxies.trusts(peer.to_canonical());
        if theirs >= limits.per_address && !is_proxy {
            if !std::mem::replace(&mut taken.told, true) {
                tracing::warn!(
                    "an address has more connections than HTTP_CONNECTIONS_PER_ADDRESS; if it is a proxy, name it in TRUSTED_PROXIES"
                );
            }
            taken.dismiss(|holder| holder.address == address)?;
        } else if taken.seats.len() >= limits.connections {
            taken.dismiss(|_| true)?;
        }
        Some(taken.seat(self, address))
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Has the one go who needs their seat least.
    fn dismiss(&mut self, may_go: impl Fn(&Holder) -> bool) -> Option<()> {
        let idle = self.seats.iter().filter(|(_, holder)| may_go(holder));
        let idle = idle.filter_map(|(number, holder)| Some((holder.activity.need()?, *number)));
        let (_, number) = idle.min()?;
        if let Some(holder) = self.remove(number) {
            holder.leave.cancel();
        }
        Some(())
    }

    fn seat(&mut self, seats: &Arc<Seats>, address: IpAddr) -> Seat {
        let (number, activity, leave) = (self.next, Arc::new(Activity::new()), CancellationToken::new());
        self.next += 1;
        self.seats.insert(number, Holder { address, activity: Arc::clone(&activity), leave: leave.clone() });
        *self.per_address.entry(address).or_default() += 1;
        Seat { seats: Arc::clone(seats), number, activity, leave }
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

impl Drop for Seat {
    fn drop(&mut self) {
        // It is gone already when it was dismissed.
        self.seats.taken().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn limits(connections: usize, per_address: usize) -> Limits {
        Limits { connections, per_address, proxies: "10.0.0.1".parse().unwrap(), ..Limits::default() }
    }

    fn is_dismissed(seat: &Seat) -> bool {
        seat.leave.is_cancelled()
    }

    #[test]
    fn who_never_asked_for_anything_goes_first_and_then_who_asked_longest_ago() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(3, 10));
        let held: Vec<Seat> =
            ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|it| seats.take(address(it), &limits).unwrap()).into();
        for answered in [1, 0] {
            held[answered].activity.asked();
            held[answered].activity.answered();
        }

        let mut new = Vec::new();
        for expected in [[false, false, true], [false, true, true], [true, true, true]] {
            let seat = seats.take(address("192.0.2.4"), &limits).unwrap();
            // They have a request in hand.
            seat.activity.asked();
            new.push(seat);
            assert_eq!(held.iter().map(is_dismissed).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn nobody_is_sent_away_in_the_middle_of_a_request() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(2, 10));
        let held = ["192.0.2.1", "192.0.2.2"].map(|it| seats.take(address(it), &limits).unwrap());
        for seat in &held {
            seat.activity.asked();
        }

        assert!(seats.take(address("192.0.2.3"), &limits).is_none());
        drop(held);
        assert!(seats.take(address("192.0.2.3"), &limits).is_some());
    }

    #[test]
    fn an_address_has_its_share_and_takes_seats_only_from_itself() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(100, 2));
        let other = seats.take(address("192.0.2.9"), &limits).unwrap();
        let held: Vec<Seat> = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::"]
            .map(|it| seats.take(address(it), &limits).unwrap())
            .into();

        assert_eq!(held.iter().map(is_dismissed).collect::<Vec<_>>(), [true, false, false]);
        assert!(!is_dismissed(&other));
        let proxied: Vec<Seat> = (0..10).filter_map(|_| seats.take(address("::ffff:10.0.0.1"), &limits)).collect();
        assert!(proxied.len() == 10 && !proxied.iter().any(is_dismissed), "a proxy connects for many");
    }

    #[test]
    fn seats_that_are_given_back_are_not_counted() {
        let (seats, limits) = (Arc::new(Seats::default()), limits(3, 2));
        for _ in 0..10 {
            drop(seats.take(address("192.0.2.1"), &limits).unwrap());
        }
        let taken = seats.taken();
        assert!(taken.seats.is_empty() && taken.per_address.is_empty() && !taken.told);
    }
}
