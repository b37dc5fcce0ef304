//! The letters of a batch: intend, send, record.
//!
//! The order is what makes the engine honest. An intent names the recipients that are about to be sent to, and is
//! committed before the first byte goes out. A mark is made before the text goes out. Outcomes are gathered and committed
//! together with the next intent. So whenever the process dies, exactly those letters are in doubt that an intent names and
//! no outcome does, and of these only the marked ones as long as there are marks.
//!
//! | a letter is | as | until |
//! | --- | --- | --- |
//! | proposed | [`Proposal`] | the intent that names it is committed |
//! | promised | [`Intent`] | it is known that its recipient is written to at all: else it is left out |
//! | on its way | in flight | its connection answers |
//! | answered | in [`UnderWay`] | its outcome is committed |

use crate::context::Context;
use crate::error::EngineError;
use crate::send::hold::Held;
use crate::send::judge;
use crate::send::letters::RunLetter;
use crate::send::marks::{Mark, Sheet};
use crate::send::pace::{Share, Taken};
use crate::signing::NoSigner;
use crate::smtp::{Blame, BreakerStatus, Judgement, Outbox, Permission, Reply, Scope};
use crate::stream::End;
use domain::Language;
use domain::batch::{Attempt, Command, LeaveOutReason};
use domain::letter::Recipient;
use domain::reply::Whom;
use domain::suppression::Reason;
use projections::senders::Bar;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use words::Sentence as _;
use words::mailings::Halt;

/// Outcomes wait for company this long at most.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// So many outcomes are enough to be recorded.
const FLUSH_AT: usize = 200;

/// After so many answers that put the blame elsewhere, a recipient that always meets them is deferred like any other.
const BLAMELESS: u32 = 3;

/// What is recorded of a letter whose recipient has left meanwhile, or is not written to any more for another reason.
const NOT_WRITTEN_TO: &str = "the recipient is not written to any more";

/// What nobody can tell when nothing is sent.
const WHO_SIGNS: &str = "nobody can tell who signs";
const WHO_IS_WRITTEN_TO: &str = "nobody can tell who is written to";

/// The sending of a batch's letters by one worker.
pub(super) struct Dispatch<'h, 'a> {
    held: &'h mut Held<'a>,
    sheet: &'h Arc<Sheet>,
    /// Cancelled when no more letters of the batch are to begin.
    wanted: &'h CancellationToken,
    stop: &'h CancellationToken,
    letter: Arc<RunLetter>,
    people: Vec<Option<Recipient>>,
    status: watch::Receiver<BreakerStatus>,
    answers: mpsc::UnboundedSender<Answer>,
    incoming: mpsc::UnboundedReceiver<Answer>,
    share: Share,
    turn: Turn,
    under_way: UnderWay,
}

/// What came back from a connection.
type Answer = (u16, Judgement);

/// A batch's turn at promising letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Unasked,
    /// It stands in line.
    Awaited,
    /// It may be its turn.
    Come,
}

/// What a dispatch does next.
enum Step {
    /// What has come back is recorded, together with the intent to send these.
    Commit(Proposal),
    /// Letters are in flight, or the batch stands in line: whatever comes first is heard. `stopping`: no more begins anyway.
    Listen { stopping: bool },
    /// Letters wait, and the relay is away.
    AwaitRelay,
    /// All that was sent is recorded, and there is nothing more to do here. If every other letter of the mailing would be
    /// refused, why.
    End { refused: Option<String> },
}

/// The letters to promise next, perhaps none, and the room that the relay's pace leaves for them.
#[derive(Default)]
struct Proposal {
    places: Vec<u16>,
    room: Option<Taken>,
}

/// A proposal that is committed: its letters are promised, and go out now.
struct Intent(Proposal);

