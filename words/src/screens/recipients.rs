//! The recipients of a run, with the words of mail servers.

use super::screen;

screen! {
    /// The words of the list of recipients of a run.
    Recipients in recipients {
        texts {
            mailings, title, narrow, all, only_undecided, recipient, outcome, when, reply, nobody, nobody_yet,
            undecided, sent_again, left_as_it_is, same_mailbox, not_sent_any_more, resend, accept, doubts_mean,
            resend_means, accept_means, cannot_resend, search, nobody_found, email, full_name, note, attempts, code,
            csv, xlsx,
        }
        counted {
            earlier,
        }
    }
}
