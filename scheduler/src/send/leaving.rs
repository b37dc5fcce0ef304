//! How letters say how to leave: the link, for people, and the headers, for mail programs. And where letters come back to.
//!
//! The link is a letter's own, and no row has to be kept for it: its token names the delivery and is signed
//! (`domain::letter::leave_link`). Where mail comes in here, there is an address beside it, to which mail programs write, and another one
//! for the letter itself if it comes back (`domain::letter::return_path`). What is the same in all letters of a run is made once.

use crate::smtp::{LetterError, Structured};
use domain::letter::ReturnPaths;
use domain::letter::leave_link::{Letterhead, LinkKey, Purpose};
use domain::mailing::Kind;
use domain::{MailingId, RunId};
use std::fmt;
use url::Url;

/// Who sends, in the last part of `Feedback-ID`.
const SENDER: &str = "skymailing";

/// The token of a letter that is not for its recipient, such as a test letter. It is none of ours.
const SAMPLE: &str = "sample";

/// The link of a letter that is not for its recipient: its page tells that.
pub(crate) fn sample(public_url: &Url) -> String {
    format!("{}{SAMPLE}", page(public_url))
}

/// Where links lead, up to their token.
fn page(public_url: &Url) -> String {
    format!("{public_url}u/")
}

/// The ways to leave that a letter names.
#[derive(Clone, Default)]
pub(crate) struct Ways {
    /// The link, for people and for mail programs.
    pub(crate) link: String,
    /// The address to write to, for mail programs; none if letters of its kind offer them nothing, or if no mail comes in here.
    mail: Option<String>,
}

/// How the letters of a run say how to leave.
pub(crate) struct Leaving {
    run: RunId,
    key: LinkKey,
    /// Where links lead, up to their token.
    page: String,
    /// The addresses whose mail comes in here, if any does.
    returns: Option<ReturnPaths>,
    /// Ways of this run, as long as each of them is.
    some_ways: Ways,
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
    /// For a run of a mailing of this kind, with links that lead below `public_url`, and with addresses of these.
    pub(crate) fn new(
        run: RunId,
        mailing: MailingId,
        kind: Kind,
        key: LinkKey,
        public_url: &Url,
        returns: Option<ReturnPaths>,
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
        let mut leaving = Self { run, key, page, returns, some_ways: Ways::default(), offers, headers };
        leaving.some_ways = leaving.ways(0);
        Ok(leaving)
    }

    /// The ways to leave of the letter to this recipient of the run.
    pub(crate) fn ways(&self, ordinal: u32) -> Ways {
        self.ways_with(&self.key.token(Purpose::Unsubscribe, Letterhead { run: self.run, ordinal }))
    }

    /// The same of a letter that is shown to somebody else.
    pub(crate) fn sample_ways(&self) -> Ways {
        self.ways_with(SAMPLE)
    }

    fn ways_with(&self, token: &str) -> Ways {
        let offered = self.returns.as_ref().filter(|_| self.offers);
        let mail = offered
            .map(|paths| format!("mailto:{}?subject=unsubscribe", paths.with_token(Purpose::Unsubscribe, token)));
        Ways { link: format!("{}{token}", self.page), mail }
    }

    /// A link as long as those of letters, for who only wants to know how long letters become.
    pub(crate) fn some_link(&self) -> &str {
        &self.some_ways.link
    }

    /// How many bytes a letter has because of the address beside the link.
    pub(crate) fn bytes_of_mail(&self) -> usize {
        self.some_ways.mail.as_ref().map_or(0, |mail| ",\r\n <>".len() + mail.len())
    }

    /// The header that offers mail programs these ways, if they are offered to them. The link comes first: there are programs that
    /// write a letter if an address does, and with the link they ask for nothing.
    pub(crate) fn offer(&self, ways: &Ways) -> Result<Option<Structured>, LetterError> {
        let addresses: Vec<&str> = std::iter::once(ways.link.as_str()).chain(ways.mail.as_deref()).collect();
        self.offers.then(|| Structured::list_unsubscribe(&addresses)).transpose()
    }

