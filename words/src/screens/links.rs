//! Around the pages where links in letters lead, see [`crate::links`].

use super::screen;

screen! {
    /// What stands beside the sentences of such a page.
    Links in links {
        texts { password_help, log_in, go_on, letter_again, new_letter, to_profile, to_senders, senders, sender_address, sender_account }
    }
}
