//! API tokens: made, shown once, revoked.
//!
//! A new token's text travels to the page that shows it in a cookie of a minute, as the session's does all the time: so the form
//! is followed by another page, and loading that again makes no second token.

use super::in_person::in_person;
use super::token_rows::all;
use super::{TokenWords as Words, again};
use crate::web::frame::answer::{go_at_once, redirect};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Place, Trouble, Visit, page};
use acts::who::TokenScope;
use acts::who::rights::{InPerson, SignedIn};
use acts::who::tokens::{self, Token};
use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::TimeZone;
use uuid::Uuid;

async fn one(visit: &Visit, by: &InPerson<SignedIn<'_>>, id: &str) -> Result<Token, Trouble> {
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    all(visit, by).await?.into_iter().find(|token| token.id == id).ok_or(Trouble::Absent)
}

/// When a token ends that works for the last time on this day; a moment as the API has it is one, too.
fn end(text: &str, zone: TimeZone) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    let next = text.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    match next {
        Some(day) => Ok(zone.moment(day.and_time(NaiveTime::MIN))),
        None => text.parse().map_err(|_| text.to_owned()),
    }
}

/// `POST /profile/tokens`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let by = in_person(&visit)?;
    let scope = if fields.text("scope") == "write" { TokenScope::Write } else { TokenScope::Read };
    let ends = end(fields.text("expiresAt"), visit.zone());
    let made = tokens::create(visit.services(), &by, fields.text("name"), scope, ends, &visit.metadata()?).await;
    match problems(made)? {
        Ok((token, text)) => {
            let mut response = redirect(&format!("/profile/tokens/{}", token.id));
            keep(&visit, &mut response, &format!("{}.{text}", token.id), 60);
            Ok(response)
        }
        Err(problems) => again(&visit, &fields, &problems).await,
    }
}

/// What the cookie is called. Where everything travels encrypted, browsers take it from this very host only: nobody else makes
/// this page show a token of theirs.
fn cookie(visit: &Visit) -> &'static str {
    if visit.caller().secure { "__Host-new_token" } else { "new_token" }
}

fn keep(visit: &Visit, response: &mut axum::response::Response, value: &str, seconds: u32) {
    let secure = if visit.caller().secure { "; Secure" } else { "" };
    let line = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", cookie(visit));
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

#[derive(Template)]
#[template(path = "who/profile/token.html")]
struct Shown {
    page: Layout,
    w: &'static Words,
    id: Uuid,
    /// What the program may do.
    may: String,
    expires: When,
    /// The token, the first time.
    text: Option<String>,
    /// Where programs send their requests.
    address: String,
}

/// `GET /profile/tokens/ID`: the token's text, once.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = in_person(&visit)?;
    let token = one(&visit, &by, &id).await?;
    let w = Words::of(visit.language());
    let kept = visit.cookie(cookie(&visit)).and_then(|value| value.split_once('.'));
    let text = kept.filter(|(of, _)| *of == token.id.to_string()).map(|(_, text)| text.to_owned());
    let address = visit.app().options.public_url.join("graphql").map(String::from).unwrap_or_default();
    let shown = Shown {
        page: visit.layout(w.shown_named.with(&token.name), Place::Profile),
        w,
        id: token.id,
        may: match token.scope {
            TokenScope::Read => format!("{}: {}", w.read, w.read_help),
            TokenScope::Write => format!("{}: {}", w.write, w.write_help),
        },
        expires: visit.when(token.expires_at).dated(),
        text,
        address,
    };
    let mut response = page(&shown)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if kept.is_some() {
        keep(&visit, &mut response, "", 0);
    }
    Ok(response)
}

/// `GET /profile/tokens/ID/revoke`.
pub(crate) async fn ask_revoke(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = in_person(&visit)?;
    let (token, w) = (one(&visit, &by, &id).await?, Words::of(visit.language()));
    let confirm = Confirm {
        page: visit.layout(w.revoke_asks.with(&token.name), Place::Profile),
        said: vec![w.revoke_said.to_owned()],
        button: w.revoke,
        action: visit.path().to_owned(),
        reason: None,
        back: "/profile#tokens".to_owned(),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /profile/tokens/ID/revoke`.
pub(crate) async fn revoke(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = in_person(&visit)?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    if !tokens::revoke(visit.services(), &by, id, &visit.metadata()?).await? {
        return Err(Trouble::Absent);
    }
    Ok(go_at_once(Deed::TokenRevoked, "/profile#tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_to_the_end_of_its_day_where_its_owner_is() {
        let zone = TimeZone::parse("Europe/Berlin").expect("a zone");
        for (text, ends) in [
            ("2026-05-04", Ok("2026-05-04T22:00:00Z")),
            (" 2026-12-31 ", Ok("2026-12-31T23:00:00Z")),
            ("2026-05-04T10:00:00+02:00", Ok("2026-05-04T08:00:00Z")),
            ("tomorrow", Err("tomorrow".to_owned())),
            ("", Err(String::new())),
        ] {
            let ends = ends.map(|at| at.parse::<DateTime<Utc>>().expect("a moment"));
            assert_eq!(end(text, zone), ends, "{text:?}");
        }
    }
}
