//! Finding out how fast a relay takes letters, as a pure state machine: what it said and when goes in, how fast to go on comes
//! out.
//!
//! | what happens | what follows |
//! | --- | --- |
//! | one letter is refused as too fast, its neighbours are taken | nothing: it is offered again behind the others |
//! | two in a row, or a quarter of the last sixteen | a pause of a second; then as many letters per second as were taken in the last |
//! | the same, while there is a rate | it falls by 5 to 30 %, towards what was taken since the last time |
//! | the same, and nothing was taken since the last time | longer pauses; the fourth time the relay is left alone |
//! | calm for a while, and the rate is used up | it grows by 5 % |
//! | calm for an hour | it is forgotten |
//! | ten recipients in a row are put off by policy | as if two letters were too fast: it may have been meant so |

use std::time::Duration;

use tokio::time::Instant;

/// What is taken is counted over this long, which is also how most services count.
const SECOND: Duration = Duration::from_secs(1);

/// The shares of a second that are counted, so that old letters leave the count one after the other.
const SHARES: usize = 10;

/// Where hardly anything was sent before the first refusal, nothing was measured.
const UNMEASURED: f64 = 5.0;

/// Nothing is slower than a letter a minute: the breaker's pauses are for what is.
const SLOWEST: f64 = 1.0 / 60.0;

/// A little slower than measured: letters come to the relay less evenly than they leave here.
const MARGIN: f64 = 0.95;

/// Nothing falls further at once: every other letter is refused where the rate is hardly too high, and few are taken meanwhile.
const STEEPEST: f64 = 0.7;

/// So long must go well before the rate grows, and by how much it does.
const GROWS_AFTER: Duration = Duration::from_secs(30);
const GROWTH: f64 = 1.05;

/// The same as long as nothing was measured.
const GUESS_GROWS_AFTER: Duration = Duration::from_secs(5);
const GUESS_GROWTH: f64 = 1.5;

/// After so long without a refusal the relay may have become another.
const FORGET: Duration = Duration::from_hours(1);

/// So many cuts in vain, and the breaker takes over.
const IN_VAIN: u32 = 3;

/// So many recipients put off by policy, one after the other, are no coincidence; and so many of them count again.
const PUT_OFF: u32 = 10;
const PUT_OFF_AGAIN: u32 = 3;

/// So many recipients that are refused one after the other have nothing in common but us.
const SEVERAL: usize = 5;

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Go on.
    GoOn,
    /// The rate has changed, and nothing begins before [`Throttle::held`] is over.
    SlowDown,
    /// Going slowly does not help.
    LeaveAlone,
}

#[derive(Debug)]
pub(super) struct Throttle {
    /// The first pause.
    pause: Duration,
    /// Letters per second.
    rate: Option<f64>,
    /// The rate was measured, not guessed.
    measured: bool,
    /// How often this process has changed the rate.
    changes: u64,
    /// How many processes share the relay.
    processes: u32,
    taken: Taken,
    /// The last sixteen letters, the latest in the lowest bit; 1: refused as too fast.
    history: u16,
    cut: Option<Cut>,
    held: Option<Instant>,
    put_off: u32,
    /// The recipients that were refused since the last letter was taken, up to [`SEVERAL`].
    refused: Vec<String>,
}

#[derive(Debug)]
struct Cut {
    at: Instant,
    /// Letters taken since.
    taken: u32,
    /// How often it was cut before without a letter in between.
    in_vain: u32,
    /// When the rate has grown last, or when it could not.
    calm_since: Instant,
    /// Letters taken since then.
    calm: u32,
}

impl Throttle {
    pub(super) fn new(pause: Duration) -> Self {
        Self {
            pause: pause.min(SECOND),
            rate: None,
            measured: false,
            changes: 0,
            processes: 1,
            taken: Taken::default(),
            history: 0,
            cut: None,
            held: None,
            put_off: 0,
            refused: Vec::new(),
        }
    }

    /// Letters per second, over all processes, when the relay is known to take no more.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// How often this process has changed the rate.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Until when nothing begins.
    pub(super) fn held(&self, now: Instant) -> Option<Instant> {
        self.held.filter(|until| *until > now)
    }

    /// Whether several recipients were refused since the last letter was taken: then it is about none of them.
    pub(super) fn several_refused(&self) -> bool {
        self.refused.len() >= SEVERAL
    }

    /// A letter was taken. Says whether the rate has changed.
    pub(super) fn took(&mut self, now: Instant) -> bool {
        self.taken.add(now);
        self.history <<= 1;
        self.put_off = 0;
        self.refused.clear();
        let Some(cut) = &mut self.cut else { return false };
        cut.taken = cut.taken.saturating_add(1);
        cut.calm = cut.calm.saturating_add(1);
        if now.saturating_duration_since(cut.at) >= FORGET {
            self.cut = None;
            return self.set(None);
        }
        let Some(rate) = self.rate else { return false };
        let (after, growth) = if self.measured { (GROWS_AFTER, GROWTH) } else { (GUESS_GROWS_AFTER, GUESS_GROWTH) };
        let calm = now.saturating_duration_since(cut.calm_since);
        if calm < after {
            return false;
        }
        // Who does not use up the rate does not know whether more would be taken.
        let used_up = f64::from(cut.calm * self.processes) >= rate * calm.as_secs_f64() / 2.0;
        cut.calm_since = now;
        cut.calm = 0;
        used_up && self.set(Some(rate * growth))
    }

