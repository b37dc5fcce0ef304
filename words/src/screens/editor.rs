//! The editor of letters.

use super::screen;

screen! {
    /// The words of the editor of letters.
    Editor in editor {
        texts {
            new_title, subject, subject_help, format, format_help, as_markdown, as_text, as_html,
            markdown, markdown_help, text, text_help, text_beside_help, html, html_help,
            share, share_help, share_always, create,
            fields, fields_help, field, stands_for, becomes,
            full_name, first_name, last_name, email, comment, unsubscribe_url, unsubscribe_becomes,
            fallback_field, fallback, fallback_becomes, nothing,
            preview, preview_hint, preview_button, of_revision,
        }
        filled { old_revision }
    }
}
