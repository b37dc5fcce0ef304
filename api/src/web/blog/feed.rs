//! The blog as a feed (RSS 2.0), for those who read it elsewhere.

use super::shown::beginning;
use crate::cache::Shown;
use crate::web::frame::answer::for_everybody;
use crate::web::frame::{Answer, Trouble, Visit};
use askama::Template;
use axum::http::header;
use axum::response::IntoResponse;
use domain::Language;
use url::Url;
use words::screens::blog::Blog as Words;

/// How many articles it has.
const ITEMS: i64 = 50;

struct Item {
    title: String,
    link: String,
    guid: String,
    date: String,
    author: String,
    text: String,
}

#[derive(Template)]
#[template(path = "blog/feed.xml")]
struct Feed {
    w: &'static Words,
    language: Language,
    link: String,
    own: String,
    items: Vec<Item>,
}

/// `GET /blog.rss`.
pub(crate) async fn feed(visit: Visit) -> Answer {
    let answer = written(&visit).await;
    for_everybody(&visit, answer).await
}

async fn written(visit: &Visit) -> Answer {
    let base = &visit.app().options.public_url;
    let rows = visit.app().cache.page(visit.pool(), None, ITEMS).await?;
    let feed = Feed {
        w: Words::of(visit.language()),
        language: visit.language(),
        link: absolute(base, &["blog"]),
        own: absolute(base, &["blog.rss"]),
        items: rows.iter().map(|shown| item(base, shown)).collect(),
    };
    let xml = feed.render().map_err(Trouble::Template)?;
    Ok(([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], xml).into_response())
}

fn item(base: &Url, shown: &Shown) -> Item {
    let article = &shown.row;
    Item {
        title: plain(&article.title),
        link: absolute(base, &["blog", &article.slug]),
        guid: article.id.urn().to_string(),
        date: article.published_at.unwrap_or(article.created_at).to_rfc2822(),
        author: plain(&article.author),
        text: as_html(&plain(&beginning(article))),
    }
}

/// The address of a page of this service for somebody who is elsewhere.
fn absolute(base: &Url, path: &[&str]) -> String {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.into()
}

/// A text as HTML, for which readers take what a description has.
fn as_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text without the characters that XML cannot have, however they are written (XML 1.0, section 2.2).
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_here_from_everywhere() {
        let base: Url = "https://mail.example.org/sky/".parse().unwrap();
        assert_eq!(absolute(&base, &["blog"]), "https://mail.example.org/sky/blog");
        let base: Url = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(
            absolute(&base, &["blog", "что-нового"]),
            "http://127.0.0.1:8080/blog/%D1%87%D1%82%D0%BE-%D0%BD%D0%BE%D0%B2%D0%BE%D0%B3%D0%BE"
        );
    }

    #[test]
    fn a_feed_is_xml_whatever_an_article_says() {
        let item = Item {
            title: plain("]]></title><script>alert('1')</script> & \u{b}\u{ffff}"),
            link: "https://example.org/blog/a".to_owned(),
            guid: "urn:uuid:x".to_owned(),
            date: "x".to_owned(),
            author: String::new(),
            text: as_html(&plain("<b>\"'&")),
        };
        let (w, language) = (Words::of(Language::En), Language::En);
        let feed = Feed { w, language, link: "l".to_owned(), own: "o".to_owned(), items: vec![item] };
        let xml = feed.render().unwrap();
        assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{xml}");
        assert!(!xml.contains("<script") && !xml.contains("<b>") && !xml.contains(['\u{b}', '\u{ffff}']), "{xml}");
        assert!(xml.contains("]]&#62;&#60;/title&#62;"), "{xml}");
        assert!(xml.contains("&#38;lt;b&#38;gt;"), "{xml}");
    }
}
