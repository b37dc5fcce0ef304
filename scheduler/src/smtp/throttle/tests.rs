use std::collections::VecDeque;

use super::*;

const PAUSE: Duration = SECOND;

/// A relay that takes so many letters in any time so long, and letters that are sent to it as fast as the throttle lets
/// them, a few at the same time.
struct World {
    throttle: Throttle,
    now: Instant,
    most: usize,
    within: Duration,
    taken: VecDeque<Instant>,
    sent: u32,
    refused: u32,
}

impl World {
    fn new(most: usize, within: Duration) -> Self {
        let (throttle, now) = (Throttle::new(PAUSE), Instant::now());
        Self { throttle, now, most, within, taken: VecDeque::new(), sent: 0, refused: 0 }
    }

    /// Sends so many letters; says how long it took. Gives up when the breaker would take over.
    fn send(&mut self, letters: u32) -> Option<Duration> {
        let began = self.now;
        let last = self.sent + letters;
        while self.sent < last {
            self.now = self.throttle.held(self.now).unwrap_or(self.now);
            let rate = self.throttle.rate();
            self.now += Duration::from_secs_f64(rate.map_or(0.005, |rate| 1.0 / rate));
            let (now, within) = (self.now, self.within);
            self.taken.retain(|at| now.duration_since(*at) < within);
            if self.taken.len() < self.most {
                self.taken.push_back(now);
                self.sent += 1;
                self.throttle.took(now);
            } else {
                self.refused += 1;
                let recipient = format!("client{}@example.com", self.sent);
                if self.throttle.too_fast(&recipient, now, now) == Advice::LeaveAlone {
                    return None;
                }
            }
        }
        Some(self.now - began)
    }
}

#[test]
fn the_rate_of_a_relay_is_found_at_once_and_hardly_ever_missed() {
    for most in [5, 14, 50, 100] {
        let mut world = World::new(most, SECOND);
        let letters = u32::try_from(most * 20).expect("a number");
        let took = world.send(letters).expect("slowing down helps").as_secs_f64();
        assert!((19.0..24.0).contains(&took), "{most} per second: 20 seconds' worth in {took} s");
        assert!(world.refused <= 8, "{most} per second: {} of {letters} refused", world.refused);
    }
}

#[test]
fn a_relay_that_takes_a_letter_a_second_is_found_too() {
    let mut world = World::new(1, SECOND);
    let took = world.send(60).expect("slowing down helps").as_secs_f64();
    assert!((59.0..75.0).contains(&took), "{took} s");
    assert!(world.refused <= 25, "{} refused", world.refused);
}

#[test]
fn single_refusals_among_letters_that_are_taken_slow_nothing_down() {
    let (mut throttle, now) = (Throttle::new(PAUSE), Instant::now());
    for _ in 0..20 {
        for _ in 0..7 {
            throttle.took(now);
        }
        assert_eq!(throttle.too_fast("kim@example.com", now, now), Advice::GoOn);
    }
    assert_eq!((throttle.rate(), throttle.held(now)), (None, None));
}

#[test]
fn what_was_on_its_way_when_the_rate_fell_makes_it_fall_no_further() {
    let (mut throttle, start) = (Throttle::new(PAUSE), Instant::now());
    for _ in 0..14 {
        throttle.took(start);
    }
    let now = start + Duration::from_millis(5);
    let advice: Vec<_> =
        (0..10).map(|number| throttle.too_fast(&format!("{number}@example.com"), start, now)).collect();
    assert_eq!(advice[..2], [Advice::GoOn, Advice::SlowDown]);
    assert!(advice[2..].iter().all(|advice| *advice == Advice::GoOn), "{advice:?}");
    assert_eq!(throttle.rate(), Some(14.0 * MARGIN));
    assert_eq!(throttle.held(now), Some(now + PAUSE));
    assert!(throttle.several_refused());
    throttle.took(now);
    assert!(!throttle.several_refused());
}

#[test]
fn a_relay_that_takes_nothing_more_is_left_alone_in_the_end_and_its_rate_is_kept() {
    let mut world = World::new(14, Duration::from_hours(24));
    assert_eq!(world.send(300), None);
    assert_eq!(world.sent, 14);
    assert!(world.refused <= 10, "{}", world.refused);
    assert_eq!(world.throttle.rate(), Some(14.0 * MARGIN), "tomorrow it takes as many as today");
}

#[test]
fn a_rate_that_is_used_up_grows_and_one_that_is_not_stays() {
    for (every, grows) in [(Duration::from_millis(75), true), (Duration::from_millis(750), false)] {
        let (mut throttle, mut now) = (Throttle::new(PAUSE), Instant::now());
        throttle.adopt(Some(14.0));
        throttle.too_fast("kim@example.com", now, now);
        throttle.too_fast("eva@example.com", now, now);
        let before = throttle.rate();
        for _ in 0..1_000 {
            now += every;
            throttle.took(now);
        }
        assert_eq!(throttle.rate() > before, grows, "{every:?}");
    }
}

#[test]
fn after_an_hour_without_a_refusal_a_rate_is_forgotten() {
    let mut world = World::new(14, SECOND);
    world.send(100).expect("slowing down helps");
    let changes = world.throttle.changes();
    assert!(world.throttle.rate().is_some());
    assert!(world.throttle.took(world.now + FORGET));
    assert_eq!((world.throttle.rate(), world.throttle.changes()), (None, changes + 1));
}

#[test]
fn many_recipients_put_off_in_a_row_are_a_sign_and_single_ones_are_none() {
    let (mut throttle, now) = (Throttle::new(PAUSE), Instant::now());
    for _ in 0..100 {
        for _ in 0..9 {
            assert_eq!(throttle.put_off(now), Advice::GoOn);
        }
        throttle.took(now);
    }
    let advice: Vec<_> = (0..16).map(|_| throttle.put_off(now)).collect();
    let slowed = advice.iter().filter(|advice| **advice == Advice::SlowDown).count();
    assert_eq!((slowed, advice[9], advice[8]), (3, Advice::SlowDown, Advice::GoOn));
}

#[test]
fn processes_that_share_a_relay_do_not_take_their_part_for_the_whole() {
    let (mut throttle, mut now) = (Throttle::new(PAUSE), Instant::now());
    throttle.adopt(Some(14.0));
    throttle.shared_by(2);
    throttle.too_fast("kim@example.com", now, now);
    throttle.too_fast("eva@example.com", now, now);
    for _ in 0..70 {
        now += Duration::from_millis(143);
        throttle.took(now);
    }
    throttle.too_fast("kim@example.com", now, now);
    throttle.too_fast("eva@example.com", now, now);
    let rate = throttle.rate().expect("a rate");
    assert!((12.0..14.0).contains(&rate), "{rate}");
}
