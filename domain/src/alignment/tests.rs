//! What records say, as people have them.

use super::dkim::{Algorithm, Key};
use super::dmarc::{self, Action, Mode, Policy};
use super::spf::{Hosts, Mechanism, Network, Qualifier, Spf, is_spf};
use super::{
    Answer, Answers, Domain, Error, Finding, Kind, MAX_SELECTORS, NotAligned, Question, Record, Returns, Selector,
    Sender, Step, Subject, Verdict, What, check,
};
use crate::sender_domain::DomainName;

const RSA_512: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALJr/0foG208oFGyqGp86scZsU8vJrDLueUzEO23yIqWnR3fv/u457ZGXVwi+8+LSXo3aU0mRzmmjUms\
                       GrbyUEUCAwEAAQ==";
const RSA_1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCahzPQElQmWCFR8L6QS2Ul/07iyokW1HioZHoEP740BkuoUwzSrP7CiLPd0eDb9C0wT1mXDa7I\
                        gKVjSWkgKwJpsYdzljl6hl9ziV7s/YktAASf1TYyodblshZULUUyPksJP3VSVBXAmeY4V/kcrHE+LnRIKkiCqjz7x2H+wLKDbQIDAQAB";
const RSA_2048: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtcYbhwN8+0lQevj//YXikukmbdfKz17rjSc51YGSCNJ0Qn1TkcfiiiShPMmD//6aeORb\
                        saWQ1Lk4ATVqpskS2/wQtaLY1uVzdmyk2e2Zx+AN7CeABd41reWqFpEairtkWH/cxyiTwNoiGvV11tq3bYrHC8fJZt+JOoD21qjOXabwhnwSnBP3\
                        qKhJPK8IZjZ13n9HSXHUe9M2RpJMWjhra9aIJxi6XqzyrDDnlDwbz48pviUyoWm5hp7bXwka0BClwLSGSS/cnALZFd6uXugrEhP+RzNS/yqZIAP3\
                        te/cNMsFrVlMomdvGWdSkTux2lJhuQD7ipjU0BkkY4Gq/h/U3wIDAQAB";
const BARE_1024: &str = "MIGJAoGBAJqHM9ASVCZYIVHwvpBLZSX/TuLKiRbUeKhkegQ/vjQGS6hTDNKs/sKIs93R4Nv0LTBPWZcNrsiApWNJaSArAmmxh3OWOXqGX3OJXuz9\
                         iS0ABJ/VNjKh1uWyFlQtRTI+Swk/dVJUFcCZ5jhX+RyscT4udEgqSIKqPPvHYf7AsoNtAgMBAAE=";
const ED25519: &str = "SYCtIv28+F2cmpS3VRAG+EUjGYqL78yUObG3PqJ/JOY=";

fn domain(text: &str) -> Domain {
    Domain::parse(text).expect(text)
}

/// What the name service has.
#[derive(Clone, Default)]
struct Zone(Vec<(Question, Answer)>);

impl Zone {
    fn with(mut self, name: &str, kind: Kind, answer: Answer) -> Self {
        let question = Question { name: name.to_owned(), kind };
        self.0.retain(|(known, _)| *known != question);
        self.0.push((question, answer));
        self
    }

    fn text(self, name: &str, texts: &[&str]) -> Self {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        self.with(name, Kind::Text, Answer::Records(texts))
    }

    fn mail(self, name: &str, hosts: &[&str]) -> Self {
        let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
        self.with(name, Kind::Mail, Answer::Records(hosts))
    }

    fn address(self, name: &str) -> Self {
        self.with(name, Kind::Address, Answer::Records(vec!["192.0.2.1".to_owned()]))
    }

    fn answer(&self, question: &Question) -> Answer {
        let found = self.0.iter().find(|(known, _)| known == question).map(|(_, answer)| answer.clone());
        let is_there = |(known, _): &(Question, Answer)| known.name == question.name;
        found.unwrap_or_else(|| if self.0.iter().any(is_there) { Answer::None } else { Answer::NoSuchDomain })
    }

    /// Asks until nothing is open, and tells how many questions that took.
    fn check(&self, sender: &Sender) -> (Vec<Finding>, usize) {
        self.check_from(sender, &[])
    }

    fn check_from(&self, sender: &Sender, from: &[Network]) -> (Vec<Finding>, usize) {
        let (mut answers, mut asked) = (Answers::default(), 0);
        loop {
            match check(sender, from, &answers) {
                Step::Done(findings) => return (findings, asked),
                Step::Ask(questions) => {
                    assert!(!questions.is_empty() && asked < 200, "it comes to an end");
                    asked += questions.len();
                    for question in questions {
                        let answer = self.answer(&question);
                        answers.insert(question, answer);
                    }
                }
            }
        }
    }

    fn found(&self) -> Vec<What> {
        self.check(&sender(&["mail"])).0.into_iter().map(|finding| finding.what).collect()
    }

    /// What SPF says of letters from this address.
    fn says(&self, address: &str) -> What {
        let network = Network::parse(address).expect(address);
        let (findings, _) = self.check_from(&sender(&["mail"]), &[network]);
        let of_record =
            |what: &What| matches!(what, What::SpfGood { .. } | What::SpfNeutral | What::SpfOpen | What::SpfPtr);
        let mut whats = findings.into_iter().map(|finding| finding.what);
        whats.find(|what| what.subject() == Subject::Spf && !of_record(what)).expect("something is said of it")
    }

