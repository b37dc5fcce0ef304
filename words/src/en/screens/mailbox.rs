use super::counted;
use crate::screens::Counted;
use crate::screens::mailbox::Mailbox;

/// The words in English.
pub(crate) const WORDS: Mailbox = Mailbox {
    title: "Mailbox",
    about: "A mailbox for development. What the demo sends ends here, and nothing leaves this machine.",
    service: "Back to SkyMailing",
    empty: "Letters show up here as soon as the service sends them. Register, or send a test letter to yourself.",
    empty_found: "No letter has that in its subject or addresses. Try other words, or show all letters.",
    search: "Search in subjects and addresses",
    renew: "Look for new letters",
    number: "Number",
    from: "From",
    to: "To",
    subject: "Subject",
    no_subject: "(no subject)",
    time: "Received",
    envelope: "Delivered to",
    newer: "Newer letter",
    older: "Older letter",
    first_page: "Newest letters",
    back: "All letters",
    as_html: "HTML",
    as_text: "Text",
    as_headers: "Headers",
    as_source: "Source",
    blocked: "The letter is in a frame of its own: nothing in it runs, its pictures are not loaded, and its links are listed below.",
    frame: "The letter as HTML",
    links: "Links",
    links_help: "As they stand in the letter.",
    no_links: "There are no links in this letter.",
    no_way: "leads nowhere",
    attachments: "Attachments",
    no_name: "(no name)",
    name: "Name",
    kind: "Kind",
    size: "Size",
    download: "Download",
    header: "Header",
    value: "Value",
    absent_title: "There is no such letter here",
    absent: "The mailbox keeps the newest letters, and forgets all of them when the demo ends.",
    count: Counted(|number| format!("{} received", counted(number, "letter", "letters"))),
    kept: Counted(|number| {
        format!("{} kept; older ones are only counted", counted(number, "letter is", "letters are"))
    }),
};
