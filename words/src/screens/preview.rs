//! Letters as clients would get them, and test letters.

use super::screen;

screen! {
    /// The words of previews and of test letters.
    Preview in preview {
        texts {
            title, view, desktop, phone, text, source, person, person_help, person_show, made_up,
            sample_full_name, sample_first_name, sample_last_name, subject, to, size,
            warnings, no_warnings, no_html, shown_html, shown_text, source_html, source_text, pictures,
            test, test_button, test_help, test_state, test_reply, test_again, no_subject,
        }
        counted { found }
        filled { person_unknown, missing, test_to, test_sent_to }
    }
}
