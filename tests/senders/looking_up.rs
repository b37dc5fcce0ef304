//! What is asked, what is answered, and what comes of no answer.

use super::{check, found, in_order};
use crate::support::dns_server::{DnsServer, Over};
use acts::senders::Dns;
use domain::alignment::dmarc::Action;
use domain::alignment::{Domain, Sender, Subject, Verdict, What};
use std::time::{Duration, Instant};

fn own(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn a_domain_in_order_is_found_to_be_so() {
    let server = in_order().await;
    assert_eq!(
        found(&server, &["mail"]).await,
        [
            What::SpfGood { lookups: 2 },
            What::DkimGood { selector: own("mail"), algorithm: "RSA", bits: 2_048 },
            What::DmarcGood { action: Action::Quarantine, domain: own("example.org") },
            What::MxGood { hosts: 1 },
            What::ReturnPathFits { domain: own("example.org") },
        ]
    );
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_found_as_the_records_tell_it() {
    let empty = DnsServer::start().await;
    let findings = found(&empty, &["mail"]).await;
    let missing =
        [What::SpfMissing, What::DkimMissing { selector: own("mail") }, What::DmarcMissing, What::DomainUnknown];
    assert!(missing.iter().all(|what| findings.contains(what)), "{findings:?}");

    for (name, texts, what) in [
        ("example.org", &["v=spf1 mx -all", "v=spf1 a -all"][..], What::SpfSeveral { count: 2 }),
        ("example.org", &["v=spf1 mx"][..], What::SpfNeutral),
        ("example.org", &["v=spf1 +all"][..], What::SpfOpen),
        ("example.org", &["v=spf1 -all"][..], What::SpfNobody),
        ("example.org", &["v=spf1 a a a a a a a a a a a -all"][..], What::SpfLookups { lookups: 11 }),
        (
            "example.org",
            &["v=spf1 include:gone.example.net -all"][..],
            What::SpfIncludeMissing { domain: own("gone.example.net") },
        ),
        ("example.org", &["v=spf1 redirect=example.org"][..], What::SpfLoop { domain: own("example.org") }),
        (
            "example.org",
            &["v=spf1 ip4:1.2 -all"][..],
            What::SpfSyntax { domain: own("example.org"), term: own("ip4:1.2") },
        ),
        ("_spf.example.net", &["v=spf1 ptr ~all"][..], What::SpfPtr),
        ("mail._domainkey.example.org", &["v=DKIM1; p="][..], What::DkimRevoked { selector: own("mail") }),
        (
            "mail._domainkey.example.org",
            &["v=DKIM1; p=?"][..],
            What::DkimSyntax { selector: own("mail"), tag: own("p") },
        ),
        (
            "mail._domainkey.example.org",
            &["p=", "v=DKIM1; p="][..],
            What::DkimSeveral { selector: own("mail"), count: 2 },
        ),
        ("_dmarc.example.org", &["v=DMARC1"][..], What::DmarcSyntax { tag: "p" }),
        ("_dmarc.example.org", &["v=DMARC1; p=none", "v=DMARC1; p=reject"][..], What::DmarcSeveral { count: 2 }),
    ] {
        let server = in_order().await;
        server.without_text(name);
        for text in texts {
            server.text(name, text);
        }
        let findings = found(&server, &["mail"]).await;
        assert!(findings.contains(&what), "{name} {texts:?}: {findings:?}");
    }
}

#[tokio::test]
async fn where_mail_arrives_is_found() {
    let none: &[&str] = &[];
    for (hosts, at_home, what) in [
        (none, true, What::MxMissing),
        (none, false, What::MxNothing),
        (&["."][..], false, What::MxNull),
        (&["gone.example.org"][..], false, What::MxHostsUnknown { hosts: 1 }),
        (&["gone.example.org", "mx.example.org"][..], false, What::MxHostUnknown { host: own("gone.example.org") }),
    ] {
        let server = DnsServer::start().await;
        server.text("example.org", "v=spf1 mx -all");
        server.address("mx.example.org");
        for host in hosts {
            server.mail("example.org", host);
        }
        if at_home {
            server.address("example.org");
        }
        let findings = found(&server, &[]).await;
        assert!(findings.contains(&what), "{hosts:?}: {findings:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_for_a_datagram_is_fetched_whole() {
    let server = in_order().await;
    server.without_text("example.org");
    for number in 0..20 {
        server.text("example.org", &format!("site-verification={number:064}"));
    }
    server.text("example.org", "v=spf1 mx -all");
    let findings = found(&server, &[]).await;
    assert!(findings.contains(&What::SpfGood { lookups: 1 }), "{findings:?}");
    let asked = server.asked();
    assert!(asked.contains(&(own("example.org"), Over::Tcp)), "{asked:?}");
}

#[tokio::test]
async fn a_server_that_fails_or_says_nothing_leaves_the_rest_as_it_is() {
    let server = in_order().await;
    server.fails("mail._domainkey.example.org");
    server.is_silent_about("_dmarc.example.org");
    let began = Instant::now();
    let findings = check(&server, &["mail"]).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let verdict = |subject| findings.iter().find(|finding| finding.subject == subject).map(|finding| finding.verdict);
    assert_eq!(verdict(Subject::Dkim), Some(Verdict::Unknown), "{findings:?}");
    assert_eq!(verdict(Subject::Dmarc), Some(Verdict::Unknown), "{findings:?}");
    assert_eq!(verdict(Subject::Spf), Some(Verdict::Good), "{findings:?}");
    assert_eq!(verdict(Subject::Mx), Some(Verdict::Good), "{findings:?}");
}

#[tokio::test]
async fn records_that_lead_on_and_on_into_silence_end_in_time() {
    let server = in_order().await;
    server.without_text("example.org");
    server.text("example.org", "v=spf1 include:s0.example.net -all");
    for number in 0..8 {
        let next = number + 1;
        server.text(
            &format!("s{number}.example.net"),
            &format!("v=spf1 include:s{next}.example.net include:q{number}.example.net ~all"),
        );
        server.is_silent_about(&format!("q{number}.example.net"));
    }
    let began = Instant::now();
    let findings = check(&server, &[]).await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert!(findings.iter().any(|finding| finding.what == What::MxGood { hosts: 1 }), "{findings:?}");
}

#[tokio::test]
async fn answers_are_kept_for_a_while() {
    let server = in_order().await;
    let dns = Dns::new(Some(server.at()));
    let sender = Sender::new(Domain::parse("example.org").expect("a domain"), Vec::new());
    let first = dns.check(&sender).await;
    let asked = server.asked().len();
    // Also that something is not there.
    server.without_text("_dmarc.example.org");
    assert_eq!(dns.check(&sender).await, first);
    assert_eq!(server.asked().len(), asked);
}

#[tokio::test]
async fn names_of_inner_networks_are_never_asked_for() {
    let server = in_order().await;
    server.without_text("example.org");
    server.text("example.org", "v=spf1 include:db.internal -all");
    server.mail("example.org", "mail.corp");
    let findings = found(&server, &[]).await;
    assert!(findings.contains(&What::SpfIncludeMissing { domain: own("db.internal") }), "{findings:?}");
    assert!(findings.contains(&What::MxHostUnknown { host: own("mail.corp") }), "{findings:?}");
    let asked = server.asked();
    assert!(asked.iter().all(|(name, _)| !name.ends_with("internal") && !name.ends_with("corp")), "{asked:?}");
}
