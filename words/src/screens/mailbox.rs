//! The mailbox of the demo: what was received, and one letter.

use super::screen;

screen! {
    /// The words of the demo's mailbox.
    Mailbox in mailbox {
        texts {
            title, about, service, empty, empty_found, search, renew, number, from, to, subject, no_subject, time, envelope,
            newer, older, first_page, back, as_html, as_text, as_headers, as_source, blocked, frame,
            links, links_help, no_links, no_way, attachments, no_name, name, kind, size, download, header, value,
            absent_title, absent,
        }
        counted { count, kept }
    }
}
