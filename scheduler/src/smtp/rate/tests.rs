use super::*;

fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("a rate")
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_rate_is_a_number_and_a_unit() {
    for (text, per_second, block, one) in [
        ("100/s", 100.0, 10, ms(10)),
        ("600/m", 10.0, 1, ms(100)),
        ("5000/h", 5_000.0 / 3_600.0, 1, ms(720)),
        ("1/h", 1.0 / 3_600.0, 1, Duration::from_hours(1)),
    ] {
        let rate = rate(text);
        assert!((rate.per_second() - per_second).abs() < 1e-9, "{text}");
        assert_eq!((rate.block(), rate.time_of(1), rate.to_string().as_str()), (block, one, text));
    }
    for text in ["", "/s", "100", "0/s", "-1/s", "1.5/s", "100/d", "100/ s", "1000001/s"] {
        assert!(Rate::parse(text).is_none(), "{text}");
    }
}

#[test]
fn tokens_are_released_evenly_over_their_block() {
    let start = Instant::now();
    let mut pacing = Pacing::new(rate("100/s"));
    pacing.add(Block { start, tokens: 10 });
    let mut taken = Vec::new();
    for passed in 0..200 {
        while pacing.take(start + ms(passed)) {
            taken.push(passed);
        }
    }
    assert_eq!(taken, (0..10).map(|token| token * 10).collect::<Vec<_>>());
}

#[test]
fn the_next_moment_is_known_also_when_tokens_wait() {
    let start = Instant::now();
    let mut pacing = Pacing::new(rate("100/s"));
    pacing.add(Block { start, tokens: 3 });
    pacing.add(Block { start: start + ms(100), tokens: 1 });
    assert_eq!((pacing.due(start + ms(15)), pacing.next(start + ms(15))), (2, Some(start + ms(20))));
    assert_eq!((pacing.due(start + ms(25)), pacing.next(start + ms(25))), (3, Some(start + ms(100))));
    assert_eq!(pacing.next(start + ms(100)), None);
}

#[test]
fn what_was_not_used_for_the_time_of_a_block_has_lapsed() {
    let start = Instant::now();
    let mut pacing = Pacing::new(rate("100/s"));
    pacing.add(Block { start, tokens: 10 });
    assert_eq!(pacing.due(start + ms(90)), 10);
    assert_eq!(pacing.due(start + ms(151)), 4, "those of the last 100 ms");
    assert_eq!(pacing.due(start + ms(300)), 0);
    assert!(!pacing.take(start + ms(300)));
}

#[test]
fn the_next_block_is_asked_for_ahead_of_need_and_not_larger_than_needed() {
    let start = Instant::now();
    let mut pacing = Pacing::new(rate("100/s"));
    assert_eq!(pacing.wanted(0, start), 0, "nobody waits");
    assert_eq!(pacing.wanted(3, start), 3);
    assert_eq!(pacing.wanted(500, start), 10);
    pacing.add(Block { start: start + ms(50), tokens: 10 });
    assert_eq!(pacing.wanted(500, start), 0, "these last for 150 ms");
    assert_eq!(pacing.wanted(500, start + ms(50)), 10);
    assert_eq!(pacing.wanted(12, start + ms(50)), 2);
}

#[test]
fn one_token_at_a_time_is_enough_for_a_slow_rate() {
    let start = Instant::now();
    let mut pacing = Pacing::new(rate("1/m"));
    assert_eq!(pacing.wanted(500, start), 1);
    pacing.add(Block { start, tokens: 1 });
    assert!(pacing.take(start + Duration::from_secs(30)), "it keeps until the next one");
    assert_eq!(pacing.wanted(500, start + Duration::from_secs(30)), 1);
}

#[tokio::test]
async fn a_process_alone_counts_for_itself() {
    let tokens = OwnTokens::default();
    let first = tokens.take(rate("100/s"), 10).await.expect("a block");
    let second = tokens.take(rate("100/s"), 5).await.expect("a block");
    assert_eq!(second.start - first.start, ms(100));
}
