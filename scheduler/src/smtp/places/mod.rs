//! Finding out how many connections a relay lets us have, as a pure state machine.
//!
//! A connection that is refused while others work is one too many, and no failure of the relay: those that work at that
//! moment are how many it allows. After a while one more is tried; if it carries a letter, it stays. Others may use the relay
//! from the same address or with the same account, so the number is never final.

use std::time::Duration;

use tokio::time::Instant;

/// When one more is tried, after a number that was only met while connections were being opened or lost.
const SOON: Duration = Duration::from_secs(1);

/// When one more is tried after a number that connections of ours have shown to be right. Doubles with every refusal.
const LATER: Duration = Duration::from_mins(1);
const LATEST: Duration = Duration::from_mins(30);

#[derive(Debug)]
pub(super) struct Places {
    /// How many there may be by the settings.
    most: usize,
    /// How many are open, and how many are being opened.
    open: usize,
    opening: usize,
    /// How many have said QUIT and may still be counted by the relay.
    closing: usize,
    learned: Option<Learned>,
    /// How often this process has found a number.
    changes: u64,
}

#[derive(Debug)]
struct Learned {
    allowed: usize,
    since: Instant,
    /// A connection that was there before has carried a letter afterwards: it was not the relay that went away.
    proven: bool,
    try_at: Instant,
    /// How often one more was refused.
    level: u32,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: 0, opening: 0, closing: 0, learned: None, changes: 0 }
    }

    /// How many connections the relay allows, if that is fewer than there may be.
    pub(super) fn allowed(&self) -> Option<usize> {
        self.learned.as_ref().map(|learned| learned.allowed)
    }

    /// How often this process has found a number.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Whether there is none, and none is being opened.
    pub(super) fn is_empty(&self) -> bool {
        self.open + self.opening == 0
    }

    /// Whether one more may be opened.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        match &self.learned {
            None => self.open + self.opening < self.most,
            Some(learned) => {
                let allowed = (learned.allowed + usize::from(learned.try_at <= now)).min(self.most);
                self.open + self.opening + self.closing < allowed
            }
        }
    }

    /// When there may be room for one more.
    pub(super) fn room_at(&self) -> Option<Instant> {
        self.learned.as_ref().map(|learned| learned.try_at)
    }

    /// Whether there are more than allowed, and one that has nothing to do should go.
    pub(super) fn crowded(&self, now: Instant) -> bool {
        self.learned.as_ref().is_some_and(|learned| self.open > learned.allowed && learned.try_at > now)
    }

    pub(super) fn opens(&mut self) {
        self.opening += 1;
    }

    pub(super) fn opened(&mut self) {
        self.opening = self.opening.saturating_sub(1);
        self.open += 1;
    }

    pub(super) fn did_not_open(&mut self) {
        self.opening = self.opening.saturating_sub(1);
    }

    pub(super) fn closed(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// One says QUIT.
    pub(super) fn closes(&mut self) {
        self.closed();
        self.closing += 1;
    }

    pub(super) fn hung_up(&mut self) {
        self.closing = self.closing.saturating_sub(1);
    }

    /// The relay has too many connections, and none of them is ours.
    pub(super) fn full_elsewhere(&mut self) {
        self.changes += 1;
    }

    /// A connection, which is not counted any more, was refused. Says whether that was because there are others: else it is
    /// the relay that is in trouble.
    pub(super) fn refused(&mut self, now: Instant) -> bool {
        let others = self.open + self.opening;
        if others == 0 {
            self.learned = None;
            return false;
        }
        match &mut self.learned {
            Some(learned) if others >= learned.allowed => {
                learned.level += 1;
                learned.try_at = now + learned.pause();
                // The same number, and whoever shares it should know that it still holds.
                self.changes += 1;
            }
            _ => {
                self.changes += 1;
                self.learned =
                    Some(Learned { allowed: others, since: now, proven: false, try_at: now + SOON, level: 0 });
            }
        }
        true
    }

    /// A letter was taken over a connection that began at `began`.
    pub(super) fn carried(&mut self, began: Instant, now: Instant) {
        let Some(learned) = &mut self.learned else { return };
        if !learned.proven && began < learned.since {
            learned.proven = true;
            learned.try_at = now + learned.pause();
        }
        // One more was tried, and it works.
        if self.open > learned.allowed && began > learned.since {
            self.changes += 1;
            learned.allowed = self.open;
            learned.since = now;
            learned.level = 0;
            learned.try_at = now + SOON;
            if learned.allowed >= self.most {
                self.learned = None;
            }
        }
    }

    /// All processes together have found out how many this one may have.
    pub(super) fn adopt(&mut self, allowed: Option<usize>, now: Instant) {
        match (allowed.map(|allowed| allowed.max(1)).filter(|allowed| *allowed < self.most), &mut self.learned) {
            (Some(allowed), Some(learned)) => learned.allowed = allowed,
            (Some(allowed), none) => {
                let try_at = now + LATER;
                *none = Some(Learned { allowed, since: now, proven: true, try_at, level: 0 });
            }
            (None, learned) => *learned = None,
        }
    }
}

impl Learned {
    fn pause(&self) -> Duration {
        let first = if self.proven { LATER } else { SOON };
        first.saturating_mul(1 << self.level.min(16)).min(LATEST)
    }
}

#[cfg(test)]
mod tests;
