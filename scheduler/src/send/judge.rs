//! What a reply means for the delivery.

use crate::smtp::{Judgement, Reply};
use chrono::{DateTime, TimeDelta, Utc};
use domain::batch::{Attempt, AttemptOutcome};
use domain::mailing::InDoubt;
use domain::reply::Whom;
use std::time::Duration;

/// The attempt as it is recorded. `attempts` is how many of the delivery have been used up before.
pub(crate) fn attempt(
    recipient: u16,
    at: DateTime<Utc>,
    judgement: Judgement,
    attempts: u32,
    in_doubt: InDoubt,
    pauses: &[Duration],
) -> Attempt {
    let later = || at + pause(attempts, recipient, pauses);
    let (outcome, reply, why) = match judgement {
        Judgement::Accepted { reply } => (AttemptOutcome::Accepted, Some(reply), None),
        Judgement::Rejected { reply, dead, .. } => (AttemptOutcome::Rejected { dead }, Some(reply), None),
        Judgement::Deferred { reply } => (AttemptOutcome::Deferred { until: later() }, Some(reply), None),
        // With a pause: a relay that swallows answers would else get the same letter again and again.
        Judgement::Unknown { why } => {
            let again = (in_doubt == InDoubt::Resend).then(later);
            (AttemptOutcome::Unknown { again }, None, Some(why))
        }
        Judgement::NotTried { why, reply, .. } => (AttemptOutcome::NotTried, reply, Some(why)),
    };
    let (code, enhanced, text) = match reply {
        Some(Reply { code, enhanced, text }) => (Some(code), enhanced.map(|code| code.to_string()), Some(text)),
        None => (None, None, None),
    };
    Attempt { recipient, at, outcome, code, enhanced, reply: text.or(why) }
}

/// The judgement without whom its words name, to whom the letter goes. What is said as a letter is taken hardly ever names anybody, and is not
/// looked at closely unless it may.
pub(crate) fn without(judgement: Judgement, whom: &Whom<'_>) -> Judgement {
    match judgement {
        Judgement::Accepted { reply } if !whom.may_be_in(&reply.text) => Judgement::Accepted { reply },
        Judgement::Accepted { reply } => Judgement::Accepted { reply: reply.without(whom) },
        Judgement::Rejected { reply, dead, blame } => Judgement::Rejected { reply: reply.without(whom), dead, blame },
        Judgement::Deferred { reply } => Judgement::Deferred { reply: reply.without(whom) },
        Judgement::Unknown { why } => Judgement::Unknown { why: whom.masked(why) },
        Judgement::NotTried { scope, why, reply } => {
            let reply = reply.map(|reply| reply.without(whom));
            Judgement::NotTried { scope, why: whom.masked(why), reply }
        }
    }
}

/// How long to leave a recipient alone after so many temporary refusals, spread by up to a tenth so that a batch does
/// not come back in one moment.
fn pause(attempts: u32, recipient: u16, pauses: &[Duration]) -> TimeDelta {
    let index = usize::try_from(attempts).unwrap_or(usize::MAX).min(pauses.len().saturating_sub(1));
    let pause = pauses.get(index).copied().unwrap_or(Duration::from_mins(5));
    let spread = pause / 10 * u32::from(recipient % 10) / 10;
    TimeDelta::from_std(pause + spread).unwrap_or(TimeDelta::hours(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deferred(attempts: u32) -> AttemptOutcome {
        let reply = Reply::new(450, "4.2.0 later");
        let pauses = [Duration::from_mins(1), Duration::from_mins(10)];
        attempt(0, DateTime::UNIX_EPOCH, Judgement::Deferred { reply }, attempts, InDoubt::Hold, &pauses).outcome
    }

    #[test]
    fn retry_pauses_grow_and_the_last_one_repeats() {
        for (attempts, seconds) in [(0, 60), (1, 600), (2, 600), (99, 600)] {
            let until = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
            assert_eq!(deferred(attempts), AttemptOutcome::Deferred { until });
        }
    }

    #[test]
    fn a_letter_in_doubt_is_sent_again_after_a_pause_and_only_if_that_is_the_policy() {
        let pauses = [Duration::from_mins(1)];
        for (policy, again) in
            [(InDoubt::Hold, None), (InDoubt::Resend, Some(DateTime::UNIX_EPOCH + TimeDelta::minutes(1)))]
        {
            let judgement = Judgement::Unknown { why: "lost".to_owned() };
            let attempt = attempt(0, DateTime::UNIX_EPOCH, judgement, 0, policy, &pauses);
            assert_eq!(attempt.outcome, AttemptOutcome::Unknown { again });
        }
    }

    #[test]
    fn no_words_name_whom_a_letter_goes_to() {
        use crate::smtp::{Blame, Scope};
        let whom = Whom::new("kim.lee@example.com", "Kim Lee");
        let reply = || Reply::new(450, "4.2.1 kim.lee is busy");
        let why = || "at RCPT TO the relay replied 450 4.2.1 kim.lee is busy".to_owned();
        let all = [
            Judgement::Accepted { reply: reply() },
            Judgement::Rejected { reply: reply(), dead: false, blame: Blame::Recipient },
            Judgement::Deferred { reply: reply() },
            Judgement::Unknown { why: why() },
            Judgement::NotTried { scope: Scope::Relay, why: why(), reply: Some(reply()) },
            Judgement::NotTried { scope: Scope::Relay, why: why(), reply: None },
        ];
        for judgement in all {
            let said = format!("{:?}", without(judgement.clone(), &whom));
            assert_eq!(said, format!("{judgement:?}").replace("kim.lee", "<address>"));
        }
        let taken = Judgement::Accepted { reply: Reply::new(250, "2.0.0 queued as 4XyZ for Kim Lee") };
        assert_eq!(without(taken.clone(), &whom), taken, "nobody looks for the name where the local part is not");
    }

    #[test]
    fn an_attempt_keeps_what_the_server_said() {
        let reply = Reply::new(550, "5.1.1 no such user");
        let judgement = Judgement::Rejected { reply, dead: true, blame: crate::smtp::Blame::Recipient };
        let attempt = attempt(7, DateTime::UNIX_EPOCH, judgement, 0, InDoubt::Hold, &[]);
        assert_eq!(attempt.recipient, 7);
        assert_eq!(attempt.outcome, AttemptOutcome::Rejected { dead: true });
        assert_eq!((attempt.code, attempt.enhanced.as_deref()), (Some(550), Some("5.1.1")));
    }
}
