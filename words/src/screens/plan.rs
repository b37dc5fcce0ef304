//! The plan of a mailing: the form, and what it comes to.

use super::screen;

screen! {
    /// The words of the form that plans a mailing.
    Plan in plan {
        texts {
            mailings, back_to_mailing, new_title, check_title, check_change_title, name, name_help, letter,
            choose_letter, letter_help, shared, no_letters, write_letter, audience, audience_help, groups, no_groups,
            add_group, segments, parts_gone, but_not, but_not_help, less_groups, less_segments, less_mailings, uncounted, uncounted_said,
            nobody_now, send_to_all, single_clients, find, none_found, when, now, later, starts_at, starts_at_help, ends_at,
            ends_at_help, window, time_zone, time_zone_help, periodicity, once, daily, weekly, monthly, cron,
            expression, expression_help, more, in_doubt, hold, hold_said, resend, resend_said, in_doubt_help,
            sender, own_sender, sender_help, sender_unusable, sender_revoked, sender_gone, see_senders, relay, any_relay, relay_help, kind, bulk, bulk_said, transactional, transactional_said,
            writes_as_bulk, make_bulk, check, check_help, check_change_help, letter_warnings, to_the_letter, runs_ahead, no_runs_ahead, at_once,
            and_more, plan, save, change,
        }
        counted {
            recipients_help, people, clients_of_group, send_to, named_said, left_out_said,
        }
        filled {
            edit_title, by_cron, start_skipped, start_twice, end_skipped, end_twice, replies_to,
        }
    }
}
