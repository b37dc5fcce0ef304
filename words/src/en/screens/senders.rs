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
    new_lead: "If the address is not known to be yours, a letter with a link goes there: follow it to show that it is.",
    name_help: "Recipients see it beside the address. It may be empty.",
    address_help: "Letters are from it, and those that cannot be delivered come back to it. It stays as it is: another address is another sender.",
    reply_to_help: "If it is to be another address. If this is empty, replies go to the sender’s own.",
    change_title: "How letters are from it",
    send_link: "Send the link again",
    send_link_said: "Is the letter lost, or the link too old?",
    delete: "Delete sender",
    delete_said: "Letters that are on their way stay from it. Mailings that name it do not start any more, until they name another one or none.",
    deleted: "The sender is deleted.",
    gone: "Deleted",
    gone_said: "Its owner has deleted it, so no mailing can be from it any more. Letters of runs that have started are still from it.",
    owner: "Owner",
    empty_of_others: "Nobody has a sender.",
    revoked: "Revoked",
    revoked_said: "An administrator has revoked this sender: no letters are from it before it is allowed again and its address is known to be its owner’s. The reason:",
    revoke: "Revoke sender",
    revoke_said: "Mailings from it are paused at once, also in the middle of a run, and none can be from it any more.",
    revoke_stays: "Until an administrator allows it again, its owner can neither confirm its address nor delete it and add it once more.",
    revoke_reason: "Reason",
    revoke_reason_help: "The owner of the sender reads it.",
    allow: "Allow sender again",
    allow_unverified: "Its owner can have a link sent to the address again, and mailings can be from it once somebody has followed that. Links of before do not work any more.",
    allow_granted: "Its domain is granted to its owner, so mailings can be from it at once.",
    allow_deleted: "Its owner has deleted it, and it stays so: they can add the address again. Letters of runs that have started can go on from it when the address is known to be theirs.",
    allow_paused: "Mailings that were paused stay so until their owner resumes them.",
    count: Counted(|number| counted(number, "sender", "senders")),
    delete_asks: Filled(|address| format!("Delete the sender {address}?")),
    added: Filled(|address| format!("The sender {address} is added.")),
    added_waits: Filled(|address| {
        format!(
            "The sender {address} is added. A letter with a link is on its way there: follow it to show that the address is yours."
        )
    }),
    new_granted: Filled(|domains| {
        format!("An administrator lets you write from all addresses of {domains}: for these no letter is needed.")
    }),
    revoke_asks: Filled(|address| format!("Revoke the sender {address}?")),
    revoked_done: Filled(|address| format!("The sender {address} is revoked.")),
    allow_asks: Filled(|address| format!("Allow the sender {address} again?")),
    allowed_done: Filled(|address| format!("The sender {address} is allowed again.")),
    saved: Filled(|address| {
        format!("The sender {address} is saved. Runs that have started keep what they started with.")
    }),
    link_sent: Filled(|address| format!("A letter with a link is on its way to {address}.")),
};
