//! A letter as a client would get it, for a page or a frame.

use crate::web::frame::fields::sentence;
use crate::web::frame::{Fields, Trouble, Visit};
use acts::Problem;
use acts::letters::preview::{self, Asked, Preview, Wanted};
use domain::letter::Recipient;
use projections::clients::{self, Filter};
use std::fmt::Write as _;
use words::Sentence as _;
use words::screens::preview::Preview as Words;
use words::screens::shown;

/// How many clients are looked through for the one who is meant.
const LOOKED_AT: i64 = 20;

/// How many clients are offered.
const OFFERED: i64 = 50;

/// How a letter is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    /// As on a wide screen.
    #[default]
    Desktop,
    /// As on a narrow one.
    Phone,
    /// As programs show it that show no HTML.
    Text,
    /// As it is sent.
    Source,
}

impl View {
    pub(super) const ALL: [Self; 4] = [Self::Desktop, Self::Phone, Self::Text, Self::Source];

    /// Its name in forms and addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
            Self::Text => "text",
            Self::Source => "source",
        }
    }

    pub(super) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.name() == name).unwrap_or_default()
    }

    pub(super) fn label(self, w: &Words) -> &'static str {
        match self {
            Self::Desktop => w.desktop,
            Self::Phone => w.phone,
            Self::Text => w.text,
            Self::Source => w.source,
        }
    }
}

/// Whose values fill a letter.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    /// What was typed to find the client.
    pub(super) typed: String,
    /// The id of the client; none for the one who is made up.
    pub(super) id: Option<String>,
    /// Why it is not the one who was asked for.
    pub(super) unknown: Option<String>,
}

impl Person {
    /// The client whom a form or an address names: with the id, or else by a part of the name or the address.
    pub(super) async fn find(visit: &Visit, fields: &Fields, name: &str) -> Result<Self, Trouble> {
        let typed = fields.text(name).trim().replace('\0', "\u{fffd}");
        if typed.is_empty() {
            return Ok(Self::default());
        }
        let viewer = visit.viewer()?;
        let access = if viewer.may_own() { viewer.own() } else { viewer.reads() };
        let filter = Filter { search: Some(typed.clone()), ..Filter::default() };
        let found = clients::page(visit.pool(), access, &filter, None, LOOKED_AT).await?;
        let exact = found.iter().find(|client| client.email.eq_ignore_ascii_case(&typed));
        let id = exact.or(found.first()).map(|client| client.id.to_string());
        let unknown = id.is_none().then(|| Words::of(visit.language()).person_unknown.with(&typed));
        Ok(Self { typed, id, unknown })
    }
}

/// The clients who are offered: their addresses and names.
pub(super) async fn offered(visit: &Visit) -> Result<Vec<(String, String)>, Trouble> {
    let viewer = visit.viewer()?;
    if !viewer.may_own() {
        return Ok(Vec::new());
    }
    let clients = clients::page(visit.pool(), viewer.own(), &Filter::default(), None, OFFERED).await?;
    Ok(clients.into_iter().map(|client| (client.email, client.full_name)).collect())
}

/// A letter as it is shown.
pub(super) struct Seen {
    pub(super) w: &'static Words,
    pub(super) view: View,
    pub(super) subject: String,
    pub(super) to: String,
    pub(super) made_up: bool,
    pub(super) unknown: Option<String>,
    pub(super) size: String,
    /// What looks like a mistake.
    pub(super) warnings: Vec<String>,
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// Where the HTML is found that a frame shows; none if the frame holds it itself.
    pub(super) address: Option<String>,
    /// Whether there may be pictures from elsewhere, or links.
    pub(super) leads_away: bool,
}

impl Seen {
    /// Fills in the letter for this client; what is wrong with it, if it cannot be filled in.
    pub(super) async fn make(
        visit: &Visit,
        wanted: Wanted,
        person: &Person,
        view: View,
    ) -> Result<Result<Self, Vec<Problem>>, Trouble> {
        let wanted = Wanted { client: person.id.clone(), ..wanted };
        let home = visit.app().options.public_url.as_str();
        let made = preview::preview(visit.services(), visit.viewer()?, wanted, Asked::ALL, home).await;
        let made = crate::web::frame::trouble::problems(made)?;
        Ok(made.map(|made| Self::of(visit, made, person, view)))
    }

    fn of(visit: &Visit, made: Preview, person: &Person, view: View) -> Self {
        let (language, w) = (visit.language(), Words::of(visit.language()));
        let missing = made.fields.iter().filter(|field| !field.missing_in.is_empty());
        let missing = missing.map(|field| w.missing.with(format!("{{{{{}}}}}", field.name)));
        let found = made.warnings.iter().map(|advice| sentence(&advice.told(language)));
        let (text, html) = (made.text.unwrap_or_default(), made.html);
        let bytes = text.len() + html.as_ref().map_or(0, String::len);
        Self {
            w,
            view,
            subject: made.subject.unwrap_or_default(),
            to: mailbox(&made.recipient),
            made_up: person.id.is_none(),
            unknown: person.unknown.clone(),
            size: shown::size(language, bytes as u64),
            warnings: missing.chain(found).collect(),
            leads_away: html
                .as_ref()
                .is_some_and(|html| html.contains("<img") || html.contains("href") || html.contains("url(")),
            text,
            html,
            address: None,
        }
    }

    /// What a frame shows that holds the HTML itself.
    pub(super) fn document(&self) -> String {
        document(self.html.as_deref().unwrap_or_default())
    }

    /// Whether the HTML is shown as mail programs show it.
    pub(super) fn shows_html(&self) -> bool {
        matches!(self.view, View::Desktop | View::Phone) && self.html.is_some()
    }

    pub(super) fn shows_source(&self) -> bool {
        self.view == View::Source
    }

    pub(super) fn is_narrow(&self) -> bool {
        self.view == View::Phone
    }

    /// How many things there are to look at, said.
    pub(super) fn found(&self) -> String {
        self.w.found.of(self.warnings.len() as u64)
    }
}

/// The HTML of a letter as a document in which links open nothing.
pub(super) fn document(html: &str) -> String {
    format!("<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\">{html}")
}

fn mailbox(recipient: &Recipient) -> String {
    let mut written = recipient.full_name.clone();
    if written.is_empty() {
        return recipient.email.clone();
    }
    let _ = write!(written, " <{}>", recipient.email);
    written
}
