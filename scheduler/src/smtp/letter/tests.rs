use chrono::TimeZone;
use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;

const OURS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-SkyMailing-Run",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

fn mailbox(address: &str, name: &str) -> Mailbox {
    Mailbox::new(address, Some(name)).expect("a good address")
}

fn shown(subject: &str, name: &str, text: &str, html: Option<&str>) -> String {
    let from = mailbox("news@example.org", "Aurora");
    let to = mailbox("kim@example.com", name);
    let letter = Letter::new(contents(&from, &to, subject, text, html)).expect("a letter");
    String::from_utf8(letter.bytes().to_vec()).expect("UTF-8")
}

fn contents<'a>(
    from: &'a Mailbox,
    to: &'a Mailbox,
    subject: &'a str,
    text: &'a str,
    html: Option<&'a str>,
) -> Contents<'a> {
    Contents {
        from,
        reply_to: None,
        to,
        subject,
        text,
        html,
        message_id: "1.2@example.org",
        date: Utc.with_ymd_and_hms(2026, 5, 1, 10, 0, 0).single().expect("a date"),
        headers: &[("X-SkyMailing-Run", "42")],
        structured: &[],
    }
}

fn header_names(letter: &str) -> Vec<&str> {
    let (head, _) = letter.split_once("\r\n\r\n").expect("a head and a body");
    head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect()
}

#[test]
fn a_letter_in_ascii_goes_as_it_is() {
    let letter = shown("Hello", "Kim", "Dear Kim,\n.\nbye\n", None);
    assert_eq!(
        letter,
        "From: Aurora <news@example.org>\r\nTo: Kim <kim@example.com>\r\nSubject: Hello\r\n\
         Date: Fri, 01 May 2026 10:00:00 +0000\r\nMessage-ID: <1.2@example.org>\r\nX-SkyMailing-Run: 42\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
         Dear Kim,\r\n.\r\nbye\r\n"
    );
}

#[test]
fn the_same_contents_give_the_same_bytes() {
    assert_eq!(shown("Hi", "Kim", "a", Some("<p>a</p>")), shown("Hi", "Kim", "a", Some("<p>a</p>")));
}

#[test]
fn names_and_subjects_outside_ascii_are_encoded() {
    let letter = shown("Grüße 🌍", "Łukasz Ø", "a tortoise is a żółw in Polish", Some("<p>żółw</p>"));
    assert!(letter.is_ascii(), "{letter}");
    assert!(letter.contains("Content-Type: multipart/alternative"));
    assert!(letter.contains("quoted-printable"));
}

#[test]
fn line_breaks_in_names_and_subjects_add_no_header() {
    let evil = "x\r\nBcc: victim@example.net\r\n\r\nbody";
    let letter = shown(evil, evil, "text", None);
    assert_eq!(header_names(&letter), OURS);
}

#[test]
fn a_name_cannot_add_a_recipient() {
    let letter = shown("s", "Kim\" <a@example.net>, \"Eve", "text", None);
    let to = letter.lines().find(|line| line.starts_with("To:")).expect("a To header");
    assert_eq!(to, "To: =?utf-8?b?S2ltIiA8YUBleGFtcGxlLm5ldD4sICJFdmU=?= <kim@example.com>");
}

#[test]
fn addresses_that_are_none_are_errors() {
    for bad in [
        "",
        "kim",
        "kim@",
        "@example.org",
        "kim@exa mple.org",
        "kim@example.org\r\nRCPT TO:<x@y.z>",
        "a\u{0}b@example.org",
        "<kim@example.org>",
    ] {
        assert!(Mailbox::new(bad, None).is_err(), "{bad:?}");
    }
}

#[test]
fn a_domain_outside_ascii_becomes_its_a_label() {
    assert_eq!(mailbox("kim@bücher.example", "").address(), "kim@xn--bcher-kva.example");
}

#[test]
fn a_setting_names_the_sender() {
    let cases = [
        ("news@example.org", None, "news@example.org"),
        ("Aurora News <news@example.org>", Some("Aurora News"), "news@example.org"),
        ("\"Aurora, News\" <news@example.org>", Some("Aurora, News"), "news@example.org"),
        ("<news@example.org>", None, "news@example.org"),
    ];
    for (text, name, address) in cases {
        let mailbox = Mailbox::parse(text).expect(text);
        assert_eq!((mailbox.name(), mailbox.address()), (name, address), "{text}");
    }
    assert!(Mailbox::parse("Aurora News").is_err());
}

#[test]
fn headers_that_would_change_the_letter_are_refused() {
    let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
    for header in [
        ("Bcc", "x@example.org"),
        ("content-type", "text/html"),
        ("X Y", "1"),
        ("", "1"),
        ("X-A:", "1"),
        ("X-A", "1\r\nBcc: x@example.org"),
        // As free text it might become an encoded word.
        ("List-Unsubscribe", "<https://example.org/u/abc>"),
        ("list-id", "<1.example.org>"),
    ] {
        let refused = Letter::new(Contents { headers: &[header], ..contents(&from, &to, "s", "t", None) });
        assert!(matches!(refused, Err(LetterError::Header { .. })), "{header:?}");
    }
}

