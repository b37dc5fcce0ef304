//! The address book as a file.

use super::clients::{filter, group_names};
use crate::web::frame::{Answer, Visit};
use acts::address_book::export::{self, Delimiter};
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use domain::Language;
use futures::stream;
use projections::clients::{self as read, Client, Filter};
use projections::{Access, Cursor};
use std::io;
use uuid::Uuid;

/// How many clients are read at a time.
const CHUNK: i64 = 1_000;

/// What is left to be written.
struct Rest {
    visit: Visit,
    access: Access,
    filter: Filter,
    delimiter: Delimiter,
    /// Where it goes on: none at the beginning, where the first line is written.
    after: Option<Cursor>,
    over: bool,
}

impl Rest {
    /// The next lines; `None` at the end.
    async fn next(mut self) -> Result<Option<(String, Self)>, io::Error> {
        if self.over {
            return Ok(None);
        }
        let mut text = if self.after.is_none() { export::header(self.delimiter) } else { String::new() };
        let rows = read::page(self.visit.pool(), self.access, &self.filter, self.after, CHUNK);
        let rows = rows.await.map_err(io::Error::other)?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let groups = group_names(&self.visit, self.access, &ids).await;
        // Half of a file must not look like a whole one: the connection breaks off.
        let mut groups = groups.map_err(|_| io::Error::other("the groups cannot be read"))?;
        for row in &rows {
            text.push_str(&export::row(self.delimiter, row, &groups.remove(&row.id).unwrap_or_default()));
        }
        self.over = rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        self.after = rows.last().map(Client::cursor).or(self.after);
        Ok(Some((text, self)))
    }
}

/// `GET /clients/export`: one's own clients, those that a search finds, or those of a group.
pub(crate) async fn file(visit: Visit) -> Answer {
    visit.owner()?;
    let access = visit.viewer()?.own();
    let filter = filter(&visit.query())?;
    let delimiter = match visit.language() {
        Language::En => Delimiter::Comma,
        Language::Ru => Delimiter::Semicolon,
    };
    let day = visit.zone().at(visit.now()).format("%Y-%m-%d").to_string();
    let rest = Rest { visit, access, filter, delimiter, after: None, over: false };
    let body = Body::from_stream(stream::try_unfold(rest, Rest::next));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"clients-{day}.csv\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}
