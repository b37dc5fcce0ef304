//! Who watches what, and how many may.

use super::seen::Seen;
use domain::Right;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Who watches what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) account: Uuid,
    pub(super) session: Uuid,
    pub(super) run: Uuid,
    /// Whether they see the run because they watch over everybody's.
    pub(super) watches: bool,
}

impl Whose {
    fn pass(self) -> Pass {
        Pass { session: self.session, watches: self.watches }
    }
}

/// What lets somebody watch: a session, and with it the right to watch over everybody's runs if it takes that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pass {
    session: Uuid,
    watches: bool,
}

/// What a watcher gets to know.
#[derive(Debug)]
pub(super) struct Told {
    /// The run, whenever something about it has changed.
    pub(super) seen: watch::Receiver<Option<Arc<Seen>>>,
    /// Cancelled when what let them in does so no more: the session, or the right.
    pub(super) shut: CancellationToken,
}

/// Where what was seen of a run last is told to all who watch it.
type Shown = watch::Sender<Option<Arc<Seen>>>;

/// All who watch.
#[derive(Debug)]
pub(super) struct Room {
    of_all: usize,
    of_each: usize,
    present: usize,
    accounts: HashMap<Uuid, usize>,
    runs: HashMap<Uuid, (usize, Shown)>,
    passes: HashMap<Pass, (usize, CancellationToken)>,
    /// Whether somebody looks for them.
    pub(super) looked_for: bool,
}

impl Room {
    pub(super) fn new(of_all: usize, of_each: usize) -> Self {
        Self {
            of_all,
            of_each,
            present: 0,
            accounts: HashMap::new(),
            runs: HashMap::new(),
            passes: HashMap::new(),
            looked_for: false,
        }
    }

    /// One more; `None` if there is no room for them.
    pub(super) fn arrive(&mut self, whose: Whose) -> Option<Told> {
        let of_account = self.accounts.entry(whose.account).or_default();
        if self.present >= self.of_all || *of_account >= self.of_each {
            if *of_account == 0 {
                self.accounts.remove(&whose.account);
            }
            return None;
        }
        *of_account += 1;
        self.present += 1;
        let (watchers, tell) = self.runs.entry(whose.run).or_insert_with(|| (0, watch::Sender::new(None)));
        *watchers += 1;
        let mut seen = tell.subscribe();
        // Whoever comes later is told at once what the others know.
        if tell.borrow().is_some() {
            seen.mark_changed();
        }
        let (holders, shut) = self.passes.entry(whose.pass()).or_insert_with(|| (0, CancellationToken::new()));
        *holders += 1;
        Some(Told { seen, shut: shut.clone() })
    }

    /// One less.
    pub(super) fn leave(&mut self, whose: Whose) {
        self.present = self.present.saturating_sub(1);
        let one_less = |count: &mut usize| {
            *count = count.saturating_sub(1);
            *count == 0
        };
        if self.accounts.get_mut(&whose.account).is_some_and(one_less) {
            self.accounts.remove(&whose.account);
        }
        if self.runs.get_mut(&whose.run).is_some_and(|(count, _)| one_less(count)) {
            self.runs.remove(&whose.run);
        }
        if self.passes.get_mut(&whose.pass()).is_some_and(|(count, _)| one_less(count)) {
            self.passes.remove(&whose.pass());
        }
    }

    /// The runs and the sessions that are to be looked at, each once.
    pub(super) fn wanted(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        let sessions: HashSet<Uuid> = self.passes.keys().map(|pass| pass.session).collect();
        (self.runs.keys().copied().collect(), sessions.into_iter().collect())
    }

    /// What is known of a run.
    pub(super) fn known(&self, run: Uuid) -> Option<Arc<Seen>> {
        self.runs.get(&run).and_then(|(_, tell)| tell.borrow().clone())
    }

    /// Tells all who watch a run.
    pub(super) fn tell(&self, run: Uuid, seen: Arc<Seen>) {
        if let Some((_, tell)) = self.runs.get(&run) {
            tell.send_replace(Some(seen));
        }
    }

