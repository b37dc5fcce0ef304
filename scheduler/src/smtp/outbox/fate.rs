//! What becomes of a letter after an attempt: it is answered, or offered again because the answer was not about it.

use super::job::{BEGUN, Claim, Job, Line};
use std::sync::{Arc, atomic::Ordering};

use tokio::time::Instant;

use super::{
    super::{
        judge::{Happening, Judgement, Scope},
        rate::{Pacing, Rate},
        throttle::Advice,
    },
    Shared, State, withdrawn,
};

/// A letter that is refused as too fast so often, while others were taken in between, is refused because of its recipient.
const SINGLED_OUT: u32 = 3;

/// A letter over which a fresh connection is lost so often may be the reason for it.
const RETURNED: u32 = 2;

/// An attempt that has ended.
pub(super) struct Attempted {
    /// `None`: the letter was withdrawn, or its permission ran out, before it began.
    pub(super) judgement: Option<Judgement>,
    pub(super) barred: Barred,
    /// When the letter began.
    pub(super) began: Instant,
    /// When its connection began.
    pub(super) connected: Instant,
}

/// Whether a fresh connection was turned away, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barred {
    No,
    /// With a temporary refusal, or by closing it.
    Refused,
    /// With a refusal for good.
    ForGood,
    /// Without a word.
    Silently,
    /// It could be opened, and was closed before the first letter was through.
    InTheEnvelope,
}

impl Barred {
    /// By what happened while it was being opened.
    pub(super) fn by(happening: &Happening) -> Self {
        match happening {
            Happening::Reply(reply) if reply.code / 100 == 4 => Self::Refused,
            Happening::Lost(_) => Self::Refused,
            Happening::TimedOut => Self::Silently,
            Happening::Reply(_) => Self::ForGood,
            Happening::Garbage(_) | Happening::Refused(_) | Happening::Withdrawn(_) => Self::No,
        }
    }
}

impl Attempted {
    pub(super) fn new(now: Instant) -> Self {
        Self { judgement: None, barred: Barred::No, began: now, connected: now }
    }
}

/// What a job's end means.
enum Fate {
    Answer(Judgement),
    /// It is offered again at once, over a connection that the relay allows.
    AtOnce,
    /// It is offered again behind the others.
    Later,
}

impl Shared {
    /// A job is over, or put back: lets the others know what was learned, and makes room for the next.
    pub(super) fn ended(&self, mut job: Job, attempted: Attempted) {
        let mut state = self.state();
        let state = &mut *state;
        state.in_flight -= 1;
        if let Some(judgement) = attempted.judgement {
            let now = Instant::now();
            let fate = state.weigh(&mut job, judgement, attempted.barred, attempted.began, attempted.connected, now);
            state.retune(self.connector.relay().rate());
            match fate {
                Fate::Answer(judgement) => self.answer(state, job, judgement, now),
                Fate::AtOnce => self.put_back(state, job, true),
                Fate::Later => self.put_back(state, job, false),
            }
        }
        if !state.queue.is_empty() {
            if state.pacing.is_some() || state.throttle.held(Instant::now()).is_some() {
                self.demand.notify_one();
            }
            if state.in_flight < state.breaker.allowed() {
                state.wake_one();
            }
        }
    }

    fn answer(&self, state: &mut State, job: Job, judgement: Judgement, now: Instant) {
        state.counts.add(&judgement);
        if job.line == Line::First {
            state.counts_first.add(&judgement);
        }
        let allowed = state.breaker.allowed();
        state.breaker.judged(&judgement, now);
        // Nobody listens any more when the caller went away in the middle.
        let _ = job.answer.send(judgement);
        // Credentials are shown although it was open already.
        if state.breaker.allowed() != allowed || allowed == 0 {
            self.publish(state);
        }
    }

