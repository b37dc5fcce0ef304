//! What letters said before.

use super::screen;

screen! {
    /// The words of the revisions of a letter.
    Revisions in revisions {
        texts {
            title, said, number, at, changed, present, subject, text, html, markdown, nothing_changed, older, newest,
            difference, difference_help, first, whole, edit,
        }
        filled { one_title, show }
    }
}