    fn four(self, name: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|&address| address.to_owned()).collect();
        self.with(name, Kind::Four, Answer::Records(addresses))
    }

    fn six(self, name: &str, address: &str) -> Self {
        self.with(name, Kind::Six, Answer::Records(vec![address.to_owned()]))
    }

    fn has(&self, what: &What) -> bool {
        self.found().contains(what)
    }
}

fn sender(selectors: &[&str]) -> Sender {
    Sender::new(domain("news.example.org"), Selector::parse_all(selectors).expect("selectors"))
}

/// A domain of which nothing can be said.
fn in_order() -> Zone {
    Zone::default()
        .text(
            "news.example.org",
            &["site-verification=abc", "v=spf1 mx ip4:192.0.2.0/24 include:_spf.example.net -all"],
        )
        .text("_spf.example.net", &["v=spf1 ip6:2001:db8::/32 a:out.example.net ~all"])
        .text("mail._domainkey.news.example.org", &[&format!("v=DKIM1; k=rsa; p={RSA_2048}")])
        .text("_dmarc.example.org", &["v=DMARC1; p=none; sp=reject; rua=mailto:dmarc@example.org"])
        .mail("news.example.org", &["mx1.example.org", "mx2.example.org"])
        .address("mx1.example.org")
        .address("mx2.example.org")
}

fn spf(text: &str) -> Zone {
    in_order().text("news.example.org", &[text])
}

fn key(text: &str) -> Zone {
    in_order().text("mail._domainkey.news.example.org", &[text])
}

#[test]
fn a_domain_in_order_is_good_in_every_part() {
    let (findings, _) = in_order().check(&sender(&["mail"]));
    let whats: Vec<_> = findings.iter().map(|finding| finding.what.clone()).collect();
    assert_eq!(
        whats,
        [
            What::SpfGood { lookups: 3 },
            What::DkimGood { selector: "mail".to_owned(), algorithm: "RSA", bits: 2_048 },
            What::DmarcGood { action: Action::Reject, domain: "example.org".to_owned() },
            What::MxGood { hosts: 2 },
            What::ReturnPathFits { domain: "news.example.org".to_owned() },
        ]
    );
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Good && finding.record.is_none()));
}

#[test]
fn all_that_can_be_asked_at_once_is_asked_at_once() {
    let Step::Ask(questions) = check(&sender(&["mail", "other"]), &[], &Answers::default()) else { panic!("it asks") };
    let names: Vec<_> = questions.iter().map(|question| (question.name.as_str(), question.kind)).collect();
    assert_eq!(
        names,
        [
            ("_dmarc.example.org", Kind::Text),
            ("_dmarc.news.example.org", Kind::Text),
            ("_dmarc.org", Kind::Text),
            ("mail._domainkey.news.example.org", Kind::Text),
            ("news.example.org", Kind::Text),
            ("news.example.org", Kind::Mail),
            ("other._domainkey.news.example.org", Kind::Text),
        ]
    );
}

#[test]
fn a_domain_that_is_not_there_is_bad_in_every_part_and_its_records_are_ready() {
    let (findings, _) = Zone::default().check(&sender(&["mail"]));
    let whats: Vec<_> = findings.iter().map(|finding| finding.what.clone()).collect();
    let own = "news.example.org".to_owned();
    assert_eq!(
        whats,
        [
            What::SpfMissing,
            What::DkimMissing { selector: "mail".to_owned() },
            What::DmarcMissing,
            What::DomainUnknown,
            What::ReturnPathFits { domain: own.clone() },
        ]
    );
    let record = |name: &str, value: &str| Some(Record { name: name.to_owned(), kind: "TXT", value: value.to_owned() });
    assert_eq!(findings[0].record, record("news.example.org", "v=spf1 a ~all"));
    assert_eq!(findings[2].record, record("_dmarc.news.example.org", "v=DMARC1; p=none"));
    let with_mail = Zone::default().mail(&own, &["mx.example.org"]).address("mx.example.org");
    let (findings, _) = with_mail.check(&sender(&[]));
    assert_eq!(findings[0].record, record("news.example.org", "v=spf1 mx ~all"));
}

#[test]
fn what_the_name_service_does_not_answer_is_unknown_and_not_bad() {
    for (name, kind) in [
        ("news.example.org", Kind::Text),
        ("_spf.example.net", Kind::Text),
        ("mail._domainkey.news.example.org", Kind::Text),
        ("_dmarc.news.example.org", Kind::Text),
        ("_dmarc.example.org", Kind::Text),
        ("news.example.org", Kind::Mail),
        ("mx1.example.org", Kind::Address),
    ] {
        let (findings, _) = in_order().with(name, kind, Answer::Failed).check(&sender(&["mail"]));
        let unknown: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).collect();
        let [finding] = unknown.as_slice() else { panic!("{name}: {findings:?}") };
        let told = matches!(&finding.what, What::NoAnswer { name: told, .. } if told == name);
        assert!(told, "{name}: {finding:?}");
        assert!(findings.iter().all(|finding| finding.verdict != Verdict::Bad), "{name}: {findings:?}");
    }
    let mut answers = Answers::default();
    answers.give_up();
    let Step::Done(findings) = check(&sender(&["mail"]), &[], &answers) else { panic!("it ends") };
    let unknown = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).count();
    assert_eq!(unknown, 4, "{findings:?}");
}

