//! Who goes together, and what becomes of those who went when something fails.

use super::*;
use std::future::{Future as _, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tokio::sync::Notify;

/// Doubles numbers, each time that it is let; zero makes it fail, and one panic.
#[derive(Default)]
struct Doubles {
    trips: AtomicUsize,
    gate: Notify,
    sizes: Mutex<Vec<usize>>,
}

impl Errand for Arc<Doubles> {
    type Question = u32;
    type Answer = u32;

    async fn run(&self, questions: Vec<u32>) -> Option<Vec<u32>> {
        self.trips.fetch_add(1, Ordering::SeqCst);
        self.sizes.lock().expect("whole").push(questions.len());
        self.gate.notified().await;
        assert!(!questions.contains(&1), "one is too much");
        (!questions.contains(&0)).then(|| questions.into_iter().map(|number| 2 * number).collect())
    }
}

/// Several ask while the first one is on its way. Returns what they hear, and how many went each time.
async fn asked(first: u32, others: &[u32]) -> (Vec<Option<u32>>, Vec<usize>) {
    let errand = Arc::new(Doubles::default());
    let company = Arc::new(Company::new(Arc::clone(&errand)));
    let ask = |number| {
        let company = Arc::clone(&company);
        tokio::spawn(async move { company.ask(number).await })
    };
    let mut asking = vec![ask(first)];
    while errand.trips.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    asking.extend(others.iter().copied().map(ask));
    while company.0.state().waiting.len() < others.len() {
        tokio::task::yield_now().await;
    }
    let opening = tokio::spawn({
        let errand = Arc::clone(&errand);
        async move {
            loop {
                errand.gate.notify_one();
                tokio::task::yield_now().await;
            }
        }
    });
    let mut heard = Vec::new();
    for asking in asking {
        heard.push(asking.await.expect("it ends"));
    }
    // Whatever happened, the next one gets its answer.
    assert_eq!(company.ask(50).await, Some(100));
    opening.abort();
    let sizes = errand.sizes.lock().expect("whole").clone();
    (heard, sizes)
}

#[tokio::test]
async fn the_first_goes_at_once_and_whoever_comes_meanwhile_goes_together() {
    let (heard, sizes) = asked(2, &[3, 4, 5]).await;
    assert_eq!(heard, [Some(4), Some(6), Some(8), Some(10)]);
    assert_eq!(sizes, [1, 3, 1]);
}

#[tokio::test]
async fn no_more_than_so_many_go_together() {
    let others: Vec<u32> = (3..).take(MOST + 1).collect();
    let (heard, sizes) = asked(2, &others).await;
    assert!(heard.iter().all(Option::is_some));
    assert_eq!(sizes, [1, MOST, 1, 1]);
}

#[tokio::test]
async fn when_asking_fails_each_has_to_ask_for_itself_and_those_who_come_later_are_answered() {
    for bad in [0, 1] {
        let (heard, _) = asked(2, &[3, bad]).await;
        assert_eq!(heard, [Some(4), None, None], "{bad}");
        let (heard, _) = asked(bad, &[]).await;
        assert_eq!(heard, [None], "{bad}");
    }
}

#[tokio::test]
async fn who_asked_first_and_went_away_keeps_nobody_waiting() {
    let errand = Arc::new(Doubles::default());
    let company = Arc::new(Company::new(Arc::clone(&errand)));
    {
        let mut first = Box::pin(company.ask(2));
        assert!(poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending())).await);
    }
    errand.gate.notify_one();
    let second = tokio::spawn(async move { company.ask(3).await });
    while errand.trips.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    errand.gate.notify_one();
    assert_eq!(second.await.expect("it ends"), Some(6));
}
