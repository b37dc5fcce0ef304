//! What clients agree to, and groups that are public: as words and the clock have it, as another throw of the dice would make another
//! history.

use domain::{
    GroupId, ImportId, RunId, SubscriptionId,
    client::{self, Client, Consent, Source},
    group::{self, Group},
};
use uuid::Uuid;

use super::{World, group_name};

impl World {
    /// One of the latest groups becomes a topic, or is none any more.
    pub(super) async fn change_topic(&self, owner: usize, word: &str) {
        let by = self.owners[owner].id();
        let Some(group) = self.owners[owner].groups.last().copied() else { return };
        let command = if word.starts_with(['0', '1', '2', '3']) {
            group::Command::Unpublish { by }
        } else {
            let description = group::Description::parse(&word[..4]).expect("short enough");
            group::Command::Publish { by, topic: group::Topic { title: group_name(word), description } }
        };
        self.execute::<Group>(group.0, command).await;
    }

    /// A client agrees to something, and perhaps confirms that, and perhaps agrees no longer.
    pub(super) async fn change_consent(&self, owner: usize, client: Uuid) {
        let (by, at, minute) = (self.owners[owner].id(), self.now, self.minute());
        let topic = self.owners[owner].groups.last().copied().filter(|_| minute.is_multiple_of(2));
        let (address, source) = ("2001:db8::1".parse().ok(), self.source());
        let steps = [
            client::Command::GiveConsent { by, consent: self.consent(topic) },
            client::Command::ConfirmConsent { by, topic, at, address },
            client::Command::WithdrawConsent { by, topic, at, source },
        ];
        for command in steps.into_iter().take(minute / 2 % 4) {
            self.execute::<Client>(client, command).await;
        }
    }

    /// Something to agree to.
    pub(super) fn consent(&self, topic: Option<GroupId>) -> Consent {
        let minute = self.minute();
        let address = if minute.is_multiple_of(3) { "192.0.2.1".parse().ok() } else { None };
        Consent { topic, wording: format!("news {minute:x}"), at: self.now, source: self.source(), address }
    }

    fn source(&self) -> Source {
        let (nobody, minute) = (Uuid::nil(), self.minute());
        let row = u64::try_from(minute % 100).expect("a number");
        match minute % 5 {
            0 => Source::Person,
            1 => Source::Program,
            2 => Source::File { import: ImportId(nobody), file: "clients.csv".to_owned(), row },
            3 => Source::Form { subscription: SubscriptionId(nobody) },
            _ => Source::Letter { run: RunId(nobody), ordinal: 7 },
        }
    }

    /// The minute that the clock shows, counted from long ago.
    fn minute(&self) -> usize {
        usize::try_from(self.now.timestamp() / 60).expect("after 1970")
    }
}
