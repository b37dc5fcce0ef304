//! The frame of a page: navigation above it, switches below.

use super::answer::SAID;
use super::assets;
use super::done::Done;
use super::settings::{THEME, Theme};
use super::told::Told;
use super::tongue::language_of;
use super::visit::{self, Visit};
use acts::who::Viewer;
use axum::http::HeaderMap;
use domain::Language;
use std::borrow::Cow;
use words::screens::frame::Frame;

/// Where in the service a page is: what is marked in its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The home page, or the overview of somebody who is signed in.
    Home,
    /// Mailings, their runs and deliveries.
    Mailings,
    /// Letters that are written here.
    Messages,
    /// Clients.
    Clients,
    /// Groups of clients.
    Groups,
    /// Whom nobody writes to.
    Suppressions,
    /// Who letters are from.
    Senders,
    /// What will be sent.
    Calendar,
    /// Reports and statistics.
    Reports,
    /// What happened, and who got what.
    Log,
    /// Everybody's accounts.
    Users,
    /// The blog, as those write it who do.
    Articles,
    /// The service itself.
    System,
    /// The blog, as everybody reads it.
    Blog,
    /// One's own account.
    Profile,
    /// Anything else.
    None,
}

/// The most entries of a menu that have their usual size on every screen.
const LONG_MENU: usize = 9;

/// A link around a page.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it leads.
    pub href: Cow<'static, str>,
    /// What it says.
    pub label: &'static str,
    /// Whether the page is there.
    pub current: bool,
}

/// What the frame of a page shows, of the service's pages as of the demo's mailbox.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The title of the page.
    pub title: String,
    /// What the pages are of, which leads to the first of them.
    pub brand: &'static str,
    /// The words around every page.
    pub w: &'static Frame,
    /// The language in which the page speaks.
    pub language: Language,
    /// The navigation.
    pub items: Vec<Item>,
    /// What the pages are about, said below them.
    pub about: &'static str,
    /// The links beside that.
    pub links: Vec<Item>,
    /// Whether people log in here.
    pub has_accounts: bool,
    /// Who is signed in, by name or address.
    pub who: Option<String>,
    /// Whose drafts the browser keeps; empty for visitors.
    pub drafts_of: String,
    /// Whether the page is of one's own account.
    pub at_profile: bool,
    /// Where the switches lead back to.
    pub address: String,
    /// What was done just now, in words.
    pub notice: Option<String>,
    /// Whether search engines may list the page.
    pub public: bool,
    theme: Option<Theme>,
    done: Option<Done>,
}

impl Layout {
    pub(super) fn new(visit: &Visit, title: String, place: Place) -> Self {
        let viewer = visit.caller().viewer.as_ref();
        let told = visit.cookie(SAID).and_then(Told::read);
        let user = viewer.map(Viewer::user);
        let who = user.map(|user| if user.full_name.is_empty() { user.email.clone() } else { user.full_name.clone() });
        Self {
            items: items(visit.frame(), viewer, place),
            who,
            drafts_of: viewer.map(|viewer| viewer.id().to_string()).unwrap_or_default(),
            at_profile: place == Place::Profile,
            address: if visit.looks() { visit.address().to_owned() } else { visit.path().to_owned() },
            done: told.as_ref().map(Told::done),
            notice: told.map(|told| told.said(visit.language())),
            public: matches!(place, Place::Home | Place::Blog) && viewer.is_none(),
            ..Self::bare(visit.headers(), visit.language(), title)
        }
    }

    /// For somebody of whom nothing is known but what their browser says.
    pub(super) fn for_strangers(headers: &HeaderMap, title: &str) -> Self {
        let layout = Self::bare(headers, language_of(headers), title.to_owned());
        Self { items: items(layout.w, None, Place::None), ..layout }
    }

    /// Around pages of something else than the service, where nobody logs in.
    pub(crate) fn elsewhere(headers: &HeaderMap, brand: &'static str, about: &'static str, items: Vec<Item>) -> Self {
        let layout = Self::bare(headers, language_of(headers), brand.to_owned());
        Self { brand, about, items, links: Vec::new(), has_accounts: false, ..layout }
    }

    fn bare(headers: &HeaderMap, language: Language, title: String) -> Self {
        let w = Frame::of(language);
        let link = |href: &'static str, label| Item { href: href.into(), label, current: false };
        Self {
            title,
            brand: "SkyMailing",
            w,
            language,
            theme: visit::cookie(headers, THEME).and_then(Theme::from_name),
            items: Vec::new(),
            about: w.about,
            links: vec![link("/blog", w.blog), link("/graphiql", w.graphiql)],
            has_accounts: true,
            who: None,
            drafts_of: String::new(),
            at_profile: false,
            address: "/".to_owned(),
            done: None,
            notice: None,
            public: false,
        }
    }

    /// The same with another title.
    #[must_use]
    pub(super) fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// The title as a browser lists the page.
    #[must_use]
    pub fn full_title(&self) -> String {
        if self.title == self.brand { self.title.clone() } else { format!("{} · {}", self.title, self.brand) }
    }

    /// Whether this was done just now, by its name.
    pub(crate) fn was(&self, name: &str) -> bool {
        self.done.is_some_and(|done| done.name() == name)
    }

    /// The address of an asset.
    #[must_use]
    pub fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }

    /// Whether the menu has so many entries that they have to be small to fit into one line.
    #[must_use]
    pub fn has_long_menu(&self) -> bool {
        self.items.len() > LONG_MENU
    }

    /// Whether the page is in this language.
    #[must_use]
    pub fn speaks(&self, name: &str) -> bool {
        self.language.name() == name
    }

    /// The colours that are chosen, as the style sheet names them; none if they go by the system.
    #[must_use]
    pub fn colours(&self) -> Option<&'static str> {
        self.theme.map(Theme::name)
    }

    /// Whether these colours are chosen; `auto` for none.
    #[must_use]
    pub fn has_theme(&self, name: &str) -> bool {
        self.colours().unwrap_or("auto") == name
    }
}

impl Visit {
    /// The frame of a page with this title.
    pub(crate) fn layout(&self, title: impl Into<String>, place: Place) -> Layout {
        Layout::new(self, title.into(), place)
    }
}

fn items(w: &'static Frame, viewer: Option<&Viewer>, place: Place) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |to: Place, href: &'static str, label| {
        items.push(Item { href: href.into(), label, current: to == place });
    };
    let Some(viewer) = viewer else {
        add(Place::Home, "/", w.home);
        add(Place::Blog, "/blog", w.blog);
        return items;
    };
    add(Place::Home, "/", w.dashboard);
    if viewer.may_own() || viewer.may_watch() {
        add(Place::Mailings, "/mailings", w.mailings);
        add(Place::Messages, "/messages", w.messages);
        add(Place::Clients, "/clients", w.clients);
        add(Place::Groups, "/groups", w.groups);
        // The screen is one's own list, and managers have none.
        if viewer.may_own() || viewer.may_administer() {
            add(Place::Suppressions, "/suppressions", w.suppressions);
        }
        if viewer.may_own() {
            add(Place::Senders, "/senders", w.senders);
        }
        add(Place::Calendar, "/calendar", w.calendar);
        add(Place::Reports, "/reports", w.reports);
    }
    add(Place::Log, "/log", w.log);
    if viewer.may_watch() {
        add(Place::Users, "/users", w.users);
    }
    if viewer.may_write_articles() {
        add(Place::Articles, "/articles", w.articles);
    }
    if viewer.may_administer() {
        add(Place::System, "/system", w.system);
    }
    items
}
