use super::*;
use crate::RunId;
use crate::letter::{Letterhead, LinkKey, Purpose};
use proptest::prelude::*;
use uuid::Uuid;

fn kept(address: &str, full_name: &str, said: &str) -> String {
    Whom::new(address, full_name).masked(said.to_owned())
}

#[test]
fn the_local_part_is_masked_however_it_is_said() {
    for (said, expected) in [
        ("user anna.petrova unknown", "user <address> unknown"),
        ("User ANNA.Petrova unknown", "User <address> unknown"),
        ("<anna.petrova>: Recipient rejected", "<address>: Recipient rejected"),
        ("user `anna.petrova' is gone", "user `<address>' is gone"),
        ("user `anna.petrova` or %anna.petrova%", "user `<address>` or %<address>%"),
        ("to%3Aanna%2epetrova%40example.com", "to%3A<address>%40example.com"),
        ("/var/mail/anna.petrova: no space", "/var/mail/<address>: no space"),
        ("no anna.petrova. No \"anna.petrova\"!", "no <address>. No \"<address>\"!"),
        ("anna.petrova+news, anna.petrova", "<address>+news, <address>"),
        ("anna.petrova", "<address>"),
        // Other words, and names of hosts.
        ("xanna.petrova anna.petrovax anna.petrova_2", "xanna.petrova anna.petrovax anna.petrova_2"),
        ("mx.anna.petrova.example, anna.petrova-mx", "mx.anna.petrova.example, anna.petrova-mx"),
        ("anna petrova, annaXpetrova", "anna petrova, annaXpetrova"),
        ("", ""),
    ] {
        assert_eq!(kept("anna.petrova@example.com", "Anna", said), expected, "{said}");
    }
    let quoted = kept("\"kim smith\"@example.com", "", "no Kim  Smith here, no Ken Smith");
    assert_eq!(quoted, "no <address> here, no Ken Smith");
    let blanks = kept("\"kim  smith\"@example.com", "Kim  Smith Lee", "no Kim Smith Lee, no kim smith");
    assert_eq!(blanks, "no <name>, no <address>");
    let both = kept("anna@example.com", "Anna Petrova", "no such user anna (Anna Petrova), anna smith");
    assert_eq!(both, "no such user <address> (<name>), <address> smith");
    assert_eq!(kept("пётр@example.com", "", "Ящик ПЁТР отключён"), "Ящик <address> отключён");
    assert_eq!(kept("79161234567@example.com", "", "no 79161234567"), "no <address>");
}

#[test]
fn what_stands_before_a_plus_sign_is_masked_by_itself() {
    let said = "no anna+news, no anna, no anna%2Bnews, no news, no annalena";
    let expected = "no <address>, no <address>, no <address>, no news, no annalena";
    assert_eq!(kept("anna+news@example.com", "", said), expected);
    assert_eq!(kept("+news@example.com", "", "no news, no +news"), "no news, no <address>");
}

#[test]
fn a_short_local_part_is_masked_where_words_say_what_it_is() {
    for (said, expected) in [
        ("user ann unknown", "user <address> unknown"),
        ("Mailbox: Ann", "Mailbox: <address>"),
        ("пользователь ann не найден", "пользователь <address> не найден"),
        ("ann does not exist", "<address> does not exist"),
        ("<ann>, \"ann\", 'ann'", "<address>, \"<address>\", '<address>'"),
        ("ann is over quota", "ann is over quota"),
        ("users: ann", "users: ann"),
    ] {
        assert_eq!(kept("ann@example.com", "", said), expected, "{said}");
    }
}

