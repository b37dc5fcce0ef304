//! One mailing.

use super::screen;

screen! {
    /// The words of the page of a mailing.
    Mailing in mailing {
        texts {
            mailings, owner, parts, tab_overview, tab_recipients, tab_history, tab_report, send_now, pause, resume,
            edit, cancel, delete, disable, enable, why_not, sends_said, begins_said, paused_said, paused_by_owner_said,
            suspended_said, disabled_said, cancelled_said, blocked_said, begins_soon, run_now, run_last, the_plan,
            letter_gone, created, runs, all_runs, no_runs, happened, all_history, history_said, with_parts,
            without_parts, audience_said, groups, no_groups, clients, no_clients, send_said, cancel_means,
            delete_means, disable_means, enable_means, reason, send_beside, send_to_all_asks,
            who_got_what,
        }
        counted {
            audience_now, send_asks, runs_count, and_more_clients, send_again,
        }
        filled {
            next_said, rests_said, rests_of_others_said, completed_said, deleted_said, send_names, cancel_asks,
            delete_asks, disable_asks, enable_asks,
        }
    }
}
