//! Clients: the list, and one of them.

use super::screen;

screen! {
    /// The words of the list of clients and of the page of one.
    Clients in clients {
        texts {
            title, new_title, add, add_first, import, export, export_xlsx, empty, empty_of_others, search, in_group, any_group, segments, in_segment, any_segment, order,
            by_created, by_email, by_name,
            email, email_help, full_name, full_name_help, first_name, last_name, names_help, comment, comment_help, groups, no_groups,
            fields, own_fields, no_fields, see_fields, unknown, added, owner, delete, delete_said,
            choose_all, chosen, choose_group, join, leave, delete_chosen, nothing_chosen, no_group_chosen, history, who_got_what,
        }
        counted { count, more_than, delete_many_asks }
        filled { delete_asks }
    }
}
