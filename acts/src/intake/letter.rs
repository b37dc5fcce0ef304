//! Which letter a report is about, and whether whoever reports may speak of it.

use crate::Services;
use crate::letterhead::{self, Known};
use crate::refusal::Refused;
use bounces::About;
use domain::EmailAddress;
use domain::letter::message_id::Letter;
use domain::letter::{Letterhead, Purpose, Recipient, ReturnPaths};
use projections::LinkKeys;
use std::collections::BTreeSet;

/// How many tokens are tried, and how many recipients compared, of a report that has more of them than any honest one.
const MOST: usize = 50;

/// How many letters are looked up by their `Message-ID`. Whoever makes one up costs a look into the log.
const MOST_IDS: usize = 4;

/// The longest address that is compared, in bytes.
const LONGEST: usize = 320;

/// Where the link in a letter leads, before its token.
const PLACE: &str = "/u/";

/// Who reports, which decides what shows that they may speak of a letter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Witness<'a> {
    /// Whoever wrote a message, of which a mail server says that it came to this address; none if it is not known.
    Writer {
        /// The address.
        envelope_to: Option<&'a str>,
    },
    /// A provider that has proved who it is.
    Provider,
}

/// The letter; none if it is not found, or if nothing shows that the report may speak of it.
///
/// A `Message-ID` proves nothing by itself, as everybody who got a letter of the run knows what the others are called: it takes a provider who
/// says it of its own knowledge, or that the report names whom the letter went to. What a recipient has sent back is that recipient's word,
/// whoever hands it on.
pub(super) async fn find(services: &Services, about: &About, by: Witness<'_>) -> Result<Option<Known>, Refused> {
    let keys = LinkKeys::default();
    let mut tried: Vec<Letterhead> = Vec::new();
    for (purpose, token) in tokens(services.returns.as_ref(), about, by) {
        let letter = letterhead::of_token(services, &keys, purpose, &token).await?;
        let Some(letter) = letter.filter(|letter| !tried.contains(letter)) else { continue };
        if let Some(known) = letterhead::find(services, letter).await? {
            return Ok(Some(known));
        }
        tried.push(letter);
    }
    let is_trusted = match by {
        Witness::Provider => true,
        // With addresses of their own, letters come back to these, and nobody needs what anybody can write.
        Witness::Writer { .. } if services.returns.is_some() => return Ok(None),
        Witness::Writer { .. } => false,
    };
    let recipients = mailboxes(&about.recipients);
    let told = named(&about.message_ids).into_iter().map(|letter| (letter, is_trusted));
    let quoted = named(&about.quoted_ids).into_iter().map(|letter| (letter, false));
    for (letter, is_trusted) in told.chain(quoted) {
        // What its letter is called is known before that goes out, and it may never do.
        let Some(known) = letterhead::find(services, letter).await?.filter(|known| known.is_out) else { continue };
        if is_trusted || went_to(services, &known, &recipients).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// What may be a token of the letter's, in the order of how much it says: of the address that the report came to, of other addresses,
/// of links.
fn tokens(returns: Option<&ReturnPaths>, about: &About, by: Witness<'_>) -> Vec<(Purpose, String)> {
    let envelope_to = match by {
        Witness::Writer { envelope_to } => envelope_to,
        Witness::Provider => None,
    };
    let addresses = envelope_to.into_iter().chain(about.addresses.iter().take(MOST).map(String::as_str));
    let of_addresses = addresses.filter_map(|address| {
        let (purpose, token) = returns?.read(address)?;
        // An address to leave is for leaving: nobody reports there.
        (purpose == Purpose::Bounce).then(|| (purpose, token.to_owned()))
    });
    let links = about.links.iter().take(MOST);
    let of_links = links.filter_map(|link| Some((Purpose::Unsubscribe, token_of_link(returns, link)?)));
    of_addresses.chain(of_links).collect()
}

/// The token of an address of `List-Unsubscribe`, of either kind.
fn token_of_link(returns: Option<&ReturnPaths>, link: &str) -> Option<String> {
    let link = link.trim().trim_start_matches('<').trim_end_matches('>');
    if let Some((scheme, address)) = link.split_once(':')
        && scheme.eq_ignore_ascii_case("mailto")
    {
        let address = address.split('?').next()?.replace("%2B", "+").replace("%2b", "+").replace("%40", "@");
        let (purpose, token) = returns?.read(&address)?;
        return (purpose == Purpose::Unsubscribe).then(|| token.to_owned());
    }
    let path = link.split(['?', '#']).next()?;
    path.rsplit_once(PLACE).map(|(_, token)| token.trim_end_matches('/').to_owned())
}

/// The letters that have these `Message-ID`s.
fn named(message_ids: &[String]) -> Vec<Letterhead> {
    let mut letters = Vec::new();
    for id in message_ids.iter().take(MOST) {
        let letter = match Letter::of(id) {
            Some(Letter::Delivery { run, ordinal }) => Letterhead { run, ordinal: ordinal.unsigned_abs() },
            // Of the service itself: nobody's run.
            Some(Letter::Notice(_)) | None => continue,
        };
        if !letters.contains(&letter) {
            letters.push(letter);
        }
        if letters.len() == MOST_IDS {
            break;
        }
    }
    letters
}

/// The mailboxes of these recipients.
fn mailboxes(recipients: &[String]) -> BTreeSet<String> {
    let named = recipients.iter().take(MOST).filter(|address| address.len() <= LONGEST);
    named.map(|address| EmailAddress::taken(address.trim().trim_matches(['<', '>'])).key()).collect()
}

/// Whether the report may mean the address that the letter went to: it says so of that one, or of nobody. That the letter which came back
/// with it names that address says nothing.
pub(super) fn may_mean(recipient: Option<&Recipient>, about: &About) -> bool {
    let recipients = mailboxes(if about.failed.is_empty() { &about.recipients } else { &about.failed });
    recipients.is_empty() || is_one_of(recipient, &recipients)
}

/// Whether the letter went to one of these mailboxes.
async fn went_to(services: &Services, known: &Known, mailboxes: &BTreeSet<String>) -> Result<bool, Refused> {
    if mailboxes.is_empty() {
        return Ok(false);
    }
    let recipient = letterhead::recipient(services, known).await?;
    Ok(is_one_of(recipient.as_ref(), mailboxes))
}

fn is_one_of(recipient: Option<&Recipient>, mailboxes: &BTreeSet<String>) -> bool {
    recipient.is_some_and(|recipient| mailboxes.contains(&EmailAddress::taken(&recipient.email).key()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::letter::Separator;
    use domain::sender_domain::DomainName;
    use domain::{NoticeId, RunId};
    use uuid::Uuid;

    const TOKEN: &str = "aeazbrneaaahaaeaaaaaaaaaaaaqaaaabt4cq2x3vhrabauo3a";

    fn paths() -> ReturnPaths {
        let domain = DomainName::parse("bounce.example.org").expect("a domain");
        ReturnPaths { domain, separator: Separator::Plus }
    }

    fn at(word: &str) -> String {
        format!("{word}+{TOKEN}@bounce.example.org")
    }

    #[test]
    fn what_a_report_came_to_says_more_than_what_stands_in_it() {
        let about = About {
            addresses: vec!["ann@example.org".to_owned(), at("B"), at("u")],
            links: vec![
                format!("<https://mail.example.com/u/{TOKEN}>"),
                format!("<mailto:u%2B{TOKEN}@bounce.example.org?subject=unsubscribe>"),
                format!("MAILTO:{}", at("u")),
                format!("https://mail.example.com/sub/path/u/{TOKEN}/?utm=1#top"),
                format!("mailto:{}", at("b")),
                "https://example.org/".to_owned(),
                String::new(),
            ],
            ..About::default()
        };
        let envelope = at("b");
        let found = tokens(Some(&paths()), &about, Witness::Writer { envelope_to: Some(&envelope) });
        let (bounce, leave) = ((Purpose::Bounce, TOKEN.to_owned()), (Purpose::Unsubscribe, TOKEN.to_owned()));
        assert_eq!(found, [&bounce, &bounce, &leave, &leave, &leave, &leave].map(Clone::clone));
        // Without a domain for it no address is one of ours; links are all the same.
        let found = tokens(None, &about, Witness::Writer { envelope_to: Some(&envelope) });
        assert_eq!(found, [&leave, &leave].map(Clone::clone));
    }

    #[test]
    fn an_address_to_leave_is_no_place_for_reports() {
        let about = About { addresses: vec![at("u")], ..About::default() };
        let envelope = at("u");
        assert!(tokens(Some(&paths()), &about, Witness::Writer { envelope_to: Some(&envelope) }).is_empty());
        assert!(tokens(Some(&paths()), &about, Witness::Provider).is_empty());
    }

    #[test]
    fn of_made_up_ids_few_are_looked_up_and_none_that_is_of_no_run() {
        let run = RunId(Uuid::from_u128(7));
        let id = |ordinal| Letter::Delivery { run, ordinal }.message_id("example.org");
        let notice = Letter::Notice(NoticeId(Uuid::from_u128(8))).message_id("example.org");
        let message_ids = [vec![notice, id(3), "rubbish".to_owned(), id(3)], (4..40).map(id).collect()].concat();
        let letters = named(&message_ids);
        assert_eq!(letters.iter().map(|letter| letter.ordinal).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(letters.iter().all(|letter| letter.run == run));
    }

    #[test]
    fn recipients_are_compared_as_mailboxes() {
        let written = ["<Ann@Example.ORG>", " bob@пример.рф ", "", &"x".repeat(1_000)].map(str::to_owned);
        let mailboxes = mailboxes(&written);
        assert!(mailboxes.contains("ann@example.org") && mailboxes.contains("bob@xn--e1afmkfd.xn--p1ai"));
        assert!(mailboxes.iter().all(|mailbox| mailbox.len() < 100));
    }
}
