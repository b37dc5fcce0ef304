//! The guard: when so many letters of a mailing come back, or so many recipients complain, that going on harms its sender.
//!
//! Complaints come days late, when the next run of a recurring mailing has long been sent. So each run that started within the last
//! [`LATELY`] is looked at by itself, as it was when it was the newest, and all of them together, since what is too little in each of them may
//! be too much in all. A run with few letters is looked at together with older ones, as many as it takes. None of that takes what is said of one
//! run for what is said of another one: letters of today, of which nobody can have complained yet, do not thin out what came of yesterday's.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a run is looked at after it has started, although there are newer ones. The newest one is looked at whenever it started.
pub const LATELY: TimeDelta = TimeDelta::days(7);

/// When a mailing is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many letters mail servers must have taken before shares mean anything.
    pub minimum: u64,
    /// The share of letters that came back for good above which the mailing is paused; none if it is not paused for that.
    pub bounces: Option<Share>,
    /// The share of letters that recipients complained of above which it is paused; none if it is not paused for that.
    pub complaints: Option<Share>,
}

/// A share in thousandths of a percent: 5 % is 5,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

/// What is known of some letters of a mailing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many letters mail servers took.
    pub accepted: u64,
    /// How many of them came back for good.
    pub bounced: u64,
    /// How many of them recipients complained of.
    pub complained: u64,
}

/// What is known of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The moment when it started.
    pub started_at: DateTime<Utc>,
    /// What is known of its letters.
    pub known: Counts,
    /// What of that was known when the guard paused its mailing; none if it has not done so since the run started.
    pub marked: Option<Counts>,
}

/// What has passed its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// So many letters came back for good.
    Bounces,
    /// So many recipients complained.
    Complaints,
}

/// How few reports are never too many: among some hundreds of letters a single complaint is more than the share that large providers
/// take amiss.
const FEW: u64 = 3;

impl Counts {
    /// All of these together.
    fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |sum, one| Self {
            accepted: sum.accepted.saturating_add(one.accepted),
            bounced: sum.bounced.saturating_add(one.bounced),
            complained: sum.complained.saturating_add(one.complained),
        })
    }
}

impl Run {
    /// What counts of it: what came after it was marked. If no letter was taken since, nothing does, as what still comes back is of letters
    /// that were known.
    fn counting(&self) -> Counts {
        let Some(marked) = self.marked else { return self.known };
        let accepted = self.known.accepted.saturating_sub(marked.accepted);
        if accepted == 0 {
            return Counts::default();
        }
        let bounced = self.known.bounced.saturating_sub(marked.bounced);
        let complained = self.known.complained.saturating_sub(marked.complained);
        Counts { accepted, bounced, complained }
    }
}

impl Share {
    /// The limit as percent, such as `0.3`.
    #[must_use]
    pub fn percent(self) -> String {
        let (whole, rest) = (self.0 / 1_000, self.0 % 1_000);
        let text = format!("{whole}.{rest:03}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// Whether `part` of `whole` is more than this share.
    fn is_passed_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 100_000 > u128::from(whole) * u128::from(self.0)
    }
}

impl Limits {
    /// Why a mailing with these runs, the newest first, is to be paused, and the letters that show it; none if it may go on. Complaints weigh
    /// more, and newer runs come first.
    #[must_use]
    pub fn judge(&self, runs: &[Run], now: DateTime<Utc>) -> Option<(Passed, Counts)> {
        let counting = counting(runs);
        let late = now - LATELY;
        let lately = runs.iter().zip(&counting).filter(|(run, _)| run.started_at > late).count();
        let together = Counts::sum(counting.iter().take(lately).copied());
        let each = (0..lately.max(1)).map(|first| self.enough(counting.get(first..).unwrap_or_default()));
        let passed: Vec<(Passed, Counts)> =
            each.chain([together]).filter_map(|counts| Some((self.passed(counts)?, counts))).collect();
        let complaints = passed.iter().find(|(passed, _)| *passed == Passed::Complaints);
        complaints.or_else(|| passed.first()).copied()
    }

    /// The first of these, as many as have the minimum together.
    fn enough(&self, counting: &[Counts]) -> Counts {
        let mut enough = Counts::default();
        for counts in counting {
            if enough.accepted >= self.minimum.max(1) {
                break;
            }
            enough = Counts::sum([enough, *counts]);
        }
        enough
    }

