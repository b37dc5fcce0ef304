//! How long a message is waited for: it may take its time, and a trickle may not.

use std::time::Duration;

/// The slowest that a message may come in the long run, in bytes per second.
const SLOWEST: u64 = 1024;

/// What is left of the patience with one message. Waiting uses it up, and each byte that comes buys some of it back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    most: Duration,
    used: Duration,
}

impl Patience {
    /// So long is waited for the first byte.
    pub(super) fn new(most: Duration) -> Self {
        Self { most, used: Duration::ZERO }
    }

    /// How long is waited for the next byte.
    pub(super) fn left(&self) -> Duration {
        self.most.saturating_sub(self.used)
    }

    /// So many bytes came after so long a wait.
    pub(super) fn came(&mut self, bytes: usize, after: Duration) {
        let bought = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1_000) / SLOWEST;
        self.used = self.used.saturating_add(after).saturating_sub(Duration::from_millis(bought));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long somebody is listened to who sends so many bytes every second, at most an hour.
    fn listened_to(bytes: usize) -> u64 {
        let mut patience = Patience::new(Duration::from_secs(30));
        (0..3_600)
            .find(|_| {
                let second = Duration::from_secs(1);
                let cut_off = patience.left() < second;
                patience.came(bytes, second);
                cut_off
            })
            .unwrap_or(3_600)
    }

    #[test]
    fn who_goes_on_is_waited_for_and_who_trickles_is_not() {
        for (bytes, seconds) in [(0, 30), (1, 30), (512, 59), (1_024, 3_600), (1_000_000, 3_600)] {
            let listened = listened_to(bytes);
            assert!(listened.abs_diff(seconds) <= 1, "{bytes} bytes a second: {listened} s");
        }
    }

    #[test]
    fn what_came_early_buys_no_more_than_all_the_patience() {
        let mut patience = Patience::new(Duration::from_secs(30));
        patience.came(usize::MAX, Duration::ZERO);
        assert_eq!(patience.left(), Duration::from_secs(30));
        patience.came(0, Duration::MAX);
        assert_eq!(patience.left(), Duration::ZERO);
    }
}
