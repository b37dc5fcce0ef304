//! What a mail program, or a button of the page, sent.

use crate::web::frame::Fields;
use crate::web::frame::open_form::{self, Unread};
use acts::leaving::{Choice, Which};
use axum::body::Body;
use axum::http::request::Parts;
use domain::GroupId;

/// The longest body that is read, in bytes: the form of a hundred topics has two fields of each, of a hundred bytes together, and all
/// others have one short field, in several parts a little around it.
const MOST: usize = 24 * 1024;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// No more letters from the owner, as a mail program says it (RFC 8058, section 3.2).
    OneClick,
    /// The same, or no more of the mailing or of a topic, as the page says it.
    Leave(Which),
    /// These topics, of those that the page offered.
    Choose(Choice),
    /// Letters again.
    Back,
    /// Nothing that this page knows of.
    Nothing,
}

/// Why nobody can tell what is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// More was sent than any of these forms has.
    TooLong,
    /// It does not arrive.
    TooSlow {
        /// Whether it has begun as what mail programs send.
        one_click: bool,
    },
}

/// What a mail program's wish has in it, in either encoding.
const ONE_CLICK: &[u8] = b"List-Unsubscribe";

/// What a request asks for, in either of the encodings that forms have.
pub(super) async fn read(head: &Parts, body: Body) -> Result<Wanted, Unheard> {
    match open_form::read(head, body, MOST).await {
        Ok(fields) => Ok(wanted(&fields)),
        Err(Unread::TooLong) => Err(Unheard::TooLong),
        Err(Unread::TooSlow { begun }) => Err(Unheard::TooSlow { one_click: begins_as_one_click(&begun) }),
    }
}

fn begins_as_one_click(bytes: &[u8]) -> bool {
    bytes.windows(ONE_CLICK.len()).any(|part| part.eq_ignore_ascii_case(ONE_CLICK))
}

fn wanted(fields: &Fields) -> Wanted {
    let is_one_click = |(name, value): &(String, String)| {
        name.trim().eq_ignore_ascii_case("List-Unsubscribe") && value.trim().eq_ignore_ascii_case("One-Click")
    };
    if fields.pairs().iter().any(is_one_click) {
        return Wanted::OneClick;
    }
    match fields.text("act") {
        "owner" => Wanted::Leave(Which::Owner),
        "mailing" => Wanted::Leave(Which::Mailing),
        "back" => Wanted::Back,
        "save" => chosen(fields).map_or(Wanted::Nothing, Wanted::Choose),
        _ => match fields.text("leave").parse() {
            Ok(topic) => Wanted::Leave(Which::Topic(topic)),
            Err(_) => Wanted::Nothing,
        },
    }
}

/// Which topics were chosen, each as its id and, behind a full stop, what tells the words beside it; `None` if the form offered none.
fn chosen(fields: &Fields) -> Option<Choice> {
    let shown = fields.all("shown").iter().filter_map(|id| id.parse().ok()).collect();
    let ticked = fields.all("topic").iter().filter_map(|ticked| ticked_one(ticked)).collect();
    let choice = Choice { shown, ticked };
    if choice == Choice::default() { None } else { Some(choice) }
}

