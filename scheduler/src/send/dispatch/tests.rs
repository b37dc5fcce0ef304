use super::*;
use chrono::DateTime;
use domain::mailing::InDoubt;

fn outcome(place: usize) -> Attempt {
    let place = u16::try_from(place).expect("a place");
    let judgement = Judgement::Accepted { reply: Reply::new(250, "ok") };
    judge::attempt(place, DateTime::UNIX_EPOCH, judgement, 0, InDoubt::Hold, &[])
}

fn not_tried(scope: Scope, reply: Option<Reply>) -> Judgement {
    Judgement::NotTried { scope, why: "because".to_owned(), reply }
}

#[tokio::test(start_paused = true)]
async fn outcomes_wait_for_company_until_they_are_many_or_old_or_the_last_ones() {
    let mut under_way = UnderWay { in_flight: FLUSH_AT + 1, ..UnderWay::new() };
    tokio::time::advance(FLUSH_AFTER * 2).await;
    assert!(!under_way.is_due(true), "there are none");

    under_way.answered(outcome(0));
    assert!(!under_way.is_due(false), "its age counts, and not how long nothing came before");
    assert!(under_way.is_due(true), "no more will come");
    tokio::time::advance(FLUSH_AFTER).await;
    assert!(under_way.is_due(false), "it is old");
    assert_eq!(under_way.flush(), Instant::now());

    assert_eq!(under_way.leave(Instant::now()), [outcome(0)]);
    assert!(!under_way.is_due(true), "they are taken");
    for place in 0..FLUSH_AT {
        assert!(!under_way.is_due(false), "{place} are few");
        under_way.answered(outcome(place));
    }
    assert!(under_way.is_due(false), "they are many");
    assert_eq!(under_way.in_flight, 0);
}

#[test]
fn a_recipient_that_always_meets_answers_about_the_relay_is_deferred_and_others_are_not() {
    let reply = || Some(Reply::new(451, "4.3.0 not now"));
    for scope in [Scope::Relay, Scope::Rate, Scope::Credentials] {
        let mut under_way = UnderWay::new();
        for _ in 1..BLAMELESS {
            let judgement = under_way.blame(7, not_tried(scope, reply()));
            assert!(matches!(judgement, Judgement::NotTried { scope: Scope::Relay, .. }), "{judgement:?}");
        }
        assert!(matches!(under_way.blame(7, not_tried(scope, reply())), Judgement::Deferred { .. }), "{scope:?}");
        assert!(matches!(under_way.blame(8, not_tried(scope, reply())), Judgement::NotTried { .. }), "{scope:?}");
    }
}

#[test]
fn what_no_server_has_said_is_never_put_down_to_a_recipient() {
    let mut under_way = UnderWay::new();
    let reply = || Some(Reply::new(550, "5.7.1 you may not send"));
    for _ in 0..=BLAMELESS {
        for (scope, reply) in [(Scope::Relay, None), (Scope::Withdrawn, None), (Scope::Sender, reply())] {
            let judgement = not_tried(scope, reply);
            assert_eq!(under_way.blame(7, judgement.clone()), judgement);
        }
    }
}
