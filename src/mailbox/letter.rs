//! A letter taken apart (RFC 5322, MIME).

use super::links::{self, Link};
use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};

/// A letter as its page shows it.
#[derive(Debug, Default)]
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    /// Its headers in their order, each unfolded.
    pub(super) headers: Vec<(String, String)>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) links: Vec<Link>,
}

/// A file in a letter.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) media: String,
    pub(super) bytes: Vec<u8>,
}

/// The subject of a letter; empty if it has none.
pub(super) fn subject(raw: &[u8]) -> String {
    let message = MessageParser::default().parse_headers(raw);
    message.and_then(|message| message.subject().map(str::to_owned)).unwrap_or_default()
}

/// The letter's own name for itself; empty if it has none.
pub(super) fn message_id(raw: &[u8]) -> String {
    let message = MessageParser::default().parse_headers(raw);
    message.and_then(|message| message.message_id().map(str::to_owned)).unwrap_or_default()
}

/// Takes a letter apart. What is no letter has no parts.
pub(super) fn read(raw: &[u8]) -> Letter {
    let Some(message) = MessageParser::default().parse(raw) else { return Letter::default() };
    // The parser makes the one of the other where a letter has only one of them; here counts what is there.
    let body = |wanted: fn(&PartType<'_>) -> Option<String>| {
        let parts = message.text_body.iter().chain(&message.html_body);
        parts.filter_map(|id| message.part(*id)).find_map(|part| wanted(&part.body))
    };
    let text = body(|part| match part {
        PartType::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    });
    let html = body(|part| match part {
        PartType::Html(html) => Some(html.clone().into_owned()),
        _ => None,
    });
    let links = links::of(html.as_deref(), text.as_deref());
    Letter {
        from: people(message.from()),
        to: people(message.to()),
        text,
        html,
        headers: message.headers_raw().map(|(name, value)| (name.to_owned(), unfolded(value))).collect(),
        attachments: attachments(&message),
        links,
    }
}

fn people(address: Option<&Address<'_>>) -> String {
    let shown = |one: &mail_parser::Addr<'_>| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    let all = address.into_iter().flat_map(Address::iter).map(shown);
    all.collect::<Vec<_>>().join(", ")
}

fn attachments(message: &Message<'_>) -> Vec<Attachment> {
    let attached = message.attachments().map(|part| {
        let media = part.content_type().map(|media| match media.subtype() {
            Some(subtype) => format!("{}/{subtype}", media.ctype()),
            None => media.ctype().to_owned(),
        });
        Attachment {
            name: part.attachment_name().unwrap_or_default().to_owned(),
            media: media.unwrap_or_else(|| "text/plain".to_owned()),
            bytes: part.contents().to_vec(),
        }
    });
    attached.collect()
}

fn unfolded(value: &str) -> String {
    value.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "From: =?utf-8?B?0J7Qu9GM0LPQsA==?= <olga@example.com>\r\nTo: ann@example.org\r\n\
        Subject: =?utf-8?Q?Caf=C3=A9?=\r\n to go\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
        --a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        caf=C3=A9 https://example.org/a=\r\n?b=3D1\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <p><a href=\"https://example.org/c\">caf\u{e9}</a></p>\r\n--a--\r\n--b\r\nContent-Type: text/csv; name=\"list.csv\"\r\n\
        Content-Disposition: attachment; filename=\"list.csv\"\r\n\r\na,b\r\n--b--\r\n";

    #[test]
    fn a_letter_is_taken_apart() {
        let letter = read(RAW.as_bytes());
        assert_eq!((letter.from.as_str(), letter.to.as_str()), ("Ольга <olga@example.com>", "ann@example.org"));
        assert_eq!(
            (subject(RAW.as_bytes()), message_id(RAW.as_bytes())),
            ("Café to go".to_owned(), "1@example.com".to_owned())
        );
        assert!(letter.text.as_deref().is_some_and(|text| text.starts_with("café https://example.org/a?b=1")));
        assert!(letter.html.as_deref().is_some_and(|html| html.contains("<a href=")));
        let links: Vec<&str> = letter.links.iter().map(|link| link.address.as_str()).collect();
        assert_eq!(links, ["https://example.org/c", "https://example.org/a?b=1"]);
        assert_eq!(letter.headers[2], ("Subject".to_owned(), "=?utf-8?Q?Caf=C3=A9?= to go".to_owned()));
        let attached = &letter.attachments[0];
        assert_eq!((attached.name.as_str(), attached.media.as_str()), ("list.csv", "text/csv"));
        assert!(attached.bytes.starts_with(b"a,b"));
    }

    #[test]
    fn a_letter_of_text_alone_has_no_html_and_rubbish_has_nothing() {
        let letter = read(b"Subject: x\r\n\r\nhello\r\n");
        assert_eq!((letter.text.as_deref().map(str::trim), letter.html), (Some("hello"), None));
        for rubbish in [&b""[..], b"\xff\xfe", b"\r\n\r\n"] {
            assert_eq!(read(rubbish).html, None);
            assert_eq!(subject(rubbish), "");
        }
    }
}
