use super::*;

/// So many connections that have greeted, and as many that are being opened.
fn places(most: usize, open: usize, opening: usize) -> Places {
    let mut places = Places::new(most);
    for _ in 0..open {
        places.opens();
        places.opened();
    }
    for _ in 0..opening {
        places.opens();
    }
    places
}

fn refused(places: &mut Places, now: Instant) -> bool {
    places.did_not_open();
    places.refused(now)
}

#[test]
fn as_many_are_allowed_as_work_when_another_is_refused() {
    let now = Instant::now();
    // All at once, and the refusals come before the good news.
    let mut places = places(10, 0, 10);
    for _ in 0..8 {
        assert!(refused(&mut places, now));
    }
    places.opened();
    places.opened();
    assert_eq!((places.allowed(), places.has_room(now)), (Some(2), false));
}

#[test]
fn the_only_connection_is_refused_because_of_the_relay() {
    let now = Instant::now();
    let mut places = places(10, 0, 3);
    let extra: Vec<bool> = (0..3).map(|_| refused(&mut places, now)).collect();
    assert_eq!(extra, [true, true, false]);
    assert_eq!(places.allowed(), None, "nothing was learned from a relay that is away");
    assert!(places.has_room(now));
}

#[test]
fn one_more_is_tried_ever_more_rarely() {
    let mut now = Instant::now();
    let began = now;
    let mut places = places(10, 2, 1);
    now += Duration::from_millis(1);
    assert!(refused(&mut places, now));
    places.carried(began, now);
    for minutes in [1, 2, 4, 8, 16, 30, 30] {
        let pause = Duration::from_mins(minutes);
        assert!(!places.has_room(now + pause.checked_sub(Duration::from_millis(1)).expect("earlier")));
        now += pause;
        assert!(places.has_room(now), "after {minutes} minutes");
        places.opens();
        assert!(!places.has_room(now), "one at a time");
        assert!(refused(&mut places, now));
        assert_eq!(places.allowed(), Some(2));
    }
}

#[test]
fn one_more_that_works_stays_and_the_next_is_tried_soon_until_nothing_is_missing() {
    let start = Instant::now();
    let mut places = places(4, 2, 1);
    let mut now = start + Duration::from_millis(1);
    assert!(refused(&mut places, now));
    places.carried(start, now);
    now += LATER;
    for allowed in [Some(3), None] {
        assert!(places.has_room(now));
        places.opens();
        places.opened();
        assert!(!places.crowded(now), "it is on trial");
        places.carried(now, now);
        assert_eq!(places.allowed(), allowed);
        now += SOON;
    }
}

#[test]
fn a_number_that_no_older_connection_has_proven_is_tried_again_soon() {
    let start = Instant::now();
    // Two that the relay has closed, without our having noticed.
    let mut places = places(10, 2, 1);
    let now = start + Duration::from_millis(1);
    assert!(refused(&mut places, now));
    places.closed();
    places.opens();
    places.opened();
    places.carried(now, now);
    assert!(places.has_room(now + SOON));
}

#[test]
fn whoever_has_more_than_its_share_gives_up_one() {
    let now = Instant::now();
    let mut places = places(10, 3, 0);
    places.adopt(Some(2), now);
    assert!(places.crowded(now));
    places.closed();
    assert!(!places.crowded(now));
    places.adopt(Some(0), now);
    assert_eq!(places.allowed(), Some(1), "nobody gets none");
    places.adopt(None, now);
    assert!(places.has_room(now) && places.allowed().is_none());
}