fn ticked_one(ticked: &str) -> Option<(GroupId, String)> {
    let (id, read) = ticked.split_once('.')?;
    Some((id.parse().ok()?, read.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    fn topic(number: u128) -> GroupId {
        GroupId(Uuid::from_u128(number))
    }

    async fn sent(media: &str, body: impl Into<Body>) -> Result<Wanted, Unheard> {
        let request = axum::http::Request::builder().method("POST").uri("/u/x").header("content-type", media);
        let (head, body) = request.body(body.into()).unwrap().into_parts();
        read(&head, body).await
    }

    #[tokio::test]
    async fn what_is_wanted_is_read_in_whichever_encoding_it_comes() {
        let form = "application/x-www-form-urlencoded";
        for (media, body, expected) in [
            (form, "List-Unsubscribe=One-Click", Wanted::OneClick),
            (form, "list-unsubscribe=one-click\r\n", Wanted::OneClick),
            ("application/x-www-form-urlencoded; charset=utf-8", "x=1&List-Unsubscribe=One-Click", Wanted::OneClick),
            ("text/plain", "List-Unsubscribe=One-Click", Wanted::OneClick),
            (form, "act=owner", Wanted::Leave(Which::Owner)),
            (form, "act=mailing", Wanted::Leave(Which::Mailing)),
            (form, "act=back", Wanted::Back),
            (form, "act=everything", Wanted::Nothing),
            (form, "leave=00000000-0000-0000-0000-000000000007", Wanted::Leave(Which::Topic(topic(7)))),
            (form, "leave=7", Wanted::Nothing),
            (form, "act=save", Wanted::Nothing),
            (form, "act=save&shown=7&topic=7.x&topic=00000000-0000-0000-0000-000000000007", Wanted::Nothing),
            (form, "List-Unsubscribe=", Wanted::Nothing),
            (form, "List-Unsubscribe", Wanted::Nothing),
            (form, "\u{0}\u{ffff}%%%=&&", Wanted::Nothing),
            (form, "", Wanted::Nothing),
        ] {
            assert_eq!(sent(media, body).await.unwrap(), expected, "{media}: {body:?}");
        }
        let parts = |name: &str, value: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--x--\r\n")
        };
        for (body, expected) in [
            (parts("List-Unsubscribe", "One-Click"), Wanted::OneClick),
            (parts("act", "mailing"), Wanted::Leave(Which::Mailing)),
            ("--x\r\nContent-Disp".to_owned(), Wanted::Nothing),
            (String::new(), Wanted::Nothing),
        ] {
            assert_eq!(sent("multipart/form-data; boundary=x", body.clone()).await.unwrap(), expected, "{body:?}");
        }
        assert_eq!(
            sent("multipart/form-data", parts("act", "back")).await.unwrap(),
            Wanted::Nothing,
            "without a boundary"
        );
    }

    #[tokio::test]
    async fn of_topics_those_that_were_shown_and_those_that_are_ticked_are_read() {
        let form = "application/x-www-form-urlencoded";
        let (one, other) = (topic(7).to_string(), topic(8).to_string());
        let body = format!("shown={one}&topic={one}.abc_-D&shown={other}&act=save");
        let choice = Choice {
            shown: BTreeSet::from([topic(7), topic(8)]),
            ticked: BTreeMap::from([(topic(7), "abc_-D".to_owned())]),
        };
        assert_eq!(sent(form, body).await.unwrap(), Wanted::Choose(choice));
        let none = Choice { shown: BTreeSet::from([topic(8)]), ticked: BTreeMap::new() };
        assert_eq!(sent(form, format!("act=save&shown={other}")).await.unwrap(), Wanted::Choose(none));
        // As many as are ever offered fit.
        let all = |number| format!("shown={0}&topic={0}.abcdefghijkl&", topic(number));
        let body: String = (0..100).map(all).chain(["act=save".to_owned()]).collect();
        assert!(matches!(sent(form, body).await.unwrap(), Wanted::Choose(choice) if choice.ticked.len() == 100));
    }

    #[tokio::test]
    async fn more_than_any_form_here_has_is_not_kept() {
        for media in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let body = "List-Unsubscribe=One-Click&x=".to_owned() + &"a".repeat(MOST);
            assert_eq!(sent(media, body).await, Err(Unheard::TooLong), "{media}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_arrive_asks_for_nothing() {
        for (begun, one_click) in [
            ("", false),
            ("act=own", false),
            ("List-Unsub", false),
            ("List-Unsubscribe=One-Cl", true),
            ("list-unsubscribe=One-Click", true),
        ] {
            let begun = futures::stream::iter([Ok::<_, std::io::Error>(begun)]);
            let body = Body::from_stream(begun.chain(futures::stream::pending()));
            let unheard = sent("application/x-www-form-urlencoded", body).await;
            assert_eq!(unheard, Err(Unheard::TooSlow { one_click }));
        }
    }
}
