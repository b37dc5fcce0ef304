//! A connection's life: it waits for letters, sends them one by one, and probes when the breaker says so.

use super::job::Job;
use std::sync::Arc;

use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

use super::{
    super::{
        connection::Connection,
        judge::{Happening, Judgement, Phase, Scope, Verdict, judge},
    },
    Idle, Shared, State,
    fate::{Attempted, Barred},
};

/// What a connection's task does next.
enum Step {
    Send(Box<Job>),
    Probe,
    /// Unused for a while, or one too many.
    HangUp,
    Leave,
}

/// An open connection, and when it was begun.
pub(super) struct Line {
    connection: Connection,
    pub(super) began: Instant,
}

impl Shared {
    /// One connection's life.
    pub(super) async fn work(self: Arc<Self>) {
        let mut line = None;
        loop {
            match self.next(line.is_some()).await {
                Step::Send(job) => line = self.attend(line, job).await,
                Step::Probe => {
                    self.hang_up(line.take());
                    line = self.probe().await;
                }
                Step::HangUp => self.hang_up(line.take()),
                Step::Leave => {
                    self.hang_up(line.take());
                    return;
                }
            }
        }
    }

    async fn next(&self, connected: bool) -> Step {
        let unused_until = Instant::now() + self.connector.relay().idle;
        loop {
            let (woken, until) = {
                let mut state = self.state();
                let now = Instant::now();
                if self.closing.is_cancelled() {
                    return Step::Leave;
                }
                if connected && state.places.crowded(now) {
                    return Step::HangUp;
                }
                if state.breaker.take_probe(now) {
                    return Step::Probe;
                }
                if let Some(job) = self.take_job(&mut state, connected, now) {
                    return Step::Send(Box::new(job));
                }
                if connected && now >= unused_until {
                    return Step::HangUp;
                }
                let (wake, woken) = oneshot::channel();
                // Those whose timer rang first have left their old entry behind.
                state.idle.retain(|idle| !idle.wake.is_closed());
                state.idle.push(Idle { connected, wake });
                let unused_until = connected.then_some(unused_until);
                // Where letters wait and others have the connections that the relay allows.
                let room_at = if connected || state.queue.is_empty() { None } else { state.places.room_at() };
                let room_at = room_at.filter(|at| *at > now);
                (woken, [state.breaker.probe_due(), unused_until, room_at].into_iter().flatten().min())
            };
            match until {
                None => drop(woken.await),
                Some(until) => tokio::select! {
                    _ = woken => {}
                    () = sleep_until(until) => {}
                },
            }
        }
    }

    fn take_job(&self, state: &mut State, connected: bool, now: Instant) -> Option<Job> {
        if state.in_flight >= state.breaker.allowed() || !connected && !state.places.has_room(now) {
            return None;
        }
        self.room.add_permits(state.queue.pass_withdrawn());
        if state.queue.is_empty() {
            return None;
        }
        // A letter without a token keeps its place, where it can be withdrawn.
        let held = state.throttle.held(now).is_some();
        if held || state.pacing.as_mut().is_some_and(|pacing| !pacing.take(now)) {
            self.demand.notify_one();
            return None;
        }
        let job = state.queue.pop()?;
        self.room.add_permits(job.places);
        state.in_flight += 1;
        if !connected {
            state.places.opens();
        }
        Some(job)
    }

    /// Sends a job's letter, answers it or puts it back, and gives back the connection when it can be used again.
    async fn attend(self: &Arc<Self>, line: Option<Line>, job: Box<Job>) -> Option<Line> {
        let (attempted, line) = self.attempt(line, &job).await;
        let accepted = matches!(attempted.judgement, Some(Judgement::Accepted { .. }));
        let begun = attempted.judgement.is_some();
        self.ended(*job, attempted);
        let mut line = line?;
        if line.connection.letters() >= self.connector.relay().letters_per_connection() {
            self.hang_up(Some(line));
            return None;
        }
        if begun && !accepted && line.connection.reset().await.is_err() {
            self.state().places.closed();
            return None;
        }
        Some(line)
    }

