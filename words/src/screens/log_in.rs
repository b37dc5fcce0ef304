//! Logging in.

use super::screen;

screen! {
    /// The words of the page where people log in.
    LogIn in log_in {
        texts { title, email, password, button, forgotten, no_account, register, verify_again }
    }
}
