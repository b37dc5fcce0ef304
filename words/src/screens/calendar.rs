//! What will be sent, on a calendar.

use super::screen;

screen! {
    /// The words of the calendar.
    Calendar in calendar {
        texts {
            title, plan, weeks, before, after, empty, left_out, said,
        }
    }
}
