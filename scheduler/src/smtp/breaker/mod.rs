//! The circuit breaker of one relay, as a pure state machine: what happened and when goes in, whether sending makes
//! sense comes out.
//!
//! | state | moves on when |
//! | --- | --- |
//! | closed | enough relay-scope failures in a row, or one about credentials or rate: open |
//! | open | the pause is over and a probing connection got in: trial. It did not: open, twice as long |
//! | trial (closed, one letter at a time) | any letter was judged on its own merits: closed. Another failure: open |
//!
//! Several processes may share a relay. One that hears from another that it is open *adopts* that, and goes on trial when it
//! hears that it is closed; its own probe comes late enough to be needed only when the other has died.

use std::time::Duration;

use tokio::time::Instant;

use super::judge::{Judgement, Scope};

/// So many letters in a row must have gone well before the next pause starts short again.
const CALM: u32 = 20;

/// So many letters must have gone well before one more connection may work, after the relay said "too fast".
const LETTERS_PER_STEP: u32 = 50;

/// Whether sending makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerStatus {
    /// It does.
    Closed,
    /// Not before `until`; then one connection probes.
    Open {
        /// When it opened; stays the same while probes fail.
        since: Instant,
        /// When the next probe is due.
        until: Instant,
        /// Whose problem it is: relay, credentials or rate.
        scope: Scope,
        /// A sentence for a person.
        why: String,
        /// How often in a row it opened; the pauses double with it.
        level: u32,
        /// Another process opened it.
        adopted: bool,
    },
}

/// What another process says of a breaker that it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenElsewhere {
    /// When it opened.
    pub since: Instant,
    /// When to probe oneself, if nothing else was heard by then.
    pub until: Instant,
    /// Whose problem it is.
    pub scope: Scope,
    /// A sentence for a person.
    pub why: String,
    /// How often in a row it opened.
    pub level: u32,
}

/// When the breaker opens and how long it stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// Relay-scope failures in a row that open it.
    pub failures: u32,
    /// The first pause.
    pub first: Duration,
    /// Pauses double up to this.
    pub longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { failures: 3, first: Duration::from_secs(1), longest: Duration::from_mins(5) }
    }
}

#[derive(Debug)]
pub(super) struct Breaker {
    pauses: Pauses,
    connections: usize,
    /// Spreads the pauses of several processes.
    seed: u64,
    failures: u32,
    /// How often in a row it opened without [`CALM`] in between.
    level: u32,
    calm: u32,
    trial: bool,
    /// How many letters may be on their way at once.
    limit: usize,
    opened: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    since: Instant,
    until: Instant,
    scope: Scope,
    why: String,
    probing: bool,
    adopted: bool,
}

impl Breaker {
    pub(super) fn new(pauses: Pauses, connections: usize, seed: u64) -> Self {
        Self {
            pauses,
            connections,
            seed,
            failures: 0,
            level: 0,
            calm: 0,
            trial: false,
            limit: connections,
            opened: 0,
            open: None,
        }
    }

    pub(super) fn status(&self) -> BreakerStatus {
        self.open.as_ref().map_or(BreakerStatus::Closed, |open| BreakerStatus::Open {
            since: open.since,
            until: open.until,
            scope: open.scope,
            why: open.why.clone(),
            level: self.level,
            adopted: open.adopted,
        })
    }

    /// How many letters may be on their way now.
    pub(super) fn allowed(&self) -> usize {
        match (&self.open, self.trial) {
            (Some(_), _) => 0,
            (None, true) => 1,
            (None, false) => self.limit,
        }
    }

    /// What a letter gets that is not even tried.
    pub(super) fn refusal(&self) -> Option<Judgement> {
        self.open.as_ref().map(|open| Judgement::NotTried {
            scope: open.scope,
            why: format!("sending pauses: {}", open.why),
            reply: None,
        })
    }

