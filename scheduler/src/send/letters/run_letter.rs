//! The letter of a run, and what it says to one person.

use super::addressed::{Addressed, letter};
use super::sender::Sender;
use crate::send::leaving::{Leaving, Ways};
use crate::send::texts::{Footing, Texts};
use crate::smtp::{Letter, LetterError, Mailbox, Structured};
use chrono::{DateTime, Utc};
use domain::letter::{MergeFields, Recipient, Rendered, message_id};
use domain::{GroupId, Language, RunId};
use projections::deliveries;
use std::sync::Arc;
use uuid::Uuid;
use words::Sentence;

/// A run's letter: everything but the recipient.
#[derive(Debug)]
pub(crate) struct RunLetter {
    pub(super) run: RunId,
    pub(super) text: Text,
    /// The same for all runs that send it.
    pub(super) texts: Arc<Texts>,
    /// The same for all letters and all attempts.
    pub(super) date: DateTime<Utc>,
    pub(super) message_id_domain: String,
    pub(super) sender: Sender,
    pub(super) leaving: Leaving,
    /// In which it says what clients have in the owner's own fields: the owner's when the run started.
    pub(super) language: Language,
    /// The groups that the mailing named when the run started.
    pub(super) groups: Vec<GroupId>,
}

/// Which text the letters of a run have: a revision of a message, and what its footer is made of if it gets one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text {
    pub(super) message: Uuid,
    pub(super) revision: i32,
    pub(super) footing: Option<Footing>,
}

impl RunLetter {
    /// The date of all of them, which is also that of their signatures.
    pub(crate) fn date(&self) -> DateTime<Utc> {
        self.date
    }

    /// The groups that the mailing named when the run started.
    pub(crate) fn groups(&self) -> &[GroupId] {
        &self.groups
    }

    /// About how many bytes the texts of the letter to one person have, and what its head has because of this person.
    pub(crate) fn bytes(&self, person: &Recipient) -> usize {
        let (unsubscribe_url, custom) = (self.leaving.some_link(), self.texts.values(&person.fields, self.language));
        let texts = self.texts.bytes(&MergeFields { unsubscribe_url, custom: &custom, ..person.merge_fields() });
        texts + self.leaving.bytes_of_mail()
    }

    /// The letter to one person. The `Message-ID`, the ways to leave and the address that it comes back to are the delivery's: the
    /// same for every attempt.
    pub(crate) fn to(&self, person: &Recipient, batch: u32, place: u16) -> Result<Letter, LetterError> {
        // No ordinal is less than nothing.
        let ordinal = deliveries::ordinal(batch, place).unsigned_abs();
        let ways = self.leaving.ways(ordinal);
        let custom = self.texts.values(&person.fields, self.language);
        let fields = MergeFields { unsubscribe_url: &ways.link, custom: &custom, ..person.merge_fields() };
        let letter = self.with_ways(person, batch, place, &fields, &ways)?;
        match self.leaving.return_path(ordinal) {
            Some(path) => letter.returning_to(&path),
            None => Ok(letter),
        }
    }

    /// The same with the ways to leave of a sample, and with what it says to people.
    pub(crate) fn shown(&self, person: &Recipient, batch: u32, place: u16) -> Result<(Rendered, Letter), LetterError> {
        let ways = self.leaving.sample_ways();
        let custom = self.texts.values(&person.fields, self.language);
        let fields = MergeFields { unsubscribe_url: &ways.link, custom: &custom, ..person.merge_fields() };
        let rendered =
            self.texts.render(&fields).map_err(|error| LetterError::Build { why: error.told(Language::En) })?;
        Ok((rendered, self.with_ways(person, batch, place, &fields, &ways)?))
    }

