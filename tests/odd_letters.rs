//! Letters with odd contents, read by a parser that has nothing to do with what wrote them: every header is well formed,
//! there are no others, and every value arrives as it was.

use crate::support::letters::without_footer;
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::message::{Command, Content, Message};
use domain::{ClientId, FullName, MessageId, client};
use mail_parser::MessageParser;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Names as people have them, and as attackers wish they had.
const NAMES: [&str; 18] = [
    "Anna Petrova",
    "Анна-Мария Петрова-Водкина",
    "שרה כהן",
    "محمد بن سلمان",
    "\u{202e}evil\u{202c} \u{2066}mixed שלום\u{2069}",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 Family 🏳\u{fe0f}\u{200d}🌈",
    "Zoe\u{308}\u{301} Z\u{335}\u{321}a\u{300}l\u{317}go",
    "O'Brien, \"Bob\" (the \\ builder) <bob@example.net>",
    "<script>alert(\"1\")</script> & <b>bold</b>",
    "=?utf-8?B?QmNjOiB4QGV4YW1wbGUubmV0?=",
    "Bcc: victim@example.net",
    "a; b: c, d@e.f",
    ".",
    "山田 太郎",
    "{{email}} {{nobody}}",
    "%s %n \u{feff}BOM \u{200b}zero",
    "''\"\"``$(id)",
    "José Ñandú Ÿ ß ﬁ",
];

fn names() -> Vec<String> {
    let longest = ["x".repeat(200), "ж".repeat(200), "🚀".repeat(200), "ab ".repeat(66) + "c"];
    NAMES.iter().map(|name| (*name).to_owned()).chain(longest).collect()
}

/// Text that would be headers, other letters or commands if anybody took it literally.
const COMMENT: &str = "line one\r\nBcc: victim@example.net\n.\nMAIL FROM:<x@example.net>\r.\r\n\r\n=?utf-8?Q?=42?= <i>&amp;</i> \u{1}\u{7f}";

/// What of it fits into one line.
const COMMENT_LINE: &str =
    "line one Bcc: victim@example.net . MAIL FROM:<x@example.net> . =?utf-8?Q?=42?= <i>&amp;</i>";

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

async fn comment_on(service: &Service, client: ClientId, comment: String) {
    let (by, comment) = (service.owner, Some(comment));
    let change =
        client::Command::Change { by, email: None, full_name: None, first_name: None, last_name: None, comment };
    service.tell_client(client, change).await;
}

#[tokio::test]
async fn whatever_names_and_comments_say_letters_are_well_formed_and_say_the_same() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.group("Odd ones").await;
    let names = names();
    for (number, name) in names.iter().enumerate() {
        let id = service.client(&format!("odd{number}@example.org"), name, &[group]).await;
        comment_on(&service, id, COMMENT.to_owned()).await;
    }
    let mut plan = service.plan(group).await;
    plan.message = MessageId(Uuid::now_v7());
    let content = Content::parse(
        "Ваш «{{full_name}}» 👩\u{200d}🚀: {{comment}}",
        "Dear {{full_name}},\n\n.leading dot\nFrom here\n\u{202e}rtl\n",
        Some("<p title=\"{{full_name}}\">{{comment}}</p>"),
    );
    let command = Command::Create { owner: service.owner, content: content.expect("a letter") };
    let store = &service.node.services.store;
    let receipt = store.execute::<Message>(plan.message.0, command, &metadata()).await.expect("written");
    assert!(service.node.services.shown(receipt.position).await);
    let mailing = service.create(plan).await;
    let engine = service.work(&server);
    assert_eq!(service.finished(mailing).await.accepted, names.len() as u64);
    engine.stop().await;

    let received: BTreeMap<String, Vec<u8>> =
        server.received().into_iter().map(|one| (one.recipient, one.letter)).collect();
    for (number, name) in names.iter().enumerate() {
        // What an address book keeps of it: single blanks between words.
        let name = FullName::parse(name).expect("a name").as_str().to_owned();
        let address = format!("odd{number}@example.org");
        let letter = MessageParser::default().parse(&received[&address]).expect("a letter");
        let headers: Vec<&str> = letter.headers().iter().map(mail_parser::Header::name).collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "List-ID",
            "Feedback-ID",
            "Precedence",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(headers, expected, "{name}");
        for header in &headers {
            assert_eq!(letter.header_values(*header).count(), 1, "{header} of {name}");
        }
        let to = letter.to().and_then(|to| to.as_list()).expect("recipients");
        assert_eq!(to.len(), 1, "{name}: {to:?}");
        assert_eq!((to[0].name(), to[0].address()), (Some(name.as_str()), Some(address.as_str())));
        let subject = format!("Ваш «{name}» 👩\u{200d}🚀: {COMMENT_LINE}");
        assert_eq!(letter.subject(), Some(subject.as_str()));
        let text = without_footer(&letter.body_text(0).expect("a text"));
        assert_eq!(text, format!("Dear {name},\n\n.leading dot\nFrom here\n\u{202e}rtl"));
        let html = letter.body_html(0).expect("HTML");
        assert!(html.contains(&format!("<p title=\"{}\">", escaped(&name))), "{html}");
        assert!(html.contains("&lt;i&gt;&amp;amp;&lt;/i&gt;") && !html.contains("<i>"), "{html}");
        assert_eq!((letter.text_body_count(), letter.html_body_count(), letter.attachment_count()), (1, 1, 0));
    }
}

