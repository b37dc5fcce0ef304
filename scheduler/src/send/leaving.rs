//! How letters say how to leave: the link, for people, and the headers, for mail programs.
//!
//! The link is a letter's own, and no row has to be kept for it: its token names the delivery and is signed
//! (`domain::letter::leave_link`). What is the same in all letters of a run is made once.

use crate::smtp::{LetterError, Structured};
use domain::letter::leave_link::{Letterhead, LinkKey, Purpose};
use domain::mailing::Kind;
use domain::{MailingId, RunId};
use std::fmt;
use url::Url;

/// Who sends, in the last part of `Feedback-ID`.
const SENDER: &str = "skymailing";

/// The link of a letter that is not for its recipient, such as a test letter: its page tells that.
pub(crate) fn sample(public_url: &Url) -> String {
    format!("{}sample", page(public_url))
}

/// Where links lead, up to their token.
fn page(public_url: &Url) -> String {
    format!("{public_url}u/")
}

/// How the letters of a run say how to leave.
pub(crate) struct Leaving {
    run: RunId,
    key: LinkKey,
    /// Where links lead, up to their token.
    page: String,
    /// A link of this run, as long as each of them is.
    some_link: String,
    /// Whether mail programs are offered to leave.
    offers: bool,
    /// The headers that all letters of the run have.
    headers: Vec<Structured>,
}

/// Shows no key and no link.
impl fmt::Debug for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaving").field("run", &self.run).field("offers", &self.offers).finish_non_exhaustive()
    }
}

impl Leaving {
    /// For a run of a mailing of this kind, with links that lead below `public_url`.
    pub(crate) fn new(
        run: RunId,
        mailing: MailingId,
        kind: Kind,
        key: LinkKey,
        public_url: &Url,
    ) -> Result<Self, LetterError> {
        let (list, page) = (mailing.to_string(), page(public_url));
        let feedback = Structured::feedback_id([&run.to_string(), &list, kind.name(), SENDER])?;
        let headers = match kind {
            Kind::Bulk => {
                // Over http, nobody may leave without looking (RFC 8058, section 3.1).
                let post = (public_url.scheme() == "https").then(Structured::list_unsubscribe_post);
                let list = Structured::list_id(&list, public_url.host_str().unwrap_or("localhost"))?;
                post.into_iter().chain([list, feedback, Structured::precedence_bulk()]).collect()
            }
            Kind::Transactional => vec![feedback],
        };
        let offers = matches!(kind, Kind::Bulk);
        let mut leaving = Self { run, key, page, some_link: String::new(), offers, headers };
        leaving.some_link = leaving.link(0);
        Ok(leaving)
    }

    /// The link of the letter to this recipient of the run.
    pub(crate) fn link(&self, ordinal: u32) -> String {
        let token = self.key.token(Purpose::Unsubscribe, Letterhead { run: self.run, ordinal });
        format!("{}{token}", self.page)
    }

    /// A link as long as those of letters, for who only wants to know how long letters become.
    pub(crate) fn some_link(&self) -> &str {
        &self.some_link
    }

    /// The header that offers mail programs this link, if it is offered to them.
    pub(crate) fn offer(&self, link: &str) -> Result<Option<Structured>, LetterError> {
        self.offers.then(|| Structured::list_unsubscribe(&[link])).transpose()
    }

    /// The headers behind that one, which are the same in all letters.
    pub(crate) fn headers(&self) -> &[Structured] {
        &self.headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{Contents, Letter, Mailbox};
    use uuid::Uuid;

    const RUN: RunId = RunId(Uuid::from_u128(1));

    fn leaving(kind: Kind, public_url: &str) -> Leaving {
        let public_url = Url::parse(public_url).expect("an address");
        let mailing = MailingId(Uuid::from_u128(2));
        Leaving::new(RUN, mailing, kind, LinkKey::new(1, [7; 32]), &public_url).expect("headers")
    }

    /// The headers of a letter behind its Message-ID, in a line each.
    fn headers(leaving: &Leaving) -> Vec<String> {
        let (from, offer) = (Mailbox::parse("news@example.org").expect("a sender"), leaving.offer(&leaving.link(3)));
        let offer = offer.expect("a link");
        let structured: Vec<&Structured> = offer.iter().chain(leaving.headers()).collect();
        let letter = Letter::new(Contents {
            from: &from,
            to: &from,
            subject: "",
            text: "",
            html: None,
            message_id: "1@example.org",
            date: chrono::DateTime::UNIX_EPOCH,
            headers: &[],
            structured: &structured,
        });
        let letter = String::from_utf8(letter.expect("a letter").bytes().to_vec()).expect("UTF-8");
        let lines = letter.split("\r\n").skip_while(|line| !line.starts_with("Message-ID: ")).skip(1);
        lines.take_while(|line| !line.starts_with("MIME-Version: ")).map(str::to_owned).collect()
    }

    #[test]
    fn letters_to_many_offer_to_leave_and_others_only_say_what_they_are() {
        let leaving = leaving(Kind::Bulk, "https://mail.example.org/");
        let (run, mailing) = (RUN.to_string(), Uuid::from_u128(2).to_string());
        assert_eq!(
            headers(&leaving),
            [
                format!("List-Unsubscribe: <{}>", leaving.link(3)),
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
                format!("List-Id: <{mailing}.mail.example.org>"),
                format!("Feedback-ID: {run}:{mailing}:bulk:skymailing"),
                "Precedence: bulk".to_owned(),
            ]
        );
        let transactional = super::tests::leaving(Kind::Transactional, "https://mail.example.org/");
        assert_eq!(headers(&transactional), [format!("Feedback-ID: {run}:{mailing}:transactional:skymailing")]);
    }

    #[test]
    fn one_click_is_offered_over_https_only() {
        let names = |public_url: &str| -> Vec<String> {
            let headers = headers(&leaving(Kind::Bulk, public_url));
            headers.iter().filter_map(|line| line.split(':').next().map(str::to_owned)).collect()
        };
        assert_eq!(names("http://127.0.0.1:8080/"), ["List-Unsubscribe", "List-Id", "Feedback-ID", "Precedence"]);
        assert!(names("https://127.0.0.1:8080/").contains(&"List-Unsubscribe-Post".to_owned()));
    }

    #[test]
    fn a_link_leads_below_the_services_address_and_its_token_is_the_letters_own() {
        for (public_url, page) in [
            ("https://bücher.example/mail/", "https://xn--bcher-kva.example/mail/u/"),
            ("http://[::1]:8080/", "http://[::1]:8080/u/"),
        ] {
            let leaving = leaving(Kind::Bulk, public_url);
            let link = leaving.link(70_000);
            assert_eq!(link.len(), leaving.some_link().len());
            let token = link.strip_prefix(page).expect("it leads to the page");
            let read = LinkKey::new(1, [7; 32]).read(Purpose::Unsubscribe, token);
            assert_eq!(read, Some(Letterhead { run: RUN, ordinal: 70_000 }));
            assert_eq!(link, leaving.link(70_000), "the same at each attempt");
            assert_ne!(link, leaving.link(70_001));
            assert!(headers(&leaving).iter().all(|header| header.is_ascii()), "hosts are A-labels");
        }
        let public_url = Url::parse("https://example.org/mail/").expect("an address");
        assert_eq!(sample(&public_url), "https://example.org/mail/u/sample");
    }

    #[test]
    fn it_shows_no_key() {
        let shown = format!("{:?}", leaving(Kind::Bulk, "https://mail.example.org/"));
        assert!(!shown.contains("key") && !shown.contains("/u/"), "{shown}");
    }
}
