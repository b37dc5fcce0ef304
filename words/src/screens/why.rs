//! Who got what, and why not.

use super::screen;
use domain::suppression::Scope;

screen! {
    /// The words of the page that tells what became of the letters to an address.
    Why in why {
        texts {
            title, lead, email, email_help, mailing, any_mailing, ask, nothing, no_letter, not_yet, since, until, why, through, by_name,
            deleted_group, deleted_segment, written_with, attempts, came_back, kept_away, in_nobodys, in_owners, in_one, in_topic,
            client, to_client, among_recipients, as_sent, owner,
        }
        counted { count }
        filled { in_group, in_segment, of_client, of_letter }
    }
}

impl Why {
    /// Where an address was not written to.
    #[must_use]
    pub fn of_scope(&self, scope: &Scope) -> &'static str {
        match scope {
            Scope::Installation => self.in_nobodys,
            Scope::Owner { .. } => self.in_owners,
            Scope::Mailing { .. } => self.in_one,
            Scope::Topic { .. } => self.in_topic,
        }
    }
}
