//! Segments: the list, one of them with who passes it, and the editor of its conditions.

use super::screen;

screen! {
    /// The words of the list of segments, of the page of one, and of the form that makes or changes it.
    Segments in segments {
        texts {
            title, new_title, add, add_first, empty, empty_of_others, search, name, name_help, conditions_column, created, owner,
            edit, export_csv, export_xlsx, write_to, delete, delete_said, delete_of_mailings, deleted, meet_all, meet_any, who_passes, search_clients,
            nobody_passes, too_slow, email, full_name, comment, join, join_all, join_any, conditions, conditions_help, no_conditions, add_condition, kind_of_condition,
            of_groups, of_text, of_fields, of_consent, of_letters, of_time, in_group, with_text, consent, accepted_mailing, accepted_within, added_within,
            is_so, is_not_so, condition_is, group, choose_group, mailing, choose_mailing, topic, every_topic, state, given, confirmed, withdrawn,
            look_at, of_email, of_full_name, of_first_name, of_last_name, of_comment, how, text_is, contains, starts_with, ends_with,
            known, value_is, at_least, at_most, not_before, not_after, value, text, days, choose, yes, no, no_field, count, save,
        }
        counted { segments_count, clients_count, conditions_count, would_pass, first_of_them }
        filled { edit_title, delete_asks, added, saved, named_by, nth, remove_nth }
    }
}
