use super::counted;
use crate::screens::Counted;
use crate::screens::recipients::Recipients;

/// The words in English.
pub(crate) const WORDS: Recipients = Recipients {
    mailings: "Mailings",
    title: "Recipients",
    narrow: "Show only",
    all: "All",
    only_undecided: "not decided",
    recipient: "Recipient",
    outcome: "Outcome",
    when: "When",
    reply: "Reply of the mail server",
    nobody: "No letter has this outcome.",
    nobody_yet: "The recipients are still being gathered.",
    undecided: "not decided yet",
    sent_again: "will be sent again",
    left_as_it_is: "left as it is",
    same_mailbox: "another recipient has the same mailbox",
    not_sent_any_more: "the mailing was given up before",
    resend: "Send again",
    accept: "Leave as it is",
    doubts_mean: "The mail server did not answer when these letters were sent: they may have arrived, or not.",
    resend_means: "“Send again”: whoever has got the letter already gets it twice.",
    accept_means: "“Leave as it is”: it is not sent again, although nobody knows whether it arrived.",
    cannot_resend: "Nothing can be sent again now.",
    search: "Search by address or name",
    nobody_found: "Nobody in this list has this in their address or name.",
    email: "E-mail",
    full_name: "Name",
    note: "Note",
    attempts: "Attempts",
    code: "Code",
    csv: "These as CSV",
    xlsx: "These as XLSX",
    earlier: Counted(|number| counted(number, "earlier attempt", "earlier attempts")),
};
