//! What clients agree to: given for every reason to know it, confirmed, withdrawn, and given anew.

use domain::{
    GroupId, ImportId, RunId, SubscriptionId,
    client::{self, Client, Consent, Source},
};
use rand::{
    Rng,
    seq::{IndexedRandom, IteratorRandom},
};
use uuid::Uuid;

use super::World;

impl World {
    pub(super) async fn change_consent(&mut self) {
        let owner = self.owner();
        let by = self.owners[owner].id();
        // Of the latest ones, so that more happens to each.
        let recent = self.owners[owner].clients.len().saturating_sub(4);
        let Some(client) = self.owners[owner].clients[recent..].iter().copied().choose(&mut self.random) else {
            return;
        };
        let named = self.owners[owner].groups.last().copied();
        let topic = named.filter(|_| self.random.random_bool(0.5));
        let at = self.now;
        let command = match self.random.random_range(0..10) {
            0..=4 => client::Command::GiveConsent { by, consent: self.consent(topic) },
            5..=7 => client::Command::ConfirmConsent { by, topic, at, address: "2001:db8::1".parse().ok() },
            _ => client::Command::WithdrawConsent { by, topic, at, source: self.source() },
        };
        self.execute::<Client>(client.0.0, command).await;
    }

    /// Something to agree to.
    pub(super) fn consent(&mut self, topic: Option<GroupId>) -> Consent {
        let (wording, at, source) = (self.word(), self.now, self.source());
        let address = if self.random.random_bool(0.5) { "192.0.2.1".parse().ok() } else { None };
        Consent { topic, wording, at, source, address }
    }

    fn source(&mut self) -> Source {
        let (nobody, row) = (Uuid::nil(), self.random.random_range(2..100));
        let sources = [
            Source::Person,
            Source::Program,
            Source::File { import: ImportId(nobody), file: "clients.csv".to_owned(), row },
            Source::Form { subscription: SubscriptionId(nobody) },
            Source::Letter { run: RunId(nobody), ordinal: 7 },
        ];
        sources.choose(&mut self.random).expect("there are some").clone()
    }
}