    /// What some letters have passed; none if the mailing may go on as far as it is about them.
    fn passed(&self, counts: Counts) -> Option<Passed> {
        if counts.accepted < self.minimum.max(1) {
            return None;
        }
        let too_many = |limit: Option<Share>, part: u64| {
            part >= FEW && limit.is_some_and(|limit| limit.is_passed_by(part, counts.accepted))
        };
        if too_many(self.complaints, counts.complained) {
            Some(Passed::Complaints)
        } else if too_many(self.bounces, counts.bounced) {
            Some(Passed::Bounces)
        } else {
            None
        }
    }
}

/// What counts of each of these runs, the newest first. What is older than a run that was marked, and was not marked with it, was not looked
/// at then, and counts no more.
fn counting(runs: &[Run]) -> Vec<Counts> {
    let mut is_marked = false;
    let counts = runs.iter().map_while(|run| {
        let is_before_the_pause = is_marked && run.marked.is_none();
        is_marked |= run.marked.is_some();
        (!is_before_the_pause).then(|| run.counting())
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { minimum: 200, bounces: Some(Share(5_000)), complaints: Some(Share(300)) };

    fn counts(accepted: u64, bounced: u64, complained: u64) -> Counts {
        Counts { accepted, bounced, complained }
    }

    #[test]
    fn a_mailing_is_paused_when_a_share_is_above_its_limit_and_enough_letters_were_taken() {
        for (counts, passed) in [
            (counts(0, 0, 0), None),
            (counts(199, 100, 100), None),
            (counts(200, 10, 0), None),
            (counts(200, 11, 0), Some(Passed::Bounces)),
            (counts(1_000, 50, 3), None),
            (counts(1_000, 51, 3), Some(Passed::Bounces)),
            (counts(1_000, 0, 4), Some(Passed::Complaints)),
            (counts(1_000, 900, 4), Some(Passed::Complaints)),
            // One or two complaints are too few to tell anything.
            (counts(200, 0, 2), None),
            (counts(200, 0, 3), Some(Passed::Complaints)),
        ] {
            assert_eq!(LIMITS.passed(counts), passed, "{counts:?}");
        }
    }

    #[test]
    fn what_has_no_limit_is_never_passed() {
        let none = Limits { bounces: None, complaints: None, ..LIMITS };
        assert_eq!(none.passed(counts(1_000, 1_000, 1_000)), None);
        let only_bounces = Limits { complaints: None, ..LIMITS };
        assert_eq!(only_bounces.passed(counts(1_000, 1_000, 1_000)), Some(Passed::Bounces));
    }

    /// A run that started so many hours ago.
    fn run(hours: i64, accepted: u64, bounced: u64, complained: u64) -> Run {
        let started_at = now() - TimeDelta::hours(hours);
        Run { started_at, known: counts(accepted, bounced, complained), marked: None }
    }

    /// A run of which this was known when its mailing was paused.
    fn marked(run: Run, accepted: u64, bounced: u64, complained: u64) -> Run {
        Run { marked: Some(counts(accepted, bounced, complained)), ..run }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(365)
    }

    #[test]
    fn complaints_about_a_run_of_the_last_days_count_although_a_newer_one_has_enough_letters() {
        let (today, yesterday) = (run(1, 1_000, 0, 0), run(25, 1_000, 0, 4));
        let complaints = Some((Passed::Complaints, counts(1_000, 0, 4)));
        assert_eq!(LIMITS.judge(&[yesterday], now()), complaints);
        assert_eq!(LIMITS.judge(&[today, yesterday], now()), complaints, "today's thin nothing out");
        // The one of a week ago is told no more, unless it is the newest one.
        let old = run(24 * 8, 1_000, 0, 4);
        assert_eq!(LIMITS.judge(&[today, old], now()), None);
        assert_eq!(LIMITS.judge(&[old], now()), complaints);
        // However well those before it went, the newest one is looked at by itself.
        let before = [run(24, 5_000, 1, 0), run(48, 5_000, 1, 0), run(72, 5_000, 1, 0)];
        let runs = [&[run(1, 200, 11, 0)][..], &before[..]].concat();
        assert_eq!(LIMITS.judge(&runs, now()), Some((Passed::Bounces, counts(200, 11, 0))));
    }

    #[test]
    fn what_is_too_little_in_each_run_may_be_too_much_in_all_of_them() {
        let each = |days: i64| run(24 * days, 250, 0, 2);
        assert_eq!(LIMITS.judge(&[each(0)], now()), None, "two are never too many");
        let all: Vec<Run> = (0..3).map(each).collect();
        assert_eq!(LIMITS.judge(&all, now()), Some((Passed::Complaints, counts(750, 0, 6))));
    }

    #[test]
    fn a_run_with_few_letters_is_looked_at_together_with_older_ones() {
        for (runs, expected) in [
            (vec![], None),
            (vec![run(1, 150, 150, 0)], None),
            (vec![run(1, 150, 1, 0), run(24 * 30, 1_000, 60, 0)], Some((Passed::Bounces, counts(1_150, 61, 0)))),
            // The third is not needed, nor is anything older than what is enough.
            (vec![run(1, 150, 1, 0), run(24 * 30, 1_000, 50, 2), run(24 * 60, 1_000, 900, 0)], None),
            (vec![run(1, 200, 1, 0), run(24 * 30, 1_000, 900, 0)], None),
            (
                vec![run(1, 0, 0, 0), run(2, 0, 0, 0), run(24 * 30, 300, 20, 0)],
                Some((Passed::Bounces, counts(300, 20, 0))),
            ),
        ] {
            assert_eq!(LIMITS.judge(&runs, now()), expected, "{runs:?}");
        }
    }

    #[test]
    fn complaints_are_told_first_and_newer_runs_before_older_ones() {
        let (bounces, complaints) = (run(1, 1_000, 100, 0), run(25, 1_000, 0, 10));
        let expected = Some((Passed::Complaints, counts(1_000, 0, 10)));
        assert_eq!(LIMITS.judge(&[bounces, complaints], now()), expected);
        let runs = [run(1, 1_000, 60, 0), run(25, 1_000, 70, 0)];
        assert_eq!(LIMITS.judge(&runs, now()), Some((Passed::Bounces, counts(1_000, 60, 0))));
    }

    #[test]
    fn what_was_known_when_a_mailing_was_paused_does_not_count_again() {
        let gone = |run: Run| marked(run, run.known.accepted, run.known.bounced, run.known.complained);
        for (runs, expected) in [
            (vec![gone(run(1, 1_000, 60, 4))], None),
            // What still comes back of letters that were known then belongs to them.
            (vec![marked(run(1, 1_000, 90, 9), 1_000, 60, 4)], None),
            (vec![run(1, 300, 0, 0), marked(run(25, 1_000, 90, 9), 1_000, 60, 4)], None),
            // The run went on.
            (vec![marked(run(1, 1_300, 75, 4), 1_000, 60, 4)], None),
            (vec![marked(run(1, 1_300, 76, 4), 1_000, 60, 4)], Some((Passed::Bounces, counts(300, 16, 0)))),
            // What is older than a run that was marked was known by then, too, and was not looked at.
            (vec![run(1, 150, 1, 0), gone(run(25, 1_000, 60, 2)), gone(run(26, 5, 5, 0)), run(27, 900, 90, 9)], None),
            // A rebuilt read model may be behind the mark for a while.
            (vec![marked(run(1, 10, 0, 0), 1_000, 60, 4)], None),
        ] {
            assert_eq!(LIMITS.judge(&runs, now()), expected, "{runs:?}");
        }
    }

    #[test]
    fn a_share_is_written_in_percent() {
        for (share, text) in [(5_000, "5"), (300, "0.3"), (1, "0.001"), (100_000, "100"), (0, "0"), (12_340, "12.34")] {
            assert_eq!(Share(share).percent(), text);
        }
    }

    proptest! {
        #[test]
        fn more_reports_never_make_it_go_on(
            accepted in 0_u64..5_000, bounced in 0_u64..500, complained in 0_u64..500, more in 0_u64..100,
        ) {
            let before = LIMITS.passed(counts(accepted, bounced, complained));
            let after = LIMITS.passed(counts(accepted, bounced + more, complained + more));
            prop_assert!(before.is_none() || after.is_some());
        }

        /// Whatever is sent next, what was too much of a run stays too much for days.
        #[test]
        fn a_newer_run_takes_nothing_back(
            older in (0_u64..2_000, 0_u64..200, 0_u64..20), newer in (0_u64..2_000, 0_u64..200, 0_u64..20), hours in 1_i64..100,
        ) {
            let older = run(hours, older.0, older.1, older.2);
            let newer = run(0, newer.0, newer.1, newer.2);
            let before = LIMITS.judge(&[older], now());
            let after = LIMITS.judge(&[newer, older], now());
            prop_assert!(before.is_none() || after.is_some(), "{before:?} {after:?}");
        }
    }
}
