//! Who letters are from: senders of owners, and domains whose letters are signed, with all that can happen to both.

use chrono::TimeDelta;
use domain::{
    SenderDomainId, SenderId,
    sender::{self, Sender},
    sender_domain::{self, Algorithm, DomainName, Selector, SenderDomain},
};
use rand::{
    Rng,
    seq::{IndexedRandom, IteratorRandom},
};

use super::{World, email, full_name};

impl World {
    pub(super) async fn change_senders(&mut self) {
        if self.random.random_bool(0.4) { self.change_sender().await } else { self.change_sender_domain().await }
    }

    async fn change_sender(&mut self) {
        let (owner, word, id) = (self.owner(), self.word(), SenderId(self.id()));
        let by = self.owners[owner].id();
        // Of the latest ones, so that more happens to each.
        let recent = self.owners[owner].senders.len().saturating_sub(2);
        let known = self.owners[owner].senders[recent..].choose(&mut self.random).copied();
        let (id, command) = match (self.random.random_range(0..10), known) {
            (0..=3, Some(known)) => {
                let reply_to = self.random.random_bool(0.5).then(|| Some(email(&format!("{word}@example.net"))));
                (known, sender::Command::Change { by, name: Some(full_name(&word)), reply_to })
            }
            (4..=5, Some(known)) => (known, sender::Command::Verify { at: self.now }),
            (6, Some(known)) => (known, sender::Command::Delete { by }),
            _ => {
                self.owners[owner].senders.push(id);
                let address = email(&format!("{word}@пример.example"));
                (id, sender::Command::Create { owner: by, name: full_name(&word), address, reply_to: None })
            }
        };
        self.execute::<Sender>(id.0, command).await;
    }

    async fn change_sender_domain(&mut self) {
        let owner = self.owner();
        let owner = self.owners[owner].id();
        let what = self.random.random_range(0..20);
        // Few names of each, so that they meet, and one that has no keys, so that it can be removed.
        let names = ["example.org", "пример.example", "empty.example"];
        let names = if matches!(what, 0..=1 | 19) { &names[..] } else { &names[..2] };
        let domain = DomainName::parse(names.choose(&mut self.random).expect("a domain"));
        let domain = domain.expect("a domain");
        let id = SenderDomainId::derive(&domain).0;
        let selector = Selector::parse(&format!("s{}", self.random.random_range(0..10_000))).expect("a selector");
        // One of the latest, of which most are there still.
        let known = self.selectors.iter().rev().take(4).choose(&mut self.random).cloned();
        let known = known.unwrap_or_else(|| selector.clone());
        let at = self.now;
        let command = match what {
            0..=1 => sender_domain::Command::Add { domain },
            2..=5 => {
                self.selectors.push(selector.clone());
                let algorithm = *Algorithm::ALL.choose(&mut self.random).expect("an algorithm");
                let imported = self.random.random_bool(0.3);
                sender_domain::Command::MakeKey { selector, algorithm, public: self.word(), imported, at }
            }
            6..=9 => sender_domain::Command::Activate { selector: known, at },
            10..=12 => sender_domain::Command::Retire { selector: known, at },
            // As if somebody waited until nobody needs it.
            13..=14 => sender_domain::Command::RemoveKey { selector: known, at: at + TimeDelta::days(30) },
            15..=16 => sender_domain::Command::Grant { owner },
            17..=18 => sender_domain::Command::Withdraw { owner },
            _ => sender_domain::Command::Remove { at: at + TimeDelta::days(30) },
        };
        self.execute::<SenderDomain>(id, command).await;
    }
}
