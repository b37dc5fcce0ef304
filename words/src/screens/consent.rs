//! What a client has agreed to: the evidence, writing it down, and what was known at a moment.

use super::screen;
use domain::client::State;

screen! {
    /// The words of the section about consent on a client's page, and of the pages where it is written down and withdrawn.
    Consents in consent {
        texts {
            title, lead, empty, topic, everything, deleted_topic, given, known, status, is_given, is_confirmed, is_withdrawn,
            from_address, confirmed, withdrawn, came, by_person, by_program, by_form, by_letter, not_readable,
            write, wording, wording_help, letters, topic_help, at, at_help, address, address_help, save,
            withdraw, withdraw_said, withdraw_letters,
            then_title, then_lead, then_at, then_help, then_ask, then_no_moment, then_nothing, then_groups, then_suppressed,
        }
        counted { in_row }
        filled { from_file, new_title, withdraw_asks, withdraw_of, given_done, withdrawn_done, then_answer }
    }
}

impl Consents {
    /// How a consent stands, in a word.
    #[must_use]
    pub fn of_state(&self, state: State) -> &'static str {
        match state {
            State::Given => self.is_given,
            State::Confirmed => self.is_confirmed,
            State::Withdrawn => self.is_withdrawn,
        }
    }
}