impl<'h, 'a> Dispatch<'h, 'a> {
    /// Reads what the letters say, and to whom. None: the batch has nothing to send any more, or nothing that may go out, and then its
    /// mailing is stopped, or nothing that this process can send, and then it is left to others.
    pub(super) async fn of(
        held: &'h mut Held<'a>,
        sheet: &'h Arc<Sheet>,
        wanted: &'h CancellationToken,
        stop: &'h CancellationToken,
    ) -> Result<Option<Self>, EngineError> {
        let Some(slice) = held.stream.state.slice() else { return Ok(None) };
        let (letter, people) = tokio::try_join!(held.letter(slice.run), held.people(slice))?;
        if let Some(bar) = held.context.letters.bar(&letter).await? {
            held.suspend(barred(bar).told(Language::En)).await?;
            return Ok(None);
        }
        let signer = held.context.letters.signer(&letter).await;
        if let Some(why) = signer.as_ref().err().and_then(NoSigner::stops) {
            held.suspend(why).await?;
            return Ok(None);
        }
        if signer.as_ref().is_err_and(NoSigner::is_elsewhere) {
            held.context.leave_to_others(held.lease.mailing);
            return Ok(None);
        }
        if held.context.untold.is_waiting(held.lease.batch) && !can_be_told(held, &letter, signer.err(), &people).await
        {
            return Ok(None);
        }
        let (status, share) = (held.route.outbox.watch(), held.route.pace.share());
        let (answers, incoming) = mpsc::unbounded_channel();
        let (turn, under_way) = (Turn::Unasked, UnderWay::new());
        Ok(Some(Self { held, sheet, wanted, stop, letter, people, status, answers, incoming, share, turn, under_way }))
    }

    /// Sends until there is nothing more to send here and all is recorded, or another worker has taken over.
    pub(super) async fn run(mut self) -> Result<End, EngineError> {
        loop {
            match self.step() {
                Step::Commit(proposal) => match self.commit(proposal).await? {
                    Some(intent) => {
                        let left_out = self.look(intent).await;
                        if self.leave_out(left_out).await? == End::Fenced {
                            return Ok(End::Fenced);
                        }
                    }
                    None => return Ok(End::Fenced),
                },
                Step::Listen { stopping } => self.listen(stopping).await,
                Step::AwaitRelay => tokio::select! {
                    () = self.held.route.outbox.ready() => {}
                    () = self.stop.cancelled() => {}
                },
                Step::End { refused } => {
                    if let Some(why) = refused {
                        self.held.suspend(why).await?;
                    }
                    return Ok(End::Done);
                }
            }
        }
    }

    fn step(&mut self) -> Step {
        // Also when the lease has run out: what is in hand is recorded if nobody else has the batch, and no more begins.
        let stopping = self.sheet.permission.has_ended();
        let proposal = self.propose(stopping);
        let idle = self.under_way.in_flight == 0 && self.turn != Turn::Awaited;
        if proposal.room.is_some() || self.under_way.is_due(idle) {
            return Step::Commit(proposal);
        }
        if !idle {
            return Step::Listen { stopping };
        }
        let refused = self.under_way.refused.take();
        // While this relay is away, another one may take what waits.
        let elsewhere = self.held.route.replaceable && !self.held.lease.pinned;
        if refused.is_some() || stopping || elsewhere || self.held.next(1).is_empty() {
            return Step::End { refused };
        }
        Step::AwaitRelay
    }

    /// As many recipients as the relay's pace leaves room for. An intent is a promise to send: not while the relay is known
    /// to be away.
    fn propose(&mut self, stopping: bool) -> Proposal {
        let promises = !stopping && self.held.route.outbox.status() == BreakerStatus::Closed;
        // Whoever stands in line is told when to look again.
        if promises && self.turn == Turn::Awaited {
            return Proposal::default();
        }
        let mut places = if promises { self.held.next(usize::MAX) } else { vec![] };
        let room = self.share.take(places.len());
        self.turn = if room.is_some() || places.is_empty() { Turn::Unasked } else { Turn::Awaited };
        places.truncate(room.as_ref().map_or(0, Taken::letters));
        Proposal { places, room }
    }