#[test]
fn whatever_recipients_are_called_codes_and_words_stay() {
    let said = "550 5.1.1 <address>: user a mailbox is unknown here, see name (4.4.310) 192.0.2.1 it's 100% full, \
                no such user <name>";
    for hostile in [
        "a", "A", "user", "Mailbox", "550", "5.1.1", "4.4.310", "is", "unknown", "address", "name", "see", "no",
        "such", "100", "s", "", " ", ".", "<", ">", "%", "-", "_", "+", "\"", "\"\"", "5", "1.1", "b+", "@",
    ] {
        assert_eq!(kept(&format!("{hostile}@example.com"), hostile, said), said, "{hostile:?}");
        assert_eq!(kept(hostile, "", said), said, "{hostile:?}");
    }
    for name in ["User A", "mailbox is", "550 5.1.1", "is unknown", "no such user", "5 A", "", " ", "unknown"] {
        assert_eq!(kept("", name, said), said, "{name:?}");
    }
    // Quoted they mean somebody.
    for local_part in ["a", "user", "550", "address"] {
        let said = format!("<{local_part}> and '{local_part}'");
        assert_eq!(kept(&format!("{local_part}@example.com"), "", &said), "<address> and '<address>'");
    }
    assert_eq!(kept("", "User Unknown", "\"user unknown\": user unknown"), "\"<name>\": user unknown");
}

#[test]
fn a_name_is_masked_if_it_has_two_words() {
    for (name, said, expected) in [
        ("Anna Petrova", "Anna Petrova has left", "<name> has left"),
        ("Anna Petrova", "ANNA\tPETROVA. Anna, Petrova", "<name>. Anna, Petrova"),
        ("Anna Petrova", "Anna Petrovaya, Joanna Petrova", "Anna Petrovaya, Joanna Petrova"),
        ("Анна Петрова", "Ящик «анна петрова» отключён", "Ящик «<name>» отключён"),
        ("Li Wu", "<Li Wu> has left", "<name> has left"),
        ("Anna", "Anna has left", "Anna has left"),
    ] {
        assert_eq!(kept("", name, said), expected, "{said}");
    }
}

#[test]
fn the_address_that_a_letter_comes_back_to_is_masked_whichever_it_is() {
    let letter = Letterhead { run: RunId(Uuid::from_u128(7)), ordinal: 3 };
    let token = LinkKey::new(1, [7; 32]).token(Purpose::Bounce, letter);
    let said = format!("no b+{token}, no B-{}, no <b+{token}>", token.to_uppercase());
    assert_eq!(kept("", "", &said), "no <address>, no <address>, no <address>");
    for said in [format!("no x+{token}"), format!("no b+{token}2"), format!("no {token}")] {
        assert_eq!(kept("", "", &said), said);
    }
}

#[test]
fn what_is_said_of_everybody_is_not_looked_at_closely() {
    for (address, said, may_be) in [
        ("anna@example.com", "queued as 4XyZ", false),
        ("anna@example.com", "delivered to ANNA", true),
        ("anna+news@example.com", "delivered to anna", true),
        ("пётр@example.com", "queued as 4XyZ", true),
        ("anna@example.com", "", false),
        ("", "queued as 4XyZ", false),
    ] {
        assert_eq!(Whom::new(address, "").may_be_in(said), may_be, "{address} {said}");
    }
}

#[test]
fn who_it_is_is_shown_to_nobody() {
    assert_eq!(format!("{:?}", Whom::new("anna@example.com", "Anna Petrova")), "Whom");
}

proptest! {
    #[test]
    fn no_local_part_stays_as_a_word(before in "[ -~]{0,20}", local in "[a-z]{2}[0-9][a-z0-9._]{0,9}[a-z0-9]") {
        let said = kept(&format!("{local}@example.com"), "", &format!("{before} {local} after"));
        prop_assert!(!said.contains(&format!(" {local} ")), "{said}");
    }

    #[test]
    fn whatever_somebody_is_called_and_says_is_taken_without_fault(text in ".{0,80}", who in ".{0,12}", name in ".{0,12}") {
        let said = format!("{text} {who} {name}{who}<{who}>'{name}'");
        // What is masked has at least one byte.
        let most = said.len() * NAME.len().max(ADDRESS.len());
        let length = kept(&format!("{who}@example.com"), &name, &said).len();
        prop_assert!(length <= most);
    }
}
