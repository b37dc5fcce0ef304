use secrecy::ExposeSecret;

use super::*;

#[test]
fn a_url_says_where_and_how() {
    let cases = [
        ("smtp://mail.example.org", "mail.example.org:25", Security::Plain, None),
        ("smtp://mail.example.org:2525", "mail.example.org:2525", Security::Plain, None),
        ("smtp://mail.example.org?tls=opportunistic", "mail.example.org:25", Security::Opportunistic, None),
        ("smtp://mail.example.org?tls=none", "mail.example.org:25", Security::Plain, None),
        ("smtp://u:p@mail.example.org?tls=required", "mail.example.org:587", Security::StartTls, Some(("u", "p"))),
        ("smtp://u:p@mail.example.org:25/?tls=required", "mail.example.org:25", Security::StartTls, Some(("u", "p"))),
        (
            "smtps://u%40x:p%2F%3A%C3%BC@mail.example.org",
            "mail.example.org:465",
            Security::Implicit,
            Some(("u@x", "p/:ü")),
        ),
        ("smtps://u:p@mail.example.org?tls=required", "mail.example.org:465", Security::Implicit, Some(("u", "p"))),
        ("smtp://u:p@localhost:25", "localhost:25", Security::Plain, Some(("u", "p"))),
        ("smtp://u:p@127.0.0.1", "127.0.0.1:25", Security::Plain, Some(("u", "p"))),
        ("smtp://u:p@[::1]:2525", "[::1]:2525", Security::Plain, Some(("u", "p"))),
        ("smtp://u:p@relay?auth=plaintext", "relay:25", Security::Plain, Some(("u", "p"))),
        ("smtp://bücher.example", "xn--bcher-kva.example:25", Security::Plain, None),
    ];
    for (url, address, security, credentials) in cases {
        let relay = Relay::parse(url).expect(url);
        assert_eq!((relay.to_string().as_str(), relay.security()), (address, security), "{url}");
        let found = relay.credentials().map(|found| (found.user.as_str(), found.password.expose_secret()));
        assert_eq!(found, credentials, "{url}");
    }
}

#[test]
fn a_bad_url_is_a_sentence_with_an_example_and_without_the_password() {
    let cases = [
        "",
        "mail.example.org",
        "mail.example.org:25",
        "http://u:s3cret@mail.example.org",
        "smtp://",
        "smtp://u:s3cret@",
        "smtp://u:s3cret@mail.example.org:99999",
        "smtp://mail.example.org:0",
        "smtp://u:s3cret#x@mail.example.org",
        "smtp://u:s3cret/x@mail.example.org",
        "smtp://mail.example.org/hello",
        "smtp://u@mail.example.org?tls=required",
        "smtp://:s3cret@mail.example.org?tls=required",
        "smtp://u:s3cret%zz@mail.example.org?tls=required",
        "smtp://u:s3cret%0d%0a@mail.example.org?tls=required",
        "smtp://u:s3cret%e@mail.example.org?tls=required",
        "smtp://u:s3cret@mail.example.org",
        "smtp://mail.example.org?tls=maybe",
        "smtp://mail.example.org?pool=3",
        "smtps://mail.example.org?tls=none",
        "smtp://mail example.org",
        "smtp://u:s3cret@mail.example.org?tls=required&name=Bulk",
        "smtp://u:s3cret@mail.example.org?tls=required&name=",
        "smtp://mail.example.org?connections=0",
        "smtp://mail.example.org?connections=201",
        "smtp://mail.example.org?letters=many",
        "smtp://mail.example.org?rate=0/s",
        "smtp://mail.example.org?rate=100",
        "smtp://mail.example.org?rate=100/d",
        "smtp://u@mail.example.org?tls=required&auth=xoauth2",
        "smtp://u@mail.example.org?tls=required&auth=xoauth2&token_command=",
        "smtp://u@mail.example.org?tls=required&auth=xoauth2&token_command=s3cret&token_file=/s3cret",
        "smtp://u@mail.example.org?tls=required&token_command=s3cret",
        "smtp://u:s3cret@mail.example.org?tls=required&auth=xoauth2&token_file=/token",
        "smtp://mail.example.org?tls=required&auth=xoauth2&token_file=/token",
        "smtp://u@mail.example.org?auth=xoauth2&token_file=/token",
        "smtp://u%0d@mail.example.org?tls=required&auth=xoauth2&token_file=/token",
    ];
    for url in cases {
        let sentence = Relay::parse(url).expect_err(url).to_string();
        assert!(sentence.contains("smtp"), "{url}: {sentence}");
        assert!(!sentence.contains("s3cret"), "{url}: {sentence}");
    }
}