    /// The relay said something else about a letter, and that is no sign of anything.
    pub(super) fn judged_otherwise(&mut self) {
        self.put_off = 0;
    }

    /// A letter to this recipient, begun at `began`, was refused as too fast.
    pub(super) fn too_fast(&mut self, recipient: &str, began: Instant, now: Instant) -> Advice {
        if self.refused.len() < SEVERAL && self.refused.iter().all(|other| other != recipient) {
            self.refused.push(recipient.to_owned());
        }
        if let Some(cut) = &mut self.cut {
            if began < cut.at {
                // It was on its way already.
                return Advice::GoOn;
            }
            cut.calm_since = now;
            cut.calm = 0;
        }
        self.history = self.history << 1 | 1;
        let hopeless = self.cut.as_ref().is_some_and(|cut| cut.taken == 0 && cut.in_vain >= IN_VAIN);
        if self.history & 0b11 == 0b11 || self.history.count_ones() >= 4 || hopeless {
            self.slow_down(now)
        } else {
            Advice::GoOn
        }
    }

    /// A recipient was put off by policy, which may have been meant for us.
    pub(super) fn put_off(&mut self, now: Instant) -> Advice {
        self.put_off += 1;
        if self.put_off < PUT_OFF {
            return Advice::GoOn;
        }
        self.put_off = PUT_OFF - PUT_OFF_AGAIN;
        self.slow_down(now)
    }

    /// Another process has found this rate, or has forgotten it.
    pub(super) fn adopt(&mut self, rate: Option<f64>) {
        self.rate = rate.map(|rate| rate.max(SLOWEST));
        self.measured = true;
    }

    /// So many processes share the relay.
    pub(super) fn shared_by(&mut self, processes: u32) {
        self.processes = processes.max(1);
    }

    fn slow_down(&mut self, now: Instant) -> Advice {
        self.history = 0;
        let last = self.cut.take();
        let in_vain = last.as_ref().filter(|cut| cut.taken == 0).map_or(0, |cut| cut.in_vain + 1);
        if in_vain == 0 {
            match (self.rate, &last) {
                (Some(rate), Some(last)) => {
                    let time = now.saturating_duration_since(last.at).max(SECOND).as_secs_f64();
                    let took = f64::from(last.taken * self.processes) / time;
                    self.measured = true;
                    self.set(Some((took.min(rate) * MARGIN).max(rate * STEEPEST)));
                }
                (Some(rate), None) => {
                    self.set(Some(rate * MARGIN));
                }
                (None, _) => {
                    let took = f64::from(self.taken.in_last_second(now));
                    self.measured = took >= UNMEASURED;
                    if took > 0.0 {
                        self.set(Some((took * MARGIN).max(UNMEASURED)));
                    }
                }
            }
        }
        self.cut = Some(Cut { at: now, taken: 0, in_vain, calm_since: now, calm: 0 });
        if in_vain >= IN_VAIN {
            return Advice::LeaveAlone;
        }
        // A rate that was a little too high needs no long pause; a relay that takes nothing does.
        let distance = self.rate.map_or(self.pause, |rate| Duration::from_secs_f64(1.0 / rate).min(self.pause));
        let corrected = in_vain == 0 && last.is_some_and(|last| last.taken > 0) && self.rate.is_some();
        self.held = Some(now + if corrected { distance } else { self.pause * (1 << in_vain) });
        Advice::SlowDown
    }

    fn set(&mut self, rate: Option<f64>) -> bool {
        let rate = rate.map(|rate| rate.max(SLOWEST));
        let changed = self.rate != rate;
        self.rate = rate;
        self.changes += u64::from(changed);
        changed
    }
}

/// How many letters were taken in the last second.
#[derive(Debug, Default)]
struct Taken {
    shares: [u32; SHARES],
    /// The share that is counted now, and when it began.
    now: usize,
    since: Option<Instant>,
}

impl Taken {
    fn add(&mut self, now: Instant) {
        self.turn(now);
        self.shares[self.now] += 1;
    }

    fn in_last_second(&mut self, now: Instant) -> u32 {
        self.turn(now);
        self.shares.iter().sum()
    }

    fn turn(&mut self, now: Instant) {
        let share = SECOND / 10;
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_nanos() / share.as_nanos();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        for _ in 0..passed.min(10) {
            self.now = (self.now + 1) % SHARES;
            self.shares[self.now] = 0;
        }
        if passed > 0 {
            self.since = Some(since.checked_add(share.saturating_mul(passed)).unwrap_or(now));
        }
    }
}

#[cfg(test)]
mod tests;
