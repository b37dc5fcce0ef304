//! The guard: when so many letters of a mailing come back, or so many recipients complain, that going on harms its sender.

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

/// What is known of the newest letters of a mailing since it was last paused by the guard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many letters mail servers took.
    pub accepted: u64,
    /// How many of them came back for good.
    pub bounced: u64,
    /// How many of them recipients complained of.
    pub complained: u64,
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
    /// Why the mailing is to be paused; none if it may go on. Complaints weigh more.
    #[must_use]
    pub fn passed(&self, counts: Counts) -> Option<Passed> {
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
    }
}