    /// Whoever comes without a line has been counted as opening one; a line that comes back is counted as open.
    async fn attempt(&self, mut line: Option<Line>, job: &Job) -> (Attempted, Option<Line>) {
        let mut begun = false;
        let mut attempted = Attempted::new(Instant::now());
        loop {
            let reused = line.is_some();
            let mut open = match line.take() {
                Some(open) => open,
                None => match self.open().await {
                    Ok(open) => open,
                    Err((judgement, barred)) => {
                        return (Attempted { judgement: Some(judgement), barred, ..attempted }, None);
                    }
                },
            };
            // The permission is looked at last: whoever was stopped before this line stays stopped after it.
            if !begun && (job.permission.has_run_out() || !job.claim.begin()) {
                return (attempted, Some(open));
            }
            begun = true;
            (attempted.began, attempted.connected) = (Instant::now(), open.began);
            let verdict = tokio::select! {
                verdict = open.connection.send_through(&job.letter, job.permission.gate()) => Some(verdict),
                () = self.cut.cancelled() => None,
            };
            let phase = open.connection.phase();
            let Verdict { judgement, keep_connection, closed } =
                verdict.unwrap_or_else(|| judge(phase, Happening::Lost("the outbox was closed".to_owned())));
            if keep_connection {
                return (Attempted { judgement: Some(judgement), ..attempted }, Some(open));
            }
            drop(open);
            let mut state = self.state();
            state.places.closed();
            // A connection that was fine yesterday and is closed today says nothing about the relay: once more, on a
            // fresh one. The final dot has not left, so the relay has no letter.
            let about_the_connection = match judgement {
                Judgement::NotTried { scope: Scope::Relay, .. } => true,
                Judgement::NotTried { scope: Scope::Connections, .. } => state.places.is_empty(),
                _ => false,
            };
            let was_old = reused && about_the_connection && phase != Phase::Body && !self.cut.is_cancelled();
            if !was_old {
                let barred = if closed && !reused { Barred::InTheEnvelope } else { Barred::No };
                return (Attempted { judgement: Some(judgement), barred, ..attempted }, None);
            }
            state.places.opens();
        }
    }

    /// Opens a connection that has been counted as one that is being opened.
    async fn open(&self) -> Result<Line, (Judgement, Barred)> {
        let began = Instant::now();
        let opened = tokio::select! {
            opened = self.connector.open() => opened,
            () = self.cut.cancelled() => Err((Phase::Connect, Happening::Refused("the outbox was closed".to_owned()))),
        };
        let mut state = self.state();
        match opened {
            Ok(connection) => {
                state.places.opened();
                Ok(Line { connection, began })
            }
            Err((phase, happening)) => {
                state.places.did_not_open();
                let barred = Barred::by(&happening);
                Err((judge(phase, happening).judgement, barred))
            }
        }
    }

    async fn probe(&self) -> Option<Line> {
        self.state().places.opens();
        let probed = tokio::select! {
            probed = self.open() => probed,
            () = self.closing.cancelled() => return None,
        };
        let mut state = self.state();
        let line = match probed {
            Ok(line) => {
                state.breaker.probed_well();
                Some(line)
            }
            Err((judgement, _)) => {
                state.breaker.probed_badly(&judgement, Instant::now());
                None
            }
        };
        self.publish(&mut state);
        line
    }

    /// QUIT, without anybody waiting for it but [`Outbox::close`](super::Outbox::close).
    fn hang_up(self: &Arc<Self>, line: Option<Line>) {
        let Some(Line { connection, .. }) = line else { return };
        self.state().places.closes();
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            connection.quit().await;
            let mut state = shared.state();
            state.places.hung_up();
            // Where the relay allows few connections, the next one had to wait for this one's end.
            if !state.queue.is_empty() && state.places.allowed().is_some() {
                state.wake_one();
            }
        });
    }
}
