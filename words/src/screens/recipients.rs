//! The recipients of a run, with the words of mail servers.

use super::screen;
use domain::suppression::Reason;

screen! {
    /// The words of the list of recipients of a run.
    Recipients in recipients {
        texts {
            mailings, title, narrow, all, only_undecided, recipient, outcome, when, reply, nobody, nobody_yet,
            undecided, sent_again, left_as_it_is, same_mailbox, not_sent_any_more, unsubscribed, dead, bounced, complained,
            by_hand, imported, resend, accept, doubts_mean,
            resend_means, accept_means, cannot_resend, search, nobody_found, email, full_name, note, attempts, code,
            csv, xlsx, came_back, back_for_good, back_for_now, back_late, back_complained, as_sent,
        }
        counted {
            earlier,
        }
        filled { withheld }
    }
}

impl Recipients {
    /// Why a letter was left out whose address is not written to any more.
    #[must_use]
    pub fn not_written_to(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Unsubscribed => self.unsubscribed,
            Reason::Dead => self.dead,
            Reason::Bounced => self.bounced,
            Reason::Complained => self.complained,
            Reason::ByHand => self.by_hand,
            Reason::Imported => self.imported,
        }
    }
}