/// The value of a header in the bytes of a letter, with its folds.
fn value<'a>(letter: &'a str, name: &str) -> &'a str {
    let begin = letter.find(&format!("\r\n{name}: ")).expect("it is there") + name.len() + 4;
    let rest = &letter[begin..];
    let mut ends = rest.match_indices("\r\n").map(|(end, _)| end);
    let end = ends.find(|end| !rest[end + 2..].starts_with([' ', '\t'])).expect("an end");
    &rest[..end]
}

#[test]
fn what_programs_read_stands_behind_all_other_headers_and_reads_back_exactly() {
    let (from, to) = (mailbox("news@example.org", "Aurora"), mailbox("kim@example.com", "Kim"));
    let id = "0190c5a4-0000-7000-8000-000000000001";
    let page = format!("https://mail.example.org/u/{}", "a2".repeat(25));
    let mail = format!("mailto:u+{}@example.org?subject=unsubscribe", "a2".repeat(25));
    let structured = [
        Structured::list_unsubscribe(&[&page, &mail]).expect("addresses"),
        Structured::list_unsubscribe_post(),
        Structured::list_id(id, "mail.example.org").expect("a list"),
        Structured::feedback_id([id, id, "bulk", "skymailing"]).expect("words"),
        Structured::precedence_bulk(),
    ];
    let structured: Vec<&Structured> = structured.iter().collect();
    for html in [None, Some("<p>żółw</p>")] {
        let contents = Contents { structured: &structured, ..contents(&from, &to, "Grüße", "żółw", html) };
        let letter = Letter::new(contents).expect("a letter");
        let bytes = String::from_utf8(letter.bytes().to_vec()).expect("UTF-8");
        let names = ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "Precedence"];
        assert_eq!(header_names(&bytes)[5..12], [&["X-SkyMailing-Run"][..], &names, &["MIME-Version"]].concat());

        assert_eq!(value(&bytes, "List-Unsubscribe"), format!("<{page}>,\r\n <{mail}>"));
        assert_eq!(value(&bytes, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert_eq!(value(&bytes, "List-Id"), format!("<{id}.mail.example.org>"));
        assert_eq!(value(&bytes, "Feedback-ID"), format!("{id}:{id}:bulk:skymailing"));
        assert_eq!(value(&bytes, "Precedence"), "bulk");

        let read = MessageParser::default().parse(&bytes).expect("a letter");
        let addresses = |value: &mail_parser::HeaderValue<'_>| -> Vec<String> {
            let list = value.as_address().and_then(|list| list.as_list()).expect("a list");
            list.iter().filter_map(|one| one.address().map(str::to_owned)).collect()
        };
        assert_eq!(addresses(read.list_unsubscribe()), [page.as_str(), &mail]);
        assert_eq!(addresses(read.list_id()), [format!("{id}.mail.example.org")]);
        assert_eq!(read.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
        assert_eq!(read.header_raw("Precedence").map(str::trim), Some("bulk"));
    }
}

#[test]
fn a_message_id_that_is_none_is_an_error() {
    let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
    for message_id in ["", "x", "a@b@c", "a b@c", "<a@b", "a@b>\r\nBcc: x@y", "@b"] {
        let refused = Letter::new(Contents { message_id, ..contents(&from, &to, "s", "t", None) });
        assert!(matches!(refused, Err(LetterError::MessageId { .. })), "{message_id:?}");
    }
}

#[test]
fn a_date_that_no_header_holds_is_an_error() {
    let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
    for date in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let refused = Letter::new(Contents { date, ..contents(&from, &to, "s", "t", None) });
        assert!(matches!(refused, Err(LetterError::Date { .. })), "{date}");
    }
}

/// Anything, and often what is dangerous.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![any::<String>(), Just("=?utf-8?Q?=42?=".to_owned()), "[a ]{1,1200}", "[\r\n\t.: ]{1,4}"];
    proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_is_in_the_parts_another_parser_reads_them_and_only_our_headers_come_out(
        subject in any_text(), name in any_text(), text in any_text(), html in proptest::option::of(any_text()),
    ) {
        let from = mailbox("news@example.org", &name);
        let to = mailbox("kim@example.com", &name);
        let letter = Letter::new(contents(&from, &to, &subject, &text, html.as_deref())).expect("a letter");
        prop_assert!(letter.is_ascii);
        let bytes = String::from_utf8(letter.bytes().to_vec()).expect("UTF-8");
        prop_assert_eq!(&header_names(&bytes)[..7], &OURS[..7]);
        prop_assert!(header_names(&bytes).iter().all(|name| OURS.contains(name)));
        prop_assert!(bytes.split("\r\n").all(|line| line.len() <= LONGEST_LINE && !line.contains(['\r', '\n'])));

        let read = MessageParser::default().parse(&bytes).expect("a letter");
        prop_assert_eq!(read.subject().unwrap_or_default(), one_line(&subject));
        for (read, address) in [(read.from(), "news@example.org"), (read.to(), "kim@example.com")] {
            let read = read.and_then(|list| list.as_list()).expect("a list");
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!((read[0].name().unwrap_or_default(), read[0].address()), (&*one_line(&name), Some(address)));
        }
        let parts = [(read.text_bodies().next(), Some(&text)), (read.html_bodies().next(), html.as_ref())];
        for (read, written) in parts {
            let Some(written) = written else { continue };
            let read = read.and_then(|part| part.text_contents()).expect("a body");
            prop_assert_eq!(read.trim_end_matches(['\r', '\n']), clean_lines(written));
        }
    }
}