#[test]
fn what_is_shown_of_a_relay_is_no_secret() {
    let relay = Relay::parse("smtps://someone:s3cret@mail.example.org").expect("a relay");
    let shown = format!("{relay:?} {relay} {:?}", relay.credentials());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_password_crosses_an_unencrypted_connection_to_this_machine_or_when_told_so() {
    for (url, may) in [
        ("smtp://u:p@localhost?tls=opportunistic", true),
        ("smtp://u:p@example.org?tls=opportunistic", false),
        ("smtp://u:p@example.org?tls=opportunistic&auth=plaintext", true),
    ] {
        assert_eq!(Relay::parse(url).expect(url).may_send_password_unencrypted(), may, "{url}");
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    let relay = || Relay::parse("smtp://mail.example.org").expect("a relay");
    let missing = relay().with_ca_file(Path::new("/does/not/exist.pem"));
    assert!(matches!(missing, Err(CaFileError::Unreadable { .. })));
    let empty = relay().with_ca_file(Path::new("/dev/null"));
    assert!(matches!(empty, Err(CaFileError::Empty { .. })));
}

#[test]
fn a_url_may_name_the_relay_and_set_its_limits() {
    let relay =
        Relay::parse("smtp://mail.example.org?name=bulk-2&connections=3&letters=50&rate=600/m").expect("a relay");
    assert_eq!((relay.name(), relay.connections(), relay.letters_per_connection()), ("bulk-2", 3, 50));
    assert_eq!(relay.rate().map(|rate| rate.to_string()).as_deref(), Some("600/m"));
    let relay = relay.or_connections(20).or_letters_per_connection(9);
    assert_eq!((relay.connections(), relay.letters_per_connection()), (3, 50), "the URL counts more");
    let plain = Relay::parse("smtp://mail.example.org").expect("a relay");
    assert_eq!((plain.name(), plain.rate()), ("default", None));
    let plain = plain.or_connections(20).or_letters_per_connection(9);
    assert_eq!((plain.connections(), plain.letters_per_connection()), (20, 9));
}

#[test]
fn several_relays_have_white_space_or_commas_between_them() {
    let names = |text: &str| {
        let relays = Relay::parse_list(text).expect(text);
        relays.iter().map(|relay| (relay.name().to_owned(), relay.to_string())).collect::<Vec<_>>()
    };
    let relay = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    let two = [relay("default", "a.example:25"), relay("bulk", "b.example:465")];
    for text in [
        "smtp://a.example smtps://b.example?name=bulk",
        "smtp://a.example,smtps://b.example?name=bulk",
        " smtp://a.example ,\n smtps://b.example?name=bulk, ",
    ] {
        assert_eq!(names(text), two, "{text}");
    }
    let comma = names("smtps://u:p,w@a.example,smtp://b.example?name=b");
    assert_eq!(comma, [relay("default", "a.example:465"), relay("b", "b.example:25")], "a comma in a password");
}

#[test]
fn a_wrong_list_says_which_relay_is_wrong_and_no_password() {
    for (text, expected) in [
        ("", "no relay is named"),
        (" , ", "no relay is named"),
        ("smtp://a.example smtp://b.example", "two relays have the name \"default\""),
        ("smtp://a.example?name=x smtps://u:s3cret@b.example?name=x", "two relays have the name \"x\""),
        ("smtp://a.example smtps://u:s3cret@b.example?rate=fast", "in URL 2: a relay's rate="),
    ] {
        let sentence = Relay::parse_list(text).expect_err(text).to_string();
        assert!(sentence.contains(expected) && sentence.contains("smtp"), "{text}: {sentence}");
        assert!(!sentence.contains("s3cret"), "{sentence}");
    }
}

#[test]
fn a_url_may_say_where_a_token_comes_from() {
    for (url, mechanism, source) in [
        (
            "smtp://kim%40example.org@smtp.example.org?tls=required&auth=xoauth2&token_command=get-token+--for%20kim%26co",
            Mechanism::Xoauth2,
            TokenSource::Command("get-token --for kim&co".to_owned()),
        ),
        (
            "smtps://kim%40example.org@smtp.example.org?auth=oauthbearer&token_file=/run/token",
            Mechanism::OauthBearer,
            TokenSource::File("/run/token".into()),
        ),
    ] {
        let relay = Relay::parse(url).expect(url);
        let bearer = Bearer { user: "kim@example.org".to_owned(), mechanism, source };
        assert_eq!(relay.bearer(), Some(&bearer), "{url}");
        assert!(relay.credentials().is_none() && !relay.can_do_without_extensions());
        assert!(!format!("{relay:?} {bearer:?}").contains("get-token"));
    }
}
