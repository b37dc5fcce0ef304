//! What came back of letters: bounces and complaints.

use super::screen;
use domain::feedback::Via;

screen! {
    /// The words of the list of all that came back, and of what is shown of it beside letters, runs and mailings.
    Feedback in feedback {
        texts {
            title, lead, empty, empty_of_others, kind, any_kind, recipient, mailing, owner, what,
            bounced, soft_bounced, late, complained, no_such_mailbox, no_name, to_letter, only_this, all_mailings, only_of, only_of_run,
            nobody_so, marked_as_spam, marked_as_fraud, marked_as_virus,
            of_letters, letters_bounced, letters_soft_bounced, letters_late, letters_complained, number, share, to_list,
            smtp, imap, pipe, ses, sendgrid, mailgun, postmark, brevo,
        }
        counted { count }
        filled { of_accepted }
    }
}

impl Feedback {
    /// What a recipient complained of, if it is one of the kinds that providers have agreed on (RFC 5965, section 7.3).
    #[must_use]
    pub fn of_complaint(&self, kind: &str) -> Option<&'static str> {
        match kind {
            "abuse" => Some(self.marked_as_spam),
            "fraud" => Some(self.marked_as_fraud),
            "virus" => Some(self.marked_as_virus),
            _ => None,
        }
    }

    /// On which way something came in.
    #[must_use]
    pub fn of_via(&self, via: Via) -> &'static str {
        match via {
            Via::Smtp => self.smtp,
            Via::Imap => self.imap,
            Via::Pipe => self.pipe,
            Via::Ses => self.ses,
            Via::Sendgrid => self.sendgrid,
            Via::Mailgun => self.mailgun,
            Via::Postmark => self.postmark,
            Via::Brevo => self.brevo,
        }
    }
}