    fn with_ways(
        &self,
        person: &Recipient,
        batch: u32,
        place: u16,
        fields: &MergeFields<'_>,
        ways: &Ways,
    ) -> Result<Letter, LetterError> {
        let name = Some(person.full_name.as_str()).filter(|name| !name.is_empty());
        let to = Mailbox::new(&person.email, name)?;
        let ordinal = deliveries::ordinal(batch, place);
        let delivery = message_id::Letter::Delivery { run: self.run, ordinal };
        let message_id = delivery.message_id(&self.message_id_domain);
        let offer = self.leaving.offer(ways)?;
        let structured: Vec<&Structured> = offer.iter().chain(self.leaving.headers()).collect();
        let addressed = Addressed {
            from: &self.sender.mailbox,
            reply_to: self.sender.reply_to.as_ref(),
            to: &to,
            mark: "",
            message_id: &message_id,
            date: self.date,
            structured: &structured,
        };
        letter(&self.texts, fields, addressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::custom_field::{Key, Value};
    use domain::letter::{Letterhead, LinkKey, Purpose, ReturnPaths, Separator};
    use domain::mailing::Kind;
    use domain::sender_domain::DomainName;
    use domain::{MailingId, SenderId};
    use projections::messages;
    use url::Url;

    const TEXT: &str = "Dear {{first_name|reader}},\n\nthis is the news of the week.\n";
    const HTML: &str =
        "<html><body>\n<p>Dear {{first_name|reader}},</p>\n<p>this is the news of the week.</p>\n</body></html>\n";

    fn key() -> LinkKey {
        LinkKey::new(1, [7; 32])
    }

    fn run_letter(kind: Kind, language: Language, text: &str, html: Option<&str>) -> RunLetter {
        run_letter_by(kind, language, (text, html), None)
    }

    fn run_letter_by(
        kind: Kind,
        language: Language,
        (text, html): (&str, Option<&str>),
        returns: Option<ReturnPaths>,
    ) -> RunLetter {
        let (run, message) = (RunId(Uuid::from_u128(1)), Uuid::from_u128(3));
        let public_url = Url::parse("https://mail.example.org/").expect("an address");
        let footing = (kind == Kind::Bulk).then_some(Footing { language, postal_address: None });
        let date: DateTime<Utc> = "2026-05-01T12:00:00Z".parse().expect("a time");
        let revision = messages::Revision {
            message_id: message,
            revision: 1,
            subject: "News for {{first_name|you}}".to_owned(),
            text: text.to_owned(),
            html: html.map(str::to_owned),
            markdown: None,
            at: date,
        };
        RunLetter {
            run,
            texts: Arc::new(Texts::of(&revision, footing.as_ref()).expect("right")),
            text: Text { message, revision: 1, footing },
            date,
            message_id_domain: "example.org".to_owned(),
            sender: Sender {
                id: None,
                mailbox: Mailbox::parse("Sky Mailing <news@example.org>").expect("a sender"),
                reply_to: None,
            },
            leaving: Leaving::new(run, MailingId(Uuid::from_u128(2)), kind, key(), &public_url, returns)
                .expect("headers"),
            language,
            groups: Vec::new(),
        }
    }

    fn anna() -> Recipient {
        let (email, full_name) = ("anna@example.com".to_owned(), "Anna Petrova".to_owned());
        Recipient { email, full_name, ..Recipient::default() }
    }

    fn bytes(letter: &RunLetter, place: u16) -> String {
        let letter = letter.to(&anna(), 1, place).expect("a letter");
        String::from_utf8(letter.bytes().to_vec()).expect("UTF-8").replace("\r\n", "\n")
    }

    #[test]
    fn the_bytes_of_a_letter() {
        for (name, kind, language, html) in [
            ("bulk_en", Kind::Bulk, Language::En, Some(HTML)),
            ("bulk_ru", Kind::Bulk, Language::Ru, Some(HTML)),
            ("bulk_text", Kind::Bulk, Language::En, None),
            ("transactional", Kind::Transactional, Language::En, Some(HTML)),
        ] {
            insta::assert_snapshot!(name, bytes(&run_letter(kind, language, TEXT, html), 7));
        }
    }

    fn returns() -> ReturnPaths {
        let domain = DomainName::parse("bounce.example.org").expect("a domain");
        ReturnPaths { domain, separator: Separator::Plus }
    }

    #[test]
    fn the_bytes_of_a_letter_that_comes_back_to_an_address_of_its_own() {
        let letter = Letterhead { run: RunId(Uuid::from_u128(1)), ordinal: 507 };
        let path = returns().address(&key(), Purpose::Bounce, letter);
        let token = key().token(Purpose::Unsubscribe, letter);
        let link = format!("List-Unsubscribe: <https://mail.example.org/u/{token}>");
        let mail = format!(",\n <mailto:u+{token}@bounce.example.org?subject=unsubscribe>");
        for (kind, named) in [(Kind::Bulk, 1), (Kind::Transactional, 0)] {
            let without = run_letter(kind, Language::En, TEXT, Some(HTML));
            let with = run_letter_by(kind, Language::En, (TEXT, Some(HTML)), Some(returns()));
            let (short, long) = (bytes(&without, 7), bytes(&with, 7));
            assert_eq!(short.matches(&link).count(), named, "{short}");
            // The second address is all that is new in it.
            assert_eq!(long, short.replace(&link, &format!("{link}{mail}")));
            assert_eq!(with.bytes(&anna()) - without.bytes(&anna()), named * (mail.len() + "\r".len()));
            let [with, without] = [with, without].map(|one| one.to(&anna(), 1, 7).expect("a letter"));
            assert_eq!((with.from(), without.from()), (path.as_str(), "news@example.org"));
            assert_eq!(with.recipient(), "anna@example.com");
        }
    }

    #[test]
    fn a_letter_that_is_shown_afterwards_has_the_same_headers_and_nobodys_token() {
        let letter = run_letter_by(Kind::Bulk, Language::En, (TEXT, None), Some(returns()));
        let token = key().token(Purpose::Unsubscribe, Letterhead { run: RunId(Uuid::from_u128(1)), ordinal: 507 });
        let (_, shown) = letter.shown(&anna(), 1, 7).expect("a letter");
        let shown = String::from_utf8(shown.bytes().to_vec()).expect("UTF-8").replace("\r\n", "\n");
        // How the text is encoded goes by the length of its lines, of which the link is one.
        let head = |letter: &str| letter.split("\nMIME-Version: ").next().unwrap_or_default().to_owned();
        assert_eq!(head(&shown), head(&bytes(&letter, 7)).replace(&token, "sample"));
        assert!(!shown.contains(&token), "{shown}");
    }

    #[test]
    fn a_letter_of_a_mailing_is_written_by_somebody_and_only_one_to_many_says_that_it_went_to_many() {
        for (kind, precedence) in [(Kind::Bulk, 1), (Kind::Transactional, 0)] {
            let letter = bytes(&run_letter(kind, Language::En, TEXT, Some(HTML)), 7);
            assert!(!letter.contains("Auto-Submitted"), "a person has written it: {letter}");
            assert_eq!(letter.matches("\nPrecedence: bulk\n").count(), precedence, "{letter}");
        }
    }

    #[test]
    fn a_letter_is_the_same_at_each_attempt_and_whoever_makes_it_and_each_recipient_has_a_link_of_their_own() {
        let [one, other] = [(); 2].map(|()| run_letter(Kind::Bulk, Language::Ru, TEXT, Some(HTML)));
        assert_eq!(bytes(&one, 7), bytes(&other, 7));
        for place in [0, 7, 499] {
            let letter = bytes(&one, place);
            let token = letter.split("List-Unsubscribe: <https://mail.example.org/u/").nth(1);
            let token = token.and_then(|rest| rest.split('>').next()).expect("a token");
            let ordinal = u32::from(place) + 500;
            let expected = Some(Letterhead { run: RunId(Uuid::from_u128(1)), ordinal });
            assert_eq!(key().read(Purpose::Unsubscribe, token), expected);
            assert!(letter.contains(&format!("Message-ID: <{}.{ordinal}@example.org>", Uuid::from_u128(1).simple())));
        }
    }

    #[test]
    fn a_letter_has_about_as_many_bytes_as_it_is_said_to_have_with_its_footer() {
        for (text, html) in [(TEXT, Some(HTML)), (TEXT, None), ("{{unsubscribe_url}}", Some(HTML))] {
            let letter = run_letter(Kind::Bulk, Language::Ru, text, html);
            let link = letter.leaving.ways(507).link;
            let rendered = letter.texts.render(&MergeFields { unsubscribe_url: &link, ..anna().merge_fields() });
            let rendered = rendered.expect("it fits");
            let length = rendered.text.len() + rendered.html.map_or(0, |html| html.len());
            let said = letter.bytes(&anna());
            assert!(said >= length && said <= length + 64, "{said} {length}");
        }
    }

    #[test]
    fn a_letter_says_the_owners_own_fields_in_the_owners_language_also_where_it_has_no_footer() {
        let key = |text: &str| Key::parse(text).expect("a key");
        let born = Value::Date("2001-05-01".parse().expect("a day"));
        let fields = [(key("born"), born), (key("vip"), Value::YesNo(true))].into();
        let bob = Recipient { fields, ..anna() };
        for kind in [Kind::Bulk, Kind::Transactional] {
            for (language, day) in [(Language::En, "1 May 2001"), (Language::Ru, "1 мая 2001 г.")] {
                let letter = run_letter(kind, language, "Born on {{born}} in {{city|a town}}", None);
                let custom = letter.texts.values(&bob.fields, letter.language);
                assert_eq!(custom, [(key("born"), day.to_owned()), (key("city"), String::new())], "what it names");
                let rendered = letter.texts.render(&MergeFields { custom: &custom, ..bob.merge_fields() });
                let text = rendered.expect("it fits").text;
                assert!(text.starts_with(&format!("Born on {day} in a town")), "{text}");
                let (with, without) = (letter.bytes(&bob), letter.bytes(&anna()));
                assert_eq!(with - without, day.len(), "all of it is reckoned with");
            }
        }
        assert_eq!(run_letter(Kind::Bulk, Language::En, TEXT, None).texts.values(&bob.fields, Language::En), []);
    }

    #[test]
    fn a_letter_is_from_the_sender_of_its_run_and_its_message_id_stays_the_services() {
        let mut letter = run_letter(Kind::Bulk, Language::En, TEXT, None);
        letter.sender = Sender {
            id: Some(SenderId(Uuid::from_u128(3))),
            mailbox: Mailbox::new("news@aurora.example", Some("Aurora")).expect("a sender"),
            reply_to: Some(Mailbox::new("desk@aurora.example", None).expect("an address")),
        };
        let written = letter.to(&anna(), 1, 7).expect("a letter");
        assert_eq!(written.from(), "news@aurora.example", "bounces go there");
        let bytes = bytes(&letter, 7);
        for line in ["From: Aurora <news@aurora.example>\n", "Reply-To: desk@aurora.example\n", ".507@example.org>\n"] {
            assert!(bytes.contains(line), "{line} in {bytes}");
        }
    }
}
