//! Groups: the list, one of them, and who belongs to it.

use super::screen;

screen! {
    /// The words of the list of groups, of the page of one, and of the page where clients join it.
    Groups in groups {
        texts {
            title, new_title, add, add_first, empty, empty_of_others, search, name, name_help, size, created, owner, rename, delete, delete_said,
            delete_of_mailings, members, add_clients, import, empty_group, empty_group_of_others, choose_all, take_out, search_clients, add_chosen,
            nobody_left, no_clients, add_client, nothing_chosen, email, full_name, comment, pick_help,
            topic, publish, publish_said, change_topic, topic_said, topic_title, topic_title_help, topic_description, topic_description_help,
            subscribe_at, unpublish, unpublish_said, unpublished, happened,
        }
        counted { count, members_count, add_all, taken_out, joined, remaining }
        filled { delete_asks, add_title, published, unpublish_asks }
    }
}
