//! A letter as it was sent.

use super::screen;

screen! {
    /// The words of the page of a letter as it was sent.
    Sent in sent {
        texts {
            title, lead, recipient, outcome, subject, text, shown_html, pictures, source, no_html, headers, header_name,
            header_value,
        }
    }
}
