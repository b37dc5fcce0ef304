use crate::screens::Filled;
use crate::screens::revisions::Revisions;

/// The words in English.
pub(crate) const WORDS: Revisions = Revisions {
    title: "Revisions",
    said: "Each edit makes a new revision. A run sends the one that was current when it started.",
    number: "Revision",
    at: "Written",
    changed: "What changed",
    present: "current",
    subject: "Subject",
    text: "Text",
    html: "HTML",
    markdown: "Markdown",
    nothing_changed: "nothing that is sent",
    older: "Older revisions",
    newest: "Newest revisions",
    difference: "What changed",
    difference_help: "Lines with + are new, lines with − are gone.",
    first: "This is the first revision.",
    whole: "All of it",
    edit: "Edit from here",
    one_title: Filled(|number| format!("Revision {number}")),
    show: Filled(|number| format!("Revision {number}")),
};
