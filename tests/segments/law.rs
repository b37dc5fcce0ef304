//! Whoever passes a filter in PostgreSQL passes it by what the log says of them, for any filter.

use super::started;
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Turn};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::client::{self, Card, Client, Consent, Source, State};
use domain::custom_field::{Key, Number, Value};
use domain::mailing::Audience;
use domain::segment::{Condition, Filter, Join, Test, TextOf, TextTest, ValueTest};
use domain::{ClientId, EmailAddress, FullName, GroupId, MailingId, SegmentId, UserId, group};
use eventstore::Append;
use projections::clients::{self, Order};
use projections::segments::filter;
use projections::{Access, mailings};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

const CLIENTS: usize = 80;

const FILTERS: usize = 250;

/// Of few words, so that they meet; some mean something to `like`.
const WORDS: [&str; 8] = ["Ann", "ann smith", "Bob", "%", "_nn", "100%", "Smith", "o"];

fn pick<T: Clone>(random: &mut StdRng, of: &[T]) -> T {
    of.choose(random).expect("there are some").clone()
}

fn keys() -> [Key; 4] {
    ["city", "age", "born", "vip"].map(|key| Key::parse(key).expect("a key"))
}

fn number(random: &mut StdRng) -> Value {
    let text = pick(random, &["-3", "0", "7", "18", "18.5", "100"]);
    Value::Number(Number::read(text).expect("a number"))
}

fn day(random: &mut StdRng) -> Value {
    let text = pick(random, &["1999-12-31", "2001-02-03", "2001-12-01", "2026-05-04"]);
    Value::Date(text.parse::<NaiveDate>().expect("a day"))
}

fn value(random: &mut StdRng, key: &Key) -> Value {
    match key.as_str() {
        "age" => number(random),
        "born" => day(random),
        "vip" => Value::YesNo(random.random_bool(0.5)),
        // Now and then a value that is there from when the field was of another kind.
        _ if random.random_bool(0.2) => number(random),
        _ => Value::Text(pick(random, &WORDS).to_owned()),
    }
}

/// A client with any of all that can be asked of one.
fn born(random: &mut StdRng, owner: UserId, place: usize, groups: &[GroupId]) -> Vec<client::Event> {
    let name = |random: &mut StdRng| {
        let text = if random.random_bool(0.3) { "" } else { pick(random, &WORDS) };
        FullName::parse(text).expect("a name")
    };
    let (local, domain) = (pick(random, &["ann", "Bob", "o_o", "x"]), pick(random, &["example.org", "Example.com"]));
    let fields = keys().into_iter().filter(|_| random.random_bool(0.6)).collect::<Vec<_>>();
    let fields = fields.into_iter().map(|key| (key.clone(), value(random, &key))).collect();
    let belongs = groups.iter().copied().filter(|_| random.random_bool(0.4)).collect();
    let mut events = vec![client::Event::Added {
        owner,
        email: EmailAddress::parse(&format!("{local}{place}@{domain}")).expect("an address"),
        full_name: name(random),
        first_name: name(random),
        last_name: name(random),
        comment: pick(random, &WORDS).to_owned(),
        groups: belongs,
        fields,
        source: None,
    }];
    for topic in [None, groups.first().copied()] {
        let (at, source) = (DateTime::UNIX_EPOCH, Source::Person);
        let consent = Consent { topic, wording: "the news".to_owned(), at, source: source.clone(), address: None };
        let all = [
            client::Event::ConsentGiven(consent),
            client::Event::ConsentConfirmed { topic, at, address: None },
            client::Event::ConsentWithdrawn { topic, at, source },
        ];
        events.extend(all.into_iter().take(random.random_range(0..=3)));
    }
    events
}

/// What the log and the mail server say of a client.
struct Facts {
    id: Uuid,
    card: Card,
    added_at: DateTime<Utc>,
    accepted: Vec<(MailingId, DateTime<Utc>)>,
}

/// What makes a test true, beside the client.
struct World {
    now: DateTime<Utc>,
    gone: GroupId,
}

impl World {
    fn passes(&self, filter: &Filter, facts: &Facts) -> bool {
        let mut met = filter.conditions.iter().map(|condition| self.meets(&condition.test, facts) != condition.not);
        match filter.join {
            Join::All => met.all(|met| met),
            Join::Any => met.any(|met| met),
        }
    }

