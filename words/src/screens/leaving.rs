//! The page behind the link in a letter, where its recipient says that they want no more.

use super::screen;

screen! {
    /// The words of the page on which recipients leave.
    Leaving in leaving {
        texts {
            title, asks, means, letter, from, to, leave_owner, leave_mailing,
            left_owner_title, left_owner, left_mailing_title, left_mailing, undo, undone,
            unknown_title, unknown, sample_title, sample, one_click,
            nothing_chosen, not_stored_title, not_stored, not_read_title, not_read, too_long_title, too_long,
            too_slow_title, too_slow,
        }
    }
}
