//! Letters of the service: what was asked for, and links as the engine makes them.

use super::http::Api;
use super::smtp_server::Received;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// The letters that were asked for, oldest first: kind, address, language.
pub(crate) async fn letters(pool: &PgPool) -> Vec<(String, String, String)> {
    let payloads: Vec<Value> = sqlx::query_scalar(
        "select payload -> 'Requested' from events where aggregate_type = 'notice' and event_type = 'Requested'
          order by position",
    )
    .fetch_all(pool)
    .await
    .expect("letters");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    payloads
        .iter()
        .map(|letter| (text(&letter["kind"]["kind"]), text(&letter["to"]), text(&letter["language"])))
        .collect()
}

/// A link for this purpose in a letter to this address, about the account of `holder`, which expires after an hour. Returns
/// its token.
pub(crate) async fn link(api: &Api, kind: &str, email: &str, holder: &str) -> String {
    let user: Uuid = sqlx::query_scalar("select id from users where email_key = $1")
        .bind(domain::EmailAddress::taken(holder).key())
        .fetch_one(&api.pool)
        .await
        .expect("there is an account");
    let token = format!("link-{}", Uuid::new_v4());
    let expires_at: DateTime<Utc> = api.clock.now() + TimeDelta::hours(1);
    sqlx::query(
        "insert into links (token_hash, notice_id, user_id, kind, email, expires_at)
         values (sha256(convert_to($1, 'UTF8')), $2, $3, $4, $5, $6)",
    )
    .bind(&token)
    .bind(Uuid::new_v4())
    .bind(user)
    .bind(kind)
    .bind(email)
    .bind(expires_at)
    .execute(&api.pool)
    .await
    .expect("a link");
    token
}

/// How a footer begins in a text, and in HTML.
const FOOTERS: [(&str, &str); 2] = [("text", "\n\n-- \n"), ("html", "<p style=\"margin:24px 0 0;")];

/// A preview as its author wrote it: without the footers of parts that do not say how to leave.
pub(crate) fn without_footers(mut preview: Value) -> Value {
    for (part, begins) in FOOTERS {
        let own = preview[part].as_str().map(|text| text.split(begins).next().unwrap_or_default().to_owned());
        if let Some(own) = own {
            preview[part] = own.into();
        }
    }
    preview
}

/// The text of a letter as its author wrote it, with line ends as in the message, and without the footer.
pub(crate) fn without_footer(text: &str) -> String {
    text.replace("\r\n", "\n").split(FOOTERS[0].1).next().unwrap_or_default().to_owned()
}

/// An English letter of the service as text (RFC 2045, section 6.7, as far as these letters go).
pub(crate) fn decoded(received: &Received) -> String {
    String::from_utf8_lossy(&received.letter).replace("=\r\n", "").replace("=3D", "=")
}

/// The link to a page in an English letter of the service, which stands on a line of its own.
pub(crate) fn link_in(received: &Received, page: &str) -> String {
    let letter = decoded(received);
    let link = letter.lines().find(|line| line.contains(&format!("/account/{page}?token=")));
    link.unwrap_or_else(|| panic!("there is no link in {letter}")).to_owned()
}
