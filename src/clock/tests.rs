use super::*;

const RULES: Rules = Rules { tolerance: Duration::from_secs(5), silence: Duration::from_mins(3) };

/// Three clocks, of which each can be moved. All times are seconds.
struct Clocks {
    began: Instant,
    monotonic: u64,
    wall: i64,
    postgres: i64,
    knowledge: Knowledge,
}

impl Clocks {
    fn new() -> Self {
        Self { began: Instant::now(), monotonic: 0, wall: 0, postgres: 0, knowledge: Knowledge::default() }
    }

    /// Clocks that agree and have been compared.
    fn compared() -> Self {
        let mut clocks = Self::new();
        clocks.ask();
        clocks
    }

    fn moment(&self) -> Instant {
        self.began + Duration::from_secs(self.monotonic)
    }

    fn pass(&mut self, seconds: u64) {
        self.monotonic += seconds;
        let seconds = i64::try_from(seconds).expect("few");
        (self.wall, self.postgres) = (self.wall + seconds, self.postgres + seconds);
    }

    fn ask(&mut self) {
        let told = Reading { at: time(self.postgres), moment: self.moment(), wall: time(self.wall) };
        self.knowledge.hear(told, &RULES);
    }

    fn doubt(&self) -> Option<String> {
        self.knowledge.doubt(self.moment(), time(self.wall), &RULES)
    }

    fn now(&self) -> DateTime<Utc> {
        self.knowledge.last.expect("it has been told").at(self.moment())
    }

    fn knows(&self, seconds: i64) -> bool {
        self.doubt().is_none() && self.now() == time(seconds)
    }
}

fn time(seconds: i64) -> DateTime<Utc> {
    "2026-05-04T09:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::seconds(seconds)
}

const TWO_DAYS: i64 = 2 * 24 * 3_600;

#[test]
fn nobody_knows_the_time_before_postgresql_has_told_it() {
    let clocks = Clocks::new();
    assert!(clocks.doubt().is_some());
    assert!(clocks.knowledge.is_due(clocks.moment(), time(0), &RULES));
}

#[test]
fn the_time_is_postgresqls_also_where_this_machines_clock_is_two_days_ahead() {
    let mut clocks = Clocks::new();
    clocks.wall = TWO_DAYS;
    clocks.ask();
    assert!(clocks.knows(0));
    clocks.pass(59);
    assert!(clocks.knows(59));
    clocks.pass(1);
    clocks.ask();
    assert!(clocks.knows(60) && clocks.knowledge.apart.is_some());
}

#[test]
fn a_machine_whose_clock_is_set_waits_for_postgresql_and_then_knows_the_time_as_before() {
    for jump in [TWO_DAYS, -TWO_DAYS, 6] {
        let mut clocks = Clocks::compared();
        clocks.pass(30);
        clocks.wall += jump;
        assert!(clocks.doubt().is_some());
        assert_eq!(clocks.now(), time(30), "it is not moved meanwhile");
        assert!(clocks.knowledge.is_due(clocks.moment(), time(clocks.wall), &RULES), "it asks at once");
        clocks.ask();
        assert!(clocks.knows(30), "{jump}");
    }
}

#[test]
fn a_machine_that_was_suspended_asks_before_it_goes_on() {
    let mut clocks = Clocks::compared();
    clocks.pass(30);
    // Its monotonic clock stood still.
    (clocks.wall, clocks.postgres) = (clocks.wall + TWO_DAYS, clocks.postgres + TWO_DAYS);
    assert!(clocks.doubt().is_some());
    clocks.ask();
    assert!(clocks.knows(30 + TWO_DAYS));
}

#[test]
fn clocks_that_drift_a_little_are_no_reason_to_wait() {
    let mut clocks = Clocks::compared();
    for round in 1..100 {
        clocks.pass(60);
        (clocks.wall, clocks.postgres) = (clocks.wall + 1, clocks.postgres - 1);
        clocks.ask();
        assert!(clocks.knows(round * 59));
    }
}

#[test]
fn postgresql_whose_clock_jumps_is_not_believed_against_two_others() {
    let mut clocks = Clocks::compared();
    clocks.pass(60);
    clocks.postgres += TWO_DAYS;
    for round in 1..10 {
        clocks.ask();
        assert_eq!(clocks.doubt().as_deref(), Some("PostgreSQL's clock has jumped by 172800 s"));
        assert_eq!(clocks.now(), time(round * 60), "however often it says so");
        clocks.pass(60);
    }
    // It is mended.
    clocks.postgres -= TWO_DAYS;
    clocks.ask();
    assert!(clocks.knows(600));
}

#[test]
fn postgresql_is_right_again_when_this_machine_follows_it() {
    let mut clocks = Clocks::compared();
    clocks.pass(60);
    clocks.postgres -= 3_600;
    clocks.ask();
    assert!(clocks.doubt().is_some());
    clocks.wall -= 3_600;
    clocks.ask();
    assert!(clocks.knows(60 - 3_600));
}

#[test]
fn after_minutes_of_silence_nobody_knows_the_time_until_postgresql_tells_it() {
    let mut clocks = Clocks::compared();
    clocks.pass(180);
    assert!(clocks.doubt().is_none());
    clocks.pass(1);
    assert_eq!(clocks.doubt().as_deref(), Some("PostgreSQL has not told the time for 181 s"));
    clocks.ask();
    assert!(clocks.knows(181));
}

#[test]
fn after_a_long_silence_what_was_known_is_no_witness() {
    let mut clocks = Clocks::compared();
    clocks.pass(3_600);
    clocks.postgres += 60;
    clocks.ask();
    assert!(clocks.knows(3_660));
}
