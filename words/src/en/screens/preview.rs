use super::counted;
use crate::screens::preview::Preview;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Preview = Preview {
    title: "Preview",
    view: "Show as",
    desktop: "Desktop",
    phone: "Phone",
    text: "Text",
    source: "Source",
    person: "With the values of",
    person_help: "A client’s name or address. If it is left empty, the made-up client Anna Petrova is used.",
    person_show: "Show",
    made_up: "made up",
    sample_full_name: "Anna Petrova",
    sample_first_name: "Anna",
    sample_last_name: "Petrova",
    subject: "Subject",
    to: "To",
    size: "Size",
    warnings: "Worth a look",
    no_warnings: "Nothing in this letter looks like a mistake.",
    no_html: "This letter has no HTML: everybody gets the text.",
    shown_html: "The letter as HTML",
    shown_text: "The letter as text",
    source_html: "The HTML as it is sent",
    source_text: "The text as it is sent",
    pictures: "Pictures from other sites are not loaded here, and links lead nowhere. Send a test to see them.",
    test: "Send a test to yourself",
    test_button: "Send test",
    test_help: "It has the values of the client chosen here, or your own if there is none, and a mark in the subject. Nobody else gets it.",
    test_state: "State",
    test_reply: "What the mail server said",
    test_again: "Check again",
    no_subject: "no subject",
    found: Counted(|number| format!("{} to look at:", counted(number, "thing", "things"))),
    person_unknown: Filled(|text| format!("No client was found by “{text}”. Anna Petrova, who is made up, stands in.")),
    missing: Filled(|field| {
        format!("{field} is empty for this client and has no other word for that case: nothing will stand there.")
    }),
    test_to: Filled(|email| format!("The test goes to {email}.")),
    test_sent_to: Filled(|email| format!("Test to {email}")),
};