    /// Records what has come back and promises what is proposed. None: another worker has taken over.
    async fn commit(&mut self, proposal: Proposal) -> Result<Option<Intent>, EngineError> {
        let began = Instant::now();
        let attempts = self.under_way.leave(began);
        let recorded: Vec<u16> = attempts.iter().map(|attempt| attempt.recipient).collect();
        let next = proposal.places.clone();
        if self.held.commit(Command::Record { attempts, next, hold: Some(self.sheet.hold) }).await? == End::Fenced {
            return Ok(None);
        }
        self.sheet.recorded(recorded);
        if proposal.room.is_some() {
            self.share.committed(began.elapsed());
        }
        Ok(Some(Intent(proposal)))
    }

    /// Sends out what is promised to those who are written to, and returns the others.
    ///
    /// It is looked after the intent is committed: who was told before that moment that they have left gets no letter of it.
    /// Where nobody can tell, or nobody can tell who signs, nothing of the intent is sent, and the batch is given back.
    async fn look(&mut self, Intent(Proposal { places, room }): Intent) -> Vec<(u16, Reason)> {
        if places.is_empty() {
            return Vec::new();
        }
        let signer = self.held.context.letters.signer(&self.letter).await;
        match signer {
            Ok(_) => {}
            Err(error @ NoSigner::Unusable { .. }) => {
                self.under_way.refused = error.stops();
                self.wanted.cancel();
                self.withdraw(places, &error.to_string());
                return Vec::new();
            }
            Err(error @ NoSigner::Elsewhere { .. }) => {
                self.held.context.leave_to_others(self.held.lease.mailing);
                self.wanted.cancel();
                self.withdraw(places, &error.to_string());
                return Vec::new();
            }
            Err(error @ NoSigner::Unread(_)) => {
                self.wait(places, WHO_SIGNS, &error);
                return Vec::new();
            }
        }
        let people: Vec<Option<&Recipient>> =
            places.iter().map(|place| self.people.get(usize::from(*place)).and_then(Option::as_ref)).collect();
        let reasons = self.held.suppressions(&self.letter, &people).await;
        let reasons = match reasons {
            Ok(reasons) => reasons,
            Err(error) => {
                self.wait(places, WHO_IS_WRITTEN_TO, &error);
                return Vec::new();
            }
        };
        let found: Vec<(u16, Option<Reason>)> = places.into_iter().zip(reasons).collect();
        let places = found.iter().filter(|(_, reason)| reason.is_none()).map(|(place, _)| *place).collect();
        self.send_out(Intent(Proposal { places, room }));
        found.into_iter().filter_map(|(place, reason)| Some((place, reason?))).collect()
    }

    /// Takes back what was promised, and gives the batch back for a while: PostgreSQL is away, or we do not understand it.
    fn wait(&mut self, places: Vec<u16>, why: &str, error: &impl Display) {
        self.held.context.untold.met(self.held.lease.batch, why, &error.to_string());
        self.wanted.cancel();
        self.withdraw(places, why);
    }

    /// Takes back what was promised and is certainly not sent.
    fn withdraw(&mut self, places: Vec<u16>, why: &str) {
        self.under_way.in_flight += places.len();
        for place in places {
            self.under_way.answered(self.held.attempt(place, withdrawn(why)));
        }
    }

    /// Records that these were not tried, and leaves them out. Nothing is proposed in between.
    async fn leave_out(&mut self, found: Vec<(u16, Reason)>) -> Result<End, EngineError> {
        if found.is_empty() {
            return Ok(End::Done);
        }
        let attempts = found.iter().map(|(place, _)| self.held.attempt(*place, withdrawn(NOT_WRITTEN_TO))).collect();
        if self.held.commit(Command::Record { attempts, next: vec![], hold: None }).await? == End::Fenced {
            return Ok(End::Fenced);
        }
        for reason in Reason::ALL {
            let of_it = found.iter().filter(|(_, why)| *why == reason);
            let recipients: Vec<u16> = of_it.map(|(place, _)| *place).collect();
            if recipients.is_empty() {
                continue;
            }
            let count = recipients.len();
            let reason = LeaveOutReason::Suppressed(reason);
            if self.held.commit(Command::LeaveOut { recipients, reason }).await? == End::Fenced {
                return Ok(End::Fenced);
            }
            tracing::debug!(batch = %self.held.lease.batch, count, ?reason, "recipients are not written to any more");
        }
        Ok(End::Done)
    }

