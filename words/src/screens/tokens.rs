//! Tokens for programs: made, shown once, revoked.

use super::screen;

screen! {
    /// The words about API tokens.
    Tokens in tokens {
        texts {
            title, said, empty, name, scope, made, expires, last_used, never, read, write, read_help, write_help,
            new_title, new_name, new_name_help, new_scope, new_expires, new_expires_help, create,
            revoke, revoke_said, shown_title, shown_once, shown_gone, use_title, use_said, back,
        }
        filled { revoke_asks, shown_named }
    }
}
