//! Rubbish in each column that holds a word of a closed set: an error of that row, which stops nobody else, makes nothing be sent
//! and nothing be given up, and is gone when the row is made anew.
//!
//! Ann's row is broken, and Bob has one like it beside it. No such column has a check constraint; if one gets one, the constraint
//! has to be dropped here first, as rubbish comes in by other ways than the service's.

mod columns;
mod reading;
mod working;

use crate::support::feedback::{bounced, complained, full, gone, letter_at};
use crate::support::http::{Api, Person, plan, text, with};
use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::client::{self, Client, Consent};
use domain::custom_field::{self, CustomField};
use domain::mailing::{self, Mailing};
use domain::notice::{Command, Kind, Notice, Request};
use domain::segment::{self, Condition, Join, Segment, Test};
use domain::sender_domain::{self, Algorithm, DomainName, Selector, SenderDomain};
use domain::suppression::{self, Reason, Scope, Source, Suppression};
use domain::{
    CustomFieldId, EmailAddress, FullName, Language, NoticeId, Role, RunId, SegmentId, SenderDomainId, SuppressionId,
    Window,
};
use projections::columns::{Column, Form};
use projections::{Projection, rebuild};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// Somebody with a mailing to two clients.
struct Owner {
    person: Person,
    mailing: String,
}

/// The service with Ann and Bob, and a manager who sees the rows of both. Nothing sends yet.
struct Scene {
    api: Api,
    server: SmtpServer,
    manager: Person,
    ann: Owner,
    bob: Owner,
}

impl Scene {
    async fn new() -> Self {
        Self::with_clients(&["one", "two"]).await
    }

    /// The same with these clients each.
    async fn with_clients(names: &[&str]) -> Self {
        let (api, server) = (Api::start().await, SmtpServer::start(Offers::default()).await);
        let manager = api.person("Mary", &[Role::Manager]).await;
        let (ann, bob) = (Owner::new(&api, "Ann", names).await, Owner::new(&api, "Bob", names).await);
        Self { api, server, manager, ann, bob }
    }

    fn work(&self) -> Working {
        let mut settings = Service::settings();
        settings.retry_pauses = vec![Duration::from_millis(30)];
        Service::work_with(&self.api.node, Service::relay(&self.server), settings)
    }

    fn pool(&self) -> &PgPool {
        &self.api.pool
    }

    /// Asks for a letter of the service to somebody.
    async fn notice(&self, person: &Person, kind: Kind, to: &str) -> NoticeId {
        let id = NoticeId(Uuid::now_v7());
        let request = Request {
            user: person.id,
            kind,
            to: EmailAddress::parse(to).expect("an address"),
            full_name: FullName::default(),
            language: Language::En,
        };
        let store = &self.api.node.services.store;
        let asked = store.execute::<Notice>(id.0, Command::Request(request), &metadata()).await.expect("it may be");
        assert!(self.api.node.services.shown(asked.position).await, "the read models follow");
        id
    }

    /// Nobody writes to a client of somebody's any more.
    async fn suppress(&self, person: &Person, email: &str) {
        let (scope, email) = (Scope::Owner { owner: person.id }, EmailAddress::parse(email).expect("an address"));
        let id = SuppressionId::derive(scope, &email.key(), Reason::ByHand);
        let (reason, source, at) = (Reason::ByHand, Source::Person, self.api.clock.now());
        let command = suppression::Command::Suppress { scope, reason, email, source, note: None, at, until: None };
        let store = &self.api.node.services.store;
        let told = store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it may be");
        assert!(self.api.node.services.shown(told.position).await, "the read models follow");
    }