    fn put_back(&self, state: &mut State, mut job: Job, first: bool) {
        let refusal = state.breaker.refusal();
        if let Some(refusal) =
            refusal.or_else(|| self.closing.is_cancelled().then(|| withdrawn("the outbox is closing")))
        {
            let _ = job.answer.send(refusal);
            return;
        }
        job.claim.release();
        // Whoever wanted to take it back while it was on its way could not, and waits for an answer.
        if (job.permission.has_ended() || job.answer.is_closed()) && job.claim.withdraw() {
            let _ = job.answer.send(withdrawn("the letter is no longer wanted"));
            return;
        }
        job.places = self.room.forget_permits(job.line.places());
        if first { state.queue.push_front(job) } else { state.queue.push(job) }
    }
}

impl State {
    /// What follows from a judgement for this letter, and what the others learn from it.
    fn weigh(
        &mut self,
        job: &mut Job,
        judgement: Judgement,
        barred: Barred,
        began: Instant,
        connected: Instant,
        now: Instant,
    ) -> Fate {
        match judgement {
            Judgement::NotTried { scope: Scope::Connections | Scope::Relay, .. }
                if self.is_one_too_many(job, &judgement, barred, now) =>
            {
                job.returned += 1;
                Fate::AtOnce
            }
            Judgement::NotTried { scope: Scope::Rate, why, reply } => {
                let advice = self.throttle.too_fast(job.letter.recipient(), began, now);
                // Taken since this letter was refused last: then it is not all letters that are refused.
                if job.refused_at != Some(self.taken) {
                    job.refused_at = Some(self.taken);
                    job.refusals += 1;
                }
                match reply {
                    Some(reply) if job.refusals >= SINGLED_OUT => Fate::Answer(Judgement::Deferred { reply }),
                    reply if advice == Advice::LeaveAlone => {
                        // Where everybody is refused, nobody is to blame.
                        let reply = reply.filter(|_| !self.throttle.several_refused());
                        Fate::Answer(Judgement::NotTried { scope: Scope::Rate, why, reply })
                    }
                    _ => Fate::Later,
                }
            }
            Judgement::Deferred { reply } if reply.may_mean_too_fast() => {
                if self.throttle.put_off(now) == Advice::LeaveAlone {
                    let why = format!("one recipient after the other is put off: {reply}");
                    self.breaker.judged(&Judgement::NotTried { scope: Scope::Rate, why, reply: None }, now);
                }
                Fate::Answer(Judgement::Deferred { reply })
            }
            Judgement::Accepted { .. } => {
                self.taken += 1;
                self.throttle.took(now);
                self.places.carried(connected, now);
                Fate::Answer(judgement)
            }
            _ => {
                self.throttle.judged_otherwise();
                Fate::Answer(judgement)
            }
        }
    }

    /// Whether a connection failed only because there are others of ours.
    fn is_one_too_many(&mut self, job: &Job, judgement: &Judgement, barred: Barred, now: Instant) -> bool {
        let said_so = matches!(judgement, Judgement::NotTried { scope: Scope::Connections, .. });
        let may_be = match barred {
            Barred::Refused => true,
            Barred::Silently => self.places.open() > 0,
            Barred::InTheEnvelope => job.returned < RETURNED && self.places.open() > 0,
            Barred::No | Barred::ForGood => false,
        };
        if !said_so {
            return may_be && self.places.refused(now);
        }
        let others = self.places.refused(now);
        if !others {
            self.places.full_elsewhere();
        }
        others && (matches!(barred, Barred::Refused | Barred::ForGood) || job.returned < SINGLED_OUT)
    }

    /// Sends as fast as the settings and the relay allow.
    pub(super) fn retune(&mut self, configured: Option<Rate>) {
        let found = self.throttle.rate().map(Rate::of_letters_per_second);
        let slower = |one: Rate, other: Rate| if one.per_second() <= other.per_second() { one } else { other };
        let rate = match (configured, found) {
            (Some(configured), Some(found)) => Some(slower(configured, found)),
            (configured, found) => configured.or(found),
        };
        if self.pacing.as_ref().map(Pacing::rate) != rate {
            self.pacing = rate.map(Pacing::new);
        }
    }
}

impl Claim {
    /// The letter did not go after all, and can be taken back again.
    fn release(self: &Arc<Self>) {
        let _ = self.0.compare_exchange(BEGUN, 0, Ordering::AcqRel, Ordering::Acquire);
    }
}