/// As it is said, character by character.
fn cleaned(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                clean.push_str("\r\n");
            }
            '\n' => clean.push_str("\r\n"),
            '\t' => clean.push(c),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    let lines: Vec<&str> = clean.split("\r\n").collect();
    let filled = lines.iter().rposition(|line| !line.trim_matches([' ', '\t']).is_empty());
    lines[..filled.map_or(0, |last| last + 1)].join("\r\n")
}

#[test]
fn a_text_ends_with_its_last_line_that_has_anything_in_it() {
    for (text, clean) in [
        ("a\n\n \n\t\n  ", "a"),
        ("a  \n\n", "a  "),
        ("a \t", "a \t"),
        ("-- \n", "-- "),
        (" \n\t\n\na\n b", " \r\n\t\r\n\r\na\r\n b"),
        ("  ", ""),
        (" \n ", ""),
        ("\n", ""),
        ("", ""),
    ] {
        assert_eq!(super::clean_lines(text), clean, "{text:?}");
    }
}

#[test]
fn replies_go_elsewhere_only_where_it_is_said() {
    let (from, to) = (mailbox("news@example.org", "Aurora"), mailbox("kim@example.com", "Kim"));
    for (name, address, written) in [
        ("", "answers@example.net", "answers@example.net"),
        ("Desk", "answers@bücher.example", "Desk <answers@xn--bcher-kva.example>"),
        ("Стол", "answers@example.net", "=?utf-8?b?0KHRgtC+0Ls=?= <answers@example.net>"),
    ] {
        let elsewhere = mailbox(address, name);
        let contents = Contents { reply_to: Some(&elsewhere), ..contents(&from, &to, "s", "t", None) };
        let letter = Letter::new(contents).expect("a letter");
        let bytes = String::from_utf8(letter.bytes().to_vec()).expect("UTF-8");
        assert_eq!(value(&bytes, "Reply-To"), written);
        assert_eq!(letter.from(), "news@example.org", "bounces go to the sender");
    }
    assert!(!shown("s", "Kim", "t", None).contains("Reply-To"));
    let refused = Letter::new(Contents { headers: &[("Reply-To", "a")], ..contents(&from, &to, "s", "t", None) });
    assert!(matches!(refused, Err(LetterError::Header { .. })));
}

#[test]
fn what_stands_before_a_letter_changes_nothing_of_it() {
    let (from, to) = (mailbox("news@example.org", "Aurora"), mailbox("kim@example.com", "Kim"));
    let letter = Letter::new(contents(&from, &to, "s", "t", Some("<p>t</p>"))).expect("a letter");
    let headed = letter.clone().headed(b"X-First: 1\r\n");
    assert_eq!(headed.bytes(), [&b"X-First: 1\r\n"[..], letter.bytes()].concat());
    assert_eq!((headed.from(), headed.recipient()), (letter.from(), letter.recipient()));
    assert!(headed.is_ascii);
}

#[test]
fn a_letter_that_comes_back_elsewhere_has_the_same_bytes_signed_or_not() {
    let (from, to) = (mailbox("news@example.org", "Aurora"), mailbox("kim@example.com", "Kim"));
    let letter = Letter::new(contents(&from, &to, "s", "t", None)).expect("a letter");
    let path = format!("b+{}@bounce.example.org", "a".repeat(50));
    let returning = letter.clone().returning_to(&path).expect("an address");
    assert_eq!((returning.from(), returning.recipient()), (path.as_str(), "kim@example.com"));
    assert_eq!(returning.bytes(), letter.bytes());
    assert_eq!(returning.headed(b"X-First: 1\r\n").from(), path);
    for bad in ["", "b+a", "b+a@example.org>\r\nRCPT TO:<x@example.org"] {
        let refused = letter.clone().returning_to(bad);
        assert!(matches!(refused, Err(LetterError::Address { .. })), "{bad:?}");
    }
}

proptest::proptest! {
    #[test]
    fn lines_are_cleaned_in_leaps_as_they_would_be_character_by_character(
        text in "([\\x00-\\x1f\\x7f-\\xbfA-Zа-я\r\n\t«°]|\\PC){0,40}",
    ) {
        proptest::prop_assert_eq!(super::clean_lines(&text), cleaned(&text));
    }
}