    /// Sends those away, of the sessions that were looked at, whose session is not open, or whose right is gone.
    pub(super) fn shut_out(&self, looked_at: &[Uuid], open: &HashMap<Uuid, BTreeSet<Right>>) {
        for session in looked_at {
            for watches in [false, true] {
                let may = open.get(session).is_some_and(|rights| !watches || rights.contains(&Right::Watch));
                if let Some((_, shut)) = self.passes.get(&Pass { session: *session, watches }).filter(|_| !may) {
                    shut.cancel();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(account: u128, session: u128, run: u128) -> Whose {
        let [account, session, run] = [account, session, run].map(Uuid::from_u128);
        Whose { account, session, run, watches: false }
    }

    #[test]
    fn an_account_has_its_share_and_all_together_have_a_bound() {
        let mut room = Room::new(4, 2);
        assert!(room.arrive(whose(1, 1, 1)).is_some() && room.arrive(whose(1, 2, 1)).is_some());
        assert!(room.arrive(whose(1, 1, 2)).is_none(), "that is the third of one account");
        assert!(room.arrive(whose(2, 3, 1)).is_some() && room.arrive(whose(3, 4, 1)).is_some());
        assert!(room.arrive(whose(4, 5, 1)).is_none(), "that is the fifth of all");
        room.leave(whose(1, 2, 1));
        assert!(room.arrive(whose(4, 5, 1)).is_some());
        assert_eq!(room.accounts.get(&Uuid::from_u128(1)), Some(&1));
    }

    #[test]
    fn a_run_is_looked_at_once_however_many_watch_it() {
        let mut room = Room::new(2_000, 2_000);
        let told: Vec<Told> = (0..1_000).filter_map(|session| room.arrive(whose(session, session, 7))).collect();
        assert_eq!(told.len(), 1_000);
        assert_eq!(room.wanted().0, [Uuid::from_u128(7)]);
    }

    #[test]
    fn nothing_is_kept_of_those_who_have_left() {
        let mut room = Room::new(10, 10);
        let all = [whose(1, 1, 1), whose(1, 1, 2), whose(2, 2, 1)];
        for one in all {
            assert!(room.arrive(one).is_some());
        }
        for one in all {
            room.leave(one);
        }
        assert_eq!(room.wanted(), (vec![], vec![]));
        assert!(room.accounts.is_empty() && room.present == 0);
    }

    #[test]
    fn only_those_are_shut_out_who_were_looked_at() {
        let mut room = Room::new(10, 10);
        let [gone, open, fresh] = [1, 2, 3].map(|one| room.arrive(whose(one, one, 1)).expect("there is room"));
        let rights = HashMap::from([(Uuid::from_u128(2), BTreeSet::from([Right::Own]))]);
        room.shut_out(&[Uuid::from_u128(1), Uuid::from_u128(2)], &rights);
        assert_eq!([gone, open, fresh].map(|told| told.shut.is_cancelled()), [true, false, false]);
    }

    #[test]
    fn whoever_watches_no_more_goes_on_seeing_their_own_and_nothing_else() {
        let mut room = Room::new(10, 10);
        let (own, others) = (whose(1, 1, 1), Whose { watches: true, ..whose(1, 1, 2) });
        let [of_own, of_others] = [own, others].map(|one| room.arrive(one).expect("there is room"));
        let look = |room: &Room, right| {
            room.shut_out(&[Uuid::from_u128(1)], &HashMap::from([(Uuid::from_u128(1), BTreeSet::from([right]))]));
        };
        look(&room, Right::Watch);
        assert!(!of_own.shut.is_cancelled() && !of_others.shut.is_cancelled());
        look(&room, Right::Own);
        assert_eq!((of_own.shut.is_cancelled(), of_others.shut.is_cancelled()), (false, true));
        assert_eq!(room.wanted().1, [Uuid::from_u128(1)], "a session is looked at once");
    }
}
