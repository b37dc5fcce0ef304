use proptest::prelude::*;

use super::*;

#[test]
fn a_reply_keeps_no_address() {
    let cases = [
        ("<kim@example.com>: Recipient address rejected", "<address>: Recipient address rejected"),
        ("kim.o'hara+x@mail.example.com unknown", "<address> unknown"),
        ("user kim@example.com.", "user <address>."),
        ("no kim@[192.0.2.1], no eva@bücher.example!", "no <address>, no <address>!"),
        ("\"kim smith\"@example.com is gone", "<address> is gone"),
        ("mailto:kim@example.com", "mailto:<address>"),
        ("a@b@c", "<address>@c"),
        ("@ alone, x@ and @y", "@ alone, x@ and @y"),
        ("queued as 4XyZ", "queued as 4XyZ"),
    ];
    for (said, kept) in cases {
        assert_eq!(Reply::new(550, said).text, kept);
    }
}

#[test]
fn a_reply_is_taken_apart_and_shortened() {
    let reply = Reply::new(550, "5.1.1 no\tsuch\r\nuser");
    assert_eq!(
        (reply.enhanced.map(|e| e.to_string()).as_deref(), reply.text.as_str()),
        (Some("5.1.1"), "no such  user")
    );
    assert_eq!(reply.to_string(), "550 5.1.1 no such  user");
    assert_eq!(Reply::new(250, "").to_string(), "250");
    assert_eq!(Reply::new(550, "2.1.1 ok").enhanced, None);
    assert_eq!(Reply::new(550, &"ü".repeat(2000)).text.chars().count(), 500);
}

#[test]
fn a_reply_does_not_name_whom_its_letter_goes_to() {
    let whom = Whom::new("kim.lee@example.com", "Kim Lee");
    let reply = Reply::new(550, "5.1.1 kim.lee@example.com: no such user kim.lee (Kim Lee)");
    assert_eq!(reply.without(&whom).to_string(), "550 5.1.1 <address>: no such user <address> (<name>)");
    let long = Reply::new(550, &"kim.lee! ".repeat(100));
    assert_eq!(long.without(&Whom::new("kim.lee", "")).text.chars().count(), 500);
}

proptest! {
    #[test]
    fn no_address_stays_in_a_reply(before in "[ -~]{0,20}", local in "[a-z0-9.+_-]{1,12}", domain in "[a-z]{1,8}\\.[a-z]{2,5}") {
        let reply = Reply::new(550, &format!("{before} {local}@{domain} after"));
        let whole = format!("{local}@{domain}");
        prop_assert!(!reply.text.contains(&whole), "{}", reply.text);
    }
}
