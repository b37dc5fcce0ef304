//! What came back of letters: bounces and complaints.

use super::screen;
use domain::feedback::Via;

screen! {
    /// The words of the list of all that came back, and of what is shown of it beside letters, runs and mailings.
    Feedback in feedback {
        texts {
            title, lead, empty, empty_of_others, kind, any_kind, recipient, mailing, owner, what,
            bounced, soft_bounced, late, complained, no_such_mailbox, no_name, to_letter, only_this, all_mailings, only_of_run, nobody_so,
            of_letters, letters_bounced, letters_soft_bounced, letters_complained, number, share, to_list,
            smtp, imap, pipe, ses, sendgrid, mailgun, postmark, brevo,
        }
        counted { count }
        filled { of_accepted, only_of }
    }
}

impl Feedback {
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
