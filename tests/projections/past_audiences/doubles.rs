//! Clients from before one mailbox could have several spellings: which of them is a double follows from the position, too, whatever
//! happens to the mailboxes between two pages.

use super::super::{add_client, begin, create_group, email, execute, follow, metadata, owner};
use super::moving::mailing_to;
use super::{streams, then};
use crate::support::database;
use domain::client::{self, Client};
use domain::group::Group;
use domain::mailing::Audience;
use domain::{ClientId, EmailAddress, GroupId, MailingId, UserId};
use eventstore::EventStore;
use projections::mailings::PastAudience;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many mailboxes there are, in two spellings each.
const MAILBOXES: usize = 12;

/// An address book of before, in which everything happens.
struct Book {
    store: EventStore,
    owner: UserId,
    group: GroupId,
    clients: Vec<ClientId>,
    random: StdRng,
}

/// One of the mailboxes, spelled as it is compared, or otherwise.
fn address(mailbox: usize, respelled: bool) -> EmailAddress {
    email(&if respelled {
        format!("Ann{mailbox}@Пример.рф")
    } else {
        format!("ann{mailbox}@xn--e1afmkfd.xn--p1ai")
    })
}

async fn run_sql(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(statement).execute(pool).await.expect("it is done");
}

impl Book {
    /// Nearly every mailbox is there in both spellings, and whoever spells it as it is compared holds it.
    async fn of_before(store: &EventStore, seed: u64) -> Self {
        let owner = owner();
        let group = GroupId(begin::<Group>(store, create_group(owner, "Friends")).await);
        let (clients, random) = (Vec::new(), StdRng::seed_from_u64(seed));
        let mut book = Self { store: store.clone(), owner, group, clients, random };
        let mut held = BTreeMap::new();
        for mailbox in 0..MAILBOXES {
            for respelled in [false, true] {
                if book.random.random_bool(0.1) {
                    continue;
                }
                run_sql(store.pool(), "delete from claims where kind = 'client-email'").await;
                let (id, address) = (ClientId(Uuid::from_u128(book.random.random())), address(mailbox, respelled));
                let mut add = add_client(owner, address.as_str(), "Ann");
                if let client::Command::Add { groups, .. } = &mut add {
                    *groups = book.some_groups();
                }
                execute::<Client>(store, id.0, add).await;
                book.clients.push(id);
                // The second one keeps what it held by the rules of before.
                let claim = if held.contains_key(&address.key()) { address.former_key() } else { address.key() };
                held.insert(claim, id);
            }
        }
        run_sql(store.pool(), "delete from claims where kind = 'client-email'").await;
        for (claim, id) in held {
            sqlx::query(
                "insert into claims (kind, scope, value, aggregate_type, aggregate_id)
                 values ('client-email', $1, $2, 'client', $3)",
            )
            .bind(owner.to_string())
            .bind(claim)
            .bind(id.to_string())
            .execute(store.pool())
            .await
            .expect("it is held");
        }
        book
    }

    fn some_groups(&mut self) -> BTreeSet<GroupId> {
        if self.random.random_bool(0.8) { [self.group].into() } else { BTreeSet::new() }
    }

    /// Something happens to somebody, or is refused.
    async fn step(&mut self) {
        let by = self.owner;
        let id = *self.clients.choose(&mut self.random).expect("there are clients");
        let command = match self.random.random_range(0..10) {
            0 => client::Command::Delete { by },
            1..=5 => {
                let mailbox = self.random.random_range(0..MAILBOXES + 4);
                let email = Some(address(mailbox, self.random.random_bool(0.5)));
                client::Command::Change { by, email, full_name: None, first_name: None, last_name: None, comment: None }
            }
            6 => {
                let id = ClientId(Uuid::from_u128(self.random.random()));
                let mailbox = self.random.random_range(0..MAILBOXES + 4);
                let address = address(mailbox, self.random.random_bool(0.5));
                let mut add = add_client(by, address.as_str(), "Ann");
                if let client::Command::Add { groups, .. } = &mut add {
                    *groups = self.some_groups();
                }
                if self.store.execute::<Client>(id.0, add, &metadata()).await.is_ok() {
                    self.clients.push(id);
                }
                return;
            }
            _ => client::Command::SetGroups { by, groups: self.some_groups() },
        };
        // An address that somebody has is refused.
        let _ = self.store.execute::<Client>(id.0, command, &metadata()).await;
    }

    /// Whom a mailing to the group went to at a position, and who of them was a double.
    async fn as_told(&self, position: i64) -> Vec<(ClientId, bool)> {
        let ids = streams(&self.store, "client").await;
        let clients = then::<Client>(&self.store, &ids, position).await;
        let mut mailboxes = BTreeSet::new();
        let members = ids.into_iter().zip(clients).filter_map(|(id, (client, _))| match client {
            Client::Present(card) if card.groups.contains(&self.group) => Some((ClientId(id), card.email.key())),
            _ => None,
        });
        members.map(|(id, mailbox)| (id, !mailboxes.insert(mailbox))).collect()
    }

    /// The same as it is asked for in pages, from a place on, while everything goes on happening.
    async fn as_found(&mut self, mailing: MailingId, position: i64, after: Option<ClientId>) -> Vec<(ClientId, bool)> {
        let of = (mailing, self.owner);
        let mut past = PastAudience::open(&self.store, of, position, after).await.expect("it can be asked for");
        let mut found = Vec::new();
        loop {
            for _ in 0..self.random.random_range(0..4) {
                self.step().await;
            }
            let count = self.random.random_range(1..5);
            let page = past.next(count).await.expect("it reads").expect("the read models are there");
            found.extend(page.iter().map(|invited| (invited.client, invited.is_double)));
            if page.len() < count {
                return found;
            }
        }
    }
}

#[tokio::test]
async fn who_is_a_double_is_what_the_log_had_told_whoever_moves_or_goes_between_two_pages() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let (mut doubles, mut moved) = (0, 0);
    for seed in 0..15 {
        let mut book = Book::of_before(&store, seed).await;
        let audience = Audience { groups: [book.group].into(), ..Audience::default() };
        let mailing = mailing_to(&store, book.owner, audience).await;
        for _ in 0..3 {
            following.shows_all(&database.pool).await;
            let head = EventStore::head(&database.pool).await.expect("there is a log");
            let expected = book.as_told(head).await;
            let skipped = book.random.random_range(0..=expected.len() / 2);
            let after = skipped.checked_sub(1).map(|last| expected[last].0);

            let found = book.as_found(mailing, head, after).await;

            assert_eq!(found, expected[skipped..], "seed {seed} at {head}");
            doubles += found.iter().filter(|(_, is_double)| *is_double).count();
            let now = EventStore::head(&database.pool).await.expect("there is a log");
            moved += usize::from(book.as_told(now).await != expected);
        }
    }
    assert!(doubles >= 30 && moved >= 20, "{doubles} doubles were found, {moved} audiences are others by now");
}
