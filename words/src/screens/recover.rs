//! A forgotten password.

use super::screen;

screen! {
    /// The words of the pages for those who have forgotten their password.
    Recover in recover {
        texts { title, about, email, button, remembered, log_in, sent_title, sent_works, sent_unnamed, nothing_title, nothing, again }
        filled { sent }
    }
}
