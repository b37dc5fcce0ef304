//! Mailings: the list of all.

use super::screen;

screen! {
    /// The words of the list of mailings.
    Mailings in mailings {
        texts {
            title, plan, plan_first, empty, empty_of_others, search, status, any_status, name, owner, owner_blocked,
            next, last, of, send_now, pause, resume,
        }
        counted {
            count,
        }
        filled {
            failed, doubts,
        }
    }
}
