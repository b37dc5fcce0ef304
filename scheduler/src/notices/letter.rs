//! What a notice says: its letter.

use super::link::{Token, page, purpose};
use crate::settings::Settings;
use crate::smtp::{Contents, Letter, LetterError, Mailbox};
use chrono::{DateTime, Utc};
use domain::notice::{Kind, MailingStopped, Request, Sending, Trouble};
use domain::{FullName, Language, group, mailing};
use std::borrow::Cow;
use url::Url;
use words::mailings::Halt;
use words::notices::{self, Words};

/// A longer name than this greets nobody.
const LONGEST_NAME: usize = 80;

/// So many characters are told of what a mail server, a manager or a part of the service has said.
const LONGEST_REASON: usize = 500;

/// The letter of a notice. Message-ID and date are those of the first attempt.
pub(super) fn build(
    sending: &Sending,
    token: Option<&Token>,
    requested_at: DateTime<Utc>,
    settings: &Settings,
) -> Result<Letter, LetterError> {
    let request = &sending.request;
    let to = Mailbox::new(request.to.as_str(), addressee(request))?;
    let Composed { subject, text, html } = compose(request, token, &settings.public_url)
        .ok_or_else(|| LetterError::Build { why: "the service has no words for it".to_owned() })?;
    Letter::new(Contents {
        from: &settings.sender,
        reply_to: None,
        to: &to,
        subject,
        text: &text,
        html: html.as_deref(),
        message_id: sending.message_id.as_deref().unwrap_or_default(),
        date: requested_at,
        // Nobody's holiday note need answer it (RFC 3834, section 5).
        headers: &[("Auto-Submitted", "auto-generated")],
        structured: &[],
    })
}

/// What a letter says.
struct Composed {
    subject: &'static str,
    text: String,
    /// The same as HTML, where it goes to people who know nothing of this service.
    html: Option<String>,
}

/// Subject and text: a greeting, what it is about, the link on a line of its own, how long it works if it proves something, and what to
/// do if it was somebody else.
fn compose(request: &Request, token: Option<&Token>, home: &Url) -> Option<Composed> {
    let (kind, language) = (harmless(&request.kind), request.language);
    let Words { subject, about, otherwise } = notices::of(&kind, language)?;
    let mut paragraphs = vec![notices::greeting(addressee(request), language), about];
    let mut link = None;
    if let (Some((page, lifetime)), Some(token)) = (purpose(&kind), token) {
        link = Some(paragraphs.len());
        paragraphs.push(token.link(home, page));
        paragraphs.push(notices::lifetime(lifetime, language).to_owned());
    }
    if let Some(page) = page(&kind) {
        paragraphs.push(format!("{home}{page}"));
    }
    paragraphs.push(otherwise.to_owned());
    paragraphs.push(format!("SkyMailing\n{home}"));
    let html = matches!(*kind, Kind::ConfirmSubscription { .. }).then(|| html(&paragraphs, link, language));
    Some(Composed { subject, text: paragraphs.join("\n\n"), html })
}

