//! Letting letters go at the relay's rate.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    super::rate::{BlockToCome, Rate, Tokens},
    Shared,
};

/// How long to leave the source of tokens alone when it has none.
const PAUSE: Duration = Duration::from_millis(250);

/// What there is to do at a moment.
struct Look {
    /// How many tokens to ask for, at which rate.
    wanted: u32,
    rate: Option<Rate>,
    /// When the next letter may go.
    next: Option<Instant>,
}

impl Shared {
    /// Asks for tokens as long as letters wait, and wakes a connection whenever a token's moment comes.
    pub(super) async fn pace(self: Arc<Self>, tokens: Arc<dyn Tokens>) {
        let mut asking: Option<BlockToCome<'_>> = None;
        let mut resting: Option<Instant> = None;
        loop {
            let now = Instant::now();
            resting = resting.filter(|until| *until > now);
            let look = self.look(now);
            if let Some(rate) = look.rate.filter(|_| asking.is_none() && resting.is_none() && look.wanted > 0) {
                asking = Some(tokens.take(rate, look.wanted));
            }
            let wake_at = [look.next, resting].into_iter().flatten().min();
            tokio::select! {
                block = async { asking.as_mut()?.await }, if asking.is_some() => {
                    asking = None;
                    match (block, self.state().pacing.as_mut()) {
                        (Some(block), Some(pacing)) => pacing.add(block),
                        _ => resting = Some(Instant::now() + PAUSE),
                    }
                }
                () = sleep_until(wake_at.unwrap_or(now)), if wake_at.is_some() => {}
                () = self.demand.notified() => {}
                () = self.closing.cancelled() => return,
            }
        }
    }

    fn look(&self, now: Instant) -> Look {
        let mut state = self.state();
        let state = &mut *state;
        let nothing = Look { wanted: 0, rate: None, next: None };
        let waiting = if state.breaker.allowed() == 0 { 0 } else { state.queue.len() };
        if waiting == 0 {
            return nothing;
        }
        if let Some(until) = state.throttle.held(now) {
            return Look { next: Some(until), ..nothing };
        }
        let Some(pacing) = state.pacing.as_mut() else {
            // A pause is over, and no rate was found.
            for _ in 0..waiting.min(state.breaker.allowed()) {
                state.wake_one();
            }
            return nothing;
        };
        // Behind a full queue there may be any number.
        let demand = if self.room.available_permits() == 0 { usize::MAX } else { waiting };
        let look = Look { wanted: pacing.wanted(demand, now), rate: Some(pacing.rate()), next: pacing.next(now) };
        for _ in 0..pacing.due(now).min(waiting) {
            state.wake_one();
        }
        look
    }
}
