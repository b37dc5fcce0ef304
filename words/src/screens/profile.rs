//! One's own account: how one is called, how one gets in, and who else has a key.

use super::screen;

screen! {
    /// The words of one's own profile.
    Profile in profile {
        texts {
            title, about_title, full_name, full_name_help, language, language_help, time_zone, time_zone_help, other_zones,
            postal_address, postal_address_help,
            password_title, password_said, old_password, new_password, new_password_help, change_password,
            email_title, new_email, new_email_help, password, change_email, email_sent,
            sessions_title, sessions_said, device, unknown_device, address, last_used, began, ends, this_one, end, end_said, end_all, end_all_asks, end_all_said,
            not_in_person,
        }
        filled { email_now, end_asks }
    }
}
