use super::*;

fn pace(wire: usize) -> Arc<Pace> {
    Arc::new(Pace::new(wire))
}

/// As if the relay took so many letters a second, and an intent's commit took so long.
fn at(pace: &Pace, rate: f64, commit: f64) {
    let mut state = pace.state();
    (state.rate, state.commit) = (rate, commit);
}

fn open(pace: &Pace) -> usize {
    pace.state().open
}

#[test]
fn a_relay_whose_speed_nobody_knows_gets_one_letter_more_than_it_has_connections() {
    let pace = pace(10);
    let share = pace.share();
    let taken = share.take(500).expect("room");
    assert_eq!((taken.letters(), open(&pace)), (11, 11));
    assert!(share.take(500).is_none());
}

#[test]
fn ahead_of_the_wire_is_what_the_relay_takes_during_a_commit_and_one_intent() {
    for (rate, commit, ahead) in
        [(1.0, 0.005, 1), (50.0, 0.005, 1), (1_000.0, 0.01, 28), (5_000.0, 0.01, 222), (8_000.0, 0.01, 300)]
    {
        let pace = pace(16);
        at(&pace, rate, commit);
        assert_eq!(pace.share().take(500).expect("room").letters(), 16 + ahead, "{rate} letters/s");
    }
}

#[test]
fn slow_commits_do_not_make_it_grow_without_bounds() {
    let pace = pace(16);
    at(&pace, 100_000.0, 10.0);
    assert_eq!(pace.share().take(10_000).expect("room").letters(), 16 + MOST);
}

#[test]
fn an_intent_waits_until_it_is_worth_a_commit() {
    let pace = pace(16);
    at(&pace, 2_000.0, 0.01);
    let share = pace.share();
    let mut taken = share.take(500).expect("room");
    let quantum = pace.state().quantum();
    assert_eq!(quantum, 32);
    for _ in 1..quantum {
        taken.letter().answered(false);
        assert!(share.take(300).is_none());
    }
    taken.letter().answered(false);
    assert_eq!(share.take(300).expect("room").letters(), quantum);
}

#[test]
fn the_last_letters_of_a_batch_wait_for_no_company() {
    let pace = pace(16);
    at(&pace, 2_000.0, 0.01);
    let share = pace.share();
    let mut taken = share.take(500).expect("room");
    for _ in 0..3 {
        taken.letter().answered(false);
    }
    assert_eq!(share.take(3).expect("room").letters(), 3);
}

#[test]
fn a_batch_that_has_nothing_more_to_promise_leaves_its_part_to_the_others() {
    let pace = pace(10);
    let (large, small) = (pace.share(), pace.share());
    let last = small.take(2).expect("room");
    assert!(small.take(0).is_none());

    let taken = large.take(500).expect("room");

    assert_eq!((last.letters(), taken.letters()), (2, 9), "all connections have a letter");
    // Its last letter was put off, and is to be tried again.
    drop(last);
    assert_eq!(small.take(1).expect("room").letters(), 1);
    drop(taken);
    assert_eq!(large.take(500).expect("room").letters(), 6, "it has its part again");
}

#[test]
fn batches_have_equal_parts_of_a_slow_relay() {
    let pace = pace(7);
    let (large, small) = (pace.share(), pace.share());
    assert_eq!(large.take(500).expect("room").letters(), 4);
    let of_large = large.take(500).expect("what was taken and not used is given back");
    assert_eq!(small.take(500).expect("room").letters(), 4);
    drop(of_large);
}

#[tokio::test]
async fn who_has_asked_first_is_woken_first_and_who_leaves_wakes_the_next() {
    let pace = pace(1);
    let first = pace.share();
    let mut taken = first.take(2).expect("room");
    let (second, third) = (pace.share(), pace.share());
    assert!(second.take(5).is_none() && third.take(5).is_none() && first.take(5).is_none());
    taken.letter().answered(true);
    second.turn().await;
    assert!(third.take(5).is_none(), "it is not its turn");
    drop(second);
    third.turn().await;
    assert!(third.take(5).is_some());
}

#[test]
fn whatever_becomes_of_letters_and_batches_everything_is_given_back() {
    let pace = pace(4);
    let share = pace.share();
    let mut taken = share.take(5).expect("room");
    let letters = [taken.letter(), taken.letter()];
    drop((share, taken));
    assert_eq!(open(&pace), 2);
    drop(letters);
    let state = pace.state();
    assert_eq!((state.open, state.shares.len(), state.line.len()), (0, 0, 0));
}

#[test]
fn the_speed_is_measured_and_not_guessed_from_one_answer() {
    let pace = pace(4);
    let mut state = pace.state();
    let since = state.since;
    state.answered(since + Duration::from_millis(1));
    assert_eq!(state.rate.to_bits(), 0_f64.to_bits());
    state.answered(since + Duration::from_millis(40));
    assert!((24.0..=26.0).contains(&state.rate), "half of the way to 50 letters/s: {}", state.rate);
}
