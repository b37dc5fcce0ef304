//! The switches for language and colours, which work for everybody and without scripts.

use super::answer::{is_local, redirect};
use super::{Answer, Fields, Visit};
use acts::who::accounts::{self, Profile};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::Language;

/// The cookie with the language of somebody who is not signed in.
pub(crate) const LANGUAGE: &str = "language";

/// The cookie with the colours.
pub(crate) const THEME: &str = "theme";

/// How long browsers keep them, in seconds: a year.
const AGE: u32 = 365 * 24 * 60 * 60;

/// The colours of the pages, if they do not go by the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The colours of this name; `None` for any other.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }

    /// The name in the cookie, in forms and in the style sheet.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// `POST /settings/language`: in the profile of whoever is signed in, and in a cookie.
pub(crate) async fn language(visit: Visit, fields: Fields) -> Answer {
    let back = back(&fields);
    let Ok(language) = fields.text("language").parse::<Language>() else { return Ok(redirect(back)) };
    let mut response = if let Some(viewer) = visit.caller().viewer.as_ref().filter(|viewer| viewer.may_write()) {
        let profile = Profile { language: Some(language), ..Profile::default() };
        let metadata = visit.metadata()?;
        let (_, receipt) =
            accounts::update_profile(visit.services(), viewer.signed_in(), None, profile, &metadata).await?;
        // A switch has nothing to tell.
        visit.services().shown(receipt.position).await;
        redirect(back)
    } else {
        redirect(back)
    };
    keep(&mut response, LANGUAGE, language.name(), visit.caller().secure);
    Ok(response)
}

/// `POST /settings/theme`.
pub(crate) async fn theme(visit: Visit, fields: Fields) -> Answer {
    let mut response = redirect(back(&fields));
    let name = Theme::from_name(fields.text("theme")).map_or("auto", Theme::name);
    keep(&mut response, THEME, name, visit.caller().secure);
    Ok(response)
}

fn back(fields: &Fields) -> &str {
    Some(fields.text("back")).filter(|back| is_local(back)).unwrap_or("/")
}

/// Keeps a choice in a cookie.
pub(crate) fn keep(response: &mut Response, name: &str, value: &str, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
