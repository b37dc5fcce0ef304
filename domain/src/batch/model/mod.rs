//! The protocol by which workers send a batch, without processes: one log, a few workers that may be paused, robbed of
//! their lease or killed at any moment, people who order letters in doubt to be sent again, and a server that keeps its
//! own list of the letters that it took. Whatever the order of their steps, the log must tell the truth about that list.
//!
//! Beside the log lies the sheet of marks: before a letter begins its worker marks it there, and whoever takes the batch over
//! takes the sheet away first. The sheet may be lost at any moment, and the last worker knows nothing of it.
//!
//! Recipients may leave at any moment. When a worker has committed an intent it asks who of those has left, and hands out no letter
//! to them: it records that none was tried, and leaves them out.

mod cases;
mod classics;
mod equations;
mod ledger;
mod sheet;

use super::tests::{after, attempt, planned, sendable, suppress};
use super::{Attempt, AttemptOutcome, Batch, Command, Event, GiveUpReason, Marks, Progress};
use crate::mailing::InDoubt;
use crate::{Decide, HoldId, Outcome};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Ledger, Settled};
use sheet::Fault;
use std::collections::BTreeSet;

/// How many recipients the batch has.
const COUNT: u16 = 4;

const WORKERS: usize = 3;

/// How long whoever is deferred, or sent again by itself, waits.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// What may happen next. What makes no sense at the moment does not happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// This worker gets the lease: whoever had it has lost it, and does not know.
    Claim(usize),
    /// This worker records what it has gathered, and intends so many letters more.
    Promise(usize, usize),
    /// This worker marks all that it has promised.
    Mark(usize),
    /// This worker hands out what it has marked.
    Begin(usize),
    /// This worker leaves out those whom it found to have left.
    LeaveOut(usize),
    /// Promise, leave out, mark and begin, one after the other.
    Flush(usize, usize),
    /// The sheet of marks is lost: PostgreSQL has crashed, or whoever took it is dead.
    LoseMarks,
    /// One of the letters on the wire meets its end.
    Letter(usize, Reply),
    /// This worker dies. Its letters may still be on the wire.
    Crash(usize),
    /// So many minutes pass.
    Wait(i64),
    /// Whoever claims the batch from now on gives it up.
    WindowEnds,
    /// A person orders one letter, or all, to be sent again.
    Resend(Option<u16>),
    /// A person leaves one letter, or all, as they are.
    Accept(Option<u16>),
    /// A recipient leaves.
    Unsubscribe(u16),
}

#[derive(Clone, Copy, Debug)]
enum Reply {
    Take,
    Reject,
    Defer,
    /// The server takes it, and the connection breaks before it says so.
    TakeSilently,
    /// The connection breaks before the server takes it, and nobody can tell that from the above.
    Lose,
    /// The connection breaks before anything was handed over.
    NotTried,
}

/// A letter that was handed out.
struct Letter {
    serial: usize,
    place: u16,
    /// Who waits for the answer, unless it is gone.
    sender: Option<usize>,
}

/// What a worker remembers: perhaps it is out of date.
struct Worker {
    state: Batch,
    version: usize,
    /// The answers that are not recorded, with their letters' serials.
    gathered: Vec<(usize, Attempt)>,
    /// None of a worker that knows nothing of marks.
    hold: Option<HoldId>,
    /// Letters that were promised and are not marked.
    promised: Vec<(usize, u16)>,
    /// Letters that are marked, if this worker marks, and were not handed out.
    marked: Vec<(usize, u16)>,
    /// Recipients whom it found to have left. It proposes them no more, and leaves them out.
    gone: BTreeSet<u16>,
}

/// How often the interesting things happened.
#[derive(Debug, Default)]
struct Seen {
    crashes_in_flight: usize,
    leases_lost_in_flight: usize,
    conflicts: usize,
    conflicts_before_the_first_byte: usize,
    noticed: usize,
    doubts: usize,
    lost_answers: usize,
    late_arrivals: usize,
    resends: usize,
    left: usize,
    given_up_in_doubt: usize,
    refused_in_doubt: usize,
    taken_twice: usize,
    completed_again: usize,
    never_begun: usize,
    marks_lost_in_flight: usize,
    marks_refused: usize,
    left_out: usize,
    left_out_in_doubt: usize,
}

