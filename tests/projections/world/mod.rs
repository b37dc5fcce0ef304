//! A random history of everything that can happen, driven through real commands. The same seed makes the same decisions.

mod agreeing;
mod importing;
mod notifying;
mod reporting;
mod richness;
mod segments;
mod senders;
mod sending;
mod suppressing;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ArticleId, ClientId, CronExpression, CustomFieldId, Decide, GroupId, ImportId, Language, MailingId, MessageId,
    NoticeId, Periodicity, PostalAddress, RelayName, Role, RunId, SegmentId, SenderId, UserId, Window,
    article::{self, Article},
    batch::Recipient,
    client::{self, Client},
    custom_field::{self, CustomField, Key, Label},
    group::{self, Group},
    mailing::{self, Mailing},
    message::{self, Message},
    sender_domain::Selector,
    user::{self, User},
};
use eventstore::{Append, AppendError, EventStore, ExecuteError};
use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, IteratorRandom},
};
use sending::Sending;
use suppressing::Known;
use uuid::Uuid;

use super::{
    Following, POLL, add_client, content, create_group, email, full_name, group_name, mailing_name, metadata, moment,
    register, zone,
};

/// More share less: fewer groups, messages and mailings each.
const OWNERS: usize = 3;

/// How often a command is tried while PostgreSQL is away: for half a minute.
const TRIES: usize = 6_000;

fn field_key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

/// Somebody who does everything, and the clock that they go by.
pub(super) struct World {
    store: EventStore,
    random: StdRng,
    now: DateTime<Utc>,
    owners: Vec<Owner>,
    sendings: Vec<Sending>,
    notices: Vec<NoticeId>,
    /// Of the blog, whoever wrote them.
    articles: Vec<ArticleId>,
    suppressions: Vec<Known>,
    /// Whose they are, too.
    imports: Vec<(ImportId, UserId)>,
    /// Names of keys, of whichever domain.
    selectors: Vec<Selector>,
    /// How often a batch went on.
    turns: usize,
    /// Of how many letters something was reported, and how many reports there are.
    heard: usize,
    reports: usize,
    /// All that were ever started.
    runs: HashSet<RunId>,
}

#[derive(Default)]
struct Owner {
    id: Uuid,
    groups: Vec<GroupId>,
    clients: Vec<Recipient>,
    messages: Vec<(MessageId, u32)>,
    mailings: Vec<MailingId>,
    senders: Vec<SenderId>,
    segments: Vec<SegmentId>,
}

impl Owner {
    fn id(&self) -> UserId {
        UserId(self.id)
    }
}

impl World {
    pub(super) fn new(store: &EventStore, seed: u64) -> Self {
        Self {
            store: store.clone(),
            random: StdRng::seed_from_u64(seed),
            now: moment("2026-03-01T08:00:00Z"),
            owners: Vec::new(),
            sendings: Vec::new(),
            notices: Vec::new(),
            articles: Vec::new(),
            suppressions: Vec::new(),
            imports: Vec::new(),
            selectors: Vec::new(),
            turns: 0,
            heard: 0,
            reports: 0,
            runs: HashSet::new(),
        }
    }

