//! Bringing clients in from a file: what would become of it, and what has.

use super::screen;

screen! {
    /// The words of the pages of an import.
    Import in import {
        texts {
            title, lead, file, file_help, or_typed, typed, typed_help, typed_name, go_on, nothing_sent, kept, kept_state, kept_file, kept_since,
            looking, looking_said, look_broke_off, looked, importing, importing_said, broke_off, broke_off_said, go_on_import, imported, stop, discard,
            discard_file, discard_said, stop_said, again, failed,
            new, changed, there, not_there, bad, suppressed, groups_new, rows_word, nothing_new, may_change,
            preview, preview_help, becomes, becomes_new, becomes_changed, becomes_same, becomes_not_there, becomes_bad, fields,
            agreed, agreed_tick, agreed_help, wording, wording_help, agreed_on, agreed_on_help, topic, no_topic, consent_at, new_field,
            past_imports, take_back,
            columns, columns_help, column, example, meaning, not_read, choose_email, twice, look_again, look_first,
            email, full_name, first_name, middle_name, last_name, comment, groups,
            options, mode, mode_add, mode_update, mode_both, update_help, group, no_group, new_group, new_group_help, warnings, problems, problems_help, line, value, what_to_do, whole_row,
            to_clients, to_group, another, next_letter, next_plan, done, done_nothing, progress,
        }
        counted { import_many, change_many, rows, so_far, bad_so_far, more_problems, problem_count, imported_many, updated_many, groups_many, there_many, not_there_many, suppressed_many }
        filled { discard_asks, stop_asks, kept_until, percent }
    }
}
