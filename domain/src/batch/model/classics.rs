//! The interleavings that everybody asks about, played by hand.

use super::{COUNT, InDoubt, Outcome, Reply, Step, World, played};
use Reply::{Defer, Lose, Reject, Take, TakeSilently};
use Step::{Accept, Claim, Crash, Flush, LeaveOut, Letter, Promise, Resend, Unsubscribe, Wait, WindowEnds};

/// What the log tells of each letter, and how often the server took it.
fn told_and_taken(world: &World) -> Vec<(Outcome, usize)> {
    let taken = |place| world.taken.iter().filter(|one| **one == place).count();
    (0..COUNT).zip(&world.ledger.rows).map(|(place, row)| (row.outcome, taken(place))).collect()
}

/// The first letter's fate, once all has come to an end.
fn fate(mut world: World) -> (Outcome, usize) {
    world.come_to_an_end();
    told_and_taken(&world)[0]
}

/// Worker 0 has handed out the first letter.
fn handed_out() -> [Step; 2] {
    [Claim(0), Flush(0, 1)]
}

fn hold(steps: impl IntoIterator<Item = Step>) -> World {
    played(InDoubt::Hold, false, handed_out().into_iter().chain(steps))
}

fn resending(steps: impl IntoIterator<Item = Step>) -> World {
    played(InDoubt::Resend, false, handed_out().into_iter().chain(steps))
}

#[test]
fn without_trouble_everybody_gets_one_letter_and_nobody_is_in_doubt() {
    let mut world = hold([]);
    world.come_to_an_end();
    // The worker that brings all to an end is another one: what the first had in hand is in doubt.
    assert_eq!(
        told_and_taken(&world),
        [(Outcome::Unknown, 1), (Outcome::Accepted, 1), (Outcome::Accepted, 1), (Outcome::Accepted, 1)]
    );

    let all = [Flush(0, 3), Letter(0, Take), Letter(0, Take), Letter(0, Take), Letter(0, Take), Flush(0, 0)];
    let mut world = hold(all);
    assert!(world.ledger.completed);
    world.come_to_an_end();
    assert_eq!(told_and_taken(&world), [(Outcome::Accepted, 1); 4]);
}

#[test]
fn a_worker_dies_after_the_server_took_the_letter_and_before_that_is_recorded() {
    assert_eq!(fate(hold([Letter(0, Take), Crash(0), Claim(1)])), (Outcome::Unknown, 1));
    assert_eq!(fate(resending([Letter(0, Take), Crash(0), Claim(1)])), (Outcome::Accepted, 2));
}

#[test]
fn a_letter_arrives_after_its_sender_is_gone_and_its_doubt_recorded() {
    let world = hold([Crash(0), Claim(1), Letter(0, Take)]);
    assert_eq!(world.seen.late_arrivals, 1);
    assert_eq!(fate(world), (Outcome::Unknown, 1));
}

#[test]
fn a_letter_dies_with_its_sender() {
    assert_eq!(fate(hold([Crash(0), Letter(0, Lose), Claim(1)])), (Outcome::Unknown, 0));
    assert_eq!(fate(resending([Crash(0), Letter(0, Lose), Claim(1)])), (Outcome::Accepted, 1));
}

#[test]
fn a_paused_worker_that_wakes_up_without_its_lease_conflicts_and_stops() {
    let mut world = hold([Claim(1), Letter(0, Take), Flush(0, 4)]);
    assert!(world.workers[0].is_none());
    assert_eq!(world.seen.conflicts, 1);
    // The other one has the rest.
    world.step(Flush(1, 4));
    assert_eq!(world.wire.len(), 3);
    assert_eq!(fate(world), (Outcome::Unknown, 1));
}

#[test]
fn of_two_workers_with_the_same_batch_the_second_stops_before_its_first_byte() {
    let world = played(InDoubt::Hold, false, [Claim(0), Claim(1), Flush(1, 4), Flush(0, 4)]);
    assert!(world.workers[0].is_none());
    assert_eq!((world.seen.conflicts_before_the_first_byte, world.wire.len()), (1, 4));
    // Nor does it matter which of them is the second.
    let world = played(InDoubt::Hold, false, [Claim(0), Claim(1), Flush(0, 4), Flush(1, 4)]);
    assert!(world.workers[1].is_none());
    assert_eq!(
        (world.seen.conflicts_before_the_first_byte, world.wire.len()),
        (1, 0),
        "nor has the first a sheet for marks"
    );
}

#[test]
fn the_answer_gets_lost() {
    for (reply, taken) in [(TakeSilently, 1), (Lose, 0)] {
        assert_eq!(fate(hold([Letter(0, reply), Flush(0, 0)])), (Outcome::Unknown, taken));
        assert_eq!(fate(resending([Letter(0, reply), Flush(0, 0)])), (Outcome::Accepted, taken + 1));
        let ended = [Letter(0, reply), Flush(0, 0), WindowEnds];
        assert_eq!(fate(resending(ended)), (Outcome::Unknown, taken));
    }
}

#[test]
fn a_letter_in_doubt_is_refused_when_it_is_sent_again() {
    let refused = [Letter(0, TakeSilently), Flush(0, 0), Wait(5), Flush(0, 1), Letter(0, Reject), Flush(0, 0)];
    assert_eq!(fate(resending(refused)), (Outcome::Unknown, 1));
    // Without a doubt it is rejected.
    assert_eq!(fate(resending([Letter(0, Reject), Flush(0, 0)])), (Outcome::Rejected, 0));
}

