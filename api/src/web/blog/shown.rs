//! Articles as pages show them.

use crate::cache::Shown;
use crate::failure::Failure;
use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit};
use chrono::{DateTime, Utc};
use domain::article::{self, PictureName};
use projections::articles::{self, Article};
use std::sync::Arc;
use url::Url;

/// How many characters of its text stand under the title of an article in a list.
const BEGINNING: usize = 200;

/// How many characters of an address are told.
const ADDRESS: usize = 100;

/// An article in a list.
pub(crate) struct Card {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) picture: Option<String>,
    pub(crate) text: String,
    pub(crate) published: When,
}

impl Card {
    pub(crate) fn of(visit: &Visit, article: &Article) -> Self {
        Self {
            slug: article.slug.clone(),
            title: article.title.clone(),
            picture: picture(article.image_url.as_deref()),
            text: beginning(article),
            published: published(visit, article.published_at.unwrap_or(article.created_at)),
        }
    }
}

/// When an article was published, as its readers are told: nobody knows in which zone those read times who are not signed in.
pub(crate) fn published(visit: &Visit, at: DateTime<Utc>) -> When {
    let at = visit.when(at);
    if visit.caller().viewer.is_some() { at } else { at.day() }
}

/// How an article begins, if it is not so long that lists leave its text out.
pub(crate) fn beginning(article: &Article) -> String {
    article.body.as_deref().map(|body| article::beginning(body, BEGINNING)).unwrap_or_default()
}

/// The address of a picture that pages may load: one of ours, or one that comes over TLS.
pub(crate) fn picture(address: Option<&str>) -> Option<String> {
    let address = address.map(str::trim).filter(|address| !address.is_empty())?;
    let is_ours = PictureName::at(address).is_some();
    let is_right = is_ours || Url::parse(address).is_ok_and(|url| url.scheme() == "https");
    is_right.then(|| address.to_owned())
}

/// The beginning of the address of a picture, if pages do not load what lies there.
pub(crate) fn not_loaded(address: &str) -> Option<String> {
    picture(Some(address)).is_none().then(|| address.trim().chars().take(ADDRESS).collect())
}

/// The text of an article in Markdown.
pub(crate) async fn markdown(visit: &Visit, article: &Article) -> Result<String, Trouble> {
    if let Some(body) = &article.body {
        return Ok(body.clone());
    }
    let bodies = articles::bodies(visit.pool(), &[article.id]).await?;
    // None if it was deleted this very moment.
    Ok(bodies.into_iter().next().map(|(_, body)| body).unwrap_or_default())
}

/// The text of an article as HTML in which nothing runs.
pub(crate) async fn html(visit: &Visit, shown: &Shown) -> Result<Arc<str>, Trouble> {
    if let Some(html) = shown.html() {
        return Ok(html);
    }
    let kept = articles::html(visit.pool(), &[shown.row.id]).await?;
    let html: Arc<str> = if let Some((_, html)) = kept.into_iter().next() {
        html.into()
    } else {
        let markdown = markdown(visit, &shown.row).await?;
        acts::blog::articles::html(&markdown).await.map_err(Failure::from)?.into()
    };
    shown.keep_html(&html);
    Ok(html)
}

/// The same with its headings one level down, as the title of the page stands above them. It was made by the service, so that
/// every angle bracket that looks like a heading is one, or stands in a text that nobody reads as HTML.
pub(crate) fn under_a_title(html: &str) -> String {
    let mut lowered = html.to_owned();
    for level in (1..6_u8).rev() {
        let under = level + 1;
        for (from, to) in [("<h", ">"), ("<h", " "), ("</h", ">")]
            .map(|(before, after)| (format!("{before}{level}{after}"), format!("{before}{under}{after}")))
        {
            lowered = lowered.replace(&from, &to);
        }
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_stand_under_the_title_of_the_page() {
        for (html, lowered) in [
            ("<h1>News</h1><h2>Old</h2>", "<h2>News</h2><h3>Old</h3>"),
            ("<h5 title=\"x\">a</h5><h6>b</h6>", "<h6 title=\"x\">a</h6><h6>b</h6>"),
            ("<hr><p>h1 &lt;h1&gt;</p>", "<hr><p>h1 &lt;h1&gt;</p>"),
        ] {
            assert_eq!(under_a_title(html), lowered);
        }
    }

    #[test]
    fn pictures_come_from_here_or_over_tls() {
        let ours = format!("/pictures/{}", "0".repeat(64));
        for (address, shown) in [
            ("https://example.org/a.png", true),
            ("HTTPS://example.org/a.png", true),
            (ours.as_str(), true),
            ("http://example.org/a.png", false),
            ("javascript:alert(1)", false),
            ("/log-out", false),
            (" ", false),
        ] {
            assert_eq!(picture(Some(address)).is_some(), shown, "{address}");
            let told = (!shown).then(|| address.trim().to_owned());
            assert_eq!(not_loaded(address), told, "{address}");
        }
    }
}