    /// Each letter has a task of its own, until its connection answers.
    fn send_out(&mut self, Intent(Proposal { places, room }): Intent) {
        let (Some(mut room), Some(slice)) = (room, self.held.stream.state.slice()) else { return };
        let number = slice.number;
        self.under_way.in_flight += places.len();
        for place in places {
            let person = self.people.get(usize::from(place)).cloned().flatten();
            let (context, letter) = (Arc::clone(self.held.context), Arc::clone(&self.letter));
            let outbox = self.held.route.outbox.clone();
            let permission = self.sheet.permission.through(Mark::new(self.sheet, place, &self.held.route.clerk));
            let (answers, open) = (self.answers.clone(), room.letter());
            tokio::spawn(async move {
                let judgement = match person {
                    Some(person) => context.deliver(letter, person, (number, place), &outbox, &permission).await,
                    None => unbuildable("the client is not in the address book"),
                };
                open.answered(!matches!(judgement, Judgement::NotTried { .. }));
                let _ = answers.send((place, judgement));
            });
        }
    }

    /// Waits for an answer, for its turn, for outcomes that have waited for company long enough, or for a reason to stop.
    async fn listen(&mut self, stopping: bool) {
        tokio::select! {
            Some(answer) = self.incoming.recv() => self.hear(answer),
            () = self.share.turn(), if self.turn == Turn::Awaited => self.turn = Turn::Come,
            () = tokio::time::sleep_until(self.under_way.flush()), if !self.under_way.gathered.is_empty() => {}
            () = self.stop.cancelled(), if !stopping => {}
            _ = self.status.changed() => {}
        }
    }

    /// Takes in an answer, and those that have come with it, as many as are recorded together.
    fn hear(&mut self, answer: Answer) {
        let mut next = Some(answer);
        while let Some((place, judgement)) = next {
            let judgement = self.without_recipient(place, judgement);
            if let Judgement::NotTried { scope: Scope::Sender, why, .. } = &judgement {
                self.under_way.refused = Some(format!("the mail server refuses the sender: {why}"));
            }
            if let Some(reason) = self.held.context.alarms.hears(self.held.lease.run, &judgement) {
                self.under_way.refused = Some(reason);
            }
            let judgement = self.under_way.blame(place, judgement);
            self.under_way.answered(self.held.attempt(place, judgement));
            next = if self.under_way.is_full() { None } else { self.incoming.try_recv().ok() };
        }
        if self.under_way.refused.is_some() {
            self.wanted.cancel();
        }
    }

    /// An answer in which the recipient is not named: what it says is kept for years, with the letter and as the reason why a mailing is paused.
    fn without_recipient(&self, place: u16, judgement: Judgement) -> Judgement {
        match self.people.get(usize::from(place)).and_then(Option::as_ref) {
            Some(person) => judge::without(judgement, &Whom::new(&person.email, &person.full_name)),
            None => judgement,
        }
    }
}

/// Why the mailing is paused of whose run no letter goes on from its sender.
fn barred(bar: Bar) -> Halt {
    match bar {
        Bar::Revoked => Halt::SenderOfRunRevoked,
        Bar::NotShownAnew => Halt::SenderOfRunNotShown,
    }
}

/// Whether it can be told again of a batch of which it could not when it was tried last: who signs its letters, and who of those whose
/// turn it is is written to. Nothing was promised to them yet.
async fn can_be_told(
    held: &Held<'_>,
    letter: &RunLetter,
    unsigned: Option<NoSigner>,
    people: &[Option<Recipient>],
) -> bool {
    let (untold, batch) = (&held.context.untold, held.lease.batch);
    if let Some(error) = unsigned {
        untold.met(batch, WHO_SIGNS, &error.to_string());
        return false;
    }
    let next = held.next(usize::MAX);
    let next: Vec<Option<&Recipient>> =
        next.iter().map(|place| people.get(usize::from(*place)).and_then(Option::as_ref)).collect();
    match held.suppressions(letter, &next).await {
        Ok(_) => {
            untold.told(batch);
            true
        }
        Err(error) => {
            untold.met(batch, WHO_IS_WRITTEN_TO, &error.to_string());
            false
        }
    }
}

