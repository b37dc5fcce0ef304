use super::counted;
use crate::screens::run::Run;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Run = Run {
    mailings: "Mailings",
    recipients: "Show every recipient",
    parts: "Letters by what became of them",
    status: "Status",
    trigger: "Why",
    by_plan: "by the plan",
    by_hand: "sent by hand",
    by_failed: "failed letters once more",
    letters: "Letters",
    accepted: "Accepted",
    failed: "failed",
    failures: "Failed",
    doubts: "In doubt",
    started: "Started",
    finished: "Finished",
    took: "Took",
    left: "left, about",
    rate: "letters a minute",
    missed: "Missed",
    missed_said: "Its moment passed while the service could not start it, so nothing was sent.",
    planned_for: "Planned for",
    said_planning: "The recipients are being gathered.",
    said_sending: "The letters go out.",
    said_waiting: "The letters wait.",
    live_ended: "This page is no longer live, because you are logged out or may not see it any more. Log in and open it again.",
    the_letter: "The letter as this run sends it",
    waits_stopped: "The mailing is stopped, so these letters wait.",
    waits_no_worker: "The letters wait: no part of the service that sends them is running.",
    over_time: "What became of the letters over time",
    time: "Time",
    over_runs: "What became of the letters, run by run",
    one_run: "Run",
    facts: "This run",
    revision: "Revision of the letter",
    sender: "From",
    last_reply: "Last reply of the mail server",
    report: "Report",
    decide: "Decide",
    resend_all: "Send all of them again",
    resend_one: "Send it again",
    accept_all: "Leave all of them as they are",
    accept_one: "Leave it as it is",
    one_by_one: "Decide one by one",
    see_them: "See which they are",
    cannot_resend: "Nothing can be sent again now.",
    resend_means: "Whoever has got the letter already gets it twice. Both have the same number inside, so some mailboxes show it once.",
    to_that_run: "To that run",
    resend_failed: "Send the failed ones again",
    failed_means: "A new run starts for those who did not get the letter. It goes out as it is now, to the addresses that they have now.",
    left_out: "Left out",
    waiting: "Waiting",
    reckoned: "The times are reckoned from a part of the letters; the sums are exact.",
    history: "History",
    missed_count: Counted(|number| counted(number, "run was missed", "runs were missed")),
    resend_asks: Counted(|number| format!("Send {} again?", counted(number, "letter", "letters"))),
    accept_asks: Counted(|number| format!("Leave {}?", counted(number, "letter as it is", "letters as they are"))),
    failed_asks: Counted(|number| format!("Send {} again?", counted(number, "failed letter", "failed letters"))),
    doubts_said: Counted(|number| in_doubt(number, "you decide")),
    doubts_said_of_others: Counted(|number| in_doubt(number, "the owner of the mailing decides")),
    accept_means: Counted(|number| {
        if number == 1 {
            "It is not sent again, although nobody knows whether it arrived. It can still be sent again later."
        } else {
            "They are not sent again, although nobody knows whether they arrived. Each of them can still be sent again later."
        }
        .to_owned()
    }),
    failed_said: Counted(|number| failed(number, "You")),
    failed_said_of_others: Counted(|number| failed(number, "The owner of the mailing")),
    failed_again: Counted(|number| {
        if number == 1 {
            "It was sent once more, in a run of its own."
        } else {
            "They were sent once more, in a run of their own."
        }
        .to_owned()
    }),
    run_of: Filled(|it| format!("Run of {it}")),
    done_of: Filled(|it| format!("done, of {it}")),
    said_finished: Filled(|it| format!("Finished. Accepted: {it}.")),
    doubts_title: Filled(|it| format!("Letters in doubt to decide about: {it}")),
    doubts_title_of_others: Filled(|it| format!("Letters in doubt for their owner to decide about: {it}")),
    failed_title: Filled(|it| format!("Letters that failed: {it}")),
    waits_relay: Filled(|it| {
        format!(
            "The letters wait: the mail server {it} cannot be reached, or does not answer as it should. Sending goes on by itself."
        )
    }),
    waits_credentials: Filled(|it| {
        format!("The letters wait: the mail server {it} refuses the user name or password of the service.")
    }),
    waits_rate: Filled(|it| {
        format!("The letters wait: the mail server {it} asks for a pause. Sending goes on by itself.")
    }),
    waits_unknown: Filled(|it| {
        format!("The letters wait: the service knows no mail server {it}. Choose another one in the plan.")
    }),
};

/// What letters in doubt wait for.
fn in_doubt(number: u64, decided: &str) -> String {
    let (these, may, letters) =
        if number == 1 { ("this letter was", "it", "it") } else { ("these letters were", "they", "them") };
    format!(
        "The mail server did not answer when {these} sent: {may} may have arrived, or not. Nothing happens to {letters} until {decided}."
    )
}

/// What became of letters that failed, and who can send them once more.
fn failed(number: u64, who: &str) -> String {
    let (these, people) = if number == 1 {
        ("This letter was", "this person once more, as it is now and to the address that they have now")
    } else {
        ("These letters were", "these people once more, as it is now and to the addresses that they have now")
    };
    format!("{these} refused for good, or given up when the time ended. {who} can send the letter to {people}.")
}
