//! What is around every page: navigation, forms, lists, and what went wrong.

use super::screen;

screen! {
    /// The words around every page.
    Frame in frame {
        texts {
            skip, menu, account, home, dashboard, mailings, messages, clients, groups, reports, calendar, users, articles,
            system, blog, profile, graphiql, log_in, log_out, register,
            language, theme, theme_light, theme_dark, theme_auto, apply, about,
            search, search_all, filter, all, actions, save, cancel, back, delete, edit, add, none, yes, no, optional, more, first_page, next_page,
            list_empty, nothing_found, of_others, mend, done_saved, done_created, done_deleted, done_sent, done_mailing, done_on_their_way, done_general,
            behind, draft_restored, draft_discard, keys_title, keys_search, keys_help, keys_close, password_show, password_hide, drop_file,
            error_absent_title, error_absent, error_lacking_title, error_failed_title, error_failed, error_busy_title, error_stale, error_problem_title,
            error_log_in_title, error_log_in, error_typed_kept, error_again_title, error_again, error_again_button, error_large_title, error_request,
            confirm_title, confirm_final, confirm_cancel, as_table, waiting,
        }
        counted { found, left_out, mistakes }
        filled { page_title, signed_in_as, choose_row, times_in }
    }
}
