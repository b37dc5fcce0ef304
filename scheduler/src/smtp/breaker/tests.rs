use super::{super::reply::Reply, *};

const PAUSES: Pauses = Pauses { failures: 3, first: Duration::from_secs(1), longest: Duration::from_mins(5) };

fn not_tried(scope: Scope) -> Judgement {
    Judgement::NotTried { scope, why: "because".to_owned(), reply: None }
}

fn accepted() -> Judgement {
    Judgement::Accepted { reply: Reply::new(250, "ok") }
}

/// Fails until it is open; gives back the pause.
fn open(breaker: &mut Breaker, now: Instant) -> Duration {
    while breaker.allowed() > 0 {
        breaker.judged(&not_tried(Scope::Relay), now);
    }
    breaker.probe_due().expect("a probe") - now
}

#[test]
fn it_opens_after_failures_in_a_row_only() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    for _ in 0..5 {
        breaker.judged(&not_tried(Scope::Relay), now);
        breaker.judged(&not_tried(Scope::Relay), now);
        breaker.judged(&accepted(), now);
    }
    assert_eq!(breaker.status(), BreakerStatus::Closed);
    open(&mut breaker, now);
    assert!(matches!(breaker.refusal(), Some(Judgement::NotTried { scope: Scope::Relay, .. })));
}

#[test]
fn credentials_and_rate_open_it_at_once_and_other_judgements_never() {
    let now = Instant::now();
    for (judgement, opens) in [
        (not_tried(Scope::Credentials), true),
        (not_tried(Scope::Rate), true),
        (not_tried(Scope::Relay), false),
        (not_tried(Scope::Sender), false),
        (not_tried(Scope::Withdrawn), false),
        (Judgement::Unknown { why: String::new() }, false),
        (accepted(), false),
    ] {
        let mut breaker = Breaker::new(PAUSES, 10, 7);
        breaker.judged(&judgement, now);
        assert_eq!(breaker.status() != BreakerStatus::Closed, opens, "{judgement:?}");
    }
}

#[test]
fn letters_with_an_unknown_fate_count_as_failures() {
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    for _ in 0..3 {
        breaker.judged(&Judgement::Unknown { why: "lost".to_owned() }, Instant::now());
    }
    assert_eq!(breaker.allowed(), 0);
}

#[test]
fn pauses_double_up_to_the_longest_and_since_stays() {
    let start = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    let mut pause = open(&mut breaker, start);
    let mut now = start;
    for round in 1..12_u32 {
        now += pause;
        assert!(!breaker.take_probe(now.checked_sub(Duration::from_millis(1)).expect("earlier")));
        assert!(breaker.take_probe(now));
        assert!(!breaker.take_probe(now), "one probe at a time");
        breaker.probed_badly(&not_tried(Scope::Relay), now);
        pause = breaker.probe_due().expect("a probe") - now;
        let plain = 2_f64.powi(i32::try_from(round).expect("small")).min(300.0);
        assert!((plain * 0.79..plain * 1.21).contains(&pause.as_secs_f64()), "round {round}: {pause:?}");
    }
    assert!(matches!(breaker.status(), BreakerStatus::Open { since, .. } if since == start));
}

#[test]
fn after_a_good_probe_one_letter_goes_and_then_all() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    let pause = open(&mut breaker, now);
    assert!(breaker.take_probe(now + pause));
    breaker.probed_well();
    assert_eq!((breaker.status(), breaker.allowed()), (BreakerStatus::Closed, 1));
    breaker.judged(&accepted(), now);
    assert_eq!(breaker.allowed(), 10);
}

#[test]
fn a_failure_on_trial_opens_it_again_for_longer() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    let pause = open(&mut breaker, now);
    assert!(breaker.take_probe(now + pause));
    breaker.probed_well();
    breaker.judged(&not_tried(Scope::Relay), now);
    assert!(breaker.probe_due().expect("a probe") - now > pause);
}

#[test]
fn too_fast_halves_what_is_on_the_way_and_calm_brings_it_back() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    breaker.judged(&not_tried(Scope::Rate), now);
    assert!(breaker.take_probe(now + Duration::from_secs(2)));
    breaker.probed_well();
    breaker.judged(&accepted(), now);
    assert_eq!(breaker.allowed(), 5);
    for _ in 0..300 {
        breaker.judged(&accepted(), now);
    }
    assert_eq!(breaker.allowed(), 10);
}

fn elsewhere(now: Instant) -> OpenElsewhere {
    OpenElsewhere {
        since: now,
        until: now + Duration::from_secs(5),
        scope: Scope::Relay,
        why: "nobody answers".to_owned(),
        level: 4,
    }
}

#[test]
fn what_another_process_opened_is_open_here_until_it_says_otherwise() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    breaker.adopt_open(elsewhere(now));
    assert!(matches!(breaker.status(), BreakerStatus::Open { adopted: true, since, .. } if since == now));
    assert!(!breaker.take_probe(now + Duration::from_secs(4)), "the other probes");

    breaker.adopt_close();

    assert_eq!((breaker.status(), breaker.allowed()), (BreakerStatus::Closed, 1));
}

#[test]
fn whoever_outlives_the_process_that_opened_it_probes_and_goes_on_with_its_pauses() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    breaker.adopt_open(elsewhere(now));
    let later = now + Duration::from_secs(5);
    assert!(breaker.take_probe(later));
    breaker.probed_badly(&not_tried(Scope::Relay), later);
    assert!(matches!(breaker.status(), BreakerStatus::Open { adopted: false, level: 5, since, .. } if since == now));
    let pause = breaker.probe_due().expect("a probe") - later;
    assert!((12.0..20.0).contains(&pause.as_secs_f64()), "2 to the power of 4: {pause:?}");
}

#[test]
fn nobody_else_closes_what_one_opened_oneself() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    open(&mut breaker, now);
    breaker.adopt_close();
    assert_eq!(breaker.allowed(), 0);
}

#[test]
fn a_probe_that_is_on_its_way_decides_although_another_process_says_open() {
    let now = Instant::now();
    let mut breaker = Breaker::new(PAUSES, 10, 7);
    let pause = open(&mut breaker, now);
    assert!(breaker.take_probe(now + pause));
    breaker.adopt_open(elsewhere(now));
    assert!(!breaker.take_probe(now + Duration::from_mins(1)), "one probe at a time");
    breaker.probed_well();
    assert_eq!(breaker.allowed(), 1);
}
