use super::counted;
use crate::screens::senders::Senders;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Senders = Senders {
    title: "Senders",
    lead: "Who your letters are from. A mailing names one of them; one that names none is from the service’s own address.",
    empty: "You have no sender yet, so your letters are from the service’s own address. Add the name and the address that your readers know.",
    add: "Add sender",
    search: "Search in names and addresses",
    address: "E-mail address",
    name: "Name",
    reply_to: "Replies go to",
    status: "Status",
    verified: "Confirmed",
    granted: "Domain granted",
    unverified: "Not confirmed",
    verified_said: "The address is known to be yours, so mailings can be from it.",
    granted_said: "An administrator lets you write from every address of this domain, so mailings can be from it.",
    unverified_said: "Mailings can be from it once somebody has followed the link in a letter to this address. A link works for three days.",
    new_title: "New sender",
    new_lead: "A letter with a link goes to the address: follow it to show that the address is yours.",
    name_help: "Recipients see it beside the address. It may be empty.",
    address_help: "Letters are from it, and those that cannot be delivered come back to it. It stays as it is: another address is another sender.",
    reply_to_help: "If it is to be another address. If this is empty, replies go to the sender’s own.",
    change_title: "How letters are from it",
    send_link: "Send the link again",
    send_link_said: "Is the letter lost, or the link too old?",
    delete: "Delete sender",
    delete_said: "Letters that are on their way stay from it. Mailings that name it do not start any more, until they name another one or none.",
    deleted: "The sender is deleted.",
    count: Counted(|number| counted(number, "sender", "senders")),
    delete_asks: Filled(|address| format!("Delete the sender {address}?")),
    added: Filled(|address| format!("The sender {address} is added.")),
    saved: Filled(|address| {
        format!("The sender {address} is saved. Runs that have started keep what they started with.")
    }),
    link_sent: Filled(|address| format!("A letter with a link is on its way to {address}.")),
};