#[tokio::test]
async fn a_letter_that_becomes_too_large_is_rejected_with_the_reason_and_the_others_of_its_run_are_sent() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.group("Readers").await;
    for (address, length) in [("brief@example.org", 10), ("talkative@example.org", 2_000)] {
        let id = service.client(address, "Anna", &[group]).await;
        comment_on(&service, id, "ж".repeat(length)).await;
    }
    // As it could be written before letters had budgets: 5 KB that become 2 MB.
    let text = "{{comment}} ".repeat(450);
    let content = serde_json::from_value(serde_json::json!({ "subject": "Hello", "text": text })).expect("any content");
    let mut plan = service.plan(group).await;
    plan.message = MessageId(Uuid::now_v7());
    let created = domain::message::Event::Created { owner: service.owner, content };
    let append = eventstore::Append::begin::<Message>(plan.message.0, vec![created]).expect("an event");
    let receipt = service.node.services.store.append(&[append], &metadata()).await.expect("it is written");
    assert!(service.node.services.shown(receipt.position).await);
    let mailing = service.create(plan).await;
    let engine = service.work(&server);

    let totals = service.finished(mailing).await;
    engine.stop().await;

    assert_eq!((totals.accepted, totals.rejected), (1, 1));
    assert_eq!(server.accepted_recipients().into_iter().collect::<Vec<_>>(), ["brief@example.org"]);
    let outcomes = service.outcomes(&service.runs(mailing).await[0]).await;
    let (outcome, reply) = &outcomes["talkative@example.org"];
    assert_eq!(outcome, "rejected");
    let reply = reply.as_deref().unwrap_or_default();
    assert!(reply.contains("the text of this letter has more than 1572864 bytes"), "{reply}");
}

/// The values of an address's query, as whoever is called by it reads them.
fn values(address: &str) -> Vec<(String, String)> {
    let url = url::Url::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    assert_eq!((url.scheme(), url.host_str(), url.path()), ("https", Some("example.org"), "/page"), "{address}");
    assert_eq!(url.fragment(), None, "{address}");
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn whatever_names_and_comments_say_links_lead_where_they_should_and_bring_the_same() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.group("Odd ones").await;
    let names = names();
    for (number, name) in names.iter().enumerate() {
        let id = service.client(&format!("odd+{number}&x@example.org"), name, &[group]).await;
        comment_on(&service, id, format!("{COMMENT} #&=?/%41+")).await;
    }
    let mut plan = service.plan(group).await;
    plan.message = MessageId(Uuid::now_v7());
    let query = "https://example.org/page?email={{email}}&name={{full_name}}&comment={{comment}}";
    let html = format!(
        "<a href=\"{0}\">a</a><a href={0}>b</a><a href=\"mailto:{{{{email}}}}\">c</a>",
        query.replace('&', "&amp;")
    );
    let content = Content::parse("Links", &format!("See {query} !"), Some(&html)).expect("a letter");
    let command = Command::Create { owner: service.owner, content };
    let store = &service.node.services.store;
    let receipt = store.execute::<Message>(plan.message.0, command, &metadata()).await.expect("written");
    assert!(service.node.services.shown(receipt.position).await);
    let mailing = service.create(plan).await;
    let engine = service.work(&server);
    assert_eq!(service.finished(mailing).await.accepted, names.len() as u64);
    engine.stop().await;

    for received in server.received() {
        let letter = MessageParser::default().parse(&received.letter).expect("a letter");
        let number = received.recipient.split(['+', '&']).nth(1).and_then(|number| number.parse::<usize>().ok());
        let name = FullName::parse(&names[number.expect("a number")]).expect("a name").as_str().to_owned();
        let comment = format!("{COMMENT} #&=?/%41+").trim().to_owned();
        let expected = [("email", received.recipient.clone()), ("name", name), ("comment", comment)]
            .map(|(key, value)| (key.to_owned(), value));
        let text = without_footer(&letter.body_text(0).expect("a text"));
        let in_text = text.trim().strip_prefix("See ").and_then(|rest| rest.strip_suffix(" !")).expect("a link");
        assert_eq!(values(in_text), expected);
        let html = letter.body_html(0).expect("HTML").replace("&amp;", "&");
        let quoted = html.split('"').nth(1).expect("a link");
        assert_eq!(values(quoted), expected, "{html}");
        let bare = html.split("<a href=").nth(2).and_then(|rest| rest.split('>').next()).expect("a link");
        assert_eq!(values(bare), expected, "{html}");
        let mailto = html.split("mailto:").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
        assert_eq!(mailto, received.recipient.replace('+', "%2B").replace('&', "%26"), "{html}");
    }
}
