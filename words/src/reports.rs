//! Reports of runs, in sentences: the numbers, whether the run succeeded, when it was, and what the mail server said last.

pub use crate::shapes::Report;

use crate::{en, ru};
use domain::Language;

impl Report<'_> {
    /// The report in sentences, a line each.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let lines = match language {
            Language::En => en::reports::lines(self),
            Language::Ru => ru::reports::lines(self),
        };
        lines.join("\n")
    }

    /// How long it took, in whole seconds; `None` if it was less than one.
    pub(crate) fn whole_seconds(&self) -> Option<u64> {
        Some(whole(self.seconds)).filter(|seconds| *seconds > 0)
    }

    /// How many letters were decided in a second, or, with `true`, in a minute if that is less than one in a second; `None` if
    /// there was no whole minute, or less than one in it, which says nothing to anybody.
    pub(crate) fn pace(&self) -> Option<(u64, bool)> {
        let (second, minute) = (whole(self.per_second), whole(self.per_second * 60.0));
        if self.per_second >= 1.0 {
            return Some((second, false));
        }
        Some((minute, true)).filter(|_| minute > 0 && self.seconds >= 60.0)
    }
}

/// The nearest whole number.
fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float to an integer saturates"
    )]
    let whole = number.round() as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::{TimeZone, Totals};

    fn report(totals: Totals, seconds: i32) -> Report<'static> {
        assert!(totals.add_up());
        let started_at: DateTime<Utc> = "2026-05-04T21:59:30Z".parse().expect("a time");
        let finished_at = started_at + TimeDelta::seconds(seconds.into());
        let letters = u32::try_from(totals.planned - totals.pending).expect("few letters");
        Report {
            totals,
            left_out: 0,
            not_written_to: 0,
            succeeded: totals.accepted == totals.planned,
            started_at,
            finished_at,
            seconds: seconds.into(),
            per_second: f64::from(letters) / f64::from(seconds.max(1)),
            last_attempt_at: (totals.planned > 0).then_some(finished_at),
            last_reply: Some("Ok: queued").filter(|_| totals.accepted > 0),
            zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
            bounced: 0,
            soft_bounced: 0,
            complained: 0,
        }
    }

    #[test]
    fn a_report_is_readable_in_every_language() {
        let of_each = |number| Totals {
            planned: 5 * number,
            accepted: number,
            rejected: number,
            unknown: number,
            suppressed: number,
            expired: number,
            ..Totals::default()
        };
        let all_accepted = |number| Totals { planned: number, accepted: number, ..Totals::default() };
        for (name, totals, seconds) in [
            ("nobody", Totals::default(), 0),
            ("one", all_accepted(1), 2),
            ("one_refused", Totals { planned: 1, rejected: 1, ..Totals::default() }, 1),
            ("one_of_each", of_each(1), 50),
            ("three_of_each", of_each(3), 60),
            ("eleven_of_each", of_each(11), 1),
            ("thousands", all_accepted(20_021), 4),
        ] {
            let report = report(totals, seconds);
            let [english, russian] = Language::ALL.map(|language| report.text(language));
            insta::assert_snapshot!(name, format!("{english}\n\n{russian}"));
        }
    }

    #[test]
    fn whoever_shares_a_mailbox_is_told_apart_from_whoever_was_never_tried() {
        let totals = Totals { planned: 5, accepted: 3, suppressed: 2, ..Totals::default() };
        let report = |left_out| Report { left_out, succeeded: 3 + left_out == 5, ..report(totals, 3) };
        for (left_out, lines, succeeded) in [
            (2, &["2 were left out, because another recipient has the same mailbox."][..], true),
            (
                1,
                &[
                    "1 was left out, because another recipient has the same mailbox.",
                    "1 was never tried, because the mailing was cancelled.",
                ],
                false,
            ),
            (0, &["2 were never tried, because the mailing was cancelled."], false),
        ] {
            let report = report(left_out);
            let [english, russian] = Language::ALL.map(|language| report.text(language));
            assert_eq!(english.lines().skip(1).take(lines.len()).collect::<Vec<_>>(), lines);
            assert_eq!(english.lines().count(), russian.lines().count());
            assert_eq!(english.contains("the run succeeded"), succeeded, "{english}");
        }
    }

    #[test]
    fn whoever_is_not_written_to_any_more_is_told_apart_from_whoever_was_never_tried() {
        let totals = Totals { planned: 5, accepted: 2, suppressed: 3, ..Totals::default() };
        let report = Report { not_written_to: 2, succeeded: false, ..report(totals, 3) };
        let [english, russian] = Language::ALL.map(|language| report.text(language));
        let lines: Vec<&str> = english.lines().skip(1).take(2).collect();
        assert_eq!(
            lines,
            [
                "2 were left out, because their address is not written to any more.",
                "1 was never tried, because the mailing was cancelled.",
            ]
        );
        assert!(russian.contains("Пропущено 2 письма: на адрес получателя больше не пишут."), "{russian}");
    }

    #[test]
    fn what_came_back_is_told_beside_what_was_accepted_with_its_share_of_that() {
        let totals = Totals { planned: 1_000, accepted: 1_000, ..Totals::default() };
        let of = |bounced, soft_bounced, complained| Report { bounced, soft_bounced, complained, ..report(totals, 3) };
        for (report, english, russian) in [
            (of(0, 0, 0), &[][..], &[][..]),
            (
                of(12, 3, 1),
                &[
                    "12 letters came back for good after that, 1.2% of those accepted.",
                    "3 letters came back for the moment after that, 0.3% of those accepted.",
                    "1 recipient complained of the letter, 0.1% of those accepted.",
                ],
                &[
                    "После этого окончательно вернулось 12 писем, 1,2\u{a0}% от принятых.",
                    "После этого с временной ошибкой вернулось 3 письма, 0,3\u{a0}% от принятых.",
                    "На письмо пожаловался 1 получатель, 0,1\u{a0}% от принятых.",
                ],
            ),
            (
                of(1, 1, 2),
                &[
                    "1 letter came back for good after that, 0.1% of those accepted.",
                    "1 letter came back for the moment after that, 0.1% of those accepted.",
                    "2 recipients complained of the letter, 0.2% of those accepted.",
                ],
                &[
                    "После этого окончательно вернулось 1 письмо, 0,1\u{a0}% от принятых.",
                    "После этого с временной ошибкой вернулось 1 письмо, 0,1\u{a0}% от принятых.",
                    "На письмо пожаловались 2 получателя, 0,2\u{a0}% от принятых.",
                ],
            ),
        ] {
            let told = |language| report.text(language);
            // After whether it succeeded, which it has all the same, and before when it was.
            let lines = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
            let [in_english, in_russian] = Language::ALL.map(|language| lines(&told(language)));
            assert_eq!(in_english[..english.len()], *english);
            assert_eq!(in_russian[..russian.len()], *russian);
            assert_eq!((in_english.len(), in_russian.len()), (english.len() + 2, russian.len() + 2));
        }
    }

    #[test]
    fn nothing_is_a_share_of_nothing() {
        let totals = Totals { planned: 1, unknown: 1, ..Totals::default() };
        let report = Report { bounced: 1, complained: 1, ..report(totals, 3) };
        let [english, russian] = Language::ALL.map(|language| report.text(language));
        assert!(english.contains("1 letter came back for good after that.\n"), "{english}");
        assert!(russian.contains("На письмо пожаловался 1 получатель.\n"), "{russian}");
        assert!(!english.contains('%') && !russian.contains('%'), "{english} {russian}");
    }

    #[test]
    fn a_slow_run_is_told_in_hours_and_without_a_pace_of_nought() {
        let totals = Totals { planned: 3, accepted: 3, ..Totals::default() };
        for (seconds, english, russian) in [
            (3_601, "in 1 hour.", "за 1 час."),
            (120, "in 2 minutes (2 a minute).", "за 2 минуты (2 в минуту)."),
            (1, "in 1 second (3 a second).", "за 1 секунду (3 в секунду)."),
            (0, "in less than a second.", "меньше чем за секунду."),
        ] {
            let report = report(totals, seconds);
            for (language, expected) in [(Language::En, english), (Language::Ru, russian)] {
                let text = report.text(language);
                assert!(text.lines().next().is_some_and(|line| line.ends_with(expected)), "{expected}: {text}");
            }
        }
    }

    #[test]
    fn both_languages_tell_the_same() {
        let totals = Totals { planned: 9, accepted: 2, rejected: 3, expired: 4, ..Totals::default() };
        let report = report(totals, 3);
        let [english, russian] = Language::ALL.map(|language| report.text(language));
        assert_eq!(english.lines().count(), russian.lines().count());
    }

    #[test]
    fn when_it_was_is_told_even_if_the_server_said_nothing() {
        let report = Report { last_reply: None, ..report(Totals { planned: 1, accepted: 1, ..Totals::default() }, 1) };
        assert!(report.text(Language::En).ends_with("The last attempt ended on 4 May 2026, 23:59:31."));
        assert!(report.text(Language::Ru).ends_with("Последняя попытка закончилась 04.05.2026, 23:59:31."));
    }
}
