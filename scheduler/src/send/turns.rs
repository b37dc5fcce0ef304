//! Whose turn it is: fairness between those who want to use a relay, as a pure decision.
//!
//! A large run fills all slots of a relay and keeps them for long. So whoever waits gets the slot of somebody who has
//! more, and when there are more of them than slots, all take turns. A batch is held for a slice of time at least, and who
//! is alone keeps everything.

use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// How long a batch is held before others may have its slot.
pub(crate) const SLICE: Duration = Duration::from_secs(1);

/// A run that uses the relay or wants to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) run: Uuid,
    pub(crate) owner: Uuid,
    /// Batches that all engines together hold of it.
    pub(crate) held: usize,
    /// It has a batch that nobody holds.
    pub(crate) waits: bool,
}

/// A batch that this engine holds and could give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) batch: Uuid,
    pub(crate) run: Uuid,
    pub(crate) owner: Uuid,
    /// For how long.
    pub(crate) age: Duration,
}

/// The batches to give back, one for each run that waits and has fewer than its share.
pub(crate) fn to_give_back(demands: &[Demand], holds: &[Hold]) -> Vec<Uuid> {
    let mut owners: HashMap<Uuid, usize> = HashMap::new();
    let mut runs: HashMap<Uuid, usize> = HashMap::new();
    for demand in demands {
        *owners.entry(demand.owner).or_default() += demand.held;
        *runs.entry(demand.run).or_default() += demand.held;
    }
    let of = |counts: &HashMap<Uuid, usize>, id: Uuid| counts.get(&id).copied().unwrap_or(0);
    let mut waiting: Vec<&Demand> = demands.iter().filter(|demand| demand.waits).collect();
    waiting.sort_by_key(|demand| (of(&owners, demand.owner), of(&runs, demand.run)));
    let mut holds: Vec<Hold> = holds.iter().copied().filter(|hold| hold.age >= SLICE).collect();
    let mut given: Vec<Hold> = Vec::new();
    for poor in waiting {
        // Whoever has just given one away would be poor itself.
        if given.iter().any(|hold| hold.run == poor.run) {
            continue;
        }
        let is_richer = |hold: &Hold| {
            if hold.owner == poor.owner {
                has_more(of(&runs, hold.run), of(&runs, poor.run))
            } else {
                has_more(of(&owners, hold.owner), of(&owners, poor.owner))
            }
        };
        let richest = |hold: &&Hold| (of(&owners, hold.owner), of(&runs, hold.run), hold.age);
        let Some(hold) = holds.iter().filter(|hold| is_richer(hold)).max_by_key(richest).copied() else { continue };
        holds.retain(|other| other.batch != hold.batch);
        for (counts, from, to) in [(&mut owners, hold.owner, poor.owner), (&mut runs, hold.run, poor.run)] {
            counts.entry(from).and_modify(|count| *count = count.saturating_sub(1));
            *counts.entry(to).or_default() += 1;
        }
        given.push(hold);
    }
    given.into_iter().map(|hold| hold.batch).collect()
}

/// Whether a slot that changes hands makes both more equal, or ends somebody's waiting with nothing.
fn has_more(rich: usize, poor: usize) -> bool {
    rich >= poor + 2 || rich >= 1 && poor == 0
}

/// Who had a turn, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Recent(Vec<Uuid>);

impl Recent {
    /// More than ever take turns at once; whoever is forgotten counts as one who had none.
    const KEPT: usize = 256;

    pub(crate) fn had_a_turn(&mut self, id: Uuid) {
        self.0.retain(|other| *other != id);
        if self.0.len() >= Self::KEPT {
            self.0.remove(0);
        }
        self.0.push(id);
    }

    pub(crate) fn in_order(&self) -> &[Uuid] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn run(owner: u128, run: u128, held: usize, waits: bool) -> Demand {
        Demand { run: id(run), owner: id(owner), held, waits }
    }

    /// Batches 100 times the run's number and so on, each a second older than the next.
    fn holds(owner: u128, run: u128, count: u128) -> Vec<Hold> {
        let hold = |number: u128| Hold {
            batch: id(run * 100 + number),
            run: id(run),
            owner: id(owner),
            age: SLICE * u32::try_from(count - number).expect("few"),
        };
        (0..count).map(hold).collect()
    }

    #[test]
    fn a_run_that_is_alone_keeps_everything() {
        assert!(to_give_back(&[run(1, 1, 4, true)], &holds(1, 1, 4)).is_empty());
        assert!(to_give_back(&[run(1, 1, 4, false)], &holds(1, 1, 4)).is_empty());
    }

    #[test]
    fn whoever_waits_gets_the_oldest_batch_of_the_richest() {
        for small in [run(1, 2, 0, true), run(2, 2, 0, true)] {
            let given = to_give_back(&[run(1, 1, 4, true), small], &holds(1, 1, 4));
            assert_eq!(given, [id(100)]);
        }
    }

    #[test]
    fn a_batch_is_held_for_a_slice_at_least() {
        let young: Vec<Hold> = holds(1, 1, 4).into_iter().map(|hold| Hold { age: SLICE / 2, ..hold }).collect();
        assert!(to_give_back(&[run(1, 1, 4, true), run(2, 2, 0, true)], &young).is_empty());
    }

    #[test]
    fn who_has_as_much_as_its_share_takes_nothing() {
        for (rich, poor) in [(2, 2), (2, 1), (1, 1), (1, 2)] {
            let demands = [run(1, 1, rich, true), run(2, 2, poor, true)];
            assert!(to_give_back(&demands, &holds(1, 1, rich as u128)).is_empty(), "{rich} {poor}");
        }
        let given = to_give_back(&[run(1, 1, 3, true), run(2, 2, 1, true)], &holds(1, 1, 3));
        assert_eq!(given.len(), 1);
    }

    #[test]
    fn owners_are_equal_before_runs_are() {
        // One owner with three runs holds all but one slot, another with one run the last one.
        let demands = [run(1, 1, 1, true), run(1, 2, 1, true), run(1, 3, 1, true), run(2, 4, 1, true)];
        let mine: Vec<Hold> = (1..=3).flat_map(|run| holds(1, run, 1)).collect();
        assert_eq!(to_give_back(&demands, &mine).len(), 1);
    }

    #[test]
    fn more_runs_than_slots_take_turns() {
        let demands: Vec<Demand> = (1..=6).map(|number| run(number, number, usize::from(number <= 4), true)).collect();
        let mine: Vec<Hold> = (1..=4).flat_map(|number| holds(number, number, 1)).collect();
        assert_eq!(to_give_back(&demands, &mine).len(), 2, "for the two that have nothing");
    }

    #[test]
    fn whoever_had_the_last_turn_is_the_last_in_order() {
        let mut recent = Recent::default();
        for number in [1, 2, 3, 1] {
            recent.had_a_turn(id(number));
        }
        assert_eq!(recent.in_order(), [id(2), id(3), id(1)]);
    }
}
