use super::*;
use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// Work that goes on until it is let go, and is counted meanwhile.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    at_work: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    fn work(self: &Arc<Self>) -> impl FnOnce() + Send + use<> {
        let gate = self.clone();
        move || {
            let at_work = gate.at_work.fetch_add(1, Ordering::SeqCst) + 1;
            gate.most.fetch_max(at_work, Ordering::SeqCst);
            let open = gate.open.lock().expect("nobody panics");
            drop(gate.opened.wait_while(open, |open| !*open).expect("nobody panics"));
            gate.at_work.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn open(&self) {
        *self.open.lock().expect("nobody panics") = true;
        self.opened.notify_all();
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

#[tokio::test]
async fn somebody_who_hangs_up_makes_no_room_before_their_hash_is_done() {
    let (hashing, gate) = (Hashing::new(2, 8), Arc::new(Gate::default()));
    let ask = |number: u8| {
        let (hashing, work) = (hashing.clone(), gate.work());
        tokio::spawn(async move {
            let turn = hashing.turn(hashing.asker(Some(address(number)))?).await?;
            Ok(turn.work(work).await.map(drop)?)
        })
    };
    let first: Vec<_> = (0..8).map(ask).collect();
    until("two are at work", || gate.at_work.load(Ordering::SeqCst) == 2).await;
    for asked in &first {
        asked.abort();
    }
    for asked in first {
        assert!(asked.await.expect_err("it hung up").is_cancelled());
    }

    let second: Vec<_> = (100..108).map(ask).collect();
    until("all the others wait", || hashing.lock().strangers.len() == 8).await;
    assert_eq!(gate.at_work.load(Ordering::SeqCst), 2);
    gate.open();

    for asked in second {
        let asked: Result<(), Refused> = asked.await.expect("nobody hung up");
        asked.expect("there was room");
    }
    assert_eq!(gate.most.load(Ordering::SeqCst), 2);
    until("all turns are over", || hashing.lock().working == 0).await;
}

#[tokio::test]
async fn work_that_panics_gives_its_turn_to_the_next() {
    let hashing = Hashing::new(1, 1);
    let asker = || hashing.asker(None).expect("nobody counts");
    let turn = hashing.turn(asker()).await.expect("there is room");
    let failed = turn.work(|| panic!("as tests do")).await.map(|(_, ())| ());
    assert!(matches!(failed, Err(Fault::Task(_))), "{failed:?}");
    let turn = hashing.turn(asker()).await.expect("there is room");
    assert_eq!(turn.work(|| 7).await.expect("it works").1, 7);
}

/// A line whose one turn is taken, and what those get who join it one after another.
fn joined(places: usize, askers: &[(u8, bool)]) -> (Turn, Vec<Option<oneshot::Receiver<Turn>>>) {
    let hashing = Hashing::new(1, places);
    let first = hashing.asker(None).expect("nobody counts");
    let Ok(Place::Now(turn)) = hashing.join(first) else { panic!("nobody was before") };
    let join = |(last, known): &(u8, bool)| {
        let asker = hashing.asker(Some(address(*last))).expect("few are inside");
        hashing.join(if *known { asker.known() } else { asker }).ok().map(|place| match place {
            Place::Later(call) => call,
            Place::Now(_) => panic!("the turn is taken"),
        })
    };
    (turn, askers.iter().map(join).collect())
}

/// In which order they are called; those who are not, were sent away.
fn order(turn: Turn, mut calls: Vec<Option<oneshot::Receiver<Turn>>>) -> Vec<usize> {
    let mut order = Vec::new();
    let mut turn = Some(turn);
    while turn.take().is_some() {
        for (number, call) in calls.iter_mut().enumerate() {
            let called = call.as_mut().and_then(|call| call.try_recv().ok());
            if called.is_some() {
                order.push(number);
                turn = called;
            }
        }
    }
    order
}

#[test]
fn a_full_line_is_shared_between_addresses_and_known_ones_have_their_own() {
    let [flood, other, third, fourth] = [1, 2, 3, 9].map(|last| (last, false));
    let [owner, friend] = [4, 5].map(|last| (last, true));
    for (what, askers, served) in [
        ("first come, first served", vec![flood, other, third], vec![0, 1, 2]),
        ("one address has its own line", vec![flood, flood, flood, flood], vec![0, 1, 2]),
        ("somebody who has fewer places gets one", vec![flood, flood, flood, other], vec![0, 3, 1]),
        ("but not more than the other has", vec![flood, flood, flood, other, other], vec![0, 3, 1]),
        ("among equals who was first", vec![flood, other, third, fourth], vec![0, 1, 2]),
        ("a known one need not wait for strangers", vec![flood, other, owner], vec![2, 0, 1]),
        ("nor do strangers for all of them", vec![owner, owner, flood, flood], vec![0, 2, 1, 3]),
        ("neither keep the others out", vec![flood, other, third, owner, owner, owner], vec![3, 0, 4, 1, 5, 2]),
        ("they share as strangers do", vec![owner, owner, owner, friend], vec![0, 3, 1]),
    ] {
        let (turn, calls) = joined(3, &askers);
        assert_eq!(order(turn, calls), served, "{what}");
    }
}

#[test]
fn whoever_hangs_up_while_waiting_leaves_the_place_to_others() {
    let (turn, mut calls) = joined(3, &[(1, false); 3]);
    calls[0] = None;
    let hashing = turn.0.as_ref().expect("it is not over").0.clone();
    let asker = hashing.asker(Some(address(1))).expect("few are inside");
    let Ok(Place::Later(call)) = hashing.join(asker) else { panic!("there is a place") };
    calls.push(Some(call));
    assert_eq!(order(turn, calls), [1, 2, 3]);
    let lines = hashing.lock();
    assert_eq!((lines.working, lines.strangers.len()), (0, 0));
}

#[test]
fn one_address_is_let_in_only_so_often_and_again_when_it_leaves() {
    let hashing = Hashing::new(1, 100);
    let mut inside: Vec<_> = (0..INSIDE).map(|_| hashing.asker(Some(address(1))).expect("there is room")).collect();
    assert!(hashing.asker(Some(address(1))).is_err());
    assert!(hashing.asker(Some(address(2))).is_ok());
    // Whoever waits or works is inside, too.
    let Some(Place::Now(turn)) = inside.pop().and_then(|asker| hashing.join(asker).ok()) else { panic!("a turn") };
    let Some(Place::Later(_call)) = inside.pop().and_then(|asker| hashing.join(asker).ok()) else { panic!("a place") };
    assert!(hashing.asker(Some(address(1))).is_err());
    drop((turn, inside));
    assert!(hashing.inside.lock().get(&address(1)).is_none_or(|count| *count < 2));
}

/// Many addresses that come again and again have had their turns.
#[test]
fn in_a_full_line_somebody_for_whom_nothing_was_done_lately_takes_the_place_of_others() {
    let hashing = Hashing::new(1, 2);
    let join = |last| hashing.join(hashing.asker(Some(address(last))).expect("few are inside"));
    let Ok(Place::Now(mut turn)) = join(1) else { panic!("nobody was before") };
    // Each of these has had a turn.
    for last in [2, 3, 1] {
        let Ok(Place::Later(mut call)) = join(last) else { panic!("there is a place") };
        drop(turn);
        turn = call.try_recv().expect("a turn");
    }
    let [Ok(Place::Later(_second)), Ok(Place::Later(mut third))] = [2, 3].map(join) else { panic!("places") };
    assert!(join(2).is_err() && join(3).is_err(), "they have no less than those who wait");
    let Ok(Place::Later(mut newcomer)) = join(4) else { panic!("somebody gives way") };
    assert!(third.try_recv().is_err(), "it was the last one");
    drop(turn);
    assert!(newcomer.try_recv().is_ok(), "and the newcomer is first");
}

#[tokio::test]
async fn in_a_full_line_it_is_looked_up_whether_somebody_is_known() {
    let hashing = Hashing::new(1, 1);
    let asker = |last| hashing.asker(Some(address(last))).expect("few are inside");
    let first = hashing.turn_of_a_stranger(asker(1), async { panic!("it does not matter") });
    let turn = first.await.expect("there is room");
    let _place = hashing.join(asker(2));
    let stranger = hashing.turn_of_a_stranger(asker(3), async { Ok(false) }).await;
    assert!(stranger.is_err());
    let known = hashing.turn_of_a_stranger(asker(4), async { Ok(true) });
    let (known, ()) = tokio::join!(known, async {
        tokio::task::yield_now().await;
        drop(turn);
    });
    known.expect("known ones have a line of their own");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let hashing = Hashing::new(1, 1);
    let asker = || hashing.asker(None).expect("nobody counts");
    let _turn = hashing.turn(asker()).await.expect("there is room");
    let refused = hashing.turn(asker()).await.expect_err("nobody gives a turn back");
    assert!(matches!(&refused, Refused::Problems(problems) if problems[0].code == Code::RateLimited), "{refused}");
}

#[test]
fn somebody_who_finds_the_line_full_learns_when_to_try_again() {
    let problem = full();
    assert_eq!((problem.code, problem.retry_after), (Code::RateLimited, Some(AGAIN)));
}