struct World {
    policy: InDoubt,
    /// Whether a worker that conflicts only with a person takes notice and goes on, instead of stopping.
    takes_notice: bool,
    log: Vec<(usize, Event)>,
    /// What the log makes of the batch.
    state: Batch,
    ledger: Ledger,
    /// The server's own list.
    taken: Vec<u16>,
    wire: Vec<Letter>,
    workers: [Option<Worker>; WORKERS],
    /// The sheet of marks, if there is one.
    marks: Option<Marks>,
    holds: u128,
    /// What is wrong with these workers.
    fault: Option<Fault>,
    now: DateTime<Utc>,
    ended: bool,
    serials: usize,
    /// Letters in the hands of workers that died, stopped or lost their lease.
    at_risk: BTreeSet<usize>,
    /// Letters whose connection broke.
    unanswered: BTreeSet<usize>,
    /// Recipients who have left.
    unsubscribed: BTreeSet<u16>,
    /// Letters whose recipients had left before the intent was committed.
    unwanted: BTreeSet<usize>,
    seen: Seen,
}

impl World {
    fn new(policy: InDoubt, takes_notice: bool) -> Self {
        let mut world = Self {
            policy,
            takes_notice,
            log: vec![],
            state: Batch::default(),
            ledger: Ledger::default(),
            taken: vec![],
            wire: vec![],
            workers: [const { None }; WORKERS],
            marks: None,
            holds: 0,
            fault: None,
            now: "2026-05-01T12:00:00Z".parse().expect("a moment"),
            ended: false,
            serials: 0,
            at_risk: BTreeSet::new(),
            unanswered: BTreeSet::new(),
            unsubscribed: BTreeSet::new(),
            unwanted: BTreeSet::new(),
            seen: Seen::default(),
        };
        assert!(world.append(0, vec![planned(COUNT.into())]));
        world
    }

    /// The store: a conflict if the stream has moved on since `version`.
    fn append(&mut self, version: usize, events: Vec<Event>) -> bool {
        if version != self.log.len() {
            return false;
        }
        for event in events {
            self.ledger.hears(&event);
            if let Event::AttemptRecorded { attempts } = &event {
                let never = attempts.iter().filter(|one| **one == Attempt::never_begun(one.recipient, one.at));
                self.seen.never_begun += never.count();
            }
            if let Event::LeftOut { recipients, .. } = &event {
                let in_doubt = |place: &&u16| self.ledger.rows[usize::from(**place)].in_doubt;
                self.seen.left_out += recipients.len();
                self.seen.left_out_in_doubt += recipients.iter().filter(in_doubt).count();
            }
            self.state.evolve(event.clone());
            self.log.push((self.log.len() + 1, event));
            // Also between the events of one append, where a reader may stop.
            equations::totals_agree(&self.state, &self.ledger);
        }
        true
    }

    fn again(&self) -> Option<DateTime<Utc>> {
        (self.policy == InDoubt::Resend).then(|| self.now + PAUSE)
    }