    /// Takes a letter's fate into account.
    pub(super) fn judged(&mut self, judgement: &Judgement, now: Instant) {
        match judgement {
            Judgement::Accepted { .. }
            | Judgement::Rejected { .. }
            | Judgement::Deferred { .. }
            | Judgement::NotTried { scope: Scope::Sender, .. } => self.well(),
            // Else a relay that dies on every letter would be fed the whole run, each letter with an unknown fate.
            Judgement::Unknown { why } => self.failed(Scope::Relay, why, now),
            Judgement::NotTried { scope: Scope::Withdrawn, .. } => {}
            Judgement::NotTried { scope, why, .. } => self.failed(*scope, why, now),
        }
    }

    /// When the next probe is due, unless somebody is at it.
    pub(super) fn probe_due(&self) -> Option<Instant> {
        self.open.as_ref().filter(|open| !open.probing).map(|open| open.until)
    }

    /// Takes the probe; `false` when it is not due or somebody is at it.
    pub(super) fn take_probe(&mut self, now: Instant) -> bool {
        match &mut self.open {
            Some(open) if !open.probing && open.until <= now => {
                open.probing = true;
                true
            }
            _ => false,
        }
    }

    /// A probing connection got in: one letter at a time from here.
    pub(super) fn probed_well(&mut self) {
        self.open = None;
        self.trial = true;
        self.failures = 0;
    }

    /// A probing connection did not get in.
    pub(super) fn probed_badly(&mut self, judgement: &Judgement, now: Instant) {
        let since = self.open.take().map_or(now, |open| open.since);
        let (scope, why) = match judgement {
            Judgement::NotTried { scope, why, .. } => (*scope, why.as_str()),
            _ => (Scope::Relay, "the relay could not be reached"),
        };
        self.trip(scope, why, since, now);
    }

    /// Another process found the relay away. A probe that is on its way decides all the same.
    pub(super) fn adopt_open(&mut self, open: OpenElsewhere) {
        let probing = self.open.as_ref().is_some_and(|open| open.probing);
        // Whoever has to go on alone goes on with pauses as long as the other's.
        self.level = self.level.max(open.level);
        self.calm = 0;
        let OpenElsewhere { since, until, scope, why, .. } = open;
        self.open = Some(Open { since, until, scope, why, probing, adopted: true });
    }

    /// The process that found the relay away has got in again: one letter at a time from here.
    pub(super) fn adopt_close(&mut self) {
        if self.open.as_ref().is_some_and(|open| open.adopted) {
            self.probed_well();
        }
    }

    fn well(&mut self) {
        if self.open.is_some() {
            return; // A letter that was on its way when it opened; the probe decides.
        }
        self.failures = 0;
        self.trial = false;
        self.calm += 1;
        if self.calm >= CALM {
            self.level = 0;
        }
        if self.limit < self.connections && self.calm.is_multiple_of(LETTERS_PER_STEP) {
            self.limit += 1;
        }
    }

    fn failed(&mut self, scope: Scope, why: &str, now: Instant) {
        self.calm = 0;
        if let Some(open) = &mut self.open {
            // Credentials need a person, so they are what is shown.
            if scope == Scope::Credentials {
                open.scope = scope;
                why.clone_into(&mut open.why);
            }
            return;
        }
        self.failures += 1;
        if scope == Scope::Rate {
            self.limit = (self.limit / 2).max(1);
        }
        if !matches!(scope, Scope::Relay | Scope::Connections) || self.trial || self.failures >= self.pauses.failures {
            self.trip(scope, why, now, now);
        }
    }

    fn trip(&mut self, scope: Scope, why: &str, since: Instant, now: Instant) {
        let doubled = self.pauses.first.saturating_mul(1 << self.level.min(20));
        let pause = doubled.min(self.pauses.longest).mul_f64(self.jitter());
        self.level += 1;
        self.opened += 1;
        self.failures = 0;
        self.open =
            Some(Open { since, until: now + pause, scope, why: why.to_owned(), probing: false, adopted: false });
    }

    /// Between 0.8 and 1.2: the seed and the count, stirred (`SplitMix64`'s finaliser).
    fn jitter(&self) -> f64 {
        let mut z = self.seed.wrapping_add(self.opened.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let permille = u32::try_from((z ^ (z >> 31)) % 1000).unwrap_or(0);
        0.8 + f64::from(permille) * 0.0004
    }
}

#[cfg(test)]
mod tests;