#[test]
fn only_domains_that_everybody_may_know_are_checked() {
    for (text, read) in [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("news.example.co.uk", "news.example.co.uk"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ] {
        assert_eq!(domain(text).as_str(), read);
    }
    for text in
        ["", "org..", "exa mple.org", "192.0.2.1", "[192.0.2.1]", "ann@example.org", "-a.example.org", "a\nb.org"]
    {
        assert!(matches!(Domain::parse(text), Err(Error::DomainInvalid { .. })), "{text}");
    }
    for text in ["localhost", "mail", "db.internal", "printer.local", "gw.home.arpa", "ad.corp", "a.test", "x.LAN"] {
        assert!(matches!(Domain::parse(text), Err(Error::DomainNotPublic { .. })), "{text}");
    }
}

#[test]
fn a_selector_is_a_name_and_there_are_few_of_them() {
    let all = Selector::parse_all(&["mail", "S1.eu", "k_2-b", "MAIL"]).expect("selectors");
    assert_eq!(all.iter().map(ToString::to_string).collect::<Vec<_>>(), ["mail", "s1.eu", "k_2-b"]);
    for text in ["", "a b", "a..b", ".a", "ключ", &"x".repeat(64)] {
        assert_eq!(Selector::parse_all(&[text]), Err(Error::SelectorInvalid { selector: text.to_owned() }), "{text}");
    }
    assert_eq!(Selector::parse_all(&["a"; 11]), Err(Error::SelectorsTooMany { named: 11 }));
}

#[test]
fn records_lead_nobody_into_inner_networks() {
    let zone = spf("v=spf1 include:db.internal ~all").mail("news.example.org", &["mail.corp", "localhost"]);
    let zone = zone.text("db.internal", &["v=spf1 -all"]).address("mail.corp").address("localhost");
    assert!(zone.has(&What::SpfIncludeMissing { domain: "db.internal".to_owned() }));
    assert!(zone.has(&What::MxHostsUnknown { hosts: 2 }));
}

#[test]
fn an_spf_record_is_told_from_other_texts() {
    for text in ["v=spf1", "v=spf1 -all", "V=SPF1 mx"] {
        assert!(is_spf(text), "{text}");
    }
    for text in ["", "v=spf10 -all", "v=spf1-all", "spf1 -all", "v=spf2.0/pra", " v=spf1"] {
        assert!(!is_spf(text), "{text}");
    }
}

#[test]
fn spf_records_are_read_as_people_write_them() {
    let read =
        Spf::parse("v=spf1  a mx:mail.example.org/24//64 ip4:192.0.2.0/24 ?include:%{d}.x exp=e.example.org ~ALL mx");
    let include = (Qualifier::Neutral, Mechanism::Include("%{d}.x".to_owned()));
    let before = [
        Mechanism::A(Hosts { domain: None, four: 32, six: 128 }),
        Mechanism::Mx(Hosts { domain: Some("mail.example.org".to_owned()), four: 24, six: 64 }),
        Mechanism::Address(Network::parse("192.0.2.0/24").expect("a network")),
    ]
    .map(|it| (Qualifier::Pass, it));
    let mechanisms = before.into_iter().chain([include]).collect();
    assert_eq!(read, Ok(Spf { mechanisms, all: Some(Qualifier::SoftFail), redirect: None }));
    let read = Spf::parse("v=spf1 redirect=_spf.example.net").expect("a record");
    assert_eq!((read.all, read.redirect.as_deref()), (None, Some("_spf.example.net")));
    let read = Spf::parse("v=spf1 redirect=_spf.example.net -all").expect("a record");
    assert_eq!((read.all, read.redirect), (Some(Qualifier::Fail), None), "it counts for nothing beside `all`");
    for term in [
        "ip4:192.0.2.300",
        "ip4:192.0.2.0/33",
        "ip4",
        "ip6:192.0.2.1",
        "include",
        "include:",
        "all:x",
        "spf",
        "a:",
        "mx/129",
        "include:localhost",
        "-",
        "redirect=",
        "a//200",
        "exists",
    ] {
        assert_eq!(Spf::parse(&format!("v=spf1 mx {term} -all")), Err(term.to_owned()), "{term}");
    }
}

#[test]
fn what_spf_says_of_letters_from_elsewhere_is_judged() {
    for (text, what) in [
        ("v=spf1 mx -all", What::SpfGood { lookups: 1 }),
        ("v=spf1 ip4:192.0.2.1 ~all", What::SpfGood { lookups: 0 }),
        ("v=spf1 mx ?all", What::SpfNeutral),
        ("v=spf1 mx", What::SpfNeutral),
        ("v=spf1", What::SpfNeutral),
        ("v=spf1 mx +all", What::SpfOpen),
        ("v=spf1 all", What::SpfOpen),
        ("v=spf1 -all", What::SpfNobody),
        ("v=spf1 redirect=_spf.example.net", What::SpfGood { lookups: 2 }),
        (
            "v=spf1 ip4:1.2.3 -all",
            What::SpfSyntax { domain: "news.example.org".to_owned(), term: "ip4:1.2.3".to_owned() },
        ),
        ("v=spf1 include:gone.example.net -all", What::SpfIncludeMissing { domain: "gone.example.net".to_owned() }),
        ("v=spf1 include:news.example.org -all", What::SpfLoop { domain: "news.example.org".to_owned() }),
        ("v=spf1 include:%{ir}.example.net -all", What::SpfGood { lookups: 1 }),
    ] {
        assert!(spf(text).has(&what), "{text}: {:?}", spf(text).found());
    }
    let found = spf("v=spf1 ptr mx -all").found();
    assert!(found.contains(&What::SpfPtr) && found.contains(&What::SpfGood { lookups: 2 }), "{found:?}");
}

#[test]
fn an_address_that_letters_leave_from_is_judged_as_a_mail_server_would() {
    let address = || "192.0.2.7".to_owned();
    let (passes, fails) = (What::SpfPasses { address: address() }, What::SpfFails { address: address() });
    let softly = What::SpfSoftFails { address: address() };
    let nothing = What::SpfSaysNothing { address: address() };
    let zone = |text: &str| {
        spf(text)
            .text("_spf.example.net", &["v=spf1 a:out.example.net ?ip4:198.51.100.0/24 ~all"])
            .four("out.example.net", &["203.0.113.9", "192.0.2.7"])
            .four("near.example.net", &["192.0.2.200"])
            .four("mx1.example.org", &["192.0.2.7"])
            .four("7.2.0.192.in-addr.list.example.net", &["127.0.0.2"])
    };
    for (text, what) in [
        ("v=spf1 ip4:192.0.2.0/24 -all", &passes),
        ("v=spf1 ip4:192.0.2.7 -all", &passes),
        ("v=spf1 ip4:198.51.100.0/24 -all", &fails),
        ("v=spf1 ip6:2001:db8::/32 -all", &fails),
        ("v=spf1 -ip4:192.0.2.7 +all", &fails),
        ("v=spf1 ip4:198.51.100.1 ~all", &softly),
        ("v=spf1 ip4:198.51.100.1 ?all", &nothing),
        ("v=spf1 ip4:198.51.100.1", &nothing),
        ("v=spf1 a:out.example.net -all", &passes),
        ("v=spf1 a:near.example.net -all", &fails),
        ("v=spf1 a:near.example.net/24 -all", &passes),
        ("v=spf1 mx -all", &passes),
        ("v=spf1 mx:gone.example.net -all", &fails),
        ("v=spf1 include:_spf.example.net -all", &passes),
        // What is said of others there is not what is said here.
        ("v=spf1 -include:_spf.example.net +all", &fails),
        ("v=spf1 redirect=_spf.example.net", &passes),
        ("v=spf1 exists:%{ir}.%{v}.list.example.net -all", &passes),
        ("v=spf1 exists:%{i}.none.example.net -all", &fails),
        // It is not asked further once something fits.
        ("v=spf1 ip4:192.0.2.7 ptr -all", &passes),
    ] {
        assert_eq!(zone(text).says("192.0.2.7"), *what, "{text}");
    }
    for (text, what) in [
        ("v=spf1 include:%{s}.example.net -all", What::SpfUntold { address: address() }),
        ("v=spf1 ptr -all", What::SpfUntold { address: address() }),
        (
            "v=spf1 a:a.gone.example.net a:b.gone.example.net a:c.gone.example.net -all",
            What::SpfBroken { address: address() },
        ),
    ] {
        assert_eq!(zone(text).says("192.0.2.7"), what, "{text}");
    }
    let hosts: Vec<String> = (0..11).map(|number| format!("mx{number}.example.net")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let many = zone("v=spf1 mx:many.example.net -all").mail("many.example.net", &hosts);
    assert_eq!(many.says("192.0.2.7"), What::SpfBroken { address: address() });
    let silent = zone("v=spf1 a:out.example.net -all").with("out.example.net", Kind::Four, Answer::Failed);
    let name = "out.example.net".to_owned();
    assert_eq!(silent.says("192.0.2.7"), What::NoAnswer { subject: Subject::Spf, name });
}

#[test]
fn addresses_of_ipv6_and_networks_are_judged_too() {
    let zone = |text: &str| spf(text).six("out.example.net", "2001:db8::7");
    let what = |text: &str, address: &str| zone(text).says(address);
    let address = |address: &str| address.to_owned();
    for (text, from, passes) in [
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::7", true),
        ("v=spf1 a:out.example.net -all", "2001:db8::7", true),
        ("v=spf1 a:out.example.net -all", "2001:db8::8", false),
        ("v=spf1 a:out.example.net//64 -all", "2001:db8::8", true),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.128/25", true),
        // Only half of it is named.
        ("v=spf1 ip4:192.0.2.128/25 -all", "192.0.2.0/24", false),
    ] {
        let expected =
            if passes { What::SpfPasses { address: address(from) } } else { What::SpfFails { address: address(from) } };
        assert_eq!(what(text, from), expected, "{text} {from}");
    }
}

#[test]
fn an_address_is_not_asked_about_where_the_record_counts_for_nothing_or_none_is_known() {
    let networks = [Network::parse("192.0.2.7").expect("an address")];
    let (findings, _) = spf("v=spf1 ip4:1.2.3 -all").check_from(&sender(&["mail"]), &networks);
    assert_eq!(findings.iter().filter(|finding| finding.subject == Subject::Spf).count(), 1, "{findings:?}");
    let (known, asked) = in_order().check_from(&sender(&["mail"]), &networks);
    let (unknown, before) = in_order().check(&sender(&["mail"]));
    assert_eq!(known.len(), unknown.len() + 1);
    assert!(asked > before && asked <= before + 4, "only for what the record names: {asked} {before}");
}

#[test]
fn ten_look_ups_are_allowed_and_one_more_is_not() {
    let terms = |number: usize| " a".repeat(number);
    assert!(spf(&format!("v=spf1{} -all", terms(10))).has(&What::SpfGood { lookups: 10 }));
    assert!(spf(&format!("v=spf1{} -all", terms(11))).has(&What::SpfLookups { lookups: 11 }));
    // Those of included records count, too.
    let zone = spf("v=spf1 include:a.example.net include:b.example.net -all");
    let zone = zone.text("a.example.net", &[&format!("v=spf1{} -all", terms(4))]);
    assert!(
        zone.clone().text("b.example.net", &[&format!("v=spf1{} -all", terms(4))]).has(&What::SpfGood { lookups: 10 })
    );
    assert!(zone.text("b.example.net", &[&format!("v=spf1{} -all", terms(5))]).has(&What::SpfLookups { lookups: 11 }));
}

#[test]
fn records_that_include_each_other_cost_few_questions() {
    // Each includes the next one twice, which would be a million look-ups.
    let mut zone = spf("v=spf1 include:s0.example.net -all");
    for number in 0..20 {
        let next = number + 1;
        let text = format!("v=spf1 include:s{next}.example.net include:s{next}.example.net -all");
        zone = zone.text(&format!("s{number}.example.net"), &[&text]);
    }
    let (findings, asked) = zone.check(&sender(&["mail"]));
    assert!(findings.iter().any(|finding| matches!(finding.what, What::SpfLookups { .. })), "{findings:?}");
    assert!(asked < 60, "{asked}");
}

#[test]
fn several_spf_records_become_one() {
    let texts = ["v=spf1 mx include:_spf.example.net ~all", "v=spf1 include:_spf.example.net ip4:192.0.2.1 -all"];
    let (findings, _) = in_order().text("news.example.org", &texts).check(&sender(&["mail"]));
    assert_eq!(findings[0].what, What::SpfSeveral { count: 2 });
    let value = findings[0].record.as_ref().map(|record| record.value.as_str());
    assert_eq!(value, Some("v=spf1 mx include:_spf.example.net ip4:192.0.2.1 ~all"));
}

#[test]
fn of_what_strangers_wrote_little_is_told_and_nothing_proposed_that_makes_no_sense() {
    let long = "x".repeat(60_000);
    let told = || format!("{}…", "x".repeat(100));
    let syntax = What::SpfSyntax { domain: "news.example.org".to_owned(), term: told() };
    assert!(spf(&format!("v=spf1 {long} -all")).has(&syntax));
    assert!(
        spf(&format!("v=spf1 include:{long}.{long} -all")).has(&What::SpfIncludeMissing { domain: told() }),
        "no such name is asked for, and little of it told"
    );
    assert!(key(&long).has(&What::DkimSyntax { selector: "mail".to_owned(), tag: told() }));
    let algorithm = What::DkimAlgorithm { selector: "mail".to_owned(), algorithm: told() };
    assert!(key(&format!("k={long}; p=AAAA")).has(&algorithm));

    // A terminal does what it reads, and so does whoever copies it.
    for hostile in ["\u{1b}]0;owned\u{7}", "\u{202e}lla+", "<script>", &"ip4:192.0.2.1,".repeat(200)] {
        let texts = [format!("v=spf1 {hostile} -all"), "v=spf1 mx -all".to_owned()];
        let (findings, _) = in_order().text("news.example.org", &[&texts[0], &texts[1]]).check(&sender(&["mail"]));
        assert_eq!((&findings[0].what, &findings[0].record), (&What::SpfSeveral { count: 2 }, &None), "{hostile:?}");
    }
    let many = (0..200_u8).map(|number| format!(" ip4:192.0.2.{number}")).collect::<Vec<_>>().concat();
    let texts = [format!("v=spf1{many} -all"), "v=spf1 mx -all".to_owned()];
    let (findings, _) = in_order().text("news.example.org", &[&texts[0], &texts[1]]).check(&sender(&["mail"]));
    assert_eq!(findings[0].record, None, "nobody can enter that");
}

#[test]
fn keys_are_read_as_people_publish_them() {
    for (text, algorithm, bits) in [
        (format!("v=DKIM1; k=rsa; p={RSA_2048}"), Algorithm::Rsa, 2_048),
        (format!("p={RSA_1024};"), Algorithm::Rsa, 1_024),
        (format!("v=DKIM1;p={BARE_1024}"), Algorithm::Rsa, 1_024),
        (format!("v=DKIM1; h=sha256; s=email; n=a note; p={} {}", &RSA_512[..40], &RSA_512[40..]), Algorithm::Rsa, 512),
        (format!("v=DKIM1; k=ed25519; p={ED25519}"), Algorithm::Ed25519, 256),
        ("v=DKIM1; p=".to_owned(), Algorithm::Rsa, 0),
        ("k=dsa; p=AAAA".to_owned(), Algorithm::Other("dsa".to_owned()), 24),
    ] {
        let key = Key { algorithm, bits, testing: false, sha256: true, mail: true };
        assert_eq!(Key::parse(&text), Ok(key), "{text}");
    }
    for (text, tag) in [
        ("v=DKIM1; k=rsa", "p"),
        ("v=DKIM1; p=!!!", "p"),
        ("v=DKIM1; p=AAAA", "p"),
        ("v=DKIM1; k=ed25519; p=AAAA", "p"),
        ("v=DKIM2; p=", "v"),
        ("p=; v=DKIM1", "v"),
        ("site-verification", "site-verification"),
    ] {
        assert_eq!(Key::parse(text), Err(tag.to_owned()), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let selector = || "mail".to_owned();
    for (text, what) in [
        (format!("p={RSA_512}"), What::DkimShort { selector: selector(), bits: 512 }),
        (format!("p={RSA_1024}"), What::DkimWeak { selector: selector(), bits: 1_024 }),
        (format!("k=ed25519; p={ED25519}"), What::DkimGood { selector: selector(), algorithm: "Ed25519", bits: 256 }),
        (format!("t=s:y; p={RSA_2048}"), What::DkimTesting { selector: selector() }),
        (format!("h=sha1; p={RSA_2048}"), What::DkimHash { selector: selector() }),
        (format!("s=tlsrpt; p={RSA_2048}"), What::DkimNotMail { selector: selector() }),
        (format!("k=rsa2; p={RSA_2048}"), What::DkimAlgorithm { selector: selector(), algorithm: "rsa2".to_owned() }),
        ("v=DKIM1; p=".to_owned(), What::DkimRevoked { selector: selector() }),
        ("v=DKIM1; p=?".to_owned(), What::DkimSyntax { selector: selector(), tag: "p".to_owned() }),
    ] {
        assert!(key(&text).has(&what), "{text}: {:?}", key(&text).found());
    }
    let two = in_order().text("mail._domainkey.news.example.org", &["p=", "v=DKIM1; p="]);
    assert!(two.has(&What::DkimSeveral { selector: selector(), count: 2 }));
    let nobody_said = in_order().check(&sender(&[])).0;
    assert!(nobody_said.iter().any(|finding| finding.what == What::DkimNotNamed));
}

#[test]
fn dmarc_records_are_read_as_people_write_them() {
    let usual =
        Policy { action: Action::None, below: None, dkim: Mode::Relaxed, spf: Mode::Relaxed, above_others: None };
    for (text, policy) in [
        ("v=DMARC1; p=none", usual),
        ("v=DMARC1;p=reject;", Policy { action: Action::Reject, ..usual }),
        ("v = DMARC1 ; P=Quarantine; pct=50", Policy { action: Action::Quarantine, ..usual }),
        ("v=DMARC1; p=none; adkim=s; aspf=s", Policy { dkim: Mode::Strict, spf: Mode::Strict, ..usual }),
        ("v=DMARC1; p=none; aspf=x; nonsense", usual),
        (
            "v=DMARC1; p=none; sp=reject; psd=n",
            Policy { below: Some(Action::Reject), above_others: Some(false), ..usual },
        ),
        ("v=DMARC1; rua=mailto:a@example.org", usual),
        ("v=DMARC1; p=later; rua=mailto:a@example.org", usual),
    ] {
        assert_eq!(Policy::parse(text), Ok(policy), "{text}");
    }
    for text in ["v=DMARC1", "v=DMARC1; p=later", "v=DMARC1; rua=https://example.org"] {
        assert_eq!(Policy::parse(text), Err("p"), "{text}");
    }
    for text in ["v=DMARC2; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=spf1 -all"] {
        assert!(!dmarc::is_dmarc(text), "{text}");
    }
}

#[test]
fn the_way_to_the_organisation_is_short() {
    assert_eq!(dmarc::steps("example.org"), ["example.org", "org"]);
    let long = dmarc::steps("a.b.c.d.e.f.g.h.i.example.org");
    assert_eq!(long.len(), 8);
    assert_eq!(long[..2], ["a.b.c.d.e.f.g.h.i.example.org", "e.f.g.h.i.example.org"]);
    assert_eq!(long[7], "org");
}

#[test]
fn the_domains_own_record_goes_before_the_organisations() {
    let none = "v=DMARC1; p=none";
    let good = |action, domain: &str| What::DmarcGood { action, domain: domain.to_owned() };
    let own = in_order().text("_dmarc.news.example.org", &[none]);
    assert!(own.has(&good(Action::None, "news.example.org")));
    // Without `sp`, `p` counts for what is below.
    let above = in_order().text("_dmarc.example.org", &["v=DMARC1; p=quarantine"]);
    assert!(above.has(&good(Action::Quarantine, "example.org")));
    // One that stands above organisations is not the domain's own, and counts all the same.
    let suffix = in_order().with("_dmarc.example.org", Kind::Text, Answer::None);
    let suffix = suffix.text("_dmarc.org", &["v=DMARC1; p=none; psd=y"]);
    assert!(suffix.has(&good(Action::None, "org")));
    let several = own.clone().text("_dmarc.news.example.org", &[none, none]);
    assert!(several.has(&What::DmarcSeveral { count: 2 }));
    assert!(own.text("_dmarc.news.example.org", &["v=DMARC1; q=none"]).has(&What::DmarcSyntax { tag: "p" }));
}

#[test]
fn bounces_that_go_elsewhere_have_to_fit_and_to_arrive() {
    let check_with = |zone: Zone, return_path: &str| {
        let sender = Sender { return_path: domain(return_path), ..sender(&["mail"]) };
        zone.check(&sender).0.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    let there = |zone: Zone, name: &str| zone.mail(name, &["mx1.example.org"]).text(name, &["v=spf1 mx -all"]);
    let fits = |name: &str| What::ReturnPathFits { domain: name.to_owned() };
    let elsewhere = |name: &str| What::ReturnPathElsewhere { domain: name.to_owned() };

    let own = "bounces.example.org";
    assert!(check_with(there(in_order(), own), own).contains(&fits(own)));
    let strict = in_order().text("_dmarc.example.org", &["v=DMARC1; p=none; aspf=s"]);
    assert!(check_with(there(strict, own), own).contains(&elsewhere(own)));
    let foreign = "bounces.example.net";
    assert!(check_with(there(in_order(), foreign), foreign).contains(&elsewhere(foreign)));
    let found = check_with(in_order(), own);
    assert!(found.contains(&What::ReturnPathDeaf { domain: own.to_owned() }), "{found:?}");
    assert!(found.contains(&What::SpfMissing), "others ask about the domain that bounces go to: {found:?}");
    // Under a suffix that many share, each name is an organisation.
    let shared = in_order().with("_dmarc.example.org", Kind::Text, Answer::None);
    let shared = shared.text("_dmarc.org", &["v=DMARC1; p=none; psd=y"]);
    assert!(check_with(there(shared, own), own).contains(&fits(own)));
}

/// Whoever sends from news.example.org, whose letters come back there.
fn returning(to: &str, exchange: Option<&str>) -> Sender {
    let to = DomainName::parse(to).expect("a domain");
    sender(&["mail"]).returning(Some(&Returns::to(&to, exchange.map(domain))))
}

#[test]
fn what_an_installation_without_a_domain_for_bounces_finds_is_what_it_was() {
    let own = sender(&["mail"]);
    assert_eq!(own.clone().returning(None), own);
    assert!(!own.returns_elsewhere());
    let back = returning("news.example.org", None);
    assert!(!back.returns_elsewhere());
    assert_eq!(in_order().check(&back), in_order().check(&own));
}

#[test]
fn where_bounces_go_elsewhere_spf_is_asked_there_and_nowhere_else() {
    let bounce = "bounce.example.org";
    let zone = in_order().mail(bounce, &["mx1.example.org"]).text(bounce, &["v=spf1 ip4:192.0.2.7 -all"]);
    // That of the domain that letters are from is no longer asked for.
    let zone = zone.text("news.example.org", &["v=spf1 +all"]);
    let (findings, _) = zone.check_from(&returning(bounce, None), &[Network::parse("192.0.2.7").expect("an address")]);
    let whats: Vec<_> = findings.iter().map(|finding| finding.what.clone()).collect();
    let there = || bounce.to_owned();
    assert_eq!(
        whats,
        [
            What::SpfElsewhere { domain: there() },
            What::SpfGood { lookups: 0 },
            What::SpfPasses { address: "192.0.2.7".to_owned() },
            What::DkimGood { selector: "mail".to_owned(), algorithm: "RSA", bits: 2_048 },
            What::DmarcGood { action: Action::Reject, domain: "example.org".to_owned() },
            What::MxGood { hosts: 2 },
            What::ReturnPathArrives { domain: there(), host: "mx1.example.org".to_owned() },
            What::ReturnPathFits { domain: there() },
        ]
    );
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Good && finding.record.is_none()));
}

#[test]
fn the_records_of_a_domain_for_bounces_are_ready_to_be_entered() {
    let bounce = "bounce.example.org";
    let records = |zone: &Zone, sender: &Sender, from: &[Network]| {
        let (findings, _) = zone.check_from(sender, from);
        let records = findings.into_iter().filter_map(|finding| finding.record);
        records.map(|Record { name, kind, value }| format!("{name} {kind} {value}")).collect::<Vec<_>>()
    };
    let known = ["192.0.2.7", "2001:db8::/64"].map(|network| Network::parse(network).expect("a network"));
    let mail = "bounce.example.org MX 10 mail.example.org.";
    let (nameless, named) = (returning(bounce, None), returning(bounce, Some("mail.example.org")));
    // Whoever may send for the domain that letters are from may send for this one.
    let included = "bounce.example.org TXT v=spf1 include:news.example.org ~all";
    assert_eq!(records(&in_order(), &named, &[]), [included, mail]);
    assert_eq!(records(&in_order(), &nameless, &[]), [included]);
    let addresses = "bounce.example.org TXT v=spf1 ip4:192.0.2.7 ip6:2001:db8::/64 ~all";
    assert_eq!(records(&in_order(), &named, &known), [addresses, mail]);
    // That one has none, either.
    let without = in_order().text("news.example.org", &["site-verification=abc"]);
    assert_eq!(records(&without, &nameless, &[]), ["bounce.example.org TXT v=spf1 a ~all"]);
    let there = without.mail(bounce, &["mx1.example.org"]);
    assert_eq!(records(&there, &named, &[]), ["bounce.example.org TXT v=spf1 mx ~all"]);
    // What is proposed is good, and where bounces do not go elsewhere it is what it was.
    let entered = in_order().text(bounce, &["v=spf1 include:news.example.org ~all"]);
    let whats: Vec<_> = entered.check(&nameless).0.into_iter().map(|finding| finding.what).collect();
    assert!(whats.contains(&What::SpfGood { lookups: 4 }), "{whats:?}");
    let own = in_order().text("news.example.org", &["site-verification=abc"]);
    assert_eq!(records(&own, &sender(&["mail"]), &known), ["news.example.org TXT v=spf1 mx ~all"]);
}

#[test]
fn whether_a_domain_for_bounces_fits_is_told_by_the_organisation() {
    let has = |zone: Zone, to: &str, what: fn(String) -> What| {
        let (findings, _) = zone.check(&returning(to, None));
        findings.iter().any(|finding| finding.what == what(to.to_owned()))
    };
    let fits = |domain: String| What::ReturnPathFits { domain };
    let elsewhere = |domain: String| What::ReturnPathElsewhere { domain };
    for to in ["bounce.example.org", "bounce.news.example.org", "example.org"] {
        assert!(has(in_order(), to, fits), "{to}");
        let strict = in_order().text("_dmarc.example.org", &["v=DMARC1; p=none; aspf=s"]);
        assert!(has(strict, to, elsewhere), "{to}");
    }
    for to in ["bounce.example.net", "notexample.org", "bounce.news.example.org.example.net"] {
        assert!(has(in_order(), to, elsewhere), "{to}");
    }
    // Without any record of DMARC what is below the domain counts as its own.
    let bare = || in_order().with("_dmarc.example.org", Kind::Text, Answer::None);
    assert!(has(bare(), "bounce.news.example.org", fits));
    assert!(has(bare(), "bounce.example.org", elsewhere));
    assert!(has(bare(), "xnews.example.org", elsewhere));
    // With the record that is proposed it is the same.
    let entered = || bare().text("_dmarc.news.example.org", &["v=DMARC1; p=none"]);
    assert!(has(entered(), "bounce.news.example.org", fits));
    assert!(has(entered(), "bounce.example.org", elsewhere));
}

#[test]
fn where_bounces_arrive_is_told() {
    let bounce = "bounce.example.org";
    let found = |zone: Zone| {
        let (findings, _) = zone.check(&returning(bounce, None));
        let of = findings.into_iter().map(|finding| finding.what).filter(|what| what.subject() == Subject::ReturnPath);
        of.collect::<Vec<_>>()
    };
    let deaf = What::ReturnPathDeaf { domain: bounce.to_owned() };
    let arrives = |host: &str| What::ReturnPathArrives { domain: bounce.to_owned(), host: host.to_owned() };
    assert!(found(in_order()).contains(&deaf));
    assert!(found(in_order().mail(bounce, &[""])).contains(&deaf));
    assert!(found(in_order().mail(bounce, &["gone.example.org"])).contains(&deaf));
    assert!(
        found(in_order().mail(bounce, &["gone.example.org", "mx2.example.org"])).contains(&arrives("mx2.example.org"))
    );
    let at_home = in_order().with(bounce, Kind::Mail, Answer::None).address(bounce);
    assert!(found(at_home).contains(&arrives(bounce)));
    let silent = in_order().with(bounce, Kind::Mail, Answer::Failed);
    let no_answer = What::NoAnswer { subject: Subject::ReturnPath, name: bounce.to_owned() };
    assert!(found(silent).contains(&no_answer));
}

#[test]
fn a_domain_for_bounces_that_nobody_else_may_know_is_not_there_and_not_asked_for() {
    let own = returning("bounce.internal", None);
    let (findings, _) = in_order().check(&own);
    let held = NotAligned::of(&own, &findings).expect("it is bad");
    assert_eq!(held.return_path.as_deref(), Some("bounce.internal"));
    assert_eq!(held.found, [What::SpfMissing, What::ReturnPathDeaf { domain: "bounce.internal".to_owned() }]);
    assert_eq!(held.asked_of(&held.found[0]), Some("bounce.internal"));
    assert_eq!(held.asked_of(&held.found[1]), None);
    let Step::Ask(questions) = check(&own, &[], &Answers::default()) else { panic!("it asks") };
    assert!(questions.iter().all(|question| !question.name.contains("internal")), "{questions:?}");
}

#[test]
fn where_mail_arrives_is_told() {
    let without = in_order().with("news.example.org", Kind::Mail, Answer::None);
    assert!(without.has(&What::MxNothing));
    assert!(without.address("news.example.org").has(&What::MxMissing));
    assert!(in_order().mail("news.example.org", &[""]).has(&What::MxNull));
    let found = in_order().mail("news.example.org", &["mx1.example.org", "gone.example.org"]).found();
    assert!(found.contains(&What::MxGood { hosts: 1 }), "{found:?}");
    assert!(found.contains(&What::MxHostUnknown { host: "gone.example.org".to_owned() }), "{found:?}");
    assert!(in_order().mail("news.example.org", &["gone.example.org"]).has(&What::MxHostsUnknown { hosts: 1 }));
}

#[test]
fn only_what_is_certainly_bad_is_held_against_a_domain() {
    let held = |zone: Zone, selectors: &[&str]| {
        let sender = sender(selectors);
        NotAligned::of(&sender, &zone.check(&sender).0)
    };
    assert_eq!(held(in_order(), &["mail"]), None);
    // A warning is none, be it that nobody signs here.
    assert_eq!(held(in_order(), &[]), None);
    assert_eq!(held(spf("v=spf1 ?all"), &["mail"]), None);
    // What was not answered may be as good as anything.
    let silent = in_order().with("_dmarc.example.org", Kind::Text, Answer::Failed);
    assert_eq!(held(silent.with("news.example.org", Kind::Text, Answer::Failed), &["mail"]), None);
    let bad = held(spf("v=spf1 +all"), &["mail", "gone"]).expect("it is bad");
    assert_eq!((bad.domain.as_str(), bad.found.len()), ("news.example.org", 2));
    assert_eq!(bad.found, [What::SpfOpen, What::DkimMissing { selector: "gone".to_owned() }]);
}

#[test]
fn of_the_keys_of_a_domain_as_many_are_looked_for_as_may_be() {
    let many: Vec<String> = (0..20).map(|number| format!("key{number}")).collect();
    assert_eq!(Sender::signed(domain("example.org"), &many).selectors.len(), MAX_SELECTORS);
    let selectors = Sender::signed(domain("example.org"), &["not a name", "mail"]).selectors;
    assert_eq!(selectors, Selector::parse_all(&["mail"]).expect("a selector"));
}
