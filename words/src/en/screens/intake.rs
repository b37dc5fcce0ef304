use super::counted;
use crate::screens::intake::Intake;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Intake = Intake {
    title: "What comes in",
    said: "Bounces, complaints and wishes to leave that came in within the last seven days, today among them.",
    way: "Way in",
    status: "Status",
    since: "Since",
    looked_at: "Last heard of",
    open: "Open",
    away: "Nothing comes in",
    none: "Nothing has come in within the last seven days.",
    what: "What it was",
    messages: "Messages",
    by_way: "How they came in",
    to_kept: "Messages that were not understood",
    bounce: "A letter came back",
    delay: "A letter is late",
    complaint: "A complaint",
    unsubscribed: "A wish to get no more letters",
    known: "Known already",
    auto_reply: "An automatic reply",
    challenge: "A question whether a person has written",
    kept: "Not understood, and kept",
    list_title: "Messages that were not understood",
    list_empty: "All that came in was understood.",
    received: "Came in",
    from: "From",
    subject: "Subject",
    envelope_to: "To",
    size: "Size",
    no_subject: "no subject",
    nobody: "it does not say",
    facts: "This message",
    text: "The message as it came",
    cut: "Only its beginning is kept.",
    read_again: "Read it again",
    read_again_said: "A newer version of the program may understand it. Then it counts as if it came in now.",
    dismiss: "Throw it away",
    dismiss_said: "Whatever it reports is not counted. Nobody can look at it any more.",
    dismissed: "The message is thrown away.",
    still_kept: "It was read once more, and was not understood again.",
    count: Counted(|number| counted(number, "message", "messages")),
    list_lead: Counted(|days| {
        let days = counted(days, "day", "days");
        format!(
            "They came in where bounces and complaints do, and the program could not tell what they say. They are deleted after {days}."
        )
    }),
    dismiss_asks: Filled(|it| format!("Throw away this message: {it}?")),
    understood: Filled(|it| format!("It was understood this time: {it}.")),
};
