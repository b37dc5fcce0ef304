//! Opening an account, and what to do when the letter does not come.

use super::screen;

screen! {
    /// The words of the pages where people open an account.
    Register in register {
        texts {
            title, about, full_name, full_name_help, email, email_help, password, password_help, time_zone, time_zone_help, other_zones,
            language, language_help, button, have_account, log_in,
            sent_title, sent_works, sent_unnamed, nothing_title, nothing, again, again_title, again_about, again_sent_unnamed, again_works,
        }
        filled { sent, again_sent }
    }
}
