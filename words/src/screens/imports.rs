//! Imports as a whole: what each did, and taking it back.

use super::screen;

screen! {
    /// The words of the list of imports, and of one of them.
    Imports in imports {
        texts {
            title, lead, empty, import, file, no_file, begun, mode, mode_add, mode_update, mode_both, status, finished, open, undoing,
            undone, rows, added, updated, unchanged, bad, open_said, undoing_said, undone_said, undone_nothing, take_back, go_on,
            asks_nameless, ask_said, ask_kept, ask_letters, ask_final, removed, restored, left, left_title, left_help, client, what_stays, gone, whole,
            full_name, first_name, last_name, comment, a_group, consent, to_clients,
        }
        counted { count, looked_at, more_left }
        filled { asks, a_field }
    }
}
