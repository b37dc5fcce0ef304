//! Runs: started, planned, sent with every outcome, given up, finished.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    BatchId, Missed, Outcome, RunId, Totals,
    batch::{self, Attempt, AttemptOutcome, Batch, Doubt, GiveUpReason, LeaveOutReason, Progress, Recipient},
    mailing::Kind,
    run::{self, Origin, Run, Trigger},
    suppression::Reason,
};
use rand::{
    Rng,
    seq::{IndexedRandom, IteratorRandom},
};

use super::World;

/// A run that is under way.
pub(super) struct Sending {
    run: RunId,
    origin: Origin,
    /// Who is in no batch yet.
    audience: Vec<Recipient>,
    batches: Vec<BatchId>,
    frozen: bool,
    finished: bool,
}

impl World {
    pub(super) async fn start_run(&mut self) {
        let owner = self.owner();
        let Some(mailing) = self.owners[owner].mailings.choose(&mut self.random).copied() else { return };
        let Some((message, revision)) = self.owners[owner].messages.choose(&mut self.random).copied() else { return };
        // A run tells what it has pinned, whether or not there is such a revision.
        let sender = self.owners[owner].senders.last().map(|sender| run::PinnedSender { sender: *sender, revision: 1 });
        let origin =
            Origin { mailing, owner: self.owners[owner].id(), message, revision, kind: Kind::default(), sender };
        let trigger =
            if self.random.random_bool(0.7) { Trigger::Occurrence(self.now) } else { Trigger::SendNow(self.word()) };
        let run = trigger.run_of(mailing);
        // Words repeat, and the same press would be the same run.
        if !self.runs.insert(run) {
            return;
        }
        if self.random.random_bool(0.2) {
            let count = self.random.random_range(1..=3);
            let last = self.now + TimeDelta::minutes(i64::try_from(count).expect("a few") - 1);
            let missed = Missed { first: self.now, last, count };
            let miss = run::Command::Miss { mailing, owner: origin.owner, missed };
            self.execute::<Run>(run.0, miss).await;
            return;
        }
        if self
            .execute::<Run>(run.0, run::Command::Start { origin, trigger, at: self.now, message_id_domain: None })
            .await
        {
            self.resolved(run).await;
            let clients = self.owners[owner].clients.clone();
            let audience = self.some(&clients, 60);
            self.sendings.push(Sending { run, origin, audience, batches: vec![], frozen: false, finished: false });
        }
    }

    pub(super) async fn go_on_sending(&mut self) {
        self.sendings.retain(|sending| !sending.finished);
        let Some(index) = (0..self.sendings.len()).choose(&mut self.random) else { return };
        if !self.sendings[index].audience.is_empty() {
            self.plan_batch(index).await;
        } else if !self.sendings[index].frozen {
            self.freeze(index).await;
        } else {
            let batches = self.sendings[index].batches.clone();
            for id in &batches {
                self.decide_about_doubts(index, *id).await;
                self.go_on_with(*id).await;
            }
            self.hear(&batches).await;
            self.finish(index).await;
        }
    }

    async fn plan_batch(&mut self, index: usize) {
        let size = self.random.random_range(1..=25);
        let sending = &mut self.sendings[index];
        let rest = sending.audience.split_off(sending.audience.len().min(size));
        let recipients = std::mem::replace(&mut sending.audience, rest);
        let (run, Origin { mailing, owner, .. }) = (sending.run, sending.origin);
        let number = u32::try_from(sending.batches.len()).expect("a number");
        let id = BatchId::derive(run, number);
        sending.batches.push(id);
        self.execute::<Batch>(id.0, batch::Command::Plan { run, mailing, owner, number, recipients }).await;
        // Not left to chance, so that everything else happens as it does without it.
        if number == 1 {
            let leave_out = batch::Command::LeaveOut { recipients: vec![0], reason: LeaveOutReason::SameMailbox };
            self.execute::<Batch>(id.0, leave_out).await;
        }
    }

    async fn freeze(&mut self, index: usize) {
        let planned = self.totals(index).await.planned;
        let sending = &self.sendings[index];
        let freeze = run::Command::FreezeAudience {
            planned,
            batches: u32::try_from(sending.batches.len()).expect("a number"),
            message_id_domain: "example.com".to_owned(),
        };
        self.execute::<Run>(sending.run.0, freeze).await;
        self.sendings[index].frozen = true;
    }

    async fn finish(&mut self, index: usize) {
        for id in self.sendings[index].batches.clone() {
            if !matches!(self.batch(id).await, Batch::Completed(_)) {
                return;
            }
        }
        let totals = self.totals(index).await;
        let finish = run::Command::Finish { totals, at: self.now };
        // Refused while some deliveries are open.
        self.sendings[index].finished = self.execute::<Run>(self.sendings[index].run.0, finish).await;
    }

