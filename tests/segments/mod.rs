//! Segments: who passes a filter, and mailings to those who do, less those whom they leave out.

mod law;
mod making;
mod runs;

use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::segment::{Command, Condition, Filter, Join, Name, Segment, Test, TextOf, TextTest};
use domain::{GroupId, SegmentId};
use uuid::Uuid;

async fn started() -> (Service, SmtpServer) {
    (Service::start().await, SmtpServer::start(Offers::default()).await)
}

/// Whoever meets all of these.
fn all(tests: impl IntoIterator<Item = Test>) -> Filter {
    let conditions = tests.into_iter().map(|test| Condition { test, not: false }).collect();
    Filter { join: Join::All, conditions }
}

/// Whoever does not meet this.
fn not(test: Test) -> Filter {
    Filter { join: Join::All, conditions: vec![Condition { test, not: true }] }
}

/// Whoever has this address, or one that ends so.
fn email_ends(text: &str) -> Test {
    Test::Text { of: TextOf::Email, test: TextTest::EndsWith, text: text.to_owned() }
}

/// Gives a segment of the service's owner a command that must be right.
async fn tell(service: &Service, id: SegmentId, command: Command) {
    let store = &service.node.services.store;
    let told = store.execute::<Segment>(id.0, command, &metadata()).await.expect("the command is right");
    assert!(service.node.services.shown(told.position).await, "the read models follow");
}

async fn segment(service: &Service, name: &str, filter: Filter) -> SegmentId {
    let (id, name) = (SegmentId(Uuid::now_v7()), Name::parse(name).expect("a name"));
    tell(service, id, Command::Create { owner: service.owner, name, filter }).await;
    id
}

/// Ann, Bob and Carl, in one group, and Dora in none.
async fn friends(service: &Service) -> GroupId {
    let group = service.group("Friends").await;
    for name in ["ann", "bob", "carl"] {
        service.client(&format!("{name}@example.org"), name, &[group]).await;
    }
    service.client("dora@example.org", "dora", &[]).await;
    group
}
