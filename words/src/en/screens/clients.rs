use super::counted;
use crate::screens::clients::Clients;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Clients = Clients {
    title: "Clients",
    new_title: "New client",
    add: "Add client",
    add_first: "Add your first client",
    import: "Import a file",
    export: "Export",
    empty: "Clients are the people whom you write to. Bring them in from a file, or type in the first one.",
    empty_of_others: "Nobody has any clients yet.",
    search: "Search in addresses, names and comments",
    in_group: "Group",
    any_group: "All groups",
    order: "Order",
    by_created: "As they were added",
    by_email: "By address",
    by_name: "By name",
    email: "E-mail address",
    email_help: "Letters go there.",
    full_name: "Full name",
    full_name_help: "Letters greet it, as {{full_name}}.",
    first_name: "First name",
    last_name: "Last name",
    names_help: "Only needed where the full name does not tell which word is which.",
    comment: "Comment",
    comment_help: "For you alone; the client does not see it.",
    groups: "Groups",
    no_groups: "You have no groups yet.",
    added: "Added",
    owner: "Owner",
    delete: "Delete client",
    delete_said: "Letters that were sent stay in the reports. Mailings that are planned leave this client out.",
    count: Counted(|number| counted(number, "client", "clients")),
    delete_asks: Filled(|name| format!("Delete the client {name}?")),
};