    /// What the streams of its batches say, which is not how the read side counts.
    async fn totals(&self, index: usize) -> Totals {
        let mut totals = Totals::default();
        for id in &self.sendings[index].batches {
            for delivery in self.batch(*id).await.slice().into_iter().flat_map(|slice| &slice.deliveries) {
                totals.count(match delivery.progress {
                    Progress::Settled(outcome) => outcome,
                    // It may have arrived.
                    _ if delivery.doubt != Doubt::None => Outcome::Unknown,
                    Progress::InFlight | Progress::Waiting { .. } => Outcome::Pending,
                });
            }
        }
        totals
    }

    pub(super) async fn batch(&self, id: BatchId) -> Batch {
        loop {
            match self.store.load::<Batch>(id.0).await {
                Ok(loaded) => return loaded.state,
                Err(_) => tokio::time::sleep(super::POLL).await,
            }
        }
    }

    /// Sends letters in doubt again, or leaves them as they are, also in batches that are completed.
    async fn decide_about_doubts(&mut self, index: usize, id: BatchId) {
        let in_doubt: Vec<u16> =
            self.batch(id).await.slice().into_iter().flat_map(|slice| slice.in_doubt(true)).collect();
        if in_doubt.is_empty() || self.random.random_bool(0.8) {
            return;
        }
        let recipients = Some(self.some(&in_doubt, 3)).filter(|some| !some.is_empty());
        if self.random.random_bool(0.5) {
            self.execute::<Batch>(id.0, batch::Command::AcceptDoubt { recipients }).await;
            return;
        }
        let resend = run::Command::Resend { deliveries: 1, at: self.now };
        self.execute::<Run>(self.sendings[index].run.0, resend).await;
        self.execute::<Batch>(id.0, batch::Command::Resend { recipients }).await;
    }

    async fn go_on_with(&mut self, id: BatchId) {
        let batch = self.batch(id).await;
        let Batch::Open(slice) = &batch else { return };
        let in_flight: Vec<u16> = slice.in_flight().collect();
        let sendable: Vec<u16> = slice.sendable(self.now).collect();
        let at = self.now;
        self.turns += 1;
        if self.turns.is_multiple_of(9) {
            return self.leave_out(id, slice).await;
        }
        let command = match self.random.random_range(0..20) {
            0 => batch::Command::Recover { at, again: None, marks: None },
            1 => batch::Command::GiveUp { reason: GiveUpReason::WindowEnded, at },
            2 => batch::Command::GiveUp { reason: GiveUpReason::Cancelled, at },
            _ => {
                let attempts = self.some(&in_flight, 15);
                let attempts = attempts.into_iter().map(|place| self.attempt(place)).collect();
                batch::Command::Record { attempts, next: self.some(&sendable, 10), hold: None }
            }
        };
        self.execute::<Batch>(id.0, command).await;
    }

    /// Whoever has left meanwhile is left out wherever they wait: first those who were tried most often. Not left to chance, either.
    async fn leave_out(&mut self, id: BatchId, slice: &batch::Slice) {
        let mut waiting: Vec<(u32, u16)> = (0_u16..)
            .zip(&slice.deliveries)
            .filter(|(_, delivery)| matches!(delivery.progress, Progress::Waiting { .. }))
            .map(|(place, delivery)| (delivery.attempts, place))
            .collect();
        waiting.sort_unstable_by_key(|(attempts, place)| (std::cmp::Reverse(*attempts), *place));
        let recipients = waiting.into_iter().take(2).map(|(_, place)| place).collect();
        let reason = LeaveOutReason::Suppressed(Reason::ALL[self.turns / 9 % Reason::ALL.len()]);
        self.execute::<Batch>(id.0, batch::Command::LeaveOut { recipients, reason }).await;
    }

    fn attempt(&mut self, recipient: u16) -> Attempt {
        let at: DateTime<Utc> = self.now + TimeDelta::seconds(self.random.random_range(0..3));
        let (outcome, code) = match self.random.random_range(0..20) {
            0..=8 => (AttemptOutcome::Accepted, Some(250)),
            9..=11 => (AttemptOutcome::Rejected { dead: self.random.random() }, Some(550)),
            12..=15 => (AttemptOutcome::Deferred { until: at + TimeDelta::minutes(20) }, Some(451)),
            16 => (AttemptOutcome::Unknown { again: None }, None),
            17 => (AttemptOutcome::Unknown { again: Some(at + TimeDelta::minutes(20)) }, None),
            _ => (AttemptOutcome::NotTried, None),
        };
        let reply = code.map(|code| format!("{code} {}", self.word()));
        Attempt { recipient, at, outcome, code, enhanced: code.map(|code| format!("{}.0.0", code / 100)), reply }
    }
}
