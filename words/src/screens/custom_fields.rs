//! Custom fields: the list, a new one, and one renamed or removed.

use super::screen;

screen! {
    /// The words of an owner's own fields: the list, the forms, and what is done with one.
    CustomFields in custom_fields {
        texts {
            title, lead, empty, add, label, label_help, key, key_help, kind, kind_help, choose_kind, text, number, date, yes_no,
            in_letters, new_title, rename_title, remove, remove_said, remove_comes_back, removed,
        }
        counted { count }
        filled { remove_asks, added, saved }
    }
}