/// What was sent and is not recorded.
#[derive(Debug)]
struct UnderWay {
    /// Letters that are promised and have no answer.
    in_flight: usize,
    /// Outcomes that wait to be recorded.
    gathered: Vec<Attempt>,
    /// Since the first of them, or since the last commit.
    since: Instant,
    /// How often a server's answer about this recipient was put down to the relay.
    blameless: HashMap<u16, u32>,
    /// Why every other letter of the mailing would be refused, too.
    refused: Option<String>,
}

impl UnderWay {
    fn new() -> Self {
        let (gathered, blameless) = (Vec::new(), HashMap::new());
        Self { in_flight: 0, gathered, since: Instant::now(), blameless, refused: None }
    }

    /// Whether outcomes are to be recorded at once: there are enough of them, they have waited for long enough, or, where
    /// the batch is `idle`, no more will come.
    fn is_due(&self, idle: bool) -> bool {
        !self.gathered.is_empty() && (self.is_full() || self.since.elapsed() >= FLUSH_AFTER || idle)
    }

    fn is_full(&self) -> bool {
        self.gathered.len() >= FLUSH_AT
    }

    /// When outcomes have waited for company long enough.
    fn flush(&self) -> Instant {
        self.since + FLUSH_AFTER
    }

    fn answered(&mut self, attempt: Attempt) {
        if self.gathered.is_empty() {
            self.since = Instant::now();
        }
        self.gathered.push(attempt);
        self.in_flight -= 1;
    }

    /// The outcomes, which are about to be recorded.
    fn leave(&mut self, now: Instant) -> Vec<Attempt> {
        self.since = now;
        std::mem::take(&mut self.gathered)
    }

    /// A server's answer that speaks of the relay or of our rate, but always at the same recipient, is about the recipient:
    /// one address must not stop the relay for everybody. Lost connections and the like are never put down to a recipient.
    fn blame(&mut self, place: u16, judgement: Judgement) -> Judgement {
        match judgement {
            Judgement::NotTried { scope: Scope::Relay | Scope::Rate | Scope::Credentials, reply: Some(reply), why } => {
                let times = self.blameless.entry(place).or_default();
                *times += 1;
                if *times >= BLAMELESS {
                    Judgement::Deferred { reply }
                } else {
                    Judgement::NotTried { scope: Scope::Relay, reply: Some(reply), why }
                }
            }
            judgement => judgement,
        }
    }
}

impl Context {
    /// One letter, which is written and signed only when it has its place in the queue.
    async fn deliver(
        &self,
        letter: Arc<RunLetter>,
        person: Recipient,
        (batch, place): (u32, u16),
        outbox: &Outbox,
        permission: &Permission,
    ) -> Judgement {
        let queued = match outbox.place(permission).await {
            Ok(queued) => queued,
            Err(judgement) => return judgement,
        };
        // Asked for each letter: it may have waited for its place for long. What stops a mailing is found before the next intent.
        let signer = match self.letters.signer(&letter).await {
            Ok(signer) => signer,
            Err(error) => return withdrawn(&error.to_string()),
        };
        let (bytes, date) = (letter.bytes(&person), letter.date());
        let written = self.letters.desk().write(bytes, move || letter.to(&person, batch, place)).await;
        let (letter, _space) = match written {
            Ok(written) => written,
            Err(error) => return unbuildable(&error.to_string()),
        };
        match self.letters.signing().sign(letter, signer, date).await {
            Ok(letter) => queued.deliver(letter, permission).await,
            Err(error) => unbuildable(&error.to_string()),
        }
    }
}

/// The letter was taken back before anybody was asked.
fn withdrawn(why: &str) -> Judgement {
    Judgement::NotTried { scope: Scope::Withdrawn, why: why.to_owned(), reply: None }
}

/// The letter cannot even be written, so nobody was asked.
pub(crate) fn unbuildable(why: &str) -> Judgement {
    Judgement::Rejected {
        reply: Reply { code: 550, enhanced: None, text: format!("not sent: {why}") },
        dead: false,
        blame: Blame::Ourselves,
    }
}

#[cfg(test)]
mod tests;
