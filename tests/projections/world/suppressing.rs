//! Addresses that are not written to: suppressed everywhere, for every reason, lifted, and suppressed anew.

use domain::{
    EmailAddress, SuppressionId,
    suppression::{Command, DEAD_FOR, Lifter, Reason, Scope, Source, Suppression, Way},
};
use rand::{Rng, seq::IndexedRandom};

use super::{World, email};

/// A suppression that there is, or was.
#[derive(Clone)]
pub(super) struct Known {
    id: SuppressionId,
    scope: Scope,
    reason: Reason,
    email: EmailAddress,
}

impl World {
    pub(super) async fn change_suppressions(&mut self) {
        // Of the latest ones, so that more happens to each.
        let recent = self.suppressions.len().saturating_sub(4);
        let known = self.suppressions[recent..].choose(&mut self.random).cloned();
        match (self.random.random_range(0..10), known) {
            (0..=3, Some(known)) => {
                let lift = Command::Lift { by: Lifter::Administrator, why: Some(self.word()), at: self.now };
                self.execute::<Suppression>(known.id.0, lift).await;
            }
            (4..=5, Some(known)) => self.suppress(known).await,
            _ => {
                let known = self.address();
                self.suppressions.push(known.clone());
                self.suppress(known).await;
            }
        }
    }

    /// Somebody of whom nobody has heard.
    fn address(&mut self) -> Known {
        let (owner, word) = (self.owner(), self.word());
        let of = self.owners[owner].id();
        let mailing = self.owners[owner].mailings.choose(&mut self.random).copied();
        let group = self.owners[owner].groups.first().copied();
        let scope = match (self.random.random_range(0..4), mailing, group) {
            (0, ..) => Scope::Installation,
            (1, Some(mailing), _) => Scope::Mailing { owner: of, mailing },
            (2, _, Some(group)) => Scope::Topic { owner: of, group },
            _ => Scope::Owner { owner: of },
        };
        let reason = *Reason::ALL.choose(&mut self.random).expect("there are reasons");
        let email = email(&format!("Ann.{word}@Example.com"));
        Known { id: SuppressionId::derive(scope, &email.key(), reason), scope, reason, email }
    }

    async fn suppress(&mut self, Known { id, scope, reason, email }: Known) {
        let run = self.runs.iter().min().copied();
        let source = match (reason, run) {
            (Reason::Unsubscribed, Some(run)) => Source::Recipient { run, ordinal: 3, way: Way::OneClick },
            (Reason::Dead | Reason::Bounced, Some(run)) => Source::MailServer { run, ordinal: 7 },
            (Reason::Imported, _) => Source::File { file: "left.csv".to_owned(), row: 2 },
            _ => Source::Person,
        };
        let note = self.random.random_bool(0.3).then(|| self.word());
        let until = reason.may_end().then(|| self.now + DEAD_FOR);
        let command = Command::Suppress { scope, reason, email, source, note, at: self.now, until };
        self.execute::<Suppression>(id.0, command).await;
    }
}
