//! The page that shows all the pieces of which screens are made.

use super::screen;

screen! {
    /// The words of the page that shows all the pieces.
    Look in look {
        texts {
            title, about, texts, heading, paragraph, link, code, colours, good, busy, warn, bad, still, soft, buttons, main_button, quiet_button, danger_button, forms, field, field_help,
            field_wrong, choice, notices, notice, hint, warning, statuses, numbers, number, table, table_name, table_status, row_first, row_second, long_word,
            progress, timeline, event_first, event_second, steps, step_first, step_second, empty, empty_said,
        }
    }
}
