//! The service itself, for administrators.

use super::screen;

screen! {
    /// The words of the page about the service itself.
    System in system {
        texts {
            title, read_again, domains,
            checks_title, checks_said, check, found,
            subject_database, subject_clock, subject_process, subject_read_models, subject_administrators, subject_time_zones, subject_mailings, subject_search, subject_mail_servers,
            queues_title, queues_said,
            models_title, models_said, model, status, behind, taken_in, moved, nothing_behind, stopped_at, rebuild, go_on, rebuild_title,
            rebuild_all, rebuild_all_asks, rebuild_all_said, rebuild_said, rebuild_meanwhile, rebuild_all_meanwhile, rebuild_goes_on, rebuild_stopped, progress, busy,
            users, clients, groups, messages, mailings, runs_model, reports, history, notices_model, articles, suppressions_model, senders_model, custom_fields_model, segments_model, imports_model, feedback_model, audit_model,
            servers_title, servers_said, servers_none, server, address, open, waits, since, next_try, why, connections, rate, no_limit, cannot_reach, credentials, too_fast,
            sender_title, sender_said, sender_check, sender_name, sender_value, sender_warning, sender_unknown,
            settings_title, settings_said, settings_none, setting, value, source, from_default, from_environment, from_flag, not_set,
        }
        counted { notices, runs, batches, doubts, events_behind, connections_each, per_second }
        filled { sender_from, rebuild_asks, go_on_asks, seconds_behind, half_a_second, done_of }
    }
}