    pub(super) async fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step().await;
        }
    }

    /// Goes on until everything that can happen has happened, and some runs are under way.
    pub(super) async fn run_until_rich(&mut self, following: &Following) {
        let mut missing = vec!["everything".to_owned()];
        for _ in 0..50 {
            self.run(100).await;
            for _ in 0..3 {
                self.start_run().await;
            }
            for _ in 0..10 {
                self.go_on_sending().await;
            }
            following.shows_all(self.store.pool()).await;
            missing = richness::missing(self.store.pool()).await;
            if missing.is_empty() {
                return;
            }
        }
        panic!("did not happen: {missing:?}");
    }

    /// One thing more happens, or is refused.
    pub(super) async fn step(&mut self) {
        self.now += TimeDelta::minutes(self.random.random_range(0..90));
        if self.owners.is_empty() {
            return self.register().await;
        }
        match self.random.random_range(0..100) {
            0..=1 if self.owners.len() < OWNERS => self.register().await,
            0..=5 => self.change_user().await,
            6..=7 => {
                for _ in 0..4 {
                    self.change_articles().await;
                }
            }
            8..=11 => self.change_groups().await,
            12..=13 | 32..=33 => {
                for _ in 0..4 {
                    self.notify().await;
                }
            }
            14..=17 => self.add_clients().await,
            18..=27 => self.change_client().await,
            28..=31 => self.change_messages().await,
            34..=41 => self.plan_mailing().await,
            42..=55 => self.change_mailing().await,
            56..=62 => self.start_run().await,
            63..=66 => self.change_suppressions().await,
            67..=70 => {
                self.change_segments().await;
                for _ in 0..4 {
                    self.change_senders().await;
                }
            }
            71..=72 => {
                for _ in 0..4 {
                    self.change_imports().await;
                }
            }
            _ => {
                for _ in 0..3 {
                    self.go_on_sending().await;
                }
            }
        }
    }

    /// Something happens to a field of an owner's own, as a word has it: another throw of the dice would make another history.
    async fn change_fields(&self, owner: UserId, word: &str) {
        let digit = |place: usize| word.as_bytes().get(place).copied().map_or(0, usize::from);
        let key = field_key(["city", "age"][digit(0) % 2]);
        let label = Label::parse(word).expect("a label");
        let id = CustomFieldId::derive(owner, &key);
        let command = match digit(1) % 4 {
            0 => custom_field::Command::Remove { by: owner },
            1 => custom_field::Command::Rename { by: owner, label },
            _ => custom_field::Command::Define { owner, key, label, kind: custom_field::Kind::ALL[digit(2) % 4] },
        };
        self.execute::<CustomField>(id.0, command).await;
    }

    /// Whether the domain allowed it. While PostgreSQL is away it is asked again, which may then find it done.
    async fn execute<A>(&self, id: Uuid, command: A::Command) -> bool
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        for _ in 0..TRIES {
            match self.store.execute::<A>(id, command.clone(), &metadata()).await {
                Ok(_) => return true,
                Err(ExecuteError::Refused(_)) => return false,
                Err(ExecuteError::Store(_)) => tokio::time::sleep(POLL).await,
                Err(error) => panic!("{} {id}: {error}", A::TYPE),
            }
        }
        panic!("PostgreSQL does not come back");
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.random.random())
    }

    fn word(&mut self) -> String {
        format!("{:012x}", self.random.random_range(0_u64..1 << 48))
    }

    fn owner(&mut self) -> usize {
        self.random.random_range(0..self.owners.len())
    }

    fn some<T: Copy>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let count = self.random.random_range(0..=most);
        of.choose_multiple(&mut self.random, count).copied().collect()
    }

    async fn register(&mut self) {
        let (id, word) = (self.id(), self.word());
        if self.execute::<User>(id, register(&format!("{word}@example.com"))).await {
            // Most do that first; whoever is granted a role has no need of it any more.
            if self.random.random_bool(0.7) {
                self.execute::<User>(id, user::Command::VerifyEmail).await;
            }
            self.owners.push(Owner { id, ..Owner::default() });
        }
    }

    async fn change_user(&mut self) {
        let owner = self.owner();
        let role = *Role::ALL.choose(&mut self.random).expect("there are roles");
        let command = match self.random.random_range(0..10) {
            9 => user::Command::ChangePostalAddress {
                postal_address: PostalAddress::parse(&self.word()).expect("short enough"),
            },
            7 => user::Command::ChangeProfile {
                full_name: Some(full_name(&self.word())),
                time_zone: None,
                language: Language::ALL.choose(&mut self.random).copied(),
            },
            8 => user::Command::ChangeEmail { email: email(&format!("{}@example.org", self.word())) },
            5 => user::Command::Block { reason: self.word(), even_administrators: true },
            6 => user::Command::Unblock { reason: self.word(), even_administrators: true },
            0 => user::Command::VerifyEmail,
            1 => user::Command::ChangePassword,
            2 => user::Command::RevokeRole { role },
            _ => user::Command::GrantRole { role },
        };
        self.execute::<User>(self.owners[owner].id, command).await;
    }

    async fn change_groups(&mut self) {
        let (owner, id, word) = (self.owner(), self.id(), self.word());
        let by = self.owners[owner].id();
        let known = self.owners[owner].groups.choose(&mut self.random).copied();
        match (self.random.random_range(0..10), known) {
            (0..=1, Some(group)) => {
                self.execute::<Group>(group.0, group::Command::Delete { by }).await;
            }
            (2..=5, Some(group)) => {
                self.execute::<Group>(group.0, group::Command::Rename { by, name: group_name(&word) }).await;
            }
            _ => {
                if self.execute::<Group>(id, create_group(by, &word)).await {
                    self.owners[owner].groups.push(GroupId(id));
                }
            }
        }
        self.change_fields(by, &word).await;
        self.change_topic(owner, &word).await;
    }

    async fn add_clients(&mut self) {
        let owner = self.owner();
        let by = self.owners[owner].id();
        let mut appends = Vec::new();
        let mut ids = Vec::new();
        for _ in 0..self.random.random_range(1..40) {
            let (id, word) = (self.id(), self.word());
            let mut command = add_client(by, &format!("{word}@example.com"), &format!("Ann {word}"));
            if let client::Command::Add { groups, details, .. } = &mut command {
                *groups = self.some_groups(owner);
                if word.as_str() < "4" {
                    details.fields = [(field_key("city"), custom_field::Value::Text(word.clone()))].into();
                }
            }
            let mut commands = vec![command];
            // As a file has it: one after the other, and some of them have agreed.
            if word.as_str() < "8" {
                commands.push(client::Command::GiveConsent { by, consent: self.consent(None) });
            }
            let events = Client::default().decide_all(commands).expect("allowed");
            appends.push(Append::begin::<Client>(id, events).expect("events"));
            ids.push(Recipient(ClientId(id), 1));
        }
        while let Err(error) = self.store.append(&appends, &metadata()).await {
            match error {
                // The answer got lost with the connection.
                AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_) => break,
                AppendError::Store(_) => tokio::time::sleep(POLL).await,
            }
        }
        self.owners[owner].clients.extend(ids);
    }

    fn some_groups(&mut self, owner: usize) -> BTreeSet<GroupId> {
        let groups = self.owners[owner].groups.clone();
        self.some(&groups, 3).into_iter().collect()
    }

    async fn change_client(&mut self) {
        let owner = self.owner();
        let by = self.owners[owner].id();
        let count = self.owners[owner].clients.len();
        let Some(index) = (0..count).choose(&mut self.random) else { return };
        let id = self.owners[owner].clients[index].0.0;
        match self.random.random_range(0..10) {
            0 => {
                self.execute::<Client>(id, client::Command::Delete { by }).await;
            }
            1..=5 => {
                let word = self.word();
                let change = client::Command::Change {
                    by,
                    email: self.random.random_bool(0.5).then(|| email(&format!("{word}@example.org"))),
                    full_name: self.random.random_bool(0.5).then(|| full_name(&word)),
                    // Without another throw of the dice, which would make another history.
                    first_name: (word.as_str() < "8").then(|| full_name(&word)),
                    last_name: word.starts_with(['0', 'f']).then(|| full_name("")),
                    comment: Some(word.clone()),
                };
                if self.execute::<Client>(id, change).await {
                    self.owners[owner].clients[index].1 += 1;
                }
                if word.ends_with(['0', '1', '2', '3']) {
                    let digits = custom_field::Number::read(&word[..1]).map(custom_field::Value::Number);
                    let city = Some(custom_field::Value::Text(word.clone()));
                    let fields = [(field_key("city"), city), (field_key("age"), digits)].into();
                    if self.execute::<Client>(id, client::Command::ChangeFields { by, fields }).await {
                        self.owners[owner].clients[index].1 += 1;
                    }
                }
            }
            _ => {
                let groups = self.some_groups(owner);
                self.execute::<Client>(id, client::Command::SetGroups { by, groups }).await;
            }
        }
        self.change_consent(owner, id).await;
    }

    async fn change_messages(&mut self) {
        let (owner, id, word) = (self.owner(), self.id(), self.word());
        let by = self.owners[owner].id();
        let content = content(&word);
        let known = (0..self.owners[owner].messages.len()).choose(&mut self.random);
        match (self.random.random_range(0..10), known) {
            (0..=1, Some(index)) if self.owners[owner].messages.len() > 2 => {
                let message = self.owners[owner].messages.swap_remove(index).0;
                self.execute::<Message>(message.0, message::Command::Delete { by }).await;
            }
            (2..=5, Some(index)) => {
                let message = self.owners[owner].messages[index].0;
                if self.execute::<Message>(message.0, message::Command::Revise { by, content }).await {
                    self.owners[owner].messages[index].1 += 1;
                }
            }
            (6, Some(index)) => {
                let message = self.owners[owner].messages[index].0;
                self.execute::<Message>(message.0, message::Command::Share { by }).await;
            }
            (7, Some(index)) => {
                let message = self.owners[owner].messages[index].0;
                self.execute::<Message>(message.0, message::Command::Unshare { by }).await;
            }
            _ => {
                if self.execute::<Message>(id, message::Command::Create { owner: by, content }).await {
                    self.owners[owner].messages.push((MessageId(id), 1));
                }
            }
        }
    }

    async fn change_articles(&mut self) {
        let (owner, id, word) = (self.owner(), self.id(), self.word());
        let content = article::Content::parse(&word, "*News*", None).expect("an article");
        // Of the latest ones, so that more happens to each.
        let latest = self.articles.iter().rev().take(2).copied();
        let known = latest.choose(&mut self.random).map(|article| article.0);
        let (id, command) = match (self.random.random_range(0..10), known) {
            (0..=1, Some(known)) => (known, article::Command::Revise { content }),
            (2..=4, Some(known)) => (known, article::Command::Publish),
            (5..=6, Some(known)) => (known, article::Command::Unpublish),
            (7, Some(known)) => (known, article::Command::Delete),
            _ => {
                self.articles.push(ArticleId(id));
                (id, article::Command::Draft { author: self.owners[owner].id(), content })
            }
        };
        self.execute::<Article>(id, command).await;
    }

    fn periodicity(&mut self) -> Periodicity {
        let cron = Periodicity::Cron(CronExpression::parse("30 9 * * 1").expect("an expression"));
        let all = [Periodicity::Once, Periodicity::Daily, Periodicity::Weekly, Periodicity::Monthly, cron];
        all.choose(&mut self.random).expect("there are some").clone()
    }

    async fn plan_mailing(&mut self) {
        let (owner, id, word) = (self.owner(), self.id(), self.word());
        let Some((message, _)) = self.owners[owner].messages.choose(&mut self.random).copied() else { return };
        let audience = self.audience(owner);
        let starts = self.now + TimeDelta::hours(self.random.random_range(-20..20));
        let ends = self.now + TimeDelta::hours(self.random.random_range(24..24 * 40));
        let plan = mailing::Plan {
            name: mailing_name(&word),
            message,
            audience,
            window: Window::new(starts, ends).expect("a window"),
            periodicity: self.periodicity(),
            time_zone: zone(["UTC", "Europe/Berlin", "America/New_York"].choose(&mut self.random).expect("a name")),
            sending: mailing::Sending::default(),
            kind: mailing::Kind::default(),
            sender: self.owners[owner].senders.last().copied(),
        };
        let create = mailing::Command::Create { owner: self.owners[owner].id(), plan, now: self.now };
        if self.execute::<Mailing>(id, create).await {
            self.owners[owner].mailings.push(MailingId(id));
        }
    }

    async fn change_mailing(&mut self) {
        let (owner, reason) = (self.owner(), self.word());
        let by = self.owners[owner].id();
        // Of the latest ones, so that more happens to each.
        let latest = self.owners[owner].mailings.iter().rev().take(4);
        let Some(id) = latest.choose(&mut self.random).copied() else { return };
        let command = match self.random.random_range(0..16) {
            0..=2 => mailing::Command::Change { by, change: self.mailing_change(owner), now: self.now },
            4..=5 => mailing::Command::Pause { by },
            6 => mailing::Command::Suspend { reason },
            7..=9 => mailing::Command::Resume { by },
            3 | 10 => mailing::Command::Disable { reason },
            11..=12 => mailing::Command::Enable { reason },
            13 if self.random.random_bool(0.5) => mailing::Command::Complete { now: self.now + TimeDelta::days(60) },
            14 if self.random.random_bool(0.5) => mailing::Command::Cancel { by },
            15 if self.random.random_bool(0.5) => mailing::Command::Delete { by },
            _ => return,
        };
        self.execute::<Mailing>(id.0, command).await;
    }

    fn mailing_change(&mut self, owner: usize) -> mailing::Change {
        let word = self.word();
        let message = self.owners[owner].messages.choose(&mut self.random).map(|(id, _)| *id);
        let audience = if self.random.random_bool(0.2) { Some(self.audience(owner)) } else { None };
        mailing::Change {
            name: Some(mailing_name(&word)),
            message: message.filter(|_| self.random.random_bool(0.3)),
            audience,
            starts_at: None,
            ends_at: Some(self.now + TimeDelta::hours(self.random.random_range(24..24 * 40))),
            periodicity: self.random.random_bool(0.5).then(|| self.periodicity()),
            time_zone: self.random.random_bool(0.2).then(|| zone("Asia/Tokyo")),
            sender: None,
            in_doubt: self.random.random_bool(0.2).then_some(mailing::InDoubt::Resend),
            relay: self.random.random_bool(0.2).then(|| Some(RelayName::default())),
            kind: None,
        }
    }
}
