//! What those see first who are signed in.

use super::screen;

screen! {
    /// The words of the overview.
    Overview in overview {
        texts {
            title, plan, first_mailing, first_mailing_said, done, step_clients, step_clients_said, step_letter,
            step_letter_said, step_test, step_test_said, step_plan, step_plan_said, import, add_client, write_letter,
            choose_letter, attention, attention_of_all, decide, see, suspended, disabled, obstacle, running,
            nothing_running, of, next, nothing_next, calendar, reports, no_reports, all_reports, articles, article, status,
            changed, no_articles, write_article, all_articles, fewer,
        }
        counted {
            doubts, failed, in_runs, show_all,
        }
        filled {
            left, failed_short,
        }
    }
}
