//! One run: how far it is, and what is to be decided.

use super::screen;

screen! {
    /// The words of the page of a run, and of its progress wherever it is shown.
    Run in run {
        texts {
            mailings, recipients, parts, status, trigger, by_plan, by_hand, by_failed, letters, accepted, failed,
            failures, doubts, started, finished, took, left, rate, missed, missed_said, planned_for, said_planning,
            said_sending, said_waiting, live_ended, waits_stopped, the_letter, waits_no_worker, over_time, time, over_runs, one_run, facts,
            revision, sender, last_reply, report, decide, resend_all, resend_one, accept_all, accept_one, one_by_one, see_them,
            cannot_resend, resend_means, to_that_run, resend_failed, failed_means, left_out, waiting, reckoned, history,
        }
        counted {
            missed_count, resend_asks, accept_asks, failed_asks, doubts_said, doubts_said_of_others, accept_means, failed_said,
            failed_said_of_others, failed_again,
        }
        filled {
            run_of, done_of, said_finished, doubts_title, doubts_title_of_others, failed_title, waits_relay,
            waits_credentials, waits_rate, waits_unknown,
        }
    }
}
