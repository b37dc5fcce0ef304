//! The frame of a page: navigation above it, switches below.

use super::answer::{Done, SAID};
use super::settings::{THEME, Theme};
use super::visit::{self, Visit};
use super::{assets, enter};
use acts::who::Viewer;
use axum::http::HeaderMap;
use domain::Language;
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
    /// What will be sent.
    Calendar,
    /// Reports and statistics.
    Reports,
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

/// A link of the navigation.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    pub(crate) current: bool,
}

/// What the frame of a page shows.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) title: String,
    pub(crate) w: &'static Frame,
    pub(crate) language: Language,
    pub(crate) theme: Option<Theme>,
    pub(crate) items: Vec<Item>,
    /// Who is signed in, by name or address.
    pub(crate) who: Option<String>,
    /// Whether the page is of one's own account.
    pub(crate) at_profile: bool,
    /// Where the switches lead back to.
    pub(crate) address: String,
    /// What was done just now.
    pub(crate) done: Option<Done>,
    /// The same in words.
    pub(crate) notice: Option<&'static str>,
    /// Whether search engines may list the page.
    pub(crate) public: bool,
}

impl Layout {
    pub(super) fn new(visit: &Visit, title: String, place: Place) -> Self {
        let viewer = visit.caller().viewer.as_ref();
        let w = visit.frame();
        let done = visit.cookie(SAID).and_then(Done::from_name);
        let user = viewer.map(Viewer::user);
        let who = user.map(|user| if user.full_name.is_empty() { user.email.clone() } else { user.full_name.clone() });
        Self {
            title,
            w,
            language: visit.language(),
            theme: visit.cookie(THEME).and_then(Theme::from_name),
            items: items(w, viewer, place),
            who,
            at_profile: place == Place::Profile,
            address: if visit.looks() { visit.address().to_owned() } else { visit.path().to_owned() },
            done,
            notice: done.map(|done| done.said(w)),
            public: matches!(place, Place::Home | Place::Blog) && viewer.is_none(),
        }
    }

    /// For somebody of whom nothing is known but what their browser says.
    pub(super) fn for_strangers(headers: &HeaderMap, title: &str) -> Self {
        let language = enter::language_of(headers);
        let w = Frame::of(language);
        Self {
            title: title.to_owned(),
            w,
            language,
            theme: visit::cookie(headers, THEME).and_then(Theme::from_name),
            items: items(w, None, Place::None),
            who: None,
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

    /// Whether this was done just now, by its name.
    pub(crate) fn was(&self, name: &str) -> bool {
        self.done.is_some_and(|done| done.name() == name)
    }

    /// The address of an asset.
    #[expect(clippy::unused_self, reason = "templates ask the page for it")]
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }

    /// Whether the page is in this language.
    pub(crate) fn speaks(&self, name: &str) -> bool {
        self.language.name() == name
    }

    /// Whether these colours are chosen; `auto` for none.
    pub(crate) fn has_theme(&self, name: &str) -> bool {
        self.theme.map_or("auto", Theme::name) == name
    }
}

fn items(w: &'static Frame, viewer: Option<&Viewer>, place: Place) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |to: Place, href, label| items.push(Item { href, label, current: to == place });
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
        add(Place::Calendar, "/calendar", w.calendar);
        add(Place::Reports, "/reports", w.reports);
    }
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
