//! Whom nobody writes to: the list, adding to it, files, and lifting.

use super::screen;
use domain::suppression::{Lifter, Reason};

screen! {
    /// The words of the list of addresses that are not written to, and of what is done with it.
    Suppressions in suppressions {
        texts {
            title, lead, new_lead, empty, add, add_first, import, csv, xlsx, lists, own_list, installation_list, installation_lead,
            installation_empty, search, reason, any_reason, state, in_force, over, all_states,
            email, since, until, place, source, note, lifted, lifted_why, ended, status, active, lifted_short,
            in_nobodys, in_yours, in_one, in_topic,
            unsubscribed, dead, bounced, complained, by_hand, imported,
            by_one_click, by_page, by_mail, by_mail_server, by_report, by_person, the_run, lifted_by_recipient, lifted_by_owner, lifted_by_administrator,
            new_title, emails, emails_help, note_label, note_help, add_these,
            lift, lift_said, lift_unsubscribed, lift_dead, lift_bounced, lift_reason, lift_reason_help, complaint_said,
            import_title, import_lead, file, file_help, go_on, nothing_sent, imported_title, rows, suppressed, already_there, passed_over,
            bad, problems, problem_row, problem_what, back_to_list, sheet,
        }
        counted { count, added, rows_bad }
        filled { lift_asks, lifted_done, from_file, ignored_columns }
    }
}

impl Suppressions {
    /// Why an address is not written to, in a word or two.
    #[must_use]
    pub fn of_reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Unsubscribed => self.unsubscribed,
            Reason::Dead => self.dead,
            Reason::Bounced => self.bounced,
            Reason::Complained => self.complained,
            Reason::ByHand => self.by_hand,
            Reason::Imported => self.imported,
        }
    }

    /// Who lifted a suppression.
    #[must_use]
    pub fn lifted_by(&self, lifter: Lifter) -> &'static str {
        match lifter {
            Lifter::Recipient => self.lifted_by_recipient,
            Lifter::Owner => self.lifted_by_owner,
            Lifter::Administrator => self.lifted_by_administrator,
        }
    }
}