    /// Somebody's clients have a field of their own.
    async fn field(&self, person: &Person, key: &str) {
        let (owner, kind) = (person.id, custom_field::Kind::Text);
        let label = custom_field::Label::parse(key).expect("a label");
        let key = custom_field::Key::parse(key).expect("a key");
        let id = CustomFieldId::derive(owner, &key);
        let command = custom_field::Command::Define { owner, key, label, kind };
        let store = &self.api.node.services.store;
        let told = store.execute::<CustomField>(id.0, command, &metadata()).await.expect("it may be");
        assert!(self.api.node.services.shown(told.position).await, "the read models follow");
    }

    /// A client of somebody's has agreed to get letters, and agrees no longer.
    async fn consent(&self, person: &Person) {
        let client: Uuid = sqlx::query_scalar("select id from clients where owner_id = $1 order by id limit 1")
            .bind(person.id.0)
            .fetch_one(self.pool())
            .await
            .expect("a client");
        let (by, at, topic, source) = (person.id, self.api.clock.now(), None, client::Source::Person);
        let consent = Consent { topic, wording: "The news".to_owned(), at, source: source.clone(), address: None };
        let withdraw = client::Command::WithdrawConsent { by, topic, at, source };
        let store = &self.api.node.services.store;
        for command in [client::Command::GiveConsent { by, consent }, withdraw] {
            let told = store.execute::<Client>(client, command, &metadata()).await.expect("it may be");
            assert!(self.api.node.services.shown(told.position).await, "the read models follow");
        }
    }

    /// Two letters of somebody's have come back, and one of them was complained of.
    async fn feedback(&self, owner: &Owner) {
        let run = RunId(self.run(owner).await);
        let services = &self.api.node.services;
        let [first, second] = [letter_at(self.pool(), run, 0).await, letter_at(self.pool(), run, 1).await];
        bounced(services, first, "1", gone()).await;
        bounced(services, second, "2", full()).await;
        complained(services, first, "3").await;
    }

    /// The newest run of somebody's.
    async fn run(&self, owner: &Owner) -> Uuid {
        sqlx::query_scalar("select id from runs where owner_id = $1 order by started_at desc limit 1")
            .bind(owner.person.id.0)
            .fetch_one(self.pool())
            .await
            .expect("a run")
    }

    /// Somebody has a segment, and a mailing that leaves out whoever passes it. Its moment is far away.
    async fn segment(&self, owner: &Owner) -> SegmentId {
        self.segment_called(owner, "New ones").await
    }

    /// The same of this name.
    async fn segment_called(&self, owner: &Owner, name: &str) -> SegmentId {
        let id = SegmentId(Uuid::now_v7());
        let added = Condition { test: Test::AddedWithin { days: 7 }, not: false };
        let filter = segment::Filter { join: Join::All, conditions: vec![added] };
        let name = segment::Name::parse(name).expect("a name");
        let (store, by, now) = (&self.api.node.services.store, owner.person.id, self.api.clock.now());
        let create = segment::Command::Create { owner: by, name, filter };
        store.execute::<Segment>(id.0, create, &metadata()).await.expect("it may be");
        let planned = store.load::<Mailing>(owner.mailing.parse().expect("an id")).await.expect("it is there").state;
        let Mailing::Planned { mut plan, .. } = planned.clone() else { panic!("{planned:?}") };
        plan.audience.less.segments.insert(id);
        plan.window = Window::new(now + TimeDelta::days(20), now + TimeDelta::days(30)).expect("a window");
        let create = mailing::Command::Create { owner: by, plan, now };
        let told = store.execute::<Mailing>(Uuid::now_v7(), create, &metadata()).await.expect("it may be");
        assert!(self.api.node.services.shown(told.position).await, "the read models follow");
        id
    }

    /// A domain has a key.
    async fn key(&self, domain: &str) {
        let domain = DomainName::parse(domain).expect("a domain");
        let (id, at) = (SenderDomainId::derive(&domain), self.api.clock.now());
        let (selector, public) = (Selector::parse("s1").expect("a selector"), "AAAA".to_owned());
        let make = sender_domain::Command::MakeKey { selector, algorithm: Algorithm::Rsa, public, imported: false, at };
        let store = &self.api.node.services.store;
        for command in [sender_domain::Command::Add { domain }, make] {
            let told = store.execute::<SenderDomain>(id.0, command, &metadata()).await.expect("it may be");
            assert!(self.api.node.services.shown(told.position).await, "the read models follow");
        }
    }