    fn meets(&self, test: &Test, facts: &Facts) -> bool {
        let card = &facts.card;
        let since = |days: &u32| self.now - TimeDelta::days((*days).into());
        match test {
            Test::InGroup { group } => *group != self.gone && card.groups.contains(group),
            Test::Text { of, test, text } => {
                let name = |name: &FullName| (!name.is_empty()).then(|| name.as_str().to_owned());
                let it = match of {
                    TextOf::Email => Some(card.email.as_str().to_owned()),
                    TextOf::FullName => Some(card.full_name.as_str().to_owned()),
                    TextOf::FirstName => name(&card.first_name),
                    TextOf::LastName => name(&card.last_name),
                    TextOf::Comment => Some(card.comment.clone()),
                };
                let (it, text) = (it.map(|it| it.to_lowercase()), text.to_lowercase());
                it.is_some_and(|it| match test {
                    TextTest::Is => it == text,
                    TextTest::Contains => it.contains(&text),
                    TextTest::StartsWith => it.starts_with(&text),
                    TextTest::EndsWith => it.ends_with(&text),
                })
            }
            Test::Field { key, test } => card.fields.get(key).is_some_and(|value| asked(value, test)),
            Test::Consent { topic, state } => card.consent(*topic).is_some_and(|one| one.state() == *state),
            Test::Accepted { mailing } => facts.accepted.iter().any(|(of, _)| of == mailing),
            Test::AcceptedWithin { days } => facts.accepted.iter().any(|(_, at)| *at >= since(days)),
            Test::AddedWithin { days } => facts.added_at >= since(days),
        }
    }
}

fn asked(value: &Value, test: &ValueTest) -> bool {
    match (value, test) {
        (_, ValueTest::Known) => true,
        (Value::Text(have), ValueTest::Is(Value::Text(text))) => have.to_lowercase() == text.to_lowercase(),
        (have, ValueTest::Is(value)) => have == value,
        (Value::Text(have), ValueTest::Contains(text)) => have.to_lowercase().contains(&text.to_lowercase()),
        (Value::Number(have), ValueTest::AtLeast(Value::Number(number))) => have >= number,
        (Value::Number(have), ValueTest::AtMost(Value::Number(number))) => have <= number,
        (Value::Date(have), ValueTest::AtLeast(Value::Date(day))) => have >= day,
        (Value::Date(have), ValueTest::AtMost(Value::Date(day))) => have <= day,
        _ => false,
    }
}

fn some_filter(random: &mut StdRng, groups: &[GroupId], mailings: &[MailingId]) -> Filter {
    let join = if random.random_bool(0.5) { Join::All } else { Join::Any };
    let conditions = (0..random.random_range(1..=4)).map(|_| {
        let days = pick(random, &[1, 30, 300, 3_660]);
        let test = match random.random_range(0..7) {
            0 => Test::InGroup { group: pick(random, groups) },
            1 => Test::Text {
                of: pick(random, &TextOf::ALL),
                test: pick(random, &TextTest::ALL),
                text: pick(random, &["ann", "ANN SMITH", "%", "_", "bob", "@example.org", "o", "ann3@example.org"])
                    .into(),
            },
            2 => {
                let key = pick(random, &keys());
                let test = match random.random_range(0..5) {
                    0 => ValueTest::Known,
                    1 => ValueTest::Is(value(random, &key)),
                    2 => ValueTest::Contains(pick(random, &WORDS).to_owned()),
                    3 => ValueTest::AtLeast(if random.random_bool(0.5) { number(random) } else { day(random) }),
                    _ => ValueTest::AtMost(if random.random_bool(0.5) { number(random) } else { day(random) }),
                };
                Test::Field { key, test }
            }
            3 => Test::Consent {
                topic: pick(random, &[None, groups.first().copied()]),
                state: pick(random, &State::ALL),
            },
            4 => Test::Accepted { mailing: pick(random, mailings) },
            5 => Test::AcceptedWithin { days },
            _ => Test::AddedWithin { days },
        };
        Condition { test, not: random.random_bool(0.4) }
    });
    Filter { join, conditions: conditions.collect() }
}

