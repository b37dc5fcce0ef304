//! When a mailing should not go on: its content is refused by everybody, or the receiving side holds its sender for a
//! spammer and every further letter makes it worse.
//!
//! Counted per process and run, in memory: a restart forgets, and then hears the same again soon.

use crate::smtp::{Blame, Judgement};
use domain::RunId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// When so many letters were judged and every single one was refused for its content, the content is the problem.
const FIRST: usize = 10;

/// Reputation is looked at over so many letters,
const RECENT: usize = 100;

/// and so many of them refused for it are too many.
const TOO_MANY: usize = 20;

/// How many runs are kept in mind; beyond that all are forgotten.
const RUNS: usize = 256;

/// The alarms of all runs that this process sends.
#[derive(Debug, Default)]
pub(crate) struct Alarms(Mutex<HashMap<RunId, Tally>>);

/// What the mail server said about the letters of a run.
#[derive(Debug, Default)]
struct Tally {
    /// Letters that were taken, or refused for another reason than their content.
    passed: usize,
    /// Letters that were refused for their content, or could not even be written.
    content: usize,
    /// The last letters: whether they were refused for who we are.
    recent: VecDeque<bool>,
}

impl Alarms {
    /// Takes a letter's fate into account, and says why the mailing should pause if it should. A run that has raised
    /// the alarm starts counting anew: whoever resumes it wants to see.
    pub(crate) fn hears(&self, run: RunId, judgement: &Judgement) -> Option<String> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= RUNS && !runs.contains_key(&run) {
            runs.clear();
        }
        let alarm = runs.entry(run).or_default().hears(judgement)?;
        runs.remove(&run);
        Some(alarm)
    }
}

impl Tally {
    fn hears(&mut self, judgement: &Judgement) -> Option<String> {
        let (content, reputation, refusal) = match judgement {
            Judgement::Accepted { .. } => (false, false, None),
            Judgement::Rejected { blame, reply, .. } => {
                let content = matches!(blame, Blame::Message | Blame::Ourselves);
                (content, *blame == Blame::Reputation, Some((*blame, reply)))
            }
            Judgement::Deferred { .. } | Judgement::Unknown { .. } | Judgement::NotTried { .. } => return None,
        };
        if content {
            self.content += 1;
        } else {
            self.passed += 1;
        }
        self.recent.push_back(reputation);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let (blame, reply) = refusal?;
        if self.passed == 0 && self.content >= FIRST {
            return Some(if blame == Blame::Ourselves {
                format!("the first {FIRST} letters were {}", reply.text)
            } else {
                format!("the mail server refuses the content of the first {FIRST} letters: {reply}")
            });
        }
        let refused = self.recent.iter().filter(|refused| **refused).count();
        (reputation && refused >= TOO_MANY).then(|| {
            let of = self.recent.len();
            format!("the mail server refused {refused} of the last {of} letters because of their sender: {reply}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Reply;
    use uuid::Uuid;

    const RUN: RunId = RunId(Uuid::from_u128(1));

    fn accepted() -> Judgement {
        Judgement::Accepted { reply: Reply::new(250, "2.0.0 Ok") }
    }

    fn refused(blame: Blame) -> Judgement {
        Judgement::Rejected { reply: Reply::new(554, "5.7.1 unwanted"), dead: false, blame }
    }

    /// After how many of these letters the alarm is raised.
    fn raised(letters: impl IntoIterator<Item = Judgement>) -> Option<usize> {
        let alarms = Alarms::default();
        (1..).zip(letters).find(|(_, judgement)| alarms.hears(RUN, judgement).is_some()).map(|(number, _)| number)
    }

    #[test]
    fn content_that_the_first_letters_are_all_refused_for_raises_the_alarm() {
        assert_eq!(raised(vec![refused(Blame::Message); 50]), Some(FIRST));
    }

    #[test]
    fn letters_that_cannot_be_written_raise_it_and_no_mail_server_is_blamed() {
        let unwritten = crate::send::dispatch::unbuildable("the letter would become too large");
        let alarms = Alarms::default();
        let alarm = (0..FIRST).find_map(|_| alarms.hears(RUN, &unwritten)).expect("an alarm");
        assert_eq!(alarm, "the first 10 letters were not sent: the letter would become too large");
    }

    #[test]
    fn content_that_somebody_takes_does_not() {
        let letters = [vec![accepted()], vec![refused(Blame::Message); 50]].concat();
        assert_eq!(raised(letters), None);
    }

    #[test]
    fn a_bad_reputation_raises_it_above_a_threshold() {
        let mixed = |share| (0..400).map(move |n| if n % share == 0 { refused(Blame::Reputation) } else { accepted() });
        assert_eq!(raised(mixed(2)), Some(2 * TOO_MANY - 1));
        assert_eq!(raised(mixed(6)), None, "now and then is nothing");
    }

    #[test]
    fn recipients_who_do_not_exist_raise_nothing() {
        assert_eq!(raised(vec![refused(Blame::Recipient); 500]), None);
    }

    #[test]
    fn whoever_resumes_hears_the_alarm_again_only_after_as_many_letters() {
        let alarms = Alarms::default();
        let mut raised = (1..=30).filter(|_| alarms.hears(RUN, &refused(Blame::Message)).is_some());
        assert_eq!((raised.next(), raised.next()), (Some(FIRST), Some(2 * FIRST)));
    }

    #[test]
    fn runs_are_judged_apart() {
        let alarms = Alarms::default();
        for number in 0..(FIRST - 1) as u128 {
            assert!(alarms.hears(RUN, &refused(Blame::Message)).is_none());
            assert!(alarms.hears(RunId(Uuid::from_u128(2 + number)), &refused(Blame::Message)).is_none());
        }
    }
}