#[test]
fn a_letter_in_doubt_is_deferred_and_then_its_window_ends() {
    let deferred =
        [Letter(0, TakeSilently), Flush(0, 0), Wait(5), Flush(0, 1), Letter(0, Defer), Flush(0, 0), WindowEnds];
    assert_eq!(fate(resending(deferred)), (Outcome::Unknown, 1));
    assert_eq!(fate(resending([Letter(0, Defer), Flush(0, 0), WindowEnds])), (Outcome::Expired, 0));
}

#[test]
fn a_person_orders_a_letter_in_doubt_once_or_twice_and_it_is_sent_once_more() {
    for orders in [vec![Resend(Some(0))], vec![Resend(None)], vec![Resend(Some(0)), Resend(None)]] {
        let steps = [Letter(0, TakeSilently), Flush(0, 0), Crash(0)].into_iter().chain(orders);
        assert_eq!(fate(hold(steps)), (Outcome::Accepted, 2));
    }
}

#[test]
fn a_person_orders_a_letter_when_all_is_done_and_the_batch_completes_again() {
    let mut world = hold([Letter(0, Lose), Flush(0, 0)]);
    world.come_to_an_end();
    assert_eq!((told_and_taken(&world)[0], world.ledger.completions), ((Outcome::Unknown, 0), 1));
    world.step(Resend(None));
    assert!(!world.ledger.completed);
    world.come_to_an_end();
    assert_eq!((told_and_taken(&world)[0], world.ledger.completions), ((Outcome::Accepted, 1), 2));
}

#[test]
fn what_a_person_leaves_as_it_is_is_not_sent_with_all_others() {
    let steps = [Letter(0, Lose), Flush(0, 0), Crash(0), Accept(Some(0)), Resend(None)];
    assert_eq!(fate(hold(steps)), (Outcome::Unknown, 0));
    let steps = [Letter(0, Lose), Flush(0, 0), Crash(0), Accept(None), Resend(Some(0))];
    assert_eq!(fate(hold(steps)), (Outcome::Accepted, 1));
}

#[test]
fn a_person_gets_in_the_way_of_a_worker_that_stops_and_of_one_that_takes_notice() {
    let steps = || {
        let doubt = [Letter(0, TakeSilently), Flush(0, 1), Resend(None)];
        handed_out().into_iter().chain(doubt).chain([Letter(0, Take), Flush(0, 4)])
    };
    // What the one that stops had in hand is in doubt, although the server has answered.
    let mut stopping = played(InDoubt::Hold, false, steps());
    stopping.come_to_an_end();
    assert_eq!(told_and_taken(&stopping)[..2], [(Outcome::Accepted, 2), (Outcome::Unknown, 1)]);

    let mut noticing = played(InDoubt::Hold, true, steps());
    assert!(noticing.workers[0].is_some());
    noticing.step(Letter(0, Take));
    noticing.come_to_an_end();
    assert_eq!(told_and_taken(&noticing)[1], (Outcome::Accepted, 1));
}

#[test]
fn the_window_ends_while_letters_are_out() {
    let ended = hold([WindowEnds, Crash(0), Claim(1), Letter(0, Take)]);
    assert!(ended.ledger.completed);
    assert_eq!(told_and_taken(&ended)[..2], [(Outcome::Unknown, 1), (Outcome::Expired, 0)]);
}

#[test]
fn whoever_leaves_before_the_intent_gets_no_letter_and_is_suppressed() {
    let mut world = played(InDoubt::Hold, false, [Unsubscribe(0), Claim(0), Flush(0, 4)]);
    assert_eq!(world.wire.iter().map(|letter| letter.place).collect::<Vec<_>>(), [1, 2, 3]);
    // That it was not tried is recorded with the next flush, and then it is left out.
    world.step(Flush(0, 4));
    assert_eq!(told_and_taken(&world)[0], (Outcome::Suppressed, 0));
    for _ in 0..3 {
        world.step(Letter(0, Take));
    }
    world.step(Flush(0, 0));
    assert!(world.ledger.completed);
    assert_eq!(told_and_taken(&world)[1..], [(Outcome::Accepted, 1); 3]);
}

#[test]
fn whoever_leaves_after_the_intent_may_get_that_letter_and_no_other_one() {
    assert_eq!(fate(hold([Unsubscribe(0), Letter(0, Take), Flush(0, 0)])), (Outcome::Accepted, 1));
    assert_eq!(fate(hold([Unsubscribe(0), Letter(0, Defer), Flush(0, 0)])), (Outcome::Suppressed, 0));
    // A letter in doubt is not sent again, and stays in doubt.
    assert_eq!(fate(resending([Unsubscribe(0), Letter(0, TakeSilently), Flush(0, 0)])), (Outcome::Unknown, 1));
    assert_eq!(fate(resending([Unsubscribe(0), Letter(0, Lose), Flush(0, 0)])), (Outcome::Unknown, 0));
    let ordered = [Letter(0, TakeSilently), Flush(0, 0), Unsubscribe(0), Resend(Some(0))];
    assert_eq!(fate(hold(ordered)), (Outcome::Unknown, 1));
}

#[test]
fn a_worker_dies_before_it_has_left_out_who_had_left() {
    let found = [Unsubscribe(0), Claim(0), Flush(0, 1)];
    for steps in [
        // The next one knows by the marks that the letter never began.
        vec![Crash(0), Claim(1)],
        vec![Promise(0, 0), Crash(0), Claim(1)],
        vec![Promise(0, 0), LeaveOut(0), Crash(0), Claim(1)],
    ] {
        assert_eq!(fate(played(InDoubt::Hold, false, found.into_iter().chain(steps))), (Outcome::Suppressed, 0));
    }
    // Without marks nobody knows.
    let unmarked = [Unsubscribe(0), Claim(2), Flush(2, 1), Crash(2), Claim(1)];
    assert_eq!(fate(played(InDoubt::Resend, false, unmarked)), (Outcome::Unknown, 0));
}
