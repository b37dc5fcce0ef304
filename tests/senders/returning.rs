//! Letters that come back to a domain of their own (`BOUNCE_DOMAIN`): what others look up of it, and how it is told.

use super::in_order;
use crate::pages::reader::Reader;
use crate::support::dns_server::DnsServer;
use crate::support::http::{Api, plan};
use crate::support::process::skymailing;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::senders::{Dns, Senders};
use domain::Role;
use domain::alignment::{Domain, Returns, What};
use domain::letter::{ReturnPaths, Separator};
use domain::mailing;
use domain::sender_domain::DomainName;
use projections::{Access, mailings};
use scheduler::Settings;
use scheduler::smtp::Mailbox;
use serde_json::{Value, json};
use skymailing::wire;

fn bounce(name: &str) -> DomainName {
    DomainName::parse(name).expect("a domain")
}

/// What whoever sends from example.org needs, whose letters come back to that domain.
fn senders(server: &DnsServer, to: &str) -> Senders {
    let exchange = Domain::parse("mail.example.org").expect("a domain");
    let returns = Some(Returns::to(&bounce(to), Some(exchange)));
    Senders { dns: Dns::new(Some(server.at())), from: "example.org".to_owned(), returns, ..Senders::default() }
}

/// A server with all records of example.org, and of the domain to which its letters come back.
async fn with_bounces(name: &str) -> DnsServer {
    let server = in_order().await;
    server.text(name, "v=spf1 include:example.org -all");
    server.mail(name, "mx.example.org");
    server
}

async fn whats(senders: &Senders) -> Vec<What> {
    let sender = senders.of(Domain::parse("example.org").expect("a domain"));
    senders.look(sender).await.findings.into_iter().map(|finding| finding.what).collect()
}

#[tokio::test]
async fn spf_is_looked_up_where_letters_come_back_and_counts_where_that_fits() {
    let fits = "bounce.example.org";
    let server = with_bounces(fits).await;
    let there = || fits.to_owned();
    let found = whats(&senders(&server, fits)).await;
    for what in [
        What::SpfElsewhere { domain: there() },
        What::SpfGood { lookups: 3 },
        What::ReturnPathArrives { domain: there(), host: "mx.example.org".to_owned() },
        What::ReturnPathFits { domain: there() },
    ] {
        assert!(found.contains(&what), "{what:?}: {found:?}");
    }

    let foreign = "bounce.example.net";
    let server = with_bounces(foreign).await;
    let found = whats(&senders(&server, foreign)).await;
    assert!(found.contains(&What::ReturnPathElsewhere { domain: foreign.to_owned() }), "{found:?}");
}

#[tokio::test]
async fn the_command_and_the_doctor_say_which_records_the_domain_for_bounces_needs() {
    let server = in_order().await;
    let command = |arguments: &[&str]| {
        skymailing(arguments)
            .set("DNS_SERVER", server.at().to_string())
            .set("MAIL_FROM", "Ann <ann@example.org>")
            .set("BOUNCE_DOMAIN", "bounce.example.org")
            .set("INTAKE_ADDR", "127.0.0.1:0")
            .set("PUBLIC_URL", "https://mail.example.org")
    };
    let check = ["sender", "check", "--selector", "mail"];
    let ended = command(&check).run().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for line in [
        "enter bounce.example.org TXT v=spf1 include:example.org ~all",
        "enter bounce.example.org MX 10 mail.example.org.",
        "good     SPF: bounces go to bounce.example.org",
    ] {
        assert!(ended.out.contains(line), "{line}: {ended:?}");
    }
    let printed = command(&check).set("SENDING_ADDRESSES", "192.0.2.7").run().await.out;
    assert!(printed.contains("enter bounce.example.org TXT v=spf1 ip4:192.0.2.7 ~all"), "{printed}");

    let doctor = ["doctor", "--json"];
    let ended = command(&doctor).set("DATABASE_URL", "postgres://127.0.0.1:1/mail").run().await;
    let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let checks = answer["checks"].as_array().expect("checks").iter();
    let sender = checks.clone().find(|check| check["name"] == "sender").expect("it looks at the sender");
    assert_eq!(sender["state"], "warning", "{sender}");
    assert!(sender["finding"].as_str().is_some_and(|found| found.contains("Return-Path: bounces go to")), "{sender}");

    let entered = with_bounces("bounce.example.org").await;
    let ended = command(&check).set("DNS_SERVER", entered.at().to_string()).succeeds().await;
    assert!(ended.contains("good     Return-Path: mail for bounce.example.org goes to"), "{ended}");

    // Nobody listens there.
    let ended = command(&check).set("DNS_SERVER", "127.0.0.1:1").run().await;
    assert!(ended.code == Some(1) && ended.err.contains("the name service answers nothing"), "{ended:?}");
}

#[tokio::test]
async fn the_api_and_the_pages_tell_the_records_to_enter() {
    let server = in_order().await;
    let senders = senders(&server, "bounce.example.org");
    let api = Api::serving_as(|services| services.senders = senders).await;
    let query = "query { senderCheck { findings { subject verdict message record { name type value } } } }";
    let ann = api.owner("Ann").await;
    let findings = ann.ask(query, json!({})).await["senderCheck"]["findings"].take();
    let records: Vec<&Value> =
        findings.as_array().expect("a list").iter().map(|it| &it["record"]).filter(|it| !it.is_null()).collect();
    assert_eq!(
        records,
        [
            &json!({ "name": "bounce.example.org", "type": "TXT", "value": "v=spf1 include:example.org ~all" }),
            &json!({ "name": "bounce.example.org", "type": "MX", "value": "10 mail.example.org." }),
        ]
    );

    let reader = Reader::of(&api, &api.person("Root", &[Role::Administrator]).await);
    let (_, page) = reader.get("/system?sender=check").await;
    for words in [
        "<pre class=\"copy\">bounce.example.org</pre>",
        "<pre class=\"copy\">10 mail.example.org.</pre>",
        "<pre class=\"copy\">v=spf1 include:example.org ~all</pre>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn what_is_bad_of_the_domain_for_bounces_holds_mailings_back_where_that_is_asked_for() {
    // All is well at the domain that letters are from.
    let server = in_order().await;
    let senders = Senders { required: true, ..senders(&server, "bounce.example.org") };
    let api = Api::serving_as(|services| services.senders = senders).await;
    let ann = api.owner("Ann").await;
    let plan = plan(&ann.message().await, &ann.client("eva@example.com", &[]).await);
    let refused = [("SENDER_NOT_ALIGNED".to_owned(), "input.sender".to_owned())];
    assert_eq!(ann.fails("mailingCreate", plan).await, refused);

    let (service, smtp) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(1).await;
    let settings = |server: &DnsServer| Settings {
        sender: Mailbox::parse("News <news@example.org>").expect("a sender"),
        records: Some(wire::records(Dns::new(Some(server.at())))),
        returns: Some(ReturnPaths { domain: bounce("bounce.example.org"), separator: Separator::Plus }),
        ..Service::settings()
    };
    let engine = Service::work_with(&service.node, Service::relay(&smtp), settings(&server));
    let mailing = service.mailing(group).await;
    let reason = found("the mailing is stopped", async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("a row");
        row.and_then(|row| row.reason)
    })
    .await;
    assert!(reason.contains("SPF (bounce.example.org): ") && reason.contains("Return-Path: "), "{reason}");
    engine.stop().await;
    assert_eq!(smtp.count(), 0);

    let corrected = with_bounces("bounce.example.org").await;
    let engine = Service::work_with(&service.node, Service::relay(&smtp), settings(&corrected));
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);
    engine.stop().await;
}
