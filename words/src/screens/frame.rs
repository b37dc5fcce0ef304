//! What is around every page: navigation, forms, lists, and what went wrong.

use super::screen;

screen! {
    /// The words around every page.
    Frame in frame {
        texts {
            skip, menu, account, home, dashboard, mailings, messages, clients, groups, suppressions, senders, reports, log, calendar, users, articles,
            system, blog, profile, graphiql, log_in, log_out, register,
            language, theme, theme_light, theme_dark, theme_auto, apply, about,
            search, search_all, filter, all, actions, save, cancel, back, delete, edit, add, none, yes, no, optional, more, first_page, next_page,
            list_empty, nothing_found, of_others, mend, done_saved, done_created, done_deleted, done_sent, done_mailing, done_on_their_way, done_general,
            done_client_deleted, done_group_deleted, done_letter_deleted, done_letter_shared, done_letter_unshared,
            done_article_published, done_article_withdrawn, done_article_deleted, done_profile_saved, done_password_changed,
            done_session_ended, done_token_revoked, done_rebuild_begun, done_mailing_paused, done_mailing_resumed, done_mailing_cancelled,
            done_mailing_deleted, done_mailing_disabled, done_mailing_enabled, done_doubt_resent, done_doubt_accepted, done_doubts_resent,
            done_doubts_accepted,
            behind, draft_restored, draft_discard, keys_title, keys_search, keys_help, keys_close, password_show, password_hide, drop_file,
            error_absent_title, error_absent, error_lacking_title, error_failed_title, error_failed, error_busy_title, error_stale, error_problem_title,
            error_log_in_title, error_log_in, error_typed_kept, error_again_title, error_again, error_again_button, error_again_files, error_typed_files, error_typed_lost, error_large_title, error_request,
            error_other_title, error_other, error_not_done, done_not_kept, done_nothing,
            confirm_title, confirm_final, confirm_cancel, as_table, waiting, copy, copied,
        }
        counted { found, left_out, mistakes, done_clients_deleted }
        filled {
            signed_in_as, choose_row, times_in, only_of, done_client_added, done_client_saved, done_group_added, done_group_renamed,
            done_letter_saved, done_plan_saved, done_article_drafted, done_article_saved, done_user_blocked, done_user_unblocked,
            done_roles_changed,
        }
    }
}
