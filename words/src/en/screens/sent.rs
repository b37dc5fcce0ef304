use crate::screens::sent::Sent;

/// The words in English.
pub(crate) const WORDS: Sent = Sent {
    title: "The letter as it was sent",
    lead: "It is put together once more from what the run has kept of the letter, the sender and the client. The service’s own address is shown as it is now, the link to unsubscribe leads to a sample, and the signature is not shown.",
    recipient: "Recipient",
    outcome: "Outcome",
    subject: "Subject",
    text: "Text",
    shown_html: "The letter as HTML",
    pictures: "Pictures from other sites are not loaded here, and links lead nowhere.",
    source: "The source of the HTML",
    no_html: "This letter has no HTML.",
    headers: "Header",
    header_name: "Field",
    header_value: "Value",
};
