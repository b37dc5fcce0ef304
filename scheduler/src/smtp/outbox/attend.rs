//! A connection's life: it waits for letters, sends them one by one, and probes when the breaker says so.

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
    Job, Line, Shared, State,
};

/// What a connection's task does next.
enum Step {
    Send(Job),
    Probe,
    /// Unused for a while.
    HangUp,
    Leave,
}

impl Shared {
    /// One connection's life.
    pub(super) async fn work(self: Arc<Self>) {
        let mut connection = None;
        loop {
            match self.next(connection.is_some()).await {
                Step::Send(job) => connection = self.attend(connection, job).await,
                Step::Probe => {
                    self.hang_up(connection.take());
                    connection = self.probe().await;
                }
                Step::HangUp => self.hang_up(connection.take()),
                Step::Leave => {
                    self.hang_up(connection.take());
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
                if state.breaker.take_probe(now) {
                    return Step::Probe;
                }
                if let Some(job) = self.take_job(&mut state, now) {
                    return Step::Send(job);
                }
                if connected && now >= unused_until {
                    return Step::HangUp;
                }
                let (wake, woken) = oneshot::channel();
                // Those whose timer rang first have left their old entry behind.
                state.idle.retain(|idle| !idle.is_closed());
                state.idle.push(wake);
                let unused_until = connected.then_some(unused_until);
                (woken, [state.breaker.probe_due(), unused_until].into_iter().flatten().min())
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

    fn take_job(&self, state: &mut State, now: Instant) -> Option<Job> {
        if state.in_flight >= state.breaker.allowed() {
            return None;
        }
        self.room.add_permits(state.queue.pass_withdrawn());
        // A letter without a token keeps its place, where it can be withdrawn.
        if !state.queue.is_empty() && state.pacing.as_mut().is_some_and(|pacing| !pacing.take(now)) {
            self.demand.notify_one();
            return None;
        }
        let job = state.queue.pop()?;
        self.room.add_permits(job.line.places());
        state.in_flight += 1;
        Some(job)
    }

    /// Sends a job's letter, answers it, and gives back the connection when it can be used again.
    async fn attend(&self, connection: Option<Connection>, job: Job) -> Option<Connection> {
        let (judgement, connection) = self.attempt(connection, &job).await;
        let accepted = matches!(judgement, Some(Judgement::Accepted { .. }));
        let begun = judgement.is_some();
        self.ended(job.line, judgement.as_ref());
        if let Some(judgement) = judgement {
            // Nobody listens any more when the caller went away in the middle.
            let _ = job.answer.send(judgement);
        }
        let mut connection = connection?;
        if connection.letters() >= self.connector.relay().letters_per_connection() {
            self.hang_up(Some(connection));
            return None;
        }
        if begun && !accepted && connection.reset().await.is_err() {
            return None;
        }
        Some(connection)
    }

    /// `None` for a judgement: the job was withdrawn, or its permission ran out, before it began.
    async fn attempt(&self, mut connection: Option<Connection>, job: &Job) -> (Option<Judgement>, Option<Connection>) {
        let mut begun = false;
        loop {
            let reused = connection.is_some();
            let mut open = match connection.take() {
                Some(open) => open,
                None => match self.open().await {
                    Ok(open) => open,
                    Err(judgement) => return (Some(judgement), None),
                },
            };
            // The permission is looked at last: whoever was stopped before this line stays stopped after it.
            if !begun && (job.permission.has_run_out() || !job.claim.begin()) {
                return (None, Some(open));
            }
            begun = true;
            let verdict = tokio::select! {
                verdict = open.send(&job.letter) => Some(verdict),
                () = self.cut.cancelled() => None,
            };
            let Verdict { judgement, keep_connection } =
                verdict.unwrap_or_else(|| judge(open.phase(), Happening::Lost("the outbox was closed".to_owned())));
            if keep_connection {
                return (Some(judgement), Some(open));
            }
            // A connection that was fine yesterday and is closed today says nothing about the relay: once more, on a
            // fresh one. MAIL FROM is the first command, so nothing of the letter is at the relay.
            let stale = reused
                && open.phase() == Phase::MailFrom
                && matches!(judgement, Judgement::NotTried { scope: Scope::Relay, .. })
                && !self.cut.is_cancelled();
            if !stale {
                return (Some(judgement), None);
            }
        }
    }

    async fn open(&self) -> Result<Connection, Judgement> {
        let opened = tokio::select! {
            opened = self.connector.open() => opened,
            () = self.cut.cancelled() => Err((Phase::Connect, Happening::Lost("the outbox was closed".to_owned()))),
        };
        opened.map_err(|(phase, happening)| judge(phase, happening).judgement)
    }

    async fn probe(&self) -> Option<Connection> {
        let probed = tokio::select! {
            probed = self.open() => probed,
            () = self.closing.cancelled() => return None,
        };
        let mut state = self.state();
        let connection = match probed {
            Ok(connection) => {
                state.breaker.probed_well();
                Some(connection)
            }
            Err(judgement) => {
                state.breaker.probed_badly(&judgement, Instant::now());
                None
            }
        };
        self.publish(&mut state);
        connection
    }

    /// A job is over: lets the breaker know and makes room for the next.
    fn ended(&self, line: Line, judgement: Option<&Judgement>) {
        let mut state = self.state();
        state.in_flight -= 1;
        if let Some(judgement) = judgement {
            state.counts.add(judgement);
            if line == Line::First {
                state.counts_first.add(judgement);
            }
            let allowed = state.breaker.allowed();
            state.breaker.judged(judgement, Instant::now());
            // Credentials are shown although it was open already.
            if state.breaker.allowed() != allowed || allowed == 0 {
                self.publish(&mut state);
            }
        }
        if !state.queue.is_empty() && state.in_flight < state.breaker.allowed() {
            state.wake_one();
        }
    }

    /// QUIT, without anybody waiting for it but [`Outbox::close`].
    fn hang_up(&self, connection: Option<Connection>) {
        if let Some(connection) = connection {
            self.tasks.spawn(connection.quit());
        }
    }
}