    /// Where the letter to this recipient of the run comes back to, if that is not its sender.
    pub(crate) fn return_path(&self, ordinal: u32) -> Option<String> {
        let letter = Letterhead { run: self.run, ordinal };
        self.returns.as_ref().map(|paths| paths.address(&self.key, Purpose::Bounce, letter))
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
    use domain::letter::Separator;
    use domain::sender_domain::DomainName;
    use uuid::Uuid;

    const RUN: RunId = RunId(Uuid::from_u128(1));

    fn leaving(kind: Kind, public_url: &str) -> Leaving {
        leaving_by(kind, public_url, None)
    }

    fn leaving_by(kind: Kind, public_url: &str, returns: Option<ReturnPaths>) -> Leaving {
        let public_url = Url::parse(public_url).expect("an address");
        let mailing = MailingId(Uuid::from_u128(2));
        Leaving::new(RUN, mailing, kind, LinkKey::new(1, [7; 32]), &public_url, returns).expect("headers")
    }

    fn returns(separator: Separator) -> ReturnPaths {
        ReturnPaths { domain: DomainName::parse("bounce.example.org").expect("a domain"), separator }
    }

    /// What the token stands for that lies between these two in a text.
    fn token_between(text: &str, purpose: Purpose, before: &str, behind: &str) -> Option<Letterhead> {
        let (_, rest) = text.split_once(before)?;
        LinkKey::new(1, [7; 32]).read(purpose, rest.split_once(behind)?.0)
    }

    /// The headers of a letter behind its Message-ID, in a line each.
    fn headers(leaving: &Leaving) -> Vec<String> {
        let (from, offer) = (Mailbox::parse("news@example.org").expect("a sender"), leaving.offer(&leaving.ways(3)));
        let offer = offer.expect("a link");
        let structured: Vec<&Structured> = offer.iter().chain(leaving.headers()).collect();
        let letter = Letter::new(Contents {
            from: &from,
            reply_to: None,
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
                format!("List-Unsubscribe: <{}>", leaving.ways(3).link),
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
            let link = leaving.ways(70_000).link;
            assert_eq!(link.len(), leaving.some_link().len());
            let token = link.strip_prefix(page).expect("it leads to the page");
            let read = LinkKey::new(1, [7; 32]).read(Purpose::Unsubscribe, token);
            assert_eq!(read, Some(Letterhead { run: RUN, ordinal: 70_000 }));
            assert_eq!(link, leaving.ways(70_000).link, "the same at each attempt");
            assert_ne!(link, leaving.ways(70_001).link);
            assert!(headers(&leaving).iter().all(|header| header.is_ascii()), "hosts are A-labels");
        }
        let public_url = Url::parse("https://example.org/mail/").expect("an address");
        assert_eq!(sample(&public_url), "https://example.org/mail/u/sample");
    }

    #[test]
    fn mail_programs_may_write_to_an_address_that_stands_behind_the_link_whatever_the_link_is() {
        for (separator, sign, public_url) in
            [(Separator::Plus, '+', "https://mail.example.org/"), (Separator::Hyphen, '-', "http://127.0.0.1:8080/")]
        {
            let leaving = leaving_by(Kind::Bulk, public_url, Some(returns(separator)));
            let headers = headers(&leaving);
            // Folded behind the comma, and nowhere else.
            assert_eq!(headers[0], format!("List-Unsubscribe: <{}>,", leaving.ways(3).link));
            let (before, behind) = (format!(" <mailto:u{sign}"), "@bounce.example.org?subject=unsubscribe>");
            let letter = token_between(&headers[1], Purpose::Unsubscribe, &before, behind);
            assert_eq!(letter, Some(Letterhead { run: RUN, ordinal: 3 }), "{headers:?}");
            assert!(headers.iter().all(|header| header.is_ascii() && !header.contains("=?")), "{headers:?}");
            let longer = headers[1].len() + ",\r\n".len();
            assert_eq!(leaving.bytes_of_mail(), longer, "{headers:?}");
        }
        let transactional =
            leaving_by(Kind::Transactional, "https://mail.example.org/", Some(returns(Separator::Plus)));
        assert!(headers(&transactional).iter().all(|header| !header.contains("mailto")), "nobody leaves there");
        assert_eq!(transactional.bytes_of_mail(), 0);
    }

    #[test]
    fn a_letter_of_either_kind_comes_back_to_an_address_of_its_own_and_without_a_domain_for_that_to_its_sender() {
        for kind in [Kind::Bulk, Kind::Transactional] {
            let leaving = leaving_by(kind, "https://mail.example.org/", Some(returns(Separator::Plus)));
            let path = leaving.return_path(70_000).expect("an address");
            let letter = token_between(&path, Purpose::Bounce, "b+", "@bounce.example.org");
            assert_eq!(letter, Some(Letterhead { run: RUN, ordinal: 70_000 }), "{path}");
            assert_eq!(leaving.return_path(70_000), Some(path), "the same at each attempt");
            assert_eq!(super::tests::leaving(kind, "https://mail.example.org/").return_path(70_000), None);
        }
    }

    #[test]
    fn what_is_shown_to_others_has_nobodys_token() {
        let ways = leaving_by(Kind::Bulk, "https://mail.example.org/", Some(returns(Separator::Plus))).sample_ways();
        assert_eq!(ways.link, "https://mail.example.org/u/sample");
        assert_eq!(ways.mail.as_deref(), Some("mailto:u+sample@bounce.example.org?subject=unsubscribe"));
    }

    #[test]
    fn it_shows_no_key() {
        let shown = format!("{:?}", leaving(Kind::Bulk, "https://mail.example.org/"));
        assert!(!shown.contains("key") && !shown.contains("/u/"), "{shown}");
    }
}