    async fn rebuild(&self, projection: Projection) {
        rebuild(&self.api.node.services.store, projection, &metadata(), |_| {}).await.expect("it can be rebuilt");
    }

    /// How many rows a question has.
    async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(&format!("select count(*) from {query}")).fetch_one(self.pool()).await.expect("a count")
    }

    /// Waits until so many runs of an owner have a status.
    async fn runs(&self, owner: &Owner, status: &str, count: i64) {
        let query = format!("runs where mailing_id = '{}' and status = '{status}'", owner.mailing);
        found("the runs are as expected", async || (self.count(&query).await == count).then_some(())).await;
    }

    /// Writes rubbish into a row of Ann's.
    async fn soil(&self, column: &Column) {
        let Column { table, name, form, .. } = column;
        let rubbish = match form {
            Form::Word => "'rubbish'",
            Form::Words => "array['rubbish']",
            Form::Json(_) => r#"'"rubbish"'"#,
        };
        let (rows, order) = match *table {
            "users" => ("id = $1", "id"),
            "doors" | "notices" | "api_tokens" | "links" => ("user_id = $1", "user_id"),
            "deliveries" => ("run_id in (select id from runs where owner_id = $1)", "ordinal"),
            "attempts" => ("run_id in (select id from runs where owner_id = $1)", "ordinal, number"),
            "client_consents" => ("client_id in (select id from clients where owner_id = $1)", "client_id"),
            "suppression_counts" => ("run_id in (select id from runs where owner_id = $1)", "reason"),
            "mailing_less" => ("mailing_id in (select id from mailings where owner_id = $1)", "id"),
            "suppressed" => ("scope_id = $1", "mailbox"),
            "relay_states" => ("$1::uuid is not null", "name"),
            "sender_domain_keys" => ("$1::uuid is not null", "domain_id"),
            _ => ("owner_id = $1", "owner_id"),
        };
        let row = format!("select ctid from {table} where {rows} order by {order} limit 1");
        let soil = format!("update {table} set {name} = {rubbish} where ctid = ({row})");
        let done = sqlx::query(&soil).bind(self.ann.person.id.0).execute(self.pool()).await;
        assert_eq!(done.expect("rubbish can be written").rows_affected(), 1, "{table}.{name}");
    }
}

impl Owner {
    async fn new(api: &Api, name: &str, clients: &[&str]) -> Self {
        let person = api.owner(name).await;
        let mut ids = Vec::new();
        for client in clients {
            ids.push(person.client(&format!("{name}.{client}@example.org"), &[]).await);
        }
        let letter = person.message().await;
        let input = with(plan(&letter, "x"), "audience", json!({ "clientIds": ids }));
        let mailing = person.does("mailingCreate", input, "mailing { id }").await;
        Self { person, mailing: text(&mailing["mailing"]["id"]) }
    }
}

/// Puts off the first letter to each recipient whose address contains `whose`, and takes all others.
fn put_off_once(server: &SmtpServer, whose: &'static str) {
    let seen = Mutex::new(Vec::new());
    server.play(move |turn| match turn {
        Turn::Body(to) if to.contains(whose) => {
            let mut seen = seen.lock().expect("no panic");
            let again = seen.contains(&to.to_owned());
            seen.push(to.to_owned());
            if again { Act::Usual } else { Act::Say("451 4.7.1 try later") }
        }
        _ => Act::Usual,
    });
}

/// The column of this name.
fn column(table: &str, name: &str) -> Column {
    let all = [projections::catalogue::columns(), acts::who::columns()].concat();
    all.into_iter().find(|column| (column.table, column.name) == (table, name)).expect("there is such a column")
}