/// The paragraphs as HTML; the one at `link` is an address, and leads there.
fn html(paragraphs: &[String], link: Option<usize>, language: Language) -> String {
    let paragraph = |(place, text): (usize, &String)| {
        let text = escaped(text).replace('\n', "<br>");
        let text = if Some(place) == link { format!("<a href=\"{text}\">{text}</a>") } else { text };
        format!("<p>{text}</p>\n")
    };
    let body: Vec<String> = paragraphs.iter().enumerate().map(paragraph).collect();
    format!("<!doctype html>\n<html lang=\"{language}\">\n<body>\n{}</body>\n</html>\n", body.concat())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The same, with what others have said or call themselves and what is theirs written so that no mail program makes a link of it:
/// anybody can have the letter about a subscription sent to anybody, and mail servers say what they like.
fn harmless(kind: &Kind) -> Cow<'_, Kind> {
    let person = |name: &FullName| FullName::parse(&short(name.as_str(), LONGEST_NAME)).unwrap_or_default();
    match kind {
        Kind::ConfirmSubscription { subscription, owner_name, topics } => {
            let title = |topic: &group::Name| group::Name::parse(&short(topic.as_str(), group::MAX_NAME)).ok();
            Cow::Owned(Kind::ConfirmSubscription {
                subscription: *subscription,
                owner_name: person(owner_name),
                topics: topics.iter().filter_map(title).collect(),
            })
        }
        Kind::MailingStopped(stopped) => Cow::Owned(Kind::MailingStopped(MailingStopped {
            name: named(&stopped.name),
            reason: why(&stopped.reason),
            owner: stopped.owner.as_ref().map(person),
            ..stopped.clone()
        })),
        Kind::Trouble(trouble) => Cow::Owned(Kind::Trouble(Trouble {
            words: short(&one_line(&trouble.words), LONGEST_REASON),
            ..trouble.clone()
        })),
        Kind::VerifyEmail
        | Kind::AlreadyRegistered
        | Kind::RecoverPassword
        | Kind::PasswordChanged
        | Kind::ConfirmEmailChange
        | Kind::EmailChanged { .. }
        | Kind::VerifySender { .. }
        | Kind::TestLetter(_) => Cow::Borrowed(kind),
    }
}

/// Why a mailing was stopped, written so. What the guard says repeats nothing but numbers, and is known again, to be said in the
/// language of the letter, only as it stands.
fn why(reason: &str) -> String {
    match Halt::read(reason) {
        Some(halt) if halt.is_the_guards() => reason.to_owned(),
        Some(_) | None => short(&one_line(reason), LONGEST_REASON),
    }
}

/// What a mailing is called, written so; a hyphen if nothing is left of it.
fn named(name: &mailing::Name) -> mailing::Name {
    let harmless = short(name.as_str(), mailing::MAX_NAME);
    let parsed = [harmless.as_str(), "-"].into_iter().find_map(|text| mailing::Name::parse(text).ok());
    parsed.unwrap_or_else(|| name.clone())
}