    /// The serials of the letters that a worker has handed out and not recorded.
    fn in_hand(&self, worker: usize) -> Vec<usize> {
        let waiting = self.wire.iter().filter(|letter| letter.sender == Some(worker)).map(|letter| letter.serial);
        let gathered = self.workers[worker].iter().flat_map(|worker| &worker.gathered).map(|(serial, _)| *serial);
        let waits = |worker: &Worker| [&worker.promised[..], &worker.marked[..]].concat();
        let promised = self.workers[worker].iter().flat_map(waits).map(|(serial, _)| serial);
        waiting.chain(gathered).chain(promised).collect()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Claim(worker) => self.claim(worker),
            Step::Promise(worker, most) => self.promise(worker, most),
            Step::LeaveOut(worker) => self.leave_out(worker),
            Step::Mark(worker) => self.mark(worker),
            Step::Begin(worker) => self.begin(worker),
            Step::Flush(worker, most) => {
                self.promise(worker, most);
                self.leave_out(worker);
                self.mark(worker);
                self.begin(worker);
            }
            Step::LoseMarks => self.lose_marks(),
            Step::Letter(_, _) if self.wire.is_empty() => {}
            Step::Letter(number, reply) => {
                let letter = self.wire.remove(number % self.wire.len());
                self.meets_its_end(&letter, reply);
            }
            Step::Crash(worker) => {
                self.seen.crashes_in_flight += usize::from(!self.in_hand(worker).is_empty());
                self.stop(worker);
            }
            Step::Wait(minutes) => self.now += TimeDelta::minutes(minutes),
            Step::WindowEnds => self.ended = true,
            Step::Resend(place) => self.ask(Command::Resend { recipients: place.map(|place| vec![place]) }),
            Step::Accept(place) => self.ask(Command::AcceptDoubt { recipients: place.map(|place| vec![place]) }),
            Step::Unsubscribe(place) => {
                self.unsubscribed.insert(place);
            }
        }
        self.check();
    }

    fn claim(&mut self, worker: usize) {
        self.stop(worker);
        for other in 0..WORKERS {
            let lost = self.in_hand(other);
            self.seen.leases_lost_in_flight += usize::from(!lost.is_empty());
            self.at_risk.extend(lost);
        }
        let (state, version) = (self.state.clone(), self.log.len());
        let (hold, marks) = self.take_sheet(worker);
        let (gathered, promised, marked, gone) = (vec![], vec![], vec![], BTreeSet::new());
        self.workers[worker] = Some(Worker { state, version, gathered, hold, promised, marked, gone });
        let (at, again) = (self.now, self.again());
        if self.commit(worker, &Command::Recover { at, again, marks }) {
            self.leave_sheet(hold);
            if self.ended {
                self.commit(worker, &Command::GiveUp { reason: GiveUpReason::WindowEnded, at });
            }
        }
    }

    fn promise(&mut self, worker: usize, most: usize) {
        let Some(held) = &self.workers[worker] else { return };
        let slice = held.state.slice().expect("planned");
        let mut next = if self.ended { vec![] } else { sendable(slice, self.now) };
        next.retain(|place| !held.gone.contains(place));
        next.truncate(most);
        let attempts: Vec<_> = held.gathered.iter().map(|(_, attempt)| attempt.clone()).collect();
        let command = Command::Record { attempts, next: next.clone(), hold: self.hold_of(worker) };
        if !self.commit(worker, &command) {
            return;
        }
        let Some(held) = &mut self.workers[worker] else { return };
        held.gathered.clear();
        for place in next {
            self.serials += 1;
            let has_left = self.unsubscribed.contains(&place);
            if has_left {
                self.unwanted.insert(self.serials);
            }
            if has_left && self.fault != Some(Fault::AsksNobody) {
                held.gathered.push((self.serials, attempt(place, AttemptOutcome::NotTried)));
                held.gone.insert(place);
            } else {
                held.promised.push((self.serials, place));
            }
        }
    }

    /// Only those of whom it is recorded that nothing was tried, which is what the next promise does.
    fn leave_out(&mut self, worker: usize) {
        let Some(held) = &self.workers[worker] else { return };
        let slice = held.state.slice().expect("planned");
        let waits = |place: &u16| matches!(slice.deliveries[usize::from(*place)].progress, Progress::Waiting { .. });
        let recipients: Vec<u16> = held.gone.iter().copied().filter(waits).collect();
        if recipients.is_empty() || !self.commit(worker, &suppress(recipients.clone())) {
            return;
        }
        let Some(held) = &mut self.workers[worker] else { return };
        held.gone.retain(|place| !recipients.contains(place));
    }

    /// Decides and appends. A worker that another one has overtaken stops, and its letters go where they go.
    fn commit(&mut self, worker: usize, command: &Command) -> bool {
        loop {
            let Some(held) = &self.workers[worker] else { return false };
            let events = held.state.decide(command.clone()).expect("a worker asks for nothing that is refused");
            let version = held.version;
            if events.is_empty() || self.append(version, events.clone()) {
                let held = self.workers[worker].as_mut().expect("it is there");
                held.version += events.len();
                for event in events {
                    held.state.evolve(event);
                }
                return true;
            }
            let since: Vec<Event> = self.log[version..].iter().map(|(_, event)| event.clone()).collect();
            let by_person = |event: &Event| matches!(event, Event::ResendOrdered { .. } | Event::DoubtAccepted { .. });
            if !self.takes_notice || !since.iter().all(by_person) {
                self.seen.conflicts += 1;
                self.seen.conflicts_before_the_first_byte += usize::from(self.in_hand(worker).is_empty());
                self.stop(worker);
                return false;
            }
            self.seen.noticed += 1;
            let held = self.workers[worker].as_mut().expect("it is there");
            held.version += since.len();
            for event in since {
                held.state.evolve(event);
            }
        }
    }

    fn stop(&mut self, worker: usize) {
        self.at_risk.extend(self.in_hand(worker));
        self.workers[worker] = None;
        for letter in self.wire.iter_mut().filter(|letter| letter.sender == Some(worker)) {
            letter.sender = None;
        }
    }

    fn meets_its_end(&mut self, letter: &Letter, reply: Reply) {
        let taken = matches!(reply, Reply::Take | Reply::TakeSilently);
        if taken {
            self.seen.taken_twice += usize::from(self.taken.contains(&letter.place));
            self.seen.late_arrivals += usize::from(letter.sender.is_none());
            assert!(!self.unwanted.contains(&letter.serial), "{} had left before the intent", letter.place);
            self.taken.push(letter.place);
        }
        let again = self.again();
        let Some(held) = letter.sender.and_then(|sender| self.workers[sender].as_mut()) else { return };
        let outcome = match reply {
            Reply::Take => AttemptOutcome::Accepted,
            Reply::Reject => AttemptOutcome::Rejected { dead: true },
            Reply::Defer => AttemptOutcome::Deferred { until: self.now + PAUSE },
            Reply::TakeSilently | Reply::Lose => {
                self.unanswered.insert(letter.serial);
                self.seen.lost_answers += 1;
                AttemptOutcome::Unknown { again }
            }
            Reply::NotTried => AttemptOutcome::NotTried,
        };
        let refused = matches!(reply, Reply::Reject) && self.ledger.rows[usize::from(letter.place)].in_doubt;
        self.seen.refused_in_doubt += usize::from(refused);
        held.gathered.push((letter.serial, attempt(letter.place, outcome)));
    }

    /// A person asks. Whoever conflicts decides again at once, so a person always gets an answer.
    fn ask(&mut self, command: Command) {
        let all = matches!(command, Command::Resend { recipients: None });
        let Ok(events) = self.state.decide(command) else { return };
        for event in &events {
            match event {
                Event::ResendOrdered { recipients } => {
                    self.seen.resends += 1;
                    let mut rows = recipients.iter().map(|place| &self.ledger.rows[usize::from(*place)]);
                    assert!(!all || !rows.any(|row| row.left), "what a person has left as it is was not asked for");
                }
                Event::DoubtAccepted { .. } => self.seen.left += 1,
                _ => panic!("a person makes {event:?}"),
            }
        }
        assert!(self.append(self.log.len(), events));
    }

    /// A worker that nobody disturbs, a server that takes everything, also what comes late, and time that passes.
    fn come_to_an_end(&mut self) {
        // Two rounds of a pause and an answer at most; the rest is for a model that is wrong.
        for _ in 0..8 {
            if self.ledger.completed && self.wire.is_empty() {
                break;
            }
            (0..WORKERS).for_each(|worker| self.step(Step::Crash(worker)));
            self.step(Step::Claim(0));
            self.step(Step::Flush(0, COUNT.into()));
            self.step(Step::Begin(0));
            while !self.wire.is_empty() {
                self.step(Step::Letter(0, Reply::Take));
            }
            self.step(Step::Flush(0, 0));
            self.step(Step::Wait(PAUSE.num_minutes()));
        }
        assert!(self.ledger.completed, "it never completes: {:?}", self.log);
        assert_eq!(after(self.log.iter().map(|(_, event)| event.clone())), self.state);
        self.seen.doubts += self.ledger.unknown();
        self.seen.completed_again += self.ledger.completions - 1;
        for row in &self.ledger.rows {
            let given_up = row.in_doubt && row.settled == Some(Settled::GivingUp);
            self.seen.given_up_in_doubt += usize::from(given_up);
            if self.policy == InDoubt::Resend && row.outcome == Outcome::Unknown {
                let by = [Settled::GivingUp, Settled::Refusal, Settled::LeavingOut];
                assert!(row.settled.is_some_and(|settled| by.contains(&settled)), "{row:?}");
            }
        }
    }
}

fn played(policy: InDoubt, takes_notice: bool, steps: impl IntoIterator<Item = Step>) -> World {
    let mut world = World::new(policy, takes_notice);
    steps.into_iter().for_each(|step| world.step(step));
    world
}
