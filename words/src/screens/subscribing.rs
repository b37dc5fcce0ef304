//! The public form with which people ask for letters, and the page behind the link in the letter that they get then.

use super::screen;

screen! {
    /// The words of the pages on which people subscribe.
    Subscribing in subscribing {
        texts {
            title, about, topics, topic, email, email_help, full_name, full_name_help, button, then, leave_empty,
            sent_title, sent, sent_again, not_now_title, not_now, often_title, absent_title, absent,
            confirm_title, confirm_asks, comes_back, from, topics_asked, to, confirm_button,
            confirmed_title, confirmed, before_title, before, leaving, kept,
            expired_title, expired, gone_title, gone, full_title, full, unknown_title, unknown,
            not_read_title, not_read, not_stored_title, not_stored, too_long_title, too_long, too_slow_title, too_slow,
        }
        filled { title_of }
    }
}
