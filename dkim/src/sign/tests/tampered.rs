//! Letters that were changed on the way.

use super::*;

/// A letter that has every field that is signed.
fn full() -> String {
    let head = head().replace("\r\nSubject:", "\r\nCc: team@example.org\r\nSubject:");
    format!("{head}\r\nHello,\r\n\r\nworld!\r\n")
}

fn verified(letter: &str) -> Vec<bool> {
    PUBLISHED.verify(letter.as_bytes())
}

fn signed_text() -> String {
    let text = String::from_utf8(signed(&full())).unwrap();
    assert_eq!(verified(&text), [true, true]);
    text
}

/// The line of a field that is not a signature.
fn line_of<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("{name}:");
    let is = |line: &&str| line.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(&start));
    text.split_inclusive("\r\n").find(is).unwrap_or_else(|| panic!("there is a {name}"))
}

#[test]
fn every_signed_field_that_is_changed_or_missing_breaks_both_signatures() {
    let text = signed_text();
    for name in SIGNED {
        let line = line_of(&text, name);
        let changed = text.replacen(line, &line.replacen(": ", ": x", 1), 1);
        assert_eq!(verified(&changed), [false, false], "{name} is changed");
        let missing = text.replacen(line, "", 1);
        assert_eq!(verified(&missing), [false, false], "{name} is missing");
    }
}

#[test]
fn every_signed_field_that_is_added_breaks_both_signatures() {
    for letter in [full(), "From: news@example.org\r\n\r\nHello\r\n".to_owned()] {
        let text = String::from_utf8(signed(&letter)).unwrap();
        for name in SIGNED {
            let added = format!("{name}: somebody@example.net\r\n");
            let first = format!("{added}{text}");
            assert_eq!(verified(&first), [false, false], "another {name} first");
            let last = text.replacen("\r\n\r\n", &format!("\r\n{added}\r\n"), 1);
            assert_eq!(verified(&last), [false, false], "another {name} last");
        }
    }
}

#[test]
fn fields_that_change_places_break_both_signatures() {
    let letter = "From: a@example.org\r\nFrom: b@example.org\r\n\r\nHello\r\n";
    let text = String::from_utf8(signed(letter)).unwrap();
    let swapped =
        text.replacen("From: a@example.org\r\nFrom: b@example.org", "From: b@example.org\r\nFrom: a@example.org", 1);
    assert_eq!((verified(&text), verified(&swapped)), (vec![true, true], vec![false, false]));
}

#[test]
fn a_changed_body_breaks_both_signatures() {
    let text = signed_text();
    for (from, to) in [
        ("world!", "World!"),
        ("world!", "worl d!"),
        ("world!\r\n", "world!\r\nP.S.\r\n"),
        ("Hello,\r\n\r\n", "Hello,\r\n"),
        ("Hello,\r\n\r\n", "Hello,\r\n\r\n\r\n"),
        ("\r\n\r\nHello", "\r\n\r\n\r\nHello"),
        ("Hello,", " Hello,"),
        ("world!\r\n", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(verified(&changed), [false, false], "{from:?} is {to:?}");
    }
}

#[test]
fn a_changed_signature_is_none() {
    let text = signed_text();
    for (from, to) in [
        ("t=1777629600;", "t=1777629601;"),
        ("d=example.org;", "d=example.org; x=1977629600;"),
        ("h=from:from:", "h=from:"),
    ] {
        assert_eq!(verified(&text.replace(from, to)), [false, false], "{from:?} is {to:?}");
    }
}

#[test]
fn what_mail_servers_do_on_the_way_does_no_harm() {
    let text = signed_text();
    for (what, changed) in [
        ("fields are added", format!("Received: from a by b\r\nX-Spam: no\r\n{text}")),
        ("a field is folded anew", text.replacen("Date: Fri, ", "Date:\r\n\tFri,\r\n   ", 1)),
        ("a name is written otherwise", text.replacen("Message-ID:", "Message-Id:", 1)),
        ("blanks are at the end of lines", text.replacen("world!\r\n", "world! \t\r\n", 1)),
        ("empty lines are at the end", format!("{text}\r\n\r\n")),
        ("the last line end is lost", text.trim_end().to_owned()),
        ("what is not signed is changed", text.replacen("Precedence: bulk", "Precedence: list", 1)),
    ] {
        assert_ne!(changed, text, "{what}");
        assert_eq!(verified(&changed), [true, true], "{what}");
    }
}