/// Everything that can be known of the service's clients.
async fn facts(service: &Service, ids: &[Uuid]) -> Vec<Facts> {
    let (pool, store) = (&service.database.pool, &service.node.services.store);
    let rows: Vec<(Uuid, MailingId, DateTime<Utc>)> = sqlx::query_as::<_, (Uuid, Uuid, DateTime<Utc>)>(
        "select b.clients[d.ordinal % 500 + 1], r.mailing_id, d.at
           from deliveries d join runs r on r.id = d.run_id join batches b on b.run_id = d.run_id and b.number = d.ordinal / 500
          where d.outcome = 'accepted'",
    )
    .fetch_all(pool)
    .await
    .expect("rows")
    .into_iter()
    .map(|(client, mailing, at)| (client, MailingId(mailing), at))
    .collect();
    let added = clients::by_ids(pool, Access::All, ids).await.expect("rows");
    let added: HashMap<Uuid, DateTime<Utc>> = added.into_iter().map(|row| (row.id, row.created_at)).collect();
    let streams = store.load_many::<Client>(ids).await.expect("they read");
    let facts = ids.iter().zip(streams).map(|(id, stream)| {
        let Client::Present(card) = stream.state else { panic!("{id} is there") };
        let accepted = rows.iter().filter(|(client, ..)| client == id).map(|(_, mailing, at)| (*mailing, *at));
        Facts { id: *id, card, added_at: added[id], accepted: accepted.collect() }
    });
    facts.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_passes_a_filter_passes_it_by_what_the_log_says_of_them() {
    let (service, server) = started().await;
    let (pool, store, owner) = (&service.database.pool, &service.node.services.store, service.owner);
    let mut random = StdRng::seed_from_u64(59);
    let groups = [service.group("Friends").await, service.group("Press").await, service.group("Gone").await];
    let mut ids = Vec::new();
    let mut appends = Vec::new();
    for place in 0..CLIENTS {
        let id = Uuid::now_v7();
        let events = born(&mut random, owner, place, &groups);
        appends.push(Append::begin::<Client>(id, events).expect("events"));
        ids.push(id);
    }
    let told = store.append(&appends, &metadata()).await.expect("clients are added");
    assert!(service.node.services.shown(told.position).await, "the read models follow");
    let gone = groups[2];
    let deleted = store.execute::<group::Group>(gone.0, group::Command::Delete { by: owner }, &metadata()).await;
    assert!(service.node.services.shown(deleted.expect("it is deleted").position).await, "the read models follow");
    // One mail server takes letters to some only, and one mailing was sent long before the other.
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with('x') => Act::Say("552 5.2.2 mailbox full"),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mut sent = Vec::new();
    for group in &groups[..2] {
        let mailing = service.mailing(*group).await;
        service.finished(mailing).await;
        sent.push(mailing);
        service.clock.advance(TimeDelta::days(40));
    }
    engine.stop().await;
    let facts = facts(&service, &ids).await;
    let now = facts.iter().map(|facts| facts.added_at).max().expect("there are some").max(service.clock.now());
    let world = World { now, gone };

    let mut sizes = BTreeSet::new();
    for round in 0..FILTERS {
        let filter = some_filter(&mut random, &groups, &sent);
        let expected: BTreeSet<Uuid> =
            facts.iter().filter(|facts| world.passes(&filter, facts)).map(|facts| facts.id).collect();
        let access = if round % 2 == 0 { Access::Owner(owner) } else { Access::All };
        let found = filter::clients_of(pool, access, &filter, now, None, 1_000).await.expect("a list");
        let found: BTreeSet<Uuid> = found.into_iter().map(|client| client.id).collect();
        assert_eq!(found, expected, "{filter:?}");
        let count = filter::count(pool, access, &filter, now).await.expect("a count");
        assert_eq!(usize::try_from(count).expect("a few"), expected.len(), "{filter:?}");
        sizes.insert(expected.len());
    }
    assert!(sizes.len() > 20, "there are filters of all kinds: {sizes:?}");

    // Nobody else's clients pass, whatever is asked.
    let everybody =
        Filter { join: Join::All, conditions: vec![Condition { test: Test::AddedWithin { days: 1 }, not: true }] };
    let stranger = Access::Owner(UserId(Uuid::now_v7()));
    let later = now + TimeDelta::days(3);
    assert_eq!(filter::count(pool, stranger, &everybody, later).await.expect("a count"), 0);
    assert_eq!(filter::count(pool, Access::Owner(owner), &everybody, later).await.expect("a count"), 80);

    sizes_are_those_of_audiences(&service, (&facts, &world), (&groups, &sent), &mut random).await;
    lists_know_segments(&service, &facts, &world).await;
}

/// How many an audience comes to is what adding and leaving out by hand comes to.
async fn sizes_are_those_of_audiences(
    service: &Service,
    (facts, world): (&[Facts], &World),
    (groups, sent): (&[GroupId], &[MailingId]),
    random: &mut StdRng,
) {
    let (pool, access) = (&service.database.pool, Access::Owner(service.owner));
    let mut segments = BTreeMap::new();
    for number in 0..6 {
        let filter = some_filter(random, groups, sent);
        segments.insert(super::segment(service, &format!("Segment {number}"), filter.clone()).await, filter);
    }
    let all: Vec<_> = segments.keys().copied().collect();
    let mut sizes = BTreeSet::new();
    for round in 0..60 {
        let mut audience = Audience {
            clients: facts.choose_multiple(random, round % 4).map(|facts| ClientId(facts.id)).collect(),
            groups: groups.choose_multiple(random, round % 3).copied().collect(),
            segments: all.choose_multiple(random, round % 3).copied().collect(),
            ..Audience::default()
        };
        audience.less.groups = groups.choose_multiple(random, round % 2).copied().collect();
        audience.less.segments = all.choose_multiple(random, round % 5 / 2).copied().collect();
        audience.less.mailings = sent.choose_multiple(random, round % 7 / 3).copied().collect();
        let expected = facts.iter().filter(|facts| {
            let passes = |id: &SegmentId| world.passes(&segments[id], facts);
            let there = |group: &GroupId| *group != world.gone && facts.card.groups.contains(group);
            let named = audience.clients.contains(&ClientId(facts.id))
                || audience.groups.iter().any(there)
                || audience.segments.iter().any(passes);
            // Whoever was in a group that is deleted was to be left out with it.
            let left_out = audience.less.groups.iter().any(|group| facts.card.groups.contains(group))
                || audience.less.segments.iter().any(passes)
                // The mail server has taken or refused every letter.
                || facts.accepted.iter().any(|(mailing, _)| audience.less.mailings.contains(mailing));
            named && !left_out
        });
        let expected = i64::try_from(expected.count()).expect("a few");
        let size = mailings::audience_size(pool, access, &audience, world.now).await.expect("a size");
        let empty = mailings::is_audience_empty(pool, access, &audience, world.now).await.expect("an answer");
        assert_eq!((size, empty), (expected, expected == 0), "{audience:?}");
        sizes.insert(size);
    }
    assert!(sizes.len() > 5, "there are audiences of several sizes: {sizes:?}");
}

/// A list that asks for a segment, too, shows those who pass both, in its order and page by page.
async fn lists_know_segments(service: &Service, facts: &[Facts], world: &World) {
    let (pool, access) = (&service.database.pool, Access::Owner(service.owner));
    let text = |text: &str| Test::Text { of: TextOf::FullName, test: TextTest::Contains, text: text.to_owned() };
    let segment = super::all([text("n")]);
    let passing: BTreeSet<Uuid> =
        facts.iter().filter(|facts| world.passes(&segment, facts)).map(|facts| facts.id).collect();
    let whoever = clients::Filter { search: Some("Example.ORG".to_owned()), ..clients::Filter::default() };
    let order = Order { key: clients::Key::Email, descending: true };
    let found = clients::ordered(pool, access, &whoever, order, None, 1_000).await.expect("a list");
    let expected: Vec<Uuid> =
        found.into_iter().map(|client| client.id).filter(|client| passing.contains(client)).collect();
    let filter = clients::Filter { segment: Some(segment), ..whoever };
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = clients::ordered(pool, access, &filter, order, after.as_ref(), 7).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = Some(last.place(order));
        listed.extend(page.into_iter().map(|client| client.id));
    }
    assert_eq!(listed, expected);
    assert!(!listed.is_empty(), "some pass");
    let count = clients::count(pool, access, &filter).await.expect("a count");
    assert_eq!(usize::try_from(count).expect("a few"), listed.len());
}