/// The beginning of a text, written so.
fn short(text: &str, most: usize) -> String {
    broken(text).chars().take(most).collect()
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|sign: char| sign.is_whitespace() || sign.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A text in which nothing reads like an address of anything, and nothing turns the direction of writing.
fn broken(text: &str) -> String {
    let signs: Vec<char> = text.chars().filter(|sign| !turns(*sign)).collect();
    let mut told = String::with_capacity(text.len());
    for (place, sign) in signs.iter().enumerate() {
        told.push(if matches!(sign, '/' | '\\' | '@' | '<' | '>') { '-' } else { *sign });
        let behind = signs.iter().skip(place + 1).take(2).filter(|sign| sign.is_alphanumeric());
        if *sign == '.' && behind.count() == 2 {
            told.push(' ');
        }
    }
    told
}

/// Whether a character turns the direction of writing (UAX 9), which turns that of the rest of the letter, too.
fn turns(sign: char) -> bool {
    matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What the letter calls its addressee. Nothing, where the letter is to prove that an address is somebody's who says so: until
/// then the name is a stranger's choice, eighty characters of anything, delivered by this service.
fn addressee(request: &Request) -> Option<&str> {
    match request.kind {
        Kind::VerifyEmail | Kind::ConfirmEmailChange | Kind::VerifySender { .. } | Kind::ConfirmSubscription { .. } => {
            None
        }
        Kind::AlreadyRegistered
        | Kind::RecoverPassword
        | Kind::PasswordChanged
        | Kind::EmailChanged { .. }
        | Kind::MailingStopped(_)
        | Kind::Trouble(_)
        | Kind::TestLetter(_) => greetable(request.full_name.as_str()),
    }
}

/// The name, if the letter may call its addressee by it: nothing that reads like an address of anything, and no essays.
fn greetable(name: &str) -> Option<&str> {
    let speaks = name.contains(['/', '\\', ':', '@', '<', '>']) || names_a_host(name);
    let ordinary = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !speaks && !name.contains(turns);
    ordinary.then_some(name)
}

/// Mail programs make links of `example.com`; `J. R. R.` and `Dr. Smith` are none.
fn names_a_host(name: &str) -> bool {
    name.split('.').skip(1).any(|after| after.chars().take(2).filter(|c| c.is_alphanumeric()).count() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::feedback::guard::Share;
    use domain::notice::{Part, Stopper};
    use domain::{EmailAddress, MailingId, SubscriptionId, UserId};
    use uuid::Uuid;
    use words::Sentence as _;

    fn settings() -> Settings {
        let sender = Mailbox::parse("Sky Mailing <no-reply@example.org>").expect("a sender");
        Settings::new(sender, Url::parse("https://mail.example.org/").expect("a URL"))
    }

    fn request(kind: Kind, full_name: &str, language: Language) -> Request {
        let full_name = FullName::parse(full_name).expect("a name");
        let to = EmailAddress::parse("anna@example.com").expect("an address");
        Request { user: UserId(Uuid::from_u128(1)), kind, to, full_name, language }
    }

    fn token() -> Token {
        Token::fixed("bm90LXNvLXNlY3JldC1hcy1pdC1zaG91bGQtYmUtMTI")
    }

    fn bytes(request: Request) -> String {
        let sending = Sending {
            request,
            message_id: Some("<7@example.org>".to_owned()),
            attempts: 0,
            tried_at: None,
            not_before: None,
        };
        let at = "2026-05-01T12:00:00Z".parse().expect("a time");
        let letter = build(&sending, Some(&token()), at, &settings()).expect("a letter");
        String::from_utf8(letter.bytes().to_vec()).expect("UTF-8").replace("\r\n", "\n")
    }

    #[test]
    fn every_letter_in_every_language() {
        for language in Language::ALL {
            let name = match language {
                Language::En => "Anna Petrova",
                Language::Ru => "Анна Петрова",
            };
            for kind in Kind::with_words(&EmailAddress::parse("new-anna@example.com").expect("an address")) {
                let snapshot = format!("{}_{language}", called(&kind));
                let composed = compose(&request(kind, name, language), Some(&token()), &settings().public_url);
                let Composed { subject, text, html } = composed.expect("there are words for it");
                let html = html.map(|html| format!("\n\n{html}")).unwrap_or_default();
                insta::assert_snapshot!(snapshot, format!("Subject: {subject}\n\n{text}{html}"));
            }
        }
    }

    /// What tells a letter from the others in every language.
    fn called(kind: &Kind) -> String {
        match kind {
            Kind::MailingStopped(stopped) => {
                let whose = if stopped.owner.is_some() { "of_others" } else { "own" };
                format!("{}_{:?}_{whose}", kind.name(), stopped.by).to_lowercase()
            }
            Kind::Trouble(trouble) => format!("{}_{:?}", kind.name(), trouble.part).to_lowercase(),
            Kind::VerifyEmail
            | Kind::AlreadyRegistered
            | Kind::RecoverPassword
            | Kind::PasswordChanged
            | Kind::ConfirmEmailChange
            | Kind::EmailChanged { .. }
            | Kind::VerifySender { .. }
            | Kind::ConfirmSubscription { .. }
            | Kind::TestLetter(_) => kind.name().to_owned(),
        }
    }

    #[test]
    fn every_letter_says_that_nobody_has_written_it_and_none_that_it_went_to_many() {
        for kind in Kind::with_words(&EmailAddress::parse("new-anna@example.com").expect("an address")) {
            let letter = bytes(request(kind, "Anna Petrova", Language::En));
            assert_eq!(letter.matches("\nAuto-Submitted: auto-generated\n").count(), 1, "{letter}");
            assert!(!letter.contains("\nPrecedence:"), "{letter}");
        }
    }

    #[test]
    fn the_bytes_of_a_letter() {
        insta::assert_snapshot!("bytes_en", bytes(request(Kind::RecoverPassword, "Anna Petrova", Language::En)));
        insta::assert_snapshot!("bytes_ru", bytes(request(Kind::RecoverPassword, "Анна Петрова", Language::Ru)));
    }

    #[test]
    fn a_name_is_called_only_if_it_is_one() {
        for name in ["Anna Petrova", "J. R. R. Tolkien", "J.R.R. Tolkien", "O'Neil, Dr. Ann", "Анна", "x\u{301} 👩‍🚀"]
        {
            assert_eq!(greetable(name), Some(name));
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["", "win at example.com", "http://a", "a@b", "сайт.рф", "see\\me", "<b>", "\u{202e}annA", &long]
        {
            assert_eq!(greetable(name), None, "{name:?}");
        }
    }

    fn subscribing(owner: &str, topics: &[&str]) -> Kind {
        Kind::ConfirmSubscription {
            subscription: SubscriptionId(Uuid::nil()),
            owner_name: FullName::parse(owner).expect("a name"),
            topics: topics.iter().map(|title| group::Name::parse(title).expect("a title")).collect(),
        }
    }

    #[test]
    fn whatever_an_owner_calls_a_topic_the_letter_leads_nowhere_else() {
        let kind =
            subscribing("win.example.com", &["http://evil.example/a", "<b>& \"Co\"", "\u{202e}news", "Vol. 2.5"]);
        let letter = bytes(request(kind.clone(), "Eve evil.example", Language::En)).replace("=\n", "");
        assert!(!letter.contains("evil.example") && !letter.contains("win.example") && !letter.contains('\u{202e}'));
        let composed = compose(&request(kind, "", Language::En), Some(&token()), &settings().public_url);
        let Composed { text, html, .. } = composed.expect("there are words for it");
        assert!(text.contains("from win. example. com at") && text.contains("\"http:--evil. example-a\""), "{text}");
        assert!(text.contains("\"news\"") && text.contains("\"Vol. 2.5\""), "{text}");
        let html = html.expect("it is for strangers");
        assert!(html.contains("&quot;-b-&amp; &quot;Co&quot;&quot;") && html.matches("<a ").count() == 1, "{html}");
        assert!(html.contains("<a href=\"https://mail.example.org/subscribe/confirm/bm90"), "{html}");
    }

    fn stopped(name: &str, owner: Option<&str>, reason: &str) -> Kind {
        Kind::MailingStopped(MailingStopped {
            mailing: MailingId(Uuid::nil()),
            name: mailing::Name::parse(name).expect("a name"),
            by: Stopper::Guard,
            reason: reason.to_owned(),
            owner: owner.map(|owner| FullName::parse(owner).expect("a name")),
        })
    }

    fn text(kind: Kind) -> String {
        let composed = compose(&request(kind, "Anna", Language::En), None, &settings().public_url);
        composed.expect("there are words for it").text
    }

    #[test]
    fn a_letter_about_a_mailing_leads_to_it_and_nowhere_else_whatever_it_is_called_and_a_mail_server_says() {
        let hostile = "554 5.7.1 see http://evil.example/a\r\nor\twrite\u{0} to <eve@evil.example>";
        let told = text(stopped("News of win.example.com \u{202e}yaM", Some("Eve evil.example"), hostile));
        assert!(
            !told.contains("evil.example") && !told.contains("win.example") && !told.contains('\u{202e}'),
            "{told}"
        );
        assert!(told.contains("the mailing \"News of win. example. com yaM\" of Eve evil. example."), "{told}");
        let quoted = "\n\n\"554 5.7.1 see http:--evil. example-a or write to -eve-evil. example-\"\n\n";
        assert!(told.contains(quoted), "it stands on a line of its own: {told}");
        let links: Vec<&str> = told.lines().filter(|line| line.contains("://")).collect();
        let mailing = "https://mail.example.org/mailings/00000000-0000-0000-0000-000000000000";
        assert_eq!(links, [mailing, "https://mail.example.org/"]);
    }

    #[test]
    fn what_the_guard_says_is_said_in_the_language_of_the_letter_whatever_its_numbers_are() {
        for (bounced, accepted, english, russian) in [
            (21, 400, "(5.25%, at most 2.75% is allowed)", "(5,25\u{a0}%, допустимо не больше 2,75\u{a0}%)"),
            (1_200, 10_001, "(11.999%, at most 2.75% is allowed)", "(11,999\u{a0}%, допустимо не больше 2,75\u{a0}%)"),
        ] {
            let reason = Halt::TooManyBounces { bounced, accepted, limit: Share(2_750) }.told(Language::En);
            for (language, expected) in [(Language::En, english), (Language::Ru, russian)] {
                let request = request(stopped("News", None, &reason), "Anna", language);
                let composed = compose(&request, None, &settings().public_url).expect("there are words for it");
                assert!(composed.text.contains(expected), "{}", composed.text);
            }
        }
    }

    #[test]
    fn a_mailing_of_whose_name_nothing_is_left_and_an_owner_without_one_are_told_of_all_the_same() {
        let told = text(stopped("\u{202e}", Some(""), "because"));
        assert!(told.contains("has paused the mailing \"-\". So many"), "{told}");
    }

    #[test]
    fn only_the_beginning_of_what_somebody_said_is_told() {
        let long = format!("because {}", "x".repeat(10_000));
        let trouble =
            |part| Trouble { part, name: "main".to_owned(), words: long.clone(), since: DateTime::UNIX_EPOCH };
        let longest = |told: String| told.lines().map(str::len).max().unwrap_or_default();
        let kinds = [stopped("News", None, &long), Kind::Trouble(trouble(Part::Relay))];
        for kind in kinds {
            assert!(longest(text(kind.clone())) <= LONGEST_REASON + 2, "{kind:?}");
        }
        let told = text(Kind::Trouble(trouble(Part::Follower)));
        assert!(told.ends_with("https://mail.example.org/system\n\nYou get this letter because you are an administrator of this service. It comes once a day as long as that lasts.\n\nSkyMailing\nhttps://mail.example.org/"), "{told}");
    }

    #[test]
    fn a_letter_that_goes_to_strangers_has_both_parts() {
        let letter = bytes(request(subscribing("Ann", &["News"]), "", Language::Ru));
        assert!(letter.contains("multipart/alternative") && letter.contains("text/plain"), "{letter}");
        assert!(letter.contains("text/html"), "{letter}");
    }

    #[test]
    fn whatever_a_name_holds_it_adds_no_header_and_no_link() {
        for name in ["Eve Bcc: all@example.com", "Eve http://evil.example/ now", "\"Eve\" <eve@example.com>"] {
            let letter = bytes(request(Kind::RecoverPassword, name, Language::En));
            let (head, body) = letter.split_once("\n\n").expect("head and body");
            assert!(!head.contains("Bcc") && head.matches("\nTo: ").count() == 1, "{head}");
            assert!(body.starts_with("Hello!"), "{body}");
            assert!(!letter.contains("evil.example") && !letter.contains("eve@"), "{letter}");
        }
        // Of several lines, as an old log may hold it.
        for name in ["Eve\nX-Evil: 1", "Eve\r\nBcc: evil@example.com"] {
            let request = Request { full_name: serde_name(name), ..request(Kind::PasswordChanged, "", Language::En) };
            assert!(!bytes(request).to_lowercase().contains("evil"), "{name:?}");
        }
    }

    #[test]
    fn a_letter_to_an_address_that_nobody_has_proven_repeats_nothing_that_a_stranger_wrote() {
        let proving = [
            Kind::VerifyEmail,
            Kind::ConfirmEmailChange,
            Kind::VerifySender {
                sender: domain::SenderId(Uuid::nil()),
                name: FullName::default(),
                address: EmailAddress::parse("anna@example.com").expect("an address"),
                owner: None,
            },
            subscribing("Ann", &["News"]),
        ];
        for kind in proving {
            for (language, name) in [(Language::En, "Win a prize today"), (Language::Ru, "Выиграйте приз")]
            {
                let letter = bytes(request(kind.clone(), name, language));
                assert_eq!(letter, bytes(request(kind.clone(), "", language)), "{kind:?}");
            }
        }
    }

    /// A name as an old log may hold it, which nobody has parsed.
    fn serde_name(text: &str) -> FullName {
        serde_json::from_value(text.into()).expect("a name")
    }
}
